/** The API version: what the server says before anyone signs in, what a session uses, and a version of your choice. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { ServerInfo, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const pinned = (apiVersion: string) =>
  TableauSession.layerConfig(Config.map(TableauSession.environment, (options) => ({ ...options, apiVersion })))

const sayVersion = Effect.gen(function* () {
  const { apiVersion } = yield* (yield* TableauSession).connection
  yield* Console.log(`The session uses API version ${apiVersion}`)
})

const program = Effect.gen(function* () {
  const { productVersion, restApiVersion } = yield* ServerInfo.get(yield* Config.string("TABLEAU_SERVER_URL"))
  yield* Console.log(`Tableau ${productVersion} speaks API version ${restApiVersion}`)

  // Without a word about it, the session uses the server's own version.
  yield* Effect.provide(sayVersion, TableauSession.layerConfig())

  // Versions are compared as numbers: 3.9 is before 3.10.
  yield* Effect.provide(sayVersion, pinned("3.10"))

  // What an old version does not have is refused before anything is sent: tokens came with 3.6.
  yield* sayVersion.pipe(
    Effect.provide(pinned("3.5")),
    Effect.catchTag("VersionUnsupported", ({ actual, required }) =>
      Console.log(`Signing in by token needs ${required}, not ${actual}`)
    )
  )
})

program.pipe(Effect.provide(TableauNode.layerHttpClient()), NodeRuntime.runMain)
