/** The simulator in a process of its own. For each line of the standard input it prints what it has received so far. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { cpu, inTurns } from "../../bench/programs/reporting.js"

const program = Effect.gen(function* () {
  const simulator = yield* Simulator.make()
  const facts = Effect.gen(function* () {
    return {
      port: Number(new URL(simulator.url).port),
      signIns: yield* simulator.count("signIn"),
      calls: yield* simulator.count("queryUserOnSite"),
      sessions: (yield* simulator.sessions).length,
      cpu: cpu()
    }
  })
  yield* Effect.promise(() => inTurns(() => Effect.runPromise(facts)))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
