/**
 * Bounds of time. All of an attempt are watched by one fiber beside it: each for itself would be two more, which cost
 * more than to send the request.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"

/** A moment, by what `elapsed` says, and what is wrong when it has come. */
export interface Limit {
  readonly at: number
  readonly error: () => TimedOut
}

export interface Watch {
  /** As long as a part may take. */
  readonly limit: Duration.Duration
  /** Bounds a part. When its time is over all that is watched ends. One part at a time. */
  readonly part: (error: () => TimedOut) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** How something ended from outside: what the watch has interrupted has failed. */
  readonly told: <A, E>(exit: Exit.Exit<A, E>) => Exit.Exit<A, E | TimedOut>
}

/** Runs an effect until the moment of the whole, and its parts each for as long as a part may take. */
export const watched = <A, E, R>(
  limit: Duration.Duration,
  whole: Limit | undefined,
  use: (watch: Watch) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.clockWith((clock) => {
    const millis = Duration.toMillis(limit)
    let part: Limit | undefined
    let over: Limit | undefined

    const told = <A, E>(exit: Exit.Exit<A, E>): Exit.Exit<A, E | TimedOut> =>
      over !== undefined && Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) ? Exit.fail(over.error()) : exit

    const watch: Watch = {
      limit,
      part: (error) => (effect) =>
        Effect.suspend(() => {
          part = { at: elapsed(clock) + millis, error }
          return Effect.matchCauseEffect(effect, {
            onFailure: (cause) => {
              part = undefined
              return Effect.failCause(cause)
            },
            onSuccess: (value) => {
              part = undefined
              return Effect.succeed(value)
            }
          })
        }),
      told
    }

    // Never asleep for longer than a part may take: one that begins meanwhile is seen before its time is over.
    const overdue: Effect.Effect<void> = Effect.suspend(() => {
      const next = part !== undefined && !(whole !== undefined && whole.at < part.at) ? part : whole
      const left = next === undefined ? Number.POSITIVE_INFINITY : next.at - elapsed(clock)
      if (left > 0) return Effect.zipRight(clock.sleep(Duration.millis(Math.min(left, millis))), overdue)
      over = next
      return Effect.void
    })

    // To interrupt the whole interrupts both; what has then come of the effect is waited for.
    const inTime = Effect.uninterruptibleMask((restore) =>
      Effect.raceWith(restore(use(watch)), Effect.interruptible(overdue), {
        onSelfDone: (exit, watching) => Effect.zipRight(Fiber.interruptAsFork(watching, FiberId.none), exit),
        onOtherDone: (_, running) => Effect.flatMap(Fiber.interrupt(running), told)
      })
    )
    // Where nothing may be interrupted, as when a program ends, the bound could not end it either.
    return Effect.checkInterruptible((interruptible) =>
      interruptible ? inTime : Effect.flatMap(Effect.forkDaemon(Effect.interruptible(inTime)), Fiber.join)
    )
  })
