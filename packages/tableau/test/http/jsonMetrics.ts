/** Operations of a JSON service, and sessions on a scripted server that sends one reply to all of them. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Operation, Response, TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { type Reply, type ScriptedResponse, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"

const Metric = Schema.Struct({ id: Schema.String, followers: Schema.optional(Schema.Int) })

interface Nested {
  readonly in?: Nested | undefined
}
const Nested: Schema.Schema<Nested> = Schema.Struct({ in: Schema.optional(Schema.suspend(() => Nested)) })

const path = "/api/-/pulse/metrics/{metricId}"
const input = (metricId: string) => ({ metricId })

export const get = Operation.make({
  name: "Metrics.get",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Metric)
})
export const update = Operation.make({
  name: "Metrics.update",
  request: `PATCH ${path}`,
  since: "3.21",
  scope: "none",
  input: (metricId: string) => ({ metricId, json: { followers: 1 } }),
  response: Response.json(Metric)
})
export const remove = Operation.make({
  name: "Metrics.delete",
  request: `DELETE ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.empty
})
export const nested = Operation.make({
  name: "Metrics.nested",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Nested)
})
export const anything = Operation.make({
  name: "Metrics.anything",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.json(Schema.Unknown)
})
const rows = Operation.make({
  name: "Metrics.rows",
  request: `GET ${path}`,
  since: "3.21",
  scope: "none",
  input,
  response: Response.rows("data", Metric)
})
/** A method of the classic API, whose responses are XML. */
export const classic = Operation.make({
  name: "Metrics.classic",
  request: "GET /sites/{siteId}/metrics/{metricId}",
  since: "2.0",
  scope: "none",
  input,
  response: Response.element("metric", Schema.Struct({ id: Schema.String }))
})

export const json = { "content-type": "application/json" }

export const body = (
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {}
): ScriptedResponse => ({
  status,
  headers: { ...json, ...headers },
  body: typeof value === "string" ? value : JSON.stringify(value)
})

/** Runs an effect on a session whose server sends this reply to all requests of metrics. */
export const receiving = <A, E>(reply: Reply, effect: Effect.Effect<A, E, TableauSession>) =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({ [path]: reply, "/sites/s/metrics/{metricId}": reply })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    return yield* Effect.provideService(effect, TableauSession, session)
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient))

export const failing = (reply: Reply, effect: Effect.Effect<unknown, unknown, TableauSession> = get("m")) =>
  receiving(reply, Effect.flip(effect))

export const collect = Effect.suspend(() => Effect.map(Stream.runCollect(rows("m")), Chunk.toReadonlyArray))

/** What is received of a stream of rows, and the error that ends it. */
export const rowsAndError = (reply: Reply) => {
  const received: Array<typeof Metric.Type> = []
  const run = Stream.runForEach(rows("m"), (row) => Effect.sync(() => received.push(row)))
  return Effect.map(receiving(reply, Effect.either(run)), (result) => ({
    received,
    error: Either.isLeft(result) ? result.left : undefined
  }))
}
