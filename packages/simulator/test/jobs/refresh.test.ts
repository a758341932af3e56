import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, errorOf, ids, viewer } from "../support/http.js"

const superstore = (request: (path: string) => Effect.Effect<{ text: string }, unknown>) =>
  Effect.map(request("workbooks?filter=name:eq:Superstore"), ({ text }) => attribute(text, "workbook", "id"))

it.scoped("a refresh waits, runs and succeeds by the clock, and changes the date of the workbook when it ends", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    yield* TestClock.setTime(Date.UTC(2026, 0, 31, 12))
    const { post, request } = yield* client(url)
    const id = yield* superstore(request)
    const before = attribute((yield* request(`workbooks/${id}`)).text, "workbook", "updatedAt")
    const started = yield* post(`workbooks/${id}/refresh`, "")
    expect(started.status).toBe(202)
    expect(started.text).toMatch(
      / mode="Asynchronous" type="RefreshExtract" createdAt="2026-01-31T12:00:00Z"><extractRefreshJob><notes\/><workbook /
    )
    const job = attribute(started.text, "job", "id")
    const status = () =>
      Effect.map(request(`jobs?filter=title:eq:Superstore&sort=createdAt:desc`), ({ text }) =>
        attribute(text, "backgroundJob", "status")
      )
    const state = (name: string) => Effect.map(request(`jobs/${job}`), ({ text }) => attribute(text, "job", name))
    expect(yield* status()).toBe("Pending")
    expect(errorOf(yield* post(`workbooks/${id}/refresh`, ""))).toEqual([409, "409093"])
    yield* TestClock.adjust("600 millis")
    expect([yield* status(), yield* state("progress"), yield* state("finishCode")]).toEqual(["InProgress", "50", ""])
    expect(errorOf(yield* post(`workbooks/${id}/refresh`, ""))).toEqual([409, "409093"])
    expect(attribute((yield* request(`workbooks/${id}`)).text, "workbook", "updatedAt")).toBe(before)
    yield* TestClock.adjust("1 minute")
    expect([yield* status(), yield* state("progress"), yield* state("finishCode")]).toEqual(["Success", "100", "0"])
    // The job ended at its own time, not when it was asked for.
    expect(yield* state("completedAt")).toBe("2026-01-31T12:00:01Z")
    expect(attribute((yield* request(`workbooks/${id}`)).text, "workbook", "updatedAt")).toBe("2026-01-31T12:00:01Z")
    expect((yield* post(`workbooks/${id}/refresh`, '<extractRefresh incremental="true"/>')).status).toBe(202)
    expect((yield* request("jobs?filter=jobType:eq:increment_extracts")).text).toContain('status="Pending"')
  })
)

it.scoped("a plan decides how the next job of a workbook ends, and with which notes", () =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make()
    const { post, request } = yield* client(simulator.url)
    const id = yield* superstore(request)
    const before = attribute((yield* request(`workbooks/${id}`)).text, "workbook", "updatedAt")
    yield* simulator.planJobs({ title: "Another", end: "Cancelled" })
    yield* simulator.planJobs({ title: "Superstore", end: "Failed", notes: "No <disk>", run: "1 hour" })
    yield* simulator.planJobs({ type: "RefreshExtract", bridge: true })
    const run = Effect.gen(function* () {
      const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
      yield* TestClock.adjust("30 minutes")
      const midway = yield* request(`jobs/${job}`)
      yield* TestClock.adjust("1 hour")
      const { text } = yield* request(`jobs/${job}`)
      return { midway, text, code: attribute(text, "job", "finishCode") }
    })
    const failed = yield* run
    expect([attribute(failed.midway.text, "job", "completedAt"), failed.code]).toEqual(["", "1"])
    expect(failed.text).toContain("<notes>No &lt;disk&gt;</notes>")
    expect(attribute((yield* request(`workbooks/${id}`)).text, "workbook", "updatedAt")).toBe(before)
    expect((yield* run).code).toBe("3")
    expect((yield* run).code).toBe("0")
  })
)

it.scoped("a job is cancelled while it waits or runs, by administrators only", () =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make()
    const { post, request } = yield* client(simulator.url)
    const vera = yield* client(simulator.url, viewer)
    const id = yield* superstore(request)
    const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
    const cancel = (id: string, by = request) => by(`jobs/${id}`, { method: "PUT" })
    expect(errorOf(yield* cancel(job, vera.request))).toEqual([403, "403032"])
    const cancelled = yield* cancel(job)
    expect([cancelled.status, cancelled.text]).toEqual([200, ""])
    const { text } = yield* request(`jobs/${job}`)
    expect([attribute(text, "job", "finishCode"), attribute(text, "job", "completedAt")]).not.toContain("")
    expect(attribute(text, "job", "finishCode")).toBe("2")
    expect(errorOf(yield* cancel(job))).toEqual([403, "403091"])
    expect(errorOf(yield* cancel("x"))).toEqual([404, "404018"])
    // Nothing of the cancelled job is left.
    expect((yield* post(`workbooks/${id}/refresh`, "")).status).toBe(202)
  })
)

it.scoped("a refresh needs an extract, a body and a permission", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const id = yield* superstore(request)
    const [, live = ""] = ids(yield* request("workbooks"), "workbook")
    expect(errorOf(yield* vera.post(`workbooks/${id}/refresh`, ""))).toEqual([403, "403032"])
    expect(errorOf(yield* request(`workbooks/${id}/refresh`, { method: "POST" }))).toEqual([400, "400000"])
    expect(errorOf(yield* post(`workbooks/${live}/refresh`, ""))).toEqual([403, "403104"])
    expect(errorOf(yield* post("workbooks/x/refresh", ""))).toEqual([404, "404006"])
    expect(errorOf(yield* post("datasources/x/refresh", ""))).toEqual([404, "404004"])
  })
)

it.scoped("of many refreshes of a workbook at the same time, one starts", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    const id = yield* superstore(request)
    const refreshes = Array.from({ length: 30 }, () => post(`workbooks/${id}/refresh`, ""))
    const statuses = (yield* Effect.all(refreshes, { concurrency: "unbounded" })).map(({ status }) => status)
    expect(statuses.filter((status) => status === 202)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(29)
  })
)
