/** Signs in with a personal access token, prints site and user, and signs out. */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const Session = TableauSession.layerConfig({
  server: Config.string("TABLEAU_SERVER_URL"),
  // The part after /site/ in the browser. By default the Default site, which Tableau Cloud does not have.
  site: Config.string("TABLEAU_SITE").pipe(Config.withDefault("")),
  credentials: Config.all({
    name: Config.string("TABLEAU_TOKEN_NAME"),
    value: Config.redacted("TABLEAU_TOKEN_VALUE")
  }).pipe(Config.map(Credentials.personalAccessToken))
}).pipe(Layer.provide(TableauNode.layerHttpClient()))

const program = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site, user } = yield* session.current
  yield* Console.log(`Signed in to site "${site.contentUrl}" as user ${user.id}`)
})

program.pipe(Effect.provide(Session), TableauNode.runMain)
