/** Diagnosis of servers without a usable connection: DNS, ports, certificates, timeouts and proxies. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { ServerInfo } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway } from "../../../../test/support/certificates.js"
import { makeProxy } from "../../../../test/support/proxy.js"
import { silentServer } from "../../../../test/support/silentServer.js"
import { Inspector } from "../../src/internal/diagnosis/inspector.js"
import { diagnose, expectFailed, find, outcomes } from "./diagnosing.js"

describe("diagnose without a connection", () => {
  it.effect("diagnose fails the dns check for an unknown host name", () =>
    Effect.gen(function* () {
      const diagnosis = yield* diagnose("tableau.invalid")
      const { advice, detail } = expectFailed(diagnosis, "dns")
      expect(detail).toMatch(/^the host of https:\/\/tableau\.invalid is not known \((ENOTFOUND|EAI_AGAIN)\)$/)
      expect(advice).toBe("Check the address, and the DNS or VPN of this machine.")
      expect(diagnosis).toMatchObject({ server: "https://tableau.invalid", site: undefined, deployment: "Server" })
      expect(diagnosis.error).toMatchObject({
        _tag: "ConnectionFailed",
        reason: "Dns",
        operation: "ServerInfo.diagnose"
      })
    })
  )

  it.effect("diagnose fails the connection check for a closed port", () =>
    Effect.gen(function* () {
      const diagnosis = yield* diagnose("http://127.0.0.1:1")
      const { advice, detail } = expectFailed(diagnosis, "connection")
      expect(detail).toBe("nothing listens at http://127.0.0.1:1 (ECONNREFUSED)")
      expect(advice).toBe("Check host and port, and that the server runs.")
      expect(find(diagnosis, "dns").outcome).toBe("ok")
    })
  )

  it.scoped("diagnose advises https:// when the address is http:// and the port expects TLS", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ tls: true })
      const diagnosis = yield* diagnose(url.replace("https:", "http:"))
      expect(expectFailed(diagnosis, "connection").advice).toContain("use https://")
    })
  )

  it.scoped("diagnose advises http:// when the address is https:// and the port expects plain HTTP", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make()
      const diagnosis = yield* diagnose(url.replace("http:", "https:"))
      expect(expectFailed(diagnosis, "tls").advice).toContain("write http://")
      expect(find(diagnosis, "connection").outcome).toBe("ok")
      expect(yield* requests).toEqual([])
    })
  )
})

describe("diagnose of certificates", () => {
  const chain = "127.0.0.1, issued by Company Authority, valid from 2020-01-01 to 2100-01-01"

  it.scoped("diagnose fails the tls check for a self-signed certificate and sends no request", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make({ tls: true })
      const diagnosis = yield* diagnose(url)
      const { advice, detail } = expectFailed(diagnosis, "tls")
      expect(detail).toMatch(
        /self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\): TLSv1\.3; .*127\.0\.0\.1, .*self-signed, valid/
      )
      expect(advice).toContain("layerHttpClient({ ca:")
      expect(find(diagnosis, "connection").outcome).toBe("ok")
      expect(diagnosis.error).toMatchObject({ _tag: "TlsFailed", reason: "SelfSigned" })
      expect(yield* requests).toEqual([])
    })
  )

  it.scoped("diagnose reports the issuer of a certificate of an unknown authority", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const company = yield* authority
      const own = yield* certificate({ authority: company })
      const bare = yield* gateway(url, own)
      const diagnosis = yield* diagnose(bare.url)
      const { advice, detail } = expectFailed(diagnosis, "tls")
      expect(detail).toContain(`(UNABLE_TO_VERIFY_LEAF_SIGNATURE): TLSv1.3; ${chain}`)
      expect(advice).toContain("layerHttpClient({ ca:")
      const chained = yield* gateway(url, own, [company.cert])
      const { detail: longer } = expectFailed(yield* diagnose(chained.url), "tls")
      expect(longer).toContain(`${chain}; Company Authority, self-signed, valid from 2020-01-01 to 2100-01-01`)
      expect([bare.seen.requests, chained.seen.requests]).toEqual([0, 0])
    })
  )

  const wrong = [
    ["expired", { until: "2021-01-01" }, "CERT_HAS_EXPIRED", "to 2021-01-01", "renew"],
    ["not yet valid", { from: "2099-01-01" }, "CERT_NOT_YET_VALID", "valid from 2099-01-01", "clock"],
    [
      "valid for another host",
      { host: "bi.example.com" },
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "bi.example.com",
      "host name"
    ]
  ] as const

  for (const [what, wanted, code, fact, remedy] of wrong) {
    it.scoped(`diagnose reports the reason for a certificate that is ${what}`, () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator.make()
        const company = yield* authority
        const secure = yield* gateway(url, yield* certificate({ ...wanted, authority: company }))
        const { advice, detail } = expectFailed(yield* diagnose(secure.url, { ca: company.cert }), "tls")
        expect(detail).toContain(`(${code}): TLSv1.3; `)
        expect(detail).toContain(fact)
        expect(advice).toContain(remedy)
        expect(secure.seen.requests).toBe(0)
      })
    )
  }
})

describe("diagnose of a server that does not respond", () => {
  it.scoped("diagnose times out after 10 seconds when the server sends no response", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.hang() })
      const diagnosing = yield* Effect.fork(diagnose(simulator.url))
      yield* simulator.awaitSeen("serverInfo")
      yield* TestClock.adjust("10 seconds")
      const diagnosis = yield* Fiber.join(diagnosing)
      expect(expectFailed(diagnosis, "api").detail).toBe("connected, but no complete response within 10s")
      expect(diagnosis.error).toMatchObject({ _tag: "TimedOut", after: 10_000 })
    })
  )

  it.scoped("diagnose fails the dns check for a host name that is not resolved in time", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.hang() })
      const unresolved = Layer.succeed(Inspector, { inspect: () => Effect.succeed({ addresses: [] }) })
      const client = Layer.merge(NodeHttpClient.layerUndici, unresolved)
      const diagnosing = yield* Effect.fork(Effect.provide(ServerInfo.diagnose(simulator.url), client))
      yield* simulator.awaitSeen("serverInfo")
      yield* TestClock.adjust("10 seconds")
      expect(expectFailed(yield* Fiber.join(diagnosing), "dns").advice).toContain("DNS")
    })
  )

  it.scoped("diagnose times out after 10 seconds when a response stops in the middle", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.stall(40) })
      const diagnosing = yield* Effect.fork(diagnose(simulator.url))
      yield* simulator.awaitSeen("serverInfo")
      yield* TestClock.adjust("10 seconds")
      expect(expectFailed(yield* Fiber.join(diagnosing), "api").detail).toContain("no complete response within 10s")
    })
  )

  it.scoped("diagnose times out in the inspection and in the request when a TLS handshake has no reply", () =>
    Effect.gen(function* () {
      const { heard, url } = yield* silentServer
      const diagnosing = yield* Effect.fork(diagnose(url))
      for (const _ of ["inspection", "request"]) {
        yield* heard
        yield* TestClock.adjust("10 seconds")
      }
      const { advice, detail } = expectFailed(yield* Fiber.join(diagnosing), "tls")
      expect(detail).toBe("connected, but the TLS handshake did not complete within 10s")
      expect(advice).toContain("write http://")
    })
  )
})

describe("diagnose through a proxy", () => {
  const password = Redacted.make("hunter2")

  it.scopedLive("diagnose through a proxy delegates DNS and the connection to the proxy", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make({ allowedHosts: ["tableau.invalid"] })
      const proxy = yield* makeProxy({ credentials: "reports:hunter2" })
      const made = url.replace("127.0.0.1", "tableau.invalid")
      const diagnosis = yield* diagnose(made, { proxy: { url: proxy.url, username: "reports", password } })
      expect(outcomes(diagnosis)).toBe("ok skipped ok warning ok ok ok ok")
      expect(find(diagnosis, "dns").detail).toBe(`left to the proxy ${proxy.url}`)
      expect(find(diagnosis, "connection").detail).toBe(`connected through the proxy ${proxy.url}`)
      expect(JSON.stringify(diagnosis)).not.toContain("hunter2")
      expect([proxy.seen.tunnels.length, yield* count("serverInfo")]).toEqual([1, 1])
    })
  )

  it.scoped("diagnose fails the connection check, not the tls check, for a proxy with an untrusted certificate", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy({ tls: yield* certificate() })
      const { detail } = expectFailed(yield* diagnose("https://tableau.invalid", { proxy: proxy.url }), "connection")
      expect(detail).toContain(`no secure connection to the proxy ${proxy.url}`)
    })
  )

  it.scoped("diagnose fails the connection check with advice for a proxy that requires a password", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy({ credentials: "reports:hunter2" })
      const diagnosis = yield* diagnose("https://tableau.invalid", { proxy: proxy.url })
      const { advice, detail } = expectFailed(diagnosis, "connection")
      expect(detail).toContain(`the proxy ${proxy.url} requires a user name and a password`)
      expect(advice).toContain("proxy: { url, username, password }")
    })
  )
})
