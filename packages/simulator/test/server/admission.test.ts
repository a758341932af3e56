import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { credentials, demoToken, send, signIn } from "../support/http.js"

const page = "https://news.example.org"

/** The status of a sign-in with other headers. */
const signInWith = (url: string, headers: Readonly<Record<string, string>>) =>
  Effect.map(send(`${url}/api/3.29/auth/signin`, { body: credentials(demoToken, ""), headers }), ({ status }) => status)

const statuses = (url: string, name: string, values: ReadonlyArray<string>) =>
  Effect.forEach(values, (value) => Effect.map(signInWith(url, { [name]: value }), (status) => [value, status]))

const all = (values: ReadonlyArray<string>, status: number) => values.map((value) => [value, status])

const foreignHosts = [
  "rebound.example.net",
  "rebound.example.net:8765",
  "localhost.example.net",
  "127.0.0.1.example.net",
  "localhost@rebound.example.net",
  "127.0.0.1/@rebound.example.net",
  "rebound.example.net.",
  "93.184.216.34",
  "[2001:db8::1]",
  "local host"
]

it.scoped("a Host header of a name that is not loopback gets 403 and starts no session", () =>
  Effect.gen(function* () {
    const { requests, sessions, url } = yield* Simulator.make()
    expect(yield* statuses(url, "host", foreignHosts)).toEqual(all(foreignHosts, 403))
    const read = yield* send(`${url}/simulator/requests`, { headers: { host: "rebound.example.net" } })
    expect([read.status, read.text]).toEqual([403, expect.stringContaining("--allow-host")])
    expect(yield* sessions).toEqual([])
    expect(yield* requests).toEqual([])
  })
)

it.scoped("a Host header of loopback is allowed with any port, and so is a name without a dot", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const own = [
      "localhost",
      "LOCALHOST:9000",
      "localhost.",
      "app.localhost",
      "127.0.0.1:1",
      "127.8.9.1",
      "[::1]:80",
      "tableau:8765"
    ]
    expect(yield* statuses(url, "host", own)).toEqual(all(own, 200))
  })
)

it.scoped("a request of a page of another origin gets 403 and does not end the session", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { token } = yield* signIn(url)
    for (const origin of [
      page,
      "null",
      "http://localhost.example.org",
      "http://93.184.216.34",
      "chrome-extension://localhost"
    ]) {
      // The headers of a form: no preflight request precedes it.
      const headers = { origin, "content-type": "text/plain" }
      const response = yield* send(`${url}/api/3.29/auth/signout`, { method: "POST", body: "", token, headers })
      expect([origin, response.status]).toEqual([origin, 403])
    }
    expect(yield* sessions).toHaveLength(1)
    const own = [url, "http://localhost:3000", "https://app.localhost"]
    expect(yield* statuses(url, "origin", own)).toEqual(all(own, 200))
  })
)

it.scoped("the redirect listener refuses foreign names and pages, too", () =>
  Effect.gen(function* () {
    const { redirectUrl = "" } = yield* Simulator.make({ tls: true, redirectFrom: 0 })
    expect(yield* signInWith(redirectUrl, { host: "rebound.example.net" })).toBe(403)
    expect(yield* signInWith(redirectUrl, { origin: page })).toBe(403)
    expect(yield* signInWith(redirectUrl, {})).toBe(301)
  })
)

it.scoped("the option cors allows every name and every page", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cors: true })
    expect(yield* signInWith(url, { host: "rebound.example.net", origin: page })).toBe(200)
  })
)

it.scoped("allowedHosts are allowed in Host and Origin, whatever their case and port", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ allowedHosts: ["Tableau.internal.example", "10.1.2.3"] })
    const own = ["tableau.internal.example:8765", "TABLEAU.internal.example", "10.1.2.3"]
    expect(yield* statuses(url, "host", own)).toEqual(all(own, 200))
    const origins = ["http://tableau.internal.example:3000"]
    expect(yield* statuses(url, "origin", origins)).toEqual(all(origins, 200))
    expect(yield* signInWith(url, { host: "other.internal.example" })).toBe(403)
  })
)

it.scoped("on all addresses any address is allowed, as behind a mapped port, and foreign names are not", () =>
  Effect.gen(function* () {
    const { redirectUrl = "", url } = yield* Simulator.make({ host: "0.0.0.0", redirectFrom: 0 })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    const own = ["192.168.1.7:9000", "localhost:9000", "[fd00::7]:80"]
    expect(yield* statuses(url, "host", own)).toEqual(all(own, 200))
    expect(yield* signInWith(url, { host: "rebound.example.net" })).toBe(403)
    const { headers } = yield* send(`${redirectUrl}/a`, { headers: { host: "192.168.1.7:9000" } })
    expect(headers.location).toBe(`http://192.168.1.7:${new URL(url).port}/a`)
  })
)

it.scoped("host is the address of the listener and of its URL", () =>
  Effect.gen(function* () {
    const { certificate, url } = yield* Simulator.make({ host: "127.0.0.2", tls: true, allowedHosts: ["bi.localhost"] })
    expect(url).toMatch(/^https:\/\/127\.0\.0\.2:/)
    expect((yield* send(`${url}/api/3.29/serverinfo`, { ca: certificate })).status).toBe(200)
    expect((yield* Effect.flip(send(url.replace("127.0.0.2", "127.0.0.1")))).message).toContain("ECONNREFUSED")
  })
)

it.scoped("Simulator.make fails for a host that is not a name or not of this machine", () =>
  Effect.gen(function* () {
    for (const [options, reason] of [
      [{ allowedHosts: ["a b"] }, `"a b" is not the name of a host`],
      [{ allowedHosts: ["https://a.example/"] }, `"https://a.example/" is not the name of a host`],
      [{ host: "192.0.2.1" }, "192.0.2.1 is not an address of this machine"]
    ] as const) {
      expect((yield* Effect.flip(Simulator.make(options))).reason).toBe(reason)
    }
  })
)
