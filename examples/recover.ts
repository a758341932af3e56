/** Errors are values with a tag: one by one, several at once, or by their group; and while the session opens. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids, TableauError, TableauSession, TableauUrl, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/**
 * An http:// address that the server redirects to https:// is a `MethodNotAllowed` with the address to use, before any
 * secret was sent. An answer over http can be forged, so this goes on only if it is the same host.
 */
const SessionLive = Layer.scoped(
  TableauSession,
  Effect.gen(function* () {
    const options = yield* TableauSession.environment
    const { server } = yield* TableauUrl.parse(options.server)
    return yield* TableauSession.make(options).pipe(
      Effect.catchTag("MethodNotAllowed", (error) => {
        const { suggestedUrl } = error
        if (suggestedUrl === undefined || new URL(suggestedUrl).hostname !== new URL(server).hostname) {
          return Effect.fail(error)
        }
        return Effect.zipRight(
          Console.log(`Trying ${suggestedUrl} instead`),
          TableauSession.make({ ...options, server: suggestedUrl })
        )
      })
    )
  })
).pipe(Layer.provide(TableauNode.layerHttpClient()))

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

  // Another group: what the server is to blame for. Trying again may help, and the session does so by itself; here it
  // shall not, so that we can.
  const { totalAvailable } = yield* Workbooks.list().pipe(
    TableauSession.withRetry("never"),
    Effect.tapError((error) => Console.log(`trying again after ${error._tag}`)),
    Effect.retry({ times: 3, while: TableauError.isServerError })
  )
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
})

program.pipe(Effect.provide(SessionLive), NodeRuntime.runMain)
