/**
 * Sends one request. It goes to one origin only, follows no redirect except one that the user allows, has timeouts and
 * a size limit, and fails with a typed error without secrets. This module knows nothing of sessions.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { version } from "../version.js"
import type { Read, Reader } from "../xml/reader.js"
import * as Body from "./body.js"
import * as BodyText from "./bodyText.js"
import * as Content from "./content.js"
import {
  type ExchangeError,
  type IncomingResponse,
  isJsonService,
  type OutgoingRequest,
  type RequestContext,
  type ResponseHead,
  type SendOptions
} from "./exchange.js"
import * as Redirect from "./redirect.js"
import { scopedUntilClose } from "./scopes.js"
import { seal, withSealed } from "./seal.js"
import { withWatchdog } from "./timeouts.js"
import { transportError } from "./transportError.js"
import { xmlReader } from "./xmlResponse.js"

export interface Transport {
  /** Scheme, host and port of the server, to which all requests go. A redirect can change it. */
  readonly origin: string
  /** The timeout for the headers of a response, and then for its body. */
  readonly requestTimeout: Duration.Duration
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

/**
 * Headers that may hold the server's id of the request. Tableau documents none: these are the usual ones of servers,
 * gateways and tracers.
 */
const requestIdHeaders = ["x-request-id", "x-tableau-request-id", "x-correlation-id", "x-b3-traceid"]

const maxRequestIdLength = 200

/** An id that a log can hold: printable ASCII only, and not longer than any real one. */
const requestIdOf = (headers: Headers.Headers): string | undefined => {
  for (const name of requestIdHeaders) {
    const id = headers[name]
    if (id === undefined) continue
    const printable = id
      .slice(0, maxRequestIdLength)
      .replaceAll(/[^ -~]/g, "")
      .trim()
    if (printable !== "") return printable
  }
  return undefined
}

const headOf = (response: HttpClientResponse.HttpClientResponse): ResponseHead => ({
  status: response.status,
  location: Body.headerOf(response, "location"),
  retryAfter: Body.headerOf(response, "retry-after"),
  contentType: Body.headerOf(response, "content-type") ?? "",
  date: Body.headerOf(response, "date"),
  requestId: requestIdOf(response.headers)
})

const incoming = (
  request: RequestContext,
  response: HttpClientResponse.HttpClientResponse,
  { scope, watchdog }: SendOptions
): IncomingResponse => {
  const head = headOf(response)
  const header = (name: string) => Body.headerOf(response, name)
  const bytes = watchdog.limit(Body.timedOut(request, watchdog))(Body.readBytes(request, head, response))
  return {
    request,
    scope,
    head,
    header,
    bytes,
    text: Effect.flatMap(bytes, (bytes) => BodyText.decode({ request, head, header }, bytes)),
    stream: Body.streamBytes(request, response, watchdog.timeout)
  }
}

export const make = (options: TransportOptions): Effect.Effect<Transport, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (backend) => {
    const sealing = seal(backend)
    const client = options.transformClient?.(sealing) ?? sealing
    const requestTimeout = Duration.decode(options.requestTimeout ?? defaultRequestTimeout)
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()
    let origin = options.origin

    const contextOf = ({ operation, path, readOnly }: OutgoingRequest, origin: string): RequestContext => ({
      operation,
      url: new URL(path, origin),
      readOnly
    })

    const execute = (
      { accept, body, headers, method, token }: OutgoingRequest,
      context: RequestContext,
      { scope, span }: SendOptions
    ) => {
      const { url } = context
      const request = HttpClientRequest.make(method)(url, {
        // `identity`, because only `fetch` decodes a compressed body.
        headers: {
          accept: isJsonService(url) ? "application/json" : "application/xml",
          "accept-encoding": "identity",
          ...Headers.fromInput(accept),
          ...Headers.fromInput(headers),
          "user-agent": userAgent
        }
      })
      const content = body === undefined ? undefined : Content.from(body)
      const sealed = {
        origin: url.origin,
        token,
        body: content?.secret === true ? Redacted.make(content) : undefined,
        scope
      }
      return client.execute(content !== undefined && !content.secret ? Content.attach(content)(request) : request).pipe(
        withSealed(sealed, span),
        Effect.catchAll((error) =>
          // The user's client may turn a status into an error, as `filterStatusOk` does. `classify` decides on it.
          error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.succeed(error.response)
            : Effect.fail(transportError(context, error))
        )
      )
    }

    /** Follows redirects that the user allows. The session then stays at the new origin. */
    const follow = (
      request: OutgoingRequest,
      sendOptions: SendOptions,
      context: RequestContext,
      visited: ReadonlyArray<string>
    ): Effect.Effect<IncomingResponse, ExchangeError> =>
      Effect.flatMap(execute(request, context, sendOptions), (response) => {
        const received = incoming(context, response, sendOptions)
        const target = options.upgrade && Redirect.upgradeTarget(context, received.head, options.upgrade)
        if (target === undefined) return Effect.succeed(received)
        if (visited.includes(target.origin)) return Redirect.redirectLoop(context, received.head)
        origin = target.origin
        return Effect.andThen(
          Effect.logInfo(`${context.url.origin} redirects to ${target.origin}: the session continues there.`),
          follow(request, sendOptions, contextOf(request, target.origin), [...visited, target.origin])
        )
      })

    return {
      get origin() {
        return origin
      },
      requestTimeout,
      send: (request, sendOptions) =>
        Effect.suspend(() => {
          const { watchdog } = sendOptions
          const context = contextOf(request, origin)
          return watchdog.limit(Body.timedOut(context, watchdog))(follow(request, sendOptions, context, [origin]))
        })
    }
  })

/** Sends a request and reads its XML response. */
export const exchange = <A>(
  transport: Transport,
  request: OutgoingRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, ExchangeError> =>
  withWatchdog(transport.requestTimeout, undefined, (watchdog) =>
    scopedUntilClose(undefined, (scope) =>
      transport.send(request, { scope, watchdog }).pipe(
        Effect.tap(({ head }) => Effect.annotateCurrentSpan(statusAttribute, head.status)),
        Effect.flatMap(xmlReader(read).receive)
      )
    )
  )
