/**
 * A process that runs workflows. It reports each point that it reaches, and kills itself at one of them: before and after an
 * activity, after its result is stored, when a wait is scheduled, before and after a request.
 */
import { writeSync } from "node:fs"
import { createInterface } from "node:readline"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Credentials, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { TableauWorkflow } from "effect-tableau-workflow"
import type { EngineError } from "effect-tableau-workflow/EngineError"
import * as Libsql from "effect-tableau-workflow/Libsql"
import * as Postgres from "effect-tableau-workflow/Postgres"
import * as Steps from "./steps.js"
import type { Told } from "./workers.js"

const told: Told = JSON.parse(process.env["WORKER"] ?? "{}")

/** At once, because the process may be killed in the next line. */
const say = (event: object) => writeSync(1, `${JSON.stringify(event)}\n`)

const reached = new Set<string>()
const reach = (point: string) => {
  if (reached.has(point)) return
  reached.add(point)
  say({ point })
  if (told.killAt !== point) return
  process.kill(process.pid, "SIGKILL")
  // SIGKILL takes effect before this ends.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)
}
const reaches = (point: string) => Effect.sync(() => reach(point))

const around =
  (point: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.zipRight(
      reaches(`${point}, before`),
      Effect.onExit(effect, () => reaches(`${point}, after`))
    )

/** The line of Tableau's reference, more or less. */
const lineOf = ({ method, url }: { readonly method: string; readonly url: string }) =>
  `${method} ${new URL(url).pathname
    .replace(/^\/api\/[^/]+\//, "")
    .replace(/^sites\/[^/]+\//, "")
    .replace(/fileUploads\/[^/]+/, "fileUploads/:id")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id")}`

const Session = TableauSession.layer({
  server: told.server,
  site: told.site,
  credentials: Credentials.personalAccessToken({ name: told.name, value: Redacted.make(told.secret) }),
  transformClient: HttpClient.transform((response, request) => {
    const line = lineOf(request)
    return line.includes(" auth/") || line.endsWith("serverinfo") ? response : around(line)(response)
  })
}).pipe(Layer.provide(TableauNode.layerHttpClient()))

const { engine, sharding } = told
const Engine: Layer.Layer<WorkflowEngine, EngineError> =
  "path" in engine
    ? Libsql.layer({ path: engine.path, sharding })
    : Postgres.layer({ url: Redacted.make(engine.url), port: 0, sharding })

const Watched = Layer.effect(
  WorkflowEngine,
  Effect.map(WorkflowEngine, (inner) =>
    WorkflowEngine.of({
      ...inner,
      activityExecute: (activity, attempt) =>
        Effect.tap(
          inner.activityExecute(
            { ...activity, executeEncoded: around(`activity ${activity.name}`)(activity.executeEncoded) },
            attempt
          ),
          () => reaches(`activity ${activity.name}, stored`)
        ),
      scheduleClock: (workflow, options) =>
        Effect.tap(inner.scheduleClock(workflow, options), () => reaches(`clock ${options.clock.name}, scheduled`))
    })
  )
).pipe(Layer.provide(Engine))

const Workflows = Layer.mergeAll(
  Steps.layer,
  TableauWorkflow.layer({
    ...told.options,
    credentials: () =>
      Effect.succeed({ credentials: { name: "sales", password: Redacted.make(told.connectionPassword) } })
  })
).pipe(Layer.provideMerge(Watched), Layer.provide(Session), Layer.provide(NodeContext.layer))

/** The result as it is in the database. */
const run = <
  Name extends string,
  P extends Workflow.AnyStructSchema & { readonly Context: never },
  S extends Schema.Schema.AnyNoContext,
  E extends Schema.Schema.AnyNoContext
>(
  workflow: Workflow.Workflow<Name, P, S, E>,
  payload: unknown
): Effect.Effect<
  unknown,
  ParseResult.ParseError,
  WorkflowEngine | Schema.Schema.Context<S> | Schema.Schema.Context<E>
> =>
  Effect.gen(function* () {
    const decoded = yield* Schema.decodeUnknown(workflow.payloadSchema)(payload)
    const exit = yield* Effect.exit(workflow.execute(decoded))
    return yield* Schema.encode(
      Schema.Exit({ success: workflow.successSchema, failure: workflow.errorSchema, defect: Schema.Defect })
    )(exit)
  })

const runs = {
  steps: (payload: unknown) => run(Steps.steps, payload),
  refreshWorkbook: (payload: unknown) => run(TableauWorkflow.refreshWorkbook, payload),
  refreshDatasource: (payload: unknown) => run(TableauWorkflow.refreshDatasource, payload),
  publishWorkbook: (payload: unknown) => run(TableauWorkflow.publishWorkbook, payload),
  publishDatasource: (payload: unknown) => run(TableauWorkflow.publishDatasource, payload)
}

/** Until the parent sends a line. */
const left = Effect.async<void>((resume) => {
  const lines = createInterface({ input: process.stdin })
  lines.once("line", () => {
    lines.close()
    process.stdin.destroy()
    resume(Effect.void)
  })
})

const program = Effect.gen(function* () {
  say({ started: true })
  yield* Effect.forEach(
    told.execute,
    ({ payload, workflow }) => Effect.map(runs[workflow](payload), (result) => say({ result, workflow, payload })),
    { concurrency: "unbounded" }
  )
  if (told.stays) yield* left
})

NodeRuntime.runMain(
  program.pipe(
    Effect.provide(Workflows),
    Effect.tapErrorCause((cause) => Effect.sync(() => say({ failed: String(cause) })))
  )
)
