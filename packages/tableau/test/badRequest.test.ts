/** Wrong input, wrong servers and wrong responses: each is one typed error. */
import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, Ids, type TableauError, type TableauSession, TableauUrl, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { errorResponse, type ScriptedResponse, scriptedServer, xml } from "../../../test/support/scriptedServer.js"
import { demoToken, open, operations, server, session } from "../../../test/support/session.js"
import { element } from "../../../test/support/xml.js"

const tooLarge = new Uint8Array(64 * 1024 * 1024 + 1).fill(0x20)

const rawXml = (body: string) => Fault.raw({ body })

/** A valid response to each of the requests. */
const valid =
  "<tsResponse><serverInfo><restApiVersion>3.29</restApiVersion></serverInfo>" +
  '<credentials token="t"><site id="s" contentUrl=""/><user id="u"/></credentials>' +
  '<pagination pageNumber="1" pageSize="100" totalAvailable="0"/><workbooks/></tsResponse>'

/** What a server can send instead of a response of Tableau, and the error that it is. */
const responses: ReadonlyArray<readonly [string, Fault.Fault, object]> = [
  ["a login page with status 200", Fault.loginPage, { _tag: "UnexpectedResponse", kind: "Html" }],
  ["a gateway's HTML with 502", Fault.status(502, { body: "html" }), { _tag: "ServerFault", status: 502 }],
  ["503 without a body", Fault.status(503, { body: "empty" }), { _tag: "ServerFault", status: 503 }],
  ["HTML with 403", Fault.status(403, { body: "html" }), { _tag: "UnexpectedResponse", kind: "Html", status: 403 }],
  ["an empty 200", rawXml(""), { _tag: "UnexpectedResponse", kind: "Empty" }],
  [
    "JSON",
    Fault.raw({ contentType: "application/json", body: '{"a":1}' }),
    { _tag: "UnexpectedResponse", kind: "Json" }
  ],
  ["text that is not XML", rawXml("It works!"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  [
    "truncated XML",
    rawXml('<tsResponse xmlns="http://tableau.com/api"><serverInfo>'),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  [
    "a DOCTYPE with entities",
    rawXml('<?xml version="1.0"?><!DOCTYPE tsResponse [<!ENTITY a "b">]><tsResponse>&a;</tsResponse>'),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  [
    "a DOCTYPE before a valid response",
    rawXml(`<!DOCTYPE tsResponse>${valid}`),
    {
      _tag: "UnexpectedResponse",
      kind: "Malformed",
      detail: expect.stringContaining("DOCTYPE")
    }
  ],
  ["XML of another kind", rawXml("<rss/>"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  ["a response without its content", rawXml("<tsResponse/>"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  [
    "elements nested 100,000 deep",
    rawXml(`<tsResponse>${"<a>".repeat(100_000)}`),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  ["a body over 64 MB", Fault.raw({ body: tooLarge }), { _tag: "UnexpectedResponse", kind: "TooLarge" }],
  ["a truncated body", Fault.truncate(40), { _tag: "ConnectionFailed", reason: "Broken" }],
  ["a body shorter than its Content-Length", Fault.falseLength(10), { _tag: "ConnectionFailed", reason: "Broken" }],
  ["a reset", Fault.reset(), { _tag: "ConnectionFailed", reason: "Broken" }],
  [
    "429 with Retry-After in seconds",
    Fault.rateLimited("7 seconds"),
    { _tag: "RateLimited", retryAfter: Duration.seconds(7), acted: "no" }
  ],
  [
    "429 with Retry-After as a date",
    Fault.rateLimited(new Date(9000)),
    { _tag: "RateLimited", retryAfter: Duration.seconds(9) }
  ],
  ["500 with Tableau's error body", Fault.status(500), { _tag: "ServerFault", code: "500000", detail: "Injected." }],
  ["an unknown code", Fault.status(418, { code: "418999" }), { _tag: "UnknownCode", status: 418, code: "418999" }],
  ["a conflict", Fault.status(409), { _tag: "Conflict" }],
  [
    "a redirect to another server",
    Fault.redirect(302, "https://sso.example.com/login?ticket=1"),
    { _tag: "RedirectRefused", location: "https://sso.example.com/login" }
  ],
  [
    "a redirect without a location",
    Fault.status(307, { body: "empty" }),
    { _tag: "RedirectRefused", reason: "the server does not say where it leads" }
  ]
]

/** A program that sends each kind of request. */
const stages: ReadonlyArray<
  readonly [Simulator.Operation, Effect.Effect<unknown, unknown, Simulator | HttpClient.HttpClient>]
> = [
  ["serverInfo", Effect.scoped(open())],
  ["signIn", Effect.scoped(open())],
  ["queryWorkbooksForSite", Effect.provide(Workbooks.list(), session())]
]

describe("a response that is not Tableau's", () => {
  for (const [operation, program] of stages) {
    for (const [what, fault, expected] of responses) {
      it.effect(`${operation} fails with one typed error for ${what} as response`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation, fault })
          expect(yield* Effect.flip(program)).toMatchObject(expected)
          expect(yield* simulator.count(operation)).toBe(1)
        }).pipe(Effect.provide(server()))
      )
    }

    it.effect(`${operation} fails with TimedOut when the body of the response stalls`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation, fault: Fault.stall(20) })
        const fiber = yield* Effect.fork(Effect.flip(program))
        yield* simulator.awaitSeen(operation)
        // The headers are in flight: every timeout of the client is shorter than this.
        yield* Effect.repeatN(TestClock.adjust("1 minute"), 5)
        expect(yield* Fiber.join(fiber)).toMatchObject({
          _tag: "TimedOut",
          acted: operation === "signIn" ? "unknown" : "no"
        })
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a sign-in whose response is lost fails with acted unknown", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.reset({ when: "after" }) })
      expect(yield* Effect.flip(Effect.scoped(open()))).toMatchObject({ _tag: "ConnectionFailed", acted: "unknown" })
    }).pipe(Effect.provide(server()))
  )
})

const to = (address: string, options: Partial<TableauSession.Options> = {}) =>
  Effect.flip(Effect.scoped(open({ server: address, ...options })))

/** A port where nothing listens: one that was just released. */
const closedPort = Effect.gen(function* () {
  const { url } = yield* Simulator
  return url
}).pipe(Effect.provide(Simulator.layer()))

describe("TableauSession.make on an unreachable server", () => {
  it.effect("TableauSession.make fails with reason Dns for an unknown host", () =>
    Effect.gen(function* () {
      const error = yield* to("https://tableau.invalid")
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Dns", acted: "no" })
      expect(error.message).toContain("https://tableau.invalid")
    }).pipe(Effect.provide(server()))
  )

  it.effect("TableauSession.make fails with reason Refused when nothing listens", () =>
    Effect.gen(function* () {
      const error = yield* to(yield* closedPort)
      expect(error).toMatchObject({
        _tag: "ConnectionFailed",
        reason: "Refused",
        nodeCode: "ECONNREFUSED",
        acted: "no"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect(
    "TableauSession.make fails with TlsFailed when the address is https:// and the port expects plain HTTP",
    () =>
      Effect.gen(function* () {
        const { url } = yield* Simulator
        const error = yield* to(url.replace("http:", "https:"))
        expect(error).toMatchObject({ _tag: "TlsFailed", reason: "Protocol", acted: "no" })
        expect(error.message).toContain("http://")
      }).pipe(Effect.provide(server()))
  )

  it.effect("TableauSession.make fails with a typed error when the address is http:// and the port expects TLS", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const error = yield* to(url.replace("https:", "http:"))
      expect(["ConnectionFailed", "UnexpectedResponse", "BadRequest"]).toContain(error._tag)
    }).pipe(Effect.provide(server({ tls: true })))
  )
})

describe("invalid input", () => {
  const secret = Redacted.make("s3cret")
  const invalid: ReadonlyArray<readonly [string, Partial<TableauSession.Options>, string]> = [
    ["an empty address", { server: " " }, "is empty"],
    ["an address without a host", { server: "https://" }, "is not a valid address"],
    ["another scheme", { server: "ftp://tableau.example.com" }, "https://"],
    ["a password in the address", { server: "https://ana:s3cret@tableau.example.com" }, "https://tableau.example.com"],
    ["an address with another path", { server: "https://example.com/wiki" }, '{ server: "https://example.com"'],
    ["a site name with spaces", { server: "tableau.example.com", site: "Marketing Team" }, "MarketingTeam"],
    [
      "an address as site",
      { server: "tableau.example.com", site: "https://tableau.example.com/#/site/Finance/home" },
      'site: "Finance"'
    ],
    ["two different sites", { server: "https://tableau.example.com/#/site/Finance/home", site: "Sales" }, "Finance"],
    [
      "an empty token",
      { credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("\n") }) },
      "value"
    ],
    ["an empty token name", { credentials: Credentials.personalAccessToken({ name: "", value: secret }) }, "The name"],
    [
      "an empty password",
      { credentials: Credentials.password({ username: "ana", password: Redacted.make("") }) },
      "password"
    ],
    ["an empty user name", { credentials: Credentials.password({ username: " ", password: secret }) }, "The user name"],
    ["a password with a slash", { server: "https://ana:4711/s3cret@tableau.example.com" }, "credentials"],
    ["a password with a question mark", { server: "https://ana:12?s3cret@tableau.example.com/x" }, "credentials"],
    ["a password with a hash", { server: "ana:12#s3cret/@tableau.example.com:8000" }, "credentials"],
    ["a password with a backslash", { server: "http://ana:0\\s3cret@tableau.example.com" }, "credentials"],
    ["a password with an encoded @ behind it", { server: "https://ana:1/s3cret%40tableau.example.com" }, "credentials"],
    ["a password that begins as a path of Tableau", { server: "https://ana:1/api/s3cret@example.com" }, "credentials"],
    ["a password with a slash in site", { server: "a.example.com", site: "https://ana:1/s3cret@b.com" }, "credentials"],
    [
      "a password in redirectHosts",
      { server: "http://a.example.com", redirects: "upgrade", redirectHosts: ["https://ana:s3cret@b.com"] },
      "redirectHosts"
    ],
    ["an invalid API version", { server: "tableau.example.com", apiVersion: "latest" }, "3.29"]
  ]

  for (const [what, options, says] of invalid) {
    it.effect(`${what} fails with BadRequest before anything is sent`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.scoped(open(options)))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.open", acted: "no" })
        expect(error.message).toContain(says)
        expect(error.message).not.toContain("s3cret")
        expect(yield* operations).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("an id that would address another path fails with BadRequest before it is sent", () =>
    Effect.gen(function* () {
      for (const id of ["", " ", ".", ".."]) {
        const error = yield* Effect.flip(Workbooks.get(Ids.WorkbookId.make(id)))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "Workbooks.get", acted: "no" })
      }
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("TableauUrl.parse", () => {
  const addresses: ReadonlyArray<readonly [string, TableauUrl.TableauUrl]> = [
    ["tableau.example.com", { server: "https://tableau.example.com", site: undefined }],
    [" https://tableau.example.com/ ", { server: "https://tableau.example.com", site: undefined }],
    ["http://tableau:8000", { server: "http://tableau:8000", site: undefined }],
    ["tableau:8000", { server: "https://tableau:8000", site: undefined }],
    ["https://tableau.example.com/api/3.29/", { server: "https://tableau.example.com", site: undefined }],
    ["HTTPS://Tableau.Example.com:443", { server: "https://tableau.example.com", site: undefined }],
    ["https://t.example.com/#/site/MarketingTeam/projects", { server: "https://t.example.com", site: "MarketingTeam" }],
    [
      "https://10ax.online.tableau.com/#/site/acme/home?x=1",
      { server: "https://10ax.online.tableau.com", site: "acme" }
    ],
    ["https://t.example.com/t/Finance/views/A/B", { server: "https://t.example.com", site: "Finance" }],
    ["https://t.example.com/#/site/S/user/local/ana@example.com/x", { server: "https://t.example.com", site: "S" }],
    [
      "https://t.example.com:8443/views/A/B/ana@example.com/c",
      { server: "https://t.example.com:8443", site: undefined }
    ],
    ["https://t.example.com/t/S/views/A/B/ana%40example.com", { server: "https://t.example.com", site: "S" }],
    ["https://t.example.com/#/projects/7", { server: "https://t.example.com", site: "" }],
    ["https://t.example.com/#/signin", { server: "https://t.example.com", site: undefined }]
  ]

  for (const [text, expected] of addresses) {
    it(`TableauUrl.parse splits ${text} into server and site`, () => {
      expect(Either.getOrThrow(TableauUrl.parse(text))).toEqual(expected)
    })
  }

  it.effect("a session whose server is an address from the browser signs in to the site of that address", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* open({ server: `${simulator.url}/#/site/MarketingTeam/projects` })
          expect(yield* simulator.sessions).toMatchObject([{ site: "MarketingTeam" }])
        })
      )
    }).pipe(Effect.provide(server()))
  )
})

describe("TableauSession.make", () => {
  const serverInfo = "GET /api/2.4/serverinfo"

  it.scoped("TableauSession.make fails with TooLarge for a response without end", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* scriptedServer({ [serverInfo]: { endless: " ".repeat(1024 * 1024) } })
      const error = yield* to(url)
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge", operation: "TableauSession.open" })
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  const notAllowed: ReadonlyArray<readonly [string, ScriptedResponse]> = [
    ["Tableau's XML", errorResponse(405, "405000", "Invalid Request Method", "Not allowed.")],
    ["Tableau's XML and status 404", errorResponse(404, "405000")],
    ["HTML", { status: 405, headers: { "content-type": "text/html" }, body: "<html><h1>405</h1></html>" }],
    ["an empty body", { status: 405 }]
  ]
  for (const [what, response] of notAllowed) {
    it.scoped(`TableauSession.make fails with MethodNotAllowed when the sign-in is not allowed, with ${what}`, () =>
      Effect.gen(function* () {
        const { requests, url } = yield* scriptedServer({ "POST /auth/signin": response })
        const error = yield* to(url)
        expect(error).toMatchObject({ _tag: "MethodNotAllowed", status: response.status, acted: "no" })
        expect("suggestedUrl" in error && error.suggestedUrl).toBeFalsy()
        expect(requests.map(({ line }) => line)).toEqual([serverInfo, "POST /api/3.29/auth/signin"])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("TableauSession.make fails with UnexpectedResponse when the server does not report its version", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* scriptedServer({ [serverInfo]: xml(element("serverInfo")) })
      expect(yield* to(url)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Other" })
      expect(requests).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("TableauSession.make fails with SiteMismatch and signs out when the server signs in to another site", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* scriptedServer({}, { contentUrl: "Other", token: "t0" })
      expect(yield* to(url, { site: "Wanted" })).toMatchObject({
        _tag: "SiteMismatch",
        expected: "Wanted",
        actual: "Other"
      })
      expect(requests.at(-1)).toMatchObject({ path: "/api/3.29/auth/signout", headers: { "x-tableau-auth": "t0" } })
    }).pipe(Effect.provide(server()))
  )
})

it.effect(
  "TableauSession.make fails with SignInFailed for an unknown site and for a wrong token, without a retry",
  () =>
    Effect.gen(function* () {
      const error: TableauError.OpenError = yield* Effect.flip(
        Effect.scoped(open({ credentials: demoToken, site: "No" }))
      )
      expect(error).toMatchObject({ _tag: "SignInFailed", category: "session", site: "No", acted: "no" })
      const credentials = Credentials.personalAccessToken({
        name: "demo-token",
        value: Redacted.make("another-secret")
      })
      const refused = yield* Effect.flip(Effect.scoped(open({ credentials })))
      expect(refused).toMatchObject({ _tag: "SignInFailed", site: "", acted: "no", status: 401 })
      // Each is sent once: repeated failures can lock an account.
      expect(yield* operations).toEqual(["serverInfo", "signIn", "serverInfo", "signIn"])
    }).pipe(Effect.provide(server()))
)
