import { Ids, type Tasks } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

const extracts = '<extracts><extract id="t1" type="FullRefresh"/></extracts>'

const created = `<extractRefresh id="t1" priority="50" type="IncrementalExtractTask"><workbook id="w1"/></extractRefresh>
  <schedule id="s1" frequency="Hourly" nextRunAt="2026-01-31T12:05:00-0800"/>`

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
  },
  create: {
    args: [
      {
        workbookId: Ids.WorkbookId.make("w1"),
        type: "IncrementalRefresh",
        schedule: {
          frequency: "Hourly",
          frequencyDetails: { start: "06:05:00", end: "18:05:00", intervals: [{ hours: 1 }, { weekDay: "Monday" }] }
        }
      }
    ],
    request: `POST ${site}/tasks/extractRefreshes`,
    body:
      '<tsRequest><extractRefresh type="IncrementalRefresh"><workbook id="w1" /></extractRefresh><schedule frequency="Hourly">' +
      '<frequencyDetails start="06:05:00" end="18:05:00"><intervals><interval hours="1" /><interval weekDay="Monday" />' +
      "</intervals></frequencyDetails></schedule></tsRequest>",
    response: created,
    result: {
      id: "t1",
      priority: 50,
      type: "IncrementalExtractTask",
      workbook: { id: "w1" },
      schedule: { id: "s1", frequency: "Hourly", nextRunAt: "2026-01-31T20:05:00.000Z" }
    },
    // Tableau Cloud says the schedule inside of tasks, too.
    others: [
      [
        '<extractRefresh id="t1"><schedule frequency="Daily"/></extractRefresh>',
        { id: "t1", schedule: { frequency: "Daily" } }
      ],
      ['<extractRefresh id="t1"/>', { id: "t1" }]
    ]
  },
  update: {
    args: [
      Ids.TaskId.make("t1"),
      { schedule: { frequency: "Monthly", frequencyDetails: { start: "23:00:00", intervals: [{ monthDay: 1 }] } } }
    ],
    request: `POST ${site}/tasks/extractRefreshes/t1`,
    body:
      '<tsRequest><schedule frequency="Monthly"><frequencyDetails start="23:00:00"><intervals><interval monthDay="1" />' +
      "</intervals></frequencyDetails></schedule></tsRequest>",
    response: '<extractRefresh id="t1"/><schedule frequency="Monthly"/>',
    result: { id: "t1", schedule: { frequency: "Monthly" } }
  },
  delete: {
    args: [Ids.TaskId.make("t1")],
    request: `DELETE ${site}/tasks/extractRefreshes/t1`,
    response: { status: 204 },
    result: undefined
  },
  addWorkbookToSchedule: {
    args: [Ids.ScheduleId.make("sc1"), Ids.WorkbookId.make("w1")],
    request: `PUT ${site}/schedules/sc1/workbooks`,
    body: '<tsRequest><task><extractRefresh><workbook id="w1" /></extractRefresh></task></tsRequest>',
    response:
      '<task><extractRefresh id="t1" priority="50"><schedule id="sc1" name="Night"/><workbook id="w1"/></extractRefresh></task>',
    result: { id: "t1", priority: 50, schedule: { id: "sc1", name: "Night" }, workbook: { id: "w1" } }
  },
  addDatasourceToSchedule: {
    args: [Ids.ScheduleId.make("sc1"), Ids.DatasourceId.make("d1")],
    request: `PUT ${site}/schedules/sc1/datasources`,
    body: '<tsRequest><task><extractRefresh><datasource id="d1" /></extractRefresh></task></tsRequest>',
    response:
      '<task><extractRefresh id="t1"><datasource id="d1"/></extractRefresh></task><warnings><warning/></warnings>',
    result: { id: "t1", datasource: { id: "d1" } }
  },
  run: {
    args: [Ids.TaskId.make("t1")],
    request: `POST ${site}/tasks/extractRefreshes/t1/runNow`,
    body: "<tsRequest />",
    response: '<job id="j1" mode="Asynchronous" type="RefreshExtract"/>',
    result: { id: "j1", mode: "Asynchronous", type: "RefreshExtract" }
  }
}
