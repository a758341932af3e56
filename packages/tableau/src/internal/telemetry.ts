/** What can be seen from outside: a span and metrics for each request. No query and no secret is among it. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import { elapsed } from "./clock.js"

// What tells values of one metric apart has few values itself: operations of this package, and tags of errors.

const requests = Metric.counter("tableau_requests", { description: "Requests that were sent", incremental: true })

const duration = Metric.timer("tableau_request_duration", "From the request until its answer was read")

const retries = Metric.counter("tableau_retries", { description: "Requests sent again", incremental: true })

export const renewals = Metric.counter("tableau_renewals", {
  description: "Sign-ins because a token had died, or was about to",
  incremental: true
})

export const switches = Metric.counter("tableau_site_switches", {
  description: "Moves of a session to another site",
  incremental: true
})

export const sessions = Metric.gauge("tableau_sessions", { description: "Sessions that are signed in" })

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "Success"
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (Predicate.hasProperty(error, "_tag")) return String(error._tag)
  return Cause.isInterruptedOnly(exit.cause) ? "Interrupted" : "Defect"
}

const tagged = <In, Out, Type>(metric: Metric.Metric<Type, In, Out>, operation: string, outcome: string) =>
  metric.pipe(Metric.tagged("operation", operation), Metric.tagged("outcome", outcome))

const measure = (operation: string, outcome: string) => ({
  requests: tagged(requests, operation, outcome),
  duration: tagged(duration, operation, outcome)
})

const measures = new Map<string, ReturnType<typeof measure>>()

/** Each once: to find a metric by its tags takes longer than to count with it. */
const measured = (operation: string, outcome: string) => {
  const key = `${operation} ${outcome}`
  const known = measures.get(key) ?? measure(operation, outcome)
  measures.set(key, known)
  return known
}

/** A request will be sent again: told on the span of its operation. */
export const retried = (operation: string, resend: number, error: { readonly _tag: string }) =>
  Effect.gen(function* () {
    yield* Metric.increment(Metric.tagged(retries, "operation", operation))
    const span = yield* Effect.option(Effect.currentSpan)
    if (Option.isNone(span)) return
    const now = yield* Clock.currentTimeNanos
    span.value.event("retry", now, { "http.request.resend_count": resend, "error.type": error._tag })
  })

/** A request under way. */
export interface Observation {
  /** What belongs to the request is beneath it. */
  readonly span: Tracer.Span
  /** The first end counts. */
  readonly end: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
}

export const begin = (operation: string, site: string, resend: number): Effect.Effect<Observation> =>
  Effect.clockWith((clock) =>
    Effect.map(
      Effect.makeSpan(`${operation} attempt`, {
        kind: "client",
        attributes: { "tableau.operation": operation, "tableau.site": site, "http.request.resend_count": resend },
        captureStackTrace: false
      }),
      (span) => {
        const start = elapsed(clock)
        let ended = false
        return {
          span,
          end: (exit) =>
            Effect.suspend(() => {
              if (ended) return Effect.void
              ended = true
              // Not with what it brought: at a sign-in that is the token.
              span.end(clock.unsafeCurrentTimeNanos(), Exit.asVoid(exit))
              const { duration, requests } = measured(operation, outcomeOf(exit))
              const took = Duration.millis(elapsed(clock) - start)
              return Effect.zipRight(Metric.increment(requests), Metric.update(duration, took))
            })
        }
      }
    )
  )

/** Observes a request that is sent and answered in one. */
export const observed =
  (operation: string, site: string, resend = 0) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      begin(operation, site, resend),
      ({ span }) => Effect.withParentSpan(effect, span),
      ({ end }, exit) => end(exit)
    )
