import { Ids, type Tasks } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

const extracts = '<extracts><extract id="t1" type="FullRefresh"/></extracts>'

export const samples: SamplesOf<typeof Tasks> = {
  list: {
    args: [],
    request: `GET ${site}/tasks/extractRefreshes`,
    response: `<tasks><task><extractRefresh id="1"/></task>
      <task><extractRefresh id="2" consecutiveFailedCount="3" incremental="FALSE">
      <schedule frequency="Daily" nextRunAt=""><frequencyDetails start="01:00:00"/></schedule><view id="v"/></extractRefresh></task></tasks>`,
    result: [
      { id: "1" },
      {
        id: "2",
        consecutiveFailedCount: 3,
        incremental: false,
        view: { id: "v" },
        schedule: { frequency: "Daily", frequencyDetails: { start: "01:00:00" } }
      }
    ],
    others: [["", []]],
    files: {
      tasks_with_datasource: 1,
      tasks_with_interval: 1,
      tasks_with_workbook: 1,
      tasks_with_workbook_and_datasource: 3
    }
  },
  get: {
    args: [Ids.TaskId.make("t1")],
    request: `GET ${site}/tasks/extractRefreshes/t1`,
    response: '<task><extractRefresh id="t1"><workbook id="w"/></extractRefresh></task>',
    result: { id: "t1", workbook: { id: "w" } }
  },
  listForSchedule: {
    args: [Ids.ScheduleId.make("sc1")],
    request: `GET ${site}/schedules/sc1/extracts?${firstPage}`,
    response: paged(1, extracts),
    result: one({ id: "t1", type: "FullRefresh" }),
    // Some servers send it without <pagination>.
    others: [[extracts, one({ id: "t1", type: "FullRefresh" })]],
    files: { schedule_get_extract_refresh_tasks: 2 }
  }
}
