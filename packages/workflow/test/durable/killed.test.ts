/** Workflows whose process is killed at every point that it reaches, and started again. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Credentials, Datasources, Jobs, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import type { Simulator } from "effect-tableau-simulator"
import { twbx } from "../../../simulator/test/support/files.js"
import {
  connectionPassword,
  type Database,
  databases,
  inFile,
  inPostgres,
  isInstalled,
  prepare,
  secret,
  site
} from "./setUp.js"
import { type Result, type Told, temporary } from "./workers.js"

const setUp = prepare()

/** Each point takes two or three processes. */
const patience = 900_000

/** Lists lag behind for less time than workflows wait for them. */
const lagging = { listLag: "1500 millis" } as const

const options: Told["options"] = {
  pace: { first: "300 millis", factor: 1, longest: "300 millis" },
  listDelay: "2500 millis",
  deadline: "1 minute"
}

/** What the test sees of the server, in a session of its own. */
const observe = <A, E>(simulator: Simulator.Service, effect: Effect.Effect<A, E, TableauSession>) =>
  effect.pipe(
    Effect.provide(
      TableauSession.layer({
        server: simulator.url,
        site,
        credentials: Credentials.password({ username: "ana", password: Redacted.make("ana-password") })
      }).pipe(Layer.provide(TableauNode.layerHttpClient()))
    ),
    Effect.orDie
  )

const allOf = <A, E, E2, R, R2>(list: Effect.Effect<{ readonly items: Stream.Stream<A, E, R> }, E2, R2>) =>
  Effect.flatMap(list, ({ items }) => Effect.map(Stream.runCollect(items), Chunk.toReadonlyArray))

interface Scenario {
  readonly workflow: Told["execute"][number]["workflow"]
  /** The payload without site and key. */
  readonly payload: (simulator: Simulator.Service) => Effect.Effect<object, never, Scope.Scope>
  /** What the server must have when the workflow has ended. */
  readonly check: (simulator: Simulator.Service, result: Result["result"], log: string) => Effect.Effect<void>
}

const refreshesOn = (simulator: Simulator.Service) =>
  Effect.map(observe(simulator, allOf(Jobs.list())), (jobs) =>
    jobs.filter(({ jobType }) => jobType === "refresh_extracts")
  )

const refresh = (
  workflow: "refreshWorkbook" | "refreshDatasource",
  content: Effect.Effect<ReadonlyArray<{ readonly id: string }>, unknown, TableauSession>
): Scenario => ({
  workflow,
  payload: (simulator) => Effect.map(observe(simulator, content), ([item]) => ({ id: item?.id })),
  check: (simulator, result, log) =>
    Effect.map(refreshesOn(simulator), (refreshes) => {
      expect(refreshes, log).toHaveLength(1)
      expect(result, log).toMatchObject({ _tag: "Success", value: { job: refreshes[0]?.id } })
    })
})

const refreshWorkbook = refresh("refreshWorkbook", allOf(Workbooks.list()))
const refreshDatasource = refresh("refreshDatasource", allOf(Datasources.list()))

/** Publishes over a workbook that exists. */
const publish: Scenario = {
  workflow: "publishWorkbook",
  payload: () =>
    Effect.map(temporary, (folder) => {
      const path = join(folder, "Sales.twbx")
      writeFileSync(path, twbx({ worksheets: ["Overview"] }))
      return { path, mode: "overwrite" }
    }),
  check: (simulator, result, log) =>
    observe(
      simulator,
      Effect.gen(function* () {
        const [workbook, ...others] = yield* allOf(Workbooks.list())
        expect(others, log).toEqual([])
        if (workbook === undefined) return expect.fail("no workbook")
        const revisions = yield* allOf(Workbooks.revisions(workbook.id))
        expect(revisions, log).toHaveLength(2)
        expect(result, log).toMatchObject({ _tag: "Success", value: { id: workbook.id, name: "Sales" } })
      })
    )
}

/** Tokens of the simulator's sessions. */
const sessionToken = /[\w-]{22}\|[\w-]{32}/

/**
 * Runs the workflow with a process that is killed at the point, with a second one that finishes it, and at some points with a
 * third one that reads the result. Returns the points of the first process.
 */
const once = <E, R>(
  scenario: Scenario,
  database: Effect.Effect<Database, E, R>,
  killAt: string | undefined,
  given: Simulator.Options
) =>
  Effect.gen(function* () {
    const { simulator, worker } = yield* setUp(given)
    const { dump, engine } = yield* database
    const payload = { site, key: "2026-11-28", ...(yield* scenario.payload(simulator)) }
    const told = { engine, options, execute: [{ workflow: scenario.workflow, payload }] }
    const first = yield* worker({ ...told, killAt })
    yield* Effect.promise(() => first.exited)
    expect(first.isKilled(), `${killAt}\n${first.log()}`).toBe(killAt !== undefined)
    const second = yield* worker(told)
    const [ended] = yield* second.results
    const log = `killed at: ${killAt}\n${first.log()}\n${second.log()}`
    if (ended === undefined) return expect.fail(log)
    if (killAt === undefined || killAt.endsWith("stored")) {
      const requests = (yield* simulator.requests).length
      const third = yield* worker(told)
      expect(yield* third.results, log).toEqual([ended])
      // It signs in, and does nothing else.
      const since = (yield* simulator.requests).slice(requests)
      expect(since.filter(({ path }) => !/auth|serverinfo/.test(path))).toEqual([])
    }
    yield* Effect.sleep(given.listLag ?? 0)
    yield* scenario.check(simulator, ended.result, log)
    const stored = yield* dump
    expect(stored).toContain("2026-11-28")
    expect(stored).not.toContain(secret)
    expect(stored).not.toContain(connectionPassword)
    expect(stored).not.toMatch(sessionToken)
    return first.points
  }).pipe(Effect.scoped)

/** How often a job is polled depends on the time. */
const isCertain = (point: string) => !/(job|pause) ([2-9]|\d\d)/.test(point)

const everywhere = <E, R>(
  scenario: Scenario,
  database: Effect.Effect<Database, E, R>,
  given: Simulator.Options,
  where: (point: string) => boolean = () => true
) =>
  Effect.gen(function* () {
    const reached = yield* once(scenario, database, undefined, given)
    const points = reached.filter((point) => isCertain(point) && where(point))
    expect(points.length).toBeGreaterThan(8)
    yield* Effect.forEach(points, (point) => once(scenario, database, point, given), { concurrency: 3, discard: true })
  })

const isOfActivity = (point: string) => /^(activity|clock)/.test(point)

describe("over a file, a process killed at every activity, wait and request", () => {
  it.scopedLive(
    "refreshWorkbook starts one refresh and ends once, also when lists lag behind",
    () => everywhere(refreshWorkbook, inFile, lagging),
    patience
  )

  it.scopedLive(
    "publishWorkbook publishes one revision and ends once, also when lists lag behind",
    () => everywhere(publish, inFile, lagging),
    patience
  )
})

describe.skipIf(!isInstalled)("over Postgres, a process killed at every activity and wait", () => {
  it.scopedLive(
    "refreshDatasource starts one refresh and ends once, also when lists lag behind",
    () => Effect.flatMap(inPostgres, (database) => everywhere(refreshDatasource, database, lagging, isOfActivity)),
    patience
  )

  it.scopedLive(
    "publishWorkbook publishes one revision and ends once, also when lists lag behind",
    () => Effect.flatMap(inPostgres, (database) => everywhere(publish, database, lagging, isOfActivity)),
    patience
  )
})

describe.skipIf(!isInstalled)("Postgres crashes and starts again", () => {
  it.scopedLive(
    "refreshWorkbook starts one refresh and succeeds, whatever it does meanwhile",
    () =>
      Effect.gen(function* () {
        const { create, server } = yield* databases
        const points = [
          "activity start 1, before",
          "POST workbooks/:id/refresh, after",
          "activity start 1, stored",
          "GET jobs/:id, before"
        ]
        for (const point of points) {
          const { simulator, worker } = yield* setUp()
          const engine = yield* create
          const payload = { site, key: "2026-11-28", ...(yield* refreshWorkbook.payload(simulator)) }
          const runner = yield* worker({ engine, options, execute: [{ workflow: refreshWorkbook.workflow, payload }] })
          yield* runner.until(point)
          yield* server.kill
          yield* Effect.sleep("1 second")
          yield* server.start
          const [ended] = yield* runner.results
          const log = `crashed at: ${point}\n${runner.log()}`
          if (ended === undefined) return expect.fail(log)
          yield* refreshWorkbook.check(simulator, ended.result, log)
        }
      }),
    patience
  )
})

describe("what cannot be known", () => {
  it.scopedLive(
    "refreshWorkbook of a user that may not list jobs, killed after the request, reports it as unknown",
    () =>
      Effect.gen(function* () {
        const { simulator, worker } = yield* setUp()
        const { engine } = yield* inFile
        const payload = { site, key: "2026-11-28", ...(yield* refreshWorkbook.payload(simulator)) }
        const told = {
          engine,
          options,
          name: "creator",
          execute: [{ workflow: refreshWorkbook.workflow, payload }]
        }
        const first = yield* worker({ ...told, killAt: "POST workbooks/:id/refresh, after" })
        yield* Effect.promise(() => first.exited)
        expect(first.isKilled(), first.log()).toBe(true)
        const second = yield* worker(told)
        expect(yield* second.results, second.log()).toMatchObject([
          { result: { _tag: "Failure", cause: { error: { _tag: "OutcomeUnknown", acted: "unknown" } } } }
        ])
        expect(yield* refreshesOn(simulator)).toHaveLength(1)
      })
  )
})
