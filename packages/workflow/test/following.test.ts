/** The job of a refresh: a server that does not report it, and a session that fails meanwhile. */
import { describe, expect } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Jobs, type SessionStore, TableauError } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { executed, inMemory, workbookId } from "./support/setting.js"
import { throughTime } from "./support/time.js"

const payload = Effect.map(workbookId("Forecast"), (id) => ({ site: "", id, key: "monday" }))

const refreshed = Effect.flatMap(payload, (given) => executed(TableauWorkflow.refreshWorkbook, given))

describe("a refresh whose job cannot be followed", () => {
  for (const status of [400, 403, 501] as const) {
    inMemory(`because of ${status}, is an error with the job, and says that the server has acted`, {}, (simulator) =>
      Effect.gen(function* () {
        const { id } = yield* payload
        const code = `${status}000`
        yield* simulator.inject({ operation: "queryJob", fault: Fault.status(status, { code }) })
        const error = yield* throughTime(simulator, Effect.flip(refreshed))
        const [job] = yield* Effect.flatMap(Jobs.list(), ({ items }) => Stream.runCollect(items))
        expect(error).toMatchObject({ _tag: "JobNotFollowed", acted: "yes", job: job?.id, error: { status } })
        expect(error).toBeInstanceOf(TableauWorkflow.JobNotFollowed)
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
        expect(id).not.toBe("")
      })
    )
  }
})

inMemory(
  "a refresh whose job the server no longer knows is an error with the job, long before the deadline",
  {},
  (simulator) =>
    Effect.gen(function* () {
      const given = yield* payload
      const gone = Fault.status(404, { code: "404031" })
      // A new job may not be in the database of the server yet.
      yield* simulator.inject({ operation: "queryJob", times: 2, fault: gone })
      yield* simulator.inject({ operation: "queryJobs", times: 1, fault: Fault.status(403, { code: "403004" }) })
      const first = yield* throughTime(simulator, executed(TableauWorkflow.refreshWorkbook, given))
      expect(first).toMatchObject({ start: "started" })
      yield* simulator.inject({ operation: "queryJob", times: 999, fault: gone })
      const denied = Fault.status(403, { code: "403004" })
      yield* simulator.inject({ operation: "queryJobs", times: 999, fault: denied })
      const before = yield* DateTime.now
      const execution = executed(TableauWorkflow.refreshWorkbook, { ...given, key: "tuesday" })
      expect(yield* throughTime(simulator, Effect.flip(execution))).toMatchObject({
        _tag: "JobNotFollowed",
        error: { _tag: "NotFound" }
      })
      expect(DateTime.distance(before, yield* DateTime.now)).toBeLessThan(10 * 60_000)
    })
)

inMemory(
  "a refresh whose job the server reports in a list only, and late, waits for it",
  { simulator: { listLag: "100 seconds", jobRun: "10 minutes" } },
  (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({ operation: "queryJob", times: 9999, fault: Fault.status(400, { code: "400031" }) })
      expect(yield* throughTime(simulator, refreshed)).toMatchObject({ start: "started" })
    })
)

/** A store that fails so many times when a session has ended. */
const failingStore = (error: TableauError.SessionStoreBusy | TableauError.SessionStoreUnavailable) => {
  const state = { failures: 0 }
  const store: SessionStore.Service = {
    join: () =>
      Effect.sync((): SessionStore.Member => {
        let generation = 0
        return {
          acquire: ({ failed }, signIn) =>
            Effect.gen(function* () {
              if (failed !== undefined && state.failures > 0) {
                state.failures -= 1
                return yield* error
              }
              generation += 1
              return { ...(yield* signIn), generation }
            }),
          leave: () => Effect.void
        }
      })
  }
  return { state, store }
}

describe("a refresh whose session ends while the store of the session fails", () => {
  for (const error of [
    new TableauError.SessionStoreUnavailable({ operation: "test", acted: "no" }),
    new TableauError.SessionStoreBusy({ operation: "test", acted: "no" })
  ]) {
    const { state, store } = failingStore(error)
    inMemory(`${error._tag}, waits for its job and succeeds`, { store, simulator: { jobRun: "1 hour" } }, (simulator) =>
      Effect.gen(function* () {
        const given = yield* payload
        state.failures = 5
        const fiber = yield* Effect.fork(throughTime(simulator, executed(TableauWorkflow.refreshWorkbook, given)))
        yield* simulator.awaitSeen("updateWorkbookNow")
        yield* simulator.endSessions
        expect(yield* Fiber.join(fiber)).toMatchObject({ start: "started", notes: ["Finished Forecast."] })
        expect(state.failures).toBe(0)
      })
    )
  }
})
