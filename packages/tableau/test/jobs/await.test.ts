import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Jobs } from "effect-tableau"
import { errorResponse, xml } from "../../../../test/support/scriptedServer.js"
import { element } from "../../../../test/support/xml.js"
import { defaultSchedule } from "../../src/internal/jobs/waiting.js"
import {
  cancelled,
  completed,
  failed,
  getJob,
  id,
  job,
  listed,
  listJobs,
  onServer,
  polls,
  running,
  succeeded
} from "./polling.js"

describe("the end of a job", () => {
  it.scoped("a job that succeeds is polled at once, then after growing intervals, and returned", () =>
    Effect.gen(function* () {
      const { lines, slept, value } = yield* onServer(Jobs.await(id), polls(running, running, running, succeeded))
      expect(value).toMatchObject({ id, finishCode: 0, progress: 100 })
      expect(lines).toEqual([1, 2, 3, 4].map(() => getJob))
      const expected = [500, 700, 980]
      expect(slept).toHaveLength(expected.length)
      expected.forEach((mean, index) => {
        expect(slept[index]).toBeGreaterThanOrEqual(mean * 0.79)
        expect(slept[index]).toBeLessThanOrEqual(mean * 1.21)
      })
    })
  )

  it.scoped("a job of Tableau Bridge, which ends with code 3, succeeds", () =>
    Effect.gen(function* () {
      const bridge = job({ completedAt: "2026-01-31T12:30:00Z", progress: 100, finishCode: 3 })
      // Code 0 without an end: Bridge has received the job.
      const { lines, value } = yield* onServer(Jobs.await(id), polls(job({ finishCode: 0, progress: 100 }), bridge))
      expect(value).toMatchObject({ id, finishCode: 3 })
      expect(lines).toHaveLength(2)
    })
  )

  it.scoped("a job that fails is JobFailed with its notes and the job", () =>
    Effect.gen(function* () {
      const refreshed = element(
        "extractRefreshJob",
        {},
        "<notes>The database does not\u0007 respond.</notes>",
        element("workbook", { id: "w1", name: "Sales" })
      )
      const notes = element("statusNotes", {}, element("statusNote", { type: "Rows", value: "5", text: "five" }))
      const attributes = { completedAt: "2026-01-31T12:30:00Z", finishCode: 1, type: "RefreshExtract" }
      const { error } = yield* onServer(Jobs.await(id), polls(running, job(attributes, notes, refreshed)))
      expect(error).toMatchObject({
        _tag: "JobFailed",
        category: "job",
        operation: "Jobs.await",
        acted: "yes",
        notes: ["The database does not\ufffd respond.", "Rows: five"],
        job: { id, finishCode: 1, extractRefreshJob: { workbook: { name: "Sales" } } }
      })
      expect(String(error)).toContain(
        'Jobs.await: job j1 (RefreshExtract of "Sales") failed. The database does not\ufffd respond.'
      )
    })
  )

  it.scoped(
    "strings of a job are limited and without the token in JobFailed, and complete in a job that is returned",
    () =>
      Effect.gen(function* () {
        const token = "AbCdEfGhIjKlMnOpQrStUvWxYz"
        const long = `<notes>${token} ${"x".repeat(9000)}</notes>`
        const part = element("extractRefreshJob", {}, long)
        const { error } = yield* onServer(Jobs.await(id), polls(failed(part)), {}, { token })
        expect(JSON.stringify(error)).not.toContain(token)
        expect(error).toMatchObject({ notes: [expect.stringMatching(/^<redacted> x+…$/)] })
        expect(String(error).length).toBeLessThan(5000)
        const done = job({ completedAt: "2026-01-31T12:30:00Z", finishCode: 0 }, part)
        const { value } = yield* onServer(Jobs.await(id), polls(done), {}, { token })
        expect(value?.extractRefreshJob?.notes).toHaveLength(token.length + 9001)
      })
  )

  it.scoped("an error of a job can be sent as JSON and read again", () =>
    Effect.gen(function* () {
      const { error } = yield* onServer(
        Jobs.await(id),
        polls(failed(element("extractRefreshJob", {}, "<notes>n</notes>")))
      )
      const isFailed = Schema.is(Jobs.JobFailed)
      const json = isFailed(error) ? JSON.stringify(yield* Schema.encode(Jobs.JobFailed)(error)) : ""
      expect(JSON.parse(json)).toMatchObject({ job: { id, completedAt: "2026-01-31T12:30:00.000Z" }, notes: ["n"] })
      expect(yield* Schema.decodeUnknown(Schema.parseJson(Jobs.JobFailed))(json)).toEqual(error)
    })
  )

  it.scoped("a cancelled job is JobCancelled", () =>
    Effect.gen(function* () {
      const { error } = yield* onServer(Jobs.await(id), polls(cancelled))
      expect(error).toMatchObject({ _tag: "JobCancelled", job: { id, finishCode: 2 } })
      expect(String(error)).toContain("job j1 was cancelled.")
    })
  )

  const statuses: ReadonlyArray<readonly [status: string | undefined, tag: string | undefined]> = [
    ["Success", undefined],
    ["Failed", "JobFailed"],
    ["Cancelled", "JobCancelled"],
    [undefined, "JobFailed"]
  ]
  it.scoped.each(statuses)(
    "a job that ended without a finish code has the status of the list: %s is %s",
    ([status, tag]) =>
      Effect.gen(function* () {
        const list = status === undefined ? listed() : listed({ id, status })
        const { error, lines, value } = yield* onServer(Jobs.await(id), { ...polls(completed), [listJobs]: list })
        expect(lines).toHaveLength(2)
        if (tag === undefined) expect(value).toMatchObject({ id, progress: 100 })
        else expect(error).toMatchObject({ _tag: tag, job: { id } })
      })
  )

  it.scoped("a job that ended without a finish code fails when the user may not list jobs", () =>
    Effect.gen(function* () {
      const script = { ...polls(completed), [listJobs]: errorResponse(403, "403004") }
      const { error } = yield* onServer(Jobs.await(id), script)
      expect(error).toMatchObject({ _tag: "JobFailed", detail: "The job has ended, and the server does not say how." })
    })
  )
})

describe("jobs that cannot be found by their ids", () => {
  const cannotReport = errorResponse(400, "400031", "Bad Request", "Generic query-job error")
  const status = (status: string) => listed({ id: "j0", status: "Success" }, { id, status, jobType: "create_extract" })

  it.scoped("a job that GET reports with 400031 is followed in the list until it ends", () =>
    Effect.gen(function* () {
      const created = "2026-01-31T12:00:00Z"
      const script = {
        [getJob]: cannotReport,
        [listJobs]: [
          listed({ id, status: "Dreaming", createdAt: created }),
          listed({ id, status: "InProgress", createdAt: created }),
          listed({
            id,
            status: "Success",
            createdAt: created,
            jobType: "create_extract",
            endedAt: "2026-01-31T12:30:00Z"
          })
        ]
      }
      const { lines, value } = yield* onServer(Jobs.await(id), script)
      expect(JSON.parse(JSON.stringify(value))).toEqual({
        id,
        type: "create_extract",
        finishCode: 0,
        createdAt: "2026-01-31T12:00:00.000Z",
        completedAt: "2026-01-31T12:30:00.000Z"
      })
      const later = `${listJobs}?filter=createdAt%3Agte%3A2026-01-31T12%3A00%3A00Z&sort=createdAt%3Aasc&pageNumber=1&pageSize=100`
      expect(lines).toEqual([getJob, `${listJobs}?sort=createdAt%3Adesc&pageNumber=1&pageSize=1000`, later, later])
    })
  )

  const ends: ReadonlyArray<readonly [status: string, tag: string]> = [
    ["Failed", "JobFailed"],
    ["Cancelled", "JobCancelled"]
  ]
  it.scoped.each(ends)("a job of the list with the status %s is %s", ([name, tag]) =>
    Effect.gen(function* () {
      const { error } = yield* onServer(Jobs.await(id), { [getJob]: cannotReport, [listJobs]: status(name) })
      expect(error).toMatchObject({ _tag: tag, job: { id } })
    })
  )

  it.scoped("the id inside of an extract creation job is polled first", () =>
    Effect.gen(function* () {
      const inner = "GET /sites/s/jobs/j2"
      const creation = element("extractCreationJob", {}, "<jobLuid>j2</jobLuid>")
      const script = {
        "POST /sites/s/workbooks/w1/createExtract": job({}, creation),
        [getJob]: cannotReport,
        [inner]: [
          xml(element("job", { id: "j2" })),
          xml(element("job", { id: "j2", completedAt: "2026-01-31T12:30:00Z", finishCode: 0 }))
        ]
      }
      const created = yield* onServer(Jobs.get(id), { [getJob]: job({}, creation) })
      const { lines, value } = yield* onServer(Jobs.await(created.value ?? id), script)
      expect(value).toMatchObject({ id: "j2" })
      expect(lines).toEqual([inner, inner])
    })
  )

  it.scoped("the outer id of an extract creation job is polled when the inner one is not found", () =>
    Effect.gen(function* () {
      const inner = "GET /sites/s/jobs/j2"
      const created = yield* onServer(Jobs.get(id), {
        [getJob]: job({}, element("extractCreationJob", {}, "<jobLuid>j2</jobLuid>"))
      })
      const script = { [inner]: errorResponse(404, "404018"), ...polls(running, succeeded) }
      const { lines, value } = yield* onServer(Jobs.await(created.value ?? id), script)
      expect(value).toMatchObject({ id })
      expect(lines).toEqual([inner, getJob, getJob])
    })
  )

  it.scoped("a job that is nowhere fails after three polls, with advice", () =>
    Effect.gen(function* () {
      const { error, lines } = yield* onServer(Jobs.await(id), { [getJob]: cannotReport, [listJobs]: listed() })
      expect(error).toMatchObject({ _tag: "BadRequest", code: "400031" })
      expect(String(error)).toContain("There is no such job, also not in the list of jobs.")
      expect(lines.filter((line) => line === getJob)).toHaveLength(3)
      const notFound = yield* onServer(Jobs.await(id), { [getJob]: errorResponse(404, "404018"), [listJobs]: listed() })
      expect(notFound.error).toMatchObject({ _tag: "NotFound", code: "404018" })
    })
  )

  it.scoped("a job that is not found is NotFound after three polls for a user who may not list jobs", () =>
    Effect.gen(function* () {
      const script = { [getJob]: errorResponse(404, "404018"), [listJobs]: errorResponse(403, "403004") }
      const { error, lines } = yield* onServer(Jobs.await(id), script)
      expect(error).toMatchObject({ _tag: "NotFound", code: "404018", operation: "Jobs.get" })
      expect(lines.filter((line) => line === getJob)).toHaveLength(3)
    })
  )

  it.scoped("a job that appears late is found", () =>
    Effect.gen(function* () {
      const script = { [getJob]: [errorResponse(404, "404018"), succeeded], [listJobs]: listed() }
      const { value } = yield* onServer(Jobs.await(id), script)
      expect(value).toMatchObject({ id, finishCode: 0 })
    })
  )

  it.scoped("a user who may not list jobs receives Forbidden with advice when the id is not enough", () =>
    Effect.gen(function* () {
      const script = { [getJob]: cannotReport, [listJobs]: errorResponse(403, "403004") }
      const { error, lines } = yield* onServer(Jobs.await(id), script)
      expect(error).toMatchObject({ _tag: "Forbidden", code: "403004", operation: "Jobs.list" })
      expect(String(error)).toContain("this user may not list jobs")
      expect(lines).toHaveLength(2)
    })
  )
})

describe("deadline and schedule", () => {
  it.scoped("a job that has not ended at the deadline is JobTimedOut, which says that it still runs", () =>
    Effect.gen(function* () {
      const { error, slept } = yield* onServer(Jobs.await(id, { deadline: "10 minutes" }), polls(running))
      expect(error).toMatchObject({ _tag: "JobTimedOut", job: { id, progress: 0 }, after: Duration.minutes(10) })
      expect(String(error)).toContain("job j1 had not ended after 600 seconds. It still runs on the server")
      expect(slept.reduce((sum, time) => sum + time, 0)).toBeCloseTo(600_000, -3)
      expect(Math.max(...slept)).toBeLessThanOrEqual(30_000)
    })
  )

  it.scoped("a job that ends between the last poll and the deadline is returned", () =>
    Effect.gen(function* () {
      const options = { schedule: Schedule.spaced("20 seconds"), deadline: "30 seconds" } as const
      const { slept, value } = yield* onServer(Jobs.await(id, options), polls(running, running, succeeded))
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(slept).toEqual([20_000, 10_000])
    })
  )

  it.scoped("a poll without a response ends at the deadline", () =>
    Effect.gen(function* () {
      const script = polls(running, { delay: "9000 hours" })
      const { error } = yield* onServer(Jobs.await(id, { deadline: "30 seconds" }), script)
      expect(error).toMatchObject({ _tag: "JobTimedOut", job: { id } })
    })
  )

  it.scoped("JobTimedOut has the error of the last poll", () =>
    Effect.gen(function* () {
      const script = polls(running, errorResponse(503, "503000"))
      const { error } = yield* onServer(Jobs.await(id, { deadline: "1 minute" }), script)
      expect(error).toMatchObject({ _tag: "JobTimedOut", lastError: expect.stringContaining("503000") })
      expect(String(error)).toContain("It may still run on the server. The last poll failed: Jobs.get: ")
    })
  )

  it.scoped("a schedule that ends ends the wait", () =>
    Effect.gen(function* () {
      const { error, lines } = yield* onServer(Jobs.await(id, { schedule: Schedule.recurs(2) }), polls(running))
      expect(error).toMatchObject({ _tag: "JobTimedOut" })
      expect(lines).toHaveLength(3)
    })
  )

  it.scoped("a schedule receives the job of each poll", () =>
    Effect.gen(function* () {
      const schedule = Schedule.recurWhile<Jobs.Job>(({ progress = 0 }) => progress < 50)
      const script = polls(job({ progress: 10 }), job({ progress: 60 }))
      const { error } = yield* onServer(Jobs.await(id, { schedule }), script)
      expect(error).toMatchObject({ _tag: "JobTimedOut", job: { progress: 60 } })
    })
  )

  it.effect("the default schedule polls at most 4320 times in a day, and its intervals stay below 31 seconds", () =>
    Effect.gen(function* () {
      const delays = yield* Schedule.run(
        Schedule.delays(defaultSchedule),
        0,
        Array.from({ length: 5000 }, (): Jobs.Job => ({ id }))
      )
      const millis = [...delays].map(Duration.toMillis)
      expect(millis).toHaveLength(5000)
      expect(Math.max(...millis)).toBeLessThanOrEqual(30_001)
      const day = millis.slice(0, 4320).reduce((sum, time) => sum + time, 0)
      expect(day).toBeGreaterThan(86_400_000)
    })
  )

  it.scoped("a schedule and a deadline with parts of milliseconds are rounded up", () =>
    Effect.gen(function* () {
      const options = { schedule: Schedule.spaced(Duration.millis(20_000.3)), deadline: Duration.millis(30_000.5) }
      const { error, slept } = yield* onServer(Jobs.await(id, options), polls(running))
      expect(error).toMatchObject({ _tag: "JobTimedOut" })
      expect(slept).toEqual([20_001, 10_000])
    })
  )

  it.scoped("a deadline that is not a duration is BadRequest before anything is sent", () =>
    Effect.gen(function* () {
      // JavaScript can pass anything.
      for (const json of ['{"deadline":"soon"}', '{"deadline":-1}', '{"deadline":"-1 seconds"}']) {
        const options: Jobs.AwaitOptions = JSON.parse(json)
        const { error, lines } = yield* onServer(Jobs.await(id, options), polls(running))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "Jobs.await", acted: "no" })
        expect(String(error)).toContain("`deadline` is")
        expect(lines).toEqual([])
      }
    })
  )
})
