import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { ServerInfo } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway } from "../../../../test/support/certificates.js"
import { makeProxy } from "../../../../test/support/proxy.js"
import { type ScriptedResponse, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { current, diagnose, expectFailed, find, names, outcomes, serverInfo } from "./diagnosing.js"

describe("diagnose of a server that accepts sign-ins", () => {
  it.scopedLive("diagnose over http reports version and clock after one request without credentials", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const diagnosis = yield* diagnose(`${simulator.url}/#/site/MarketingTeam/projects`)
      const { checks, clockSkew, ...facts } = diagnosis
      expect(facts).toEqual({
        server: simulator.url,
        site: "MarketingTeam",
        deployment: "Server",
        productVersion: "2026.2.0",
        build: "20262.26.0612.0942",
        restApiVersion: "3.29",
        error: undefined
      })
      expect(checks.map(({ name }) => name)).toEqual(names)
      expect(outcomes(diagnosis)).toBe("ok ok ok warning ok ok ok ok")
      expect(Math.abs(clockSkew ?? Number.NaN)).toBeLessThan(60_000)
      expect(find(diagnosis, "address").detail).toBe(`${simulator.url}, site "MarketingTeam"`)
      expect(find(diagnosis, "dns").detail).toBe("127.0.0.1 is 127.0.0.1")
      expect(find(diagnosis, "connection").detail).toBe("connected to 127.0.0.1")
      expect(find(diagnosis, "tls").advice).toContain("Use https")
      expect(find(diagnosis, "version").detail).toBe("Tableau Server 2026.2.0, build 20262.26.0612.0942, REST API 3.29")
      const requests = yield* simulator.requests
      expect(requests).toMatchObject([{ operation: "serverInfo", method: "GET", query: "", user: undefined }])
    })
  )

  it.scoped("diagnose sends no header that could hold a secret", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* scriptedServer({ [serverInfo]: current })
      yield* diagnose(url)
      expect(requests).toHaveLength(1)
      expect(requests[0]).toMatchObject({ line: "GET /api/2.4/serverinfo", body: "" })
      expect(Object.keys(requests[0]?.headers ?? {}).sort()).toEqual([
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "user-agent"
      ])
    })
  )

  it.scopedLive("diagnose over https reports the addresses and the certificate chain", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const company = yield* authority
      const own = yield* certificate({ host: "localhost", authority: company, until: "2098-07-06" })
      const secure = yield* gateway(url, own, [company.cert])
      const diagnosis = yield* diagnose(secure.url.replace("127.0.0.1", "localhost"), { ca: company.cert })
      expect(outcomes(diagnosis)).toBe("ok ok ok ok ok ok ok ok")
      expect(find(diagnosis, "dns").detail).toMatch(/^localhost is .*127\.0\.0\.1/)
      expect(find(diagnosis, "tls").detail).toBe(
        "trusted: TLSv1.3; localhost, issued by Company Authority, valid from 2020-01-01 to 2098-07-06; Company Authority, self-signed, valid from 2020-01-01 to 2100-01-01"
      )
      expect(secure.seen.requests).toBe(1)
    })
  )

  it.scopedLive("diagnose with rejectUnauthorized: false warns that the certificate is not trusted", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ tls: true })
      const diagnosis = yield* diagnose(url, { rejectUnauthorized: false })
      expect(outcomes(diagnosis)).toBe("ok ok ok warning ok ok ok ok")
      const { advice, detail } = find(diagnosis, "tls")
      expect(detail).toContain("DEPTH_ZERO_SELF_SIGNED_CERT")
      expect(advice).toContain("`ca`")
    })
  )

  it.scoped("diagnose warns that a host of Tableau Cloud needs a site", () =>
    Effect.gen(function* () {
      const { count, url } = yield* Simulator.make({ cloud: true, allowedHosts: ["10ax.online.tableau.com"] })
      const company = yield* authority
      const pod = yield* gateway(url, yield* certificate({ host: "10ax.online.tableau.com", authority: company }))
      const proxy = yield* makeProxy()
      const address = pod.url.replace("127.0.0.1", "10ax.online.tableau.com")
      const options = { ca: company.cert, proxy: proxy.url }
      const named = yield* diagnose(`${address}/#/site/acme`, options)
      expect(named).toMatchObject({ deployment: "Cloud", site: "acme", error: undefined })
      expect(find(named, "address").outcome).toBe("ok")
      expect(find(named, "tls")).toMatchObject({ outcome: "ok", detail: expect.stringContaining("not inspected") })
      expect(find(named, "version").detail).toMatch(/^Tableau Cloud 2026\.3\.0, .* REST API 3\.30$/)
      const bare = yield* diagnose(address, options)
      expect(find(bare, "address")).toMatchObject({ outcome: "warning", detail: expect.stringContaining("no site") })
      expect(find(bare, "address").advice).toContain("`site`")
      expect(yield* count("serverInfo")).toBe(2)
    })
  )

  it.scoped("diagnose warns about a server without personal access tokens, and needs no product version", () =>
    Effect.gen(function* () {
      const { url } = yield* scriptedServer({}, { restApiVersion: "2.4" })
      const diagnosis = yield* diagnose(url)
      expect(diagnosis).toMatchObject({ restApiVersion: "2.4", productVersion: undefined, build: undefined })
      const { advice, detail, outcome } = find(diagnosis, "version")
      expect(outcome).toBe("warning")
      expect(detail).toContain("REST API 2.4")
      expect(advice).toContain("user name and password")
    })
  )

  it.scoped("format prints one short line for each check when server text is long or has line breaks", () =>
    Effect.gen(function* () {
      const long = "9".repeat(100_000)
      const product = `<productVersion build='&#10;ok  clock'>1&#13;&#10;&#133;&#8232;ok${long}</productVersion>`
      const content = `<serverInfo>${product}<restApiVersion>3.29</restApiVersion></serverInfo>`
      const { url } = yield* scriptedServer({ [serverInfo]: xml(content) })
      const diagnosis = yield* diagnose(url)
      expect(diagnosis.productVersion).toMatch(/\n/)
      expect(ServerInfo.format(diagnosis)).not.toMatch(/[\p{Cc}\u2028](?<!\n)/u)
      expect(ServerInfo.format(diagnosis).length).toBeLessThan(4000)
      expect(ServerInfo.format(diagnosis).split("\n")).toHaveLength(8)
    })
  )
})

describe("diagnose of an unusable address", () => {
  const cases = [
    ["", "`server` is empty", "https://tableau.example.com"],
    ["ftp://tableau.example.com", "must be an https:// or http:// address", ""],
    ["https://admin:hunter2@tableau.example.com", "contains a user name or a password", "`credentials`"],
    ["https://tableau.example.com/wiki", "has a path that is not Tableau's, /wiki", "Use { server:"],
    ["https://tableau.example.com/#/site/My%20Site", "is not a content URL", "MySite"],
    ["http://10ax.online.tableau.com/#/site/acme", "Cloud accepts https only", "Use https://10ax.online.tableau.com."]
  ] as const

  for (const [address, what, remedy] of cases) {
    it.effect(`diagnose fails the address check for ${JSON.stringify(address)} and sends nothing`, () =>
      Effect.gen(function* () {
        let sent = 0
        const client = Layer.effect(
          HttpClient.HttpClient,
          Effect.map(
            HttpClient.HttpClient,
            HttpClient.tapRequest(() =>
              Effect.sync(() => {
                sent += 1
              })
            )
          )
        ).pipe(Layer.provide(NodeHttpClient.layerUndici))
        const diagnosis = yield* Effect.provide(ServerInfo.diagnose(address), client)
        const { advice = "", detail } = expectFailed(diagnosis, "address")
        expect(detail).toContain(what)
        expect(`${detail} ${advice}`).toContain(remedy)
        expect(diagnosis).toMatchObject({ server: undefined, error: { _tag: "BadRequest" } })
        expect(JSON.stringify(diagnosis)).not.toContain("hunter2")
        expect(sent).toBe(0)
      })
    )
  }
})

describe("diagnose of a redirect", () => {
  it.scoped("diagnose reports the target of a redirect to https and does not follow it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true, redirectFrom: 0 })
      const diagnosis = yield* diagnose(simulator.redirectUrl ?? "")
      expect(expectFailed(diagnosis, "redirect").advice).toContain(`Use ${simulator.url} as \`server\`.`)
      expect(diagnosis.error).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: simulator.url })
      expect((yield* simulator.requests).map(({ listener }) => listener)).toEqual(["redirect"])
    })
  )

  it.scoped("diagnose reports the target of a redirect to a single sign-on without its query and fragment", () =>
    Effect.gen(function* () {
      const location = "https://sso.example.com/login?SAMLRequest=hunter2#hunter2"
      const { requests, url } = yield* scriptedServer({ [serverInfo]: { status: 302, headers: { location } } })
      const diagnosis = yield* diagnose(url)
      const { advice, detail } = expectFailed(diagnosis, "redirect")
      expect(detail).toContain("https://sso.example.com/login was not followed: it leads to another server")
      expect(advice).toContain("address of Tableau itself")
      expect(`${JSON.stringify(diagnosis)} ${ServerInfo.format(diagnosis)}`).not.toContain("hunter2")
      expect(requests).toHaveLength(1)
    })
  )
})

describe("diagnose of a response that is not Tableau's", () => {
  const page = "<!DOCTYPE html><html><body>Sign in</body></html>"
  const html = { "content-type": "text/html" }
  const cases: ReadonlyArray<readonly [string, ScriptedResponse, string, string]> = [
    [
      "JSON from TSM",
      { status: 401, headers: { "content-type": "application/json" }, body: '{"error":"Please log in"}' },
      "the response is JSON of another service (status 401)",
      "The port of TSM, 8850, is not."
    ],
    ["a login page", { headers: html, body: page }, "the response is a web page", "to the REST API (/api) pass"],
    [
      "a single sign-on page",
      { status: 401, headers: { ...html, "www-authenticate": "Negotiate" }, body: page },
      "the response is a web page (status 401)",
      "A single sign-on or a proxy may stand in front of the server"
    ],
    [
      "a proxy that requires a password",
      { status: 407, headers: { ...html, "proxy-authenticate": "Basic" }, body: page },
      "a proxy requires a user name and a password (status 407)",
      "proxy: { url, username, password }"
    ],
    ["an empty response", { status: 404 }, "the response is empty (status 404)", "Something between"],
    ["the gateway of a stopped server", { status: 502, headers: html, body: page }, "(status 502)", "Try again later"]
  ]

  for (const [what, response, detail, remedy] of cases) {
    it.scoped(`diagnose fails the api check with advice for ${what}`, () =>
      Effect.gen(function* () {
        const { requests, url } = yield* scriptedServer({ [serverInfo]: response })
        const diagnosis = yield* diagnose(url)
        const check = expectFailed(diagnosis, "api")
        expect(check.detail).toContain(detail)
        expect(check.advice).toContain(remedy)
        expect(diagnosis.error?.operation).toBe("ServerInfo.diagnose")
        expect(requests).toHaveLength(1)
      })
    )
  }
})

describe("diagnose of the server's clock", () => {
  const noon = Date.UTC(2026, 5, 1, 12)
  const hour = 60 * 60 * 1000

  const cases = [
    ["an hour ahead", hour, "warning", "the server's clock is 1h ahead of the local clock"],
    ["two minutes behind", -120_000, "warning", "the server's clock is 2m behind the local clock"],
    ["half a minute behind", -30_000, "ok", "the server's clock is within 30s of the local clock"]
  ] as const

  for (const [what, skew, outcome, detail] of cases) {
    it.scoped(`diagnose reports ${outcome} for a clock ${what}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(noon)
        const date = new Date(noon + skew).toUTCString()
        const { url } = yield* scriptedServer({ [serverInfo]: { ...current, headers: { ...current.headers, date } } })
        const diagnosis = yield* diagnose(url)
        expect(diagnosis.clockSkew).toBe(skew)
        expect(diagnosis.error).toBeUndefined()
        const check = find(diagnosis, "clock")
        expect(check).toMatchObject({ outcome, detail })
        if (outcome === "warning") expect(check.advice).toContain("JSON web tokens")
        else expect(check.advice).toBeUndefined()
      })
    )
  }

  it.scoped("diagnose skips the clock check for an invalid Date header", () =>
    Effect.gen(function* () {
      const headers = { ...current.headers, date: "noon" }
      const { url } = yield* scriptedServer({ [serverInfo]: { ...current, headers } })
      const diagnosis = yield* diagnose(url)
      expect(diagnosis.clockSkew).toBeUndefined()
      expect(find(diagnosis, "clock")).toEqual({
        name: "clock",
        outcome: "skipped",
        detail: "the response has no valid Date header"
      })
    })
  )
})

describe("diagnose with another HttpClient", () => {
  it.scoped("diagnose without an inspector skips the dns check and names the layer that has one", () =>
    Effect.gen(function* () {
      const { url } = yield* scriptedServer({ [serverInfo]: current })
      const diagnosis = yield* Effect.provide(ServerInfo.diagnose(url), NodeHttpClient.layerUndici)
      expect(diagnosis).toMatchObject({ restApiVersion: "3.29", error: undefined })
      expect(find(diagnosis, "dns")).toMatchObject({
        outcome: "skipped",
        detail: expect.stringContaining("layerHttpClient")
      })
      expect(find(diagnosis, "connection").outcome).toBe("ok")
    })
  )

  it.scoped("diagnose without an inspector still reports the failed check", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ tls: true })
      const untrusted = yield* Effect.provide(ServerInfo.diagnose(url), NodeHttpClient.layerUndici)
      expect(expectFailed(untrusted, "tls").detail).toMatch(/\(DEPTH_ZERO_SELF_SIGNED_CERT\)$/)
      const unknown = yield* Effect.provide(ServerInfo.diagnose("tableau.invalid"), NodeHttpClient.layerUndici)
      expectFailed(unknown, "dns")
      const hanging = yield* Simulator.make()
      yield* hanging.inject({ operation: "serverInfo", fault: Fault.hang() })
      const diagnosing = yield* Effect.fork(
        Effect.provide(ServerInfo.diagnose(hanging.url), NodeHttpClient.layerUndici)
      )
      yield* hanging.awaitSeen("serverInfo")
      yield* TestClock.adjust("10 seconds")
      expect(expectFailed(yield* Fiber.join(diagnosing), "connection").detail).toBe("no response within 10s")
    })
  )
})

it("format prints one line for each check up to the failed one, and one for all later ones", () => {
  const diagnosis: ServerInfo.Diagnosis = {
    checks: [
      { name: "address", outcome: "ok", detail: "https://tableau.example.com, no site named" },
      { name: "dns", outcome: "failed", detail: "the host is not known", advice: "Check the address." },
      { name: "connection", outcome: "skipped", detail: "not checked: dns failed" },
      { name: "tls", outcome: "skipped", detail: "not checked: dns failed" }
    ],
    server: undefined,
    site: undefined,
    deployment: undefined,
    productVersion: undefined,
    build: undefined,
    restApiVersion: undefined,
    clockSkew: undefined,
    error: undefined
  }
  expect(ServerInfo.format(diagnosis)).toBe(
    [
      "ok       address     https://tableau.example.com, no site named",
      "failed   dns         the host is not known. Check the address.",
      "skipped  connection, tls not checked: dns failed"
    ].join("\n")
  )
})
