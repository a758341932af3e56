/**
 * A session that the server ends, by its idle limit, its maximum length or a restart: the request that meets it waits
 * for a new sign-in and is sent again. What is left to handle is another program that signs in with the same token.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const count = Effect.gen(function* () {
  const { items } = yield* Workbooks.list()
  const seen = yield* Stream.runCount(items)
  yield* Console.log(`Read ${seen} workbooks`)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

count.pipe(
  Effect.catchTag("SessionEvicted", ({ message }) => Console.log(message)),
  Effect.provide(Session),
  NodeRuntime.runMain
)
