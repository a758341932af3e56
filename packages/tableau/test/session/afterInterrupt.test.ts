import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import { admin, session } from "../../../../test/support/session.js"
import { prompt } from "../../../../test/support/stepping.js"
import { warnings } from "../../../../test/support/warnings.js"
import { here, list } from "./interrupting.js"

describe("a server that does not respond", () => {
  for (const [what, operation, needs] of [
    ["a renewal", "signIn", list],
    ["a switch", "switchSite", TableauSession.withSite("Finance")(list)]
  ] as const) {
    it.effect(`${what} in flight delays the end of the program by at most its timeout`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          if (operation === "signIn") yield* simulator.endSessions
          yield* simulator.inject({ operation, fault: Fault.hang() })
          yield* needs
        })
        const given = { credentials: admin, signInTimeout: "5 seconds" } as const
        const fiber = yield* Effect.fork(Effect.provide(program, session(given)))
        yield* simulator.awaitSeen(operation, operation === "signIn" ? 2 : 1)
        const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* TestClock.adjust("4999 millis")
        yield* io
        expect(Option.isNone(yield* Fiber.poll(fiber))).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect(Exit.isInterrupted(yield* prompt("the end", Fiber.join(interrupting)))).toBe(true)
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(here))
    )
  }

  it.effect("a request in a finalizer has the same timeout as any other request", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const current = yield* TableauSession
        const cleanUp = Effect.provideService(Effect.exit(list), TableauSession, current)
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hang() })
        yield* Effect.ensuring(Effect.never, cleanUp)
      })
      const fiber = yield* Effect.fork(Effect.provide(program, session({ requestTimeout: "5 seconds" })))
      yield* io
      yield* io
      yield* Fiber.interruptFork(fiber)
      yield* simulator.awaitSeen("queryWorkbooksForSite")
      yield* TestClock.adjust("5 seconds")
      yield* prompt("the end", Fiber.await(fiber))
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )
})

describe("a finalizer of an interrupted program", () => {
  it.effect("a finalizer can send, wait, switch the site and retry", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const done = yield* Deferred.make<unknown, unknown>()
      const used = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        const current = yield* TableauSession
        const cleanUp = Effect.gen(function* () {
          yield* simulator.endSessions
          yield* list
          yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(429) })
          return yield* TableauSession.withSite("Finance")(list)
        })
        yield* Deferred.succeed(used, undefined)
        yield* Effect.ensuring(
          Effect.never,
          Effect.intoDeferred(Effect.provideService(cleanUp, TableauSession, current), done)
        )
      })
      const fiber = yield* Effect.fork(Effect.provide(program, session({ retry: {} })))
      yield* Deferred.await(used)
      yield* Fiber.interruptFork(fiber)
      yield* simulator.awaitSeen("queryWorkbooksForSite", 3)
      yield* io
      yield* TestClock.adjust("1 seconds")
      yield* prompt("the end", Fiber.await(fiber))
      expect(yield* Deferred.await(done)).toMatchObject({ totalAvailable: expect.any(Number) })
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )
})

describe("an uninterruptible effect", () => {
  it.effect("an uninterruptible effect that waits for another site is not interrupted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const done = yield* Deferred.make<unknown, unknown>()
      const program = Effect.gen(function* () {
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hold(latch.await) })
        const here = yield* Effect.fork(list)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        const there = yield* Effect.fork(
          Effect.uninterruptible(Effect.intoDeferred(TableauSession.withSite("Finance")(list), done))
        )
        yield* io
        yield* Fiber.interruptFork(there)
        yield* io
        yield* latch.open
        yield* Fiber.join(here)
        yield* prompt("the wait for a site", Deferred.await(done))
      })
      yield* Effect.provide(program, session())
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )
})

describe("a lost response", () => {
  it.effect("a lost response to a sign-in is logged, because a session is left on the server", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.reset({ when: "after" }) })
      const lines = yield* warnings(Effect.flip(Effect.provide(list, session({ credentials: admin }))))
      expect(lines).toEqual([expect.stringContaining("may be left on the server")])
      expect(yield* simulator.sessions).toHaveLength(1)
    }).pipe(Effect.provide(here))
  )

  it.effect("a lost response to a switch is logged, and the session stays usable", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "switchSite", fault: Fault.reset({ when: "after" }) })
      const program = Effect.gen(function* () {
        expect(yield* Effect.flip(TableauSession.switchSite("Finance"))).toMatchObject({ acted: "unknown" })
        yield* list
        yield* TableauSession.switchSite("Finance")
        yield* list
      })
      const lines = yield* warnings(Effect.provide(program, session({ credentials: admin })))
      expect(lines).toEqual([expect.stringContaining("may be left on the server")])
      expect(yield* simulator.sessions).toMatchObject([{ site: "Finance" }])
    }).pipe(Effect.provide(here))
  )

  it.effect("a lost response to a switch leaves no session for a personal access token", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "switchSite", fault: Fault.reset({ when: "after" }) })
      const program = Effect.zipRight(Effect.flip(TableauSession.switchSite("Finance")), list)
      yield* Effect.provide(program, session())
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )
})
