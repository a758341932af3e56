/** Which requests are sent again, when, and until when. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import { RateLimited, type TableauError, TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import { type Watchdog, withWatchdog } from "../http/timeouts.js"
import * as Observe from "../telemetry.js"

/** How to go on after what may pass. */
export interface Policy {
  /** When to try again, and how often. */
  readonly schedule: Schedule.Schedule<unknown, TableauError>
  /** For one attempt: until the headers of its answer, and again until its end. */
  readonly requestTimeout: Duration.Duration
  /** For all attempts together. */
  readonly deadline: Duration.Duration
  /** The longest that a server may have us wait. */
  readonly retryAfterLimit: Duration.Duration
}

/** What is known of an operation beforehand. */
export interface Facts {
  readonly operation: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Whether the server changes nothing, whatever the method. By default that of a GET. */
  readonly readOnly?: boolean | undefined
  /** Whether it may be sent again although it is not known whether the server acted. */
  readonly idempotent: boolean
  /** Whether its body can be produced again. */
  readonly replayable: boolean
}

/** Until when, by what `elapsed` says, nobody may send: one for each server session, as what one is told goes for all. */
export interface Pause {
  until: number
}

export const makePause = (): Pause => ({ until: Number.NEGATIVE_INFINITY })

/** For how many milliseconds, if any, it goes on. */
export const left = ({ until }: Pause): Effect.Effect<number> =>
  Effect.clockWith((clock) => Effect.succeed(until - elapsed(clock)))

/** Has the session wait for as long as an answer says, if it is not too long: then nobody waits for it. */
export const heed = (pause: Pause, policy: Policy, error: TableauError): Effect.Effect<boolean> =>
  Effect.clockWith((clock) => {
    const wait = error._tag === "RateLimited" ? Duration.toMillis(error.retryAfter ?? 0) : 0
    if (wait > Duration.toMillis(policy.retryAfterLimit)) return Effect.succeed(false)
    pause.until = Math.max(pause.until, elapsed(clock) + wait)
    return Effect.succeed(true)
  })

/** The fields of an error for a request that was not sent because of a pause of so many milliseconds. */
export const paused = (operation: string, wait: number) => ({
  operation,
  acted: "no" as const,
  retryAfter: Duration.millis(wait),
  detail: "The server had asked all requests of the session to wait: this one was not sent."
})

/** Half a second, doubled each time, three times; not all at once. */
export const schedule: Policy["schedule"] = Schedule.exponential("500 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(3))
)

/** No retries. */
export const never: Policy["schedule"] = Schedule.stop

/** The operation of the sign-in, which is tried again by itself, also when it renews a session for another request. */
export const signIn = "TableauSession.signIn"

/**
 * Who has waited for the end of a pause comes back within this time and not in the same instant, in milliseconds: if it
 * was too short, the first ones hear it, and the others go on waiting.
 */
const spread = 1000

const statuses: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504])

/** Whether it may be over when the same is tried again. */
const passes = (error: TableauError): boolean => {
  switch (error._tag) {
    case "ConnectionFailed":
      return error.nodeCode !== "ENOTFOUND" && error.reason !== "ProxyAuthentication" && error.reason !== "ProxyRefused"
    case "RateLimited":
    case "TimedOut":
      return true
    default:
      return statuses.has(error.status)
  }
}

const mayRetry = (facts: Facts, error: TableauError): boolean => {
  if (!passes(error) || !facts.replayable) return false
  if (error.operation === facts.operation) return facts.idempotent || error.acted === "no"
  // It did not come to the request itself.
  return error.operation !== signIn
}

/** One of the attempts. */
export interface Attempt {
  /** How many there were before. */
  readonly resend: number
  /** Completes when the session may send: for right before that, as another may have been told to wait meanwhile. */
  readonly ready: Effect.Effect<void, RateLimited>
  /** Bounds it. */
  readonly watchdog: Watchdog
}

/** Runs the attempts until one succeeds, or it makes no sense any more. */
export const retrying = <A, E extends TableauError, R>(
  policy: Policy,
  pause: Pause,
  facts: Facts,
  attempt: (at: Attempt) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | RateLimited | TimedOut, R> =>
  Effect.clockWith((clock) => {
    const { operation } = facts
    const deadline = Duration.toMillis(policy.deadline)
    const limit = Duration.toMillis(policy.retryAfterLimit)
    const now = () => elapsed(clock)
    const end = now() + deadline
    let state = policy.schedule.initial

    const ready: Attempt["ready"] = Effect.suspend(() => {
      const wait = pause.until - now()
      if (wait <= 0) return Effect.void
      if (wait > limit || pause.until >= end) return new RateLimited(paused(operation, wait))
      return Random.nextRange(0, Math.min(wait, spread, (end - pause.until) / 2)).pipe(
        Effect.flatMap((more) => Effect.sleep(Duration.millis(Math.ceil(wait + more)))),
        Effect.zipRight(ready)
      )
    })

    const whole = {
      at: end,
      error: () =>
        new TimedOut({
          operation,
          acted: (facts.readOnly ?? facts.method === "GET") ? "no" : "unknown",
          after: deadline,
          detail: "That was the deadline of all attempts together."
        })
    }

    /** Milliseconds until the next attempt, if there is to be one. */
    const backoff = (error: TableauError) =>
      Effect.suspend(() => {
        // Of a schedule there may be times of day in it.
        const from = clock.unsafeCurrentTimeMillis()
        return Effect.map(policy.schedule.step(from, error, state), ([next, , decision]) => {
          state = next
          if (ScheduleDecision.isDone(decision)) return undefined
          return Math.max(0, Math.ceil(Intervals.start(decision.intervals) - from))
        })
      })

    const once = (resend: number) =>
      withWatchdog(policy.requestTimeout, whole, (watchdog) => attempt({ resend, ready, watchdog }))

    const goOn = (first: E | TimedOut) =>
      Effect.gen(function* () {
        let error = first
        for (let resend = 1; ; resend++) {
          const heeded = yield* heed(pause, policy, error)
          if (!heeded || !mayRetry(facts, error)) return yield* Effect.fail(error)
          // A schedule may take its time to say that.
          const late = { duration: Duration.millis(Math.max(0, end - now())), onTimeout: () => error }
          const wait = yield* Effect.timeoutFail(backoff(error), late)
          if (wait === undefined || Math.max(pause.until, now() + wait) >= end) return yield* Effect.fail(error)
          yield* Effect.sleep(Duration.millis(wait))
          yield* ready
          yield* Observe.retried(operation, resend, error)
          const result = yield* Effect.either(once(resend))
          if (Either.isRight(result)) return result.right
          error = result.left
        }
      })

    return Effect.zipRight(ready, Effect.catchAll(once(0), goOn))
  })
