/**
 * Adds the secrets of a request below the user's HttpClient, which therefore neither sees them nor can send them
 * elsewhere.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Function from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { contentHeaders } from "./body.js"
import * as Content from "./content.js"
import { OtherOrigin } from "./transportError.js"

export const authHeader = "x-tableau-auth"

/** The allowed origin, and the secrets of the current request. */
class Sealed extends Context.Tag("effect-tableau/internal/Sealed")<
  Sealed,
  {
    readonly origin: string
    readonly token: Redacted.Redacted | undefined
    readonly body: Redacted.Redacted<Content.Content> | undefined
    /** The response's connection stays open until it closes. */
    readonly scope: Scope.Scope
  }
>() {}

const sealedIn = (context: Context.Context<never>): typeof Sealed.Service | undefined =>
  Option.getOrUndefined(Context.getOption(context, Sealed))

const urlOf = (request: HttpClientRequest.HttpClientRequest): URL | undefined =>
  URL.canParse(request.url) ? new URL(request.url) : undefined

const otherOrigin = (request: HttpClientRequest.HttpClientRequest) => {
  const cause = new OtherOrigin({ origin: urlOf(request)?.origin ?? "an address that cannot be read" })
  return new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
}

/** A response exposes its request. User code must see the request without the secrets. */
class UnsealedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
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
    this.headers = contentHeaders(response)
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

const unsealError =
  (request: HttpClientRequest.HttpClientRequest) =>
  (error: HttpClientError.HttpClientError): HttpClientError.HttpClientError => {
    // Spread does not copy `cause`.
    const { cause } = error
    return error._tag === "RequestError"
      ? new HttpClientError.RequestError({ ...error, cause, request })
      : new HttpClientError.ResponseError({
          ...error,
          cause,
          request,
          response: new UnsealedResponse(request, error.response)
        })
  }

/** Stops fetch from following redirects; keeps its other options. */
const withManualRedirect = (context: Context.Context<never>) => {
  const init = Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit))
  return init?.redirect === "manual"
    ? context
    : Context.add(context, FetchHttpClient.RequestInit, { ...init, redirect: "manual" })
}

/**
 * Wraps the user's HttpClient. The origin is checked here, after every change that user code makes to the request, and
 * again on the response: one that was received from another origin, after a redirect, is an error.
 */
export const seal = (backend: HttpClient.HttpClient): HttpClient.HttpClient => {
  const client = HttpClient.mapRequestEffect(HttpClient.withScope(backend), (request) =>
    Effect.contextWithEffect((context: Context.Context<never>) => {
      const sealed = sealedIn(context)
      if (sealed === undefined || urlOf(request)?.origin !== sealed.origin) return otherOrigin(request)
      const { body, token } = sealed
      const withToken =
        token === undefined ? request : HttpClientRequest.setHeader(request, authHeader, Redacted.value(token))
      return Effect.succeed(body === undefined ? withToken : Content.attach(Redacted.value(body))(withToken))
    })
  )
  return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) => {
        const sealed = sealedIn(context)
        if (sealed === undefined) return otherOrigin(request)
        return client.execute(request).pipe(
          Effect.mapInputContext((_: Context.Context<never>) =>
            Context.add(withManualRedirect(context), Scope.Scope, sealed.scope)
          ),
          Effect.flatMap((response) =>
            urlOf(response.request)?.origin === sealed.origin
              ? Effect.succeed(new UnsealedResponse(request, response))
              : otherOrigin(response.request)
          ),
          Effect.mapError(unsealError(request))
        )
      })
    ),
    Effect.succeed
  )
}

const setFiberRefs = (
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

/**
 * Runs an effect with the secrets in its context. All fiber refs are set in one update, and restored in one: nested
 * `locally` calls are slower than the request.
 */
export const withSealed =
  (sealed: typeof Sealed.Service, span: Tracer.AnySpan | undefined) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Effect.getFiberRefs, (before) => {
      const context = FiberRefs.getOrDefault(before, FiberRef.currentContext)
      const names = FiberRefs.getOrDefault(before, Headers.currentRedactedNames)
      const disabledWhen = FiberRefs.getOrDefault(before, HttpClient.currentTracerDisabledWhen)
      const propagation = FiberRefs.getOrDefault(before, HttpClient.currentTracerPropagation)
      const restore = setFiberRefs(context, names, disabledWhen, propagation)
      const inner = span === undefined ? context : Context.add(context, Tracer.ParentSpan, span)
      // HttpClient's own span would record what ours leave out, and its trace headers do not concern the server.
      return setFiberRefs(Context.add(inner, Sealed, sealed), [...names, authHeader], Function.constTrue, false).pipe(
        Effect.flatMap(() => effect),
        Effect.matchCauseEffect({
          onFailure: (cause) => Effect.flatMap(restore, () => Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(restore, value)
        })
      )
    })
