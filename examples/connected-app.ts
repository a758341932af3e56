/**
 * Signs in with a connected app, as the user TABLEAU_USERNAME, and says where and as whom. A JWT is minted for each
 * sign-in; what the session may do is what TABLEAU_SCOPES says.
 *
 * The app's ids and the secret's value are on its page in Tableau: TABLEAU_CONNECTED_APP_CLIENT_ID,
 * TABLEAU_CONNECTED_APP_SECRET_ID and TABLEAU_CONNECTED_APP_SECRET_VALUE.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const options = Config.all({
  server: Config.string("TABLEAU_SERVER_URL"),
  site: Config.string("TABLEAU_SITE").pipe(Config.withDefault("")),
  credentials: Config.all({
    clientId: Config.string("TABLEAU_CONNECTED_APP_CLIENT_ID"),
    secretId: Config.string("TABLEAU_CONNECTED_APP_SECRET_ID"),
    secretValue: Config.redacted("TABLEAU_CONNECTED_APP_SECRET_VALUE"),
    username: Config.string("TABLEAU_USERNAME"),
    scopes: Config.array(Config.string(), "TABLEAU_SCOPES").pipe(Config.withDefault(["tableau:content:read"]))
  }).pipe(Config.map(Credentials.connectedApp))
})

const program = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site, user } = yield* session.current
  yield* Console.log(`Signed in to site "${site.contentUrl}" as user ${user.id}`)

  // What the JWT does not grant is an error of its own, with the scope to add.
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
}).pipe(Effect.catchTag("MissingScope", ({ scope }) => Console.log(`The scope ${scope} is missing`)))

const Session = TableauSession.layerConfig(options).pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), NodeRuntime.runMain)
