/** A service of your own that needs a session: it asks for one, and does not care who provides it. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type TableauError, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/** What the rest of the program knows: nothing of Tableau but its errors. */
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
            const { items } = yield* Workbooks.list({ pageSize: 1000 })
            const names = yield* Stream.runCollect(Stream.map(items, ({ name }) => name ?? ""))
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

// One sign-in, however many services need the session.
const MainLive = Reports.Live.pipe(
  Layer.provide(TableauSession.layerConfig()),
  Layer.provide(TableauNode.layerHttpClient())
)

program.pipe(Effect.provide(MainLive), NodeRuntime.runMain)
