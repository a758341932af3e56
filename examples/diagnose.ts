/**
 * Cannot sign in? What stands between this machine and a server, line by line, before any secret is sent.
 *
 * The address is the argument, as copied from the browser, or that of TABLEAU_SERVER_URL. A company's own certificate
 * is in TABLEAU_CA, a path or the PEM itself.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
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
  if (diagnosis.error === undefined) yield* Console.log("All is ready to sign in.")
})

program.pipe(Effect.provide(HttpClientLive), NodeRuntime.runMain)
