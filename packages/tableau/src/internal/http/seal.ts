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
import type * as FiberId from "effect/FiberId"
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
export class Sealed extends Context.Tag("effect-tableau/internal/Sealed")<
  Sealed,
  {
    readonly origin: string
    readonly token: Redacted.Redacted | undefined
    readonly body: Redacted.Redacted<Content.Content> | undefined
    /** The response's connection stays open until it closes. */
    readonly scope: Scope.Scope
    readonly executions: Executions
  }
>() {}

/** How often a request was sent, because an HttpClient may retry. */
interface Executions {
  count: number
}

const sealedIn = (context: Context.Context<never>): typeof Sealed.Service | undefined =>
  Option.getOrUndefined(Context.getOption(context, Sealed))

const urlOf = (request: HttpClientRequest.HttpClientRequest): URL | undefined =>
  URL.canParse(request.url) ? new URL(request.url) : undefined

const otherOrigin = (request: HttpClientRequest.HttpClientRequest) => {
  const cause = new OtherOrigin({ origin: urlOf(request)?.origin ?? "an address that cannot be read" })
  return new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
}

const withSecrets = (
  request: HttpClientRequest.HttpClientRequest,
  token: Redacted.Redacted | undefined,
  body: Redacted.Redacted<Content.Content> | undefined
): HttpClientRequest.HttpClientRequest => {
  const withToken =
    token === undefined ? request : HttpClientRequest.setHeader(request, authHeader, Redacted.value(token))
  return body === undefined ? withToken : Content.attach(Redacted.value(body))(withToken)
}

const isFrom = (origin: string, { request }: HttpClientResponse.HttpClientResponse): boolean =>
  urlOf(request)?.origin === origin

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

/** Adds the secrets after all that the HttpClient's own code does to a request. */
const withSecretsLast = <R>(
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, R>
): HttpClient.HttpClient.With<HttpClientError.HttpClientError, R> =>
  HttpClient.mapRequestEffect(client, (request) =>
    Effect.contextWithEffect((context: Context.Context<never>) => {
      const sealed = sealedIn(context)
      return sealed === undefined || urlOf(request)?.origin !== sealed.origin
        ? otherOrigin(request)
        : Effect.succeed(withSecrets(request, sealed.token, sealed.body))
    })
  )

/**
 * Wraps the user's HttpClient. The origin is checked here, after every change that user code makes to the request, and
 * again on the response: one that was received from another origin, after a redirect, is an error.
 */
export const seal = (backend: HttpClient.HttpClient): HttpClient.HttpClient => {
  const client = withSecretsLast(HttpClient.withScope(backend))
  return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) => {
        const sealed = sealedIn(context)
        if (sealed === undefined) return otherOrigin(request)
        const { scope } = sealed
        return client.execute(request).pipe(
          Effect.mapInputContext((_: Context.Context<never>) =>
            Context.add(withManualRedirect(context), Scope.Scope, scope)
          ),
          Effect.flatMap((response) =>
            isFrom(sealed.origin, response)
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

interface Refs {
  readonly context: Context.Context<never>
  readonly redactedNames: ReadonlyArray<string | RegExp>
  readonly tracerDisabledWhen: Predicate.Predicate<HttpClientRequest.HttpClientRequest>
  readonly tracerPropagation: boolean
}

const updateRefs = (fiber: FiberId.Single, refs: FiberRefs.FiberRefs, to: Refs): FiberRefs.FiberRefs =>
  FiberRefs.updateManyAs(refs, {
    entries: [
      [FiberRef.currentContext, [[fiber, to.context]]],
      [Headers.currentRedactedNames, [[fiber, to.redactedNames]]],
      [HttpClient.currentTracerDisabledWhen, [[fiber, to.tracerDisabledWhen]]],
      [HttpClient.currentTracerPropagation, [[fiber, to.tracerPropagation]]]
    ]
  })

const setRefs = (to: Refs) => Effect.updateFiberRefs((fiber, refs) => updateRefs(fiber, refs, to))

/**
 * HttpClient's own span would record what ours leave out, and its trace headers do not concern the server. It asks for each
 * request that it sends, also for one of a retry.
 */
const refsOf = (
  before: FiberRefs.FiberRefs,
  context: (context: Context.Context<never>) => Context.Context<never>,
  span: Tracer.AnySpan | undefined,
  executions: Executions
): Refs => {
  const outer = FiberRefs.getOrDefault(before, FiberRef.currentContext)
  const names = FiberRefs.getOrDefault(before, Headers.currentRedactedNames)
  return {
    context: context(span === undefined ? outer : Context.add(outer, Tracer.ParentSpan, span)),
    redactedNames: [...names, authHeader],
    tracerDisabledWhen: () => {
      executions.count += 1
      return true
    },
    tracerPropagation: false
  }
}

/**
 * Executes requests with their secrets where no code of the user can see the result: a lighter seal. It needs a fiber of
 * its own, because it does not restore the fiber refs.
 */
export const makeExecute = (backend: HttpClient.HttpClient) => {
  const client = withSecretsLast(HttpClient.withScope(backend))
  return (
    request: HttpClientRequest.HttpClientRequest,
    sealed: typeof Sealed.Service,
    span: Tracer.AnySpan | undefined
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
    const prepared = Effect.updateFiberRefs((fiber, refs) =>
      updateRefs(fiber, refs, refsOf(refs, Function.identity, span, sealed.executions))
    )
    const executed = Effect.mapInputContext(client.execute(request), (context: Context.Context<never>) =>
      withManualRedirect(context).pipe(Context.add(Sealed, sealed), Context.add(Scope.Scope, sealed.scope))
    )
    return Effect.flatMap(prepared, () =>
      Effect.flatMap(executed, (response) =>
        isFrom(sealed.origin, response) ? Effect.succeed(response) : otherOrigin(response.request)
      )
    )
  }
}

/**
 * Runs an effect with the secrets in its context. All fiber refs are set in one update, and restored in one: nested
 * `locally` calls are slower than the request.
 */
export const withSealed =
  (sealed: typeof Sealed.Service, span: Tracer.AnySpan | undefined) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Effect.getFiberRefs, (before) => {
      const restore = setRefs({
        context: FiberRefs.getOrDefault(before, FiberRef.currentContext),
        redactedNames: FiberRefs.getOrDefault(before, Headers.currentRedactedNames),
        tracerDisabledWhen: FiberRefs.getOrDefault(before, HttpClient.currentTracerDisabledWhen),
        tracerPropagation: FiberRefs.getOrDefault(before, HttpClient.currentTracerPropagation)
      })
      return setRefs(refsOf(before, Context.add(Sealed, sealed), span, sealed.executions)).pipe(
        Effect.flatMap(() => effect),
        Effect.matchCauseEffect({
          onFailure: (cause) => Effect.flatMap(restore, () => Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(restore, value)
        })
      )
    })
