import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { open, operations, server } from "../../../../test/support/session.js"
import { count, failed, list, on, opened, sleepOver } from "./retrying.js"

const running = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

describe("retry options", () => {
  it.scoped("a schedule in the options replaces the default schedule", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.intersect(Schedule.spaced("10 seconds"), Schedule.recurs(4))
      const session = yield* opened({ schedule })
      yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 5 })
      const fiber = yield* Effect.fork(on(session)(count))
      for (let times = 0; times < 4; times++) expect(yield* sleepOver("11 seconds")).toBe(10_000)
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(5)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a schedule receives the error", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.recurWhile<TableauError.TableauError>(({ _tag }) => _tag === "RateLimited")
      const session = yield* opened({ schedule })
      yield* simulator.inject({ operation: list, fault: Fault.status(429) })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(on(session)(count))
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("withRetry replaces the options of the session, also for all pages of a stream", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const { items } = yield* Workbooks.list({ pageSize: 60 }).pipe(
        TableauSession.withRetry({ schedule: Schedule.spaced("20 seconds") }),
        on(session)
      )
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(Stream.runCount(items))
      expect(yield* sleepOver("21 seconds")).toBe(20_000)
      expect(yield* Fiber.join(fiber)).toBe(120)
      expect(yield* simulator.count(list)).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped('withRetry("never") disables retries, also for all pages of a stream', () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const never = TableauSession.withRetry("never")
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(on(session)(never(count)))).toMatchObject({ status: 503 })
      const { items } = yield* on(session)(never(Workbooks.list({ pageSize: 60 })))
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(Stream.runCount(items))).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped('withRetry enables retries in a session with retry: "never"', () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened("never")
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* count.pipe(TableauSession.withRetry({}), on(session), Effect.fork)
      yield* sleepOver("1 second")
      expect(yield* Fiber.join(fiber)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("withRetry sets the timeout of the attempts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened("never")
      yield* simulator.inject({ operation: list, fault: Fault.hang() })
      const fiber = yield* count.pipe(
        TableauSession.withRetry({ requestTimeout: "3 seconds", schedule: Schedule.stop }),
        on(session),
        Effect.fork
      )
      yield* simulator.awaitSeen(list)
      yield* TestClock.adjust("3 seconds")
      expect(yield* failed(fiber)).toMatchObject({ _tag: "TimedOut", after: 3000 })
    }).pipe(Effect.provide(server()))
  )
})

describe("the deadline", () => {
  it.scoped("the deadline interrupts an attempt", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ requestTimeout: "20 seconds", deadline: "30 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.hang(), times: 2 })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* simulator.awaitSeen(list)
      yield* TestClock.adjust("20 seconds")
      yield* sleepOver("1 second")
      yield* simulator.awaitSeen(list, 2)
      yield* TestClock.setTime(29_999)
      expect(yield* running(fiber)).toBe(true)
      yield* TestClock.setTime(30_000)
      const error = yield* failed(fiber)
      expect(error).toMatchObject({ _tag: "TimedOut", after: 30_000, acted: "no", operation: "Workbooks.list" })
      expect(error.message).toContain("deadline")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("the deadline interrupts a request for the API version", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.hang(), times: 2 })
      const fiber = yield* Effect.fork(opened({ requestTimeout: "20 seconds", deadline: "30 seconds" }))
      yield* simulator.awaitSeen("serverInfo")
      yield* TestClock.adjust("20 seconds")
      yield* sleepOver("1 second")
      yield* simulator.awaitSeen("serverInfo", 2)
      yield* TestClock.setTime(29_999)
      expect(yield* running(fiber)).toBe(true)
      yield* TestClock.setTime(30_000)
      expect(yield* failed(fiber)).toMatchObject({ _tag: "TimedOut", after: 30_000, acted: "no" })
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a call fails at once with its last error if the next delay would pass the deadline", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.spaced("10 minutes") })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({ _tag: "ServerFault", status: 503 })
      expect(yield* Clock.currentTimeMillis).toBe(0)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("the deadline interrupts a schedule whose step does not end", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.tapInput(Schedule.forever, () => Effect.never)
      const session = yield* opened({ schedule, deadline: "3 minutes" })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* sleepOver("3 minutes", "150 seconds")
      expect(yield* failed(fiber)).toMatchObject({ _tag: "ServerFault", status: 503 })
    }).pipe(Effect.provide(server()))
  )

  it.scoped("the deadline is five minutes by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.spaced("1 minute") })
      yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 10 })
      const fiber = yield* Effect.fork(on(session)(count))
      for (let times = 0; times < 4; times++) yield* sleepOver("1 minute")
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(5)
    }).pipe(Effect.provide(server()))
  )
})

describe("invalid timeouts", () => {
  const invalid: ReadonlyArray<readonly [string, Partial<TableauSession.Options>, string]> = [
    ["a deadline shorter than one attempt", { retry: { deadline: "1 minute" } }, "`deadline`, 1m, is shorter"],
    [
      "a deadline shorter than requestTimeout",
      { requestTimeout: "10 seconds", retry: { deadline: "9 seconds" } },
      "10s (`requestTimeout`)"
    ],
    ["NaN as requestTimeout", { requestTimeout: Number.NaN }, "`requestTimeout` is"],
    ["a negative requestTimeout", { retry: { requestTimeout: -1 } }, "`requestTimeout` is"],
    ["a negative deadline in words", { retry: { deadline: "-5 minutes" as "5 minutes" } }, "`deadline` is"],
    ["a string that is not a duration", { retry: { retryAfterLimit: "soon" as "1 second" } }, "`retryAfterLimit` is"],
    ["a negative retryAfterLimit", { retry: { retryAfterLimit: -5 } }, "`retryAfterLimit` is"],
    ["a negative signInTimeout", { signInTimeout: -5n }, "`signInTimeout` is"],
    ["a negative signOutTimeout", { signOutTimeout: [-1, 0] }, "`signOutTimeout` is"]
  ]
  for (const [what, given, message] of invalid) {
    it.scoped(`${what} is rejected before a request`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(open({ retry: {}, ...given }))
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no", operation: "TableauSession.open" })
        expect(error.message).toContain(message)
        expect(yield* operations).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("an invalid timeout of withRetry is rejected before a request", () =>
    Effect.gen(function* () {
      const session = yield* opened()
      const error = yield* count.pipe(TableauSession.withRetry({ deadline: "1 second" }), on(session), Effect.flip)
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.withRetry" })
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("an infinite timeout is accepted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ deadline: Duration.infinity, retryAfterLimit: Duration.infinity })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("10 hours") })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* sleepOver("1 second")
      // No longer than that: the session would be renewed before its next use, and a sign-in has a timeout.
      yield* sleepOver("11 hours", "9 hours")
      expect(yield* Fiber.join(fiber)).toBe(120)
    }).pipe(Effect.provide(server()))
  )
})
