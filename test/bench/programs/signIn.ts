/** How long it takes from the start of the program until it is signed in: by this package. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { given, report } from "./reporting.js"

const imported = performance.now()

const program = Effect.gen(function* () {
  yield* TableauSession
  const signedIn = performance.now()
  report(() => ({ imported, took: signedIn - imported }))
})

program.pipe(
  Effect.provide(
    TableauSession.layer({
      server: given("SERVER"),
      credentials: Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
    })
  ),
  Effect.provide(TableauNode.layerHttpClient()),
  NodeRuntime.runMain
)
