/** Errors are values with a tag: one by one, several at once, or by their group; and while the session opens. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids, TableauError, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/**
 * The old http:// address of a server that redirects to https:// is a `MethodNotAllowed` which knows the new address.
 * No secret has been sent so far; it is sent once the answer is to our liking.
 */
const SessionLive = Layer.scoped(
  TableauSession,
  Effect.gen(function* () {
    const options = yield* TableauSession.environment
    return yield* TableauSession.make(options).pipe(
      Effect.catchTag("MethodNotAllowed", (error) =>
        error.suggestedUrl === undefined
          ? Effect.fail(error)
          : Effect.zipRight(
              Console.log(`Trying ${error.suggestedUrl} instead`),
              TableauSession.make({ ...options, server: error.suggestedUrl })
            )
      )
    )
  })
)

const missing = Workbooks.get(Ids.WorkbookId.make("00000000-0000-0000-0000-000000000000"))

const program = Effect.gen(function* () {
  // One error.
  yield* missing.pipe(Effect.catchTag("NotFound", (error) => Console.log(`catchTag: ${error.code}`)))

  // Several.
  yield* missing.pipe(
    Effect.catchTags({
      NotFound: () => Console.log("catchTags: no such workbook"),
      Forbidden: () => Console.log("catchTags: not for this user")
    })
  )

  // A group: what the request itself is to blame for. Trying again would not help.
  yield* missing.pipe(
    Effect.catchIf(TableauError.isRequestError, (error) => Console.log(`isRequestError: ${error._tag}`))
  )

  // Another group: what the server is to blame for. Trying again may help.
  const { totalAvailable } = yield* Workbooks.list().pipe(
    Effect.tapError((error) => Console.log(`trying again after ${error._tag}`)),
    Effect.retry({ times: 3, while: TableauError.isServerError })
  )
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
})

program.pipe(Effect.provide(SessionLive), Effect.provide(TableauNode.layerHttpClient()), NodeRuntime.runMain)
