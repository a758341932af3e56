/** Timeouts: where an attempt waits, the effect that waits is limited. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import * as Timers from "../timers.js"

export interface Deadline {
  /** An instant of the monotonic clock, as `elapsed` returns it. */
  readonly at: number
  readonly error: () => TimedOut
  /** Whether the server may have acted on an earlier attempt. */
  readonly mayHaveActed?: (() => boolean) | undefined
}

/** The limits of an attempt. */
export interface Timing {
  /** The timeout of each part, in milliseconds. */
  readonly timeout: number
  /** The end of all parts together. */
  readonly deadline: Deadline | undefined
  /** The last instant at which the request may be sent, and how many milliseconds that is after the beginning of the call. */
  readonly sending?: { readonly at: number; readonly after: number } | undefined
}

/** The earlier one of a timeout that begins now, and the deadline. */
export const deadlineOf = (clock: Clock.Clock, { deadline, timeout }: Timing, error: () => TimedOut): Deadline => {
  const at = elapsed(clock) + timeout
  return deadline !== undefined && deadline.at < at ? deadline : { at, error }
}

/**
 * The error of a request that is not sent because its time has passed. A process that was stopped, as with its virtual machine,
 * goes on where it was, before its timers run.
 */
export const tooLate = (clock: Clock.Clock, { sending }: Timing, operation: string): TimedOut | undefined =>
  sending === undefined || elapsed(clock) <= sending.at
    ? undefined
    : new TimedOut({
        operation,
        acted: "no",
        after: sending.after,
        detail: "The time in which the call may send had passed: this request was not sent."
      })

/** Interrupts the effect at the deadline, and fails with its error. Its own result has priority. */
const until = <A, E, R>(
  clock: Clock.Clock,
  { at, error }: Deadline,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.uninterruptibleMask((restore) =>
    // A fiber of its own, so that the timeout can interrupt it also in an uninterruptible region, such as a finalizer.
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), (fiber) => {
      let hasExpired = false
      const limit = new Timers.Limit(at, () => {
        hasExpired = true
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      const result = Effect.async<A, E | TimedOut>((resume) => {
        fiber.addObserver((exit) => {
          Timers.disarm(limit)
          const isTimeout = hasExpired && Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
          resume(isTimeout ? Effect.fail(error()) : exit)
        })
      })
      return Timers.arm(clock, limit, restore(result)).pipe(
        Effect.onInterrupt(() => Fiber.interrupt(fiber)),
        Effect.tap(Fiber.inheritAll(fiber))
      )
    })
  )

/** Applies the timeout, and the deadline of all parts, to a part. */
export const limited = <A, E, R>(
  timing: Timing,
  error: () => TimedOut,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.clockWith((clock) => until(clock, deadlineOf(clock, timing, error), effect))

/** Applies the deadline of all parts to what precedes an attempt: at the deadline that is not sent, or has been refused. */
export const beforeSending = <A, E, R>(
  timing: Timing,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> => {
  const { deadline } = timing
  if (deadline === undefined) return effect
  const error = () =>
    deadline.mayHaveActed?.() === true ? deadline.error() : new TimedOut({ ...deadline.error(), acted: "no" })
  return beforeDeadline({ ...timing, deadline: { ...deadline, error } }, effect)
}

/** Applies the deadline of all parts. */
export const beforeDeadline = <A, E, R>(
  { deadline }: Timing,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | TimedOut, R> =>
  deadline === undefined ? effect : Effect.clockWith((clock) => until(clock, deadline, effect))
