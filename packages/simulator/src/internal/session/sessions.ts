import { randomBytes } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PersonalAccessToken, User } from "../content/model.js"
import type { Site } from "../content/world.js"

/** The credentials by which a session was started. */
export type Proof =
  | { readonly _tag: "Password" }
  | { readonly _tag: "ConnectedApp" | "UnifiedAccessToken"; readonly scopes: ReadonlyArray<string> }
  | { readonly _tag: "PersonalAccessToken"; readonly token: PersonalAccessToken }

export interface Session {
  readonly token: string
  readonly user: User
  readonly site: Site
  readonly proof: Proof
  readonly signedInAt: number
  lastUsedAt: number
}

export interface Limits {
  /** A session ends after this time without use. */
  readonly idle: Duration.Duration
  /** A session ends this long after its sign-in, even while it is used. */
  readonly lifetime: Option.Option<Duration.Duration>
}

export interface Sessions {
  readonly start: (user: User, site: Site, proof: Proof) => Effect.Effect<Session>
  /** Finds the active session of a token. The lookup counts as use. */
  readonly use: (token: string) => Effect.Effect<Option.Option<Session>>
  readonly end: (session: Session) => Effect.Effect<void>
  readonly endOf: (user: User) => Effect.Effect<void>
  readonly endAll: Effect.Effect<void>
  readonly live: Effect.Effect<ReadonlyArray<Session>>
  /** The maximum duration of a session that starts now. */
  readonly longest: Duration.Duration
}

export const make = (limits: Limits): Sessions => {
  const sessions = new Map<string, Session>()

  const isOver = (session: Session, now: number): boolean =>
    now - session.lastUsedAt >= Duration.toMillis(limits.idle) ||
    Option.exists(limits.lifetime, (lifetime) => now - session.signedInAt >= Duration.toMillis(lifetime))

  const live = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const session of sessions.values()) if (isOver(session, now)) sessions.delete(session.token)
    return [...sessions.values()]
  })

  return {
    live,
    start: (user, site, proof) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        // A personal access token has one session at a time, on whatever site.
        if (proof._tag === "PersonalAccessToken") {
          for (const other of sessions.values()) {
            if (other.proof._tag === "PersonalAccessToken" && other.proof.token === proof.token) {
              sessions.delete(other.token)
            }
          }
        }
        const token = `${randomBytes(16).toString("base64url")}|${randomBytes(24).toString("base64url")}`
        const session: Session = { token, user, site, proof, signedInAt: now, lastUsedAt: now }
        sessions.set(token, session)
        return session
      }),
    use: (token) =>
      Effect.zipWith(live, Clock.currentTimeMillis, (_, now) => {
        const session = sessions.get(token)
        if (session !== undefined) session.lastUsedAt = now
        return Option.fromNullable(session)
      }),
    end: (session) => Effect.sync(() => sessions.delete(session.token)),
    endOf: (user) =>
      Effect.sync(() => {
        for (const session of sessions.values()) if (session.user.id === user.id) sessions.delete(session.token)
      }),
    endAll: Effect.sync(() => sessions.clear()),
    longest: Option.match(limits.lifetime, {
      onNone: () => limits.idle,
      onSome: (lifetime) => Duration.min(lifetime, limits.idle)
    })
  }
}
