import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { elapsed } from "../src/internal/clock.js"
import * as Timers from "../src/internal/timers.js"

/** Waits until a limit expires so many milliseconds from now. */
const expiry = (millis: number) =>
  Effect.clockWith((clock) =>
    Effect.suspend(() => {
      let expire = () => {}
      const limit = new Timers.Limit(elapsed(clock) + millis, () => expire())
      const expired = Effect.async<string>((resume) => {
        expire = () => resume(Effect.succeed("expired"))
        return Effect.sync(() => Timers.disarm(limit))
      })
      return Timers.arm(clock, limit, expired)
    })
  )

const within = (millis: number) =>
  Effect.timeoutTo({ duration: millis, onTimeout: () => "still armed", onSuccess: (result: string) => result })

afterEach(() => {
  vi.useRealTimers()
})

describe("a limit of time", () => {
  it.live("a limit expires at its time, and not before", () =>
    Effect.gen(function* () {
      const before = elapsed(yield* Effect.clock)
      expect(yield* expiry(40).pipe(within(5000))).toBe("expired")
      expect(elapsed(yield* Effect.clock) - before).toBeGreaterThanOrEqual(40)
    })
  )

  it.live("a shorter limit expires before a longer one that was armed first", () =>
    Effect.gen(function* () {
      const results = yield* Effect.all([expiry(10_000).pipe(within(200)), expiry(30).pipe(within(5000))], {
        concurrency: "unbounded"
      })
      expect(results).toEqual(["still armed", "expired"])
    })
  )

  it.live("a limit expires although data arrives all the time", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const result = yield* Effect.async<string>((resume) => {
        const limit = new Timers.Limit(elapsed(clock) + 20, () => {
          clearInterval(flood)
          resume(Effect.succeed("expired"))
        })
        const flood = setInterval(() => {
          limit.progress += 1
        }, 0)
        const progress = () => {
          limit.progress += 1
          if (limit.armed) setImmediate(progress)
        }
        progress()
        Effect.runFork(Timers.arm(clock, limit, Effect.sync(progress)))
      }).pipe(within(5000))
      expect(result).toBe("expired")
    })
  )

  it.live("a limit expires after fake timers were used and removed", () =>
    Effect.gen(function* () {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
      yield* Effect.sync(() => Effect.runFork(expiry(1)))
      vi.useRealTimers()
      expect(yield* expiry(30).pipe(within(5000))).toBe("expired")
    })
  )
})
