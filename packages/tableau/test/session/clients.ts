import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { session } from "../../../../test/support/session.js"

export type Given = Partial<TableauSession.Options>

export const list = Workbooks.list({ pageSize: 1 })

/** Adds a name to each request, so that the test sees which client sent it. */
const named = (name: string): Given => ({
  transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-client", name))
})

export const clientLayer = (name: string, given: Given = {}, client = layerHttpClient) =>
  Layer.provide(session({ ...named(name), ...given }), Layer.fresh(client))

/** A client of the session with its own HttpClient, which is destroyed at its end. */
export const enter = (name: string, given: Given = {}, client = layerHttpClient) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope, { _tag: "Sequential" })
    const context = yield* Layer.buildWithScope(clientLayer(name, given, client), scope)
    return {
      run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context),
      end: Scope.close(scope, Exit.void)
    }
  })

/** The requests that the server has received: client, operation and status. */
export const received = Effect.map(
  Effect.flatMap(Simulator, ({ requests }) => requests),
  (requests) =>
    requests
      .filter(({ operation }) => operation !== "serverInfo")
      .map(({ headers, operation, status }) => `${headers["x-client"]} ${operation} ${status}`)
)
