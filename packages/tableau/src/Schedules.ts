/**
 * Schedules of Tableau Server: when extracts are refreshed, flows run, and subscriptions sent. They are the server's,
 * and the same on each site; Tableau Cloud has none, there each task has its own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ScheduleId } from "./Ids.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type { Listing, PageOptions } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const frequencyDetails = Schema.Struct({
  start: Schema.optional(Schema.String),
  end: Schema.optional(Schema.String),
  intervals: Schema.optional(
    Leaf.list(
      "interval",
      Schema.Struct({
        hours: Schema.optional(Leaf.Integer),
        minutes: Schema.optional(Leaf.Integer),
        weekDay: Schema.optional(Schema.String),
        monthDay: Schema.optional(Schema.String)
      })
    )
  )
})

/**
 * When in its day, week or month a schedule runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface FrequencyDetails {
  /** The time of day, in the server's zone, such as `06:00:00`. */
  readonly start?: string | undefined
  readonly end?: string | undefined
  /** Each says one thing: a day, or how long from one run to the next. */
  readonly intervals?:
    | ReadonlyArray<{
        readonly hours?: number | undefined
        readonly minutes?: number | undefined
        readonly weekDay?: string | undefined
        readonly monthDay?: string | undefined
      }>
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface FrequencyDetailsEncoded extends Schema.Struct.Encoded<(typeof frequencyDetails)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const FrequencyDetails: Schema.Schema<FrequencyDetails, FrequencyDetailsEncoded> = frequencyDetails

const struct = Schema.Struct({
  id: ScheduleId,
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
  frequencyDetails: Schema.optional(FrequencyDetails)
})

/**
 * A schedule. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Schedule {
  readonly id: ScheduleId
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
  /** Not in lists. */
  readonly frequencyDetails?: FrequencyDetails | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduleEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Schedule: Schema.Schema<Schedule, ScheduleEncoded> = struct

const querySchedules = Endpoint.make({
  name: "Schedules.list",
  method: "GET",
  path: "/schedules",
  since: "2.2",
  scopes: ["tableau:schedules:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, schedules: Leaf.list("schedule", Schedule) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_schedules"
})

const getSchedule = Endpoint.make({
  name: "Schedules.get",
  method: "GET",
  path: "/schedules/{scheduleId}",
  since: "3.8",
  scopes: ["tableau:schedules:read"],
  success: Schema.Struct({ schedule: Schedule }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get-schedule"
})

/**
 * The schedules of the server: how many there are, and a stream of them all. The first page has come when this returns;
 * the stream asks for each further page once, and stays on the site.
 *
 * A schedule that cannot be read is left out, with a warning in the log. `Tasks.listForSchedule` has the tasks of one.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_schedules
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: PageOptions): Effect.Effect<Listing<Schedule>, OperationError, TableauSession> =>
  Paging.listing(querySchedules, {}, ({ pagination, schedules }) => ({ pagination, items: schedules }), options)

/**
 * One schedule by its id, with its days and times.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get-schedule
 * @since 0.1.0
 * @category operations
 */
export const get = (scheduleId: ScheduleId): Effect.Effect<Schedule, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(getSchedule, { scheduleId }), ({ schedule }) => schedule)
