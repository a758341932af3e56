/**
 * The sessions of this process. A personal access token holds one session, on whatever site: who signs in with it ends
 * the one before. So all who use the same token on the same server share one, and the last signs out.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { SignInError } from "./authentication.js"
import * as ServerSession from "./serverSession.js"

interface Shared {
  holders: number
  /** Where whoever opens it wants to sign in: why that was refused may be the site. */
  readonly site: string
  /** None if whoever opened it has left before it was there: then another does. */
  readonly session: Deferred.Deferred<Option.Option<ServerSession.ServerSession>, SignInError>
  readonly closed: Deferred.Deferred<void>
}

/** One for all copies of this module that the process has loaded. */
const sessions = globalValue(Symbol.for("effect-tableau/serverSessions"), () => new Map<string, Shared>())

/** What a session is shared by; nothing where each holder has one of their own. */
const keyOf = ({ cloud, credentials, transport }: ServerSession.Holder, site: string): string | undefined =>
  credentials._tag === "PersonalAccessToken"
    ? JSON.stringify([
        transport.origin,
        credentials.name,
        Redacted.value(credentials.value),
        credentials.impersonate,
        // A token of Tableau Cloud belongs to one site.
        cloud ? site.toLowerCase() : undefined
      ])
    : undefined

export interface Held {
  readonly session: ServerSession.ServerSession
  /** Once, whoever asks for it first; it never fails and never masks what the program did. */
  readonly leave: Effect.Effect<void>
}

/** Whether another site may have another answer. */
const ofTheSite = (error: SignInError): boolean => error._tag === "SignInFailed" || error._tag === "SiteMismatch"

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

const join = (
  key: string,
  holder: ServerSession.Holder,
  site: string,
  restore: Restore
): Effect.Effect<Held, SignInError> => {
  const enter = (shared: Shared, session: ServerSession.ServerSession): Held => ({
    session,
    leave: Effect.suspend(() => {
      shared.holders -= 1
      if (shared.holders > 0) return session.leave(holder)
      return Effect.ensuring(
        session.signOut(holder),
        Effect.suspend(() => {
          sessions.delete(key)
          return Deferred.succeed(shared.closed, undefined)
        })
      )
    })
  })

  const again = Effect.suspend(() => join(key, holder, site, restore))

  const open = (shared: Shared) =>
    Effect.flatMap(Effect.exit(ServerSession.open(holder, site, restore)), (exit) => {
      if (Exit.isSuccess(exit)) {
        return Effect.as(Deferred.succeed(shared.session, Option.some(exit.value)), enter(shared, exit.value))
      }
      sessions.delete(key)
      const { cause } = exit
      const refusal = Option.filter(Cause.failureOption(cause), ofTheSite)
      const told = Option.match(refusal, {
        onNone: () => (Cause.isInterrupted(cause) ? Exit.succeed(Option.none()) : Exit.failCause(cause)),
        onSome: Exit.fail
      })
      return Effect.zipRight(Deferred.done(shared.session, told), Effect.failCause(cause))
    })

  const wait = (shared: Shared) =>
    restore(Deferred.await(shared.session)).pipe(
      Effect.onInterrupt(() =>
        Effect.flatMap(Deferred.poll(shared.session), (opened) =>
          Option.match(opened, {
            onNone: () =>
              Effect.sync(() => {
                shared.holders -= 1
              }),
            onSome: (session) =>
              Effect.ignore(
                Effect.flatMap(
                  session,
                  Option.match({ onNone: () => Effect.void, onSome: (value) => enter(shared, value).leave })
                )
              )
          })
        )
      ),
      Effect.catchAll((error) =>
        ofTheSite(error) && shared.site !== site.toLowerCase()
          ? Effect.succeed(Option.none<ServerSession.ServerSession>())
          : Effect.fail(error)
      ),
      Effect.flatMap(Option.match({ onNone: () => again, onSome: (session) => Effect.succeed(enter(shared, session)) }))
    )

  return Effect.suspend(() => {
    const there = sessions.get(key)
    if (there === undefined) {
      const shared: Shared = {
        holders: 1,
        site: site.toLowerCase(),
        session: Deferred.unsafeMake(FiberId.none),
        closed: Deferred.unsafeMake(FiberId.none)
      }
      sessions.set(key, shared)
      return open(shared)
    }
    if (there.holders === 0) return Effect.zipRight(restore(Deferred.await(there.closed)), again)
    there.holders += 1
    return wait(there)
  })
}

/** For the scope: a session that is shared with others, or one's own. */
export const hold = (holder: ServerSession.Holder, site: string): Effect.Effect<Held, SignInError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) => {
    const key = keyOf(holder, site)
    const held =
      key === undefined
        ? Effect.map(ServerSession.open(holder, site, restore), (session) => ({
            session,
            leave: session.signOut(holder)
          }))
        : join(key, holder, site, restore)
    return Effect.flatMap(held, ({ leave, session }) => {
      const left = Effect.zipRight(
        Effect.sync(() => {
          holder.closed = true
        }),
        leave
      )
      return Effect.cached(left).pipe(
        Effect.map((once) => Effect.uninterruptible(once)),
        Effect.tap((leave) => Effect.addFinalizer(() => leave)),
        Effect.map((leave) => ({ session, leave }))
      )
    })
  })
