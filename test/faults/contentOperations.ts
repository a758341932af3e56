/** Scenarios of the operations that publish and change content, and of the jobs that they start. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type Connections,
  Datasources,
  Extracts,
  FileUploads,
  Filter,
  Flows,
  type Ids,
  Jobs,
  type Operation,
  Projects,
  type Query,
  Schedules,
  type TableauError,
  type TableauSession,
  Tasks,
  Upload,
  Users,
  Views,
  Workbooks
} from "effect-tableau"
import { times } from "./cell.js"
import { type Effectful, emptied, type Module, struckBy } from "./kinds.js"
import { first, marked, type Scenario, scenario } from "./scenario.js"

/** The first one has an extract. */
const workbook = first(Workbooks.list())
const workbookWithout = first(Workbooks.list({ filter: [Filter.eq("hasExtracts", false)] }))
const datasource = first(Datasources.list({ filter: [Filter.eq("hasExtracts", true)] }))
const datasourceWithout = first(Datasources.list({ filter: [Filter.eq("hasExtracts", false)] }))

/** A part of the server's state: a string that each change adds to it, and how often it is there without one. */
const added = (path: string, part: string, before = 0): Scenario["seen"] => ({
  path,
  times: (text) => times(part)(text) - before
})

/** A site with five workbooks has five refresh jobs. */
const refreshed = added("/jobs?pageSize=1000", 'jobType="refresh_extracts"', 5)

/** A change that is not repeated, after its item was found. */
const changed = <A, B>(
  operation: Operation.Any,
  item: Effectful<A>,
  change: (item: A) => Effectful<B>,
  gives: unknown,
  give: (value: B, item: A) => unknown,
  other: Partial<Scenario> = {}
) =>
  scenario(
    operation.spec.name,
    struckBy(operation),
    "write",
    gives,
    (strike) =>
      Effect.gen(function* () {
        const value = yield* item
        yield* strike
        return give(yield* change(value), value)
      }),
    { again: operation.spec.idempotent, ...other }
  )

/** A change whose response is a job. */
const started = <A>(
  operation: Operation.Any,
  item: Effectful<A>,
  start: (item: A) => Effectful<Jobs.Job>,
  type: string,
  other: Partial<Scenario> = {}
) => changed(operation, item, start, type, (job) => job.type, other)

const created = added("/jobs?pageSize=1000", 'jobType="create_extracts"')

const task = Effect.flatMap(Tasks.list(), ([task]) => Effect.orDie(Effect.fromNullable(task)))
const tasks = added("/tasks/extractRefreshes", "<extractRefresh ", 5)
const scheduleAndWorkbook = Effect.all([first(Schedules.list()), workbook])
const scheduleAndDatasource = Effect.all([first(Schedules.list()), datasource])

const cloud = { cloud: true } as const

const daily = { frequency: "Daily", frequencyDetails: { start: "06:00:00", intervals: [{ hours: 24 }] } } as const

/** The response has status 200, and no content. */
const bodiless = { empty: "status 200" } as const

/** The item after so many others. */
const after = <A>(others: number, list: Effectful<Query.Listing<A>>) =>
  Effect.flatMap(list, ({ items }) => Effect.orDie(Effect.flatten(Stream.runHead(Stream.drop(items, others)))))

const flow = first(Flows.list())

/** A file of this name, which the server accepts. */
const fileOf = (name: string) =>
  Upload.bytes(name, new TextEncoder().encode("<workbook><worksheets><worksheet name='One'/></worksheets></workbook>"))

const published = "Published under a fault"

/** The content of this name in a list. */
const named = (path: string) => added(`/${path}?pageSize=1000`, `name="${published}"`)

const noJob = { JobFailed: Effect.die, JobCancelled: Effect.die, JobTimedOut: Effect.die }

/** A publish of which one request, in which the server publishes, fails. */
const publish = <A extends { readonly name?: string | undefined }>(
  operation: Operation.Any,
  call: Effect.Effect<A, TableauError.TableauError | Jobs.JobError, TableauSession>,
  path: string,
  other: Partial<Scenario> = {}
) => {
  return changed(
    operation,
    Effect.void,
    () => Effect.catchTags(call, noJob),
    published,
    ({ name }) => name,
    { seen: named(path), ...other }
  )
}

/** A job that publishes. */
const publishAsJob = (operation: Operation.Any, call: () => Effectful<Jobs.Job>, type: string, jobType: string) =>
  started(operation, Effect.void, call, type, { seen: added("/jobs?pageSize=1000", `jobType="${jobType}"`) })

/** A change of the description, or of what the content has instead. */
const described = <A extends { readonly id: string }, B>(
  operation: Operation.Any,
  item: Effectful<A>,
  update: (item: A) => Effectful<B>,
  give: (value: B) => unknown
) => changed(operation, item, update, marked, give)

type Connected<Id> = Module<"connections", [Id], ReadonlyArray<Connections.Connection>> &
  Module<"updateConnection", [Id, Ids.ConnectionId, { readonly userName: string }], Connections.Connection> &
  Module<
    "updateConnections",
    [Id, ReadonlyArray<Ids.ConnectionId>, { readonly userName: string }],
    ReadonlyArray<Connections.Connection>
  >

/** An item and the id of its first connection. */
const connected = <Id>(module: Pick<Connected<Id>, "connections">, item: Effectful<{ readonly id: Id }>) =>
  Effect.gen(function* () {
    const { id } = yield* item
    const [connection] = yield* module.connections(id)
    return { id, connection: yield* Effect.orDie(Effect.fromNullable(connection?.id)) }
  })

/** Changes of one connection and of several. */
const connectionsOf = <Id>(
  module: Connected<Id>,
  item: Effectful<{ readonly id: Id }>,
  severalOther: Partial<Scenario> = {}
) => {
  return [
    changed(
      module.updateConnection,
      connected(module, item),
      ({ connection, id }) => module.updateConnection(id, connection, { userName: marked }),
      marked,
      ({ userName }) => userName
    ),
    changed(
      module.updateConnections,
      connected(module, item),
      ({ connection, id }) => module.updateConnections(id, [connection], { userName: marked }),
      marked,
      ([connection]) => connection?.userName,
      severalOther
    )
  ]
}

const rows = {
  actions: [
    {
      action: "delete",
      "target-table": "rows",
      condition: { op: "eq", "target-col": "id", const: { type: "integer", v: 1 } }
    }
  ]
} as const

const rowsChanged = { seen: added("/jobs?pageSize=1000", 'jobType="update_uploaded_file"') }

const unprepared = () => Effect.void

/** In the order of their modules. */
export const contentOperations: ReadonlyArray<Scenario> = [
  publish(Workbooks.publish, Workbooks.publish(fileOf("one.twb"), { name: published }), "workbooks"),
  publishAsJob(
    Workbooks.publishAsJob,
    () => Workbooks.publishAsJob(fileOf("one.twb"), { name: published }),
    "PublishWorkbook",
    "publish_workbook"
  ),
  described(
    Workbooks.update,
    workbook,
    ({ id }) => Workbooks.update(id, { description: marked }),
    ({ description }) => description
  ),
  emptied(Workbooks.deleteRevision, after(1, Workbooks.list()), unprepared, ({ id }) =>
    Workbooks.deleteRevision(id, 1)
  ),
  ...connectionsOf(Workbooks, workbook),
  started(Workbooks.refreshThumbnails, workbook, ({ id }) => Workbooks.refreshThumbnails(id), "RefreshThumbnails", {}),
  publish(Datasources.publish, Datasources.publish(fileOf("one.hyper"), { name: published }), "datasources"),
  publish(
    Datasources.publish,
    // The rows expect the timeout of any request.
    Datasources.publish(fileOf("one.hyper"), {
      name: published,
      publishTimeout: "2 minutes",
      upload: { singleRequestLimit: 0 }
    }),
    "datasources",
    { name: "Datasources.publish: in blocks" }
  ),
  scenario(
    "Datasources.publish: by a job",
    struckBy(Datasources.publish),
    "write",
    published,
    (strike, simulator) =>
      Effect.gen(function* () {
        // The first poll finds the job at its end.
        yield* simulator.planJobs({ wait: 0, run: 0 })
        yield* strike
        const publish = Datasources.publish(fileOf("one.hyper"), { name: published, asJob: true })
        return (yield* Effect.catchTags(publish, noJob)).name
      }),
    { seen: added("/jobs?pageSize=1000", 'jobType="publish_datasource"') }
  ),
  publishAsJob(
    Datasources.publishAsJob,
    () => Datasources.publishAsJob(fileOf("one.hyper"), { name: published }),
    "PublishDatasource",
    "publish_datasource"
  ),
  described(
    Datasources.update,
    datasource,
    ({ id }) => Datasources.update(id, { certificationNote: marked, isCertified: true }),
    ({ certificationNote }) => certificationNote
  ),
  emptied(Datasources.deleteRevision, after(2, Datasources.list()), unprepared, ({ id }) =>
    Datasources.deleteRevision(id, 1)
  ),
  ...connectionsOf(Datasources, datasource),
  started(
    Datasources.updateData,
    datasource,
    ({ id }) => Datasources.updateData(id, rows),
    "UpdateUploadedFile",
    rowsChanged
  ),
  started(
    Datasources.updateConnectionData,
    connected(Datasources, datasource),
    ({ connection, id }) => Datasources.updateConnectionData(id, connection, rows),
    "UpdateUploadedFile",
    rowsChanged
  ),
  publish(Flows.publish, Flows.publish(fileOf("one.tfl"), { name: published }), "flows"),
  changed(
    Flows.update,
    Effect.all({ flow, project: after(1, Projects.list()) }),
    ({ flow, project }) => Flows.update(flow.id, { projectId: project.id }),
    true,
    ({ project }, before) => project?.id === before.project.id
  ),
  emptied(
    Flows.updateOwner,
    Effect.all({ flow, user: after(1, Users.list()) }),
    unprepared,
    ({ flow, user }) => Flows.updateOwner(flow.id, user.id),
    bodiless
  ),
  emptied(Flows.delete, flow, unprepared, ({ id }) => Flows.delete(id)),
  // A response without content is an empty list.
  ...connectionsOf(Flows, flow, { silent: { gives: undefined } }),
  emptied(Views.delete, first(Views.list()), unprepared, ({ id }) => Views.delete(id)),
  changed(
    FileUploads.initiate,
    Effect.void,
    () => FileUploads.initiate(),
    0,
    ({ fileSize }) => fileSize
  ),
  changed(
    FileUploads.append,
    FileUploads.initiate(),
    ({ uploadSessionId }) => FileUploads.append(uploadSessionId, fileOf("block")),
    1,
    ({ fileSize }) => fileSize
  ),
  started(Workbooks.refresh, workbook, ({ id }) => Workbooks.refresh(id), "RefreshExtract", { seen: refreshed }),
  started(Datasources.refresh, datasource, ({ id }) => Datasources.refresh(id), "RefreshExtract", { seen: refreshed }),
  started(Workbooks.refresh, workbook, ({ id }) => Workbooks.refreshOrJoin(id), "RefreshExtract", {
    name: "Workbooks.refreshOrJoin",
    seen: refreshed
  }),
  started(Datasources.refresh, datasource, ({ id }) => Datasources.refreshOrJoin(id), "RefreshExtract", {
    name: "Datasources.refreshOrJoin",
    seen: refreshed
  }),
  scenario(
    "Jobs.cancel",
    "cancelJob",
    "write",
    undefined,
    (strike, simulator) =>
      Effect.gen(function* () {
        // Longer than any fault takes.
        yield* simulator.planJobs({ run: "1 day" })
        const { id } = yield* Effect.flatMap(workbook, ({ id }) => Workbooks.refresh(id))
        yield* strike
        yield* Jobs.cancel(id)
      }),
    { ...bodiless, seen: added("/jobs?pageSize=1000", 'status="Cancelled"', 1) }
  ),
  started(Tasks.run, task, ({ id }) => Tasks.run(id), "RefreshExtract", { seen: refreshed }),
  started(Tasks.run, task, ({ id }) => Tasks.runOrJoin(id), "RefreshExtract", {
    name: "Tasks.runOrJoin",
    seen: refreshed
  }),
  emptied(Tasks.delete, task, unprepared, ({ id }) => Tasks.delete(id), {
    seen: { path: "/tasks/extractRefreshes", times: (text) => -(tasks?.times(text) ?? 0) }
  }),
  changed(
    Tasks.addWorkbookToSchedule,
    scheduleAndWorkbook,
    ([schedule, { id }]) => Tasks.addWorkbookToSchedule(schedule.id, id),
    true,
    ({ workbook }, [, { id }]) => workbook?.id === id,
    { seen: tasks }
  ),
  changed(
    Tasks.addDatasourceToSchedule,
    scheduleAndDatasource,
    ([schedule, { id }]) => Tasks.addDatasourceToSchedule(schedule.id, id),
    true,
    ({ datasource }, [, { id }]) => datasource?.id === id,
    { seen: tasks }
  ),
  changed(
    Tasks.create,
    workbook,
    ({ id }) => Tasks.create({ workbookId: id, schedule: daily }),
    "Daily",
    ({ schedule }) => schedule?.frequency,
    cloud
  ),
  changed(
    Tasks.update,
    Effect.flatMap(workbook, ({ id }) => Tasks.create({ workbookId: id, schedule: daily })),
    ({ id }) => Tasks.update(id, { type: "IncrementalRefresh" }),
    "Daily",
    ({ schedule }) => schedule?.frequency,
    cloud
  ),
  started(Extracts.createForWorkbook, workbookWithout, ({ id }) => Extracts.createForWorkbook(id), "CreateExtract", {
    seen: created
  }),
  started(
    Extracts.createForDatasource,
    datasourceWithout,
    ({ id }) => Extracts.createForDatasource(id),
    "CreateExtract",
    { seen: created }
  ),
  emptied(Extracts.deleteForWorkbook, workbook, unprepared, ({ id }) => Extracts.deleteForWorkbook(id), bodiless),
  emptied(Extracts.deleteForDatasource, datasource, unprepared, ({ id }) => Extracts.deleteForDatasource(id)),
  emptied(Extracts.encrypt, Effect.void, unprepared, () => Extracts.encrypt(), bodiless),
  emptied(Extracts.decrypt, Effect.void, unprepared, () => Extracts.decrypt(), bodiless),
  emptied(Extracts.reencrypt, Effect.void, unprepared, () => Extracts.reencrypt(), bodiless)
]
