/** Telemetry: a span and metrics for each request. They contain no query and no secret. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { elapsed } from "./clock.js"

// Tags are low-cardinality: operations, and the tags of errors.

const requests = MetricKey.counter("tableau_requests", { description: "Requests sent", incremental: true })

/** The key of `Metric.timer`. */
const duration = MetricKey.tagged(
  MetricKey.histogram(
    "tableau_request_duration",
    MetricBoundaries.exponential({ start: 0.5, factor: 2, count: 35 }),
    "From the request until its response was read"
  ),
  "time_unit",
  "milliseconds"
)

const retries = Metric.counter("tableau_retries", { description: "Requests sent again", incremental: true })

export const renewals = Metric.counter("tableau_renewals", {
  description: "Sign-ins because a token had expired, or was about to expire",
  incremental: true
})

export const switches = Metric.counter("tableau_site_switches", {
  description: "Switches of a session to another site",
  incremental: true
})

export const sessions = Metric.gauge("tableau_sessions", { description: "Sessions that are signed in" })

const waits = MetricKey.tagged(
  MetricKey.histogram(
    "tableau_rate_limiter_wait",
    MetricBoundaries.exponential({ start: 0.5, factor: 2, count: 35 }),
    "How long requests waited for the rate limiter"
  ),
  "time_unit",
  "milliseconds"
)

/** The tag of the error, or what else ended an effect. */
const errorType = (cause: Cause.Cause<unknown>): string => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (Predicate.hasProperty(error, "_tag")) return String(error._tag)
  return Cause.isInterruptedOnly(cause) ? "Interrupted" : "Defect"
}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "Success" : errorType(exit.cause)

const errorTypeAttribute = "error.type"

/** Adds the attribute `error.type` to a span that fails. An interruption is no failure. */
const addErrorType = (span: Tracer.Span, cause: Cause.Cause<unknown>): void => {
  if (!Cause.isInterruptedOnly(cause)) span.attribute(errorTypeAttribute, errorType(cause))
}

const setContext = (context: Context.Context<never>): Effect.Effect<void> =>
  FiberRef.set(FiberRef.currentContext, context)

/**
 * Runs an effect in a span, which has the attribute `error.type` if it fails. `Effect.withSpan` does the same with four
 * times as many steps, which is a sixth of a small call.
 */
export const inSpan = <A, E>(
  name: string,
  options: Tracer.SpanOptions,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.makeSpan(name, options), (span) =>
    Effect.withFiberRuntime((fiber) => {
      const context = fiber.currentContext
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const hasTiming = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
      const end = (exit: Exit.Exit<A, E>): Effect.Effect<A, E> => {
        if (Exit.isFailure(exit)) addErrorType(span, exit.cause)
        span.end(hasTiming ? clock.unsafeCurrentTimeNanos() : 0n, exit)
        return Effect.andThen(setContext(context), exit)
      }
      const inner = Effect.andThen(setContext(Context.add(context, Tracer.ParentSpan, span)), effect)
      return Effect.matchCauseEffect(inner, {
        onFailure: (cause) => end(Exit.failCause(cause)),
        onSuccess: (value) => end(Exit.succeed(value))
      })
    })
  )

/** Adds the attribute `error.type` to the current span if the scope closes with a failure. */
export const withErrorTypeScoped = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.andThen(
    Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
      Effect.addFinalizer((exit) =>
        Effect.sync(() => {
          if (Option.isSome(span) && Exit.isFailure(exit)) addErrorType(span.value, exit.cause)
        })
      )
    ),
    effect
  )

/** The tags are a part of the key: a metric with tags beside its key is found anew for each update. */
const measure = (operation: string, outcome: string) => {
  const tags = [MetricLabel.make("operation", operation), MetricLabel.make("outcome", outcome)]
  return {
    requests: Metric.fromMetricKey(MetricKey.taggedWithLabels(requests, tags)),
    duration: Metric.fromMetricKey(MetricKey.taggedWithLabels(duration, tags))
  }
}

const measures = new Map<string, ReturnType<typeof measure>>()

/** Cached: finding a metric by its tags takes longer than updating it. */
const measured = (operation: string, outcome: string) => {
  const key = `${operation} ${outcome}`
  const known = measures.get(key) ?? measure(operation, outcome)
  measures.set(key, known)
  return known
}

/** Measures how long a request waits for a budget, also if it waits in vain. */
export const waiting = <A, E, R>(budget: string, wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    const start = elapsed(clock)
    const metric = Metric.fromMetricKey(MetricKey.tagged(waits, "budget", budget))
    return Effect.ensuring(
      wait,
      Effect.suspend(() => Metric.update(metric, elapsed(clock) - start))
    )
  })

/** Counts a retry, and adds an event to the span of the operation. */
export const retried = (operation: string, resend: number, error: { readonly _tag: string }) =>
  Effect.gen(function* () {
    yield* Metric.increment(Metric.tagged(retries, "operation", operation))
    const span = yield* Effect.option(Effect.currentSpan)
    if (Option.isNone(span)) return
    const now = yield* Clock.currentTimeNanos
    span.value.event("retry", now, { "http.request.resend_count": resend, [errorTypeAttribute]: error._tag })
  })

/** A request in flight. */
export interface Observation {
  /** The parent of all spans of the request. Absent if nothing can see it. */
  readonly span: Tracer.Span | undefined
  /** Only the first call has an effect. */
  readonly end: (exit: Exit.Exit<unknown, unknown>) => void
}

const effectTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/**
 * Begins to observe a request, from sending it until its response has been read. With `isUnseen` no code but that of this
 * package runs in its span: without a tracer of the program that span would only cost time.
 */
export const begin = (
  operation: string,
  site: string,
  resend: number,
  isUnseen = false
): Effect.Effect<Observation> => {
  const observe = (span: Tracer.Span | undefined) =>
    Effect.withFiberRuntime<Observation>((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const labels = fiber.getFiberRef(FiberRef.currentMetricLabels)
      const start = elapsed(clock)
      let ended = false
      return Effect.succeed({
        span,
        // Without effects, because it is called for each request, also from handlers.
        end: (exit) => {
          if (ended) return
          ended = true
          if (span !== undefined) {
            if (Exit.isFailure(exit)) addErrorType(span, exit.cause)
            // `asVoid`: the exit value of a sign-in is the token.
            span.end(clock.unsafeCurrentTimeNanos(), Exit.asVoid(exit))
          }
          const { duration, requests } = measured(operation, outcomeOf(exit))
          requests.unsafeUpdate(1, labels)
          duration.unsafeUpdate(elapsed(clock) - start, labels)
        }
      })
    })
  return Effect.withFiberRuntime((fiber) =>
    isUnseen && fiber.currentTracer === effectTracer
      ? observe(undefined)
      : Effect.flatMap(
          Effect.makeSpan(`${operation} attempt`, {
            kind: "client",
            attributes: { "tableau.operation": operation, "tableau.site": site, "http.request.resend_count": resend },
            captureStackTrace: false
          }),
          observe
        )
  )
}

/** Observes one request, from sending it until its response has been read. */
export const observed =
  (operation: string, site: string, resend = 0) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      begin(operation, site, resend),
      ({ span }) => (span === undefined ? effect : Effect.withParentSpan(effect, span)),
      ({ end }, exit) => Effect.sync(() => end(exit))
    )

/** A scope in which a request is observed until it closes. */
export const observedUntilClose = (
  scope: Scope.Scope | undefined,
  { end }: Observation
): Effect.Effect<Scope.CloseableScope> =>
  Effect.tap(scope === undefined ? Scope.make() : Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
    // Not by `acquireRelease`: the scope can belong to another fiber, which would retain the references of this one.
    Scope.addFinalizerExit(own, (exit) => Effect.sync(() => end(exit)))
  )
