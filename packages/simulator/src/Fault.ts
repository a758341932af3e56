/**
 * Faults: ways in which the server fails on purpose. Each constructor makes a value for `Simulator`'s `inject`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Errors from "./internal/protocol/errorResponse.js"
import { toXml } from "./internal/protocol/xml.js"

/**
 * Whether a fault happens before the server has processed the request, after it, or in the middle of the request: when a
 * number of bytes of its body has arrived, and before the server has read the rest.
 *
 * @since 0.1.0
 * @category models
 */
export type Timing = "before" | "after" | { readonly requestBytes: number }

/**
 * A response of the server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/**
 * A fault. Made by the constructors of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault = Data.TaggedEnum<{
  Hold: { readonly until: Effect.Effect<unknown>; readonly when: Timing }
  Delay: { readonly duration: Duration.Duration; readonly when: Timing }
  Respond: { readonly response: Response; readonly when: Timing }
  Alter: { readonly change: (response: Response) => Response }
  Flood: { readonly text: string; readonly when: Timing }
  Redirect: { readonly status: number; readonly to: string; readonly keepPath: boolean }
  Reset: { readonly when: Timing }
  Stall: { readonly afterBytes: number }
  Truncate: { readonly afterBytes: number }
  FalseLength: { readonly by: number }
  Namespace: { readonly uri: string }
  EndSession: {}
  ShiftItems: { readonly by: number }
}>

const Fault = Data.taggedEnum<Fault>()

interface When {
  readonly when?: Timing | undefined
}

/**
 * Holds the request until an effect completes, then sends the normal response. The effect runs for each request, so it
 * can also report that a request has arrived.
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
 * Never responds, and keeps the connection open. In the middle of a request it also stops to read: a client that uploads a
 * file cannot send more.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * // The server signs the user in, but the client never receives the token.
 * const fault = Fault.hang({ when: "after" })
 *
 * // The server accepts the first megabyte of a block only.
 * const stalled = Fault.hang({ when: { requestBytes: 1024 * 1024 } })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const hang = (options: When = {}): Fault => hold(Effect.never, options)

/**
 * Waits before the first byte of the response, by the simulator's `Clock`.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.delay("2 seconds")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput, options: When = {}): Fault =>
  Fault.Delay({ duration: Duration.decode(duration), when: options.when ?? "before" })

/**
 * A response with any status, content type and body. By default the status is 200 and the type is that of XML.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.raw({ contentType: "text/plain", body: "maintenance" })
 * ```
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
  Fault.Respond({
    response: {
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
 * An error response: Tableau's error XML, the HTML page of a gateway, or no body.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const gateway = Fault.status(502, { body: "html" })
 * const tableau = Fault.status(404, { code: "404006", summary: "Resource Not Found" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const status = (
  status: number,
  options: When & {
    readonly body?: "xml" | "html" | "empty" | undefined
    /** The code in the XML. By default the status with three zeros. */
    readonly code?: string | undefined
    readonly summary?: string | undefined
    readonly detail?: string | undefined
    readonly headers?: Readonly<Record<string, string>> | undefined
  } = {}
): Fault => {
  const { body = "xml", code = `${status}000`, detail = "Injected.", headers, summary = "Fault", when } = options
  const bodies = {
    xml: { body: toXml([Errors.toElement({ code, summary, detail })], "3.29") },
    html: { contentType: html, body: page(`${status}`, `<h1>${status}</h1>`) },
    empty: { body: "" }
  }
  return raw({ status, headers, when, ...bodies[body] })
}

/**
 * Status 429 with a `Retry-After` header: in seconds for a duration, as an HTTP date for a `Date`.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.rateLimited("30 seconds")
 * ```
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
 * The login page of a single sign-on proxy, with status 200.
 *
 * @since 0.1.0
 * @category constructors
 */
export const loginPage: Fault = raw({
  contentType: html,
  body: page("Sign in", '<form method="post"><input name="user"/><input name="password" type="password"/></form>')
})

/**
 * A redirect. `to` is the `Location`. With `keepPath`, `to` is an origin, and the request's own path is appended.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.redirect(308, "https://tableau.example.com", { keepPath: true })
 * ```
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
 * Resets the TCP connection without a response.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.reset({ when: "after" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const reset = (options: When = {}): Fault => Fault.Reset({ when: options.when ?? "before" })

/**
 * Sends the first bytes of the normal response's body, then nothing more. The connection stays open.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.stall(100)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const stall = (afterBytes: number): Fault => Fault.Stall({ afterBytes })

/**
 * Sends the first bytes of the normal response's body, then closes the connection.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.truncate(100)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const truncate = (afterBytes: number): Fault => Fault.Truncate({ afterBytes })

/**
 * Adds a number of bytes, which may be negative, to the `Content-Length` of the normal response, sends the body, and
 * closes the connection.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.falseLength(10)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const falseLength = (by: number): Fault => Fault.FalseLength({ by })

/**
 * The normal response with another status, other headers or another body.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const plain = Fault.alter((response) => ({ ...response, headers: { "content-type": "text/plain" } }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const alter = (change: (response: Response) => Response): Fault => Fault.Alter({ change })

/**
 * Sends XML without end, until the client disconnects.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.flood()
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const flood = (options: When = {}): Fault =>
  Fault.Flood({ text: `<!--${" ".repeat(64 * 1024)}-->`, when: options.when ?? "before" })

/**
 * The normal response in another XML namespace.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * // The namespace of servers before 10.0.
 * const fault = Fault.namespace("http://tableausoftware.com/api")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const namespace = (uri: string): Fault => Fault.Namespace({ uri })

/**
 * Ends the session of the request before the request is processed, as an administrator, a restart, or another program
 * with the same personal access token would.
 *
 * @since 0.1.0
 * @category constructors
 */
export const endSession: Fault = Fault.EndSession()

/**
 * Shifts the items of lists, as if items had been added or deleted since the previous page. With 1 the last item of the
 * previous page is repeated. With -1 an item is skipped.
 *
 * @example
 * ```ts
 * import { Fault } from "effect-tableau-simulator"
 *
 * const fault = Fault.shiftItems(1)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const shiftItems = (by: number): Fault => Fault.ShiftItems({ by })
