/** A service of your own that requires a session, and does not depend on how it is provided. */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type TableauError, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/** The rest of the program depends on this service only, and on the errors of its calls. */
class Reports extends Context.Tag("examples/Reports")<
  Reports,
  {
    readonly named: (word: string) => Effect.Effect<ReadonlyArray<string>, TableauError.ListError>
  }
>() {
  static readonly Live = Layer.effect(
    Reports,
    Effect.gen(function* () {
      const session = yield* TableauSession
      return {
        named: (word) =>
          Effect.gen(function* () {
            const names = yield* Stream.runCollect(
              Stream.map(Workbooks.stream({ pageSize: 1000 }), ({ name = "" }) => name)
            )
            return [...names].filter((name) => name.toLowerCase().includes(word.toLowerCase()))
          }).pipe(Effect.provideService(TableauSession, session))
      }
    })
  )
}

const program = Effect.gen(function* () {
  const reports = yield* Reports
  const names = yield* reports.named("super")
  yield* Console.log(`Reports: ${names.join(", ")}`)
})

// One sign-in, however many services use the session.
const MainLive = Reports.Live.pipe(
  Layer.provide(TableauSession.layerConfig()),
  Layer.provide(TableauNode.layerHttpClient())
)

program.pipe(Effect.provide(MainLive), TableauNode.runMain)
