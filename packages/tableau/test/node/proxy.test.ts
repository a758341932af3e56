import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { TableauSession } from "effect-tableau"
import type * as TableauNode from "effect-tableau/node"
import { Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway } from "../../../../test/support/certificates.js"
import { failure, listWorkbooks, unreached } from "../../../../test/support/network.js"
import { makeProxy } from "../../../../test/support/proxy.js"
import { demoToken } from "../../../../test/support/session.js"
import { noProxyMatcher } from "../../src/internal/node/proxy.js"

const password = "p@ss:w/rd of ana"
const encoded = encodeURIComponent(password)
const secrets = [password, encoded, `ana:${password}`]
const redacted = Redacted.make(password)

/** Runs a program with these environment variables and no others. */
const environment = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

/** A server with TLS, and the certificate that a client must trust. */
const server = Effect.gen(function* () {
  const { certificate: ca = "", count, sessions, url } = yield* Simulator.make({ tls: true, workbooks: 450 })
  return { ca, count, sessions, url }
})

describe("a session through a proxy", () => {
  it.scoped("a session through a proxy tunnels all requests with end-to-end TLS", () =>
    Effect.gen(function* () {
      const { ca, count, sessions, url } = yield* server
      const { seen, url: proxy } = yield* makeProxy()
      for (const options of [proxy, proxy.replace("http://", ""), { url: `${proxy}/` }]) {
        expect(yield* listWorkbooks(url, { ca, proxy: options })).toBe(450)
      }
      expect(new Set(seen.tunnels)).toEqual(new Set([new URL(url).host]))
      expect(seen.requests).toBe(0)
      expect(yield* count("signOut")).toBe(3)
      expect(yield* sessions).toEqual([])
      // Three sessions with about seven requests each: tunnels are reused.
      expect(seen.tunnels.length).toBeLessThan(15)
    })
  )

  it.scoped("a session through a proxy uses a tunnel for an http:// server too", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { seen, url: proxy } = yield* makeProxy()
      expect(yield* listWorkbooks(url, { proxy })).toBe(120)
      expect([new Set(seen.tunnels), seen.requests]).toEqual([new Set([new URL(url).host]), 0])
    })
  )

  it.scoped("a session through a proxy lets the proxy resolve the host name", () =>
    Effect.gen(function* () {
      const { port } = new URL((yield* Simulator.make({ allowedHosts: ["tableau.example.com"] })).url)
      const { seen, url: proxy } = yield* makeProxy()
      expect(yield* listWorkbooks(`http://tableau.example.com:${port}`, { proxy })).toBe(120)
      expect(new Set(seen.tunnels)).toEqual(new Set([`tableau.example.com:${port}`]))
    })
  )

  it.scoped("a session authenticates with proxy credentials as options or in the URL", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { seen, url: proxy } = yield* makeProxy({ credentials: `ana:${password}` })
      const inAddress = proxy.replace("://", `://ana:${encoded}@`)
      const variants = [{ url: proxy, username: "ana", password: redacted }, inAddress, { url: inAddress }]
      for (const variant of variants) expect(yield* listWorkbooks(url, { ca, proxy: variant })).toBe(450)
      expect(seen.refused).toBe(0)
    })
  )

  it.scoped("a session through a proxy presents its client certificate to the server", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const company = yield* authority
      const terms = { ca: company.cert, requestCert: true }
      const guarded = yield* gateway(url, yield* certificate({ authority: company }), [], terms)
      const clientCertificate = yield* certificate({ authority: company, host: "reports.example.com" })
      const { url: proxy } = yield* makeProxy()
      expect(yield* listWorkbooks(guarded.url, { ca: company.cert, clientCertificate, proxy })).toBe(120)
      expect([...guarded.seen.clients]).toEqual(["reports.example.com"])
      const error = yield* unreached(guarded.url, { ca: company.cert, proxy })
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "ClientCertificateRequired", server: guarded.url })
    })
  )

  it.scoped("a session through a proxy fails for an invalid server certificate as without a proxy", () =>
    Effect.gen(function* () {
      const { count, url } = yield* server
      const { url: proxy } = yield* makeProxy()
      const error = yield* unreached(url, { proxy })
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "SelfSigned", server: url, proxy: undefined })
      const company = yield* authority
      const wrong = yield* certificate({ authority: company, host: "tableau.example.com" })
      const other = yield* gateway(url, wrong)
      const elsewhere = yield* unreached(other.url, { ca: company.cert, proxy })
      expect(elsewhere).toMatchObject({ _tag: "TlsFailed", reason: "WrongHost" })
      expect(yield* count("signIn")).toBe(0)
    })
  )

  it.scoped("a session through an https:// proxy checks the certificate of the proxy with `ca`", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const company = yield* authority
      const { seen, url: proxy } = yield* makeProxy({
        credentials: `ana:${password}`,
        tls: yield* certificate({ authority: company })
      })
      const options = { url: proxy, username: "ana", password: redacted }
      expect(yield* listWorkbooks(url, { ca: [ca, company.cert], proxy: options })).toBe(450)
      const tunnels = seen.tunnels.length
      const error = yield* failure(listWorkbooks(url, { ca, proxy: options }), secrets)
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "UnknownAuthority", proxy, acted: "no" })
      expect(error.message).toContain(`the proxy ${proxy}`)
      expect(error.message).toContain("layerHttpClient({ ca:")
      expect(seen.tunnels.length).toBe(tunnels)
    })
  )
})

describe("the name of a proxy that speaks TLS", () => {
  const name = "tableau.example.com"

  /** A server of this name, which only the proxy can resolve. */
  const named = Effect.gen(function* () {
    const company = yield* authority
    const { url } = yield* gateway(
      (yield* Simulator.make({ allowedHosts: [name] })).url,
      yield* certificate({ authority: company, host: name })
    )
    return { company, url: url.replace("127.0.0.1", name) }
  })

  for (const host of ["localhost", "127.0.0.1"]) {
    it.scoped(
      `a session succeeds when the certificates of the proxy ${host} and of the server name each one itself`,
      () =>
        Effect.gen(function* () {
          const { company, url } = yield* named
          const { seen, url: proxy } = yield* makeProxy({ tls: yield* certificate({ authority: company, host }) })
          expect(yield* listWorkbooks(url, { ca: company.cert, proxy: proxy.replace("127.0.0.1", host) })).toBe(120)
          expect(new Set(seen.tunnels)).toEqual(new Set([new URL(url).host]))
        })
    )

    it.scoped(`a session sends nothing to a proxy ${host} whose certificate names the server or another host`, () =>
      Effect.gen(function* () {
        const { company, url } = yield* named
        for (const wrong of [name, "proxy.example.com"]) {
          const tls = yield* certificate({ authority: company, host: wrong })
          const { seen, url: proxy } = yield* makeProxy({ credentials: `ana:${password}`, tls })
          const options = { url: proxy.replace("127.0.0.1", host), username: "ana", password: redacted }
          const error = yield* unreached(url, { ca: company.cert, proxy: options }, secrets)
          expect(error).toMatchObject({ _tag: "TlsFailed", reason: "WrongHost", proxy: options.url })
          expect([seen.tunnels, seen.refused, seen.requests]).toEqual([[], 0, 0])
        }
      })
    )
  }
})

describe("a proxy that opens no tunnel", () => {
  it.scoped("a session fails with ProxyAuthentication without or with wrong proxy credentials", () =>
    Effect.gen(function* () {
      const { ca, count, url } = yield* server
      const { seen, url: proxy } = yield* makeProxy({ credentials: `ana:${password}` })
      const wrong = "an0ther/p@ssword"
      const variants: ReadonlyArray<string | TableauNode.ProxyOptions> = [
        proxy,
        { url: proxy, username: "ana", password: Redacted.make(wrong) },
        { url: proxy, username: "ana" },
        { url: proxy, password: redacted },
        proxy.replace("://", `://ana:${encodeURIComponent(wrong)}@`)
      ]
      for (const variant of variants) {
        const forbidden = [...secrets, wrong, encodeURIComponent(wrong), `ana:${wrong}`, `:${password}`]
        const error = yield* unreached(url, { ca, proxy: variant }, forbidden)
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "ProxyAuthentication", status: 407, proxy })
        expect(error.message).toContain(proxy)
        expect(error.message).toContain("proxy: { url, username, password }")
      }
      expect([seen.tunnels, seen.refused, yield* count("signIn")]).toEqual([[], variants.length, 0])
    })
  )

  for (const scheme of ["https", "http"]) {
    it.scoped(
      `a session fails with ProxyRefused when the proxy sends a page with status 200 instead of a tunnel: ${scheme}`,
      () =>
        Effect.gen(function* () {
          const { seen, url: proxy } = yield* makeProxy({ status: 200 })
          const error = yield* unreached(`${scheme}://127.0.0.1:1`, { proxy })
          expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "ProxyRefused", status: 200, proxy })
          expect(seen.refused).toBe(1)
        })
    )
  }

  const refusals = [
    [403, "ProxyRefused", "allow CONNECT"],
    [405, "ProxyRefused", "allow CONNECT"],
    [502, "ProxyGateway", "as the proxy sees them"],
    [504, "ProxyGateway", "as the proxy sees them"]
  ] as const
  for (const [status, reason, remedy] of refusals) {
    it.scoped(`a session fails with ${reason} when the proxy responds to CONNECT with status ${status}`, () =>
      Effect.gen(function* () {
        const { ca, count, url } = yield* server
        const { url: proxy } = yield* makeProxy({ status })
        const options = { url: proxy, username: "ana", password: redacted }
        const error = yield* unreached(url, { ca, proxy: options }, secrets)
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason, status, proxy, server: url })
        for (const part of [proxy, remedy, "noProxy"]) expect(error.message).toContain(part)
        expect(yield* count("signIn")).toBe(0)
      })
    )
  }

  it.scoped("a session fails with ProxyUnreachable when the proxy is unreachable", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const closed = yield* Effect.scoped(makeProxy())
      for (const address of [closed.url, "http://proxy.invalid:3128"]) {
        const proxy = { url: address, username: "ana", password: redacted }
        const error = yield* unreached(url, { ca, proxy }, secrets)
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "ProxyUnreachable", proxy: address })
        for (const part of [address, "Check its address", "HTTPS_PROXY"]) expect(error.message).toContain(part)
        if (address === closed.url) expect(error).toMatchObject({ nodeCode: "ECONNREFUSED" })
      }
    })
  )

  it.scoped("a session fails with an error that names the proxy when the proxy URL is that of another server", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { url: plain } = yield* Simulator.make()
      // The server receives a method that it does not know, or TLS where it expects none.
      for (const proxy of [plain, plain.replace("http:", "https:")]) {
        const error = yield* unreached(url, { ca, proxy })
        expect(["ConnectionFailed", "TlsFailed"]).toContain(error._tag)
        expect(error).toMatchObject({ proxy })
        expect(error.message).toContain(`the proxy ${proxy}`)
      }
    })
  )

  it.scoped("a session fails after timeouts.connect when the proxy does not respond", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { url: address } = yield* makeProxy({ silent: true })
      const proxy = { url: address, username: "ana", password: redacted }
      const error = yield* unreached(url, { ca, proxy, timeouts: { connect: "50 millis" } }, secrets)
      expect(error).toMatchObject({ _tag: "TimedOut", phase: "connect", after: 50, proxy: address })
      for (const part of [address, "50 milliseconds", "`timeouts.connect`"]) expect(error.message).toContain(part)
    })
  )

  it.scoped("a CONNECT in progress is aborted when the program is interrupted", () =>
    Effect.gen(function* () {
      const { silence, url: proxy } = yield* makeProxy({ silent: true })
      const fiber = yield* Effect.fork(listWorkbooks("http://127.0.0.1:1", { proxy, timeouts: { connect: Infinity } }))
      yield* Deferred.await(silence.taken)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(silence.left)
    })
  )
})

it.scoped("a session with the ProxyAgent of undici classifies its error", () =>
  Effect.gen(function* () {
    const { url } = yield* server
    const { url: proxy } = yield* makeProxy({ status: 407 })
    const agent = Effect.acquireRelease(
      Effect.sync(() => new Undici.ProxyAgent(proxy.replace("://", `://ana:${encoded}@`))),
      (agent) => Effect.promise(() => agent.destroy())
    )
    const error = yield* failure(
      TableauSession.make({ server: url, credentials: demoToken }).pipe(
        Effect.scoped,
        Effect.provide(NodeHttpClient.layerUndiciWithoutDispatcher),
        Effect.provide(Layer.scoped(NodeHttpClient.Dispatcher, agent))
      ),
      secrets
    )
    const fields = { _tag: "ConnectionFailed", reason: "ProxyAuthentication", status: 407, acted: "no" }
    expect(error).toMatchObject(fields)
  })
)

describe("an invalid proxy URL", () => {
  const bad = [
    "",
    "http://",
    `http://ana:${password}@proxy.example.com:3128`,
    // By the rules of URLs the host of this one is the user name, and the port is part of the password.
    "http://ana:80/secret-Word@proxy.example.com:3128",
    "http://ana#secret-Word@proxy.example.com",
    "http://ana:secret-Word%zz@proxy.example.com:3128",
    "http://ana:secret-Word@proxy.example.com:99999",
    "socks5://ana:secret-Word@proxy.example.com:1080"
  ]
  for (const [option, program] of [
    ["proxy", (url: string) => listWorkbooks("https://127.0.0.1:1", { proxy: url })],
    ["proxy", (url: string) => listWorkbooks("https://127.0.0.1:1", { proxy: { url, password: redacted } })],
    [
      "HTTPS_PROXY",
      (url: string) =>
        url === "" ? undefined : listWorkbooks("https://127.0.0.1:1").pipe(environment({ HTTPS_PROXY: url }))
    ]
  ] as const) {
    it.effect(`the layer fails without the URL in its error when the proxy URL in ${option} is invalid`, () =>
      Effect.forEach(bad, (url) => {
        const started = program(url)
        if (started === undefined) return Effect.void
        return Effect.map(failure(started, [...secrets, "secret-Word", "p@ss"]), (error) => {
          expect(error, url).toMatchObject({ _tag: "HttpClientOptionInvalid", option })
          expect(error.message).toMatch(new RegExp(`\`${option}\` .*(http://|%25)`))
        })
      })
    )
  }
})

describe("a proxy from the environment", () => {
  it.scoped("the proxy variables select the proxy by protocol and letter case", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { url: plain } = yield* Simulator.make()
      const secure = yield* makeProxy()
      const clear = yield* makeProxy({ credentials: `ana:${password}` })
      const uppercase = environment({
        HTTPS_PROXY: secure.url,
        HTTP_PROXY: clear.url.replace("://", `://ana:${encoded}@`)
      })
      const used = () => [secure.seen.tunnels.length > 0, clear.seen.tunnels.length > 0]
      const reset = () => {
        for (const { seen } of [secure, clear]) seen.tunnels.length = 0
      }
      yield* listWorkbooks(url, { ca }).pipe(uppercase)
      expect(used()).toEqual([true, false])
      reset()
      yield* listWorkbooks(plain, { proxy: "environment" }).pipe(uppercase)
      expect(used()).toEqual([false, true])
      reset()
      yield* listWorkbooks(url, { ca }).pipe(environment({ https_proxy: secure.url, HTTPS_PROXY: clear.url }))
      expect(used()).toEqual([true, false])
      reset()
      // HTTP_PROXY does not apply to https:// servers.
      yield* listWorkbooks(url, { ca }).pipe(environment({ HTTP_PROXY: clear.url }))
      yield* listWorkbooks(url, { ca }).pipe(environment({ https_proxy: "", HTTPS_PROXY: clear.url }))
      expect(used()).toEqual([false, false])
    })
  )

  it.scoped("in a CGI program HTTP_PROXY is ignored, and the variables that a request cannot set are not", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { url: plain } = yield* Simulator.make()
      for (const method of ["GET", ""]) {
        const { seen, url: proxy } = yield* makeProxy()
        const cgi = (variables: Readonly<Record<string, string>>) =>
          environment({ REQUEST_METHOD: method, ...variables })
        yield* listWorkbooks(plain).pipe(cgi({ HTTP_PROXY: proxy }))
        // Not even read.
        yield* listWorkbooks(plain).pipe(cgi({ HTTP_PROXY: "socks5://ana:secret@proxy" }))
        yield* listWorkbooks(plain).pipe(cgi({ http_proxy: "", HTTP_PROXY: proxy }))
        expect(seen.tunnels).toEqual([])
        yield* listWorkbooks(plain).pipe(cgi({ http_proxy: proxy }))
        expect(new Set(seen.tunnels)).toEqual(new Set([new URL(plain).host]))
        yield* listWorkbooks(url, { ca }).pipe(cgi({ HTTPS_PROXY: proxy }))
        expect(seen.tunnels).toContain(new URL(url).host)
      }
    })
  )

  it.scoped("the proxy variables are ignored when the option `proxy` is set", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const [named, other] = [yield* makeProxy(), yield* makeProxy()]
      const variables = environment({ HTTPS_PROXY: other.url, NO_PROXY: "127.0.0.1" })
      yield* listWorkbooks(url, { ca, proxy: false }).pipe(variables)
      expect(named.seen.tunnels).toEqual([])
      yield* listWorkbooks(url, { ca, proxy: named.url }).pipe(variables)
      expect(named.seen.tunnels).not.toEqual([])
      expect(other.seen.tunnels).toEqual([])
    })
  )

  it.scoped("a session fails without the password of HTTPS_PROXY in its error", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { url: proxy } = yield* makeProxy({ status: 407 })
      const withPassword = proxy.replace("://", `://ana:${encoded}@`)
      const error = yield* failure(listWorkbooks(url, { ca }).pipe(environment({ HTTPS_PROXY: withPassword })), secrets)
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "ProxyAuthentication", proxy })
    })
  )
})

describe("hosts without a proxy", () => {
  const lists: ReadonlyArray<readonly [string | ReadonlyArray<string>, host: string, boolean]> = [
    ["tableau.invalid", "tableau.invalid", true],
    ["tableau.invalid", "TABLEAU.invalid:1", true],
    ["tableau.invalid", "a.tableau.invalid", true],
    ["tableau.invalid", "atableau.invalid", false],
    [".tableau.invalid", "a.tableau.invalid", true],
    ["*.tableau.invalid", "a.b.tableau.invalid", true],
    ["tableau.invalid:81", "tableau.invalid:81", true],
    ["tableau.invalid:81", "tableau.invalid", false],
    ["tableau.invalid:80", "tableau.invalid", true],
    ["other.invalid, tableau.invalid", "tableau.invalid", true],
    ["other.invalid tableau.invalid", "tableau.invalid", true],
    [["other.invalid", "tableau.invalid"], "tableau.invalid", true],
    ["*", "tableau.invalid", true],
    ["", "tableau.invalid", false],
    [",", "tableau.invalid", false],
    [".", "tableau.invalid", false],
    ["127.0.0.1", "127.0.0.1:1", true],
    ["127.0.0.1:1", "127.0.0.1:1", true],
    ["127.0.0.1:2", "127.0.0.1:1", false],
    ["127.0.0.0/8", "127.0.0.1:1", true],
    ["10.0.0.0/8", "127.0.0.1:1", false],
    ["127.0.0.0/99", "127.0.0.1:1", false],
    ["::1", "[::1]:1", true],
    ["[::1]", "[::1]:1", true],
    ["[::1]:1", "[::1]:1", true],
    ["[::1]:2", "[::1]:1", false],
    ["0:0:0:0:0:0:0:1", "[::1]:1", true],
    ["::/64", "[::1]:1", true],
    ["fe80::/10", "[::1]:1", false],
    ["127.0.0.1/", "127.0.0.1:1", false],
    ["127.0.0.0/:1", "127.0.0.1:1", false],
    ["127.0.0.0/0x8", "127.0.0.1:1", false],
    ["127.0.0.0/1e0", "127.0.0.1:1", false],
    ["127.0.0.0/8.0", "127.0.0.1:1", false],
    ["127.0.0.0/8/", "127.0.0.1:1", false],
    ["127.0.0.0/8/8", "127.0.0.1:1", false],
    ["127.0.0.0/-8", "127.0.0.1:1", false],
    ["127.0.0.0/+8", "127.0.0.1:1", false],
    ["127.0.0.0/33", "127.0.0.1:1", false],
    ["127.0.0.0/255.0.0.0", "127.0.0.1:1", false],
    ["/", "127.0.0.1:1", false],
    ["/8", "127.0.0.1:1", false],
    ["::/", "[::1]:1", false],
    ["::1/", "[::1]:1", false],
    ["::/129", "[::1]:1", false],
    ["[::]/", "[::1]:1", false],
    ["127.0.0.0/08", "127.0.0.1:1", true],
    ["0.0.0.0/0", "127.0.0.1:1", true],
    ["::/0", "[::1]:1", true]
  ]
  for (const [entries, host, direct] of lists) {
    it(`noProxyMatcher ${direct ? "matches" : "does not match"} ${host} for ${JSON.stringify(entries)}`, () => {
      const { hostname, port } = new URL(`http://${host}`)
      const bypasses = noProxyMatcher(typeof entries === "string" ? [entries] : entries)
      expect(bypasses(hostname.replace(/^\[|\]$/g, ""), Number(port || 80))).toBe(direct)
    })
  }

  it.scoped("a session connects directly for a host in NO_PROXY or `noProxy`", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const { seen, url: proxy } = yield* makeProxy()
      yield* listWorkbooks(url, { ca }).pipe(environment({ HTTPS_PROXY: proxy, NO_PROXY: "localhost,127.0.0.1" }))
      yield* listWorkbooks(url, { ca }).pipe(environment({ HTTPS_PROXY: proxy, no_proxy: "127.0.0.0/8" }))
      yield* listWorkbooks(url, { ca, proxy, noProxy: ["localhost", "127.0.0.1"] })
      yield* listWorkbooks(url, { ca, noProxy: "127.0.0.1" }).pipe(environment({ HTTPS_PROXY: proxy }))
      expect(seen.tunnels).toEqual([])
      yield* listWorkbooks(url, { ca, noProxy: [] }).pipe(environment({ HTTPS_PROXY: proxy, NO_PROXY: "127.0.0.1" }))
      expect(seen.tunnels).not.toEqual([])
    })
  )
})
