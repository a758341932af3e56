/**
 * Where several processes keep the one session of a personal access token. Without this service each process has a
 * session of its own, and ends those of the others. The package `effect-tableau-redis` has an implementation.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { SiteId, UserId } from "./Ids.js"
import type {
  Acted,
  RateLimited,
  ServerFault,
  SessionEvicted,
  SessionPinned,
  SessionStoreBusy,
  SessionStoreUnavailable,
  SignInFailed
} from "./TableauError.js"

/**
 * The store of sessions. A session with a personal access token looks for it when it opens; other sessions do not, because
 * their credentials can have many sessions.
 *
 * @example
 * ```ts
 * import { SessionStore, TableauSession } from "effect-tableau"
 * import type * as Layer from "effect/Layer"
 * import { provide } from "effect/Layer"
 *
 * // The layer of effect-tableau-redis, for example.
 * declare const Store: Layer.Layer<SessionStore.SessionStore>
 *
 * const Session = TableauSession.layerConfig().pipe(provide(Store))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SessionStore extends Context.Tag("effect-tableau/SessionStore")<SessionStore, Service>() {}

/**
 * What identifies a session that can be shared. Every process that has it can use the session.
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  /** Scheme, host and port of the server. */
  readonly origin: string
  /** The name of the personal access token. */
  readonly name: string
  /** The value of the personal access token. It must not leave the process, also not encrypted. */
  readonly secret: Redacted.Redacted
  /** The content URL of the site. A session that is shared stays on its site. */
  readonly site: string
  /** The user that an administrator impersonates. */
  readonly impersonate: UserId | undefined
}

/**
 * A session on the server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Session {
  /** The token of its requests. */
  readonly token: Redacted.Redacted
  readonly site: { readonly id: SiteId; readonly contentUrl: string }
  readonly user: { readonly id: UserId }
  /** In how many milliseconds it should be renewed, if the server estimates its expiry. Hosts' clocks can differ. */
  readonly renewIn: number | undefined
}

/**
 * A session in the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored extends Session {
  /** Another one for each sign-in. */
  readonly generation: number
}

/**
 * Why a member needs a session: it has none, the server has ended it for a reason that the member does not know
 * (`expired`), a request of the member has ended it or may have (`ended`), or it is about to expire.
 *
 * @since 0.1.0
 * @category models
 */
export type Reason = "none" | "expired" | "ended" | "aboutToExpire"

/**
 * What a member needs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Need {
  /** The operation, for errors. */
  readonly operation: string
  readonly reason: Reason
  /** The generation of the session that no longer works. */
  readonly failed: number | undefined
  /** How long to wait for the store and for other members. */
  readonly deadline: Duration.Duration
  /** Run at each wait, with the error of the deadline: calls whose own deadline is earlier fail with it. */
  readonly onWait: (because: WaitError) => Effect.Effect<void>
}

/**
 * Why a member waits: for the store, or for another member.
 *
 * @since 0.1.0
 * @category models
 */
export type WaitError = SessionStoreUnavailable | SessionStoreBusy

/**
 * Errors of the store, and what other members have found out.
 *
 * @since 0.1.0
 * @category models
 */
export type AcquireError = WaitError | SessionEvicted | SessionPinned | SignInFailed | RateLimited | ServerFault

/**
 * Signs a session out. Returns false if the session may be left on the server.
 *
 * @since 0.1.0
 * @category models
 */
export type SignOut = (session: Session) => Effect.Effect<boolean>

/**
 * A process that shares the session.
 *
 * @since 0.1.0
 * @category models
 */
export interface Member {
  /**
   * Returns the session in the store if its generation is not the one that has failed. Otherwise one member signs in, and
   * the others wait for its result. Can be interrupted: a sign-in that has begun completes, and its session is stored.
   */
  readonly acquire: <E extends { readonly acted: Acted }>(
    need: Need,
    /** Signs in. Can be interrupted between its attempts, and then returns a session that it has received. */
    signIn: Effect.Effect<Session, E>,
    /** Ends a session that cannot be shared. */
    signOut: SignOut
  ) => Effect.Effect<Stored, E | AcquireError>
  /** Leaves. The last member signs out, if the store does that. Never fails. */
  readonly leave: (signOut: SignOut) => Effect.Effect<void>
}

/**
 * The store.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Joins the processes that share a session, until the scope closes. Sends nothing to Tableau. */
  readonly join: (identity: Identity) => Effect.Effect<Member, never, Scope.Scope>
}
