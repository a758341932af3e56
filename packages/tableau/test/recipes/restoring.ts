/** A site with a project to back up, and what tests of restores look at. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Filter, type Ids, Projects, Recipes, Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { temporary } from "../../../../test/programs.js"
import { type OnSession, timeless } from "../../../../test/support/session.js"

const content: Content.Content = {
  users: [{ name: "admin", password: "admin-password", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "Sales" }, { name: "Forecasts", parent: "Sales" }, { name: "Target" }],
      workbooks: [
        { name: "Region", project: "Sales", tags: ["q3", "east, west"], description: "By region", showTabs: true },
        { name: "Region", project: "Forecasts" }
      ],
      datasources: [{ name: "Orders", project: "Sales", tags: ["raw"] }],
      flows: [{ name: "Clean", project: "Sales" }]
    },
    { contentUrl: "Other", projects: [{ name: "Target" }] }
  ]
}

export const simulated: OnSession = { simulator: { content }, session: timeless }

export const projectId = (name: string) =>
  Projects.stream({ filter: [Filter.eq("name", name)] }).pipe(
    Stream.runHead,
    Effect.flatten,
    Effect.map(({ id }) => id)
  )

export const backup = Effect.gen(function* () {
  const directory = yield* temporary
  yield* Recipes.backupProject(yield* projectId("Sales"), { directory, nested: true })
  return directory
}).pipe(Effect.provide(NodeContext.layer))

export const restore = (id: Ids.ProjectId, options: Recipes.RestoreOptions) =>
  Effect.provide(Recipes.restoreProject(id, options), NodeContext.layer)

export const plan = (id: Ids.ProjectId, options: Recipes.RestoreOptions) =>
  Effect.provide(Recipes.restoreProject.dryRun(id, options), NodeContext.layer)

export const outcomes = ({ items }: Recipes.RestoreResult) =>
  items.map(({ name, outcome, type }) => `${type} ${name}: ${outcome}`).sort()

export const names = ["datasource Orders", "flow Clean", "workbook Region", "workbook Region"]

export const all = (outcome: string) => names.map((name) => `${name}: ${outcome}`)

export const publications = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (
    (yield* simulator.count("publishWorkbook")) +
    (yield* simulator.count("publishDataSource")) +
    (yield* simulator.count("publishFlow"))
  )
})

export const inProject = (project: string) =>
  Workbooks.stream({ filter: [Filter.eq("projectName", project)] }).pipe(
    Stream.runCollect,
    Effect.map((items) => [...items])
  )

/** The content of a file of Tableau, whatever archive it is in. */
export const bytesOf = (id: Ids.WorkbookId) =>
  Effect.scoped(
    Effect.flatMap(Workbooks.download(id), ({ content }) =>
      Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]))
    )
  )
