/** A request in flight whose response is read as a whole. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Timers from "../timers.js"
import * as Body from "./body.js"
import * as BodyText from "./bodyText.js"
import type { ExchangeError, IncomingResponse, RequestContext, ResponseHead, SendOptions } from "./exchange.js"
import { headOf } from "./head.js"
import { type Deadline, deadlineOf, tooLate } from "./timeouts.js"
import { transportError } from "./transportError.js"

/** What receives the parts of a response. */
export interface ResponseHandler {
  /** Called right before the request is written to a connection. Returns whether it still may be. */
  readonly onStart: () => boolean
  /** `header` takes names in lower case. */
  readonly onHead: (status: number, header: IncomingResponse["header"]) => unknown
  readonly onData: (chunk: Uint8Array) => void
  readonly onEnd: () => void
  readonly onError: (error: unknown) => void
}

/**
 * Receives the parts of a response. The fiber that waits is resumed once, when the body has been received: each step of a
 * fiber costs more than the work in it. A timer of the process limits the time.
 */
export class InFlight implements ResponseHandler {
  head: ResponseHead | undefined
  header: IncomingResponse["header"] = () => undefined
  private readonly body = new Body.Collected()
  private failure: Cause.Cause<ExchangeError> | undefined
  private hasEnded = false
  private deadline: Deadline
  private readonly limit: Timers.Limit
  /** Whether the body of the request moves. */
  private isMoving = false
  private abort: () => void = () => {}
  /** Completes when the request has ended. */
  private ended: Effect.Effect<unknown> = Effect.void
  /** Resumes the fiber that waits. */
  private wake: (() => void) | undefined
  /** Whether there was something to resume it for before it waited. */
  private isAwake = false

  constructor(
    readonly request: RequestContext,
    private readonly options: SendOptions,
    private readonly clock: Clock.Clock
  ) {
    this.deadline = this.nextDeadline()
    this.limit = new Timers.Limit(this.deadline.at, () => this.fail(this.deadline.error()))
  }

  /**
   * Waits for the headers, or for the body if nothing is to be done before it. `begin` sends the request and returns how
   * to abort it; a request that takes time to end completes `ended` then.
   */
  open(begin: () => () => void, ended?: Effect.Effect<unknown>): Effect.Effect<IncomingResponse, ExchangeError> {
    if (ended !== undefined) this.ended = ended
    const opened = this.wait(() => {
      this.abort = begin()
      // It can fail at once.
      if (this.failure !== undefined) this.abort()
    })
    return Effect.matchCauseEffect(opened, {
      onFailure: (cause) => Effect.andThen(this.endNow, Effect.failCause(cause)),
      onSuccess: () => this.response()
    })
  }

  /** The body, once it has been received. */
  readonly bytes: Effect.Effect<Uint8Array, ExchangeError> = Effect.suspend(() =>
    this.hasEnded ? this.result() : Effect.flatMap(this.wait(), () => this.result())
  )

  private end(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    Timers.disarm(this.limit)
    this.abort()
  }

  private readonly endNow: Effect.Effect<void> = Effect.suspend(() => {
    this.end()
    return Effect.asVoid(this.ended)
  })

  /** The request may have waited for a connection, and the process may have been stopped meanwhile. */
  onStart(): boolean {
    const error = tooLate(this.clock, this.options.timing, this.request.operation)
    if (error !== undefined) this.fail(error)
    return error === undefined
  }

  /**
   * A part of the request's body has been accepted. Only the time since the last part counts: the deadline of all attempts
   * must not cut a body that is long and moves.
   */
  onBodyPart(): void {
    if (this.hasEnded || this.head !== undefined) return
    this.isMoving = true
    this.extend()
  }

  onHead(status: number, header: IncomingResponse["header"]): ResponseHead {
    const head = headOf(status, header)
    // An informational response precedes the response. A browser's redirect has the status 0.
    if (this.hasEnded || (status >= 100 && status < 200)) return head
    this.header = header
    this.head = head
    this.extend()
    if (this.options.onHead?.(status) !== true) this.resume()
    return head
  }

  onData(chunk: Uint8Array): void {
    if (this.hasEnded) return
    this.limit.progress += 1
    this.body.add(chunk)
    if (this.body.size > Body.maxBodyBytes) this.fail(Body.tooLarge(this.request, this.head))
  }

  onEnd(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    Timers.disarm(this.limit)
    this.resume()
  }

  onError(cause: unknown): void {
    this.fail(transportError(this.request, { cause }))
  }

  onFailure(cause: Cause.Cause<ExchangeError>): void {
    if (this.hasEnded) return
    this.failure = cause
    this.end()
    this.resume()
  }

  private fail(error: ExchangeError): void {
    this.onFailure(Cause.fail(error))
  }

  private result(): Effect.Effect<Uint8Array, ExchangeError> {
    if (this.failure !== undefined) return Effect.andThen(this.ended, Effect.failCause(this.failure))
    return Body.joined(this.body.chunks, this.body.size)
  }

  private nextDeadline(): Deadline {
    const { timing } = this.options
    if (!this.isMoving) return deadlineOf(this.clock, timing, Body.timedOut(this.request, timing))
    const own = { timeout: timing.timeout, deadline: undefined }
    return deadlineOf(this.clock, own, Body.timedOut(this.request, own, "So long nothing was sent or received."))
  }

  private extend(): void {
    this.deadline = this.nextDeadline()
    this.limit.at = this.deadline.at
    this.limit.progress += 1
  }

  private resume(): void {
    const { wake } = this
    this.wake = undefined
    if (wake === undefined) this.isAwake = true
    else wake()
  }

  /** Interruption does not end the request: the fiber that waits for it does. */
  private wait(begin?: () => void): Effect.Effect<void> {
    const woken = Effect.async<void>((resume) => {
      this.wake = () => resume(Effect.void)
      begin?.()
      if (this.isAwake) this.resume()
    })
    // Another fiber may have received all before this one waits.
    if (this.hasEnded) return Effect.void
    return Timers.arm(this.clock, this.limit, this.options.restore(woken))
  }

  /** The response, or the failure before its headers. */
  private response(): Effect.Effect<IncomingResponse, ExchangeError> {
    const { bytes, clock, head, header, request } = this
    if (head === undefined) {
      const failure = this.failure ?? Cause.fail(transportError(request, {}))
      return Effect.andThen(this.ended, Effect.failCause(failure))
    }
    return Effect.succeed(BodyText.incoming({ request, head, header, bytes, end: this.endNow }, clock))
  }
}
