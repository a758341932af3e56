import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, Projects, type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { decodeJwt } from "jose"
import { io } from "../../../../test/support/io.js"
import { admin, server, session } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { emptyReader } from "../../src/internal/http/emptyResponse.js"
import type { Call } from "../../src/internal/session/call.js"

const list = Workbooks.list({ pageSize: 1 })
const many = Array<typeof list>(20).fill(list)

/** A request whose body cannot be produced again, like the stream of a file. */
const once: Call<void> = {
  operation: "Test.once",
  method: "POST",
  readOnly: false,
  path: (apiVersion, siteId) => `/api/${apiVersion}/sites/${siteId}/projects`,
  body: `<tsRequest><project name="once"/></tsRequest>`,
  scopes: [],
  idempotent: false,
  replayable: false,
  expected: emptyReader
}

const refused = Fault.status(401, { code: "401001" })

/** The operations that the server has received, with the status of the response. */
const responses = Effect.map(
  Effect.flatMap(Simulator, ({ requests }) => requests),
  (requests) => requests.map(({ operation, status }) => `${operation} ${status}`)
)

const failures = (effects: ReadonlyArray<Effect.Effect<unknown, TableauError.TableauError, TableauSession>>) =>
  Effect.map(Effect.all(effects.map(Effect.flip), { concurrency: "unbounded" }), (errors) =>
    errors.map(({ _tag }) => _tag)
  )

describe("a session whose token has expired", () => {
  it.effect(
    "an expired token is renewed by one sign-in for a thousand requests, and all of them succeed",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          yield* simulator.endSessions
          const lists = yield* Effect.all(Array<typeof list>(1000).fill(list), { concurrency: "unbounded" })
          expect(new Set(lists.map(({ totalAvailable }) => totalAvailable))).toEqual(new Set([120]))
        })
        yield* Effect.provide(program, session())
        expect(yield* simulator.count("signIn")).toBe(2)
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(server())),
    // For a busy machine.
    300_000
  )

  it.effect("a request that was rejected with 401 is sent again, and the server acts once", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* Projects.create({ name: "New" })
        const { status } = (yield* simulator.requests).at(-1) ?? {}
        expect(status).toBe(201)
        expect(yield* Effect.flip(Projects.create({ name: "New" }))).toMatchObject({ _tag: "Conflict" })
      })
      yield* Effect.provide(program, session())
      expect(yield* responses).toEqual([
        "serverInfo 200",
        "signIn 200",
        "createProject 401",
        "signIn 200",
        "createProject 201",
        "createProject 409",
        "signOut 204"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect(
    "a request that cannot be sent again fails with SessionExpired, and the session is renewed for the next one",
    () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const current = yield* TableauSession
          yield* (yield* Simulator).endSessions
          expect(yield* Effect.flip(Effect.scoped(current.run(once)))).toMatchObject({
            _tag: "SessionExpired",
            operation: "Test.once",
            code: "401002",
            acted: "no"
          })
          yield* Effect.scoped(current.run(once))
        })
        yield* Effect.provide(program, session())
        expect(yield* responses).toEqual([
          "serverInfo 200",
          "signIn 200",
          "createProject 401",
          "signIn 200",
          "createProject 201",
          "signOut 204"
        ])
      }).pipe(Effect.provide(server()))
  )

  it.effect("a session is renewed after code 401000", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({
        operation: "queryWorkbooksForSite",
        fault: Fault.status(401, { code: "401000" })
      })
      yield* Effect.provide(list, session())
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  for (const [code, fault] of [
    ["401001", refused],
    ["401003", Fault.status(401, { code: "401003" })],
    ["that is not Tableau's", Fault.status(401, { body: "html" })]
  ] as const) {
    it.effect(`a session is not renewed after 401 with code ${code}, and stays usable`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          yield* simulator.inject({ operation: "queryWorkbooksForSite", fault })
          expect(yield* Effect.flip(list)).toMatchObject({ status: 401, operation: "Workbooks.list" })
          yield* list
        })
        yield* Effect.provide(program, session())
        expect(yield* simulator.count("signIn")).toBe(1)
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("the old token is signed out after a renewal if each sign-in creates a session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* list
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(401, { code: "401002" }) })
        yield* list
      })
      expect(yield* warnings(Effect.provide(program, session({ credentials: admin })))).toEqual([])
      expect(yield* simulator.sessions).toEqual([])
      expect((yield* responses).filter((seen) => /^sign/.test(seen)).sort()).toEqual([
        ...Array(3).fill("signIn 200"),
        ...Array(2).fill("signOut 204"),
        "signOut 401"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a session is not renewed if the JWT lacks the scope of the operation", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const credentials = Credentials.connectedApp({
        clientId: "demo-client",
        secretId: "demo-key",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "admin",
        scopes: ["tableau:content:read"]
      })
      const program = Effect.gen(function* () {
        expect(yield* Effect.flip(Projects.create({ name: "New" }))).toMatchObject({
          _tag: "MissingScope",
          scope: "tableau:projects:create"
        })
        yield* list
      })
      yield* Effect.provide(program, session({ credentials }))
      expect(yield* simulator.count("signIn")).toBe(1)
    }).pipe(Effect.provide(server()))
  )

  it.effect("a session is renewed with a new JWT", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const { mint } = Credentials.connectedApp({
        clientId: "demo-client",
        secretId: "demo-key",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "admin",
        scopes: ["tableau:content:read"]
      })
      const ids: Array<string | undefined> = []
      const token = Effect.tap(mint, (jwt) => {
        ids.push(decodeJwt(Redacted.value(jwt)).jti)
      })
      const program = Effect.gen(function* () {
        for (const wait of ["2 minutes", "10 minutes", "20 minutes"] as const) {
          yield* TestClock.adjust(wait)
          yield* simulator.endSessions
          yield* list
        }
      })
      yield* Effect.provide(program, session({ credentials: Credentials.jwt({ token }) }))
      expect(new Set(ids).size).toBe(4)
      expect(yield* simulator.count("signIn")).toBe(4)
    }).pipe(Effect.provide(server()))
  )

  it.effect("a session is renewed on the site that it had been switched to", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* TableauSession.switchSite("Finance")
        yield* simulator.endSessions
        yield* list
        expect(yield* simulator.sessions).toMatchObject([{ site: "Finance" }])
        expect((yield* responses).slice(-3)).toEqual([
          "queryWorkbooksForSite 401",
          "signIn 200",
          "queryWorkbooksForSite 200"
        ])
        yield* simulator.endSessions
        yield* TableauSession.withSite("MarketingTeam")(list)
        expect(yield* simulator.sessions).toMatchObject([{ site: "MarketingTeam" }])
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(3)
    }).pipe(Effect.provide(server()))
  )
})

describe("a renewal", () => {
  it.effect("a refused renewal fails for all waiters, and is not tried again for the same token", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: refused })
        expect(new Set(yield* failures(many))).toEqual(new Set(["SignInFailed"]))
        yield* TestClock.adjust("1 hours")
        expect(yield* failures([list, TableauSession.switchSite("Finance"), list])).toEqual(
          Array(3).fill("SignInFailed")
        )
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal without a response fails for all waiters, and the next request tries again", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.hang() })
        const waiting = yield* Effect.fork(failures(many))
        while ((yield* responses).filter((seen) => seen === "queryWorkbooksForSite 401").length < many.length) yield* io
        yield* io
        yield* TestClock.adjust("5 seconds")
        expect(yield* Fiber.join(waiting)).toEqual(many.map(() => "TimedOut"))
        expect(yield* simulator.count("signIn")).toBe(2)
        yield* list
      })
      yield* Effect.provide(program, session({ signInTimeout: "5 seconds" }))
      expect(yield* simulator.count("signIn")).toBe(3)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal whose outcome is unknown, the refused request has had no effect", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(500) })
        const error = yield* Effect.flip(Projects.create({ name: "once" }))
        expect(error).toMatchObject({ _tag: "ServerFault", operation: "TableauSession.signIn", acted: "no" })
        yield* Projects.create({ name: "once" })
      })
      yield* Effect.provide(program, session())
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal whose outcome is unknown, after an attempt that may have acted, does not say no", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const { id } = yield* Effect.flatMap(list, ({ items }) => Effect.flatten(Stream.runHead(items)))
        yield* simulator.inject({ operation: "addTagsToWorkbook", fault: Fault.reset({ when: "after" }) })
        yield* simulator.inject({ operation: "addTagsToWorkbook", fault: Fault.endSession })
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(500) })
        const { acted, operation } = yield* Effect.flip(Workbooks.addTags(id, ["q3"]))
        expect([operation, acted]).toEqual(["TableauSession.signIn", "unknown"])
      })
      yield* Effect.provide(program, session({ retry: { schedule: Schedule.recurs(3) } }))
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal continues when the request that began it is interrupted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
        const first = yield* Effect.fork(list)
        yield* simulator.awaitSeen("signIn", 2)
        const others = yield* Effect.fork(Effect.all(many, { concurrency: "unbounded" }))
        yield* simulator.awaitSeen("queryWorkbooksForSite", many.length + 1)
        expect(Exit.isInterrupted(yield* Fiber.interrupt(first))).toBe(true)
        yield* latch.open
        expect(yield* Fiber.join(others)).toHaveLength(many.length)
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a request keeps the site lock during a renewal: no request for another site overtakes it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
        const here = yield* Effect.fork(list)
        yield* simulator.awaitSeen("signIn", 2)
        const there = yield* Effect.fork(TableauSession.withSite("Finance")(list))
        yield* io
        yield* latch.open
        yield* Fiber.join(here)
        yield* Fiber.join(there)
      })
      yield* Effect.provide(program, session())
      expect(yield* responses).toEqual([
        "serverInfo 200",
        "signIn 200",
        "queryWorkbooksForSite 401",
        "signIn 200",
        "queryWorkbooksForSite 200",
        "switchSite 200",
        "queryWorkbooksForSite 200",
        "signOut 204"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal in flight when the session closes is awaited and signed out", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const ending = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
        yield* Effect.forkDaemon(list)
        yield* simulator.awaitSeen("signIn", 2)
        yield* Deferred.succeed(ending, undefined)
      })
      const fiber = yield* Effect.fork(Effect.provide(program, session()))
      yield* Deferred.await(ending)
      yield* io
      expect(Option.isNone(yield* Fiber.poll(fiber))).toBe(true)
      yield* latch.open
      yield* Fiber.join(fiber)
      expect((yield* responses).slice(-1)).toEqual(["signOut 204"])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a renewal that waits for its next attempt does not delay the end of the session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.rateLimited("30 seconds") })
        const fiber = yield* Effect.forkDaemon(Effect.flip(list))
        yield* simulator.awaitSeen("signIn", 2)
        yield* io
        return fiber
      })
      // No time passes.
      const fiber = yield* Effect.provide(program, session({ retry: {} }))
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "SessionClosed" })
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )
})

describe("a session whose expiry the server estimates", () => {
  for (const [kind, given] of [
    ["a personal access token", {}],
    ["a password", { credentials: admin }]
  ] as const) {
    it.effect(
      `a session is renewed a minute before its expiry, and the old one is not left on the server, with ${kind}`,
      () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const program = Effect.gen(function* () {
            yield* TestClock.adjust("118 minutes")
            yield* list
            expect(yield* simulator.count("signIn")).toBe(1)
            yield* TestClock.adjust("1 minutes")
            yield* Effect.all(many, { concurrency: "unbounded" })
            expect(yield* simulator.count("signIn")).toBe(2)
          })
          yield* Effect.provide(program, session(given))
          expect(yield* simulator.count("signIn")).toBe(2)
          expect(yield* simulator.sessions).toEqual([])
          expect((yield* responses).filter((seen) => seen.startsWith("signOut"))).toEqual(
            Array("credentials" in given ? 2 : 1).fill("signOut 204")
          )
        }).pipe(Effect.provide(server({ lifetimeLimit: "120 minutes" })))
    )
  }

  it.effect("a session is used until its expiry if its one early renewal fails", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* TestClock.adjust("119 minutes")
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(503) })
        yield* list
        yield* list
        expect(yield* simulator.count("signIn")).toBe(2)
        yield* TestClock.adjust("1 minutes")
        yield* list
        expect(yield* simulator.count("signIn")).toBe(3)
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server({ lifetimeLimit: "120 minutes" })))
  )
})

describe("a session that another program ends repeatedly", () => {
  it.effect(
    "calls fail with SessionEvicted after two renewals within a minute, and the session is renewed after that minute",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          for (const signIns of [2, 3]) {
            yield* TestClock.adjust("59 seconds")
            yield* simulator.endSessions
            yield* list
            expect(yield* simulator.count("signIn")).toBe(signIns)
          }
          yield* TestClock.adjust("59 seconds")
          yield* simulator.endSessions
          expect(new Set(yield* failures(many))).toEqual(new Set(["SessionEvicted"]))
          expect(yield* Effect.flip(list)).toMatchObject({ _tag: "SessionEvicted", category: "session", acted: "no" })
          expect(yield* simulator.count("signIn")).toBe(3)
          yield* TestClock.adjust("1 seconds")
          yield* list
          expect(yield* simulator.count("signIn")).toBe(4)
          // The count starts again.
          yield* simulator.endSessions
          yield* list
          yield* simulator.endSessions
          expect(yield* failures([list])).toEqual(["SessionEvicted"])
        })
        const lines = yield* warnings(Effect.provide(program, session()))
        expect(lines.filter((line) => line.includes("personal access token"))).toHaveLength(2)
      }).pipe(Effect.provide(server()))
  )

  it.effect("a session that expires after more than a minute is not evicted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        for (let round = 0; round < 6; round++) {
          yield* TestClock.adjust("60 seconds")
          yield* simulator.endSessions
          yield* list
        }
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.count("signIn")).toBe(7)
    }).pipe(Effect.provide(server()))
  )
})
