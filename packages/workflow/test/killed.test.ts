/** Processes that are killed at each activity of a refresh, while lists lag behind. */
import { describe, expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Jobs, TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { layerHttpClient } from "../../../test/support/httpClient.js"
import { demoToken, timeless } from "../../../test/support/session.js"
import { empty, type Kill } from "./support/journal.js"
import { inProcess, throughKills } from "./support/processes.js"
import { content, onServer, workbookId } from "./support/setting.js"

const jobs = Effect.gen(function* () {
  // Until lists have all.
  yield* TestClock.adjust("10 minutes")
  const { items } = yield* Jobs.list()
  return yield* Stream.runCount(items)
})

const refresh = Effect.map(workbookId("Forecast"), (id) => ({
  workflow: TableauWorkflow.refreshWorkbook,
  payload: { site: "", id, key: "monday" }
}))

/** The job ends before a list has it. */
const unlisted = { listLag: "1 minute", jobRun: "30 seconds" } as const

/** The job runs for a long time. */
const long = { listLag: "1 minute", jobRun: "8 minutes" } as const

const at = (...activities: ReadonlyArray<string>): ReadonlyArray<Kill> =>
  activities.flatMap((activity) => [
    { activity, at: "before" as const },
    { activity, at: "after" as const }
  ])

const single = at("begin", "prepare 1", "start 1", "job 1", "job 2").map((kill) => [kill])

const several: ReadonlyArray<ReadonlyArray<Kill>> = [
  at("begin", "prepare 1", "start 1"),
  [{ activity: "start 1", at: "after" }, ...at("look 1.1", "look 1.2", "job 1")],
  // No request arrives in the first two processes.
  [
    { activity: "start 1", at: "before" },
    { activity: "look 1.3", at: "after" },
    { activity: "prepare 2", at: "after" },
    { activity: "start 2", at: "before" }
  ],
  [
    { activity: "start 1", at: "before" },
    { activity: "start 2", at: "after" }
  ]
]

const named = (kills: ReadonlyArray<Kill>) => kills.map(({ activity, at }) => `${at} "${activity}"`).join(", ")

describe("a refresh whose process is killed", () => {
  for (const [name, options] of [
    ["ends before lists have it", unlisted],
    ["runs for long", long]
  ] as const) {
    for (const kills of [...single, ...several]) {
      if (name === "ends before lists have it" && kills.some(({ activity }) => activity === "job 2")) continue
      onServer(`${named(kills)}, starts one job, which ${name}, and ends once`, options, (simulator) =>
        Effect.gen(function* () {
          const journal = empty()
          const result = yield* throughKills(simulator, journal, yield* refresh, kills)
          expect(result).toMatchObject({ notes: ["Finished Forecast."] })
          expect(yield* jobs).toBe(1)
          // Waits are in the database: no activity sleeps.
          expect(journal.clocks.size).toBeGreaterThan(0)
          expect(journal.begun.filter((one) => one.startsWith("DurableClock"))).toEqual([])
          // Nothing was executed again but what was killed.
          const again = journal.begun.filter((one, index) => journal.begun.indexOf(one) !== index)
          expect([...new Set(again)]).toEqual([...new Set(kills.map(({ activity }) => activity))])
        })
      )
    }
  }

  onServer(
    "after its request, if content changes and no list has a job, is OutcomeUnknown and starts no other",
    { listLag: "1 day", jobRun: "30 seconds" },
    (simulator) =>
      Effect.gen(function* () {
        const execution = yield* refresh
        const error = yield* Effect.flip(
          throughKills(simulator, empty(), execution, [{ activity: "start 1", at: "after" }])
        )
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", acted: "unknown" })
        expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
      })
  )

  const elsewhere = (activity: string) => (simulator: Simulator.Service) =>
    Effect.gen(function* () {
      const execution = { ...(yield* refresh), options: { deadline: "10 minutes" } as const }
      const journal = empty()
      yield* inProcess(simulator, journal, execution, { activity, at: "before" })
      // Ids follow the order: the Default site has another one.
      const other = yield* Simulator.make({ content: { ...content, sites: [...content.sites].reverse() } })
      const session = yield* TableauSession.make({ ...timeless, server: other.url, credentials: demoToken })
      const exit = yield* Effect.provideService(inProcess(other, journal, execution), TableauSession, session)
      expect(yield* other.count("updateWorkbookNow")).toBe(0)
      const error = exit !== undefined && Exit.isFailure(exit) ? Cause.squash(exit.cause) : expect.fail("no failure")
      expect(String(error)).toContain(JSON.stringify(simulator.url).slice(1, -1))
      expect(String(error)).toContain(JSON.stringify(other.url).slice(1, -1))
      return { error, refreshes: yield* simulator.count("updateWorkbookNow"), simulator }
    }).pipe(Effect.provide(layerHttpClient))

  onServer("and goes on until the deadline with a session on another server, is WrongSite", {}, (simulator) =>
    Effect.map(elsewhere("prepare 1")(simulator), ({ error }) => expect(error).toMatchObject({ _tag: "WrongSite" }))
  )

  onServer(
    "when it may have sent its request, and goes on until the deadline with another server, is OutcomeUnknown",
    {},
    (simulator) =>
      Effect.map(elsewhere("start 1")(simulator), ({ error }) =>
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", acted: "unknown" })
      )
  )

  onServer("after its start, and goes on until the deadline with another server, is JobTimedOut", {}, (simulator) =>
    Effect.map(elsewhere("job 1")(simulator), ({ error, refreshes }) => {
      expect(refreshes).toBe(1)
      expect(error).toMatchObject({ _tag: "JobTimedOut", acted: "yes", job: { id: expect.any(String) } })
    })
  )

  for (const [activity, waiting] of [
    ["prepare 1", "prepare 1, attempt 2"],
    ["start 1", "look 1.1, attempt 2"],
    ["job 1", "job 2"]
  ] as const) {
    onServer(
      `before "${activity}", goes on when another process has taken over from one on another site`,
      {},
      (simulator) =>
        Effect.gen(function* () {
          const execution = yield* refresh
          const journal = empty()
          yield* inProcess(simulator, journal, execution, { activity, at: "before" })
          const other = yield* TableauSession.make({
            ...timeless,
            site: "Other",
            server: simulator.url,
            credentials: demoToken
          })
          const kill = { activity: waiting, at: "before" } as const
          yield* Effect.provideService(inProcess(simulator, journal, execution, kill), TableauSession, other)
          const exit = yield* inProcess(simulator, journal, execution)
          expect(exit).toMatchObject({ _tag: "Success" })
          expect(yield* jobs).toBe(1)
        }).pipe(Effect.provide(layerHttpClient))
    )
  }

  onServer("after its request, and goes on while the session cannot be used, starts no other", unlisted, (simulator) =>
    Effect.gen(function* () {
      const execution = yield* refresh
      const journal = empty()
      yield* inProcess(simulator, journal, execution, { activity: "start 1", at: "after" })
      const session = yield* TableauSession
      const down = new TableauError.SessionStoreBusy({ operation: "session", acted: "no", detail: "busy" })
      let failures = 1
      const flaky: TableauSession.Service = {
        ...session,
        contentUrl: session.contentUrl,
        withSite: (site) => {
          const bound = session.withSite(site)
          return Object.assign(Object.create(bound), {
            current: Effect.suspend(() => (failures-- > 0 ? Effect.fail(down) : bound.current))
          })
        }
      }
      const exit = yield* Effect.provideService(inProcess(simulator, journal, execution), TableauSession, flaky)
      expect(failures).toBeLessThan(1)
      expect(exit).toMatchObject({ _tag: "Success", value: { start: "found" } })
      expect(yield* jobs).toBe(1)
    })
  )

  onServer(
    "later, and was stopped after it had prepared its request, prepares another one, without a look",
    unlisted,
    (simulator) =>
      Effect.gen(function* () {
        const execution = yield* refresh
        const journal = empty()
        const latch = yield* Effect.makeLatch(false)
        const stopped = { activity: "start 1", at: "before", until: latch.await } as const
        const fiber = yield* Effect.fork(inProcess(simulator, journal, execution, stopped))
        const moment = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
        yield* Effect.repeat(moment, { until: () => journal.begun.includes("start 1") })
        yield* TestClock.adjust("3 minutes")
        yield* latch.open
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "Success" })
        expect(journal.begun).toContain("prepare 2")
        expect(journal.begun.filter((name) => name.startsWith("look"))).toEqual([])
        expect(yield* jobs).toBe(1)
      })
  )

  onServer("before its request, as the session cannot be used for long, requests it without a look", {}, (simulator) =>
    Effect.gen(function* () {
      const execution = yield* refresh
      const journal = empty()
      const session = yield* TableauSession
      const state = { isDown: false }
      const failing = (inner: TableauSession.Service): TableauSession.Service => ({
        ...inner,
        withSite: (contentUrl) => failing(inner.withSite(contentUrl)),
        current: Effect.suspend(() =>
          state.isDown
            ? new TableauError.TimedOut({
                operation: "TableauSession.signIn",
                acted: "unknown",
                after: 30_000
              })
            : inner.current
        )
      })
      const setDown = (isDown: boolean) => Effect.sync(() => Object.assign(state, { isDown }))
      const recovery = Effect.delay(setDown(false), "5 minutes")
      const until = Effect.asVoid(Effect.andThen(setDown(true), Effect.forkDaemon(recovery)))
      const exit = yield* inProcess(simulator, journal, execution, { activity: "start 1", at: "before", until }).pipe(
        Effect.provideService(TableauSession, failing(session))
      )
      expect(exit).toMatchObject({ _tag: "Success", value: { start: "started" } })
      expect(journal.begun.filter((name) => name.startsWith("look"))).toEqual([])
    })
  )

  onServer("before its request, while another refresh runs, joins that one", { jobRun: "1 hour" }, (simulator) =>
    Effect.gen(function* () {
      const execution = yield* refresh
      const other = yield* Workbooks.refresh(execution.payload.id)
      yield* TestClock.adjust("1 minute")
      const result = yield* throughKills(simulator, empty(), execution, [{ activity: "start 1", at: "before" }])
      expect(result).toMatchObject({ job: other.id, start: "joined" })
    })
  )
})
