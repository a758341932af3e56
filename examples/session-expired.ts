/**
 * A session that expires is renewed by itself: the request waits for a new sign-in and is sent again. The error left to
 * handle is SessionEvicted: another program signs in with the same token.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const count = Effect.gen(function* () {
  const received = yield* Stream.runCount(Workbooks.stream())
  yield* Console.log(`Read ${received} workbooks`)
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

count.pipe(
  Effect.catchTag("SessionEvicted", ({ message }) => Console.log(message)),
  Effect.provide(Session),
  TableauNode.runMain
)
