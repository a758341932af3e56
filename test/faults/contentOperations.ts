/** Scenarios of the operations that publish and change content, and of the jobs that they start. */
import * as Effect from "effect/Effect"
import { Datasources, Extracts, Filter, Jobs, type Operation, Schedules, Tasks, Workbooks } from "effect-tableau"
import { times } from "./cell.js"
import { type Effectful, emptied, struckBy } from "./kinds.js"
import { first, type Scenario, scenario } from "./scenario.js"

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

const unprepared = () => Effect.void

/** In the order of their modules. */
export const contentOperations: ReadonlyArray<Scenario> = [
  started(Workbooks.refresh, workbook, ({ id }) => Workbooks.refresh(id), "RefreshExtract", { seen: refreshed }),
  started(Datasources.refresh, datasource, ({ id }) => Datasources.refresh(id), "RefreshExtract", { seen: refreshed }),
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
    ({ id }) => Tasks.create({ workbook: { id }, schedule: daily }),
    "Daily",
    ({ schedule }) => schedule?.frequency,
    cloud
  ),
  changed(
    Tasks.update,
    Effect.flatMap(workbook, ({ id }) => Tasks.create({ workbook: { id }, schedule: daily })),
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
