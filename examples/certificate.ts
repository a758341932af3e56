/**
 * A server whose certificate is self-signed, or signed by the company's own authority.
 *
 * With TABLEAU_CA, a path or the PEM itself, that certificate is trusted beside those that Node brings. Without it the
 * server is refused, and the error says why. TABLEAU_VERIFY=false trusts everybody: for development only.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const HttpClientLive = Layer.unwrapEffect(
  Effect.gen(function* () {
    const ca = yield* Config.array(Config.nonEmptyString(), "TABLEAU_CA").pipe(Config.withDefault([]))
    const rejectUnauthorized = yield* Config.boolean("TABLEAU_VERIFY").pipe(Config.withDefault(true))
    return TableauNode.layerHttpClient({ ca, rejectUnauthorized })
  })
)

const program = Effect.gen(function* () {
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
})

program.pipe(
  Effect.provide(Layer.provide(TableauSession.layerConfig(), HttpClientLive)),
  Effect.catchTag("TlsFailed", ({ message, nodeCode, reason }) => Console.log(`${reason}, ${nodeCode}\n${message}`)),
  NodeRuntime.runMain
)
