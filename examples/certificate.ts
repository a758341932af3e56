/**
 * Connects to a server whose certificate is self-signed, or signed by a company's own authority.
 *
 * TABLEAU_CA, a path or PEM text, is trusted in addition to Node's own authorities. Without it the connection fails, and
 * the error says why. TABLEAU_VERIFY=false accepts any certificate: for development only.
 */
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
  TableauNode.runMain
)
