/** Requests as other clients of Tableau send them, one after the other, with the bytes that differ from ours. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { admin, attribute, code, errorOf, type Options, send, signIn } from "../support/http.js"

const emptyRequest = "<tsRequest />"

const python = (url: string) =>
  Effect.map(signIn(url, admin), ({ siteId, token }) => {
    const headers = { "x-tableau-auth": token, "Content-Type": "text/xml", "User-Agent": "Tableau Server Client/0.40" }
    const request = (path: string, options: Options = {}) =>
      send(`${url}/api/3.27/sites/${siteId}/${path}`, { headers, ...options })
    /** `jobs.wait_for_job`: polls until `completedAt`, at first after 0.5 s. Returns the finish code and the number of polls. */
    const waitForJob = Effect.fn(function* (id: string) {
      for (let polls = 1, interval = 500; ; polls += 1, interval = Math.min(30_000, interval * 1.4)) {
        const { text } = yield* request(`jobs/${id}`)
        // The client reads the work of a job by this expression.
        expect(text).toMatch(/<extractRefreshJob><notes(\/>|>[^<]*<\/notes>)<(workbook|datasource) id="/)
        if (attribute(text, "job", "completedAt") !== "") return [attribute(text, "job", "finishCode"), polls]
        yield* TestClock.adjust(interval)
      }
    })
    return { request, waitForJob }
  })

it.scoped("the Python client refreshes a workbook and waits for the job", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, waitForJob } = yield* python(url)
    const list = yield* request("workbooks?filter=name%3Aeq%3ASuperstore&pageNumber=1&pageSize=100")
    const path = `workbooks/${attribute(list.text, "workbook", "id")}/refresh`
    const started = yield* request(path, { body: emptyRequest })
    expect([started.status, attribute(started.text, "job", "mode")]).toEqual([202, "Asynchronous"])
    // The client reads the code of the second refresh, and warns that one is queued.
    expect(errorOf(yield* request(path, { body: emptyRequest }))).toEqual([409, "409093"])
    expect(yield* waitForJob(attribute(started.text, "job", "id"))).toEqual(["0", 3])
    expect((yield* request(path, { body: emptyRequest })).status).toBe(202)
  })
)

it.scoped("the Python client runs and deletes a task, and changes a workbook, a data source and connections", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, waitForJob } = yield* python(url)
    const tasks = yield* request("tasks/extractRefreshes")
    const task = `tasks/extractRefreshes/${attribute(tasks.text, "extractRefresh", "id")}`
    const started = yield* request(`${task}/runNow`, { body: emptyRequest })
    expect(yield* waitForJob(attribute(started.text, "job", "id"))).toEqual(["0", 3])
    expect((yield* request(task, { method: "DELETE" })).status).toBe(204)
    const workbook = attribute((yield* request("workbooks")).text, "workbook", "id")
    const owner = attribute((yield* request("users")).text, "user", "id")
    const project = attribute((yield* request("projects")).text, "project", "id")
    const changed = yield* request(`workbooks/${workbook}?includeViewAccelerationStatus=True`, {
      method: "PUT",
      body:
        `<tsRequest><workbook name="Renamed" showTabs="true"><project id="${project}" /><owner id="${owner}" />` +
        '<dataFreshnessPolicy option="AlwaysLive" /></workbook></tsRequest>'
    })
    expect([changed.status, attribute(changed.text, "dataFreshnessPolicy", "option")]).toEqual([200, "AlwaysLive"])
    const datasource = attribute((yield* request("datasources")).text, "datasource", "id")
    const moved = yield* request(`datasources/${datasource}`, {
      method: "PUT",
      body:
        `<tsRequest><datasource isCertified="false"><project id="${project}" /><owner id="${owner}" />` +
        "</datasource></tsRequest>"
    })
    expect(moved.status).toBe(200)
    const connections = `datasources/${datasource}/connections`
    const connection = attribute((yield* request(connections)).text, "connection", "id")
    const one = yield* request(`${connections}/${connection}`, {
      method: "PUT",
      body:
        '<tsRequest><connection serverAddress="bar" serverPort="9876" userName="foo" password="p&amp;w" ' +
        'embedPassword="true" queryTaggingEnabled="true" /></tsRequest>'
    })
    expect(one.text).toMatch(/<connection id="[^"]+" type="\w+" serverAddress="bar" serverPort="9876" userName="foo"/)
    const several = yield* request(connections, {
      method: "PUT",
      body:
        `<tsRequest><connectionLUIDs><connectionLUID>${connection}</connectionLUID></connectionLUIDs>` +
        '<connection authenticationType="auth-keypair" userName="u" password="p" embedPassword="true" /></tsRequest>'
    })
    expect(several.text).toMatch(/<connections><connection id=.* authenticationType="auth-keypair"/)
  })
)

it.scoped("tabcmd refreshes extracts by name and by URL, waits for them, and deletes content", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, waitForJob } = yield* python(url)
    const found = [
      ["workbook", "workbooks?filter=name:eq:Superstore"],
      ["workbook", "workbooks?filter=contentUrl:eq:Workbook5"],
      ["datasource", "datasources?filter=name:eq:Data+source+2"]
    ] as const
    for (const [kind, path] of found) {
      const id = attribute((yield* request(path)).text, kind, "id")
      const started = yield* request(`${kind}s/${id}/refresh`, { body: emptyRequest })
      expect(yield* waitForJob(attribute(started.text, "job", "id"))).toEqual(["0", 3])
      expect((yield* request(`${kind}s/${id}`, { method: "DELETE" })).status).toBe(204)
      // tabcmd prints 404 for content that its search does not find.
      expect(attribute((yield* request(path)).text, kind, "id")).toBe("")
      expect((yield* request(`${kind}s/${id}`, { method: "DELETE" })).status).toBe(404)
    }
    const view = attribute((yield* request("views?filter=contentUrl:eq:Workbook7/sheets/Details")).text, "view", "id")
    const image = yield* request(`views/${view}/image?maxAge=0&vizHeight=480&vizWidth=640`)
    expect([image.status, image.headers["content-type"]]).toEqual([200, "image/png"])
    expect(code(yield* request(`views/${view}/image?maxAge=-2`))).toBe("400008")
  })
)

it.scoped("tableau-mcp reads workbooks, changes and deletes tasks, and follows jobs, all in JSON", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cloud: true })
    const { siteId, token } = yield* signIn(url, admin, "MarketingTeam")
    const json = (path: string, method = "GET", body?: unknown) =>
      Effect.map(
        send(`${url}/api/3.24/sites/${siteId}/${path}`, {
          token,
          method,
          headers: { accept: "application/json", "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        }),
        ({ status, text }) => ({ status, body: text === "" ? undefined : JSON.parse(text) })
      )
    const { workbooks } = (yield* json("workbooks")).body
    const [{ id }] = workbooks.workbook
    const { workbook } = (yield* json(`workbooks/${id}`)).body
    for (const view of workbook.views.view) {
      expect(view).toMatchObject({ createdAt: expect.stringMatching(/Z$/), updatedAt: expect.stringMatching(/Z$/) })
    }
    const unknown = yield* json("tasks/extractRefreshes/0000aaaa-0000-0000-0000-000000000000", "DELETE")
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "404026", detail: expect.any(String) } } })
    const schedule = {
      frequency: "Weekly",
      frequencyDetails: { start: "06:00:00", intervals: { interval: [{ weekDay: "Monday" }] } }
    }
    const extractRefresh = { type: "FullRefresh", workbook: { id } }
    const created = (yield* json("tasks/extractRefreshes", "POST", { extractRefresh, schedule })).body
    expect(created).toMatchObject({ extractRefresh: { workbook: { id } }, schedule })
    const task = `tasks/extractRefreshes/${created.extractRefresh.id}`
    const moved = { ...schedule, frequency: "Daily" }
    moved.frequencyDetails = { start: "07:00:00", intervals: { interval: [] } }
    expect((yield* json(task, "POST", { schedule: moved })).body).toMatchObject({ error: { code: "409004" } })
    const started = (yield* json(`${task}/runNow`, "POST", {})).body.job
    expect(started).toMatchObject({ type: "RefreshExtract", mode: "Asynchronous" })
    yield* TestClock.adjust("1 second")
    expect((yield* json(`jobs/${started.id}`)).body.job).toMatchObject({
      finishCode: "0",
      progress: "100",
      extractRefreshJob: { notes: expect.any(String), workbook: { id } }
    })
    const { tasks } = (yield* json("tasks/extractRefreshes")).body
    expect(tasks.task.at(-1)).toMatchObject({ extractRefresh: { id: created.extractRefresh.id, schedule } })
    expect((yield* json(task, "DELETE")).status).toBe(204)
    expect((yield* json(`workbooks/${id}`, "DELETE")).status).toBe(204)
    expect((yield* json(`workbooks/${id}`, "DELETE")).status).toBe(404)
  })
)
