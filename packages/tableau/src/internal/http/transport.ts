/**
 * Sends one request. It goes to one origin only, follows no redirect except one that the user allows, has timeouts and
 * a size limit, and fails with a typed error without secrets. This module knows nothing of sessions.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { version } from "../version.js"
import type { Read, Reader } from "../xml/reader.js"
import * as Body from "./body.js"
import * as BodyText from "./bodyText.js"
import * as Content from "./content.js"
import * as Dispatch from "./dispatch.js"
import {
  contextOf,
  type ExchangeError,
  type IncomingResponse,
  isJsonService,
  type OutgoingRequest,
  type RequestContext,
  type RequestHeaders,
  type SendOptions
} from "./exchange.js"
import { headOf } from "./head.js"
import * as Redirect from "./redirect.js"
import { scopedUntilClose } from "./scopes.js"
import { authHeader, seal, withSealed } from "./seal.js"
import { limited } from "./timeouts.js"
import { transportError } from "./transportError.js"
import { xmlReader } from "./xmlResponse.js"

export interface Transport {
  /** Scheme, host and port of the server, to which all requests go. A redirect can change it. */
  readonly origin: string
  /** The timeout for the headers of a response, and then for its body, in milliseconds. */
  readonly requestTimeout: number
  /**
   * Sends a request, and waits for the headers of its response. Runs in an uninterruptible region, so that a response
   * that has been received is either read or ended by the scope.
   */
  readonly send: (request: OutgoingRequest, options: SendOptions) => Effect.Effect<IncomingResponse, ExchangeError>
}

export const defaultRequestTimeout = Duration.minutes(2)

export interface TransportOptions {
  readonly origin: string
  readonly userAgent?: string | undefined
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** By default `defaultRequestTimeout`. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Allows a redirect to move the session to https on the same host, or on one of these. By default none may. */
  readonly upgrade?: Redirect.Hosts | undefined
}

export const statusAttribute = "http.response.status_code"

const incoming = (
  request: RequestContext,
  response: HttpClientResponse.HttpClientResponse,
  { scope, timing }: SendOptions
): IncomingResponse => {
  const header = (name: string) => Body.headerOf(response, name)
  const head = headOf(response.status, header)
  const bytes = limited(timing, Body.timedOut(request, timing), Body.readBytes(request, head, response))
  const stream = Body.streamBytes(request, response, timing)
  const text = Effect.flatMap(bytes, (bytes) => BodyText.decode({ request, head, header }, bytes))
  return { request, scope, head, header, bytes, text, stream }
}

/** Names of headers are case-insensitive, those of JavaScript are not. */
const named = (headers: RequestHeaders | undefined): Record<string, string> | undefined => {
  if (headers === undefined) return undefined
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) result[name.toLowerCase()] = value
  }
  return result
}

/** Whether a path is sent as a URL parser would spell it. */
const isPlain = (path: string): boolean =>
  /^\/[\w!$&'()*+,\-./:;=@~%?]*$/.test(path) && !/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path)

export const make = (options: TransportOptions): Effect.Effect<Transport, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (backend) => {
    const sealing = seal(backend)
    const client = options.transformClient?.(sealing) ?? sealing
    const requestTimeout = Duration.toMillis(Duration.decode(options.requestTimeout ?? defaultRequestTimeout))
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()
    const { upgrade } = options
    let origin = options.origin

    const dispatch = options.transformClient === undefined ? Dispatch.dispatchOf(backend) : undefined

    const headersOf = ({ accept, headers, path }: OutgoingRequest): Record<string, string> => ({
      accept: isJsonService(path) ? "application/json" : "application/xml",
      // `identity`, because only `fetch` decodes a compressed body.
      "accept-encoding": "identity",
      ...named(accept),
      ...named(headers),
      "user-agent": userAgent
    })

    const execute = (
      request: OutgoingRequest,
      origin: string,
      sendOptions: SendOptions
    ): Effect.Effect<IncomingResponse, ExchangeError> => {
      const context = contextOf(request, origin)
      const { method, path, token } = request
      const content = request.body === undefined ? undefined : Content.from(request.body)
      const bytes = content?.bytes
      if (dispatch !== undefined && !sendOptions.streaming && (bytes === undefined || bytes instanceof Uint8Array)) {
        const headers = headersOf(request)
        if (content !== undefined) headers["content-type"] = content.contentType
        if (token !== undefined) headers[authHeader] = Redacted.value(token)
        const spelled = isPlain(path) ? path : context.url.pathname + context.url.search
        return Dispatch.send(dispatch, context, { origin, method, path: spelled, headers, body: bytes }, sendOptions)
      }
      const { scope, span, timing } = sendOptions
      const sealed = {
        origin,
        token,
        body: content?.secret === true ? Redacted.make(content) : undefined,
        scope
      }
      const bare = HttpClientRequest.make(method)(context.url, { headers: headersOf(request) })
      return client.execute(content !== undefined && !content.secret ? Content.attach(content)(bare) : bare).pipe(
        withSealed(sealed, span),
        Effect.catchAll((error) =>
          // The user's client may turn a status into an error, as `filterStatusOk` does. `classify` decides on it.
          error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.succeed(error.response)
            : Effect.fail(transportError(context, error))
        ),
        (effect) => sendOptions.restore(limited(timing, Body.timedOut(context, timing), effect)),
        Effect.map((response) => incoming(context, response, sendOptions))
      )
    }

    /** Follows redirects that the user allows. The session then stays at the new origin. */
    const follow = (
      request: OutgoingRequest,
      sendOptions: SendOptions,
      from: string,
      upgrade: Redirect.Hosts,
      visited: ReadonlyArray<string>
    ): Effect.Effect<IncomingResponse, ExchangeError> =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(sendOptions.scope, ExecutionStrategy.sequential)
        // A redirect may be followed: until then the request has not ended.
        const onHead = (status: number) => !Redirect.isRedirect(status) && sendOptions.onHead?.(status) === true
        const response = yield* execute(request, from, { ...sendOptions, onHead, scope })
        const target = Redirect.upgradeTarget(response.request, response.head, upgrade)
        if (target === undefined) return response
        if (visited.includes(target.origin)) return yield* Redirect.redirectLoop(response.request, response.head)
        yield* Scope.close(scope, Exit.void)
        origin = target.origin
        yield* Effect.logInfo(`${from} redirects to ${target.origin}: the session continues there.`)
        return yield* follow(request, sendOptions, target.origin, upgrade, [...visited, target.origin])
      })

    return {
      get origin() {
        return origin
      },
      requestTimeout,
      send: (request, sendOptions) =>
        upgrade === undefined
          ? execute(request, origin, sendOptions)
          : Effect.suspend(() => follow(request, sendOptions, origin, upgrade, [origin]))
    }
  })

/** Sends a request and reads its XML response. */
export const exchange = <A>(
  transport: Transport,
  request: OutgoingRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, ExchangeError> =>
  Effect.uninterruptibleMask((restore) =>
    scopedUntilClose(undefined, (scope) => {
      const timing = { timeout: transport.requestTimeout, deadline: undefined }
      return transport.send(request, { scope, timing, restore, streaming: false }).pipe(
        Effect.tap(({ head }) => Effect.annotateCurrentSpan(statusAttribute, head.status)),
        Effect.flatMap((response) => restore(xmlReader(read).receive(response)))
      )
    })
  )
