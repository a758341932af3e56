/**
 * Sends a request straight to the connection pool of our own HttpClient, as one asynchronous step. Nothing else can see
 * the request, so it needs none of HttpClient's layers.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Content from "./content.js"
import type { ExchangeError, IncomingResponse, Method, RequestContext, SendOptions } from "./exchange.js"
import { InFlight, type ResponseHandler } from "./inFlight.js"

export interface DispatchRequest {
  readonly origin: string
  readonly method: Method
  /** Path and query, as they are sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** An iterable is sent as fast as the connection accepts it. The headers have its length. */
  readonly body: Uint8Array | Iterable<Uint8Array> | undefined
}

/** Sends a request, and returns how to abort it. */
export type Dispatch = (request: DispatchRequest, handler: ResponseHandler) => () => void

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

/** Sends a request whose response is read as a whole. Runs in an uninterruptible region. */
export const send = (
  dispatch: Dispatch,
  context: RequestContext,
  request: Omit<DispatchRequest, "body">,
  body: Uint8Array | Content.Parts | undefined,
  options: SendOptions
): Effect.Effect<IncomingResponse, ExchangeError> =>
  Effect.clockWith((clock) => {
    const inFlight = new InFlight(context, options, clock)
    const sent =
      body === undefined || body instanceof Uint8Array ? body : Content.slices(body, () => inFlight.onBodyPart())
    return inFlight.open(() => dispatch({ ...request, body: sent }, inFlight))
  })
