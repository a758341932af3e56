/** Refreshes by an engine in memory. */
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Datasources, Ids, Jobs, Workbooks } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { viewer } from "../../../test/support/session.js"
import { settingsOf } from "../src/internal/options.js"
import { content, executed, inMemory, logTo, workbookId } from "./support/setting.js"
import { throughTime } from "./support/time.js"

const payload = Effect.map(workbookId("Forecast"), (id) => ({ site: "", id, key: "monday" }))

const refreshed = Effect.flatMap(payload, (given) => executed(TableauWorkflow.refreshWorkbook, given))

const ownedByViewer = {
  ...content,
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "default" }],
      workbooks: [{ name: "Forecast", hasExtracts: true, owner: "viewer" }]
    }
  ]
}

describe("refreshWorkbook", () => {
  inMemory(
    "a refresh is started once and awaited, and its result has the job",
    { simulator: { jobRun: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const result = yield* throughTime(simulator, refreshed)
        expect(result).toMatchObject({ start: "started", notes: ["Finished Forecast."] })
        const { createdAt, completedAt } = yield* Jobs.get(result.job)
        expect([result.createdAt, result.completedAt]).toEqual([createdAt, completedAt])
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
        // Polls become rarer: ten minutes take 13 of them.
        expect(yield* simulator.count("queryJob")).toBeLessThan(16)
        // The same key is the same execution.
        expect(yield* throughTime(simulator, refreshed)).toEqual(result)
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory("a refresh, each of its steps is one line of the log, also one that fails", {}, (simulator) =>
    Effect.gen(function* () {
      const { id } = yield* payload
      const lines: Array<string> = []
      const logged = logTo(lines)
      const { job } = yield* logged(throughTime(simulator, refreshed))
      const subject = `refreshWorkbook of ${JSON.stringify(id)}, key`
      expect(lines).toEqual([`${subject} "monday": started job ${job}.`, `${subject} "monday": has ended.`])
      yield* simulator.planJobs({ end: "Failed", notes: "No disk" })
      const failing = executed(TableauWorkflow.refreshWorkbook, { site: "", id, key: "tuesday" })
      yield* logged(throughTime(simulator, Effect.flip(failing)))
      expect(lines.slice(2)).toEqual([
        expect.stringContaining(`${subject} "tuesday": started job `),
        expect.stringContaining(`${subject} "tuesday": has failed with JobFailed: `)
      ])
    })
  )

  inMemory("a refresh that runs already is joined", {}, (simulator) =>
    Effect.gen(function* () {
      const { id } = yield* payload
      yield* simulator.planJobs({ run: "10 minutes" })
      const job = yield* Workbooks.refresh(id)
      expect(yield* throughTime(simulator, refreshed)).toMatchObject({ job: job.id, start: "joined" })
    })
  )

  inMemory(
    "a running refresh that lists do not have yet is joined when they have it",
    { simulator: { listLag: "90 seconds", jobRun: "5 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const { id } = yield* payload
        const job = yield* Workbooks.refresh(id)
        expect(yield* throughTime(simulator, refreshed)).toMatchObject({ job: job.id, start: "joined" })
      })
  )

  inMemory(
    "a running refresh is waited for if the user may not list jobs, and then followed by another",
    { session: { credentials: viewer }, simulator: { jobRun: "10 minutes", content: ownedByViewer } },
    (simulator) =>
      Effect.gen(function* () {
        const { id } = yield* payload
        const other = yield* Workbooks.refresh(id)
        const result = yield* throughTime(simulator, refreshed)
        expect(result).toMatchObject({ start: "started" })
        expect(result.job).not.toBe(other.id)
      })
  )

  inMemory(
    "a running refresh is joined after a list that failed, without a doubt about the own request",
    { simulator: { jobRun: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const { id } = yield* payload
        const other = yield* Workbooks.refresh(id)
        yield* simulator.inject({ operation: "queryJobs", times: 8, fault: Fault.status(503) })
        expect(yield* throughTime(simulator, refreshed)).toMatchObject({ job: other.id, start: "joined" })
        const lists = (yield* simulator.requests).filter(({ operation }) => operation === "queryJobs")
        // Looks for a job of unknown outcome ask for all that were created since.
        expect(lists.filter(({ path }) => path.includes("createdAt:gte"))).toEqual([])
      })
  )

  inMemory("a job that fails is JobFailed with the notes of the server", {}, (simulator) =>
    Effect.gen(function* () {
      yield* simulator.planJobs({ end: "Failed", notes: "No disk" })
      const error = yield* throughTime(simulator, Effect.flip(refreshed))
      expect(error).toMatchObject({ _tag: "JobFailed", notes: ["No disk"] })
      expect(error).toBeInstanceOf(Jobs.JobFailed)
    })
  )

  inMemory("a job that is cancelled on the server is JobCancelled", { simulator: { jobRun: "1 hour" } }, (simulator) =>
    Effect.gen(function* () {
      const { id } = yield* payload
      const fiber = yield* Effect.fork(Effect.flip(refreshed))
      yield* simulator.awaitSeen("updateWorkbookNow")
      yield* throughTime(simulator, Effect.sleep("5 minutes"))
      const { items } = yield* Jobs.list()
      const jobs = yield* Stream.runCollect(items)
      yield* Effect.forEach(jobs, (job) => Jobs.cancel(job.id))
      expect(yield* throughTime(simulator, Fiber.join(fiber))).toMatchObject({ _tag: "JobCancelled" })
      expect(id).not.toBe("")
    })
  )

  inMemory(
    "a job that has not ended at the deadline is JobTimedOut, and keeps running",
    { simulator: { jobRun: "3 days" }, workflows: { deadline: "20 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        const before = yield* DateTime.now
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        expect(error).toMatchObject({ _tag: "JobTimedOut", acted: "yes" })
        const waited = DateTime.distance(before, yield* DateTime.now)
        expect(waited).toBeGreaterThanOrEqual(20 * 60_000)
        const { items } = yield* Jobs.list()
        expect(Array.from(yield* Stream.runCollect(items), ({ status }) => status)).toEqual(["InProgress"])
      })
  )

  inMemory("content that does not exist is NotFound, and no refresh is started", {}, (simulator) =>
    Effect.gen(function* () {
      const execution = executed(TableauWorkflow.refreshWorkbook, { site: "", id: Ids.WorkbookId.make("w"), key: "k" })
      expect(yield* throughTime(simulator, Effect.flip(execution))).toMatchObject({
        _tag: "NotFound",
        operation: "Workbooks.get"
      })
      expect(yield* simulator.count("updateWorkbookNow")).toBe(0)
    })
  )

  inMemory(
    "a server that is down for an hour at each step delays the refresh, and fails none",
    { workflows: { pace: { first: "10 minutes" } } },
    (simulator) =>
      Effect.gen(function* () {
        const { id } = yield* payload
        const down = Fault.status(503)
        yield* simulator.inject({ operation: "queryWorkbook", times: 6, fault: down })
        yield* simulator.inject({ operation: "updateWorkbookNow", times: 6, fault: down })
        yield* simulator.inject({ operation: "queryJob", times: 6, fault: down })
        const lines: Array<string> = []
        const result = yield* throughTime(
          simulator,
          executed(TableauWorkflow.refreshWorkbook, { site: "", id, key: "k" })
        ).pipe(logTo(lines))
        expect(result.notes).toEqual(["Finished Forecast."])
        for (const step of [
          "waits, and tries again. Workbooks.get",
          "looks for what its request may have left. Workbooks.refresh",
          "waits, and tries again. Jobs.get"
        ]) {
          expect(lines).toContainEqual(expect.stringMatching(`^refreshWorkbook of .*: ${step}: .*status 503`))
        }
      })
  )
})

describe("a refresh that waits for the rate limiter", () => {
  const waits: Array<string> = []
  inMemory(
    "is sent within a quarter of the delay of lists, or by another attempt",
    {
      workflows: { listDelay: "80 seconds" },
      session: {
        rateLimiter: {
          consume: (key) =>
            key.startsWith("refreshes")
              ? Effect.sleep(waits.length === 0 ? "21 seconds" : "19 seconds").pipe(
                  Effect.onExit((exit) => Effect.sync(() => waits.push(exit._tag)))
                )
              : Effect.void
        }
      }
    },
    (simulator) =>
      Effect.gen(function* () {
        expect(yield* throughTime(simulator, refreshed)).toMatchObject({ start: "started" })
        expect(waits).toEqual(["Failure", "Success"])
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )
})

describe("options of workflows", () => {
  const workflows = {
    deadline: Duration.infinity,
    pace: { first: Number.NaN, factor: Number.NaN, longest: Duration.infinity }
  }
  inMemory("no number is the default, and a deadline that is infinite is none", { workflows }, (simulator) =>
    Effect.gen(function* () {
      expect(settingsOf(workflows)).toEqual({
        first: 10_000,
        factor: 1.25,
        longest: 86_400_000,
        listDelay: 120_000,
        deadline: Number.POSITIVE_INFINITY
      })
      expect(yield* throughTime(simulator, refreshed)).toMatchObject({ start: "started" })
    })
  )
})

describe("a refresh whose server is in maintenance", () => {
  const page = Fault.raw({ status: 200, body: "<!DOCTYPE html><html>Maintenance</html>", contentType: "text/html" })
  const redirect = Fault.raw({ status: 302, body: "", headers: { location: "https://status.example.com/" } })
  for (const [name, fault] of [
    ["a web page", page],
    ["a redirect", redirect]
  ] as const) {
    inMemory(`${name} for each of its requests delays it`, {}, (simulator) =>
      Effect.gen(function* () {
        const given = yield* payload
        yield* simulator.inject({ operation: "queryWorkbook", times: 5, fault })
        yield* simulator.inject({ operation: "queryJob", times: 5, fault })
        const result = yield* throughTime(simulator, executed(TableauWorkflow.refreshWorkbook, given))
        expect(result).toMatchObject({ start: "started", notes: ["Finished Forecast."] })
      })
    )
  }
})

inMemory(
  "a refresh that was refused with 401 before the session could not be renewed is requested again without a look",
  { session: { credentials: viewer }, simulator: { content: ownedByViewer } },
  (simulator) =>
    Effect.gen(function* () {
      const given = yield* payload
      yield* simulator.inject({ operation: "updateWorkbookNow", fault: Fault.endSession })
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(503) })
      const result = yield* throughTime(simulator, executed(TableauWorkflow.refreshWorkbook, given))
      expect(result).toMatchObject({ start: "started" })
      expect(yield* simulator.count("updateWorkbookNow")).toBe(2)
      expect(yield* simulator.count("queryJobs")).toBe(0)
    })
)

describe("a refresh whose response is lost", () => {
  const lagging = { listLag: "1 minute", jobRun: "10 seconds" } as const
  const lost = { operation: "updateWorkbookNow", fault: Fault.reset({ when: "after" }) } as const

  inMemory(
    "the job is found in the list when that has it, and no other is started",
    { simulator: lagging },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject(lost)
        const lines: Array<string> = []
        const { job, start } = yield* throughTime(simulator, refreshed).pipe(logTo(lines))
        expect(start).toBe("found")
        expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^refreshWorkbook of .*: found job ${job}\\.$`)))
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory(
    "a request that did not arrive is sent again after the delay of lists",
    { simulator: lagging },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject({ ...lost, fault: Fault.reset() })
        const before = yield* DateTime.now
        expect(yield* throughTime(simulator, refreshed)).toMatchObject({ start: "started" })
        expect(DateTime.distance(before, yield* DateTime.now)).toBeGreaterThan(120_000)
        expect(yield* simulator.count("updateWorkbookNow")).toBe(2)
        yield* TestClock.adjust("2 minutes")
        const { items } = yield* Jobs.list()
        expect(yield* Stream.runCount(items)).toBe(1)
      })
  )

  inMemory(
    "content that has changed without a job in the list is OutcomeUnknown, and no other is started",
    { simulator: { ...lagging, listLag: "3 hours" } },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject(lost)
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", acted: "unknown", workflow: "refreshWorkbook" })
        expect(error).toBeInstanceOf(TableauWorkflow.OutcomeUnknown)
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory(
    "a job that runs and is in no list is found later, by the conflict and the list",
    { simulator: { listLag: "3 minutes", jobRun: "5 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject(lost)
        expect(yield* throughTime(simulator, refreshed)).toMatchObject({ start: "found" })
        const { items } = yield* Jobs.list()
        expect(yield* Stream.runCount(items)).toBe(1)
      })
  )

  inMemory(
    "a response that cannot be read is not requested again, also if the job has failed and no list has it",
    { simulator: { listLag: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.planJobs({ end: "Failed", run: "10 seconds" })
        const withoutId = Fault.alter((response) => ({
          ...response,
          body: String(response.body).replace(/ id="[^"]*"/, "")
        }))
        yield* simulator.inject({ ...lost, fault: withoutId })
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        expect(error).toMatchObject({ _tag: "OutcomeUnknown" })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory("a job that the server does not report may be its own: no other is started", {}, (simulator) =>
    Effect.gen(function* () {
      yield* simulator.planJobs({ end: "Failed", run: "1 second" })
      yield* simulator.inject(lost)
      yield* simulator.inject({ operation: "queryJob", times: 99, fault: Fault.status(400, { code: "400031" }) })
      const error = yield* throughTime(simulator, Effect.flip(refreshed))
      expect(error).toMatchObject({ _tag: "OutcomeUnknown", detail: expect.stringContaining("does not report") })
      expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
    })
  )

  const many = Array.from({ length: 60 }, (_, index) => `Other ${index}`)
  const old = { project: "Sales", hasExtracts: true, updatedAt: "1969-06-01T00:00:00Z" }
  const busy = {
    jobRun: "10 seconds",
    content: {
      ...content,
      sites: [
        {
          contentUrl: "",
          projects: [{ name: "default" }, { name: "Sales" }],
          workbooks: [...many, "Forecast"].map((name) => ({ ...old, name }))
        }
      ]
    }
  } as const

  inMemory(
    "among more jobs than a look reads, the failed job of a workbook that was renamed is found, and no other is started",
    { simulator: busy },
    (simulator) =>
      Effect.gen(function* () {
        const renamed = Fault.alter((response) => ({
          ...response,
          body: String(response.body).replace('name="Forecast"', 'name="Old name"')
        }))
        yield* simulator.inject({ operation: "queryWorkbook", fault: renamed })
        const others = yield* Effect.forEach(many, workbookId)
        yield* Effect.forEach(others, (id) => Workbooks.refresh(id))
        yield* simulator.planJobs({ end: "Failed", run: "10 seconds" })
        yield* simulator.inject(lost)
        expect(yield* throughTime(simulator, Effect.flip(refreshed))).toMatchObject({ _tag: "JobFailed" })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(many.length + 1)
      })
  )

  inMemory(
    "a list with too many jobs to look at is OutcomeUnknown, and no other is started",
    { workflows: { listDelay: "1 second" } },
    (simulator) =>
      Effect.gen(function* () {
        const jobs = Array.from(
          { length: 1001 },
          (_, index) => `<backgroundJob id="${index}" jobType="refresh_extracts" title="Other" />`
        )
        const page = `<pagination pageNumber="1" pageSize="1000" totalAvailable="1001"/><backgroundJobs>${jobs.join("")}</backgroundJobs>`
        const crowded = Fault.alter((response) => ({
          ...response,
          body: `<tsResponse xmlns="http://tableau.com/api">${page}</tsResponse>`
        }))
        yield* simulator.inject({ operation: "queryJobs", times: 99, fault: crowded })
        yield* simulator.inject({ ...lost, fault: Fault.reset() })
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", detail: expect.stringContaining("too many") })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  inMemory(
    "without a delay of lists, requests of unknown outcome have pauses, and end at the deadline",
    { workflows: { listDelay: 0, deadline: "10 minutes" } },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject({ ...lost, times: 100, fault: Fault.reset() })
        expect(yield* throughTime(simulator, Effect.flip(refreshed))).toMatchObject({ _tag: "OutcomeUnknown" })
        expect(yield* simulator.count("updateWorkbookNow")).toBeLessThan(20)
      })
  )

  inMemory(
    "a user who may not list jobs gets OutcomeUnknown with advice",
    { session: { credentials: viewer } },
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject(lost)
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", advice: expect.stringContaining("administrator") })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )
})

it.effect("a key is one execution however the site is written, and another one if the refresh is incremental", () =>
  Effect.gen(function* () {
    const given = { site: "Marketing", id: Ids.WorkbookId.make("w"), key: "k" }
    const idOf = TableauWorkflow.refreshWorkbook.executionId
    expect(yield* idOf({ ...given, site: "MARKETING", incremental: false })).toBe(yield* idOf(given))
    expect(yield* idOf({ ...given, incremental: true })).not.toBe(yield* idOf(given))
  })
)

inMemory("refreshDatasource refreshes a data source", {}, (simulator) =>
  Effect.gen(function* () {
    const { items } = yield* Datasources.list()
    const { id } = yield* Effect.flatten(Stream.runHead(items))
    const execution = executed(TableauWorkflow.refreshDatasource, { site: "", id, key: "k" })
    expect(yield* throughTime(simulator, execution)).toMatchObject({ start: "started" })
    expect(yield* simulator.count("updateDataSourceNow")).toBe(1)
  })
)
