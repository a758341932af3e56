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
import { type Answer, handwritten } from "../../../test/support/handwritten.js"
import { demoToken, open, operations, server, session } from "../../../test/support/session.js"

const big = new Uint8Array(64 * 1024 * 1024 + 1).fill(0x20)

const xml = (body: string) => Fault.raw({ body })

/** Good for each of the requests: what is wrong around it is what counts. */
const good =
  "<tsResponse><serverInfo><restApiVersion>3.29</restApiVersion></serverInfo>" +
  '<credentials token="t"><site id="s" contentUrl=""/><user id="u"/></credentials>' +
  '<pagination pageNumber="1" pageSize="100" totalAvailable="0"/><workbooks/></tsResponse>'

/** What may come in the place of an answer, and what it is taken for. */
const answers: ReadonlyArray<readonly [string, Fault.Fault, object]> = [
  ["a login page with status 200", Fault.loginPage, { _tag: "UnexpectedResponse", kind: "Html" }],
  ["a gateway's HTML with 502", Fault.status(502, { body: "html" }), { _tag: "ServerFault", status: 502 }],
  ["503 without a body", Fault.status(503, { body: "empty" }), { _tag: "ServerFault", status: 503 }],
  ["HTML with 403", Fault.status(403, { body: "html" }), { _tag: "UnexpectedResponse", kind: "Html", status: 403 }],
  ["an empty 200", xml(""), { _tag: "UnexpectedResponse", kind: "Empty" }],
  [
    "JSON",
    Fault.raw({ contentType: "application/json", body: '{"a":1}' }),
    { _tag: "UnexpectedResponse", kind: "Json" }
  ],
  ["no XML at all", xml("It works!"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  [
    "truncated XML",
    xml('<tsResponse xmlns="http://tableau.com/api"><serverInfo>'),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  [
    "a DOCTYPE with entities",
    xml('<?xml version="1.0"?><!DOCTYPE tsResponse [<!ENTITY a "b">]><tsResponse>&a;</tsResponse>'),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  [
    "a DOCTYPE before what would be a good answer",
    xml(`<!DOCTYPE tsResponse>${good}`),
    {
      _tag: "UnexpectedResponse",
      kind: "Malformed",
      detail: expect.stringContaining("DOCTYPE")
    }
  ],
  ["XML of another kind", xml("<rss/>"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  ["an answer without its content", xml("<tsResponse/>"), { _tag: "UnexpectedResponse", kind: "Malformed" }],
  [
    "elements nested without end",
    xml(`<tsResponse>${"<a>".repeat(100_000)}`),
    { _tag: "UnexpectedResponse", kind: "Malformed" }
  ],
  ["a body over the cap", Fault.raw({ body: big }), { _tag: "UnexpectedResponse", kind: "TooLarge" }],
  ["a body that is cut", Fault.truncate(40), { _tag: "ConnectionFailed", reason: "Broken" }],
  ["a body that is shorter than it says", Fault.falseLength(10), { _tag: "ConnectionFailed", reason: "Broken" }],
  ["a reset", Fault.reset(), { _tag: "ConnectionFailed", reason: "Broken" }],
  [
    "429 with seconds to wait",
    Fault.rateLimited("7 seconds"),
    { _tag: "RateLimited", retryAfter: Duration.seconds(7), acted: "no" }
  ],
  [
    "429 with a date to wait for",
    Fault.rateLimited(new Date(9000)),
    { _tag: "RateLimited", retryAfter: Duration.seconds(9) }
  ],
  ["500 in Tableau's words", Fault.status(500), { _tag: "ServerFault", code: "500000", detail: "Injected." }],
  [
    "a code that nobody knows",
    Fault.status(418, { code: "418999" }),
    { _tag: "UnknownCode", status: 418, code: "418999" }
  ],
  ["a conflict", Fault.status(409), { _tag: "Conflict" }],
  [
    "a redirect to another server",
    Fault.redirect(302, "https://sso.example.com/login?ticket=1"),
    { _tag: "RedirectRefused", location: "https://sso.example.com/login" }
  ],
  [
    "a redirect that does not say where",
    Fault.status(307, { body: "empty" }),
    { _tag: "RedirectRefused", reason: "the server does not say where it leads" }
  ]
]

/** A path of the session to each kind of request. */
const stages: ReadonlyArray<
  readonly [Simulator.Operation, Effect.Effect<unknown, unknown, Simulator | HttpClient.HttpClient>]
> = [
  ["serverInfo", Effect.scoped(open())],
  ["signIn", Effect.scoped(open())],
  ["queryWorkbooksForSite", Effect.provide(Workbooks.list(), session())]
]

describe("what is no answer of Tableau", () => {
  for (const [operation, program] of stages) {
    for (const [what, fault, expected] of answers) {
      it.effect(`${what} to ${operation} is one typed error`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation, fault })
          expect(yield* Effect.flip(program)).toMatchObject(expected)
          expect(yield* simulator.count(operation)).toBe(1)
        }).pipe(Effect.provide(server()))
      )
    }

    it.effect(`a body that never ends, to ${operation}, is given up when its time is over`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation, fault: Fault.stall(20) })
        const fiber = yield* Effect.fork(Effect.flip(program))
        yield* simulator.awaitSeen(operation)
        // The headers are on their way: whichever bound the client waits by is over after this.
        yield* Effect.repeatN(TestClock.adjust("1 minute"), 5)
        expect(yield* Fiber.join(fiber)).toMatchObject({
          _tag: "TimedOut",
          acted: operation === "signIn" ? "unknown" : "no"
        })
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a sign-in whose answer is lost says that it may have acted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.reset({ when: "after" }) })
      expect(yield* Effect.flip(Effect.scoped(open()))).toMatchObject({ _tag: "ConnectionFailed", acted: "unknown" })
    }).pipe(Effect.provide(server()))
  )
})

const to = (address: string, options: Partial<TableauSession.Options> = {}) =>
  Effect.flip(Effect.scoped(open({ server: address, ...options })))

/** A port where nobody listens: one that was free a moment ago. */
const closedPort = Effect.gen(function* () {
  const { url } = yield* Simulator
  return url
}).pipe(Effect.provide(Simulator.layer()))

describe("a server that is not there", () => {
  it.effect("no such host", () =>
    Effect.gen(function* () {
      const error = yield* to("https://tableau.invalid")
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Dns", acted: "no" })
      expect(error.message).toContain("https://tableau.invalid")
    }).pipe(Effect.provide(server()))
  )

  it.effect("connection refused", () =>
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

  it.effect("https to a port that speaks plain http", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const error = yield* to(url.replace("http:", "https:"))
      expect(error).toMatchObject({ _tag: "TlsFailed", reason: "Protocol", acted: "no" })
      expect(error.message).toContain("http://")
    }).pipe(Effect.provide(server()))
  )

  it.effect("http to a port that speaks TLS", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const error = yield* to(url.replace("https:", "http:"))
      expect(["ConnectionFailed", "UnexpectedResponse", "BadRequest"]).toContain(error._tag)
    }).pipe(Effect.provide(server({ tls: true })))
  )
})

describe("what is refused before anything is sent", () => {
  const secret = Redacted.make("s3cret")
  const refused: ReadonlyArray<readonly [string, Partial<TableauSession.Options>, string]> = [
    ["an empty address", { server: " " }, "is empty"],
    ["no address", { server: "https://" }, "is not a valid address"],
    ["another scheme", { server: "ftp://tableau.example.com" }, "https://"],
    ["a password in the address", { server: "https://ana:s3cret@tableau.example.com" }, "https://tableau.example.com"],
    ["a path of somebody else", { server: "https://example.com/wiki" }, '{ server: "https://example.com"'],
    ["a site's name with spaces", { server: "tableau.example.com", site: "Marketing Team" }, "MarketingTeam"],
    [
      "an address for a site",
      { server: "tableau.example.com", site: "https://tableau.example.com/#/site/Finance/home" },
      'site: "Finance"'
    ],
    ["two sites", { server: "https://tableau.example.com/#/site/Finance/home", site: "Sales" }, "Finance"],
    [
      "no token",
      { credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("\n") }) },
      "value"
    ],
    ["no token's name", { credentials: Credentials.personalAccessToken({ name: "", value: secret }) }, "The name"],
    [
      "no password",
      { credentials: Credentials.password({ username: "ana", password: Redacted.make("") }) },
      "password"
    ],
    ["no user", { credentials: Credentials.password({ username: " ", password: secret }) }, "The user name"],
    ["a version that is none", { server: "tableau.example.com", apiVersion: "latest" }, "3.29"]
  ]

  for (const [what, options, says] of refused) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.scoped(open(options)))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.make", acted: "no" })
        expect(error.message).toContain(says)
        expect(error.message).not.toContain("s3cret")
        expect(yield* operations).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("ids that would address something else", () =>
    Effect.gen(function* () {
      for (const id of ["", " ", ".", ".."]) {
        const error = yield* Effect.flip(Workbooks.get(Ids.WorkbookId.make(id)))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "Workbooks.get", acted: "no" })
      }
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("an address as people paste it", () => {
  const understood: ReadonlyArray<readonly [string, TableauUrl.TableauUrl]> = [
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
    ["https://t.example.com/#/projects/7", { server: "https://t.example.com", site: "" }],
    ["https://t.example.com/#/signin", { server: "https://t.example.com", site: undefined }]
  ]

  for (const [text, expected] of understood) {
    it(`is understood: ${text}`, () => {
      expect(Either.getOrThrow(TableauUrl.parse(text))).toEqual(expected)
    })
  }

  it.effect("is signed in to, on the site that it names", () =>
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

describe("a hand-written server", () => {
  const xmlHead = { "content-type": "application/xml" }
  const info = "<tsResponse><serverInfo><restApiVersion>3.29</restApiVersion></serverInfo></tsResponse>"

  it.scoped("that never stops sending is given up at the cap", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* handwritten({
        "/api/2.4/serverinfo": { headers: xmlHead, endless: " ".repeat(1024 * 1024) }
      })
      const error = yield* to(url)
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge", operation: "TableauSession.make" })
      expect(asked).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  const refusals: ReadonlyArray<readonly [string, Answer]> = [
    [
      "Tableau's XML",
      {
        status: 405,
        headers: xmlHead,
        body: `<tsResponse><error code="405000"><summary>Invalid Request Method</summary><detail>Not allowed.</detail></error></tsResponse>`
      }
    ],
    [
      "Tableau's XML and status 404",
      { status: 404, headers: xmlHead, body: `<tsResponse><error code="405000"/></tsResponse>` }
    ],
    ["HTML", { status: 405, headers: { "content-type": "text/html" }, body: "<html><h1>405</h1></html>" }],
    ["no body", { status: 405 }]
  ]
  for (const [what, answer] of refusals) {
    it.scoped(`that does not allow the sign-in, with ${what}, is MethodNotAllowed`, () =>
      Effect.gen(function* () {
        const { asked, url } = yield* handwritten({
          "/api/2.4/serverinfo": { headers: xmlHead, body: info },
          "/api/3.29/auth/signin": answer
        })
        const error = yield* to(url)
        expect(error).toMatchObject({ _tag: "MethodNotAllowed", status: answer.status, acted: "no" })
        expect("suggestedUrl" in error && error.suggestedUrl).toBeFalsy()
        expect(asked.map(({ url }) => url)).toEqual(["/api/2.4/serverinfo", "/api/3.29/auth/signin"])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("that does not say its version is an error, not a guess", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* handwritten({
        "/api/2.4/serverinfo": { headers: xmlHead, body: "<tsResponse><serverInfo/></tsResponse>" }
      })
      expect(yield* to(url)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Other" })
      expect(asked).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("that signs in to another site than the one asked for is a SiteMismatch, and signed out", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* handwritten({
        "/api/2.4/serverinfo": { headers: xmlHead, body: info },
        "/api/3.29/auth/signin": {
          headers: xmlHead,
          body: `<tsResponse><credentials token="t0"><site id="s" contentUrl="Other"/><user id="u"/></credentials></tsResponse>`
        },
        "/api/3.29/auth/signout": { status: 204 }
      })
      expect(yield* to(url, { site: "Wanted" })).toMatchObject({
        _tag: "SiteMismatch",
        expected: "Wanted",
        actual: "Other"
      })
      expect(asked.at(-1)).toMatchObject({ url: "/api/3.29/auth/signout", headers: { "x-tableau-auth": "t0" } })
    }).pipe(Effect.provide(server()))
  )
})

it.effect("the errors of opening a session are one union, told apart by their tags", () =>
  Effect.gen(function* () {
    const error: TableauError.TableauError = yield* Effect.flip(
      Effect.scoped(open({ credentials: demoToken, site: "No" }))
    )
    expect(error).toMatchObject({ _tag: "SignInFailed", category: "session", site: "No", acted: "no" })
    const credentials = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("another-secret") })
    const refused = yield* Effect.flip(Effect.scoped(open({ credentials })))
    expect(refused).toMatchObject({ _tag: "SignInFailed", site: "", acted: "no", status: 401 })
    // Each is asked once: a refused secret that is sent again locks the account.
    expect(yield* operations).toEqual(["serverInfo", "signIn", "serverInfo", "signIn"])
  }).pipe(Effect.provide(server()))
)
