/** A session for one block of code: `Effect.provide` signs in before it, and signs out after it in any case. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  yield* Console.log("Before: not signed in")

  yield* Effect.gen(function* () {
    // The first page has arrived. The stream requests the others while it is read.
    const { items, totalAvailable } = yield* Workbooks.list({ pageSize: 50 })
    yield* Console.log(`There are ${totalAvailable} workbooks on site:`)
    yield* Stream.runForEach(items, ({ id, name }) => Console.log(`${id} ${name ?? ""}`))
  }).pipe(Effect.provide(TableauSession.layerConfig()))

  yield* Console.log("After: signed out")
})

program.pipe(Effect.provide(TableauNode.layerHttpClient()), TableauNode.runMain)
