import { Ids, type Jobs } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

export const samples: SamplesOf<typeof Jobs> = {
  list: {
    args: [],
    request: `GET ${site}/jobs?sort=createdAt%3Aasc&${firstPage}`,
    response: paged(
      1,
      '<backgroundJobs><backgroundJob id="j1" status="Dreaming" startedAt="" priority="50"/></backgroundJobs>'
    ),
    result: one({ id: "j1", status: "Dreaming", priority: 50 }),
    files: { job_get: 1 }
  },
  get: {
    args: [Ids.JobId.make("j1")],
    request: `GET ${site}/jobs/j1`,
    response: `<job id="j1" finishCode="1" completedAt=""><statusNotes>more<statusNote type="T" value="5" text="x"/></statusNotes>
      <extractRefreshJob><notes>it failed &amp; fell</notes><view id="v"/></extractRefreshJob>
      <runFlowJobType flowRunId="r"><flow id="f"/></runFlowJobType></job>`,
    result: {
      id: "j1",
      finishCode: 1,
      statusNotes: [{ type: "T", value: "5", text: "x" }],
      extractRefreshJob: { notes: "it failed & fell", view: { id: "v" } },
      runFlowJobType: { flowRunId: "r", flow: { id: "f" } }
    },
    files: {
      job_get_by_id_completed: 1,
      job_get_by_id_failed: 1,
      datasource_refresh: 1,
      workbook_refresh: 1,
      flow_refresh: 1,
      tasks_run_now_response: 1
    }
  },
  cancel: {
    args: [Ids.JobId.make("j1")],
    request: `PUT ${site}/jobs/j1`,
    response: "",
    result: undefined
  }
}
