import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import { expectSignedOutOnce, operations, server, session, viewer } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { interruptSoon, isRunning, workbookId } from "./sessions.js"

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
      ["asks to send again later than in time", Fault.rateLimited("1 minute")],
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

  const again: ReadonlyArray<readonly [string, Fault.Fault]> = [
    ["resets", Fault.reset()],
    ["resets after it has ended the session", Fault.reset({ when: "after" })],
    ["answers with 502", Fault.status(502)],
    ["answers with a page of a gateway", Fault.status(503, { body: "html" })],
    ["answers with 504 after it has ended the session", Fault.status(504, { when: "after" })],
    ["answers with 408", Fault.status(408, { body: "empty" })],
    ["limits", Fault.status(429)]
  ]
  for (const [end, program, expected] of ends) {
    for (const [how, fault] of again) {
      it.effect(`a sign-out that the server ${how} is sent again at once, when the program ${end}`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation: "signOut", fault })
          const log = yield* warnings(
            Effect.map(Effect.exit(Effect.provide(program, session())), (exit) => expect(exit).toEqual(expected))
          )
          expect(log).toEqual([])
          expect(yield* simulator.count("signOut")).toBe(2)
          expect(yield* simulator.sessions).toEqual([])
        }).pipe(Effect.provide(server()))
      )
    }
  }

  it.effect("a sign-out is sent again as often as signOutTimeout allows, with one warning if it fails", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.status(503), times: Number.POSITIVE_INFINITY })
      const program = Effect.provide(Effect.succeed("done"), session({ signOutTimeout: "8 seconds" }))
      const fiber = yield* Effect.fork(warnings(Effect.map(program, (result) => expect(result).toBe("done"))))
      // After 0, 100, 200, 400, 800, 1600 and 3200 milliseconds, with jitter; the next one would be too late.
      for (const [count, waited] of [2, 3, 4, 5, 6, 7, 8].entries()) {
        yield* simulator.awaitSeen("signOut", waited)
        yield* io
        expect(yield* isRunning(fiber)).toBe(waited < 8)
        expect(yield* simulator.count("signOut")).toBe(waited)
        yield* TestClock.adjust(`${120 * 2 ** count + 1} millis`)
      }
      const log = yield* Fiber.join(fiber)
      expect(log).toHaveLength(1)
      expect(log[0]).toContain("Signing out failed")
      expect(yield* simulator.sessions).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.effect("a sign-out that succeeds at its fifth attempt leaves no session and no warning", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.reset(), times: 4 })
      const fiber = yield* Effect.fork(warnings(Effect.provide(Effect.void, session())))
      for (const [count, attempt] of [2, 3, 4].entries()) {
        yield* simulator.awaitSeen("signOut", attempt)
        yield* io
        yield* TestClock.adjust(`${120 * 2 ** count + 1} millis`)
      }
      expect(yield* Fiber.join(fiber)).toEqual([])
      expect(yield* simulator.count("signOut")).toBe(5)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a sign-out that the server delays with Retry-After is sent again after it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.rateLimited("4 seconds") })
      const fiber = yield* Effect.fork(warnings(Effect.provide(Effect.void, session())))
      yield* simulator.awaitSeen("signOut")
      yield* io
      yield* TestClock.adjust("3999 millis")
      yield* io
      expect(yield* simulator.count("signOut")).toBe(1)
      // With jitter of at most a second.
      yield* TestClock.adjust("1001 millis")
      expect(yield* Fiber.join(fiber)).toEqual([])
      expect(yield* simulator.count("signOut")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("attempts of a sign-out share signOutTimeout", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.reset(), times: 2 })
      yield* simulator.inject({ operation: "signOut", fault: Fault.hang() })
      const fiber = yield* Effect.fork(warnings(Effect.provide(Effect.void, session({ signOutTimeout: "2 seconds" }))))
      yield* simulator.awaitSeen("signOut", 2)
      yield* io
      yield* TestClock.adjust("500 millis")
      yield* simulator.awaitSeen("signOut", 3)
      yield* TestClock.adjust("1499 millis")
      yield* io
      expect(yield* isRunning(fiber)).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(fiber)).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

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
