/**
 * One request on the wire. Nothing here knows of sessions: what goes out goes to one origin and to no other, follows
 * no redirect but one that the user allows, is bounded in time and size, and fails with a typed error that holds no
 * secret.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Function from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { TimedOut, UnexpectedResponse } from "../../TableauError.js"
import { version } from "../version.js"
import * as Chunks from "../xml/chunks.js"
import type { Read, Reader } from "../xml/reader.js"
import * as Content from "./content.js"
import { classify, type Refused } from "./errorResponse.js"
import { type Asked, actedAtMost, type Head } from "./exchange.js"
import * as Redirect from "./redirect.js"
import { kept } from "./scopes.js"
import { type Watch, watched } from "./timeouts.js"
import { failed, type Lost, OtherOrigin } from "./transportError.js"

export type TransportFailure = Lost | TimedOut | Refused

export interface WireRequest {
  readonly operation: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly readOnly?: boolean | undefined
  /** With the query, from the slash on. */
  readonly path: string
  readonly body?: string | Redacted.Redacted | Content.Content | undefined
  readonly headers?: Headers.Input | undefined
  /** By default what Tableau answers in. */
  readonly accept?: Headers.Input | undefined
  readonly token?: Redacted.Redacted | undefined
}

/** What a request belongs to. */
export interface Surroundings {
  /** How long its answer is wanted. */
  readonly scope: Scope.Scope
  /** Bounds the wait for the headers of the answer, and then each that its body takes. */
  readonly watch: Watch
  /** What is beneath it. By default the current one. */
  readonly span?: Tracer.AnySpan | undefined
}

/** Headers have come: the body is still to be read, once, in the same scope. */
export interface Pending {
  readonly scope: Scope.Scope
  readonly asked: Asked
  readonly head: Head
  readonly header: (name: string) => string | undefined
  /** All of it. */
  readonly text: Effect.Effect<Chunks.TextChunks, TransportFailure>
  /** As it arrives. Each wait for more of it is bounded in time, and nothing else is. */
  readonly bytes: Stream.Stream<Uint8Array, TransportFailure>
}

/** What an answer is expected to be: how that is asked for, and how it is read. */
export interface Expected<A> {
  readonly accept?: Headers.Input | undefined
  /** Whether what has been received goes on arriving, until the scope ends. */
  readonly lasting: boolean
  readonly receive: (pending: Pending) => Effect.Effect<Read<A>, TransportFailure>
}

export interface Transport {
  /** Scheme, host and port of the server: the only place that anything is sent to. A redirect can move it. */
  readonly origin: string
  /** For the headers of an answer, and then for its body. */
  readonly requestTimeout: Duration.Duration
  readonly send: (request: WireRequest, surroundings: Surroundings) => Effect.Effect<Pending, TransportFailure>
}

export interface TransportOptions {
  readonly origin: string
  readonly userAgent?: string | undefined
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** By default 2 minutes. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** That a redirect may move the session to https on the same host, or on one of these. By default it may not. */
  readonly upgrade?: Redirect.Hosts | undefined
}

const authHeader = "x-tableau-auth"

export const statusAttribute = "http.response.status_code"

/** More than a page of a thousand of Tableau's largest items. */
const bodyLimit = 64 * 1024 * 1024

/** As much as a page of a thousand items mostly has. */
const shortBody = 1024 * 1024

const urlOf = (request: HttpClientRequest.HttpClientRequest): URL | undefined =>
  URL.canParse(request.url) ? new URL(request.url) : undefined

/** What the request that is on its way may reach, and what only that may learn. */
class Sealed extends Context.Tag("effect-tableau/internal/Sealed")<
  Sealed,
  {
    readonly origin: string
    readonly token: Redacted.Redacted | undefined
    readonly body: Redacted.Redacted<Content.Content> | undefined
    /** How long the answer is wanted. */
    readonly scope: Scope.Scope
  }
>() {}

const sealedIn = (context: Context.Context<never>): typeof Sealed.Service | undefined =>
  Option.getOrUndefined(Context.getOption(context, Sealed))

const notHere = (request: HttpClientRequest.HttpClientRequest) => {
  const cause = new OtherOrigin({ origin: urlOf(request)?.origin ?? "an address that cannot be read" })
  return new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
}

// As bytes: a request that is logged prints a body of text, and this one may hold a password.
const withBody =
  ({ bytes, contentType, length }: Content.Content) =>
  (request: HttpClientRequest.HttpClientRequest) =>
    bytes instanceof Uint8Array
      ? request.pipe(HttpClientRequest.bodyUint8Array(bytes), HttpClientRequest.setHeader("content-type", contentType))
      : HttpClientRequest.bodyStream(request, bytes, { contentType, contentLength: length })

const contentOf = (body: NonNullable<WireRequest["body"]>): Content.Content =>
  typeof body === "string"
    ? Content.xml(body)
    : Redacted.isRedacted(body)
      ? { ...Content.xml(Redacted.value(body)), secret: true }
      : body

/** Names of packings. There are others, as `utf-8`, which are none. */
export const packings = /gzip|br|zstd|deflate|compress|dcb|dcz/i

/** What every `fetch` unpacks. */
const unpackable = /^\s*(?:(?:x-)?gzip|deflate|br)(?:\s*,\s*(?:(?:x-)?gzip|deflate|br))*\s*$/i

/** `fetch` unpacks a body, and leaves the headers of the packed one. */
const headersOf = (response: HttpClientResponse.HttpClientResponse): Headers.Headers => {
  const packed = unpackable.test(header(response, "content-encoding") ?? "")
  return packed && response instanceof HttpClientResponse.fromWeb(response.request, new Response()).constructor
    ? Headers.remove(response.headers, ["content-encoding", "content-length"])
    : response.headers
}

/** Answers hold the request that they came to: above the seal that is the one that entered it. */
class Answering extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly #response: HttpClientResponse.HttpClientResponse
  readonly headers: Headers.Headers

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse.HttpClientResponse
  ) {
    super()
    this.#response = response
    this.headers = headersOf(response)
  }
  get status() {
    return this.#response.status
  }
  get cookies() {
    return this.#response.cookies
  }
  get remoteAddress() {
    return this.#response.remoteAddress
  }
  get stream() {
    return this.#response.stream
  }
  get text() {
    return this.#response.text
  }
  get json() {
    return this.#response.json
  }
  get arrayBuffer() {
    return this.#response.arrayBuffer
  }
  get formData() {
    return this.#response.formData
  }
  get urlParamsBody() {
    return this.#response.urlParamsBody
  }
  toJSON() {
    return { request: this.request, status: this.status }
  }
}

const failing =
  (request: HttpClientRequest.HttpClientRequest) =>
  (error: HttpClientError.HttpClientError): HttpClientError.HttpClientError => {
    // The cause is no enumerable property of an Error.
    const { cause } = error
    return error._tag === "RequestError"
      ? new HttpClientError.RequestError({ ...error, cause, request })
      : new HttpClientError.ResponseError({
          ...error,
          cause,
          request,
          response: new Answering(request, error.response)
        })
  }

/** fetch would follow a redirect by itself; what else the user has set for it stays. */
const staying = (context: Context.Context<never>) => {
  const init = Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit))
  return init?.redirect === "manual"
    ? context
    : Context.add(context, FetchHttpClient.RequestInit, { ...init, redirect: "manual" })
}

/**
 * Secrets join the request beneath the user's transform, and beneath what the user's HttpClient does to requests: that
 * does not see them, and cannot carry them elsewhere. The request is looked at here, after all that anybody did to it.
 * What a HttpClient does with answers is beneath this: an answer to which it was led elsewhere is none.
 */
const seal = (backend: HttpClient.HttpClient): HttpClient.HttpClient => {
  const client = HttpClient.mapRequestEffect(HttpClient.withScope(backend), (request) =>
    Effect.contextWithEffect((context: Context.Context<never>) => {
      const sealed = sealedIn(context)
      if (sealed === undefined || urlOf(request)?.origin !== sealed.origin) return notHere(request)
      const { body, token } = sealed
      const withToken =
        token === undefined ? request : HttpClientRequest.setHeader(request, authHeader, Redacted.value(token))
      return Effect.succeed(body === undefined ? withToken : withBody(Redacted.value(body))(withToken))
    })
  )
  return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) => {
        const sealed = sealedIn(context)
        if (sealed === undefined) return notHere(request)
        return client.execute(request).pipe(
          Effect.mapInputContext((_: Context.Context<never>) =>
            Context.add(staying(context), Scope.Scope, sealed.scope)
          ),
          Effect.flatMap((response) =>
            urlOf(response.request)?.origin === sealed.origin
              ? Effect.succeed(new Answering(request, response))
              : notHere(response.request)
          ),
          Effect.mapError(failing(request))
        )
      })
    ),
    Effect.succeed
  )
}

/** What holds for a fiber while a request is on its way. */
const conditions = (
  context: Context.Context<never>,
  redactedNames: ReadonlyArray<string | RegExp>,
  tracerDisabledWhen: Predicate.Predicate<HttpClientRequest.HttpClientRequest>,
  tracerPropagation: boolean
) =>
  Effect.updateFiberRefs((fiber, refs) =>
    FiberRefs.updateManyAs(refs, {
      entries: [
        [FiberRef.currentContext, [[fiber, context]]],
        [Headers.currentRedactedNames, [[fiber, redactedNames]]],
        [HttpClient.currentTracerDisabledWhen, [[fiber, tracerDisabledWhen]]],
        [HttpClient.currentTracerPropagation, [[fiber, tracerPropagation]]]
      ]
    })
  )

/** All of them at once, and back: each in a region of its own would take more steps than the request. */
const onItsWay =
  (sealed: typeof Sealed.Service, span: Tracer.AnySpan | undefined) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Effect.getFiberRefs, (before) => {
      const context = FiberRefs.getOrDefault(before, FiberRef.currentContext)
      const names = FiberRefs.getOrDefault(before, Headers.currentRedactedNames)
      const disabledWhen = FiberRefs.getOrDefault(before, HttpClient.currentTracerDisabledWhen)
      const propagation = FiberRefs.getOrDefault(before, HttpClient.currentTracerPropagation)
      const back = conditions(context, names, disabledWhen, propagation)
      const within = span === undefined ? context : Context.add(context, Tracer.ParentSpan, span)
      // A span of HttpClient's own would carry what ours leave out, and its headers are not the server's business.
      return conditions(Context.add(within, Sealed, sealed), [...names, authHeader], Function.constTrue, false).pipe(
        Effect.zipRight(effect),
        Effect.matchCauseEffect({
          onFailure: (cause) => Effect.zipRight(back, Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(back, value)
        })
      )
    })

const header = (response: HttpClientResponse.HttpClientResponse, name: string): string | undefined =>
  Option.getOrUndefined(Headers.get(response.headers, name))

interface Collected {
  readonly chunks: Array<Uint8Array>
  readonly size: number
}

const joined = ({ chunks, size }: Collected): Uint8Array => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** In bytes, what a server says of the length of a body. One that is packed has more when it is unpacked. */
export const lengthOf = (header: Pending["header"]): number | undefined => {
  const length = header("content-length") ?? ""
  const encoding = header("content-encoding") ?? "identity"
  return /^\d{1,15}$/.test(length) && encoding === "identity" ? Number(length) : undefined
}

const readBody = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Chunks.TextChunks, TransportFailure> => {
  // Most are: of these nothing has to be counted, and to read one as a stream would cost more than the rest of a call.
  const length = lengthOf((name) => header(response, name))
  if (length !== undefined && length <= shortBody) {
    return Effect.mapBoth(response.arrayBuffer, {
      onSuccess: (bytes) => Chunks.decode(new Uint8Array(bytes)),
      onFailure: (error) => failed(asked, error)
    })
  }
  const fields = { operation: asked.operation, status: response.status, acted: actedAtMost(asked) }
  return response.stream.pipe(
    Stream.runFoldEffect<Collected, Uint8Array, UnexpectedResponse, never>(
      { chunks: [], size: 0 },
      (collected, chunk) => {
        const size = collected.size + chunk.length
        if (size > bodyLimit) return new UnexpectedResponse({ ...fields, kind: "TooLarge" })
        collected.chunks.push(chunk)
        return Effect.succeed({ chunks: collected.chunks, size })
      }
    ),
    Effect.map((collected) => Chunks.decode(joined(collected))),
    Effect.catchTags({
      ResponseError: (error) =>
        // A body of no bytes is one for `classify`.
        error.reason === "EmptyBody" ? Effect.succeed([]) : Effect.fail(failed(asked, error))
    })
  )
}

const timedOut = (asked: Asked, watch: Watch, detail?: string) => () =>
  new TimedOut({
    operation: asked.operation,
    acted: actedAtMost(asked),
    after: Duration.toMillis(watch.limit),
    detail
  })

/** The body of an answer as it arrives. Whoever takes their time with it has all the time. */
const arriving = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  limit: Duration.Duration
): Stream.Stream<Uint8Array, TransportFailure> => {
  const bytes = Stream.catchAll(response.stream, (error) =>
    // fetch has no stream of no bytes.
    error.reason === "EmptyBody" ? Stream.empty : Stream.fail(failed(asked, error))
  )
  return Stream.fromPull(
    Effect.map(Stream.toPull(bytes), (pull) =>
      watched(limit, undefined, (watch) =>
        watch.part(timedOut(asked, watch, "The answer had begun, and did not go on."))(pull)
      ).pipe(Effect.mapError((error) => (Option.isOption(error) ? error : Option.some(error))))
    )
  )
}

const pending = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  { scope, watch }: Surroundings
): Pending => ({
  asked,
  scope,
  head: {
    status: response.status,
    location: header(response, "location"),
    retryAfter: header(response, "retry-after"),
    contentType: header(response, "content-type") ?? "",
    date: header(response, "date")
  },
  header: (name) => header(response, name),
  text: watch.part(timedOut(asked, watch))(readBody(asked, response)),
  bytes: arriving(asked, response, watch.limit)
})

export const make = (options: TransportOptions): Effect.Effect<Transport, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (backend) => {
    const sealing = seal(backend)
    const client = options.transformClient?.(sealing) ?? sealing
    const requestTimeout = Duration.decode(options.requestTimeout ?? "2 minutes")
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()
    let origin = options.origin

    const askedOf = ({ method, operation, path, readOnly }: WireRequest, from: string): Asked => ({
      operation,
      url: new URL(path, from),
      reads: readOnly ?? method === "GET"
    })

    const execute = (
      { accept, body, headers, method, token }: WireRequest,
      asked: Asked,
      { scope, span }: Surroundings
    ) => {
      const { url } = asked
      const request = HttpClientRequest.make(method)(url, {
        // Only `fetch` unpacks what is packed.
        headers: {
          accept: "application/xml",
          "accept-encoding": "identity",
          ...Headers.fromInput(accept),
          ...Headers.fromInput(headers),
          "user-agent": userAgent
        }
      })
      const content = body === undefined ? undefined : contentOf(body)
      const sealed = {
        origin: url.origin,
        token,
        body: content?.secret === true ? Redacted.make(content) : undefined,
        scope
      }
      return client.execute(content !== undefined && !content.secret ? withBody(content)(request) : request).pipe(
        onItsWay(sealed, span),
        Effect.catchAll((error) =>
          // A transform of the user's may have taken the status for an error; what it means is for `classify` to say.
          error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.succeed(error.response)
            : Effect.fail(failed(asked, error))
        )
      )
    }

    /** Where the user allows it the request goes again to where a redirect leads, and so does all that follows. */
    const arrive = (
      request: WireRequest,
      surroundings: Surroundings,
      asked: Asked,
      been: ReadonlyArray<string>
    ): Effect.Effect<Pending, TransportFailure> =>
      Effect.flatMap(execute(request, asked, surroundings), (response) => {
        const arrived = pending(asked, response, surroundings)
        const to = options.upgrade && Redirect.upgrade(asked, arrived.head, options.upgrade)
        if (to === undefined) return Effect.succeed(arrived)
        if (been.includes(to.origin)) return Redirect.circle(asked, response.status)
        origin = to.origin
        return Effect.zipRight(
          Effect.logInfo(`${asked.url.origin} redirects to ${to.origin}: the session goes on there.`),
          arrive(request, surroundings, askedOf(request, to.origin), [...been, to.origin])
        )
      })

    return {
      get origin() {
        return origin
      },
      requestTimeout,
      send: (request, surroundings) =>
        Effect.suspend(() => {
          const { watch } = surroundings
          const asked = askedOf(request, origin)
          return watch.part(timedOut(asked, watch))(arrive(request, surroundings, asked, [origin]))
        })
    }
  })

/** Why it makes no sense. */
export const packed = (asked: Asked, status: number, encoding: string) =>
  new UnexpectedResponse({
    operation: asked.operation,
    status,
    acted: actedAtMost(asked),
    kind: "Other",
    detail: `It came packed (${encoding}), which was not asked for: what packs it has to leave that to who asks.`
  })

/** Reads an answer of Tableau's when all of it is there, and tells what it is. */
export const text = <A>(read: Reader<A>): Expected<A> => ({
  lasting: false,
  receive: ({ asked, head, header, text }) =>
    Effect.flatMap(text, (text) =>
      Effect.clockWith((clock) => {
        const answer = classify(asked, { ...head, text }, read, clock.unsafeCurrentTimeMillis())
        const encoding = header("content-encoding") ?? ""
        return packings.test(encoding) && !Chunks.firstNonBlank(text).startsWith("<")
          ? Either.mapLeft(answer, (error) =>
              error._tag === "UnexpectedResponse" ? packed(asked, head.status, encoding) : error
            )
          : answer
      })
    )
})

/** Sends and receives in one. */
export const exchange = <A>(
  transport: Transport,
  request: WireRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, TransportFailure> =>
  watched(transport.requestTimeout, undefined, (watch) =>
    kept(undefined, (scope) =>
      transport.send(request, { scope, watch }).pipe(
        Effect.tap(({ head }) => Effect.annotateCurrentSpan(statusAttribute, head.status)),
        Effect.flatMap(text(read).receive)
      )
    )
  )
