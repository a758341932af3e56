/** Budgets in memory, by the clock of the test. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { type RateLimiter as Client, Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RateLimiter } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"

const key = (budget: Client.Budget, user = "u1"): Client.Key => `${budget}:https://tableau.example.com/sales/${user}`

/** Sends as fast as the rate limiter allows, for a while. Returns when. */
const sent = (limiter: Client.RateLimiter, consumed: Client.Key, during: Duration.DurationInput) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    const fiber = yield* Effect.fork(
      Effect.forever(
        Effect.andThen(
          Effect.scoped(limiter.consume(consumed, 1)),
          Effect.andThen(
            Effect.yieldNow(),
            Effect.map(Clock.currentTimeMillis, (now) => times.push(now))
          )
        )
      )
    )
    yield* TestClock.adjust(during)
    yield* Fiber.interrupt(fiber)
    return times
  })

const mostWithin = (times: ReadonlyArray<number>, window: number) =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + window).length))

describe("a rate limiter in memory", () => {
  it.scoped("a rate allows its burst at once, and no window has more than the limit", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ refreshes: { limit: 60, window: "1 hour", burst: 30 } })
      const times = yield* sent(limiter, key("refreshes"), "5 hours")
      expect(times.filter((time) => time === times[0])).toHaveLength(30)
      const hour = Duration.toMillis("1 hour")
      expect(mostWithin(times, hour)).toBe(60)
      expect(times.length).toBe(30 + 5 * 31)
    })
  )

  it.scoped("a burst is a tenth of the limit by default", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ calls: { limit: 100, window: "1 minute" } })
      const times = yield* sent(limiter, key("calls"), "999 millis")
      expect(times).toHaveLength(11)
    })
  )

  it.scoped("users have budgets of their own, and a budget without a limit is not limited", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ publishes: { limit: 1, window: "1 hour" } })
      yield* limiter.consume(key("publishes", "u1"), 1)
      yield* limiter.consume(key("publishes", "u2"), 1)
      for (let i = 0; i < 100; i++) yield* limiter.consume(key("calls"), 1)
      const waiting = yield* Effect.fork(limiter.consume(key("publishes", "u1"), 1))
      yield* TestClock.adjust("59 minutes")
      expect(waiting.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(waiting)
    })
  )

  it.scoped("a weight takes so many, also more than a burst", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ calls: { limit: 6, window: "6 seconds", burst: 1 } })
      const fiber = yield* Effect.fork(limiter.consume(key("calls"), 3))
      yield* TestClock.adjust("1999 millis")
      expect(fiber.unsafePoll()).toBeNull()
      // Each wait is a millisecond longer, for timers that end early.
      yield* TestClock.adjust("3 millis")
      yield* Fiber.join(fiber)
    })
  )

  it.scoped("calls that wait pass in their order", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ calls: { limit: 60, window: "1 minute", burst: 1 } })
      const passed: Array<number> = []
      const call = (n: number) =>
        Effect.andThen(
          limiter.consume(key("calls"), 1),
          Effect.sync(() => passed.push(n))
        )
      for (let n = 0; n < 20; n++) {
        yield* Effect.fork(call(n))
        yield* TestClock.adjust("100 millis")
      }
      yield* TestClock.adjust("20 seconds")
      expect(passed).toEqual(Array.from({ length: 20 }, (_, n) => n))
    })
  )

  it.scoped("the time of day is set back by an hour, calls go on at their rate", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ calls: { limit: 60, window: "1 minute", burst: 1 } })
      const before = yield* sent(limiter, key("calls"), "10 seconds")
      const clock = yield* Effect.clock
      const now = () => clock.unsafeCurrentTimeMillis() - Duration.toMillis("1 hour")
      const setBack: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        sleep: (duration) => clock.sleep(duration),
        unsafeCurrentTimeMillis: now,
        currentTimeMillis: Effect.sync(now),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeNanos: clock.currentTimeNanos
      }
      let after = 0
      const sending = Effect.andThen(
        limiter.consume(key("calls"), 1),
        Effect.sync(() => after++)
      )
      yield* Effect.fork(Effect.withClock(Effect.forever(sending), setBack))
      yield* TestClock.adjust("10 seconds")
      expect(before.length).toBeGreaterThan(8)
      expect(after).toBeGreaterThan(8)
    })
  )

  it.scoped("waits that are interrupted have taken nothing", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ calls: { limit: 60, window: "1 minute", burst: 1 } })
      yield* limiter.consume(key("calls"), 1)
      const fibers = yield* Effect.forEach(Array.from({ length: 1000 }), () =>
        Effect.fork(limiter.consume(key("calls"), 1))
      )
      yield* Effect.yieldNow()
      yield* Fiber.interruptAll(fibers)
      const next = yield* Effect.fork(limiter.consume(key("calls"), 1))
      yield* TestClock.adjust("1001 millis")
      yield* Fiber.join(next)
    })
  )

  it.scoped("so many are at once, and a place is free when the scope closes or the wait is interrupted", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make({ exports: { atOnce: 2 } })
      const first = yield* Scope.make()
      yield* Scope.extend(limiter.consume(key("exports"), 1), first)
      yield* limiter.consume(key("exports"), 1)
      const interrupted = yield* Effect.fork(Effect.scoped(limiter.consume(key("exports"), 1)))
      const waiting = yield* Effect.fork(limiter.consume(key("exports"), 1))
      yield* TestClock.adjust("1 day")
      expect(waiting.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(interrupted)
      yield* Scope.close(first, Exit.void)
      yield* Fiber.join(waiting)
      yield* limiter.consume(key("exports", "u2"), 1)
    })
  )

  it.scoped("numbers that cannot be a limit are rejected with the name of the budget", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [RateLimiter.Limits, string]> = [
        [{ calls: { limit: 0, window: "1 hour" } }, "`limit` of calls is 0; it is a whole number above zero."],
        [{ calls: { limit: 2, window: 0 } }, '`window` of calls is 0; it is a time such as "1 hour".'],
        [
          { refreshes: { limit: 2, window: "1 hour", burst: 3 } },
          "`burst` of refreshes is 3; it is a whole number from 1 to 2, its `limit`."
        ],
        [{ exports: { atOnce: Number.NaN } }, "`atOnce` of exports is NaN; it is a whole number above zero."]
      ]
      for (const [limits, detail] of wrong) {
        expect(yield* Effect.flip(RateLimiter.make(limits))).toMatchObject({ _tag: "BadRequest", acted: "no", detail })
      }
      yield* RateLimiter.make(RateLimiter.unverified)
    })
  )

  it.scoped("sessions that close at once while the budget has no room, their sign-ins and sign-outs are taken", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const rateLimiter = yield* RateLimiter.make({ calls: { limit: 60, window: "1 hour", burst: 2 } })
      const open = TableauSession.make({
        server: simulator.url,
        credentials: Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") }),
        rateLimiter
      })
      const opened = Effect.scoped(Effect.flatMap(open, ({ current }) => current))
      for (let n = 0; n < 3; n++) yield* opened
      const { site, user } = yield* opened
      const calls: Client.Key = `calls:${simulator.url}/${site.contentUrl}/${user.id}`
      // Two of the eight are there. Each of the others, and this one, comes 61 seconds after the one before.
      const waiting = yield* Effect.fork(rateLimiter.consume(calls, 1))
      yield* TestClock.adjust(6.9 * 61_017)
      expect(waiting.unsafePoll()).toBeNull()
      yield* TestClock.adjust(0.2 * 61_017)
      yield* Fiber.join(waiting)
    }).pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient()))
  )

  it.live("a session waits for the budget, and fails at its deadline without sending", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const rateLimiter = yield* RateLimiter.make({ calls: { limit: 4, window: "1 hour", burst: 4 } })
      const session = yield* TableauSession.make({
        server: simulator.url,
        credentials: Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") }),
        requestTimeout: "2 seconds",
        retry: { deadline: "2 seconds" },
        rateLimiter
      })
      const list = Effect.provideService(Workbooks.list({ pageSize: 1 }), TableauSession, session)
      // The sign-in has taken two.
      yield* list
      yield* list
      const error = yield* Effect.flip(list)
      expect(error).toMatchObject({ _tag: "TimedOut", phase: "rateLimiter", acted: "no" })
      expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
    }).pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient()))
  )
})
