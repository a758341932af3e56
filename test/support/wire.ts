import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"

/** Looks at each request as it leaves: with what has joined it after all that was done to it. */
export const tapWire =
  (look: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<unknown>) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transform(client, (effect, request) => Effect.zipRight(look(request), effect))
