/** Signs in with a user name and a password, prints site and user, and signs out. */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const Session = TableauSession.layerConfig({
  server: Config.string("TABLEAU_SERVER_URL"),
  site: Config.string("TABLEAU_SITE").pipe(Config.withDefault("")),
  credentials: Config.all({
    username: Config.string("TABLEAU_USERNAME"),
    password: Config.redacted("TABLEAU_PASSWORD")
  }).pipe(Config.map(Credentials.password))
}).pipe(Layer.provide(TableauNode.layerHttpClient()))

const program = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site, user } = yield* session.current
  yield* Console.log(`Signed in to site "${site.contentUrl}" as user ${user.id}`)
})

program.pipe(Effect.provide(Session), TableauNode.runMain)
