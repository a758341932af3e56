/** Works on another site of the same server without a new sign-in: for one effect, or from then on. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const printSite = Effect.gen(function* () {
  const session = yield* TableauSession
  const { site } = yield* session.current
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`Site "${site.contentUrl}" has ${totalAvailable} workbooks`)
})

const program = Effect.gen(function* () {
  yield* printSite

  // For one effect. Other fibers stay on their site.
  yield* TableauSession.withSite("MarketingTeam")(printSite)
  yield* printSite

  // Two sites at once, on one session.
  yield* Effect.all(
    [TableauSession.withSite("MarketingTeam")(printSite), TableauSession.withSite("Finance")(printSite)],
    {
      concurrency: "unbounded"
    }
  )

  // From here on, for all users of this session.
  yield* TableauSession.switchSite("Finance")
  yield* printSite

  // An unknown site, or one without this user, is an error. The session stays on its site.
  yield* TableauSession.switchSite("Nowhere").pipe(
    Effect.catchTags({
      SiteSwitchFailed: ({ site }) => Console.log(`Cannot switch to "${site}"`),
      SiteSwitchUnavailable: () => Console.log("Tableau Cloud cannot switch sites: open a second session")
    })
  )
  yield* printSite

  // Back to the Default site.
  yield* TableauSession.switchSite("")
  yield* printSite
})

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), TableauNode.runMain)
