/**
 * Extract refresh tasks: each refreshes the extract of a workbook or a data source on a schedule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ScheduleId, TaskId } from "./Ids.js"
import * as Operation from "./Operation.js"
import type { PageOptions } from "./Query.js"
import * as References from "./References.js"
import * as Response from "./Response.js"
import * as Schedules from "./Schedules.js"
import * as Xml from "./Xml.js"

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
