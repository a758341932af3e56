/** A program for the tests of signals: lists the workbooks of the server in its environment. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  const { items } = yield* Workbooks.list({ pageSize: 10 })
  yield* Stream.runForEach(items, ({ name = "" }) => Console.log(name))
  yield* Console.log("That was all.")
})

program.pipe(
  Effect.provide(TableauSession.layerConfig()),
  Effect.provide(TableauNode.layerHttpClient()),
  NodeRuntime.runMain
)
