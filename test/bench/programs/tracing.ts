/** A tracer that is not Effect's own, as OpenTelemetry's is not: it keeps names, attributes and times, and exports nothing. */
import type * as Context from "effect/Context"
import type { Exit } from "effect/Exit"
import type { Option } from "effect/Option"
import * as Tracer from "effect/Tracer"

let spans = 0

/** How many spans have ended. */
export const ended = (): number => spans

class Span implements Tracer.Span {
  readonly _tag = "Span"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  readonly events: Array<unknown> = []
  readonly spanId: string
  readonly traceId: string
  status: Tracer.SpanStatus
  constructor(
    readonly name: string,
    readonly parent: Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    readonly links: Array<Tracer.SpanLink>,
    startTime: bigint,
    readonly kind: Tracer.SpanKind
  ) {
    this.status = { _tag: "Started", startTime }
    this.spanId = `${spans}`
    this.traceId = parent._tag === "Some" ? parent.value.traceId : this.spanId
  }
  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
  }
  event(name: string, startTime: bigint, attributes?: Record<string, unknown>): void {
    this.events.push({ name, startTime, attributes })
  }
  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.links.push(...links)
  }
  end(endTime: bigint, exit: Exit<unknown, unknown>): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
    spans += 1
  }
}

export const tracer = Tracer.make({
  span: (name, parent, context, links, startTime, kind) => new Span(name, parent, context, [...links], startTime, kind),
  context: (run) => run()
})
