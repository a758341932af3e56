/** Workflows with a JWT that grants what they declare, and no more. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type { Workflow } from "@effect/workflow"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Datasources, Operation, Projects, TableauSession } from "effect-tableau"
import type { Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { layerHttpClient } from "../../../test/support/httpClient.js"
import { timeless } from "../../../test/support/session.js"
import { empty, type Kill } from "./support/journal.js"
import { throughKills } from "./support/processes.js"
import { content, onServer, workbookId } from "./support/setting.js"

const app = { clientId: "client", secretId: "key", secretValue: "secret-value-0123456789abcdefghijk" }

const withApp = { content: { ...content, connectedApps: [app] }, listLag: "1 minute", jobRun: "5 minutes" } as const

const granting = (scopes: ReadonlyArray<string>) =>
  Credentials.connectedApp({ ...app, secretValue: Redacted.make(app.secretValue), username: "admin", scopes })

const first = <A>(items: Stream.Stream<A, unknown>) => Effect.flatten(Stream.runHead(items))

const file = (name: string, text: string) =>
  Effect.gen(function* () {
    const folder = yield* temporary
    yield* Effect.promise(() => Fs.writeFile(Path.join(folder, name), text))
    return Path.join(folder, name)
  })

const temporary = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "scopes-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

const sales = Effect.flatMap(Projects.list(), ({ items }) =>
  first(Stream.filter(items, ({ name }) => name === "Sales"))
)

const document =
  '<?xml version="1.0"?><workbook version="18.1"><worksheets><worksheet name="One"/></worksheets></workbook>'

const common = { site: "", key: "k" }

/** What each workflow is given, and the activity after whose request its process is killed: then it looks in lists. */
const cases = [
  {
    workflow: TableauWorkflow.refreshWorkbook,
    payload: Effect.map(workbookId("Forecast"), (id) => ({ ...common, id })),
    killed: "start 1"
  },
  {
    workflow: TableauWorkflow.refreshDatasource,
    payload: Effect.flatMap(Datasources.list(), ({ items }) =>
      Effect.map(first(items), ({ id }) => ({ ...common, id }))
    ),
    killed: "start 1"
  },
  {
    workflow: TableauWorkflow.publishWorkbook,
    payload: Effect.map(file("New.twb", document), (path) => ({ ...common, path })),
    killed: "publish 1"
  },
  {
    workflow: TableauWorkflow.publishDatasource,
    payload: Effect.map(file("New.hyper", "HyPe"), (path) => ({ ...common, path })),
    killed: "publish 1"
  },
  {
    workflow: TableauWorkflow.publishFlow,
    payload: Effect.map(file("New.tfl", "flow"), (path) => ({ ...common, path })),
    killed: "publish 1"
  },
  {
    workflow: TableauWorkflow.backupProject,
    payload: Effect.zipWith(sales, temporary, ({ id }, folder) => ({ ...common, project: id, folder })),
    killed: "backup"
  }
] as const

describe("the scopes that a workflow declares", () => {
  for (const { killed, payload, workflow } of cases) {
    const scopes = Operation.scopes(workflow)

    const run = (credentials: Credentials.Credentials, simulator: Simulator.Service, kills: ReadonlyArray<Kill>) =>
      Effect.gen(function* () {
        const given: object = yield* payload
        const session = yield* TableauSession.make({ ...timeless, server: simulator.url, credentials })
        const execution: { readonly workflow: Workflow.Any; readonly payload: object } = { workflow, payload: given }
        return yield* throughKills(simulator, empty(), execution, kills).pipe(
          Effect.provideService(TableauSession, session)
        )
      }).pipe(Effect.provide(layerHttpClient))

    onServer(`${workflow.name} needs no others, also after a kill`, withApp, (simulator) =>
      Effect.gen(function* () {
        expect(yield* run(granting(scopes), simulator, [{ activity: killed, at: "after" }])).toBeDefined()
      })
    )

    for (const missing of scopes) {
      onServer(`${workflow.name} fails without ${missing}`, withApp, (simulator) =>
        Effect.gen(function* () {
          const credentials = granting(scopes.filter((scope) => scope !== missing))
          const result = yield* Effect.either(run(credentials, simulator, []))
          // A backup reports the items that it could not download.
          const failure: unknown = result._tag === "Left" ? result.left : result.right
          expect(JSON.stringify(failure)).toContain(missing)
        })
      )
    }
  }

  it("what the guide names has scopes", () => {
    expect(Operation.scopes(TableauWorkflow.refreshWorkbook)).toEqual([
      "tableau:content:read",
      "tableau:tasks:run",
      "tableau:jobs:read"
    ])
  })
})
