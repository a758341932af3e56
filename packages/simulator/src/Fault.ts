/**
 * What can go wrong on purpose: each constructor makes a value for `Simulator`'s `inject`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Refusal from "./internal/refusal.js"
import { toXml } from "./internal/xml.js"

/**
 * Whether the server does what it was asked and then goes wrong (`after`), or goes wrong before it did anything.
 *
 * @since 0.1.0
 * @category models
 */
export type Moment = "before" | "after"

/**
 * An answer in the place of the true one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/**
 * A way to go wrong. Made by the constructors of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault = Data.TaggedEnum<{
  Hold: { readonly until: Effect.Effect<unknown>; readonly when: Moment }
  Delay: { readonly duration: Duration.DurationInput }
  Answer: { readonly answer: Answer; readonly when: Moment }
  Reset: { readonly when: Moment }
}>

const Fault = Data.taggedEnum<Fault>()

/**
 * Keeps the request until an effect has finished, then answers it truly. The effect runs for each request that is
 * held, so it can also tell that the request got there.
 *
 * @example
 * ```ts
 * import { Fault, Simulator } from "effect-tableau-simulator"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const simulator = yield* Simulator
 *   const latch = yield* Effect.makeLatch()
 *   yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
 *   // ... start a client ...
 *   yield* simulator.awaitSeen("signIn")
 *   yield* latch.open
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const hold = (
  until: Effect.Effect<unknown>,
  options?: { readonly when?: Moment | undefined } | undefined
): Fault => Fault.Hold({ until, when: options?.when ?? "before" })

/**
 * Waits, by the simulator's `Clock`, before it does anything.
 *
 * @since 0.1.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput): Fault => Fault.Delay({ duration })

/**
 * An answer with any status, any content type and any body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const raw = (options: {
  readonly status?: number | undefined
  readonly contentType?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string | Uint8Array
  readonly when?: Moment | undefined
}): Fault =>
  Fault.Answer({
    answer: {
      status: options.status ?? 200,
      headers: { "content-type": options.contentType ?? "application/xml;charset=utf-8", ...options.headers },
      body: options.body
    },
    when: options.when ?? "before"
  })

/**
 * Never answers, and keeps the connection open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hang = (options?: { readonly when?: Moment | undefined } | undefined): Fault => hold(Effect.never, options)

/**
 * A refusal: Tableau's error XML, the HTML of a gateway, or no body at all.
 *
 * @since 0.1.0
 * @category constructors
 */
export const status = (
  status: number,
  options?:
    | {
        readonly body?: "xml" | "html" | "empty" | undefined
        /** Of the XML. By default the status with three zeros. */
        readonly code?: string | undefined
        readonly summary?: string | undefined
        readonly detail?: string | undefined
        readonly headers?: Readonly<Record<string, string>> | undefined
        readonly when?: Moment | undefined
      }
    | undefined
): Fault => {
  const { body = "xml", code = `${status}000`, detail = "Injected.", headers, summary = "Fault", when } = options ?? {}
  const answers = {
    xml: { body: toXml([Refusal.toElement({ code, summary, detail })], "3.29") },
    html: {
      contentType: "text/html;charset=utf-8",
      body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`
    },
    empty: { body: "" }
  }
  return raw({ status, headers, when, ...answers[body] })
}

/**
 * Closes the connection without an answer, as a TCP reset.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reset = (options?: { readonly when?: Moment | undefined } | undefined): Fault =>
  Fault.Reset({ when: options?.when ?? "before" })
