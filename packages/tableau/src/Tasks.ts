/**
 * Extract refresh tasks: each refreshes the extract of a workbook or a data source on a schedule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Datasources from "./Datasources.js"
import { type DatasourceId, ScheduleId, TaskId, type WorkbookId } from "./Ids.js"
import * as Refresh from "./internal/families/refresh.js"
import * as CloudSchedules from "./internal/models/cloudSchedule.js"
import { Job } from "./internal/models/job.js"
import * as Jobs from "./Jobs.js"
import * as Operation from "./Operation.js"
import type { PageOptions } from "./Query.js"
import * as References from "./References.js"
import * as Response from "./Response.js"
import * as Schedules from "./Schedules.js"
import * as Workbooks from "./Workbooks.js"
import * as Xml from "./Xml.js"

export type { CloudSchedule, Interval, WeekDay } from "./internal/models/cloudSchedule.js"

const taskSchedule = Xml.struct(
  {},
  {
    /** Absent on Tableau Cloud, where each task has a schedule of its own. */
    id: ScheduleId,
    name: Schema.String,
    /** `Active` or `Suspended`. */
    state: Schema.String,
    /** For example `Extract`, `Subscription` or `Flow`. */
    type: Schema.String,
    /** `Hourly`, `Daily`, `Weekly` or `Monthly`. */
    frequency: Schema.String,
    /** From 1 to 100. The server runs tasks with a lower number first. */
    priority: Xml.Integer,
    /** `Parallel` or `Serial`. */
    executionOrder: Schema.String,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    nextRunAt: Xml.Timestamp,
    endScheduleAt: Xml.Timestamp,
    frequencyDetails: Schedules.FrequencyDetails
  }
)

/**
 * The schedule of a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskSchedule extends Xml.TypeOf<typeof taskSchedule> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const TaskSchedule: Xml.Model<TaskSchedule, typeof taskSchedule> = taskSchedule

const extractRefreshTask = Xml.struct(
  { id: TaskId },
  {
    /** For example `RefreshExtractTask` or `IncrementExtractTask`. */
    type: Schema.String,
    /** From 1 to 100. The server runs tasks with a lower number first. */
    priority: Xml.Integer,
    incremental: Xml.Flag,
    /** The number of failed runs since the last success. */
    consecutiveFailedCount: Xml.Integer,
    schedule: TaskSchedule,
    /** What the task refreshes: at most one of these three is present. */
    workbook: References.WorkbookReference,
    datasource: References.DatasourceReference,
    view: References.ViewReference
  }
)

/**
 * A task that refreshes the extract of a workbook or a data source. Only `id` is always present: the server omits what it
 * does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExtractRefreshTask extends Xml.TypeOf<typeof extractRefreshTask> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const ExtractRefreshTask: Xml.Model<ExtractRefreshTask, typeof extractRefreshTask> = extractRefreshTask

const scheduledRefresh = Xml.struct(
  { id: TaskId },
  {
    /** `FullRefresh` or `IncrementalRefresh`. */
    type: Schema.String,
    /** From 1 to 100. The server runs tasks with a lower number first. */
    priority: Xml.Integer,
    /** What the task refreshes: one of these two is present. */
    workbook: References.WorkbookReference,
    datasource: References.DatasourceReference
  }
)

/**
 * An extract refresh task as `listForSchedule` returns it: in an older form than `ExtractRefreshTask`. Only `id` is
 * always present.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduledRefresh extends Xml.TypeOf<typeof scheduledRefresh> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const ScheduledRefresh: Xml.Model<ScheduledRefresh, typeof scheduledRefresh> = scheduledRefresh

const Task = Xml.struct({ extractRefresh: ExtractRefreshTask }, {})

/**
 * Returns all extract refresh tasks on the site: Tableau sends them in one response, without pages. A task that cannot be
 * read is skipped, with a warning in the log.
 *
 * @example
 * ```ts
 * import { Tasks } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   for (const { consecutiveFailedCount = 0, datasource, workbook } of yield* Tasks.list()) {
 *     if (consecutiveFailedCount > 0) yield* Console.log(`${(workbook ?? datasource)?.id} was not refreshed`)
 *   }
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#list_extract_refresh_tasks
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Tasks.list",
  request: "GET /sites/{siteId}/tasks/extractRefreshes",
  since: "2.6",
  scope: "tableau:tasks:read",
  input: () => ({}),
  response: Response.map(
    Response.items("tasks", "task", Task),
    (tasks): ReadonlyArray<ExtractRefreshTask> => tasks.map(({ extractRefresh }) => extractRefresh)
  )
})

/**
 * Returns one extract refresh task.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Tasks.get",
  request: "GET /sites/{siteId}/tasks/extractRefreshes/{taskId}",
  since: "2.6",
  scope: "tableau:tasks:read",
  input: (taskId: TaskId) => ({ taskId }),
  response: Response.map(Response.element("task", Task), ({ extractRefresh }) => extractRefresh)
})

/**
 * Lists the extract refresh tasks of one of the server's schedules.
 *
 * @example
 * ```ts
 * import { type Ids, Tasks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const countRefreshes = (scheduleId: Ids.ScheduleId) =>
 *   Effect.map(Tasks.listForSchedule(scheduleId), ({ totalAvailable }) => totalAvailable)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_extract_refresh_tasks
 * @since 0.1.0
 * @category operations
 */
export const listForSchedule = Operation.make({
  name: "Tasks.listForSchedule",
  request: "GET /sites/{siteId}/schedules/{scheduleId}/extracts",
  since: "2.2",
  deployment: "Server",
  scope: "tableau:tasks:read",
  input: (scheduleId: ScheduleId, options?: PageOptions) => ({ scheduleId, options }),
  response: Response.page("extracts", "extract", ScheduledRefresh, { isPaginationOptional: true })
})

/**
 * The extract refresh tasks of one of the server's schedules, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamForSchedule = Operation.stream(listForSchedule)

/**
 * What a task refreshes.
 *
 * @since 0.1.0
 * @category options
 */
export type Content =
  | { readonly workbookId: WorkbookId; readonly datasourceId?: undefined }
  | { readonly datasourceId: DatasourceId; readonly workbookId?: undefined }

/** What can be changed of a task. */
interface Settings {
  /** By default `FullRefresh`. An extract must have been set up for incremental refreshes. */
  readonly type?: "FullRefresh" | "IncrementalRefresh" | undefined
  readonly schedule: CloudSchedules.CloudSchedule
}

/**
 * A new task of Tableau Cloud.
 *
 * @since 0.1.0
 * @category options
 */
export type NewTask = Content & Settings

/**
 * What to change of a task of Tableau Cloud.
 *
 * @since 0.1.0
 * @category options
 */
export type Changes = (Content | { readonly workbookId?: undefined; readonly datasourceId?: undefined }) &
  Partial<Settings>

const WithSchedule = Xml.struct({ extractRefresh: ExtractRefreshTask }, { schedule: TaskSchedule })

/** Tableau Cloud sends the schedule beside the task. */
const taskWithSchedule = Response.map(
  Response.elements(WithSchedule),
  ({ extractRefresh, schedule = extractRefresh.schedule }): ExtractRefreshTask =>
    schedule === undefined ? extractRefresh : { ...extractRefresh, schedule }
)

const contentOf = ({ datasourceId, workbookId }: Content | Changes) => ({
  workbook: workbookId === undefined ? undefined : { id: workbookId },
  datasource: datasourceId === undefined ? undefined : { id: datasourceId }
})

/**
 * Creates a task that refreshes the extracts of a workbook or a data source on a schedule of its own, on Tableau Cloud.
 * `addWorkbookToSchedule` and `addDatasourceToSchedule` do that on Tableau Server. A schedule that Tableau Cloud would refuse
 * fails with `BadRequest` before anything is sent.
 *
 * @example
 * ```ts
 * import { type Ids, Tasks } from "effect-tableau"
 *
 * const nightly = (workbookId: Ids.WorkbookId) =>
 *   Tasks.create({
 *     workbookId,
 *     schedule: { frequency: "Daily", frequencyDetails: { start: "03:00:00", intervals: [{ hours: 24 }] } }
 *   })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#create_cloud_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
export const create = Operation.make({
  name: "Tasks.create",
  request: "POST /sites/{siteId}/tasks/extractRefreshes",
  since: "3.20",
  deployment: "Cloud",
  scope: "tableau:tasks:create",
  input: (task: NewTask) => {
    const { schedule, type = "FullRefresh" } = task
    const problem = CloudSchedules.problemOf(schedule)
    return problem === undefined
      ? { xml: { extractRefresh: { type, ...contentOf(task) }, schedule: CloudSchedules.element(schedule) } }
      : Operation.invalidInput(problem)
  },
  response: taskWithSchedule
})

/**
 * Changes the schedule, the type or the content of a task of Tableau Cloud, and returns the task.
 *
 * @example
 * ```ts
 * import { type Ids, Tasks } from "effect-tableau"
 *
 * const onMondays = (id: Ids.TaskId) =>
 *   Tasks.update(id, {
 *     schedule: { frequency: "Weekly", frequencyDetails: { start: "03:00:00", intervals: [{ weekDay: "Monday" }] } }
 *   })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#update_cloud_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
export const update = Operation.make({
  name: "Tasks.update",
  request: "POST /sites/{siteId}/tasks/extractRefreshes/{taskId}",
  since: "3.20",
  deployment: "Cloud",
  scope: "tableau:tasks:update",
  idempotent: true,
  input: (taskId: TaskId, changes: Changes) => {
    const { datasourceId, schedule, type, workbookId } = changes
    const hasTask = [datasourceId, type, workbookId].some((value) => value !== undefined)
    if (!hasTask && schedule === undefined) return Operation.invalidInput("There is nothing to change.")
    const problem = schedule && CloudSchedules.problemOf(schedule)
    if (problem !== undefined) return Operation.invalidInput(problem)
    return {
      taskId,
      xml: {
        extractRefresh: hasTask ? { type, ...contentOf(changes) } : undefined,
        schedule: schedule && CloudSchedules.element(schedule)
      }
    }
  },
  response: taskWithSchedule
})

/**
 * Deletes an extract refresh task. Fails with `NotFound` when there is no such task.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#delete_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Tasks.delete",
  request: "DELETE /sites/{siteId}/tasks/extractRefreshes/{taskId}",
  since: "3.6",
  scope: "tableau:tasks:delete",
  input: (taskId: TaskId) => ({ taskId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Adds a task to one of the server's schedules that refreshes the extracts of a workbook, and returns the task. Each call
 * adds a task.
 *
 * @example
 * ```ts
 * import { type Ids, Tasks } from "effect-tableau"
 *
 * const nightly = (scheduleId: Ids.ScheduleId, workbookId: Ids.WorkbookId) =>
 *   Tasks.addWorkbookToSchedule(scheduleId, workbookId)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#add_workbook_to_schedule
 * @since 0.1.0
 * @category operations
 */
export const addWorkbookToSchedule = Operation.make({
  name: "Tasks.addWorkbookToSchedule",
  request: "PUT /sites/{siteId}/schedules/{scheduleId}/workbooks",
  since: "2.8",
  deployment: "Server",
  scope: "tableau:schedules:update",
  input: (scheduleId: ScheduleId, workbookId: WorkbookId) => ({
    scheduleId,
    xml: { task: { extractRefresh: { workbook: { id: workbookId } } } }
  }),
  response: Response.map(Response.element("task", Task), ({ extractRefresh }) => extractRefresh)
})

/**
 * Adds a task to one of the server's schedules that refreshes the extract of a data source, and returns the task. Each
 * call adds a task.
 *
 * @example
 * ```ts
 * import { type Ids, Tasks } from "effect-tableau"
 *
 * const nightly = (scheduleId: Ids.ScheduleId, datasourceId: Ids.DatasourceId) =>
 *   Tasks.addDatasourceToSchedule(scheduleId, datasourceId)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#add_data_source_to_schedule
 * @since 0.1.0
 * @category operations
 */
export const addDatasourceToSchedule = Operation.make({
  name: "Tasks.addDatasourceToSchedule",
  request: "PUT /sites/{siteId}/schedules/{scheduleId}/datasources",
  since: "2.8",
  deployment: "Server",
  scope: "tableau:schedules:update",
  input: (scheduleId: ScheduleId, datasourceId: DatasourceId) => ({
    scheduleId,
    xml: { task: { extractRefresh: { datasource: { id: datasourceId } } } }
  }),
  response: Response.map(Response.element("task", Task), ({ extractRefresh }) => extractRefresh)
})

/**
 * Runs an extract refresh task now, and returns its job: `Jobs.await` waits for it. Fails with `Conflict` (409093) when a
 * refresh of the same content is queued or runs. It is never started twice.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#run_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
export const run = Operation.make({
  name: "Tasks.run",
  request: "POST /sites/{siteId}/tasks/extractRefreshes/{taskId}/runNow",
  since: "2.6",
  scope: "tableau:tasks:run",
  budget: "refreshes",
  // The body must be there.
  input: (taskId: TaskId) => ({ taskId, xml: {} }),
  response: Response.element("job", Job)
})

/** What a task refreshes, with its name. */
const targetOf = (taskId: TaskId) =>
  Effect.flatMap(get(taskId), ({ datasource, view, workbook }) => {
    if (workbook?.id !== undefined) return Refresh.targetOf(workbook.id, Workbooks.get(workbook.id))
    if (datasource?.id !== undefined) return Refresh.targetOf(datasource.id, Datasources.get(datasource.id))
    return Effect.succeed({ id: view?.id, name: view?.name })
  })

/**
 * Like `run`; when a refresh of the same content is queued or runs already, it returns the job of that one. The server does
 * not say which job it is: it is searched in the list of jobs, which takes an administrator; others fail with `Forbidden`.
 * Fails with `Conflict` when no job fits in three attempts.
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Tasks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshed = (id: Ids.TaskId) => Effect.flatMap(Tasks.runOrJoin(id), (job) => Jobs.await(job))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const runOrJoin = Operation.composite(
  [run, get, Jobs.list, Jobs.get, Workbooks.get, Datasources.get],
  (taskId: TaskId) => Refresh.join(run(taskId), targetOf(taskId))
)
