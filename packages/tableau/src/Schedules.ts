/**
 * Schedules of Tableau Server: when it refreshes extracts, runs flows and sends subscriptions. They belong to the server
 * and are the same on each site. Tableau Cloud has none: there, each task has a schedule of its own.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ScheduleId } from "./Ids.js"
import * as Operation from "./Operation.js"
import type { PageOptions } from "./Query.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const frequencyDetails = Xml.struct(
  {},
  {
    /** The time of day, in the server's time zone, for example `06:00:00`. */
    start: Schema.String,
    end: Schema.String,
    /** Each interval has one property: a day, or the time from one run to the next. */
    intervals: Xml.list(
      "interval",
      Xml.struct({}, { hours: Xml.Integer, minutes: Xml.Integer, weekDay: Schema.String, monthDay: Schema.String })
    )
  }
)

/**
 * At which times of its day, week or month a schedule runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface FrequencyDetails extends Xml.TypeOf<typeof frequencyDetails> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const FrequencyDetails: Xml.Model<FrequencyDetails, typeof frequencyDetails> = frequencyDetails

const schedule = Xml.struct(
  { id: ScheduleId },
  {
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
    /** Absent in lists. */
    frequencyDetails: FrequencyDetails
  }
)

/**
 * A schedule. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Schedule extends Xml.TypeOf<typeof schedule> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Schedule: Xml.Model<Schedule, typeof schedule> = schedule

/**
 * Lists the schedules of the server. `Tasks.listForSchedule` lists the tasks of one.
 *
 * @example
 * ```ts
 * import { Schedules } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items } = yield* Schedules.list()
 *   yield* Stream.runForEach(items, ({ frequency, name }) => Console.log(`${name}: ${frequency}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_schedules
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Schedules.list",
  request: "GET /schedules",
  since: "2.2",
  deployment: "Server",
  scope: "tableau:schedules:read",
  input: (options?: PageOptions) => ({ options }),
  response: Response.page("schedules", "schedule", Schedule)
})

/**
 * The schedules of the server, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns one schedule, with its days and times.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#get-schedule
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Schedules.get",
  request: "GET /schedules/{scheduleId}",
  since: "3.8",
  deployment: "Server",
  scope: "tableau:schedules:read",
  input: (scheduleId: ScheduleId) => ({ scheduleId }),
  response: Response.element("schedule", Schedule)
})
