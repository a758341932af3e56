import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"

/** Observes each request as it is sent, with the secrets and headers that the package adds last. */
export const tapWire =
  (observe: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<unknown>) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transform(client, (effect, request) => Effect.andThen(observe(request), effect))
