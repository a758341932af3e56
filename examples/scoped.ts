/** Finalizers of resources run before the sign-out, so that they can use the session. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const report = Effect.acquireRelease(Effect.as(Console.log("Report opened"), { lines: 0 }), ({ lines }) =>
  Effect.gen(function* () {
    const { totalAvailable } = yield* Workbooks.list({ pageSize: 1 })
    yield* Console.log(`Report closed: ${lines} of ${totalAvailable} workbooks, still signed in`)
  }).pipe(Effect.orDie)
)

const program = Effect.scoped(
  Effect.gen(function* () {
    const open = yield* report
    yield* Stream.runForEach(Stream.take(Workbooks.stream(), 10), () =>
      Effect.sync(() => {
        open.lines += 1
      })
    )
  })
)

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

program.pipe(Effect.provide(Session), Effect.andThen(Console.log("Signed out")), TableauNode.runMain)
