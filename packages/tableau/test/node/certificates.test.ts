import { X509Certificate } from "node:crypto"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { TableauError } from "effect-tableau"
import type * as TableauNode from "effect-tableau/node"
import { Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway } from "../../../../test/support/certificates.js"
import { file, listWorkbooks, unreached } from "../../../../test/support/network.js"

/** The TlsFailed error of a program, which must not have sent a request. */
const tlsFailure = (server: string, options?: TableauNode.HttpClientOptions) =>
  Effect.gen(function* () {
    const error = yield* unreached(server, options)
    if (error._tag !== "TlsFailed") throw error
    expect(error.server).toBe(server)
    expect(TableauError.isTransportError(error)).toBe(true)
    expect(error.message).toContain(error.nodeCode)
    expect(error.message).toContain(server)
    return error
  })

const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const messages: Array<string> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      if (logLevel._tag === "Warning") messages.push(String(message))
    })
    yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger))
    return messages
  })

describe("a server with a self-signed certificate", () => {
  it.scoped("a session fails with advice on `ca` for a self-signed certificate without `ca`", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make({ tls: true })
      for (const options of [undefined, {}, { ca: [] }, { rejectUnauthorized: true }]) {
        const error = yield* tlsFailure(url, options)
        expect([error.reason, error.nodeCode]).toEqual(["SelfSigned", "DEPTH_ZERO_SELF_SIGNED_CERT"])
        expect(error.message).toContain("layerHttpClient({ ca:")
      }
      expect(yield* requests).toEqual([])
    })
  )

  it.scoped("a session with the self-signed certificate as PEM text in `ca` succeeds from the first request on", () =>
    Effect.gen(function* () {
      const { certificate = "", count, sessions, url } = yield* Simulator.make({ tls: true })
      expect(yield* listWorkbooks(url, { ca: certificate })).toBe(120)
      expect(yield* listWorkbooks(url, { ca: [certificate] })).toBe(120)
      for (const operation of ["serverInfo", "signIn", "signOut"] as const) expect(yield* count(operation)).toBe(2)
      expect(yield* sessions).toEqual([])
    })
  )

  it.scoped("a session succeeds with `ca` as a file in PEM or DER, alone or among others", () =>
    Effect.gen(function* () {
      const { certificate = "", url } = yield* Simulator.make({ tls: true, workbooks: 3 })
      const { cert: other } = yield* authority
      const bundle = `# Authorities of the company\r\n${other}\r\n${certificate.replaceAll("\n", "\r\n")}`
      const der = new X509Certificate(certificate).raw
      const otherPath = yield* file(other)
      for (const content of [certificate, bundle, der]) {
        const path = yield* file(content)
        expect(yield* listWorkbooks(url, { ca: path })).toBe(3)
        expect(yield* listWorkbooks(url, { ca: [otherPath, path] })).toBe(3)
      }
      expect((yield* tlsFailure(url, { ca: otherPath })).reason).toBe("SelfSigned")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a server with a certificate of the company's authority", () => {
  it.scoped("a session fails with advice on `ca` for a certificate of an unknown authority", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make()
      const company = yield* authority
      const own = yield* certificate({ authority: company })
      const bare = yield* gateway(url, own)
      const error = yield* tlsFailure(bare.url)
      expect([error.reason, error.nodeCode]).toEqual(["UnknownAuthority", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])
      expect(error.message).toContain("layerHttpClient({ ca:")
      const chained = yield* gateway(url, own, [company.cert])
      const other = yield* tlsFailure(chained.url)
      expect([other.reason, other.nodeCode]).toEqual(["SelfSigned", "SELF_SIGNED_CERT_IN_CHAIN"])
      expect(other.message).toContain("layerHttpClient({ ca:")
      expect([bare.seen.requests, chained.seen.requests, yield* requests]).toEqual([0, 0, []])
    })
  )

  it.scoped("a session with the authority in `ca` succeeds and reuses connections", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 450 })
      const company = yield* authority
      const { seen, url: secure } = yield* gateway(url, yield* certificate({ authority: company }))
      expect(yield* listWorkbooks(secure, { ca: company.cert })).toBe(450)
      expect(seen.requests).toBeGreaterThanOrEqual(8)
      expect(seen.connections).toBeLessThan(seen.requests / 2)
    })
  )
})

describe("an invalid certificate of a trusted authority", () => {
  const wrong = [
    ["expired", { until: "2021-01-01" }, "Expired", "CERT_HAS_EXPIRED", "renew"],
    ["not yet valid", { from: "2099-01-01" }, "NotYetValid", "CERT_NOT_YET_VALID", "clock"],
    [
      "valid for another host",
      { host: "tableau.example.com" },
      "WrongHost",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "host name"
    ]
  ] as const

  for (const [what, wanted, reason, nodeCode, remedy] of wrong) {
    it.scoped(`a session fails with the reason and advice when the certificate is ${what}`, () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Simulator.make()
        const company = yield* authority
        const { seen, url: secure } = yield* gateway(url, yield* certificate({ ...wanted, authority: company }))
        const error = yield* tlsFailure(secure, { ca: company.cert })
        expect([error.reason, error.nodeCode]).toEqual([reason, nodeCode])
        expect(error.message).toContain(remedy)
        expect([seen.requests, yield* requests]).toEqual([0, []])
      })
    )
  }
})

describe("a port with the other protocol", () => {
  it.scoped(
    "a session fails with TlsFailed and advises http:// when the address is https:// and the port expects plain HTTP",
    () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Simulator.make()
        const error = yield* tlsFailure(url.replace("http:", "https:"))
        expect(error.reason).toBe("Protocol")
        expect(error.message).toContain("http://")
        expect(yield* requests).toEqual([])
      })
  )

  it.scoped(
    "a session fails with ConnectionFailed and advises https:// when the address is http:// and the port expects TLS",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator.make({ tls: true })
        const error = yield* Effect.flip(listWorkbooks(url.replace("https:", "http:")))
        expect(error._tag).toBe("ConnectionFailed")
        expect(error.message).toContain("https://")
      })
  )
})

describe("rejectUnauthorized: false", () => {
  it.scoped(
    "the layer with rejectUnauthorized: false accepts every certificate and logs a warning when it is built",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator.make({ tls: true })
        const company = yield* authority
        const expired = yield* certificate({ authority: company, until: "2021-01-01", host: "tableau.example.com" })
        const wrong = yield* gateway((yield* Simulator.make()).url, expired)
        const logged = yield* warnings(
          Effect.gen(function* () {
            expect(yield* listWorkbooks(url, { rejectUnauthorized: false })).toBe(120)
            expect(yield* listWorkbooks(wrong.url, { ca: company.cert, rejectUnauthorized: false })).toBe(120)
          })
        )
        expect(logged).toHaveLength(2)
        for (const text of logged) expect(text).toMatch(/`rejectUnauthorized: false` accepts every certificate.*`ca`/)
      })
  )

  it.scoped("the layer with rejectUnauthorized: true logs no warning", () =>
    Effect.gen(function* () {
      const { certificate, url } = yield* Simulator.make({ tls: true })
      expect(yield* warnings(listWorkbooks(url, { ca: certificate, rejectUnauthorized: true }))).toEqual([])
    })
  )
})

describe("a `ca` that cannot be used", () => {
  /** The port is closed, so a request would fail with another error. */
  const unreadable = (ca: string) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(listWorkbooks("https://127.0.0.1:1", { ca }))
      if (error._tag !== "CertificateUnreadable") throw error
      return error
    })

  it.effect("the layer fails with the absolute path when `ca` is a path without a readable file", () =>
    Effect.gen(function* () {
      const missing = yield* unreadable("no-such-directory/company.pem")
      const path = join(process.cwd(), "no-such-directory", "company.pem")
      expect(missing).toMatchObject({ path, reason: "File", cause: "NotFound" })
      expect(missing.message).toContain(path)
      expect(missing.message).toContain("working directory")
      expect(yield* unreadable(process.cwd())).toMatchObject({ path: process.cwd(), reason: "File" })
    })
  )

  it.scoped("the layer fails without the content of the file when `ca` is not a valid certificate", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* authority
      const lines = cert.trim().split(/\r?\n/)
      const damaged = cert.replace(lines[2] ?? "", "A".repeat(64))
      const cases = [
        [key, "Absent"],
        ["", "Absent"],
        ["a note\n", "Absent"],
        [lines.slice(0, -1).join("\n"), "Malformed"],
        [damaged, "Malformed"],
        [`${cert}\n${damaged}`, "Malformed"],
        [lines.join("\\n"), "Malformed"]
      ] as const
      for (const [content, reason] of cases) {
        const path = yield* file(content)
        const fromFile = yield* unreadable(path)
        expect(fromFile).toMatchObject({ path, reason })
        expect(fromFile.message).toContain(path)
        const errors = [fromFile]
        if (content !== "") {
          const asText = yield* unreadable(content)
          expect(asText.reason).toBe(reason)
          expect(asText.path).toBeUndefined()
          expect(asText.message).toContain("the PEM text in `ca`")
          errors.push(asText)
        }
        const secrets = content.split(/\r?\n|\\n/).filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line))
        for (const error of errors) {
          for (const secret of secrets) expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(secret)
        }
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
