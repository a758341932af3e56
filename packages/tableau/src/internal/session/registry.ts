/**
 * The sessions of this process. A personal access token has one session, on any site: signing in with it again ends the
 * previous one. So all clients with the same token on the same server share a session, and the last one signs out.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { globalValue } from "effect/GlobalValue"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { UserId } from "../../Ids.js"
import type * as SessionStore from "../../SessionStore.js"
import type { Client } from "./client.js"
import * as ServerSession from "./serverSession.js"
import type { AcquireError } from "./sharing.js"

interface Shared {
  clients: number
  /** The site of the first client. Its sign-in failure may not apply to other sites. */
  readonly site: string
  /** `None` if the first client was interrupted: the next one opens the session. */
  readonly session: Deferred.Deferred<Option.Option<ServerSession.ServerSession>, AcquireError>
  readonly closed: Deferred.Deferred<void>
}

/** Compared by value. The secret stays `Redacted`, so that no map of the process has it in clear text. */
class Key extends Data.Class<{
  readonly origin: string
  readonly name: string
  readonly value: Redacted.Redacted
  readonly impersonate: UserId | undefined
  /** A token of Tableau Cloud belongs to one site. */
  readonly site: string | undefined
  readonly store: SessionStore.Service | undefined
}> {}

/** Shared by all copies of this module that the process has loaded. */
const sessions = globalValue(Symbol.for("effect-tableau/serverSessions"), () => MutableHashMap.empty<Key, Shared>())

/** Clients with the same key share a session. Undefined if the client has one of its own. */
const keyOf = ({ credentials, deployment, store, transport }: Client, site: string): Key | undefined =>
  credentials._tag === "PersonalAccessToken"
    ? new Key({
        origin: transport.origin,
        name: credentials.name,
        value: credentials.value,
        impersonate: credentials.impersonate,
        site: deployment === "Cloud" ? site.toLowerCase() : undefined,
        store
      })
    : undefined

/** A client's use of a session. */
export interface Lease {
  readonly session: ServerSession.ServerSession
  /** Idempotent. Never fails, so it cannot mask the program's result. */
  readonly release: Effect.Effect<void>
}

/** Whether another site may sign in although this one failed. */
const isSiteSpecific = (error: AcquireError): boolean => error._tag === "SignInFailed" || error._tag === "SiteMismatch"

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

const leaseOf = (key: Key, shared: Shared, client: Client, session: ServerSession.ServerSession): Lease => ({
  session,
  release: Effect.suspend(() => {
    shared.clients -= 1
    if (shared.clients > 0) return session.leave(client)
    return Effect.ensuring(
      session.signOut(client),
      Effect.suspend(() => {
        MutableHashMap.remove(sessions, key)
        return Deferred.succeed(shared.closed, undefined)
      })
    )
  })
})

const share = (key: Key, client: Client, site: string, restore: Restore): Effect.Effect<Lease, AcquireError> => {
  const leaseFrom = (shared: Shared, session: ServerSession.ServerSession) => leaseOf(key, shared, client, session)

  const again = Effect.suspend(() => share(key, client, site, restore))

  const open = (shared: Shared) =>
    Effect.flatMap(Effect.exit(ServerSession.open(client, site, restore)), (exit) => {
      if (Exit.isSuccess(exit)) {
        return Effect.as(Deferred.succeed(shared.session, Option.some(exit.value)), leaseFrom(shared, exit.value))
      }
      MutableHashMap.remove(sessions, key)
      const { cause } = exit
      const siteSpecific = Option.filter(Cause.failureOption(cause), isSiteSpecific)
      const result = Option.match(siteSpecific, {
        onNone: () => (Cause.isInterrupted(cause) ? Exit.succeed(Option.none()) : Exit.failCause(cause)),
        onSome: Exit.fail
      })
      return Effect.andThen(Deferred.done(shared.session, result), Effect.failCause(cause))
    })

  /** An interrupted client may have got the session in the same instant. */
  const abandon = (shared: Shared) =>
    Effect.flatMap(Deferred.poll(shared.session), (opened) =>
      Option.match(opened, {
        onNone: () =>
          Effect.sync(() => {
            shared.clients -= 1
          }),
        onSome: (session) =>
          Effect.ignore(
            Effect.flatMap(
              session,
              Option.match({ onNone: () => Effect.void, onSome: (value) => leaseFrom(shared, value).release })
            )
          )
      })
    )

  const join = (shared: Shared) =>
    restore(Deferred.await(shared.session)).pipe(
      Effect.onInterrupt(() => abandon(shared)),
      Effect.catchAll((error) =>
        isSiteSpecific(error) && shared.site !== site.toLowerCase()
          ? Effect.succeed(Option.none<ServerSession.ServerSession>())
          : Effect.fail(error)
      ),
      Effect.flatMap(
        Option.match({ onNone: () => again, onSome: (session) => Effect.succeed(leaseFrom(shared, session)) })
      )
    )

  return Effect.suspend(() => {
    const existing = Option.getOrUndefined(MutableHashMap.get(sessions, key))
    if (existing === undefined) {
      const shared: Shared = {
        clients: 1,
        site: site.toLowerCase(),
        session: Deferred.unsafeMake(FiberId.none),
        closed: Deferred.unsafeMake(FiberId.none)
      }
      MutableHashMap.set(sessions, key, shared)
      return open(shared)
    }
    if (existing.clients === 0) return Effect.andThen(restore(Deferred.await(existing.closed)), again)
    existing.clients += 1
    return join(existing)
  })
}

const own = (client: Client, site: string, restore: Restore): Effect.Effect<Lease, AcquireError> =>
  Effect.map(ServerSession.open(client, site, restore), (session) => ({ session, release: session.signOut(client) }))

/** Opens or shares a session, and releases it at the end of the scope. */
export const acquire = (client: Client, site: string): Effect.Effect<Lease, AcquireError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) => {
    const key = keyOf(client, site)
    const leased = key === undefined ? own(client, site, restore) : share(key, client, site, restore)
    return Effect.flatMap(leased, ({ release, session }) => {
      const close = Effect.suspend(() => {
        client.closed = true
        return release
      })
      return Effect.cached(close).pipe(
        Effect.map((once) => Effect.uninterruptible(once)),
        Effect.tap((release) => Effect.addFinalizer(() => release)),
        Effect.map((release) => ({ session, release }))
      )
    })
  })
