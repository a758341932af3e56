import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, Ids, Operation, Response, type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  admin,
  demoToken,
  expectSignedOutOnce,
  open,
  operations,
  server,
  session,
  viewer
} from "../../../../test/support/session.js"
import { element, serverInfoDocument, signInDocument, tsResponse } from "../../../../test/support/xml.js"
import { version } from "../../src/internal/version.js"

/** Interrupts a fiber without waiting for its end. */
const interruptSoon = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) =>
  Effect.zipRight(Fiber.interruptAsFork(fiber, FiberId.none), Effect.yieldNow())

const isRunning = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

const workbookId = Ids.WorkbookId.make("11111111-2222-3333-4444-555555555555")

const connection = Effect.flatMap(TableauSession, ({ connection }) => connection)

describe("signing out", () => {
  const ends: ReadonlyArray<readonly [string, Effect.Effect<string, string>, Exit.Exit<string, string>]> = [
    ["succeeds", Effect.succeed("done"), Exit.succeed("done")],
    ["fails", Effect.fail("failure"), Exit.fail("failure")],
    ["has a defect", Effect.die("defect"), Exit.die("defect")]
  ]
  for (const [end, program, expected] of ends) {
    it.effect(`the session signs out once when the program ${end}`, () =>
      Effect.gen(function* () {
        const exit = yield* Workbooks.list().pipe(Effect.zipRight(program), Effect.provide(session()), Effect.exit)
        expect(exit).toEqual(expected)
        yield* expectSignedOutOnce
        expect(yield* operations).toEqual(["serverInfo", "signIn", "queryWorkbooksForSite", "signOut"])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("the session signs out once when the program is interrupted between requests", () =>
    Effect.gen(function* () {
      const inUse = yield* Deferred.make<void>()
      const program = Effect.zipRight(Deferred.succeed(inUse, undefined), Effect.never)
      const fiber = yield* Effect.fork(Effect.provide(program, session()))
      yield* Deferred.await(inUse)
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("the session signs out once when the program is interrupted during a request", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hang() })
      const fiber = yield* Effect.fork(Effect.provide(Workbooks.list(), session()))
      yield* simulator.awaitSeen("queryWorkbooksForSite")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  for (const when of ["before", "after"] as const) {
    it.effect(
      `the session signs out once when the program is interrupted during the sign-in, ${when} the server has created the session`,
      () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await, { when }) })
          const used = yield* Ref.make(false)
          const fiber = yield* Effect.fork(Effect.provide(Ref.set(used, true), session()))
          yield* simulator.awaitSeen("signIn")
          yield* interruptSoon(fiber)
          expect(yield* isRunning(fiber)).toBe(true)
          yield* latch.open
          expect(Exit.isInterrupted(yield* Fiber.await(fiber))).toBe(true)
          expect(yield* Ref.get(used)).toBe(false)
          yield* expectSignedOutOnce
        }).pipe(Effect.provide(server()))
    )

    it.effect(
      `the session signs out once when the program is interrupted during the sign-out, ${when} the server has ended the session`,
      () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation: "signOut", fault: Fault.hold(latch.await, { when }) })
          const fiber = yield* Effect.fork(Effect.provide(Effect.succeed("done"), session()))
          yield* simulator.awaitSeen("signOut")
          yield* interruptSoon(fiber)
          expect(yield* isRunning(fiber)).toBe(true)
          yield* latch.open
          yield* Fiber.await(fiber)
          yield* expectSignedOutOnce
          const { status } = (yield* simulator.requests).at(-1) ?? {}
          expect(status).toBe(204)
        }).pipe(Effect.provide(server()))
    )
  }

  it.effect("no sign-out is sent when the program is interrupted before the sign-in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.hang() })
      const fiber = yield* Effect.fork(Effect.provide(Effect.void, session()))
      yield* simulator.awaitSeen("serverInfo")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(yield* operations).toEqual(["serverInfo"])
    }).pipe(Effect.provide(server()))
  )

  for (const [end, program, expected] of ends) {
    it.effect(`a sign-out without a response delays a program that ${end} by at most signOutTimeout`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation: "signOut", fault: Fault.hang() })
        const fiber = yield* Effect.fork(Effect.provide(program, session({ signOutTimeout: "3 seconds" })))
        yield* simulator.awaitSeen("signOut")
        yield* TestClock.adjust("2999 millis")
        expect(yield* isRunning(fiber)).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect(yield* Fiber.await(fiber)).toEqual(expected)
        expect(yield* simulator.count("signOut")).toBe(1)
      }).pipe(Effect.provide(server()))
    )

    for (const [how, fault] of [
      ["refuses", Fault.status(500)],
      ["refuses with a page", Fault.status(503, { body: "html" })],
      ["cuts", Fault.reset()],
      ["redirects", Fault.redirect(302, "https://login.example.com/")]
    ] as const) {
      it.effect(`a sign-out that the server ${how} does not change the result of a program that ${end}`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation: "signOut", fault })
          expect(yield* Effect.exit(Effect.provide(program, session()))).toEqual(expected)
          expect(yield* simulator.count("signOut")).toBe(1)
        }).pipe(Effect.provide(server()))
      )
    }
  }

  it.effect("signOutTimeout is 10 seconds by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.hang() })
      const fiber = yield* Effect.fork(Effect.provide(Effect.succeed("done"), session()))
      yield* simulator.awaitSeen("signOut")
      yield* TestClock.adjust("9999 millis")
      expect(yield* isRunning(fiber)).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(fiber)).toBe("done")
    }).pipe(Effect.provide(server()))
  )

  it.effect("the session signs out after the resources that were opened within it are closed", () =>
    Effect.gen(function* () {
      const closing = yield* Ref.make<ReadonlyArray<number>>([])
      const program = Effect.gen(function* () {
        const current = yield* TableauSession
        yield* Effect.addFinalizer(() =>
          Workbooks.list().pipe(
            Effect.provideService(TableauSession, current),
            Effect.flatMap(({ totalAvailable }) => Ref.set(closing, [totalAvailable])),
            Effect.orDie
          )
        )
      })
      yield* Effect.provide(Effect.scoped(program), session())
      expect(yield* Ref.get(closing)).toEqual([120])
      expect((yield* operations).slice(-2)).toEqual(["queryWorkbooksForSite", "signOut"])
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("after signOut, calls fail with SessionClosed, and the end of the scope sends nothing", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.gen(function* () {
        const { items } = yield* Workbooks.list()
        yield* TableauSession.signOut
        yield* expectSignedOutOnce
        const seen = (yield* simulator.requests).length
        const current = yield* TableauSession
        const ran = yield* Ref.make(false)
        const calls: ReadonlyArray<Effect.Effect<unknown, TableauError.ListError, TableauSession>> = [
          Workbooks.list(),
          Workbooks.get(workbookId),
          Stream.runDrain(items),
          TableauSession.switchSite("Finance"),
          TableauSession.withSite("Finance")(Ref.set(ran, true)),
          TableauSession.withSite("")(Ref.set(ran, true)),
          current.current
        ]
        for (const call of calls) {
          expect(yield* Effect.flip(call)).toMatchObject({ _tag: "SessionClosed", category: "session", acted: "no" })
        }
        expect((yield* Effect.flip(Workbooks.list())).operation).toBe("Workbooks.list")
        expect(yield* Ref.get(ran)).toBe(false)
        yield* TableauSession.signOut
        expect((yield* simulator.requests).length).toBe(seen)
      }).pipe(Effect.provide(session()))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("concurrent calls of signOut send one request, and all of them wait for it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "signOut", fault: Fault.hold(latch.await) })
      const program = Effect.all([TableauSession.signOut, TableauSession.signOut, TableauSession.signOut], {
        concurrency: "unbounded"
      })
      const fiber = yield* Effect.fork(Effect.provide(program, session()))
      yield* simulator.awaitSeen("signOut")
      yield* interruptSoon(fiber)
      expect(yield* isRunning(fiber)).toBe(true)
      yield* latch.open
      yield* Fiber.await(fiber)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("signing out does not end another session of the same user", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.gen(function* () {
        yield* Effect.provide(Effect.void, session({ credentials: viewer }))
        expect(yield* simulator.sessions).toMatchObject([{ user: "viewer" }])
      }).pipe(Effect.provide(session({ credentials: viewer })))
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signOut")).toBe(2)
    }).pipe(Effect.provide(server()))
  )
})

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

/** An operation that requires an API version. */
const since = (version: string) =>
  Operation.make({
    name: "Test.get",
    request: "GET /sites/{siteId}/workbooks",
    since: version,
    scope: "none",
    input: () => ({}),
    response: Response.empty
  })

/** An HttpClient that trusts the certificate of the test server. */
const trusting = Layer.unwrapEffect(
  Effect.map(Simulator, ({ certificate = "" }) =>
    NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
      Layer.provide(
        Layer.scoped(
          NodeHttpClient.Dispatcher,
          Effect.acquireRelease(
            Effect.sync(() => new Undici.Agent({ connect: { ca: certificate } })),
            (agent) => Effect.promise(() => agent.destroy())
          )
        )
      )
    )
  )
)

const secureServer = (options: Simulator.Options = {}) =>
  Layer.provideMerge(trusting, Simulator.layer({ tls: true, ...options }))

describe("the API version", () => {
  it.effect("the API version is the server's own by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { apiVersion } = yield* Effect.provide(Effect.zipLeft(connection, Workbooks.list()), session())
      expect(apiVersion).toBe("3.21")
      const [probe, ...others] = (yield* simulator.requests).map(({ path }) => path)
      expect(probe).toBe("/api/2.4/serverinfo")
      expect(others.length).toBe(3)
      for (const path of others) expect(path).toMatch(/^\/api\/3\.21\//)
    }).pipe(Effect.provide(server({ apiVersion: "3.21" })))
  )

  it.effect("a pinned API version is used without a request for the server's own", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.zipLeft(connection, Workbooks.list())
      const { apiVersion } = yield* Effect.provide(program, session({ apiVersion: "3.19" }))
      expect(apiVersion).toBe("3.19")
      expect(yield* operations).toEqual(["signIn", "queryWorkbooksForSite", "signOut"])
      for (const { path } of yield* simulator.requests) expect(path).toMatch(/^\/api\/3\.19\//)
    }).pipe(Effect.provide(secureServer()))
  )

  it.effect("over plain http a redirect is found before the sign-in although the API version is pinned", () =>
    Effect.gen(function* () {
      const { redirectUrl = "", requests, url } = yield* Simulator
      const error = yield* Effect.flip(open({ server: redirectUrl, apiVersion: "3.19" }))
      expect(error).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: url })
      expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect" }])
    }).pipe(Effect.scoped, Effect.provide(secureServer({ redirectFrom: 0 })))
  )

  for (const apiVersion of ["3", "v3.29", "3.29.1", ""]) {
    it.effect(`the API version ${JSON.stringify(apiVersion)} is rejected before a request`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(open({ apiVersion }))).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(yield* operations).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(server()))
    )
  }

  it.effect("a server that does not report its API version fails with UnexpectedResponse", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      for (const body of [tsResponse(element("serverInfo")), serverInfoDocument({ restApiVersion: "latest" })]) {
        yield* simulator.inject({ operation: "serverInfo", fault: Fault.raw({ body }) })
        expect(yield* Effect.flip(open())).toMatchObject({ _tag: "UnexpectedResponse", acted: "no" })
      }
      expect(yield* operations).toEqual(["serverInfo", "serverInfo"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a token is not sent to a server whose API version has no personal access tokens", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open())
      expect(error).toMatchObject({ _tag: "VersionUnsupported", required: "3.6", actual: "3.5", acted: "no" })
      expect(yield* operations).toEqual(["serverInfo"])
      yield* open({ credentials: admin })
      expect(yield* operations).toEqual(["serverInfo", "serverInfo", "signIn"])
    }).pipe(Effect.scoped, Effect.provide(server({ apiVersion: "3.5" })))
  )

  it.effect("an operation fails with VersionUnsupported on an older server: versions are compared as numbers", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* since("3.9")()
        yield* since("3.10")()
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
        for (const required of ["3.11", "4.0", "10.1"]) {
          expect(yield* Effect.flip(since(required)())).toMatchObject({
            _tag: "VersionUnsupported",
            operation: "Test.get",
            category: "request",
            required,
            actual: "3.10",
            acted: "no"
          })
        }
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
      })
      yield* Effect.provide(program, session())
    }).pipe(Effect.provide(server({ apiVersion: "3.10" })))
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

describe("an http address that the server redirects to https", () => {
  for (const [secret, credentials] of [
    ["token", demoToken],
    ["password", admin]
  ] as const) {
    it.effect(
      `opening a session fails with MethodNotAllowed and the https address, and the ${secret} is not sent`,
      () =>
        Effect.gen(function* () {
          const { redirectUrl = "", requests, url } = yield* Simulator
          const error = yield* Effect.flip(open({ server: redirectUrl, credentials }))
          expect(error).toMatchObject({
            _tag: "MethodNotAllowed",
            category: "request",
            code: "405000",
            suggestedUrl: url,
            acted: "no"
          })
          expect(error.message).toContain(url)
          expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect", status: 301 }])
          // The suggested address works.
          if (error._tag === "MethodNotAllowed") yield* open({ server: error.suggestedUrl ?? "", credentials })
          expect(yield* operations).toEqual(["serverInfo", "serverInfo", "signIn"])
        }).pipe(Effect.scoped, Effect.provide(secureServer({ redirectFrom: 0 })))
    )
  }

  it.effect("a redirect of the sign-in fails with MethodNotAllowed, and nothing else is sent", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const secure = simulator.url.replace("http:", "https:")
      yield* simulator.inject({ operation: "signIn", fault: Fault.redirect(301, secure, { keepPath: true }) })
      expect(yield* Effect.flip(open())).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: secure })
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a redirect to another address fails with RedirectRefused", () =>
    Effect.gen(function* () {
      const { redirectUrl = "", requests, url } = yield* Simulator
      const error = yield* Effect.flip(open({ server: redirectUrl }))
      expect(error).toMatchObject({ _tag: "RedirectRefused", location: `${url}/api/2.4/serverinfo`, acted: "no" })
      expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect" }])
    }).pipe(Effect.scoped, Effect.provide(server({ redirectFrom: 0 })))
  )
})

describe("status 405 without a redirect", () => {
  for (const [form, fault] of [
    ["Tableau's XML", Fault.status(405, { code: "405000", summary: "Invalid request method" })],
    ["HTML", Fault.status(405, { body: "html" })],
    ["no body", Fault.status(405, { body: "empty" })],
    ["Tableau's code under status 404", Fault.status(404, { code: "405000" })]
  ] as const) {
    for (const operation of ["serverInfo", "signIn"] as const) {
      it.effect(
        `405 in response to ${operation} with ${form} is MethodNotAllowed, and its message names the causes`,
        () =>
          Effect.gen(function* () {
            const simulator = yield* Simulator
            yield* simulator.inject({ operation, fault })
            const error = yield* Effect.flip(open())
            expect(error).toMatchObject({ _tag: "MethodNotAllowed", category: "request", acted: "no" })
            expect("suggestedUrl" in error ? error.suggestedUrl : undefined).toBeUndefined()
            expect(error.message).toContain("https://")
            expect(error.message).toContain("pod")
            expect((yield* operations).at(-1)).toBe(operation)
            expect(yield* simulator.sessions).toEqual([])
          }).pipe(Effect.scoped, Effect.provide(server()))
      )
    }
  }
})

describe("Tableau Cloud", () => {
  const nobody = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.dieMessage("A request was sent."))
  )

  for (const [what, options, words] of [
    ["without a site", { server: "https://10ax.online.tableau.com" }, ["site"]],
    [
      "without a site and with deployment: Cloud",
      { server: "https://tableau.example.com", deployment: "Cloud" },
      ["site"]
    ],
    ["over http", { server: "http://10ax.online.tableau.com", site: "s" }, ["https://10ax.online.tableau.com"]],
    [
      "over http and with deployment: Cloud",
      { server: "http://proxy.example.com", site: "s", deployment: "Cloud" },
      ["https://"]
    ]
  ] as const) {
    it.effect(`a session on Cloud ${what} is rejected before a request`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(TableauSession.make({ ...options, credentials: demoToken }))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.open", acted: "no" })
        for (const word of words) expect(error.message).toContain(word)
      }).pipe(Effect.scoped, Effect.provide(nobody))
    )
  }

  it.effect("a host that only begins with online.tableau.com is not Cloud", () =>
    Effect.gen(function* () {
      const { deployment } = yield* (yield* open({ credentials: admin })).connection
      expect(deployment).toBe("Server")
      // A Server has a Default site, so the options are accepted and a request is sent.
      const exit = yield* Effect.exit(
        TableauSession.make({ server: "https://online.tableau.com.example.com", credentials: demoToken }).pipe(
          Effect.provide(nobody)
        )
      )
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session on Cloud signs in, lists, and signs out", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { apiVersion, deployment } = yield* connection
        expect([apiVersion, deployment]).toEqual(["3.30", "Cloud"])
        return yield* Workbooks.list()
      })
      const { totalAvailable } = yield* Effect.provide(program, session({ site: "Finance", deployment: "Cloud" }))
      expect(totalAvailable).toBeGreaterThan(0)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(secureServer({ cloud: true })))
  )
})

describe("plain http", () => {
  it.effect("requireTls rejects an http address before a request", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open({ requireTls: true }))
      expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(error.message).toContain("requireTls")
      expect(yield* operations).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})

describe("requests", () => {
  for (const [userAgent, expected] of [
    [undefined, `effect-tableau/${version}`],
    ["nightly/2", `effect-tableau/${version} nightly/2`]
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
