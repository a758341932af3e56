/**
 * A service that starts while Tableau is unavailable: the session signs in at its first call, and again at the next one
 * if that failed. Here a job tries three times, one second apart; TABLEAU_INTERVAL is another interval.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

// Each option is a constant or a Config.
const Session = TableauSession.layerConfig({
  server: Config.string("TABLEAU_SERVER_URL"),
  site: Config.string("TABLEAU_SITE").pipe(Config.withDefault("")),
  credentials: Credentials.environment,
  lazy: true,
  // The job itself is repeated.
  retry: "never"
}).pipe(Layer.provide(TableauNode.layerHttpClient()))

const job = Effect.gen(function* () {
  const { totalAvailable } = yield* Workbooks.list({ pageSize: 1 })
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
}).pipe(Effect.catchAll((error) => Console.log(`No workbooks this time: ${error._tag}`)))

const program = Effect.gen(function* () {
  const interval = yield* Config.duration("TABLEAU_INTERVAL").pipe(Config.withDefault(Duration.seconds(1)))
  yield* Console.log("The service has started")
  yield* Effect.repeat(
    job,
    Schedule.addDelay(Schedule.recurs(2), () => interval)
  )
})

program.pipe(Effect.provide(Session), TableauNode.runMain)
