import * as Effect from "effect/Effect"
import { TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { admin } from "../../../../test/support/session.js"

/** Runs an effect on a session of its own. */
export const onServer = <A, E, R>({ url }: { readonly url: string }, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    return yield* Effect.provideService(effect, TableauSession, session)
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient))
