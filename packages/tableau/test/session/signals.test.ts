import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import { bundled, byToken, patience, startBundled } from "../../../../test/programs.js"
import { expectSignedOutOnce, operations } from "../../../../test/support/session.js"

const listing = "test/support/listing.ts"
const programOf = bundled([listing])

const start = Effect.gen(function* () {
  return yield* startBundled(yield* programOf(listing), byToken(yield* Simulator))
})

describe.concurrent("a program under NodeRuntime.runMain", patience, () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scoped(`a program signs out on ${signal} during a list`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const operation = "queryWorkbooksForSite"
        yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
        yield* simulator.inject({ operation, fault: Fault.hang() })
        const program = yield* start
        yield* program.until(simulator.awaitSeen(operation, 2))
        yield* program.printed("Superstore\n")
        expect((yield* simulator.sessions).length).toBe(1)
        program.child.kill(signal)
        // The program ends by itself and is not killed by the signal.
        expect(yield* program.exit).toBe(0)
        expect(program.output()).not.toContain("That was all.")
        yield* expectSignedOutOnce
        expect(yield* operations).toEqual(["serverInfo", "signIn", operation, operation, "signOut"])
      }).pipe(Effect.provide(Simulator.layer()))
    )

    it.scoped(`a program signs out on ${signal} during the sign-in`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const latch = yield* Effect.makeLatch()
        yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await, { when: "after" }) })
        const program = yield* start
        yield* program.until(simulator.awaitSeen("signIn"))
        program.child.kill(signal)
        yield* latch.open
        yield* program.exit
        expect(program.output()).not.toContain("That was all.")
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(Simulator.layer()))
    )

    it.scoped(`a program signs out once on ${signal} during the sign-out`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const latch = yield* Effect.makeLatch()
        yield* simulator.inject({ operation: "signOut", fault: Fault.hold(latch.await) })
        const program = yield* start
        yield* program.until(simulator.awaitSeen("signOut"))
        yield* program.printed("That was all.")
        program.child.kill(signal)
        yield* latch.open
        expect(yield* program.exit).toBe(0)
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(Simulator.layer()))
    )
  }
})
