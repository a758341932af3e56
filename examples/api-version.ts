/** The API version: the version of the server, the version that a session uses, and a version of your choice. */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Credentials, ServerInfo, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const pinned = (apiVersion: string) =>
  TableauSession.layerConfig({
    server: Config.string("TABLEAU_SERVER_URL"),
    credentials: Credentials.environment,
    apiVersion
  })

const printVersion = Effect.gen(function* () {
  const { apiVersion } = yield* (yield* TableauSession).connection
  yield* Console.log(`The session uses API version ${apiVersion}`)
})

const program = Effect.gen(function* () {
  const { productVersion, restApiVersion } = yield* ServerInfo.get(yield* Config.string("TABLEAU_SERVER_URL"))
  yield* Console.log(`Tableau ${productVersion} has API version ${restApiVersion}`)

  // By default the session uses the version of the server.
  yield* Effect.provide(printVersion, TableauSession.layerConfig())

  // Versions are compared as numbers: 3.9 is before 3.10.
  yield* Effect.provide(printVersion, pinned("3.10"))

  // A method that the version does not have fails before a request: tokens need 3.6.
  yield* printVersion.pipe(
    Effect.provide(pinned("3.5")),
    Effect.catchTag("VersionUnsupported", ({ actual, required }) =>
      Console.log(`Signing in by token needs ${required}, not ${actual}`)
    )
  )
})

program.pipe(Effect.provide(TableauNode.layerHttpClient()), TableauNode.runMain)
