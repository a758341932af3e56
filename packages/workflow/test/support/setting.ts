/** A server, a session on it, and an engine in memory. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { it } from "@effect/vitest"
import { type Workflow, WorkflowEngine } from "@effect/workflow"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { SessionStore, type TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { server, session, timeless } from "../../../../test/support/session.js"

export const content = {
  users: [
    { name: "admin", password: "admin-password", siteRole: "ServerAdministrator" },
    { name: "viewer", password: `p@ss"w&rd<é`, siteRole: "Creator" }
  ],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "default" }, { name: "Sales" }],
      workbooks: [{ name: "Forecast", project: "Sales", hasExtracts: true, updatedAt: "1969-06-01T00:00:00Z" }],
      datasources: [{ name: "Orders", project: "Sales", hasExtracts: true }],
      flows: [{ name: "Clean", project: "Sales", updatedAt: "1969-06-01T00:00:00Z" }]
    },
    { contentUrl: "Other" }
  ]
}

type Body<R> = (simulator: Simulator.Service) => Effect.Effect<unknown, unknown, R | Scope.Scope>

/** The session of a process: its timeouts are out of reach of the clock. */
const sessionLayer = (options: Partial<TableauSession.Options> = {}) => session({ ...timeless, ...options })

/** A test with a session and an engine in memory. */
export const inMemory = (
  name: string,
  options: {
    readonly simulator?: Simulator.Options
    readonly session?: Partial<TableauSession.Options>
    readonly store?: SessionStore.Service
    readonly workflows?: TableauWorkflow.Options
  },
  body: Body<TableauSession | WorkflowEngine.WorkflowEngine | Simulator>
) => {
  const workflows = TableauWorkflow.layer(options.workflows).pipe(
    Layer.provideMerge(WorkflowEngine.layerMemory),
    Layer.provideMerge(
      options.store === undefined
        ? sessionLayer(options.session)
        : Layer.provide(sessionLayer(options.session), Layer.succeed(SessionStore.SessionStore, options.store))
    ),
    Layer.provide(NodeContext.layer),
    Layer.provideMerge(server({ content, ...options.simulator }))
  )
  it.scoped(name, () => Effect.flatMap(Simulator, body).pipe(Effect.provide(workflows)))
}

/** A test with a session, whose engines are its own. */
export const onServer = (name: string, simulator: Simulator.Options, body: Body<TableauSession | Simulator>) => {
  const layer = sessionLayer().pipe(Layer.provideMerge(server({ content, ...simulator })))
  it.scoped(name, () => Effect.flatMap(Simulator, body).pipe(Effect.provide(layer)))
}

/** Keeps the lines that an effect logs. */
export const logTo = (lines: Array<string>) =>
  Effect.provide(
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void lines.push(String(message)))
    )
  )

/** Executes a workflow in memory, and looks now and then whether it has ended. */
export const executed = <
  Name extends string,
  Payload extends Workflow.AnyStructSchema,
  Success extends Schema.Schema.Any,
  Error extends Schema.Schema.All
>(
  workflow: Workflow.Workflow<Name, Payload, Success, Error>,
  payload: Parameters<Workflow.Workflow<Name, Payload, Success, Error>["execute"]>[0]
) =>
  Effect.gen(function* () {
    const id = yield* workflow.execute(payload, { discard: true })
    for (;;) {
      const result = yield* workflow.poll(id)
      if (result?._tag === "Complete") return yield* result.exit
      yield* Effect.sleep("5 minutes")
    }
  })

/** The id of the only workbook with a name. */
export const workbookId = (name: string) =>
  Workbooks.list().pipe(
    Effect.flatMap(({ items }) => Stream.runHead(Stream.filter(items, (item) => item.name === name))),
    Effect.flatten,
    Effect.map(({ id }) => id)
  )
