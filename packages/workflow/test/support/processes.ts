/** Processes that end at an activity, with one journal. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { Workflow } from "@effect/workflow"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { Executor, type Journal, type Kill, process } from "./journal.js"
import { throughTime } from "./time.js"

/** Runs a workflow until it has ended, or until the process ends. Each call is a process of its own. */
export const inProcess = (
  simulator: Simulator.Service,
  journal: Journal,
  execution: { readonly workflow: Workflow.Any; readonly payload: object; readonly options?: TableauWorkflow.Options },
  kill?: Kill
) =>
  Effect.gen(function* () {
    const killed = yield* Deferred.make<void>()
    const layer = TableauWorkflow.layer(execution.options).pipe(
      Layer.provideMerge(process(journal, killed, kill)),
      Layer.provide(NodeContext.layer)
    )
    const run = Effect.flatMap(Executor, (execute) => execute(execution.workflow, execution.payload)).pipe(
      Effect.provide(layer)
    )
    const ended = Effect.raceFirst(
      Effect.map(run, ({ exit }) => Option.some(exit)),
      Effect.as(Deferred.await(killed), Option.none())
    )
    return Option.getOrUndefined(yield* throughTime(simulator, ended))
  })

/** Runs a workflow in as many processes as there are kills, and one more. Returns how it has ended. */
export const throughKills = (
  simulator: Simulator.Service,
  journal: Journal,
  execution: Parameters<typeof inProcess>[2],
  kills: ReadonlyArray<Kill>
) =>
  Effect.gen(function* () {
    for (const kill of kills) {
      const exit = yield* inProcess(simulator, journal, execution, kill)
      if (exit !== undefined) return yield* Effect.dieMessage(`The workflow has ended before ${kill.activity}.`)
    }
    const exit = yield* inProcess(simulator, journal, execution)
    return exit === undefined ? yield* Effect.dieMessage("The last process was not killed.") : yield* exit
  })
