/** A session signs out when its scope closes. After an earlier sign-out calls fail with `SessionClosed`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const program = Effect.gen(function* () {
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)

  yield* TableauSession.signOut
  yield* Console.log("Signed out")

  // Fails without a request.
  yield* Workbooks.list().pipe(Effect.catchTag("SessionClosed", (error) => Console.log(error.message)))
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
