/**
 * Timeouts. One watchdog fiber per attempt serves all of them: a fiber per timeout would cost more than sending the
 * request.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"

export interface Deadline {
  /** An instant of the monotonic clock, as `elapsed` returns it. */
  readonly at: number
  readonly error: () => TimedOut
}

export interface Watchdog {
  /** The timeout of each part. */
  readonly timeout: Duration.Duration
  /** Applies the timeout to a part. When it expires, the whole effect ends with the error. One part at a time. */
  readonly limit: (error: () => TimedOut) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Turns an interruption by the watchdog into `TimedOut`. */
  readonly asTimeout: <A, E>(exit: Exit.Exit<A, E>) => Exit.Exit<A, E | TimedOut>
}

/** Runs an effect until a deadline, and its parts each with the timeout. */
export const withWatchdog = <A, E, R>(
  timeout: Duration.Duration,
  deadline: Deadline | undefined,
  use: (watchdog: Watchdog) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.clockWith((clock) => {
    const timeoutMillis = Duration.toMillis(timeout)
    let part: Deadline | undefined
    let expired: Deadline | undefined

    const asTimeout = <A, E>(exit: Exit.Exit<A, E>): Exit.Exit<A, E | TimedOut> =>
      expired !== undefined && Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
        ? Exit.fail(expired.error())
        : exit

    const watchdog: Watchdog = {
      timeout,
      limit: (error) => (effect) =>
        Effect.suspend(() => {
          part = { at: elapsed(clock) + timeoutMillis, error }
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
      asTimeout
    }

    // Wakes at least once per timeout, so that a part started meanwhile is not missed.
    const expiry: Effect.Effect<void> = Effect.suspend(() => {
      const next = part !== undefined && !(deadline !== undefined && deadline.at < part.at) ? part : deadline
      const left = next === undefined ? Number.POSITIVE_INFINITY : next.at - elapsed(clock)
      if (left > 0) return Effect.flatMap(clock.sleep(Duration.millis(Math.min(left, timeoutMillis))), () => expiry)
      expired = next
      return Effect.void
    })

    // An interruption from outside interrupts both, and waits for the result of the effect.
    const watched = Effect.uninterruptibleMask((restore) =>
      Effect.raceWith(restore(use(watchdog)), Effect.interruptible(expiry), {
        onSelfDone: (exit, watching) => Effect.flatMap(Fiber.interruptAsFork(watching, FiberId.none), () => exit),
        onOtherDone: (_, running) => Effect.flatMap(Fiber.interrupt(running), asTimeout)
      })
    )
    // In an uninterruptible region, such as a finalizer, run it in a daemon, or the timeout could not interrupt it.
    return Effect.checkInterruptible((interruptible) =>
      interruptible ? watched : Effect.flatMap(Effect.forkDaemon(Effect.interruptible(watched)), Fiber.join)
    )
  })
