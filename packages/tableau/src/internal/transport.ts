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
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TimedOut, UnexpectedResponse } from "../TableauError.js"
import { type Asked, actedAtMost, type Head } from "./asked.js"
import { classify, type Refused } from "./classify.js"
import { failed, type Lost, OtherOrigin } from "./failure.js"
import type { Read, Reader } from "./reader.js"
import * as Redirect from "./redirect.js"
import { version } from "./version.js"

export type TransportFailure = Lost | TimedOut | Refused

export interface WireRequest {
  readonly operation: string
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** With the query, from the slash on. */
  readonly path: string
  readonly body?: string | Redacted.Redacted | undefined
  /** By default what Tableau answers in. */
  readonly accept?: Headers.Input | undefined
  readonly token?: Redacted.Redacted | undefined
  /** By default that of the transport. */
  readonly requestTimeout?: Duration.Duration | undefined
}

/** Headers have come: the body is still to be read, once, in the same scope. */
export interface Pending {
  readonly asked: Asked
  readonly head: Head
  readonly header: (name: string) => string | undefined
  /** All of it, as a text. */
  readonly text: Effect.Effect<string, TransportFailure>
  /** As it arrives. Each wait for more of it is bounded in time, and nothing else is. */
  readonly bytes: Stream.Stream<Uint8Array, TransportFailure>
}

/** What an answer is expected to be: how that is asked for, and how it is read. */
export interface Expected<A> {
  readonly accept?: Headers.Input | undefined
  readonly receive: (pending: Pending) => Effect.Effect<Read<A>, TransportFailure, Scope.Scope>
}

export interface Transport {
  /** Scheme, host and port of the server: the only place that anything is sent to. A redirect can move it. */
  readonly origin: string
  readonly send: (request: WireRequest) => Effect.Effect<Pending, TransportFailure, Scope.Scope>
}

export interface TransportOptions {
  readonly origin: string
  readonly userAgent?: string | undefined
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** For the headers of an answer, and then for its body. By default 2 minutes. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** That a redirect may move the session to https on the same host, or on one of these. By default it may not. */
  readonly upgrade?: Redirect.Hosts | undefined
}

const authHeader = "x-tableau-auth"

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
    readonly body: Redacted.Redacted | undefined
    /** How long the answer is wanted. */
    readonly scope: Scope.Scope
  }
>() {}

const notHere = (request: HttpClientRequest.HttpClientRequest) => {
  const cause = new OtherOrigin({ origin: urlOf(request)?.origin ?? "an address that cannot be read" })
  return new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
}

/** Looks at each request as it leaves, after all that anybody did to it. */
const guard = (backend: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(backend, (effect, request) =>
    Effect.gen(function* () {
      const sealed = yield* Effect.serviceOption(Sealed)
      if (Option.isNone(sealed) || urlOf(request)?.origin !== sealed.value.origin) return yield* notHere(request)
      // fetch would follow a redirect by itself; what else the user has set for it stays.
      const init = Option.getOrElse(yield* Effect.serviceOption(FetchHttpClient.RequestInit), () => ({}))
      return yield* Effect.provideService(effect, FetchHttpClient.RequestInit, { ...init, redirect: "manual" })
    })
  )

// As bytes: a request that is logged prints a body of text, and this one may hold a password.
const withBody = (text: string) => (request: HttpClientRequest.HttpClientRequest) =>
  request.pipe(
    HttpClientRequest.bodyUint8Array(new TextEncoder().encode(text)),
    HttpClientRequest.setHeader("content-type", "text/xml; charset=utf-8")
  )

/** Answers hold the request that they came to: above the seal that is the one that entered it. */
const answering = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse
): HttpClientResponse.HttpClientResponse =>
  Object.create(response, {
    request: { value: request },
    toJSON: { value: () => ({ request, status: response.status }) }
  })

const failing =
  (request: HttpClientRequest.HttpClientRequest) =>
  (error: HttpClientError.HttpClientError): HttpClientError.HttpClientError => {
    // The cause is no enumerable property of an Error.
    const { cause } = error
    return error._tag === "RequestError"
      ? new HttpClientError.RequestError({ ...error, cause, request })
      : new HttpClientError.ResponseError({ ...error, cause, request, response: answering(request, error.response) })
  }

/** Secrets join the request beneath the user's transform: it does not see them, and cannot carry them elsewhere. */
const seal = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.gen(function* () {
        const sealed = yield* Effect.serviceOption(Sealed)
        if (Option.isNone(sealed) || urlOf(request)?.origin !== sealed.value.origin) return yield* notHere(request)
        const { body, scope, token } = sealed.value
        const withToken =
          token === undefined ? request : HttpClientRequest.setHeader(request, authHeader, Redacted.value(token))
        const whole = body === undefined ? withToken : withBody(Redacted.value(body))(withToken)
        return yield* HttpClient.withScope(client)
          .execute(whole)
          .pipe(
            Effect.provideService(Scope.Scope, scope),
            Effect.mapBoth({
              onSuccess: (response) => answering(request, response),
              onFailure: failing(request)
            })
          )
      })
    ),
    Effect.succeed
  )

const header = (response: HttpClientResponse.HttpClientResponse, name: string): string | undefined =>
  Option.getOrUndefined(Headers.get(response.headers, name))

interface Collected {
  readonly chunks: Array<Uint8Array>
  readonly size: number
}

const decode = ({ chunks, size }: Collected): string => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return new TextDecoder().decode(bytes)
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
): Effect.Effect<string, TransportFailure> => {
  // Most are: of these nothing has to be counted, and to read one as a stream would cost more than the rest of a call.
  const length = lengthOf((name) => header(response, name))
  if (length !== undefined && length <= shortBody) {
    return Effect.mapBoth(response.arrayBuffer, {
      onSuccess: (bytes) => new TextDecoder().decode(bytes),
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
    Effect.map(decode),
    Effect.catchTags({
      ResponseError: (error) =>
        // A body of no bytes is one for `classify`.
        error.reason === "EmptyBody" ? Effect.succeed("") : Effect.fail(failed(asked, error))
    })
  )
}

const bounded =
  (asked: Asked, limit: Duration.Duration, detail?: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimedOut, R> => {
    const inTime = Effect.timeoutFail(effect, {
      duration: limit,
      onTimeout: () =>
        new TimedOut({
          operation: asked.operation,
          acted: actedAtMost(asked),
          after: Duration.toMillis(limit),
          detail
        })
    })
    // Where nothing may be interrupted, as when a program ends, the bound could not end it either.
    return Effect.checkInterruptible((interruptible) =>
      interruptible ? inTime : Effect.flatMap(Effect.forkDaemon(Effect.interruptible(inTime)), Fiber.join)
    )
  }

/** The body of an answer as it arrives. Whoever takes their time with it has all the time. */
const arriving = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  limit: Duration.Duration
): Stream.Stream<Uint8Array, TransportFailure> => {
  const inTime = bounded(asked, limit, "The answer had begun, and did not go on.")
  const bytes = Stream.catchAll(response.stream, (error) =>
    // fetch has no stream of no bytes.
    error.reason === "EmptyBody" ? Stream.empty : Stream.fail(failed(asked, error))
  )
  return Stream.fromPull(
    Effect.map(Stream.toPull(bytes), (pull) =>
      Effect.mapError(inTime(pull), (error) => (Option.isOption(error) ? error : Option.some(error)))
    )
  )
}

export const make = (options: TransportOptions): Effect.Effect<Transport, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (backend) => {
    const client = backend.pipe(
      guard,
      seal,
      options.transformClient ?? ((client) => client),
      // Its span and its `traceparent` would carry what ours leave out.
      HttpClient.withTracerDisabledWhen(() => true),
      HttpClient.withTracerPropagation(false)
    )
    const requestTimeout = Duration.decode(options.requestTimeout ?? "2 minutes")
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()
    const limitOf = (request: WireRequest) => request.requestTimeout ?? requestTimeout
    let origin = options.origin

    const askedOf = ({ method, operation, path }: WireRequest, from: string): Asked => ({
      operation,
      url: new URL(path, from),
      reads: method === "GET"
    })

    const execute = ({ accept, body, method, token }: WireRequest, asked: Asked) => {
      const { url } = asked
      const request = HttpClientRequest.make(method)(url, {
        headers: { accept: "application/xml", ...Headers.fromInput(accept), "user-agent": userAgent }
      })
      const secret = Redacted.isRedacted(body) ? body : undefined
      return Effect.scopeWith((scope) =>
        client
          .execute(typeof body === "string" ? withBody(body)(request) : request)
          .pipe(Effect.provideService(Sealed, { origin: url.origin, token, body: secret, scope }))
      ).pipe(
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, authHeader]),
        // A transform of the user's may have taken the status for an error; what it means is for `classify` to say.
        Effect.catchTag("ResponseError", (error) =>
          error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)
        ),
        Effect.mapError((error) => failed(asked, error)),
        Effect.map((response) => ({ asked, response }))
      )
    }

    /** Where the user allows it the request goes again to where a redirect leads, and so does all that follows. */
    const arrive = (
      request: WireRequest,
      been: ReadonlyArray<string>
    ): Effect.Effect<Effect.Effect.Success<ReturnType<typeof execute>>, TransportFailure, Scope.Scope> =>
      Effect.gen(function* () {
        const arrived = yield* execute(request, askedOf(request, been.at(-1) ?? origin))
        const { asked, response } = arrived
        if (options.upgrade === undefined) return arrived
        const redirect = { status: response.status, location: header(response, "location") }
        const to = Redirect.upgrade(asked, redirect, options.upgrade)
        if (to === undefined) return arrived
        if (been.includes(to.origin)) return yield* Redirect.circle(asked, response.status)
        yield* Effect.logInfo(`${asked.url.origin} redirects to ${to.origin}: the session goes on there.`)
        origin = to.origin
        return yield* arrive(request, [...been, to.origin])
      })

    return {
      get origin() {
        return origin
      },
      send: (request) =>
        Effect.suspend(() => bounded(askedOf(request, origin), limitOf(request))(arrive(request, [origin]))).pipe(
          Effect.tap(({ response }) => Effect.annotateCurrentSpan("http.response.status_code", response.status)),
          Effect.map(({ asked, response }) => ({
            asked,
            head: {
              status: response.status,
              location: header(response, "location"),
              retryAfter: header(response, "retry-after"),
              contentType: header(response, "content-type") ?? "",
              date: header(response, "date")
            },
            header: (name) => header(response, name),
            text: bounded(asked, limitOf(request))(readBody(asked, response)),
            bytes: arriving(asked, response, limitOf(request))
          }))
        )
    }
  })

/** Reads an answer of Tableau's when all of it is there, and tells what it is. */
export const text = <A>(read: Reader<A>): Expected<A> => ({
  receive: ({ asked, head, text }) =>
    Effect.gen(function* () {
      const answer = { ...head, text: yield* text }
      const now = yield* Clock.currentTimeMillis
      return yield* classify(asked, answer, read, now)
    })
})

/** Sends and receives in one. */
export const exchange = <A>(
  transport: Transport,
  request: WireRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, TransportFailure> =>
  Effect.scoped(Effect.flatMap(transport.send(request), text(read).receive))
