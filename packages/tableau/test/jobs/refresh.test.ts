import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Extracts, Ids, Jobs, Operation, Tasks, Workbooks } from "effect-tableau"
import {
  errorResponse,
  type Script,
  type ScriptedRequest,
  type ScriptedResponse,
  xml
} from "../../../../test/support/scriptedServer.js"
import { onSession } from "../../../../test/support/session.js"
import { element, pagination } from "../../../../test/support/xml.js"
import { listed, onServer, throughTime } from "./polling.js"

const w1 = Ids.WorkbookId.make("w1")
const start = "POST /sites/s/workbooks/w1/refresh"
const content = "GET /sites/s/workbooks/w1"
const pending = "GET /sites/s/jobs?filter=status:eq:Pending"
const inProgress = "GET /sites/s/jobs?filter=status:eq:InProgress"

const queued = errorResponse(409, "409093", "Conflict", "An extract operation is already queued")

/** A refresh job of a workbook. */
const refreshing = (id: string, workbook = "w1", completedAt?: string): ScriptedResponse =>
  xml(element("job", { id, completedAt }, element("extractRefreshJob", {}, element("workbook", { id: workbook }))))

const started = refreshing("new")

const listedJob = (id: string, title: string, minute = 0, jobType = "refresh_extracts") => ({
  id,
  title,
  jobType,
  createdAt: `2026-01-31T12:${String(minute).padStart(2, "0")}:00Z`
})

/** A server on which a refresh of the workbook `Sales` is queued. */
const conflicting = (script: Script): Script => ({
  [start]: queued,
  [content]: xml(element("workbook", { id: "w1", name: "Sales" })),
  [pending]: listed(),
  [inProgress]: listed(),
  ...script
})

const get = (id: string) => `GET /sites/s/jobs/${id}`

const gets = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("GET /sites/s/jobs/"))
const starts = (lines: ReadonlyArray<string>) => lines.filter((line) => line === start)

describe("refresh", () => {
  it.scoped("an incremental refresh needs API version 3.28", () =>
    Effect.gen(function* () {
      const incremental = Workbooks.refresh(w1, { incremental: true })
      const { calls, value } = yield* onServer(incremental, { [start]: started })
      expect(value).toMatchObject({ id: "new" })
      expect(calls[0]?.body).toBe('<tsRequest><extractRefresh incremental="true" /></tsRequest>')
      const older = yield* onServer(incremental, { [start]: started }, { apiVersion: "3.27" })
      expect(older.error).toMatchObject({ _tag: "VersionUnsupported", required: "3.28" })
      expect(older.calls).toEqual([])
    })
  )

  const unknown: ReadonlyArray<readonly [name: string, response: ScriptedResponse]> = [
    ["a lost response", { ending: "reset" }],
    ["504", { status: 504 }],
    ["a response that is cut off", { status: 202, body: "<tsResponse", ending: "close" }]
  ]
  it.scoped.each(unknown)("a refresh with unknown outcome (%s) is sent once, also by refreshOrJoin", ([, response]) =>
    Effect.gen(function* () {
      for (const refresh of [Workbooks.refresh, Workbooks.refreshOrJoin]) {
        const { error, lines } = yield* onServer(refresh(w1), conflicting({ [start]: response }), { retry: {} })
        expect(error).toMatchObject({ operation: "Workbooks.refresh", acted: "unknown" })
        expect(lines).toEqual([start])
      }
    })
  )

  it.scoped("a refresh that is queued already says which function joins it", () =>
    Effect.gen(function* () {
      const { error } = yield* onServer(Workbooks.refresh(w1), { [start]: queued })
      expect(error).toMatchObject({ _tag: "Conflict", code: "409093" })
      expect(String(error)).toContain("`refreshOrJoin` and `Tasks.runOrJoin` return its job")
    })
  )
})

describe("refreshOrJoin", () => {
  it.scoped("without a conflict the new job is returned, and nothing else is requested", () =>
    Effect.gen(function* () {
      const { lines, value } = yield* onServer(Workbooks.refreshOrJoin(w1), conflicting({ [start]: started }))
      expect(value).toMatchObject({ id: "new" })
      expect(lines).toEqual([start])
    })
  )

  it.scoped("a running refresh of the same content is returned: jobs with its title first, then the newest", () =>
    Effect.gen(function* () {
      const script = conflicting({
        [pending]: listed(
          listedJob("p1", "Other", 9),
          listedJob("p2", "Sales", 1),
          listedJob("p3", "Sales", 9, "run_flow")
        ),
        [inProgress]: listed(listedJob("r1", "Sales", 5, "increment_extracts"), listedJob("r2", "Other", 8)),
        [get("p2")]: refreshing("p2", "w2"),
        [get("r1")]: refreshing("r1", "w2"),
        [get("p1")]: refreshing("p1", "w3"),
        // Ids are case-insensitive.
        [get("r2")]: refreshing("r2", "W1")
      })
      const { lines, slept, value } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(value).toMatchObject({ id: "r2", extractRefreshJob: { workbook: { id: "W1" } } })
      expect(starts(lines)).toHaveLength(1)
      // Four at a time: the order of arrival is that of the requests.
      expect(gets(lines).sort()).toEqual(["p1", "p2", "r1", "r2"].map(get))
      expect(slept).toEqual([])
    })
  )

  it.scoped("at most 50 jobs are looked at, those with the title first", () =>
    Effect.gen(function* () {
      const ofOther = ({ path }: ScriptedRequest) => refreshing(path.split("/").at(-1) ?? "", "w9")
      const many = Array.from({ length: 70 }, (_, index) => listedJob(`o${index}`, "Other", 30))
      const script = conflicting({
        [inProgress]: listed(...many, listedJob("mine", "Sales", 1)),
        [get("mine")]: refreshing("mine"),
        "GET /sites/s/jobs/{jobId}": ofOther
      })
      const { value } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(value).toMatchObject({ id: "mine" })
      const without = conflicting({ [inProgress]: listed(...many), "GET /sites/s/jobs/{jobId}": ofOther })
      const none = yield* onServer(Workbooks.refreshOrJoin(w1), without)
      expect(gets(none.lines)).toHaveLength(150)
    })
  )

  it.scoped("a list of other jobs that never ends is read up to 100,000 of them", () =>
    Effect.gen(function* () {
      let last = 0
      const endless = ({ query }: ScriptedRequest) => {
        last = Number(query.get("pageNumber") ?? 1)
        const ids = Array.from({ length: 1000 }, (_, index) => `${last}-${index}`)
        const jobs = ids.map((id) => element("backgroundJob", { id, jobType: "run_flow" }))
        return xml(pagination({ number: last, size: 1000, total: 10_000_000 }), element("backgroundJobs", {}, ...jobs))
      }
      const search = Extracts.findRefresh(w1, { name: "Sales", since: DateTime.unsafeMake("2026-01-31T12:00:00Z") })
      const { value } = yield* onServer(search, { "GET /sites/s/jobs": endless })
      expect(value).toEqual({ job: undefined, isComplete: false })
      expect(last).toBeLessThan(110)
    })
  )

  it.scoped("a response with another job than the one that was requested is UnexpectedResponse", () =>
    Effect.gen(function* () {
      const script = conflicting({ [inProgress]: listed(listedJob("r1", "Sales")), [get("r1")]: refreshing("other") })
      const { error } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", acted: "no" })
    })
  )

  it.scoped("if no job fits, the refresh is requested three times with pauses, then it is a Conflict", () =>
    Effect.gen(function* () {
      const script = conflicting({
        [inProgress]: listed(listedJob("r1", "Sales"), listedJob("r2", "Sales"), listedJob("r3", "Sales")),
        // It has ended meanwhile.
        [get("r1")]: refreshing("r1", "w1", "2026-01-31T12:30:00Z"),
        [get("r2")]: errorResponse(404, "404018"),
        [get("r3")]: errorResponse(400, "400031")
      })
      const { error, lines, slept } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(error).toMatchObject({ _tag: "Conflict", code: "409093", operation: "Workbooks.refresh" })
      expect(String(error)).toContain("its job is not in the list of jobs")
      expect(starts(lines)).toHaveLength(3)
      expect(slept).toHaveLength(2)
      for (const time of slept) expect(time).toBeGreaterThanOrEqual(1000)
    })
  )

  it.scoped("a refresh that ends meanwhile is followed by a new one", () =>
    Effect.gen(function* () {
      const { lines, value } = yield* onServer(Workbooks.refreshOrJoin(w1), conflicting({ [start]: [queued, started] }))
      expect(value).toMatchObject({ id: "new" })
      expect(starts(lines)).toHaveLength(2)
    })
  )

  it.scoped("a user who may not list jobs receives Forbidden with advice", () =>
    Effect.gen(function* () {
      const script = conflicting({ [pending]: errorResponse(403, "403004") })
      const { error, lines } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(error).toMatchObject({ _tag: "Forbidden", operation: "Jobs.list", acted: "no" })
      expect(String(error)).toContain("this user must be allowed to list the jobs of the site")
      expect(starts(lines)).toHaveLength(1)
    })
  )

  it.scoped("a workbook that the user may not see is found by its id", () =>
    Effect.gen(function* () {
      const script = conflicting({
        [content]: errorResponse(404, "404006"),
        [inProgress]: listed(listedJob("r1", "Sales")),
        [get("r1")]: refreshing("r1")
      })
      const { value } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(value).toMatchObject({ id: "r1" })
    })
  )

  it.scoped("another conflict is an error at once", () =>
    Effect.gen(function* () {
      const script = conflicting({ [start]: errorResponse(409, "409082") })
      const { error, lines } = yield* onServer(Workbooks.refreshOrJoin(w1), script)
      expect(error).toMatchObject({ _tag: "Conflict", code: "409082" })
      expect(lines).toEqual([start])
    })
  )

  it.scoped("a task is joined by the content that it refreshes", () =>
    Effect.gen(function* () {
      const run = "POST /sites/s/tasks/extractRefreshes/t1/runNow"
      const datasource = element("datasource", { id: "d1" })
      const script = {
        [run]: queued,
        "GET /sites/s/tasks/extractRefreshes/t1": xml(
          element("task", {}, element("extractRefresh", { id: "t1" }, datasource))
        ),
        "GET /sites/s/datasources/d1": xml(element("datasource", { id: "d1", name: "Orders" })),
        [pending]: listed(listedJob("p1", "Orders")),
        [inProgress]: listed(),
        [get("p1")]: xml(element("job", { id: "p1" }, element("extractRefreshJob", {}, datasource)))
      }
      const { lines, value } = yield* onServer(Tasks.runOrJoin(Ids.TaskId.make("t1")), script)
      expect(value).toMatchObject({ id: "p1" })
      expect(lines.filter((line) => line === run)).toHaveLength(1)
    })
  )

  it("the scopes of joining are all that it can need", () => {
    const refresh = ["tableau:tasks:run", "tableau:jobs:read", "tableau:content:read"]
    expect(Operation.scopes(Workbooks.refreshOrJoin)).toEqual(refresh)
    expect(Operation.scopes(Datasources.refreshOrJoin)).toEqual(refresh)
    expect(Operation.scopes(Tasks.runOrJoin)).toEqual([
      "tableau:tasks:run",
      "tableau:tasks:read",
      "tableau:jobs:read",
      "tableau:content:read"
    ])
  })
})

describe("on the simulator", () => {
  onSession("a second refreshOrJoin returns the job of the first refresh, which then succeeds", () =>
    throughTime(
      Effect.gen(function* () {
        const workbook = yield* Effect.flatMap(Workbooks.list({ pageSize: 1 }), ({ items }) => Stream.runHead(items))
        const { id } = yield* workbook
        const first = yield* Workbooks.refreshOrJoin(id)
        const second = yield* Workbooks.refreshOrJoin(id)
        expect(second.id).toBe(first.id)
        expect(yield* Jobs.await(second)).toMatchObject({ id: first.id, finishCode: 0 })
        const third = yield* Workbooks.refreshOrJoin(id)
        expect(third.id).not.toBe(first.id)
      })
    )
  )
})

describe("findRefresh", () => {
  it.scoped("a refresh since a time is the first one of the content, also if it has ended", () =>
    Effect.gen(function* () {
      const since = DateTime.unsafeMake("2026-01-31T12:02:00Z")
      const script = {
        "GET /sites/s/jobs?filter=createdAt:gte:2026-01-31T12:02:00Z": listed(
          listedJob("r1", "Sales", 3),
          listedJob("r2", "Sales", 4),
          listedJob("r3", "Sales", 5)
        ),
        [get("r1")]: refreshing("r1", "w2"),
        [get("r2")]: refreshing("r2", "w1", "2026-01-31T12:30:00Z"),
        [get("r3")]: refreshing("r3")
      }
      const { value } = yield* onServer(Extracts.findRefresh(w1, { name: "Sales", since }), script)
      expect(value).toMatchObject({ job: { id: "r2" }, isComplete: true })
    })
  )

  it.scoped(
    "a search that cannot read all refreshes is not complete, and other jobs and the case of the title do not count",
    () =>
      Effect.gen(function* () {
        const since = DateTime.unsafeMake("2026-01-31T12:02:00Z")
        const flows = Array.from({ length: 1200 }, (_, index) => listedJob(`f${index}`, "Flow", 2, "run_flow"))
        const others = Array.from({ length: 60 }, (_, index) => listedJob(`o${index}`, "Other", 3))
        const search = (jobs: typeof flows, options: Extracts.FindRefreshOptions = {}) =>
          onServer(Extracts.findRefresh(w1, { name: "Sales", since, ...options }), {
            "GET /sites/s/jobs?filter=createdAt:gte:2026-01-31T12:02:00Z": listed(...jobs),
            [get("mine")]: refreshing("mine"),
            "GET /sites/s/jobs/{jobId}": ({ path }: ScriptedRequest) => refreshing(path.split("/").at(-1) ?? "", "w9")
          })
        const titled = yield* search([...flows, ...others, listedJob("mine", " SALES", 4)])
        expect(titled.value).toMatchObject({ job: { id: "mine" } })
        const cutOff = yield* search([...flows, ...others, listedJob("mine", "Renamed", 4)])
        expect(cutOff.value).toEqual({ job: undefined, isComplete: false })
        expect(gets(cutOff.lines)).toHaveLength(50)
        const longer = yield* search([...flows, ...others, listedJob("mine", "Renamed", 4)], { limit: 61 })
        expect(longer.value).toMatchObject({ job: { id: "mine" }, isComplete: true })
        const none = yield* search([...flows, ...others], { limit: 60 })
        expect(none.value).toEqual({ job: undefined, isComplete: true })
      })
  )

  it.scoped("without a time only a refresh that is queued or runs is found", () =>
    Effect.gen(function* () {
      const script = conflicting({
        [inProgress]: listed(listedJob("r1", "Sales"), listedJob("r2", "Sales")),
        [get("r1")]: refreshing("r1", "w1", "2026-01-31T12:30:00Z"),
        [get("r2")]: refreshing("r2")
      })
      const { value } = yield* onServer(Extracts.findRefresh(w1), script)
      expect(value).toMatchObject({ job: { id: "r2" } })
      const none = yield* onServer(Extracts.findRefresh(w1), conflicting({}))
      expect(none.value).toEqual({ job: undefined, isComplete: true })
    })
  )

  const unreadable: ReadonlyArray<readonly [name: string, response: ScriptedResponse]> = [
    ["that is unknown", errorResponse(404, "404031", "Not found", "No such job")],
    ["that the server cannot report", errorResponse(400, "400031", "Bad request", "Unknown type of job")],
    ["without its content", xml(element("job", { id: "r1" }))]
  ]
  it.scoped.each(unreadable)(
    "a job %s may be the one: the search is not complete, if no other job is",
    ([, response]) =>
      Effect.gen(function* () {
        const since = DateTime.unsafeMake("2026-01-31T12:02:00Z")
        const search = (name: string | undefined, ...jobs: ReadonlyArray<ReturnType<typeof listedJob>>) =>
          onServer(Extracts.findRefresh(w1, { name, since }), {
            "GET /sites/s/jobs?filter=createdAt:gte:2026-01-31T12:02:00Z": listed(...jobs),
            [get("r1")]: response,
            [get("r2")]: refreshing("r2")
          })
        const titled = yield* search("Sales", listedJob("r1", "Sales", 3))
        expect(titled.value).toEqual({ job: undefined, isComplete: false })
        const unnamed = yield* search(undefined, listedJob("r1", "Sales", 3))
        expect(unnamed.value).toEqual({ job: undefined, isComplete: false })
        // Its title is that of another content.
        const other = yield* search("Sales", listedJob("r1", "Orders", 3))
        expect(other.value).toEqual({ job: undefined, isComplete: true })
        const found = yield* search("Sales", listedJob("r1", "Sales", 3), listedJob("r2", "Sales", 4))
        expect(found.value).toMatchObject({ job: { id: "r2" } })
      })
  )
})
