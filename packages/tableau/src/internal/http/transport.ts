/**
 * Sends one request. It goes to one origin only, follows no redirect except one that the user allows, has timeouts and
 * a size limit, and fails with a typed error without secrets. This module knows nothing of sessions.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import { version } from "../version.js"
import type { Read, Reader } from "../xml/reader.js"
import * as Body from "./body.js"
import * as BodyText from "./bodyText.js"
import * as Content from "./content.js"
import * as Dispatch from "./dispatch.js"
import { sanitizeRead } from "./errorResponse.js"
import {
  contextOf,
  type ExchangeError,
  type IncomingResponse,
  isJsonService,
  type OutgoingRequest,
  type RequestContext,
  type RequestHeaders,
  type Restore,
  type SendOptions,
  type StreamedResponse
} from "./exchange.js"
import { headOf } from "./head.js"
import { InFlight } from "./inFlight.js"
import * as Redirect from "./redirect.js"
import { authHeader, makeExecute, type Sealed, seal, withSealed } from "./seal.js"
import { idLimit } from "./serverText.js"
import { limited } from "./timeouts.js"
import { transportError } from "./transportError.js"
import { xmlReader } from "./xmlResponse.js"

export interface Transport {
  /** Scheme, host and port of the server, to which all requests go. A redirect can change it. */
  readonly origin: string
  /** Whether `send` runs no code but that of this package. */
  readonly isUnseen: boolean
  /** The timeout for the headers of a response, and then for its body, in milliseconds. */
  readonly requestTimeout: number
  /**
   * Sends a request, and waits for the headers of its response. Runs in an uninterruptible region: what waits for the
   * response must read it or end it.
   */
  readonly send: (request: OutgoingRequest, options: SendOptions) => Effect.Effect<IncomingResponse, ExchangeError>
  /** Sends a request whose response is read as a stream, until the scope closes. */
  readonly stream: (
    request: OutgoingRequest,
    options: SendOptions,
    scope: Scope.Scope
  ) => Effect.Effect<StreamedResponse, ExchangeError>
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

/** A request to an origin, whose body has been encoded. */
interface Prepared {
  readonly request: OutgoingRequest
  readonly origin: string
  readonly context: RequestContext
  readonly content: Content.Content | undefined
}

type Execution = Pick<typeof Sealed.Service, "scope" | "executions">

const streamed = (
  request: RequestContext,
  response: HttpClientResponse.HttpClientResponse,
  { timing }: SendOptions,
  clock: Clock.Clock,
  scope: Scope.CloseableScope
): StreamedResponse => {
  const header = Body.headersOf(response)
  const head = headOf(response.status, header)
  const bytes = limited(timing, Body.timedOut(request, timing), Body.readBytes(request, head, header, response))
  const end = Scope.close(scope, Exit.void)
  return {
    ...BodyText.incoming({ request, head, header, bytes, end }, clock),
    stream: Body.streamBytes(request, response, timing),
    scope
  }
}

/**
 * Sends a request through an HttpClient, and reads its response as a whole, in a fiber of its own. Runs in an
 * uninterruptible region.
 */
const buffered = (
  context: RequestContext,
  sendOptions: SendOptions,
  execute: (
    execution: Execution,
    onBodyPart: () => void
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, ExchangeError>
): Effect.Effect<IncomingResponse, ExchangeError> =>
  Effect.clockWith((clock) =>
    Effect.flatMap(Scope.make(), (scope) => {
      const inFlight = new InFlight(context, sendOptions, clock)
      const executions = { count: 0 }
      const sent = execute({ scope, executions }, () => inFlight.onBodyPart())
      const received = Effect.flatMap(sent, (response) => {
        const header = Body.headersOf(response)
        const head = inFlight.onHead(response.status, header)
        return Effect.map(Body.readBytes(context, head, header, response), (bytes) => {
          inFlight.onData(bytes)
          inFlight.onEnd()
        })
      })
      // An HttpClient may have received responses that it has not passed on, as one that retries.
      const close = Scope.close(scope, Exit.void)
      const whole = Effect.matchCauseEffect(Effect.interruptible(received), {
        onFailure: (cause) => Effect.andThen(close, Effect.failCause(cause)),
        // Closing aborts also what has ended, which takes as long as a sixth of a small call.
        onSuccess: () => (executions.count === 1 ? Effect.void : close)
      })
      return Effect.flatMap(Effect.forkDaemon(whole), (fiber) =>
        inFlight.open(() => {
          fiber.addObserver((exit) => {
            if (Exit.isFailure(exit)) inFlight.onFailure(exit.cause)
          })
          return () => fiber.unsafeInterruptAsFork(FiberId.none)
        }, Fiber.await(fiber))
      )
    })
  )

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
    const executeUnseen = makeExecute(backend)
    const requestTimeout = Duration.toMillis(Duration.decode(options.requestTimeout ?? defaultRequestTimeout))
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()
    const { upgrade } = options
    let origin = options.origin

    const ownDispatch = Dispatch.dispatchOf(backend)
    const dispatch = options.transformClient === undefined ? ownDispatch : undefined

    const headersOf = ({ accept, headers, path }: OutgoingRequest): Record<string, string> => ({
      accept: isJsonService(path) ? "application/json" : "application/xml",
      // `identity`, because only `fetch` decodes a compressed body.
      "accept-encoding": "identity",
      ...named(accept),
      ...named(headers),
      "user-agent": userAgent
    })

    const prepare = (request: OutgoingRequest, origin: string): Prepared => ({
      request,
      origin,
      context: contextOf(request, origin),
      content: request.body === undefined ? undefined : Content.from(request.body)
    })

    /** Executes a request by the HttpClient. `isUnseen` means that it runs in a fiber of its own, without the user's code. */
    const execute = (
      { content, context, origin, request }: Prepared,
      { scope, executions }: Execution,
      span: Tracer.AnySpan | undefined,
      isUnseen: boolean
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, ExchangeError> => {
      const isSecret = content !== undefined && content.secrets.length > 0
      const bare = HttpClientRequest.make(request.method)(context.url, { headers: headersOf(request) })
      const withBody = content !== undefined && !isSecret ? Content.attach(content)(bare) : bare
      const sealed = {
        origin,
        token: request.token,
        body: isSecret ? Redacted.make(content) : undefined,
        scope,
        executions
      }
      const executed = isUnseen
        ? executeUnseen(withBody, sealed, span)
        : withSealed(sealed, span)(client.execute(withBody))
      return Effect.catchAll(executed, (error) =>
        // The user's client may turn a status into an error, as `filterStatusOk` does. `classify` decides on it.
        error._tag === "ResponseError" && error.reason === "StatusCode"
          ? Effect.succeed(error.response)
          : Effect.fail(transportError(context, error))
      )
    }

    /** Sends a request whose response is read as a stream. */
    const executeStreamed = (
      prepared: Prepared,
      sendOptions: SendOptions,
      scope: Scope.CloseableScope
    ): Effect.Effect<StreamedResponse, ExchangeError> => {
      const { context } = prepared
      const { restore, span, timing } = sendOptions
      const executed = limited(
        timing,
        Body.timedOut(context, timing),
        execute(prepared, { scope, executions: { count: 0 } }, span, false)
      )
      return Effect.clockWith((clock) =>
        Effect.matchCauseEffect(restore(executed), {
          onFailure: (cause) => Effect.andThen(Scope.close(scope, Exit.failCause(cause)), Effect.failCause(cause)),
          onSuccess: (response) => Effect.succeed(streamed(context, response, sendOptions, clock, scope))
        })
      )
    }

    /** Sends a request whose response is read as a whole: straight to the connection pool if it is ours. */
    const executeBuffered = (
      prepared: Prepared,
      sendOptions: SendOptions
    ): Effect.Effect<IncomingResponse, ExchangeError> => {
      const { content, context, origin, request } = prepared
      const { method, path, token } = request
      const body = content === undefined ? undefined : Content.inMemory(content)
      if (dispatch !== undefined && (content === undefined || body !== undefined)) {
        const headers = headersOf(request)
        if (content !== undefined) headers["content-type"] = content.contentType
        if (content?.length !== undefined) headers["content-length"] = String(content.length)
        if (token !== undefined) headers[authHeader] = Redacted.value(token)
        const spelled = isPlain(path) ? path : context.url.pathname + context.url.search
        return Dispatch.send(dispatch, context, { origin, method, path: spelled, headers }, body, sendOptions)
      }
      const isUnseen = options.transformClient === undefined
      const keepsLength = ownDispatch !== undefined
      return buffered(context, sendOptions, (execution, onBodyPart) => {
        const executeWith = (content: Content.Content | undefined) => {
          const watched = content && Content.watched(content, keepsLength, onBodyPart)
          return execute({ ...prepared, content: watched }, execution, sendOptions.span, isUnseen)
        }
        if (content === undefined || keepsLength) return executeWith(content)
        return Content.collected(content, onBodyPart).pipe(
          Effect.mapError((cause) => {
            const sent = HttpClientRequest.make(request.method)(context.url)
            return transportError(
              context,
              new HttpClientError.RequestError({ request: sent, reason: "Transport", cause })
            )
          }),
          Effect.flatMap(executeWith)
        )
      })
    }

    /** Follows redirects that the user allows. The session then stays at the new origin. */
    const follow = <A extends IncomingResponse>(
      execute: (origin: string, onHead: NonNullable<SendOptions["onHead"]>) => Effect.Effect<A, ExchangeError>,
      onHead: SendOptions["onHead"],
      from: string,
      hosts: Redirect.Hosts,
      visited: ReadonlyArray<string>
    ): Effect.Effect<A, ExchangeError> =>
      Effect.gen(function* () {
        // A redirect may be followed: until then the request has not ended.
        const response = yield* execute(from, (status) => !Redirect.isRedirect(status) && onHead?.(status) === true)
        const target = Redirect.upgradeTarget(response.request, response.head, hosts)
        if (target === undefined) return response
        yield* response.end
        if (visited.includes(target.origin)) return yield* Redirect.redirectLoop(response.request, response.head)
        origin = target.origin
        const shown = response.request.sanitize(target.origin, idLimit) ?? "another address"
        yield* Effect.logInfo(`${from} redirects to ${shown}: the session continues there.`)
        return yield* follow(execute, onHead, target.origin, hosts, [...visited, target.origin])
      })

    return {
      get origin() {
        return origin
      },
      isUnseen: dispatch !== undefined,
      requestTimeout,
      send: (request, sendOptions) =>
        upgrade === undefined
          ? executeBuffered(prepare(request, origin), sendOptions)
          : follow(
              (origin, onHead) => executeBuffered(prepare(request, origin), { ...sendOptions, onHead }),
              sendOptions.onHead,
              origin,
              upgrade,
              [origin]
            ),
      stream: (request, sendOptions, scope) => {
        const executeIn = (origin: string) =>
          Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
            executeStreamed(prepare(request, origin), sendOptions, own)
          )
        return upgrade === undefined ? executeIn(origin) : follow(executeIn, undefined, origin, upgrade, [origin])
      }
    }
  })

/**
 * Reads a response. If that fails or is interrupted, the request ends. Runs in an uninterruptible region. What is said of
 * malformed items is sanitized here, for all readers.
 */
export const receive = <A, R extends IncomingResponse>(
  response: R,
  reader: { readonly receive: (response: R) => Effect.Effect<Read<A>, ExchangeError> },
  restore: Restore
): Effect.Effect<Read<A>, ExchangeError> =>
  Effect.matchCauseEffect(restore(reader.receive(response)), {
    onFailure: (cause) => Effect.andThen(response.end, Effect.failCause(cause)),
    onSuccess: (read) => Effect.succeed(sanitizeRead(response.request)(read))
  })

/** Sends a request and reads its XML response. */
export const exchange = <A>(
  transport: Transport,
  request: OutgoingRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, ExchangeError> =>
  Effect.uninterruptibleMask((restore) => {
    const timing = { timeout: transport.requestTimeout, deadline: undefined }
    return transport.send(request, { timing, restore }).pipe(
      Effect.tap(({ head }) => Effect.annotateCurrentSpan(statusAttribute, head.status)),
      Effect.flatMap((response) => receive(response, xmlReader(read), restore))
    )
  })
