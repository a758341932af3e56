/** The time that a file may take. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Acted, type BadRequest, TimedOut } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import type { Options } from "../../Upload.js"
import { readDuration } from "../session/options.js"

/** The session on the site where it is now: an upload belongs to one site, also if another fiber switches the session. */
export const bound: Effect.Effect<TableauSession.Service, never, TableauSession> = Effect.gen(function* () {
  const current = yield* TableauSession
  return current.withSite(yield* current.contentUrl)
})

/** Runs on the site where the session is now, to the end. */
export const onOneSite = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | TableauSession> =>
  Effect.flatMap(bound, (session) => Effect.provideService(effect, TableauSession, session))

/** The session for requests with a file. Its timeout is the time in which nothing moves: no deadline cuts a body that moves. */
export const session = (
  operation: string,
  { stallTimeout }: Options
): Effect.Effect<TableauSession.Service, BadRequest, TableauSession> =>
  Effect.gen(function* () {
    const session = yield* bound
    if (stallTimeout === undefined) return session
    const timing = { requestTimeout: yield* readDuration(operation, "stallTimeout", stallTimeout) }
    return { ...session, run: (call, scope) => session.run({ ...call, timing }, scope) }
  })

/** Applies the total deadline. `acted` says whether the server may have acted when it has passed. */
export const within =
  (operation: string, { deadline }: Options, acted: () => Acted = () => "no") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | BadRequest | TimedOut, R> =>
    deadline === undefined
      ? effect
      : Effect.flatMap(readDuration(operation, "deadline", deadline), (duration) =>
          Effect.timeoutFail(effect, {
            duration,
            onTimeout: () =>
              new TimedOut({
                operation,
                acted: acted(),
                after: Duration.toMillis(duration),
                detail: "That was the deadline of the upload."
              })
          })
        )
