/**
 * Sends a request straight to the connection pool of our own HttpClient, as one asynchronous step. Nothing else can see
 * the request, so it needs none of HttpClient's layers.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Timers from "../timers.js"
import * as Body from "./body.js"
import * as BodyText from "./bodyText.js"
import type { ExchangeError, IncomingResponse, RequestContext, ResponseHead, SendOptions } from "./exchange.js"
import { headOf } from "./head.js"
import { type Deadline, deadlineOf } from "./timeouts.js"
import { transportError } from "./transportError.js"

export interface DispatchRequest {
  readonly origin: string
  readonly method: string
  /** Path and query, as they are sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

export interface DispatchHandler {
  /** `header` takes names in lower case. */
  readonly onHead: (status: number, header: IncomingResponse["header"]) => void
  readonly onData: (chunk: Uint8Array) => void
  readonly onEnd: () => void
  readonly onError: (error: unknown) => void
}

/** Sends a request, and returns how to abort it. */
export type Dispatch = (request: DispatchRequest, handler: DispatchHandler) => () => void

const DispatchId: unique symbol = Symbol.for("effect-tableau/Dispatch")

/**
 * Adds the way to the connection pool to an HttpClient. Whatever the user derives from it is another HttpClient, which
 * does not have it.
 */
export const withDispatch = (client: HttpClient.HttpClient, dispatch: Dispatch): HttpClient.HttpClient =>
  Object.assign(Object.create(Object.getPrototypeOf(client)), client, { [DispatchId]: dispatch })

const isDispatch = (value: unknown): value is Dispatch => typeof value === "function"

export const dispatchOf = (client: HttpClient.HttpClient): Dispatch | undefined => {
  const dispatch = Predicate.hasProperty(client, DispatchId) ? client[DispatchId] : undefined
  return isDispatch(dispatch) ? dispatch : undefined
}

/** A request in flight, and what has been received of its response. */
class Exchange implements DispatchHandler {
  head: ResponseHead | undefined
  header: IncomingResponse["header"] = () => undefined
  private readonly chunks: Array<Uint8Array> = []
  private size = 0
  private failure: ExchangeError | undefined
  private hasEnded = false
  private deadline: Deadline
  private readonly limit: Timers.Limit
  private abort: (() => void) | undefined
  /** Resumes the fiber that waits. */
  private wake: (() => void) | undefined

  constructor(
    readonly request: RequestContext,
    private readonly options: SendOptions,
    private readonly clock: Clock.Clock
  ) {
    this.deadline = this.nextDeadline()
    this.limit = new Timers.Limit(this.deadline.at, () => this.failWith(this.deadline.error()))
  }

  /** Sends the request, and waits for its headers, or for its body if nothing is to be done before it. */
  open(dispatch: Dispatch, request: DispatchRequest): Effect.Effect<void> {
    return this.wait(() => {
      this.abort = dispatch(request, this)
      // It can fail at once.
      if (this.failure !== undefined) this.abort()
    })
  }

  /** The body, once it has been received. */
  readonly bytes: Effect.Effect<Uint8Array, ExchangeError> = Effect.suspend(() =>
    this.hasEnded ? this.result() : Effect.flatMap(this.wait(), () => this.result())
  )

  readonly end = (): void => {
    if (this.hasEnded) return
    this.hasEnded = true
    Timers.disarm(this.limit)
    this.abort?.()
  }

  onHead(status: number, header: IncomingResponse["header"]): void {
    // An informational response comes before the response.
    if (this.hasEnded || status < 200) return
    this.header = header
    this.head = headOf(status, header)
    this.deadline = this.nextDeadline()
    this.limit.at = this.deadline.at
    this.limit.progress += 1
    if (this.options.onHead?.(status) !== true) this.resume()
  }

  onData(chunk: Uint8Array): void {
    if (this.hasEnded) return
    this.limit.progress += 1
    this.size += chunk.length
    this.chunks.push(chunk)
    if (this.size > Body.maxBodyBytes) this.failWith(Body.tooLarge(this.request, this.head))
  }

  onEnd(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    Timers.disarm(this.limit)
    this.resume()
  }

  onError(cause: unknown): void {
    this.failWith(transportError(this.request, { cause }))
  }

  private failWith(error: ExchangeError): void {
    if (this.hasEnded) return
    this.failure = error
    this.end()
    this.resume()
  }

  private result(): Effect.Effect<Uint8Array, ExchangeError> {
    if (this.failure !== undefined) return Effect.fail(this.failure)
    const [first] = this.chunks
    return Effect.succeed(this.chunks.length === 1 && first !== undefined ? first : Body.joined(this.chunks, this.size))
  }

  private nextDeadline(): Deadline {
    const { timing } = this.options
    return deadlineOf(this.clock, timing, Body.timedOut(this.request, timing))
  }

  private resume(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
  }

  /** Interruption does not end the request: whoever waits does. */
  private wait(begin?: () => void): Effect.Effect<void> {
    const woken = Effect.async<void>((resume) => {
      this.wake = () => resume(Effect.void)
      begin?.()
    })
    return Timers.arm(this.clock, this.limit, this.options.restore(woken))
  }

  /** The response, or the failure before its headers. */
  response(): Effect.Effect<IncomingResponse, ExchangeError> {
    const { bytes, clock, head, header, request } = this
    if (head === undefined) return Effect.fail(this.failure ?? transportError(request, {}))
    return Effect.succeed({
      request,
      head,
      header,
      bytes,
      text: Effect.flatMap(bytes, (bytes) => BodyText.decode({ request, head, header }, bytes)),
      end: Effect.sync(this.end),
      now: () => clock.unsafeCurrentTimeMillis()
    })
  }
}

/** Sends a request whose response is read as a whole. Runs in an uninterruptible region. */
export const send = (
  dispatch: Dispatch,
  context: RequestContext,
  request: DispatchRequest,
  options: SendOptions
): Effect.Effect<IncomingResponse, ExchangeError> =>
  Effect.clockWith((clock) => {
    const exchange = new Exchange(context, options, clock)
    return Effect.matchCauseEffect(exchange.open(dispatch, request), {
      onFailure: (cause) => {
        exchange.end()
        return Effect.failCause(cause)
      },
      onSuccess: () => exchange.response()
    })
  })
