import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Jobs, Operation, Projects, type RateLimiter, Response, Tasks, Upload, Views, Workbooks } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"
import { onSimulator, open } from "../../../../test/support/session.js"
import { twbx } from "../../../simulator/test/support/files.js"
import { measuring, on } from "../telemetry/observing.js"
import { asleepFor, turn } from "./retrying.js"

const count = Effect.map(Workbooks.list({ pageSize: 1 }), ({ totalAvailable }) => totalAvailable)

/** A rate limiter that records what is taken and what it holds. A budget without room waits until the test makes room. */
const recording = () => {
  const taken: Array<string> = []
  const held = new Map<string, number>()
  const full = new Map<string, Deferred.Deferred<void>>()
  const budgetOf = (key: RateLimiter.Key) => key.slice(0, key.indexOf(":"))
  const hold = (budget: string, by: number) =>
    Effect.sync(() => {
      held.set(budget, (held.get(budget) ?? 0) + by)
    })
  const rateLimiter: RateLimiter.RateLimiter = {
    consume: (key, weight) => {
      const budget = budgetOf(key)
      const room = full.get(budget)
      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          taken.push(`${weight} ${key}`)
          if (room !== undefined) yield* restore(Deferred.await(room))
          yield* hold(budget, 1)
          yield* Effect.addFinalizer(() => hold(budget, -1))
        })
      )
    }
  }
  const fill = (budget: RateLimiter.Budget) =>
    Effect.map(Deferred.make<void>(), (room) => {
      full.set(budget, room)
      return Effect.andThen(
        Effect.sync(() => full.delete(budget)),
        Deferred.succeed(room, undefined)
      )
    })
  /** What was taken since the last time, without the part of the key that all share. */
  const taking = () => taken.splice(0).map((line) => line.replace(/:http.*/, ""))
  return { rateLimiter, taken, taking, held: (budget: RateLimiter.Budget) => held.get(budget) ?? 0, fill }
}

const immediately = { schedule: Schedule.recurs(3), deadline: "5 minutes" } as const

/** Waits until so much has been taken. */
const awaitTaken = (taken: ReadonlyArray<string>, times: number): Effect.Effect<void> =>
  Effect.suspend(() => (taken.length >= times ? Effect.void : Effect.andThen(turn, awaitTaken(taken, times))))

describe("a rate limiter", () => {
  onSimulator("each request takes a call, and its own budget before, for the user on the site", (simulator) =>
    Effect.gen(function* () {
      const { rateLimiter, taken, taking } = recording()
      const session = yield* open({ rateLimiter })
      yield* turn
      const { site, user } = yield* session.current
      expect(taken).toEqual([`2 calls:${simulator.url}/${encodeURIComponent(site.contentUrl)}/${user.id}`])
      taking()
      yield* Effect.gen(function* () {
        yield* count
        expect(taking()).toEqual(["1 calls"])
        const { items } = yield* Workbooks.list()
        const [workbook] = [...(yield* Stream.runCollect(Stream.take(items, 1)))]
        const id = workbook?.id ?? expect.fail("there is no workbook")
        taking()
        const job = yield* Workbooks.refresh(id)
        expect(taking()).toEqual(["1 refreshes", "1 calls"])
        yield* Jobs.get(job.id)
        expect(taking()).toEqual(["1 jobPolls", "1 calls"])
        yield* Effect.exit(Jobs.await(job.id, { deadline: 0 }))
        // Its first poll and its last one.
        expect(taking()).toEqual(["1 jobPolls", "1 calls", "1 jobPolls", "1 calls"])
        yield* Effect.scoped(Workbooks.pdf(id))
        expect(taking()).toEqual(["1 exports", "1 calls"])
      }).pipe(on(session))
    })
  )

  it("the operations that Tableau limits more declare their budget", () => {
    const limited = [Tasks.run, Workbooks.publish, Workbooks.publishAsJob, Views.data, Views.crosstab, Workbooks.list]
    expect(limited.map(({ spec }) => spec.budget)).toEqual([
      "refreshes",
      "publishes",
      "publishes",
      "exports",
      "exports",
      undefined
    ])
  })

  onSimulator("a file that is sent in blocks takes one publish, and a call for each request", () =>
    Effect.gen(function* () {
      const { rateLimiter, taking } = recording()
      const session = yield* open({ rateLimiter })
      yield* turn
      taking()
      const file = Upload.bytes("Sales.twbx", twbx({ worksheets: ["Sales"] }))
      yield* on(session)(Workbooks.publish(file, { upload: { singleRequestLimit: 0 } }))
      expect(taking()).toEqual(["1 calls", "1 calls", "1 publishes", "1 calls"])
    })
  )

  onSimulator("calls that wait for more than ten seconds, one line in a minute", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const keep = Logger.make(({ message }) => lines.push(String(message)))
      const { fill, rateLimiter, taken } = recording()
      const session = yield* open({ rateLimiter })
      const makeRoom = yield* fill("calls")
      yield* turn
      taken.length = 0
      const calls = yield* Effect.fork(
        on(session)(Effect.all([count, count], { concurrency: "unbounded" })).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, keep))
        )
      )
      yield* awaitTaken(taken, 2)
      yield* TestClock.adjust("9 seconds")
      expect(lines).toEqual([])
      yield* TestClock.adjust("20 seconds")
      expect(lines).toEqual(["Workbooks.list waits for the rate limiter: the budget `calls` has no room."])
      yield* makeRoom
      expect(yield* Fiber.join(calls)).toHaveLength(2)
    })
  )

  onSimulator("an operation of the program declares a budget, and its request takes it", () =>
    Effect.gen(function* () {
      const { rateLimiter, taking } = recording()
      const session = yield* open({ rateLimiter })
      yield* turn
      taking()
      const expensive = Operation.make({
        name: "expensive",
        request: "GET /sites/{siteId}/workbooks",
        since: "2.0",
        scope: "tableau:content:read",
        budget: "exports",
        input: () => ({}),
        response: Response.empty
      })
      yield* Effect.exit(on(session)(expensive()))
      expect(taking()).toEqual(["1 exports", "1 calls"])
    })
  )

  onSimulator("a call on another site takes of the budget of the user there", () =>
    Effect.gen(function* () {
      const { rateLimiter, taken } = recording()
      const session = yield* open({ rateLimiter })
      yield* turn
      const finance = session.withSite("Finance")
      taken.splice(0)
      yield* on(finance)(count)
      yield* turn
      const { user } = yield* finance.current
      const keys = taken.map((line) => line.replace(/ calls:http:\/\/[^/]*/, ""))
      // The switch, and the call.
      expect(keys.sort()).toEqual([`1/finance/${user.id}`, `1/finance/${user.id}`])
    })
  )

  onSimulator("a call that waits holds up neither other calls nor another site", (simulator) =>
    Effect.gen(function* () {
      const { fill, rateLimiter, taken } = recording()
      const session = yield* open({ rateLimiter })
      const workbook = yield* on(session)(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runHead(items)))
      const { id } = yield* workbook
      const makeRoom = yield* fill("refreshes")
      taken.splice(0)
      const refresh = yield* Effect.fork(on(session)(Workbooks.refresh(id)))
      yield* awaitTaken(taken, 1)
      yield* on(session)(count)
      yield* on(session.withSite("Finance"))(count)
      yield* on(session)(count)
      expect(yield* simulator.count("updateWorkbookNow")).toBe(0)
      yield* makeRoom
      yield* Fiber.join(refresh)
      expect(yield* simulator.count("updateWorkbookNow")).toBe(1)
    })
  )

  for (const [what, patience] of [
    ["waits in vain", (wait: Effect.Effect<void, never, Scope.Scope>) => wait],
    ["cannot be interrupted", <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.uninterruptible(wait)]
  ] as const) {
    onSimulator(`a rate limiter that ${what}: the call fails at its deadline and was not sent`, (simulator) =>
      Effect.gen(function* () {
        const { fill, held, rateLimiter, taken } = recording()
        let isPatient = false
        const session = yield* open({
          rateLimiter: {
            consume: (key, weight) =>
              isPatient ? patience(Effect.andThen(rateLimiter.consume(key, weight), Effect.never)) : Effect.void
          },
          retry: immediately
        })
        yield* turn
        isPatient = true
        const started = yield* Clock.currentTimeMillis
        yield* Effect.asVoid(fill("exports"))
        const fiber = yield* Effect.fork(Effect.flip(on(session)(count)))
        yield* awaitTaken(taken, 1)
        yield* TestClock.adjust("299 seconds")
        yield* turn
        expect(fiber.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 second")
        const error = yield* Fiber.join(fiber)
        expect((yield* Clock.currentTimeMillis) - started).toBe(300_000)
        expect(error).toMatchObject({ _tag: "TimedOut", acted: "no", phase: "rateLimiter", after: 300_000 })
        expect(error.message).toBe(
          "Workbooks.list: the rate limiter did not let the request pass within 300000 milliseconds. The budget `calls` had no room, and the request was not sent. Send fewer requests, allow more time (`retry: { deadline }`, `TableauSession.withRetry`), or raise this limit of your rate limiter if the server allows more."
        )
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(0)
        expect(held("calls")).toBe(0)
      })
    )
  }

  onSimulator("what an uninterruptible rate limiter acquires after the deadline is released at once", () =>
    Effect.gen(function* () {
      const { fill, held, rateLimiter, taken } = recording()
      const session = yield* open({
        rateLimiter: { consume: (key, weight) => Effect.uninterruptible(rateLimiter.consume(key, weight)) },
        retry: immediately
      })
      yield* turn
      taken.splice(0)
      const makeRoom = yield* fill("calls")
      const fiber = yield* Effect.fork(Effect.flip(on(session)(count)))
      yield* awaitTaken(taken, 1)
      yield* TestClock.adjust("5 minutes")
      expect(yield* Fiber.join(fiber)).toMatchObject({ phase: "rateLimiter" })
      yield* makeRoom
      yield* turn
      expect(held("calls")).toBe(0)
    })
  )

  onSimulator("an interruption ends the wait, and releases what was held", (simulator) =>
    Effect.gen(function* () {
      const { fill, held, rateLimiter, taken } = recording()
      const session = yield* open({ rateLimiter })
      const workbook = yield* on(session)(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runHead(items)))
      const { id } = yield* workbook
      yield* Effect.asVoid(fill("calls"))
      taken.splice(0)
      const fiber = yield* Effect.fork(Effect.scoped(on(session)(Workbooks.pdf(id))))
      yield* awaitTaken(taken, 2)
      expect(held("exports")).toBe(1)
      yield* Fiber.interrupt(fiber)
      expect(held("exports")).toBe(0)
      expect(yield* simulator.count("downloadWorkbookPDF")).toBe(0)
    })
  )

  onSimulator("an export is held until its content has been read, its scope closes, or it fails", (simulator) =>
    Effect.gen(function* () {
      const { held, rateLimiter } = recording()
      const session = yield* open({ rateLimiter, retry: immediately })
      const workbook = yield* on(session)(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runHead(items)))
      const { id } = yield* workbook
      yield* Effect.gen(function* () {
        const { content } = yield* Workbooks.pdf(id)
        expect([held("exports"), held("calls")]).toEqual([1, 1])
        yield* Stream.runDrain(content)
        expect([held("exports"), held("calls")]).toEqual([0, 0])
      }).pipe(on(session), Effect.scoped)
      const scope = yield* Scope.make()
      yield* Workbooks.pdf(id).pipe(on(session), Scope.extend(scope))
      expect(held("exports")).toBe(1)
      yield* Scope.close(scope, Exit.void)
      expect(held("exports")).toBe(0)
      yield* simulator.inject({ operation: "any", fault: Fault.status(403) })
      yield* Effect.gen(function* () {
        expect(yield* Effect.flip(on(session)(Workbooks.pdf(id)))).toMatchObject({ _tag: "Forbidden" })
        expect(held("exports")).toBe(0)
      }).pipe(Effect.scoped)
    })
  )

  onSimulator("an attempt that is sent again takes again, after the failed one has given back", (simulator) =>
    Effect.gen(function* () {
      const { held, rateLimiter, taking } = recording()
      let most = 0
      const session = yield* open({
        rateLimiter: {
          consume: (key, weight) =>
            Effect.tap(rateLimiter.consume(key, weight), () =>
              Effect.sync(() => {
                most = Math.max(most, held("exports"))
              })
            )
        },
        retry: immediately
      })
      const workbook = yield* on(session)(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runHead(items)))
      const { id } = yield* workbook
      taking()
      yield* simulator.inject({ operation: "any", fault: Fault.status(503), times: 2 })
      yield* Effect.scoped(on(session)(Workbooks.pdf(id)))
      expect(taking()).toEqual(["1 exports", "1 calls", "1 exports", "1 calls", "1 exports", "1 calls"])
      expect(most).toBe(1)
    })
  )

  onSimulator("a renewal and the request that is sent again after it take calls without waiting", (simulator) =>
    Effect.gen(function* () {
      const { fill, rateLimiter, taking } = recording()
      const session = yield* open({ rateLimiter })
      yield* turn
      taking()
      yield* simulator.endSessions
      let makeRoom: Effect.Effect<unknown> = Effect.void
      yield* simulator.inject({
        operation: "queryWorkbooksForSite",
        fault: Fault.hold(Effect.flatten(Effect.map(fill("calls"), (room) => Effect.sync(() => (makeRoom = room)))))
      })
      yield* on(session)(count)
      yield* turn
      expect(taking()).toEqual(["1 calls", "2 calls", "1 calls"])
      expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
      yield* makeRoom
    })
  )

  onSimulator("a budget without room delays neither sign-in nor sign-out", (simulator) =>
    Effect.gen(function* () {
      const { fill, held, rateLimiter, taken } = recording()
      yield* Effect.asVoid(fill("calls"))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* open({
            rateLimiter: { consume: (key, weight) => Effect.uninterruptible(rateLimiter.consume(key, weight)) }
          })
          yield* awaitTaken(taken, 1)
        })
      )
      expect(yield* simulator.sessions).toEqual([])
      expect(held("calls")).toBe(0)
    })
  )

  onSimulator("a rate limiter whose release never ends, the call returns all the same", (simulator) =>
    Effect.gen(function* () {
      let holds = false
      const session = yield* open({
        rateLimiter: {
          consume: () => (holds ? Effect.addFinalizer(() => Effect.uninterruptible(Effect.never)) : Effect.void)
        }
      })
      yield* turn
      holds = true
      const fiber = yield* Effect.fork(on(session)(count))
      yield* simulator.awaitSeen("queryWorkbooksForSite")
      yield* asleepFor("5 seconds", "1 second")
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(fiber)).toBeGreaterThan(0)
    })
  )

  onSimulator("a rate limiter with a defect fails the call with it, and later calls are sent", () =>
    Effect.gen(function* () {
      let dies = false
      const session = yield* open({
        rateLimiter: { consume: () => (dies ? Effect.dieMessage("no budget") : Effect.void) }
      })
      dies = true
      const exit = yield* Effect.exit(on(session)(Projects.create({ name: "Never" })))
      expect(String(exit)).toContain("no budget")
      dies = false
      expect(yield* on(session)(count)).toBeGreaterThan(0)
    })
  )

  onSimulator("the time that calls wait is measured by budget", () =>
    Effect.gen(function* () {
      const { fill, rateLimiter, taken } = recording()
      const session = yield* open({ rateLimiter })
      const workbook = yield* on(session)(Effect.flatMap(Workbooks.list(), ({ items }) => Stream.runHead(items)))
      const { id } = yield* workbook
      const changes = yield* measuring
      const makeRoom = yield* fill("refreshes")
      taken.splice(0)
      const fiber = yield* Effect.fork(on(session)(Workbooks.refresh(id)))
      yield* awaitTaken(taken, 1)
      yield* TestClock.adjust("3 seconds")
      yield* makeRoom
      yield* Fiber.join(fiber)
      const waits = Object.entries(yield* changes).filter(([name]) => name.startsWith("tableau_rate_limiter_wait"))
      const name = (budget: string) => `tableau_rate_limiter_wait budget=${budget} time_unit=milliseconds`
      expect(Object.fromEntries(waits)).toEqual({
        [`${name("refreshes")} count`]: 1,
        [`${name("refreshes")} sum`]: 3000,
        [`${name("calls")} count`]: 1
      })
    })
  )
})
