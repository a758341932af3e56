/**
 * What can go wrong on purpose: each constructor makes a value for `Simulator`'s `inject`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Refusal from "./internal/protocol/errorResponse.js"
import { toXml } from "./internal/protocol/xml.js"

/**
 * Whether the server goes wrong before it has done anything, or after it has done what it was asked.
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
  Delay: { readonly duration: Duration.Duration; readonly when: Moment }
  Answer: { readonly answer: Answer; readonly when: Moment }
  Alter: { readonly how: (answer: Answer) => Answer }
  Flood: { readonly text: string; readonly when: Moment }
  Redirect: { readonly status: number; readonly to: string; readonly keepPath: boolean }
  Reset: { readonly when: Moment }
  Stall: { readonly afterBytes: number }
  Truncate: { readonly afterBytes: number }
  FalseLength: { readonly by: number }
  Namespace: { readonly uri: string }
  EndSession: {}
  ShiftItems: { readonly by: number }
}>

const Fault = Data.taggedEnum<Fault>()

interface When {
  readonly when?: Moment | undefined
}

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
export const hold = (until: Effect.Effect<unknown>, options: When = {}): Fault =>
  Fault.Hold({ until, when: options.when ?? "before" })

/**
 * Never answers, and keeps the connection open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hang = (options: When = {}): Fault => hold(Effect.never, options)

/**
 * Waits, by the simulator's `Clock`, before the first byte of the answer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput, options: When = {}): Fault =>
  Fault.Delay({ duration: Duration.decode(duration), when: options.when ?? "before" })

/**
 * An answer with any status, any content type and any body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const raw = (
  options: When & {
    readonly status?: number | undefined
    readonly contentType?: string | undefined
    readonly headers?: Readonly<Record<string, string>> | undefined
    readonly body: string | Uint8Array
  }
): Fault =>
  Fault.Answer({
    answer: {
      status: options.status ?? 200,
      headers: { "content-type": options.contentType ?? "application/xml;charset=utf-8", ...options.headers },
      body: options.body
    },
    when: options.when ?? "before"
  })

const page = (title: string, body: string): string =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body>${body}</body></html>`

const html = "text/html;charset=utf-8"

/**
 * A refusal: Tableau's error XML, the HTML of a gateway, or no body at all.
 *
 * @since 0.1.0
 * @category constructors
 */
export const status = (
  status: number,
  options: When & {
    readonly body?: "xml" | "html" | "empty" | undefined
    /** Of the XML. By default the status with three zeros. */
    readonly code?: string | undefined
    readonly summary?: string | undefined
    readonly detail?: string | undefined
    readonly headers?: Readonly<Record<string, string>> | undefined
  } = {}
): Fault => {
  const { body = "xml", code = `${status}000`, detail = "Injected.", headers, summary = "Fault", when } = options
  const answers = {
    xml: { body: toXml([Refusal.toElement({ code, summary, detail })], "3.29") },
    html: { contentType: html, body: page(`${status}`, `<h1>${status}</h1>`) },
    empty: { body: "" }
  }
  return raw({ status, headers, when, ...answers[body] })
}

/**
 * 429 with a `Retry-After`: in seconds for a duration, as a date for a `Date`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const rateLimited = (retryAfter: Duration.DurationInput | Date): Fault => {
  const header = retryAfter instanceof Date ? retryAfter.toUTCString() : `${Math.ceil(Duration.toSeconds(retryAfter))}`
  return status(429, {
    summary: "Too Many Requests",
    detail: `Too many requests. Please retry after ${header}.`,
    headers: { "retry-after": header }
  })
}

/**
 * The login page of a single sign-on, with status 200.
 *
 * @since 0.1.0
 * @category constructors
 */
export const loginPage: Fault = raw({
  contentType: html,
  body: page("Sign in", '<form method="post"><input name="user"/><input name="password" type="password"/></form>')
})

/**
 * A redirect. `to` is the `Location`; with `keepPath`, which wants an origin, the request's own path follows it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const redirect = (
  status: 301 | 302 | 303 | 307 | 308,
  to: string,
  options: { readonly keepPath?: boolean | undefined } = {}
): Fault => Fault.Redirect({ status, to, keepPath: options.keepPath ?? false })

/**
 * Closes the connection without an answer, as a TCP reset.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reset = (options: When = {}): Fault => Fault.Reset({ when: options.when ?? "before" })

/**
 * Sends the first bytes of the true answer's body, then nothing more; the connection stays open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stall = (afterBytes: number): Fault => Fault.Stall({ afterBytes })

/**
 * Sends the first bytes of the true answer's body, then closes the connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const truncate = (afterBytes: number): Fault => Fault.Truncate({ afterBytes })

/**
 * Announces so many bytes more than the true answer has, or with a negative number fewer, and then closes the
 * connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const falseLength = (by: number): Fault => Fault.FalseLength({ by })

/**
 * The true answer, changed: its status, headers or body.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const plain = Fault.alter((answer) => ({ ...answer, headers: { "content-type": "text/plain" } }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const alter = (how: (answer: Answer) => Answer): Fault => Fault.Alter({ how })

/**
 * Sends XML without end, until the client hangs up.
 *
 * @since 0.1.0
 * @category constructors
 */
export const flood = (options: When = {}): Fault =>
  Fault.Flood({ text: `<!--${" ".repeat(64 * 1024)}-->`, when: options.when ?? "before" })

/**
 * The true answer in another namespace, such as `http://tableausoftware.com/api` of old servers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const namespace = (uri: string): Fault => Fault.Namespace({ uri })

/**
 * Ends the session of whoever asks before the request is looked at, as an administrator, a restart or another program
 * with the same personal access token would.
 *
 * @since 0.1.0
 * @category constructors
 */
export const endSession: Fault = Fault.EndSession()

/**
 * The lists of the answer have moved since the page before: by 1 as if one item had been added at the front, so that
 * the last item of the page before comes again; by -1 as if one had been deleted, so that one is never seen.
 *
 * @since 0.1.0
 * @category constructors
 */
export const shiftItems = (by: number): Fault => Fault.ShiftItems({ by })
