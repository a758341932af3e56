/**
 * One request on the wire. Nothing here knows of sessions: what goes out goes to one origin and to no other, follows
 * no redirect, is bounded in time and size, and fails with a typed error that holds no secret.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TimedOut, UnexpectedResponse } from "../TableauError.js"
import { type Answer, type Asked, actedAtMost, classify, type Refused } from "./classify.js"
import { failed, type Lost, OtherOrigin } from "./failure.js"
import type { Read, Reader } from "./reader.js"
import { version } from "./version.js"

export type TransportFailure = Lost | TimedOut | Refused

export interface WireRequest {
  readonly operation: string
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** With the query, from the slash on. */
  readonly path: string
  readonly body?: string | undefined
  readonly token?: Redacted.Redacted | undefined
}

/** Headers have come: the body is still to be read, in the same scope. */
export interface Pending {
  readonly asked: Asked
  readonly answer: Effect.Effect<Answer, TransportFailure>
}

export interface Transport {
  /** Scheme, host and port of the server: the only place that anything is sent to. */
  readonly origin: string
  readonly send: (request: WireRequest) => Effect.Effect<Pending, TransportFailure, Scope.Scope>
}

export interface TransportOptions {
  readonly origin: string
  readonly userAgent?: string | undefined
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** For the headers of an answer, and then for its body. By default 2 minutes. */
  readonly requestTimeout?: Duration.DurationInput | undefined
}

const authHeader = "x-tableau-auth"

/** More than a page of a thousand of Tableau's largest items. */
const bodyLimit = 64 * 1024 * 1024

const urlOf = (request: HttpClientRequest.HttpClientRequest): URL | undefined =>
  URL.canParse(request.url) ? new URL(request.url) : undefined

/** Looks at each request as it leaves, after all that the user's transform did to it. */
const guard = (origin: string) => (client: HttpClient.HttpClient) =>
  HttpClient.transform(client, (effect, request) => {
    const leaving = urlOf(request)?.origin
    if (leaving !== origin) {
      const cause = new OtherOrigin({ origin: leaving ?? "an address that cannot be read" })
      return Effect.fail(new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause }))
    }
    // fetch would follow a redirect by itself; what else the user has set for it stays.
    return Effect.flatMap(Effect.serviceOption(FetchHttpClient.RequestInit), (init) =>
      Effect.provideService(effect, FetchHttpClient.RequestInit, {
        ...Option.getOrElse(init, () => ({})),
        redirect: "manual"
      })
    )
  })

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

const readBody = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<string, TransportFailure> => {
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
  (asked: Asked, limit: Duration.Duration) =>
  <A, R>(effect: Effect.Effect<A, TransportFailure, R>): Effect.Effect<A, TransportFailure, R> =>
    Effect.timeoutFail(effect, {
      duration: limit,
      onTimeout: () =>
        new TimedOut({
          operation: asked.operation,
          acted: actedAtMost(asked),
          after: Duration.toMillis(limit)
        })
    })

export const make = (options: TransportOptions): Effect.Effect<Transport, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (backend) => {
    const client = backend.pipe(
      guard(options.origin),
      options.transformClient ?? ((client) => client),
      // Its span and its `traceparent` would carry what ours leave out.
      HttpClient.withTracerDisabledWhen(() => true),
      HttpClient.withTracerPropagation(false),
      HttpClient.withScope
    )
    const requestTimeout = Duration.decode(options.requestTimeout ?? "2 minutes")
    const userAgent = [`effect-tableau/${version}`, options.userAgent ?? ""].join(" ").trim()

    const build = (request: WireRequest, url: URL): HttpClientRequest.HttpClientRequest =>
      HttpClientRequest.make(request.method)(url, {
        headers: {
          accept: "application/xml",
          "user-agent": userAgent,
          ...(request.token === undefined ? {} : { [authHeader]: Redacted.value(request.token) })
        }
      }).pipe((built) =>
        request.body === undefined
          ? built
          : built.pipe(
              // As bytes: a request that is logged prints a body of text, and this one may hold a password.
              HttpClientRequest.bodyUint8Array(new TextEncoder().encode(request.body)),
              HttpClientRequest.setHeader("content-type", "text/xml; charset=utf-8")
            )
      )

    return {
      origin: options.origin,
      send: (request) => {
        const url = new URL(request.path, options.origin)
        const { operation } = request
        const asked: Asked = { operation, url, reads: request.method === "GET" }
        return client.execute(build(request, url)).pipe(
          Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, authHeader]),
          // A transform of the user's may have taken the status for an error; what it means is for `classify` to say.
          Effect.catchTag("ResponseError", (error) =>
            error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)
          ),
          Effect.mapError((error) => failed(asked, error)),
          bounded(asked, requestTimeout),
          Effect.map((response) => ({
            asked,
            answer: readBody(asked, response).pipe(
              bounded(asked, requestTimeout),
              Effect.map((text) => ({
                status: response.status,
                location: header(response, "location"),
                retryAfter: header(response, "retry-after"),
                contentType: header(response, "content-type") ?? "",
                date: header(response, "date"),
                text
              }))
            )
          }))
        )
      }
    }
  })

/** Reads the answer and tells what it is. */
export const receive = <A>(pending: Pending, read: Reader<A>): Effect.Effect<Read<A>, TransportFailure> =>
  Effect.gen(function* () {
    const answer = yield* pending.answer
    const now = yield* Clock.currentTimeMillis
    return yield* classify(pending.asked, answer, read, now)
  })

/** Sends and receives in one. */
export const exchange = <A>(
  transport: Transport,
  request: WireRequest,
  read: Reader<A>
): Effect.Effect<Read<A>, TransportFailure> =>
  Effect.scoped(Effect.flatMap(transport.send(request), (pending) => receive(pending, read)))

/** An answer whose content is of no interest, and may be none: every status of success will do. */
export const receiveNothing = (pending: Pending): Effect.Effect<void, TransportFailure> =>
  Effect.gen(function* () {
    const answer = yield* pending.answer
    if (answer.status >= 200 && answer.status < 300) return
    const now = yield* Clock.currentTimeMillis
    yield* classify(pending.asked, answer, () => Either.left("an error was expected"), now)
  })
