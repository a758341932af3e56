/**
 * Extract refresh tasks: what refreshes an extract when its schedule says so.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ScheduleId, TaskId } from "./Ids.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type { Listing, PageOptions } from "./Query.js"
import * as References from "./References.js"
import * as Schedules from "./Schedules.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const taskSchedule = Schema.Struct({
  id: Schema.optional(ScheduleId),
  name: Schema.optional(Schema.String),
  state: Schema.optional(Schema.String),
  type: Schema.optional(Schema.String),
  frequency: Schema.optional(Schema.String),
  priority: Schema.optional(Leaf.Integer),
  executionOrder: Schema.optional(Schema.String),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  nextRunAt: Schema.optional(Leaf.Timestamp),
  endScheduleAt: Schema.optional(Leaf.Timestamp),
  frequencyDetails: Schema.optional(Schedules.FrequencyDetails)
})

/**
 * The schedule of a task.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskSchedule {
  /** Absent on Tableau Cloud, where a schedule is its task's own. */
  readonly id?: ScheduleId | undefined
  readonly name?: string | undefined
  /** `Active` or `Suspended`. */
  readonly state?: string | undefined
  /** Such as `Extract`, `Subscription` or `Flow`. */
  readonly type?: string | undefined
  /** `Hourly`, `Daily`, `Weekly` or `Monthly`. */
  readonly frequency?: string | undefined
  /** From 1, which comes first, to 100. */
  readonly priority?: number | undefined
  /** `Parallel` or `Serial`. */
  readonly executionOrder?: string | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly nextRunAt?: DateTime.Utc | undefined
  readonly endScheduleAt?: DateTime.Utc | undefined
  readonly frequencyDetails?: Schedules.FrequencyDetails | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskScheduleEncoded extends Schema.Struct.Encoded<(typeof taskSchedule)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const TaskSchedule: Schema.Schema<TaskSchedule, TaskScheduleEncoded> = taskSchedule

const struct = Schema.Struct({
  id: TaskId,
  type: Schema.optional(Schema.String),
  priority: Schema.optional(Leaf.Integer),
  incremental: Schema.optional(Leaf.Flag),
  consecutiveFailedCount: Schema.optional(Leaf.Integer),
  schedule: Schema.optional(TaskSchedule),
  workbook: Schema.optional(References.WorkbookReference),
  datasource: Schema.optional(References.DatasourceReference),
  view: Schema.optional(References.ViewReference)
})

/**
 * A task that refreshes the extract of a workbook or a data source. Only `id` is surely there: what the server leaves
 * out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExtractRefreshTask {
  readonly id: TaskId
  /** `RefreshExtractTask` or `IncrementExtractTask`. */
  readonly type?: string | undefined
  /** From 1, which comes first, to 100. */
  readonly priority?: number | undefined
  readonly incremental?: boolean | undefined
  readonly consecutiveFailedCount?: number | undefined
  readonly schedule?: TaskSchedule | undefined
  /** What is refreshed: one of these. */
  readonly workbook?: References.WorkbookReference | undefined
  readonly datasource?: References.DatasourceReference | undefined
  readonly view?: References.ViewReference | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExtractRefreshTaskEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const ExtractRefreshTask: Schema.Schema<ExtractRefreshTask, ExtractRefreshTaskEncoded> = struct

const extract = Schema.Struct({
  id: TaskId,
  type: Schema.optional(Schema.String),
  priority: Schema.optional(Leaf.Integer),
  workbook: Schema.optional(References.WorkbookReference),
  datasource: Schema.optional(References.DatasourceReference)
})

/**
 * An extract refresh task in the older form that `listForSchedule` gives. Only `id` is surely there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extract {
  readonly id: TaskId
  /** `FullRefresh` or `IncrementalRefresh`. */
  readonly type?: string | undefined
  /** From 1, which comes first, to 100. */
  readonly priority?: number | undefined
  /** What is refreshed: one of these. */
  readonly workbook?: References.WorkbookReference | undefined
  readonly datasource?: References.DatasourceReference | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExtractEncoded extends Schema.Struct.Encoded<(typeof extract)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Extract: Schema.Schema<Extract, ExtractEncoded> = extract

const Task = Schema.Struct({ extractRefresh: ExtractRefreshTask })

const getExtractRefreshTasks = Endpoint.make({
  name: "Tasks.list",
  method: "GET",
  path: "/sites/{siteId}/tasks/extractRefreshes",
  since: "2.6",
  scopes: ["tableau:tasks:read"],
  success: Schema.Struct({ tasks: Leaf.list("task", Task) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#list_extract_refresh_tasks"
})

const getExtractRefreshTask = Endpoint.make({
  name: "Tasks.get",
  method: "GET",
  path: "/sites/{siteId}/tasks/extractRefreshes/{taskId}",
  since: "2.6",
  scopes: ["tableau:tasks:read"],
  success: Schema.Struct({ task: Task }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get_extract_refresh_task"
})

const queryExtractRefreshTasks = Endpoint.make({
  name: "Tasks.listForSchedule",
  method: "GET",
  path: "/sites/{siteId}/schedules/{scheduleId}/extracts",
  since: "2.2",
  scopes: ["tableau:tasks:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({
    pagination: Schema.optional(Paging.Pagination),
    extracts: Leaf.list("extract", Extract)
  }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_extract_refresh_tasks"
})

/**
 * The extract refresh tasks on the session's site, in one answer.
 *
 * A task that cannot be read is left out, with a warning in the log.
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
export const list = (): Effect.Effect<ReadonlyArray<ExtractRefreshTask>, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(getExtractRefreshTasks, {}), ({ tasks }) =>
    tasks.map(({ extractRefresh }) => extractRefresh)
  )

/**
 * One extract refresh task by its id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get_extract_refresh_task
 * @since 0.1.0
 * @category operations
 */
export const get = (taskId: TaskId): Effect.Effect<ExtractRefreshTask, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(getExtractRefreshTask, { taskId }), ({ task }) => task.extractRefresh)

/**
 * The extract refresh tasks of one of the server's schedules. The first page has come when this returns; the stream
 * asks for each further page once, and stays on the site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_extract_refresh_tasks
 * @since 0.1.0
 * @category operations
 */
export const listForSchedule = (
  scheduleId: ScheduleId,
  options?: PageOptions
): Effect.Effect<Listing<Extract>, OperationError, TableauSession> =>
  Paging.listing(
    queryExtractRefreshTasks,
    { scheduleId },
    ({ pagination, extracts }) => ({ pagination, items: extracts }),
    options
  )
