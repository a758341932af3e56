import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Projects, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  errorResponse,
  holdRequests,
  keyOf,
  scriptedServer,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin, operations, server, viewer } from "../../../../test/support/session.js"
import { page, signInDocument, workbooks } from "../../../../test/support/xml.js"
import { asleepFor, count, list, on, opened, sleepOver, turn } from "./retrying.js"

const signedIn = xmlDocument(signInDocument())
const noWorkbooks = xmlDocument(page({ total: 0 }, workbooks([])))
const rateLimited = {
  ...errorResponse(429, "429000"),
  headers: { "content-type": "application/xml", "retry-after": "30" }
}

/** A clock whose time of day can be set, as on a machine. Its monotonic time does not change. */
const wallClock = Effect.clockWith((clock) => {
  let off = 0
  const unsafeCurrentTimeMillis = () => clock.unsafeCurrentTimeMillis() + off
  const wall: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    sleep: (duration) => clock.sleep(duration),
    unsafeCurrentTimeMillis,
    currentTimeMillis: Effect.sync(unsafeCurrentTimeMillis),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos
  }
  const set = (milliseconds: number) => {
    off += milliseconds
  }
  return Effect.succeed({ by: Effect.withClock(wall), set })
})

/** A session on a server that holds each request after the sign-in until the test responds to it. */
const heldSession = Effect.gen(function* () {
  const { handler, next, waiting } = yield* holdRequests
  const { url } = yield* scriptedServer({
    "POST /auth/signin": handler,
    "POST /auth/switchSite": handler,
    [keyOf(Workbooks.list)]: handler
  })
  const opening = yield* Effect.forkScoped(TableauSession.make({ server: url, credentials: admin }))
  yield* (yield* next("/signin"))(signedIn)
  return { session: yield* Fiber.join(opening), next, waiting }
})

describe("Retry-After", () => {
  for (const [what, retryAfter] of [
    ["seconds", Duration.seconds(30)],
    ["a date", new Date(30_000)]
  ] as const) {
    it.scoped(`Retry-After in ${what} pauses all requests of the session for that time`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const session = yield* opened()
        yield* simulator.inject({ operation: list, fault: Fault.rateLimited(retryAfter) })
        const told = yield* Effect.fork(on(session)(count))
        yield* sleepOver("1 second")
        const others = yield* Effect.fork(
          Effect.all(
            [
              ...Array.from({ length: 10 }, () => on(session)(count)),
              on(session.withSite("Finance"))(count),
              on(session)(Effect.asVoid(Projects.create({ name: "Later" })))
            ],
            { concurrency: "unbounded", discard: true }
          )
        )
        yield* TestClock.setTime(29_999)
        yield* turn
        expect(yield* operations).toEqual(["serverInfo", "signIn", list])
        yield* TestClock.setTime(31_000)
        yield* Fiber.join(told)
        yield* Fiber.join(others)
        expect(yield* simulator.count(list)).toBe(13)
        expect(yield* simulator.count("createProject")).toBe(1)
        expect(yield* Clock.currentTimeMillis).toBe(31_000)
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("Retry-After does not pause other sessions", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const other = yield* opened({}, { credentials: viewer })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("30 seconds") })
      const told = yield* Effect.fork(on(session)(count))
      yield* sleepOver("1 second")
      expect(yield* on(other)(count)).toBeGreaterThan(0)
      yield* Fiber.interrupt(told)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a repeated Retry-After extends the pause and costs waiting requests no attempt", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.recurs(1) })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("10 seconds") })
      const told = yield* Effect.fork(on(session)(count))
      yield* asleepFor("11 seconds")
      const others = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 100 }, () => on(session)(count)),
          { concurrency: "unbounded", discard: true }
        )
      )
      yield* TestClock.setTime(9000)
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("20 seconds") })
      // The first requests after the pause. Jitter keeps their number small.
      yield* sleepOver("2 seconds")
      yield* simulator.awaitSeen(list, 2)
      yield* sleepOver("2 seconds")
      const seen = yield* simulator.count(list)
      expect(seen).toBeLessThan(20)
      yield* TestClock.setTime(60_000)
      yield* Effect.exit(Fiber.join(told))
      yield* Fiber.join(others)
      expect(yield* simulator.count(list)).toBeLessThanOrEqual(103)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After longer than retryAfterLimit fails at once with RateLimited, and pauses nothing", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ retryAfterLimit: "10 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("11 seconds") })
      const error = yield* Effect.flip(on(session)(count))
      expect(error).toMatchObject({ _tag: "RateLimited", retryAfter: Duration.seconds(11), acted: "no", status: 429 })
      expect(yield* on(session)(count)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After longer than a minute fails at once by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("61 seconds") })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(61)
      })
      // A number with too many digits is a long wait, not an absent header.
      const headers = { "retry-after": "9".repeat(400) }
      yield* simulator.inject({ operation: list, fault: Fault.status(429, { headers }) })
      const told = { _tag: "RateLimited", retryAfter: Duration.millis(Number.MAX_SAFE_INTEGER) }
      expect(yield* Effect.flip(on(session)(count))).toMatchObject(told)
      // An invalid date is ignored, also if `Date` parses it as a year.
      yield* simulator.inject({ operation: list, fault: Fault.status(429, { headers: { "retry-after": "abc 2090" } }) })
      const { retryAfter } = yield* Effect.flip(on(session)(TableauSession.withRetry("never")(count))).pipe(
        Effect.filterOrDieMessage((error) => error._tag === "RateLimited", "no RateLimited")
      )
      expect(retryAfter).toBeUndefined()
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After beyond the deadline fails at once, and waiting requests are not sent", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ deadline: "30 seconds", requestTimeout: "20 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("40 seconds") })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({ _tag: "RateLimited", status: 429 })
      const error = yield* Effect.flip(on(session)(count))
      expect(error).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(40),
        acted: "no",
        operation: "Workbooks.list"
      })
      expect(error.message).toContain("not sent")
      const patient = yield* count.pipe(TableauSession.withRetry({ deadline: "1 minute" }), on(session), Effect.fork)
      yield* turn
      expect(yield* simulator.count(list)).toBe(1)
      yield* TestClock.adjust("41 seconds")
      expect(yield* Fiber.join(patient)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("pauses and timeouts do not change when the time of day is set", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { by, set } = yield* wallClock
      const session = yield* by(opened({ requestTimeout: "20 seconds" }))
      for (const hour of [-3_600_000, 3_600_000]) {
        const before = yield* simulator.count(list)
        yield* simulator.inject({ operation: list, fault: Fault.hang() })
        const late = yield* Effect.fork(by(on(session)(count)))
        yield* simulator.awaitSeen(list, before + 1)
        set(hour)
        yield* TestClock.adjust("20 seconds")
        yield* sleepOver("2 seconds")
        expect(yield* Fiber.join(late)).toBe(120)

        yield* simulator.inject({ operation: list, fault: Fault.rateLimited("30 seconds") })
        const limited = yield* Effect.fork(by(on(session)(count)))
        yield* sleepOver("2 seconds")
        // After that it waits for the end of the pause.
        const slept = yield* asleepFor("32 seconds", "21 seconds")
        set(hour)
        yield* TestClock.adjust(slept)
        expect(yield* Fiber.join(limited)).toBe(120)
      }
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a pause also applies to a request that waits for a renewal", () =>
    Effect.gen(function* () {
      const { next, session, waiting } = yield* heldSession
      const first = yield* Effect.fork(on(session)(count))
      const respondToFirst = yield* next("/workbooks")
      const second = yield* Effect.fork(on(session)(count))
      yield* (yield* next("/workbooks"))(errorResponse(401, "401002"))
      const respondToSignIn = yield* next("/signin")
      // The first request receives Retry-After while the second one renews the session.
      yield* respondToFirst(rateLimited)
      yield* sleepOver("1 second")
      yield* respondToSignIn(signedIn)
      const asleep = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return Chunk.filter(yield* TestClock.sleeps(), (until) => until - now < 31_000).length
      })
      while ((yield* asleep) < 2 && (yield* waiting) === 0) yield* turn
      expect(yield* waiting).toBe(0)
      yield* TestClock.adjust("31 seconds")
      yield* (yield* next("/workbooks"))(noWorkbooks)
      yield* (yield* next("/workbooks"))(noWorkbooks)
      expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([0, 0])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a pause also applies to a switch of the site that a request waits for", () =>
    Effect.gen(function* () {
      const { next, session, waiting } = yield* heldSession
      const first = yield* Effect.fork(on(session)(count))
      const respondToFirst = yield* next("/workbooks")
      const second = yield* Effect.fork(on(session.withSite("Finance"))(count))
      yield* turn
      yield* respondToFirst(rateLimited)
      const asleep = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return Chunk.filter(yield* TestClock.sleeps(), (until) => until - now < 31_000).length
      })
      // Both wait for delays of their own: neither has been sent.
      while ((yield* asleep) < 2 && (yield* waiting) === 0) yield* turn
      yield* TestClock.adjust("29 seconds")
      yield* turn
      expect(yield* waiting).toBe(0)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("2 seconds")
      yield* (yield* next("/switchSite"))(xmlDocument(signInDocument({ contentUrl: "Finance" })))
      yield* (yield* next("/workbooks"))(noWorkbooks)
      expect(yield* Fiber.join(second)).toBe(0)
    }).pipe(Effect.provide(server()))
  )
})
