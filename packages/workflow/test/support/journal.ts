/**
 * An engine whose state is strings, as in a database, and outlives its process. A test ends a process at an activity, before
 * it or after it and before its result is stored, and starts another one with the same journal.
 */
import { type DurableClock, Workflow, WorkflowEngine } from "@effect/workflow"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

export interface Journal {
  /** The names of the activities, in the order in which they were begun, by all processes. */
  readonly begun: Array<string>
  /** Results by the name of the activity. */
  readonly results: Map<string, string>
  /** When each clock is due, in milliseconds. */
  readonly clocks: Map<string, number>
  readonly fired: Set<string>
}

export const empty = (): Journal => ({ begun: [], results: new Map(), clocks: new Map(), fired: new Set() })

/** Executes a workflow in this process, until it has ended. */
export class Executor extends Context.Tag("Executor")<
  Executor,
  (workflow: Workflow.Any, payload: object) => Effect.Effect<Workflow.Complete<unknown, unknown>>
>() {}

/** Where a process ends. */
export interface Kill {
  readonly activity: string
  readonly at: "before" | "after"
  /** The process is not killed: it is stopped for so long. */
  readonly until?: Effect.Effect<void>
}

const StoredExit = Schema.parseJson(
  Schema.Exit({ success: Schema.Unknown, failure: Schema.Unknown, defect: Schema.Defect })
)

const encode = Schema.encodeSync(StoredExit)
const decode = Schema.decodeSync(StoredExit)

type Execute = Parameters<WorkflowEngine.Encoded["register"]>[1]

const clockName = (name: string): string => `DurableClock/${name}`

/** A process. `killed` completes when it has reached the place where it ends: then close its scope. */
export const process = (journal: Journal, killed: Deferred.Deferred<void>, kill?: Kill) => {
  const die = Effect.andThen(Deferred.succeed(killed, undefined), Effect.never)

  const engine = Effect.gen(function* () {
    const workflows = new Map<string, Execute>()

    const run = (
      workflow: Workflow.Any,
      executionId: string,
      payload: object
    ): Effect.Effect<Workflow.Complete<unknown, unknown>> =>
      Effect.gen(function* () {
        const execute = workflows.get(workflow.name)
        if (execute === undefined) return yield* Effect.dieMessage(`${workflow.name} is not registered`)
        for (;;) {
          const result = yield* execute(payload, executionId).pipe(
            Workflow.intoResult,
            Effect.provideService(
              WorkflowEngine.WorkflowInstance,
              WorkflowEngine.WorkflowInstance.initial(workflow, executionId)
            ),
            Effect.provideService(WorkflowEngine.WorkflowEngine, service)
          )
          if (result._tag === "Complete") return result
          const waiting = [...journal.clocks].filter(([name]) => !journal.fired.has(name))
          const due = Math.min(...waiting.map(([, at]) => at))
          yield* Effect.sleep(Duration.millis(Math.max(0, due - (yield* Clock.currentTimeMillis))))
          for (const [name, at] of waiting) if (at <= due) journal.fired.add(name)
        }
      })

    const service: Context.Tag.Service<WorkflowEngine.WorkflowEngine> = WorkflowEngine.makeUnsafe({
      register: (workflow, execute) => Effect.sync(() => void workflows.set(workflow.name, execute)),
      execute: () => Effect.dieMessage("These tests execute workflows by `Executor`."),
      poll: () => Effect.succeed(undefined),
      interrupt: () => Effect.void,
      resume: () => Effect.void,
      activityExecute: (activity, attempt) =>
        Effect.gen(function* () {
          const instance = yield* WorkflowEngine.WorkflowInstance
          const name = attempt === 1 ? activity.name : `${activity.name}/${attempt}`
          const stored = journal.results.get(name)
          if (stored !== undefined) return new Workflow.Complete({ exit: decode(stored) })
          journal.begun.push(name)
          if (kill?.activity === name && kill.at === "before") yield* kill.until ?? die
          const result = yield* activity.executeEncoded.pipe(
            Workflow.intoResult,
            Effect.provideService(
              WorkflowEngine.WorkflowInstance,
              WorkflowEngine.WorkflowInstance.initial(instance.workflow, instance.executionId)
            )
          )
          if (kill?.activity === name && kill.at === "after") return yield* die
          if (result._tag === "Complete") journal.results.set(name, encode(result.exit))
          return result
        }),
      deferredResult: ({ name }) => Effect.sync(() => (journal.fired.has(name) ? Exit.void : undefined)),
      deferredDone: ({ deferredName }) => Effect.sync(() => void journal.fired.add(deferredName)),
      scheduleClock: (_, { clock }: { readonly clock: DurableClock.DurableClock }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const name = clockName(clock.name)
          if (!journal.clocks.has(name)) journal.clocks.set(name, now + Duration.toMillis(clock.duration))
        })
    })
    return Context.make(WorkflowEngine.WorkflowEngine, service).pipe(
      Context.add(Executor, (workflow, payload) =>
        Effect.flatMap(workflow.executionId(payload), (id) => run(workflow, id, JSON.parse(JSON.stringify(payload))))
      )
    )
  })
  return Layer.effectContext(engine)
}
