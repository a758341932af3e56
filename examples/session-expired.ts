/** When the server has ended the session, by its idle limit or its maximum length: once more, in a new session. */
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
  // Signs in each time that it is run.
  Effect.provide(Session),
  Effect.tapErrorTag("SessionExpired", (error) => Console.log(error.message)),
  Effect.retry({ times: 1, while: ({ _tag }) => _tag === "SessionExpired" }),
  NodeRuntime.runMain
)
