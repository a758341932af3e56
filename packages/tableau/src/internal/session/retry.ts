/** Which requests are sent again, when, and until when. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import { type CallError, isTransient, RateLimited, type TableauError, TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import type { Timing } from "../http/timeouts.js"
import * as Telemetry from "../telemetry.js"
import { withoutEffect } from "./withoutEffect.js"

/** Retry policy for transient failures. */
export interface Policy {
  /** When to try again, and how often. */
  readonly schedule: Schedule.Schedule<unknown, TableauError>
  /** For one attempt: until the headers of its response, and again until the end of its body. */
  readonly requestTimeout: Duration.Duration
  /** For all attempts together. */
  readonly deadline: Duration.Duration
  /** How long after the beginning of a call it may send a request. Absent: until the deadline. */
  readonly sendWithin?: Duration.Duration | undefined
  /** The longest `Retry-After` that is waited for. */
  readonly retryAfterLimit: Duration.Duration
}

/** The times of a call that differ from those of the policy. */
export interface CallTiming extends Partial<Pick<Policy, "deadline" | "requestTimeout">> {
  /** The request timeout is at least this long. */
  readonly leastTimeout?: Duration.Duration | undefined
}

/** The policy with other times. The deadline leaves time for one attempt at least. */
export const withTiming = (
  policy: Policy,
  { deadline = policy.deadline, leastTimeout = Duration.zero, requestTimeout = policy.requestTimeout }: CallTiming
): Policy => {
  const timeout = Duration.max(requestTimeout, leastTimeout)
  return { ...policy, requestTimeout: timeout, deadline: Duration.max(deadline, timeout) }
}

/** The properties of a request that decide whether it can be sent again. */
export interface RequestTraits {
  readonly operation: string
  /** Whether the server changes nothing. */
  readonly readOnly: boolean
  /** Whether it can be sent again although the server may have acted on it. */
  readonly idempotent: boolean
  /** Whether its body can be produced again. */
  readonly replayable: boolean
}

/** The monotonic time until which the session sends nothing. All requests of a session share it. */
export interface Pause {
  until: number
  /** The error that caused it. */
  cause: RateLimited | undefined
}

export const makePause = (): Pause => ({ until: Number.NEGATIVE_INFINITY, cause: undefined })

/** The milliseconds until the end of a pause: zero or less if there is none. */
export const remaining = ({ until }: Pause): Effect.Effect<number> =>
  Effect.clockWith((clock) => Effect.succeed(until - elapsed(clock)))

/**
 * Pauses the session if the error has a `Retry-After`. Returns false if that exceeds `retryAfterLimit`. The time counts
 * from the first call with an error: all requests that wait for the same sign-in or switch fail with the same one.
 */
export const applyRetryAfter = (pause: Pause, policy: Policy, error: TableauError): Effect.Effect<boolean> =>
  Effect.clockWith((clock) => {
    if (error._tag !== "RateLimited") return Effect.succeed(true)
    const wait = Duration.toMillis(error.retryAfter ?? 0)
    if (wait > Duration.toMillis(policy.retryAfterLimit)) return Effect.succeed(false)
    if (pause.cause !== error) {
      pause.cause = error
      pause.until = Math.max(pause.until, elapsed(clock) + wait)
    }
    return Effect.succeed(true)
  })

/** The fields of the error for a request that was not sent because of a pause of this many milliseconds. */
export const pausedFields = (operation: string, wait: number) => ({
  operation,
  acted: "no" as const,
  retryAfter: Duration.millis(wait),
  detail: "The server had asked all requests of the session to wait: this one was not sent."
})

/** After half a second, doubled each time, three times, with jitter. */
export const defaultSchedule: Policy["schedule"] = Schedule.exponential("500 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(3))
)

export const never: Policy["schedule"] = Schedule.stop

/** Waiting requests resume within this many milliseconds after a pause, and not all at once. */
const resumeSpread = 1000

/**
 * An attempt failed in what the session does for a request, not in the request itself: a sign-in, which has had retries
 * of its own, or a switch of the site, which is idempotent.
 */
export class SessionFailure<out E> {
  constructor(
    readonly phase: "signIn" | "switchSite",
    readonly error: E,
    /** What a call fails with that waited for it, if the server may have acted on an earlier attempt of the call. */
    readonly uncertain = error
  ) {}
}

/** What a call fails with if the session has failed: the request was not sent, or refused by 401. */
export const forCall = (failure: CallError | SessionFailure<CallError>): CallError | SessionFailure<CallError> =>
  failure instanceof SessionFailure
    ? new SessionFailure(failure.phase, withoutEffect(failure.error), failure.error)
    : failure

/** Marks where an effect fails. */
export const inPhase =
  (phase: SessionFailure<unknown>["phase"]) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, SessionFailure<E>, R> =>
    Effect.mapError(effect, (error) => new SessionFailure(phase, error))

const busyStatuses: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504])

const errorOf = <E>(failure: E | SessionFailure<E>, mayHaveActed = false): E => {
  if (!(failure instanceof SessionFailure)) return failure
  return mayHaveActed ? failure.uncertain : failure.error
}

/** Of the failures that may pass, those that may do so within seconds. */
const passesSoon = (error: TableauError): boolean =>
  // Without a response nothing has shown yet that the address is right.
  isTransient(error, { isAddressKnown: false }) &&
  (error._tag === "ConnectionFailed" ||
    error._tag === "RateLimited" ||
    error._tag === "TimedOut" ||
    busyStatuses.has(error.status))

const mayRetry = (traits: RequestTraits, failure: TableauError | SessionFailure<TableauError>): boolean => {
  if (!traits.replayable || !passesSoon(errorOf(failure))) return false
  if (failure instanceof SessionFailure) return failure.phase === "switchSite"
  return traits.idempotent || failure.acted === "no"
}

export interface Attempt {
  /** The number of attempts before this one. */
  readonly resend: number
  /** Completes when no pause is in force. Run it right before sending: another request may have caused a pause. */
  readonly ready: Effect.Effect<void, RateLimited>
  readonly clock: Clock.Clock
  readonly timing: Timing
}

/** Runs attempts until one succeeds, its failure is final, or the policy ends. */
export const retrying = <A, E extends TableauError, R>(
  policy: Policy,
  pause: Pause,
  traits: RequestTraits,
  attempt: (at: Attempt) => Effect.Effect<A, E | SessionFailure<E>, R>
): Effect.Effect<A, E | RateLimited | TimedOut, R> =>
  Effect.clockWith((clock) => {
    const { operation } = traits
    const deadline = Duration.toMillis(policy.deadline)
    const limit = Duration.toMillis(policy.retryAfterLimit)
    const now = () => elapsed(clock)
    const start = now()
    const end = start + deadline
    const sendWithin = Math.min(deadline, Duration.toMillis(policy.sendWithin ?? policy.deadline))
    const sendEnd = start + sendWithin
    let state = policy.schedule.initial
    let mayHaveActed = false

    const ready: Attempt["ready"] = Effect.suspend(() => {
      const wait = pause.until - now()
      if (wait <= 0) return Effect.void
      if (wait > limit || pause.until >= sendEnd) return new RateLimited(pausedFields(operation, wait))
      return Random.nextRange(0, Math.min(wait, resumeSpread, (sendEnd - pause.until) / 2)).pipe(
        Effect.flatMap((jitter) => Effect.sleep(Duration.millis(Math.ceil(wait + jitter)))),
        Effect.andThen(ready)
      )
    })

    const whole = {
      at: end,
      mayHaveActed: () => mayHaveActed,
      error: () =>
        new TimedOut({
          operation,
          acted: traits.readOnly ? "no" : "unknown",
          after: deadline,
          detail: "That was the deadline of all attempts together."
        })
    }

    /** Milliseconds until the next attempt, or undefined if the schedule ends. */
    const backoff = (error: TableauError) =>
      Effect.suspend(() => {
        // Schedules need wall-clock time (cron).
        const from = clock.unsafeCurrentTimeMillis()
        return Effect.map(policy.schedule.step(from, error, state), ([next, , decision]) => {
          state = next
          if (ScheduleDecision.isDone(decision)) return undefined
          return Math.max(0, Math.ceil(Intervals.start(decision.intervals) - from))
        })
      })

    const sending = { at: sendEnd, after: sendWithin }
    const timing = { timeout: Duration.toMillis(policy.requestTimeout), deadline: whole, sending }
    const once = (resend: number) => attempt({ resend, ready, clock, timing })

    const retry = (first: E | SessionFailure<E>) =>
      Effect.gen(function* () {
        let failure = first
        for (let resend = 1; ; resend++) {
          const error = errorOf<E>(failure, mayHaveActed)
          if (!(failure instanceof SessionFailure) && error.acted !== "no") mayHaveActed = true
          const waits = yield* applyRetryAfter(pause, policy, error)
          if (!waits || !mayRetry(traits, failure)) return yield* Effect.fail(error)
          // A step of the schedule can take time of its own.
          const outOfTime = { duration: Duration.millis(Math.max(0, sendEnd - now())), onTimeout: () => error }
          const wait = yield* Effect.timeoutFail(backoff(error), outOfTime)
          if (wait === undefined || Math.max(pause.until, now() + wait) >= sendEnd) return yield* Effect.fail(error)
          yield* Effect.sleep(Duration.millis(wait))
          yield* ready
          yield* Telemetry.retried(operation, resend, error)
          const result = yield* Effect.either(once(resend))
          if (Either.isRight(result)) return result.right
          failure = result.left
        }
      })

    const attempts = Effect.suspend(() => Effect.catchAll(once(0), retry))
    return pause.until <= now() ? attempts : Effect.andThen(ready, attempts)
  })
