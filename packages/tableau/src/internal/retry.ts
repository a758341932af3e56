/** Which requests are sent again, when, and until when. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { type Acted, RateLimited, type TableauError, TimedOut } from "../TableauError.js"
import * as Observe from "./observe.js"

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
  /** Whether it may be sent again although it is not known whether the server acted. */
  readonly idempotent: boolean
  /** Whether its body can be produced again. */
  readonly replayable: boolean
}

/** Until when nobody may send: one for each server session, as what one request is told goes for all. */
export interface Pause {
  until: number
}

export const makePause = (): Pause => ({ until: 0 })

/** Half a second, doubled each time, three times; not all at once. */
export const schedule: Policy["schedule"] = Schedule.exponential("500 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(3))
)

const statuses: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504])

/** Whether it may be over when the same is tried again. */
const passes = (error: TableauError): boolean => {
  switch (error._tag) {
    case "ConnectionFailed":
      return error.nodeCode !== "ENOTFOUND" && error.reason !== "ProxyAuthentication"
    case "RateLimited":
    case "TimedOut":
      return true
    default:
      return statuses.has(error.status)
  }
}

const mayRetry = (facts: Facts, error: TableauError): boolean =>
  passes(error) && facts.replayable && (facts.idempotent || error.acted === "no")

/** Runs the attempts, which are told how many there were before, until one succeeds or it makes no sense any more. */
export const retrying = <A, E extends TableauError, R>(
  policy: Policy,
  pause: Pause,
  facts: Facts,
  attempt: (resend: number) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | RateLimited | TimedOut, R> =>
  Effect.gen(function* () {
    const { operation } = facts
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(policy.deadline)
    const left = Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(Math.max(0, end - now)))
    const driver = yield* Schedule.driver(policy.schedule)

    const waitForPause = Effect.gen(function* () {
      const wait = pause.until - (yield* Clock.currentTimeMillis)
      if (wait <= 0) return
      if (pause.until > end) {
        const detail = "An answer before this one asked all requests of the session to wait for longer than is allowed."
        return yield* new RateLimited({ operation, acted: "no", retryAfter: wait, detail })
      }
      yield* Effect.interruptible(Effect.sleep(Duration.millis(wait)))
    })

    const overdue = (acted: Acted) => () =>
      new TimedOut({ operation, acted, after: Duration.toMillis(policy.deadline) })

    const go = (resend: number): Effect.Effect<A, E | RateLimited | TimedOut, R> =>
      Effect.gen(function* () {
        yield* waitForPause
        const onTimeout = overdue(facts.idempotent ? "no" : "unknown")
        const result = yield* Effect.either(Effect.timeoutFail(attempt(resend), { duration: yield* left, onTimeout }))
        if (Either.isRight(result)) return result.right
        const error = result.left
        if (error._tag === "RateLimited" && error.retryAfter !== undefined) {
          if (error.retryAfter > Duration.toMillis(policy.retryAfterLimit)) return yield* Effect.fail(error)
          pause.until = Math.max(pause.until, (yield* Clock.currentTimeMillis) + error.retryAfter)
        }
        if (!mayRetry(facts, error)) return yield* Effect.fail(error)
        // Also where what is around may not be interrupted, as when a session is opened: nothing is held here.
        const again = driver.next(error).pipe(Effect.timeout(yield* left), Effect.interruptible, Effect.option)
        if (Option.isNone(yield* again)) return yield* Effect.fail(error)
        yield* Observe.retried(operation, resend + 1, error)
        return yield* go(resend + 1)
      })

    return yield* go(0)
  })
