/** The service over Redis. */
import { randomUUID } from "node:crypto"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { SessionStore, TableauError } from "effect-tableau"
import type { State, StoreFailure } from "./backend.js"
import * as Box from "./box.js"
import * as Protocol from "./protocol.js"
import * as Redis from "./redis.js"

export interface Settings extends Protocol.Settings {
  readonly client: Parameters<typeof Redis.connect>[0]["client"]
  readonly prefix: string
  readonly commandTimeout: Duration.DurationInput
  readonly recordLife: number
}

export interface Store extends SessionStore.Service {
  /** The state of a record, and its session, without joining. */
  readonly inspect: (
    identity: SessionStore.Identity
  ) => Effect.Effect<State & { readonly contentUrl: string | undefined }, StoreFailure>
  /** Forgets leases without a known result, unless another process is at work. */
  readonly settle: (identity: SessionStore.Identity) => Effect.Effect<State, StoreFailure>
}

/** A member that was not heard of for so many heartbeats has crashed. */
const heartbeatsOfLife = 3

export const make = (settings: Settings): Effect.Effect<Store, TableauError.BadRequest, Scope.Scope> =>
  Effect.map(Redis.connect({ ...settings, operation: "RedisSessionStore.make" }), (connection) => {
    const memberLife = settings.heartbeat * heartbeatsOfLife
    const backendOf = (box: Box.Box, site = "") =>
      Redis.backend(connection, {
        name: box.name,
        prefix: settings.prefix,
        member: `${randomUUID()}:${box.siteTag(site)}`,
        memberLife,
        // Each heartbeat extends it.
        recordLife: Math.max(settings.recordLife, memberLife)
      })
    return {
      join: (identity) =>
        Effect.suspend(() => {
          const box = Box.make(identity)
          return Protocol.join(backendOf(box, identity.site), box, settings, identity.site)
        }),
      settle: (identity) => Effect.suspend(() => backendOf(Box.make(identity)).run({ op: "settle" })),
      inspect: (identity) =>
        Effect.suspend(() => {
          const box = Box.make(identity)
          return Effect.map(backendOf(box).run({ op: "read" }), (state) => {
            const { record } = state
            const session = record === undefined ? undefined : box.open(record.box, record.generation)
            return { ...state, contentUrl: session?._tag === "Some" ? session.value.site.contentUrl : undefined }
          })
        })
    }
  })
