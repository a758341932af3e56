/** Clients that share a session, in the process of the test. Each has a store of its own, as if it were a process. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Credentials, type Ids, TableauSession, Workbooks } from "effect-tableau"
import { RedisSessionStore } from "effect-tableau-redis"

export const list = Effect.asVoid(Workbooks.list({ pageSize: 1 }))

export interface Given extends Partial<RedisSessionStore.Options> {
  readonly site?: string
  readonly impersonate?: Ids.UserId
  readonly deadline?: Duration.DurationInput
}

const token = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })

/** Opens the session of a client, which lives until it leaves or the scope closes. */
export const entering =
  (server: string, redis: RedisSessionStore.Options["redis"]) =>
  ({ deadline = "10 seconds", impersonate, site = "", ...options }: Given = {}) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(yield* Effect.scope, { _tag: "Sequential" })
      const session = TableauSession.layer({
        server,
        site,
        credentials: impersonate === undefined ? token : Credentials.impersonating(impersonate)(token),
        requestTimeout: "2 seconds",
        retry: { deadline }
      }).pipe(
        Layer.provide(
          RedisSessionStore.layer({
            lease: "1 second",
            heartbeat: "200 millis",
            commandTimeout: "300 millis",
            redis,
            ...options
          })
        ),
        Layer.provide(NodeHttpClient.layerUndici)
      )
      const context = yield* Layer.buildWithScope(session, scope)
      return {
        run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context),
        leave: Scope.close(scope, Exit.void)
      }
    })

export const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)
