import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, code, errorOf, ids, total } from "../support/http.js"

it.scoped("a restart closes the address and ends sessions, and jobs go on meanwhile", () =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make()
    const { post, request } = yield* client(simulator.url)
    const [id = ""] = ids(yield* request("workbooks"), "workbook")
    const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
    const down = yield* Deferred.make<void>()
    const up = yield* Deferred.make<void>()
    const meanwhile = Effect.andThen(Deferred.succeed(down, undefined), Deferred.await(up))
    const restarting = yield* Effect.fork(simulator.restart(meanwhile))
    yield* Deferred.await(down)
    expect((yield* Effect.flip(request("workbooks"))).message).toContain("ECONNREFUSED")
    yield* TestClock.adjust("1 second")
    yield* Deferred.succeed(up, undefined)
    yield* restarting
    expect(errorOf(yield* request("workbooks"))).toEqual([401, "401002"])
    const again = yield* client(simulator.url)
    expect(attribute((yield* again.request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
    yield* simulator.restart()
    expect(errorOf(yield* again.request("workbooks"))).toEqual([401, "401002"])
  })
)

it.scoped("lists that lag behind show a new job and a new project after some time", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ listLag: "10 seconds" })
    const { post, request } = yield* client(url)
    const totals = Effect.forEach(["workbooks", "projects", "jobs"], (path) => Effect.map(request(path), total))
    expect(yield* totals).toEqual([120, 5, 10])
    const [id = ""] = ids(yield* request("workbooks"), "workbook")
    const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
    yield* post("projects", '<project name="New"/>')
    expect(code(yield* request(`jobs/${job}`))).toBe("")
    yield* TestClock.adjust("9 seconds")
    expect(yield* totals).toEqual([120, 5, 10])
    yield* TestClock.adjust("1 second")
    expect(yield* totals).toEqual([120, 6, 11])
  })
)

it.scoped("the options set how long jobs wait and run", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ jobWait: "1 minute", jobRun: "2 minutes" })
    const { post, request } = yield* client(url)
    const [id = ""] = ids(yield* request("workbooks"), "workbook")
    const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
    const dates = Effect.map(request(`jobs/${job}`), ({ text }) => [
      attribute(text, "job", "startedAt"),
      attribute(text, "job", "completedAt")
    ])
    yield* TestClock.adjust("59 seconds")
    expect(yield* dates).toEqual(["", ""])
    yield* TestClock.adjust("1 second")
    expect(yield* dates).toEqual(["1970-01-01T00:01:00Z", ""])
    yield* TestClock.adjust("2 minutes")
    expect(yield* dates).toEqual(["1970-01-01T00:01:00Z", "1970-01-01T00:03:00Z"])
  })
)

it.scoped("a job of a type that cannot be cancelled is refused with 403081", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    const [id = ""] = ids(yield* request("datasources?filter=hasExtracts:eq:false"), "datasource")
    const job = attribute((yield* post(`datasources/${id}/createExtract`, "")).text, "job", "id")
    expect(errorOf(yield* request(`jobs/${job}`, { method: "PUT" }))).toEqual([403, "403081"])
  })
)

it.scoped("the header Date is by the clock that dates jobs", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    yield* TestClock.adjust("90 minutes")
    const [id = ""] = ids(yield* request("workbooks"), "workbook")
    const response = yield* post(`workbooks/${id}/refresh`, "")
    expect(attribute(response.text, "job", "createdAt")).toBe("1970-01-01T01:30:00Z")
    expect(response.headers["date"]).toBe("Thu, 01 Jan 1970 01:30:00 GMT")
  })
)
