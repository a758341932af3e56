import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, errorOf, ids, viewer } from "../support/http.js"

const weekly = (day: string) =>
  `<schedule frequency="Weekly"><frequencyDetails start="06:30:00"><intervals><interval weekDay="${day}"/></intervals></frequencyDetails></schedule>`

it.scoped("a task runs as a job that a second run does not double", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    const [full = ""] = ids(yield* request("tasks/extractRefreshes"), "extractRefresh")
    const run = (id: string) => post(`tasks/extractRefreshes/${id}/runNow`, "")
    const started = yield* run(full)
    expect(started.status).toBe(200)
    expect(started.text).toMatch(/<job id="[^"]+" mode="Asynchronous" type="RefreshExtract" createdAt="[^"]+"\/>/)
    const job = attribute(started.text, "job", "id")
    expect(errorOf(yield* run(full))).toEqual([409, "409093"])
    expect((yield* request(`jobs/${job}`)).text).toContain('name="Superstore"')
    yield* TestClock.adjust("1 second")
    expect(attribute((yield* request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
    expect((yield* run(full)).status).toBe(200)
    expect(errorOf(yield* run("x"))).toEqual([404, "404026"])
  })
)

it.scoped("each task of the demo content runs, however few workbooks there are", () =>
  Effect.gen(function* () {
    for (const workbooks of [1, 6, 120]) {
      const { url } = yield* Simulator.make({ workbooks })
      const { post, request } = yield* client(url)
      const tasks = ids(yield* request("tasks/extractRefreshes"), "extractRefresh")
      expect(tasks).toHaveLength(Math.min(6, workbooks))
      for (const id of tasks) expect((yield* post(`tasks/extractRefreshes/${id}/runNow`, "")).status).toBe(200)
    }
  })
)

it.scoped("on Tableau Server a task is added to a schedule and deleted", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { put, remove, request, post } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [extract = "", , subscription = ""] = ids(yield* request("/schedules"), "schedule")
    for (const kind of ["workbook", "datasource"]) {
      const [id = ""] = ids(yield* request(`${kind}s`), kind)
      const body = `<task><extractRefresh><${kind} id="${id}"/></extractRefresh></task>`
      const added = yield* put(`schedules/${extract}/${kind}s`, body)
      expect(added.status).toBe(200)
      expect(added.text).toMatch(
        new RegExp(`type="RefreshExtractTask".*<schedule id="${extract}" name=.*<${kind} id="${id}"`)
      )
      const task = attribute(added.text, "extractRefresh", "id")
      expect(ids(yield* request(`schedules/${extract}/extracts`), "extract")).toContain(task)
      expect(errorOf(yield* vera.put(`schedules/${extract}/${kind}s`, body))).toEqual([403, "403032"])
      expect(errorOf(yield* vera.remove(`tasks/extractRefreshes/${task}`))).toEqual([403, "403032"])
      expect(errorOf(yield* put(`schedules/${subscription}/${kind}s`, body))).toEqual([400, "400047"])
      expect(errorOf(yield* put(`schedules/x/${kind}s`, body))).toEqual([404, "404023"])
      expect(errorOf(yield* put(`schedules/${extract}/${kind}s`, "<task/>"))).toEqual([400, "400000"])
      expect((yield* remove(`tasks/extractRefreshes/${task}`)).status).toBe(204)
      expect(errorOf(yield* remove(`tasks/extractRefreshes/${task}`))).toEqual([404, "404026"])
    }
    const unknown = '<task><extractRefresh><workbook id="x"/></extractRefresh></task>'
    expect(errorOf(yield* put(`schedules/${extract}/workbooks`, unknown))).toEqual([404, "404006"])
    expect((yield* post("tasks/extractRefreshes", weekly("Monday"))).status).toBe(404)
  })
)

it.scoped("on Tableau Cloud a task has a schedule of its own", () =>
  Effect.gen(function* () {
    const { certificate, url } = yield* Simulator.make({ cloud: true })
    expect(certificate).toBe(undefined)
    const { post, put, remove, request } = yield* client(url, undefined, "MarketingTeam")
    const [workbook = ""] = ids(yield* request("workbooks"), "workbook")
    const path = "tasks/extractRefreshes"
    const refresh = (type: string) => `<extractRefresh type="${type}"><workbook id="${workbook}"/></extractRefresh>`
    const created = yield* post(path, refresh("FullRefresh") + weekly("Monday"))
    expect(created.status).toBe(200)
    expect(created.text).toMatch(
      /<\/extractRefresh><schedule .*nextRunAt="[^"]+-0700"><frequencyDetails start="06:30:00">/
    )
    const id = attribute(created.text, "extractRefresh", "id")
    const read = Effect.map(request(`${path}/${id}`), ({ text }) => text)
    expect(yield* read).toMatch(/<schedule frequency="Weekly" nextRunAt=.*<interval weekDay="Monday"\/>/)
    const changed = yield* post(`${path}/${id}`, `<extractRefresh type="IncrementalRefresh"/>${weekly("Friday")}`)
    expect(changed.status).toBe(200)
    expect(yield* read).toMatch(/type="IncrementExtractTask".*<interval weekDay="Friday"\/>.*<workbook /)
    expect((yield* put(`${path}/${id}`, weekly("Friday"))).status).toBe(405)
    expect(errorOf(yield* post(`${path}/x`, weekly("Friday")))).toEqual([404, "404026"])
    expect(errorOf(yield* post(path, refresh("FullRefresh")))).toEqual([409, "409004"])
    expect(errorOf(yield* post(path, refresh("Sometimes") + weekly("Monday")))).toEqual([400, "400000"])
    expect((yield* remove(`${path}/${id}`)).status).toBe(204)
    // The tasks of the demo content have schedules without ids there.
    expect((yield* request(path)).text).not.toContain("<schedule id=")
  })
)

it.scoped("a schedule whose intervals do not fit its frequency is refused with 409004", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cloud: true })
    const { post, request } = yield* client(url, undefined, "MarketingTeam")
    const [workbook = ""] = ids(yield* request("workbooks"), "workbook")
    const create = (frequency: string, times: string, ...intervals: ReadonlyArray<string>) =>
      post(
        "tasks/extractRefreshes",
        `<extractRefresh type="FullRefresh"><workbook id="${workbook}"/></extractRefresh>` +
          `<schedule frequency="${frequency}"><frequencyDetails ${times}><intervals>` +
          `${intervals.map((interval) => `<interval ${interval}/>`).join("")}</intervals></frequencyDetails></schedule>`
      )
    const day = 'weekDay="Monday"'
    const accepted = [
      create("Hourly", 'start="06:00:00" end="18:00:00"', 'hours="1"', day, 'weekDay="Friday"'),
      create("Hourly", 'start="06:00:00" end="18:00:00"', 'minutes="60"', day),
      create("Daily", 'start="06:05:00"', 'hours="24"', day),
      create("Daily", 'start="06:05:00" end="18:05:00"', 'hours="4"', day),
      create("Monthly", 'start="06:00:00"', 'monthDay="1"', 'monthDay="31"'),
      create("Monthly", 'start="06:00:00"', 'monthDay="LastDay"'),
      create("Monthly", 'start="06:00:00"', 'monthDay="Third" weekDay="Thursday"')
    ]
    for (const request of accepted) expect((yield* request).status).toBe(200)
    const refused = [
      create("Hourly", 'start="06:00:00"', 'hours="1"', day),
      create("Hourly", 'start="06:00:00" end="18:00:00"', 'hours="2"', day),
      create("Daily", 'start="06:00:00"', day),
      create("Daily", 'start="06:00:00"', 'hours="4"', day),
      create("Daily", 'start="06:00:00" end="18:30:00"', 'hours="4"', day),
      create("Weekly", 'start="06:00:00"', day, 'weekDay="Friday"'),
      create("Weekly", 'start="06:03:00"', day),
      create("Weekly", 'end="06:00:00"', day),
      create("Weekly", 'start="06:00:00"', 'weekDay="Someday"'),
      create("Monthly", 'start="06:00:00"', 'monthDay="32"'),
      create("Monthly", 'start="06:00:00"'),
      create("Yearly", 'start="06:00:00"', day)
    ]
    for (const request of refused) expect(errorOf(yield* request)).toEqual([409, "409004"])
  })
)
