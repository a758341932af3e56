import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import { bundled, byToken, patience, startBundled } from "../../../../test/programs.js"
import { expectSignedOutOnce } from "../../../../test/support/session.js"

const listing = "test/support/ending.ts"
const programOf = bundled([listing])

describe.concurrent("a process that is stopped, as a laptop that sleeps stops it", patience, () => {
  for (const [operation, timeouts] of [
    ["signIn", { SIGN_IN_TIMEOUT: "3 seconds" }],
    ["switchSite", { SIGN_IN_TIMEOUT: "3 seconds", SWITCH_TO: "Finance" }],
    ["queryWorkbooksForSite", { REQUEST_TIMEOUT: "3 seconds" }],
    ["signOut", { SIGN_OUT_TIMEOUT: "3 seconds" }]
  ] as const) {
    // By the real clock: the timeouts are those of another process.
    it.scopedLive(`a program that is stopped for longer than the timeout of ${operation} reads the response`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const latch = yield* Effect.makeLatch()
        yield* simulator.inject({ operation, fault: Fault.hold(latch.await, { when: "after" }) })
        const program = yield* startBundled(yield* programOf(listing), { ...byToken(simulator), ...timeouts })
        yield* program.until(simulator.awaitSeen(operation))
        program.child.kill("SIGSTOP")
        yield* latch.open
        yield* Effect.sleep("4 seconds")
        program.child.kill("SIGCONT")
        expect(yield* program.exit, program.output()).toBe(0)
        expect(program.output()).toContain("That was all.")
        // Each page once: the first one was not requested again.
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(12)
        expect(yield* simulator.count("switchSite")).toBe(operation === "switchSite" ? 1 : 0)
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(Simulator.layer()))
    )
  }
})
