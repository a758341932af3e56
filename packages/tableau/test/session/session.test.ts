import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  admin,
  expectSignedOutOnce,
  open,
  operations,
  server,
  session,
  viewer
} from "../../../../test/support/session.js"
import { signInDocument } from "../../../../test/support/xml.js"
import { version } from "../../src/internal/version.js"
import { connection, interruptSoon, isRunning, workbookId } from "./sessions.js"

describe("signing in", () => {
  for (const [credentials, given, seen] of [
    ["a personal access token", {}, { user: "admin", site: "", signedInBy: "PersonalAccessToken" }],
    [
      "a personal access token on a site",
      { site: "Finance" },
      { user: "admin", site: "Finance", signedInBy: "PersonalAccessToken" }
    ],
    ["a user name and a password", { credentials: admin }, { user: "admin", site: "", signedInBy: "Password" }],
    [
      "a password with characters that XML escapes or that are not ASCII",
      { credentials: viewer, site: "MarketingTeam" },
      { user: "viewer", site: "MarketingTeam", signedInBy: "Password" }
    ]
  ] as const) {
    it.effect(`signing in succeeds with ${credentials}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          const current = yield* TableauSession
          expect(yield* simulator.sessions).toMatchObject([seen])
          expect(yield* current.contentUrl).toBe(seen.site)
          expect((yield* current.current).site.contentUrl).toBe(seen.site)
          expect(current.server).toBe(simulator.url)
          expect((yield* connection).deployment).toBe("Server")
          yield* Workbooks.list()
        })
        yield* Effect.provide(program, session(given))
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(server()))
    )
  }

  const wrong = Redacted.make("wrong")
  for (const [what, given] of [
    [
      "a wrong value of a token",
      { credentials: Credentials.personalAccessToken({ name: "demo-token", value: wrong }) }
    ],
    ["an unknown token name", { credentials: Credentials.personalAccessToken({ name: "nobody", value: wrong }) }],
    ["a wrong password", { credentials: Credentials.password({ username: "admin", password: wrong }) }],
    ["an unknown site", { site: "Nowhere" }],
    ["a site that the user is not on", { credentials: viewer, site: "Finance" }]
  ] as const) {
    it.effect(`signing in with ${what} fails with SignInFailed after one attempt`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const error = yield* Effect.flip(Effect.provide(Effect.void, session(given)))
        expect(error).toMatchObject({
          _tag: "SignInFailed",
          category: "session",
          server: simulator.url,
          site: "site" in given ? given.site : "",
          status: 401,
          code: "401001",
          acted: "no"
        })
        expect(yield* operations).toEqual(["serverInfo", "signIn"])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a sign-in that the server makes to another site fails with SiteMismatch, and is signed out", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const body = signInDocument({ contentUrl: "Other" })
      yield* simulator.inject({ operation: "signIn", fault: Fault.raw({ body }) })
      const error = yield* Effect.flip(Effect.provide(Effect.void, session({ site: "Finance" })))
      expect(error).toMatchObject({ _tag: "SiteMismatch", expected: "Finance", actual: "Other" })
      expect(yield* operations).toEqual(["serverInfo", "signIn", "signOut"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("the content URL of the site is case-insensitive", () =>
    Effect.gen(function* () {
      yield* Effect.provide(Workbooks.list(), session({ site: "marketingteam" }))
      expect(yield* operations).toEqual(["serverInfo", "signIn", "queryWorkbooksForSite", "signOut"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a sign-in without a response fails with TimedOut after signInTimeout", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.hang() })
      const fiber = yield* Effect.fork(Effect.provide(Effect.void, session({ signInTimeout: "5 seconds" })))
      yield* simulator.awaitSeen("signIn")
      yield* interruptSoon(fiber)
      yield* TestClock.adjust("4999 millis")
      expect(yield* isRunning(fiber)).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(Cause.failures(yield* Effect.flip(Effect.sandbox(Fiber.join(fiber)))).pipe(Array.from)).toMatchObject([
        { _tag: "TimedOut", operation: "TableauSession.signIn", after: 5000, acted: "unknown" }
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("no sign-in is sent to a server that does not respond to serverinfo", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.hang() })
      const fiber = yield* Effect.fork(Effect.provide(Effect.void, session({ requestTimeout: "20 seconds" })))
      yield* simulator.awaitSeen("serverInfo")
      yield* TestClock.adjust("20 seconds")
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ _tag: "TimedOut", after: 20_000, acted: "no" })
      expect(yield* operations).toEqual(["serverInfo"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("each layer signs in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const one = session({ credentials: admin })
      const both = Effect.zip(Effect.provide(TableauSession, one), Effect.provide(TableauSession, one))
      yield* both
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.count("signOut")).toBe(2)
    }).pipe(Effect.provide(server()))
  )
})

describe("a session that the server ends", () => {
  it.effect("a session that has reached the idle limit is renewed", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* TestClock.adjust("200 minutes")
        yield* Workbooks.list()
        yield* TestClock.adjust("240 minutes")
        return yield* Workbooks.list()
      })
      expect(yield* Effect.provide(program, session())).toMatchObject({ totalAvailable: 120 })
      expect(yield* operations).toEqual([
        "serverInfo",
        "signIn",
        "queryWorkbooksForSite",
        // The server estimates the expiry, so the renewal comes before the request.
        "signIn",
        "queryWorkbooksForSite",
        "signOut"
      ])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server({ idleLimit: "240 minutes" })))
  )

  it.effect("a session is renewed before it reaches its maximum length, which the server estimates", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* TestClock.adjust("118 minutes")
        yield* Workbooks.list()
        yield* TestClock.adjust("1 minutes")
        yield* Workbooks.list()
      })
      yield* Effect.provide(program, session())
      expect((yield* simulator.requests).map(({ operation, status }) => `${operation} ${status}`)).toEqual([
        "serverInfo 200",
        "signIn 200",
        "queryWorkbooksForSite 200",
        "signIn 200",
        "queryWorkbooksForSite 200",
        "signOut 204"
      ])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server({ lifetimeLimit: "120 minutes" })))
  )

  it.effect("a stream continues on a renewed session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 50 })
        yield* simulator.endSessions
        return yield* Stream.runCount(items)
      })
      expect(yield* Effect.provide(program, session())).toBe(120)
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )
})

describe("requests", () => {
  for (const [userAgent, expected] of [
    [undefined, `effect-tableau/${version}`],
    ["nightly/2", `effect-tableau/${version} nightly/2`],
    ["Büro/2 (a\tb)", `effect-tableau/${version} Büro/2 (a\tb)`]
  ] as const) {
    it.effect(`requests have the User-Agent ${expected.replace(version, "VERSION")}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* Effect.provide(Workbooks.list(), session({ userAgent }))
        const agents = (yield* simulator.requests).map(({ headers }) => headers["user-agent"])
        expect(agents).toEqual([expected, expected, expected, expected])
      }).pipe(Effect.provide(server()))
    )
  }

  for (const [userAgent, named] of [
    ["nightly/2\nX-Other: 1", "U+000A"],
    ["nightly\r", "U+000D"],
    ["a\0b", "U+0000"],
    ["\x7f", "U+007F"],
    ["報告/1", "U+5831"],
    ["report 📈", "U+1F4C8"]
  ] as const) {
    it.effect(`a userAgent with ${named} is BadRequest before anything is sent`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        for (const lazy of [false, true]) {
          const error = yield* Effect.flip(Effect.scoped(open({ userAgent, lazy, retry: {} })))
          expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
          expect(error.message).toContain("`userAgent`")
          expect(error.message).toContain(named)
        }
        expect(yield* simulator.requests).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("requests pass through transformClient", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const transformed = session({
        transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-department", "sales"))
      })
      yield* Effect.provide(Workbooks.list(), transformed)
      const marks = (yield* simulator.requests).map(({ headers }) => headers["x-department"])
      expect(marks).toEqual(["sales", "sales", "sales", "sales"])
    }).pipe(Effect.provide(server()))
  )
})

describe("a list", () => {
  const pages = Effect.map(
    Effect.flatMap(Simulator, ({ requests }) => requests),
    (requests) =>
      requests
        .filter(({ operation }) => operation === "queryWorkbooksForSite")
        .map(({ query }) => {
          const asked = new URLSearchParams(query)
          return [asked.get("pageNumber"), asked.get("pageSize")].map(Number)
        })
  )

  it.effect("a list returns its size and all items, and requests each page once", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items, totalAvailable } = yield* Workbooks.list()
        expect(totalAvailable).toBe(250)
        // The other pages are requested when the stream is consumed.
        expect(yield* pages).toEqual([[1, 100]])
        return Array.from(yield* Stream.runCollect(items), ({ id }) => id)
      })
      const ids = yield* Effect.provide(program, session())
      expect(ids.length).toBe(250)
      expect(new Set(ids).size).toBe(250)
      expect(yield* pages).toEqual([
        [1, 100],
        [2, 100],
        [3, 100]
      ])
    }).pipe(Effect.provide(server({ workbooks: 250 })))
  )

  it.effect("a list requests no page that its consumer does not read", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 10 })
        return yield* Stream.runCollect(Stream.take(items, 15))
      })
      expect((yield* Effect.provide(program, session())).length).toBe(15)
      expect(yield* pages).toEqual([
        [1, 10],
        [2, 10]
      ])
    }).pipe(Effect.provide(server()))
  )

  for (const [workbooks, pageSize, expected] of [
    [0, 100, 1],
    [1, 100, 1],
    [100, 100, 1],
    [101, 100, 2],
    [120, 1000, 1],
    [3, 1, 3]
  ] as const) {
    it.effect(`a list of ${workbooks} items in pages of ${pageSize} takes ${expected} requests`, () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const { items, totalAvailable } = yield* Workbooks.list({ pageSize })
          expect(totalAvailable).toBe(workbooks)
          expect((yield* Stream.runCollect(items)).length).toBe(workbooks)
        })
        yield* Effect.provide(program, session())
        expect(yield* pages).toEqual(Array.from({ length: expected }, (_, index) => [index + 1, pageSize]))
      }).pipe(Effect.provide(server({ workbooks })))
    )
  }

  it.effect("a page size that Tableau does not have is rejected", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        for (const pageSize of [0, -1, 1001, 1.5, Number.NaN]) {
          expect(yield* Effect.flip(Workbooks.list({ pageSize }))).toMatchObject({
            _tag: "BadRequest",
            operation: "Workbooks.list",
            acted: "no"
          })
        }
      })
      yield* Effect.provide(program, session())
      expect(yield* pages).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a list contains the same workbook as a request for one workbook", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items } = yield* Workbooks.list()
        const found = yield* Stream.runHead(Stream.filter(items, ({ name }) => name === "Été 売上"))
        const listed = yield* found
        const got = yield* Workbooks.get(listed.id)
        expect([got.id, got.name, got.project]).toEqual([listed.id, "Été 売上", listed.project])
        expect(yield* Effect.flip(Workbooks.get(workbookId))).toMatchObject({ _tag: "NotFound", code: "404006" })
      })
      yield* Effect.provide(program, session())
    }).pipe(Effect.provide(server()))
  )
})
