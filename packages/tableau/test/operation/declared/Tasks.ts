import * as Schema from "effect/Schema"
import { type Ids, Operation, Response, Tasks } from "effect-tableau"

export type Content =
  | { readonly workbook: { readonly id: Ids.WorkbookId } }
  | { readonly datasource: { readonly id: Ids.DatasourceId } }

export interface CloudSchedule {
  readonly frequency: "Hourly" | "Daily" | "Weekly" | "Monthly"
  readonly start: string
  readonly end?: string
  readonly intervals: ReadonlyArray<
    { readonly hours: number } | { readonly minutes: 60 } | { readonly weekDay: string } | { readonly monthDay: string }
  >
}

/** Creates an extract refresh task with a schedule of its own. */
export const createCloud = Operation.make({
  name: "Tasks.createCloud",
  request: "POST /sites/{siteId}/tasks/extractRefreshes",
  since: "3.20",
  deployment: "Cloud",
  scope: "tableau:tasks:create",
  input: (content: Content, schedule: CloudSchedule, options: { readonly incremental?: boolean } = {}) => ({
    xml: {
      extractRefresh: { type: options.incremental ? "IncrementalRefresh" : "FullRefresh", ...content },
      schedule: {
        frequency: schedule.frequency,
        frequencyDetails: { start: schedule.start, end: schedule.end, intervals: { interval: schedule.intervals } }
      }
    }
  }),
  response: Response.elements(
    Schema.Struct({ extractRefresh: Tasks.ExtractRefreshTask, schedule: Schema.optional(Tasks.TaskSchedule) })
  )
})
