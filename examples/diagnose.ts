/**
 * Cannot sign in? Checks the address, DNS, connection, TLS, redirects, API, version and clock of a server, without secrets.
 *
 * The address is the argument, a URL from the browser too, or TABLEAU_SERVER_URL. TABLEAU_CA, a path or PEM text, is a
 * company's own authority.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ServerInfo } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const HttpClientLive = Layer.unwrapEffect(
  Effect.gen(function* () {
    const ca = yield* Config.array(Config.nonEmptyString(), "TABLEAU_CA").pipe(Config.withDefault([]))
    return TableauNode.layerHttpClient({ ca })
  })
)

const program = Effect.gen(function* () {
  const server = process.argv[2] ?? (yield* Config.string("TABLEAU_SERVER_URL"))
  const diagnosis = yield* ServerInfo.diagnose(server)
  yield* Console.log(ServerInfo.format(diagnosis))
  if (diagnosis.error === undefined) yield* Console.log("Ready to sign in.")
})

program.pipe(Effect.provide(HttpClientLive), TableauNode.runMain)
