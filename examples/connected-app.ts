/**
 * Signs in with a connected app as the user TABLEAU_USERNAME, and prints site and user. Each sign-in has a JWT of its own;
 * TABLEAU_SCOPES are the scopes that it requests.
 *
 * The ids and the secret of the app are on its page in Tableau: TABLEAU_CONNECTED_APP_CLIENT_ID,
 * TABLEAU_CONNECTED_APP_SECRET_ID and TABLEAU_CONNECTED_APP_SECRET_VALUE.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const Session = TableauSession.layerConfig({
  server: Config.string("TABLEAU_SERVER_URL"),
  site: Config.string("TABLEAU_SITE").pipe(Config.withDefault("")),
  credentials: Config.all({
    clientId: Config.string("TABLEAU_CONNECTED_APP_CLIENT_ID"),
    secretId: Config.string("TABLEAU_CONNECTED_APP_SECRET_ID"),
    secretValue: Config.redacted("TABLEAU_CONNECTED_APP_SECRET_VALUE"),
    username: Config.string("TABLEAU_USERNAME"),
    scopes: Config.array(Config.string(), "TABLEAU_SCOPES").pipe(Config.withDefault(["tableau:content:read"]))
  }).pipe(Config.map(Credentials.connectedApp))
}).pipe(Layer.provide(TableauNode.layerHttpClient()))

const program = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site, user } = yield* session.current
  yield* Console.log(`Signed in to site "${site.contentUrl}" as user ${user.id}`)

  // A call without its scope fails with MissingScope, which names the scope to add.
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
}).pipe(Effect.catchTag("MissingScope", ({ scope }) => Console.log(`The scope ${scope} is missing`)))

program.pipe(Effect.provide(Session), TableauNode.runMain)
