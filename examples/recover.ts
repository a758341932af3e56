/** Handles errors: by tag, by several tags, by group, and while the session opens. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids, TableauError, TableauSession, TableauUrl, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

/**
 * If the server redirects http:// to https://, opening fails with `MethodNotAllowed` and the address to use, before a
 * secret is sent. A response over http can be forged, so this program accepts the address only on the same host.
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
        return Effect.andThen(
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

  // A group: errors of the request itself. A retry would not help.
  yield* missing.pipe(
    Effect.catchIf(TableauError.isRequestError, (error) => Console.log(`isRequestError: ${error._tag}`))
  )

  // Another group: errors of the server. A retry may help; the session retries by itself unless the policy is "never".
  const { totalAvailable } = yield* Workbooks.list().pipe(
    TableauSession.withRetry("never"),
    Effect.tapError((error) => Console.log(`retrying after ${error._tag}`)),
    Effect.retry({ times: 3, while: TableauError.isServerError })
  )
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
})

program.pipe(Effect.provide(SessionLive), TableauNode.runMain)
