/** Another site of the same server, without signing in again: for one effect, or for all that follows. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const sayWhere = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site } = yield* session.current
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`Site "${site.contentUrl}" has ${totalAvailable} workbooks`)
})

const program = Effect.gen(function* () {
  yield* sayWhere

  // For one effect. Other fibers stay where they are.
  yield* TableauSession.withSite("MarketingTeam")(sayWhere)
  yield* sayWhere

  // Two sites at once, on one session.
  yield* Effect.all(
    [TableauSession.withSite("MarketingTeam")(sayWhere), TableauSession.withSite("Finance")(sayWhere)],
    {
      concurrency: "unbounded"
    }
  )

  // For all that share this session, from here on.
  yield* TableauSession.switchSite("Finance")
  yield* sayWhere

  // A site that is not there, or not for this user, is an error; the session is where it was.
  yield* TableauSession.switchSite("Nowhere").pipe(
    Effect.catchTags({
      SiteSwitchFailed: ({ site }) => Console.log(`No way to "${site}"`),
      SiteSwitchUnavailable: () => Console.log("Tableau Cloud cannot switch sites: open a second session")
    })
  )
  yield* sayWhere

  // And back.
  yield* TableauSession.switchSite("")
  yield* sayWhere
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), NodeRuntime.runMain)
