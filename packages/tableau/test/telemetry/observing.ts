/** Collectors of spans, metrics and log lines. */
import { expect } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { TableauSession } from "effect-tableau"
import { isOfPlainHttp } from "../../../../test/support/warnings.js"

export const list = "queryWorkbooksForSite"

export interface Seen {
  readonly name: string
  readonly parent: string | undefined
  readonly kind: string
  readonly attributes: Map<string, unknown>
  readonly events: Array<readonly [name: string, attributes: Record<string, unknown> | undefined]>
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A Tracer that keeps all spans. */
export const collecting = () => {
  const spans: Array<Seen> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const above = Option.getOrUndefined(parent)
      const seen: Seen = {
        name,
        parent: above?._tag === "Span" ? above.name : undefined,
        kind,
        attributes: new Map(),
        events: [],
        exit: undefined
      }
      spans.push(seen)
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length),
        traceId: "trace",
        parent,
        context,
        links: [...links],
        sampled: true,
        kind,
        status: { _tag: "Started", startTime },
        attributes: seen.attributes,
        attribute: (key, value) => {
          seen.attributes.set(key, value)
        },
        event: (event, _, attributes) => {
          seen.events.push([event, attributes])
        },
        addLinks: () => {},
        end: (_, exit) => {
          expect(seen.exit, `${name} ends once`).toBeUndefined()
          seen.exit = exit
        }
      }
    },
    context: (f) => f()
  })
  return { spans, tracing: Layer.setTracer(tracer) }
}

export const summaryOf = ({ attributes, events, exit, kind, name, parent }: Seen) => ({
  name,
  parent,
  kind,
  attributes: Object.fromEntries(attributes),
  // Effect adds an event for each line of the log.
  events: events.filter(([event]) => event === "retry"),
  succeeded: exit !== undefined && Exit.isSuccess(exit)
})

/** Returns how much the metrics of this package have changed since: other tests run in the same process. */
export const measuring = Effect.gen(function* () {
  const read = Effect.map(Metric.snapshot, (pairs) => {
    const values = new Map<string, number>()
    for (const { metricKey, metricState } of pairs) {
      if (!metricKey.name.startsWith("tableau_")) continue
      const tags = [...metricKey.tags].map(({ key, value }) => `${key}=${value}`).sort()
      const name = [metricKey.name, ...tags].join(" ")
      if (MetricState.isCounterState(metricState)) values.set(name, Number(metricState.count))
      if (MetricState.isGaugeState(metricState)) values.set(name, Number(metricState.value))
      if (MetricState.isHistogramState(metricState)) {
        values.set(`${name} count`, metricState.count)
        values.set(`${name} sum`, metricState.sum)
      }
    }
    return values
  })
  const before = yield* read
  return Effect.map(read, (now) => {
    const changed = [...now].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const)
    return Object.fromEntries(changed.filter(([, value]) => value !== 0))
  })
})

/** Collects the log lines of level INFO and above, without the warning of plain http. */
export const logging = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ cause, logLevel, message }) => {
    const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    if (!isOfPlainHttp(text))
      lines.push(`${logLevel.label} ${text}${Cause.isEmpty(cause) ? "" : ` ${Cause.pretty(cause)}`}`)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

export const on = (session: TableauSession.Service) => Effect.provideService(TableauSession, session)

/** Retries without a delay, so that no test has to move the clock. */
export const immediateRetries = { retry: { schedule: Schedule.recurs(3) } }
