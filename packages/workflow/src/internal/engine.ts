/** What the engines have in common. */
import { PersistenceError } from "@effect/cluster/ClusterError"
import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { DatabaseUnavailable } from "../EngineError.js"

/**
 * A wait of a workflow ends when its row is read, and a row is read at this interval: the 10 seconds of the cluster would
 * be longer than a short refresh takes. It costs one indexed query.
 */
export const shardingDefaults: ShardingConfig.ShardingConfig["Type"] = {
  ...ShardingConfig.defaults,
  entityMessagePollInterval: "1 second"
}

/** A response of the database is printed without control characters, and not at any length. */
const printable = (text: string) =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .slice(0, 300)
    .replace(/[.\s]+$/, "")

/** The innermost message, because SqlError's own says only which step failed. An AggregateError has a code and no message. */
export const detailOf = (error: unknown): string => {
  if (!(error instanceof Error)) return printable(String(error))
  if (error.cause instanceof Error) return detailOf(error.cause)
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name
  return printable(error.message === "" ? code : error.message)
}

const unavailable = (error: unknown, database: string, advice: string, redact: (text: string) => string) =>
  error instanceof DatabaseUnavailable
    ? error
    : new DatabaseUnavailable({ database, detail: redact(detailOf(error)), advice })

/** The cluster reports failures of its tables as defects. Interruption stays interruption. */
export const orUnavailable =
  (database: string, advice: string, redact: (text: string) => string = (text) => text) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, DatabaseUnavailable, R> =>
    Layer.catchAllCause(layer, (cause) =>
      Cause.isInterruptedOnly(cause)
        ? Layer.failCause(Cause.flatMap(cause, () => Cause.empty))
        : Layer.fail(unavailable(Cause.squash(cause), database, advice, redact))
    )

/** The code of the innermost error, such as `SQLITE_BUSY`. */
export const codeOf = (error: unknown): unknown => {
  if (!(error instanceof Error)) return undefined
  return error.cause instanceof Error ? codeOf(error.cause) : "code" in error ? error.code : undefined
}

const pace = Schedule.union(Schedule.exponential("200 millis", 1.5), Schedule.spaced("5 seconds"))

/**
 * Waits for the database. The cluster makes a defect of a query that fails, and a defect in a workflow would be its result.
 * Repeating is safe: what is sent to a workflow or an activity has a key, and is stored once.
 */
const untilDatabase = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    Effect.sandbox,
    Effect.tapError((cause) =>
      isOfDatabase(cause)
        ? Effect.logWarning("The engine cannot use its database, and tries again", detailOf(Cause.squash(cause)))
        : Effect.void
    ),
    Effect.retry({ while: isOfDatabase, schedule: pace }),
    Effect.unsandbox
  )

/** A defect that is the result of a workflow was read from the database, and is not of this class. */
const isOfDatabase = (cause: Cause.Cause<unknown>) =>
  Array.from(Cause.defects(cause)).some((defect) => defect instanceof PersistenceError)

/** The engine of the cluster, whose workflows survive failures of the database. For processes that run none. */
export const client = Layer.effect(
  WorkflowEngine,
  Effect.map(WorkflowEngine, (engine) =>
    WorkflowEngine.of({
      ...engine,
      execute: (workflow, options) => untilDatabase(engine.execute(workflow, options)),
      poll: (workflow, executionId) => untilDatabase(engine.poll(workflow, executionId)),
      interrupt: (workflow, executionId) => untilDatabase(engine.interrupt(workflow, executionId)),
      activityExecute: (activity, attempt) => untilDatabase(engine.activityExecute(activity, attempt)),
      deferredResult: (deferred) => untilDatabase(engine.deferredResult(deferred)),
      deferredDone: (deferred, options) => untilDatabase(engine.deferredDone(deferred, options)),
      scheduleClock: (workflow, options) => untilDatabase(engine.scheduleClock(workflow, options))
    })
  )
).pipe(Layer.provide(ClusterWorkflowEngine.layer))

/** The same for processes that run workflows. */
export const engine = Layer.effect(
  WorkflowEngine,
  Effect.map(WorkflowEngine, (engine) => {
    const registered = new Set<string>()
    // The cluster waits for another process that has the workflow, without a word. There may be none.
    const warn = (name: string) =>
      Effect.logWarning(
        `This process has not registered the workflow ${name}, which waits for a process that has. Provide TableauWorkflow.layer(), or the layer of the workflow.`
      )
    return WorkflowEngine.of({
      ...engine,
      register: (workflow, execute) =>
        Effect.suspend(() => {
          registered.add(workflow.name)
          return engine.register(workflow, execute)
        }),
      execute: (workflow, options) =>
        Effect.suspend(() => {
          const execution = engine.execute(workflow, options)
          return registered.has(workflow.name) ? execution : Effect.andThen(warn(workflow.name), execution)
        })
    })
  })
).pipe(Layer.provide(client))
