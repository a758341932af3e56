/** Requests whose deadline passes while the process is stopped: time has passed, and no timer has run. */
import { describe, expect } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Projects } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Fault } from "effect-tableau-simulator"
import { onSimulator, open } from "../../../../test/support/session.js"
import { asleepFor, on, turn } from "./retrying.js"

/** A clock that can pass without ending what sleeps. */
const stoppable = Effect.map(Effect.clock, (clock) => {
  let nanos = 0n
  const stopped: Clock.Clock = Object.assign(Object.create(Object.getPrototypeOf(clock)), clock, {
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + nanos
  })
  const stop = (minutes: number) =>
    Effect.sync(() => {
      nanos += BigInt(minutes) * 60_000_000_000n
    })
  return { clock: stopped, stop }
})

const create = Projects.create({ name: "Late" })

const late = {
  _tag: "TimedOut",
  acted: "no",
  after: 300_000,
  detail: "The time in which the call may send had passed: this request was not sent."
}

describe("a process that is stopped for longer than the deadline of a call", () => {
  onSimulator("in the rate limiter, it does not send the request", (simulator) =>
    Effect.gen(function* () {
      const { clock, stop } = yield* stoppable
      let minutes = 0
      const session = yield* open({ rateLimiter: { consume: () => stop(minutes) } })
      yield* turn
      minutes = 6
      expect(yield* create.pipe(on(session), Effect.withClock(clock), Effect.flip)).toMatchObject(late)
      expect(yield* simulator.count("createProject")).toBe(0)
      minutes = 2
      yield* create.pipe(on(session), Effect.withClock(clock))
      expect(yield* simulator.count("createProject")).toBe(1)
    })
  )

  onSimulator("or than the time in which it may send, it does not send the request", (simulator) =>
    Effect.gen(function* () {
      const { clock, stop } = yield* stoppable
      let minutes = 0
      const session = yield* open({ rateLimiter: { consume: () => stop(minutes) } })
      const soon = yield* session.withRetry({ schedule: Schedule.stop, sendWithin: "30 seconds" })
      yield* turn
      minutes = 1
      expect(yield* create.pipe(on(soon), Effect.withClock(clock), Effect.flip)).toMatchObject({
        ...late,
        after: 30_000
      })
      expect(yield* simulator.count("createProject")).toBe(0)
      yield* create.pipe(on(session), Effect.withClock(clock))
      expect(yield* simulator.count("createProject")).toBe(1)
    })
  )

  onSimulator("before another attempt, it does not make that", (simulator) =>
    Effect.gen(function* () {
      const { clock, stop } = yield* stoppable
      const session = yield* open({ retry: { schedule: Schedule.spaced("10 seconds"), deadline: "5 minutes" } })
      yield* simulator.inject({ operation: "queryProjects", fault: Fault.status(503) })
      const fiber = yield* Effect.fork(Projects.list().pipe(on(session), Effect.withClock(clock), Effect.flip))
      yield* asleepFor("10 seconds")
      yield* stop(6)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject(late)
      expect(yield* simulator.count("queryProjects")).toBe(1)
    })
  )

  onSimulator("while the request waits for a connection, it does not send it", (simulator) =>
    Effect.gen(function* () {
      const { clock, stop } = yield* stoppable
      const session = yield* open()
      const released = yield* Deferred.make<void>()
      yield* simulator.inject({ operation: "queryProjects", fault: Fault.hold(Deferred.await(released)) })
      const first = yield* Effect.fork(Projects.list().pipe(on(session)))
      yield* simulator.awaitSeen("queryProjects")
      const second = yield* Effect.fork(create.pipe(on(session), Effect.withClock(clock), Effect.flip))
      yield* turn
      yield* stop(6)
      yield* Deferred.succeed(released, undefined)
      yield* Fiber.join(first)
      expect(yield* Fiber.join(second)).toMatchObject(late)
      expect(yield* simulator.count("createProject")).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient({ proxy: false, connections: 1 })))
  )
})
