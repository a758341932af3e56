/**
 * A session on a server, for all who share it: which token it has and on whose site, how a request is made with it, and
 * how it is given back.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import type { Credentials } from "../../Credentials.js"
import {
  type CallError,
  Forbidden,
  MissingScope,
  RateLimited,
  SessionClosed,
  SessionEvicted,
  SessionExpired,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  type SwitchError
} from "../../TableauError.js"
import { scopedUntilClose } from "../http/scopes.js"
import * as Transport from "../http/transport.js"
import * as Jwt from "../jwt.js"
import * as Observe from "../telemetry.js"
import type { Read } from "../xml/reader.js"
import * as Authentication from "./authentication.js"
import type { Call } from "./call.js"
import type { Connection } from "./connection.js"
import * as Renewal from "./renewal.js"
import * as Retry from "./retry.js"
import * as SiteGate from "./siteLock.js"

/** Somebody who uses the session, by a way of their own. */
export interface Holder extends Authentication.Way {
  readonly policy: Retry.Policy
  readonly cloud: boolean
  /** Whether `cloud` is known, and no guess by the host. */
  readonly deploymentIsCertain: boolean
  readonly credentials: Credentials
  /** Whether they have given it back. */
  closed: boolean
}

export interface ServerSession {
  /** What lasts longer than the call lasts until the scope ends. */
  readonly run: <A>(
    holder: Holder,
    policy: Retry.Policy,
    site: string,
    call: Call<A>,
    scope: Scope.Scope | undefined
  ) => Effect.Effect<Read<A>, CallError>
  /** Where the session is when it has gone to the site. */
  readonly visit: (
    holder: Holder,
    policy: Retry.Policy,
    site: string,
    operation: string
  ) => Effect.Effect<Authentication.Current, SwitchError>
  readonly connection: (holder: Holder) => Connection
  /** A holder who is closed waits for nothing more; completes when nothing is on its way for the session by their way. */
  readonly leave: (holder: Holder) => Effect.Effect<void>
  /** By the way of this holder, for all. */
  readonly signOut: (holder: Holder) => Effect.Effect<void>
}

/** That the token is dead. 401001 and 401003 mean other things, and 401 without a code is not Tableau's. */
const isDead = (error: CallError): error is SessionExpired =>
  error._tag === "SessionExpired" && (error.code === "401002" || error.code === "401000")

/** A refusal for want of a scope has no code of its own: the server says 401002 or 403. */
const explain = (token: Authentication.Token, call: Pick<Call<unknown>, "scopes">) => (error: CallError) => {
  if (token.scopes === undefined || !(error instanceof SessionExpired || error instanceof Forbidden)) return error
  const scope = Jwt.missingScope(token.scopes, call.scopes)
  return scope === undefined ? error : new MissingScope({ ...told(error), scope })
}

const closed = (operation: string) => new SessionClosed({ operation, acted: "no" })

const signingIn: Retry.Facts = { operation: Retry.signIn, method: "POST", idempotent: false, replayable: true }

/** To go to a site twice is to be there. */
const visiting: Retry.Facts = {
  operation: "TableauSession.switchSite",
  method: "POST",
  idempotent: true,
  replayable: true
}

/** The headers of an answer have come. */
interface Sent<A> {
  readonly answer: Effect.Effect<Read<A>, CallError>
}

const { told } = Authentication

type RenewalError = Authentication.SignInError | SessionEvicted | SessionClosed

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** Signs in. From then on somebody must sign out. What may be interrupted is restored. */
export const open = (
  holder: Holder,
  site: string,
  restore: Restore
): Effect.Effect<ServerSession, Authentication.SignInError> =>
  Effect.gen(function* () {
    const pause = Retry.makePause()

    /** An interrupt, or the deadline, ends the waits between attempts; what an attempt has brought is not lost to them. */
    const signIn = (by: Holder, contentUrl: string, restore: Restore) =>
      Effect.suspend(() => {
        let brought: Exit.Exit<Authentication.Token, Authentication.SignInError> | undefined
        const attempt = ({ resend }: Retry.Attempt) =>
          Authentication.signIn(by, by.credentials, contentUrl, resend).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => {
                brought = exit
              })
            ),
            Effect.uninterruptible
          )
        return restore(Retry.retrying(by.policy, pause, signingIn, attempt)).pipe(
          Effect.catchAllCause((cause) => {
            if (brought !== undefined && Exit.isSuccess(brought)) return brought
            // What went wrong is told also to whoever has left meanwhile.
            const told = Cause.isInterruptedOnly(cause) ? brought?.cause : undefined
            return Effect.failCause(told === undefined ? cause : Cause.sequential(told, cause))
          })
        )
      })

    /** What the session does for all, but by the way of one: they stay until it is done. It counts from now on. */
    const underway = new Map<Deferred.Deferred<void>, Holder>()
    const byTheWayOf = <A, E>(by: Holder, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      const done = Deferred.unsafeMake<void>(FiberId.none)
      underway.set(done, by)
      return Effect.ensuring(
        effect,
        Effect.suspend(() => {
          underway.delete(done)
          return Deferred.succeed(done, undefined)
        })
      )
    }
    const done = (of: (by: Holder) => boolean) =>
      Effect.suspend(() =>
        Effect.forEach(
          [...underway].filter(([, by]) => of(by)),
          ([done]) => Deferred.await(done),
          { discard: true }
        )
      )

    const first = yield* signIn(holder, site, restore)
    yield* Metric.increment(Observe.sessions)
    yield* Effect.logInfo(`Signed in to site "${first.site.contentUrl}" of ${holder.transport.origin}.`)

    const evicted = () => new SessionEvicted({ operation: "TableauSession.signIn", acted: "no" })
    const tokens = Renewal.make<Authentication.Token, RenewalError, Holder>({
      first,
      isRefusal: (error) => error._tag === "SignInFailed",
      onEviction: Effect.suspend(() => Effect.logWarning(evicted().message)),
      evicted: Effect.suspend(evicted),
      closed: Effect.suspend(() => closed("TableauSession.signIn"))
    })

    /** Then the old token is given back, also one that had died: a server that was wrong about that would keep it. */
    const renew = (by: Holder, failed: Authentication.Token, why: string) =>
      tokens.renew(failed, by, () =>
        byTheWayOf(
          by,
          signIn(by, failed.site.contentUrl, Effect.interruptible).pipe(
            Effect.zipLeft(Metric.increment(Observe.renewals)),
            Effect.zipLeft(Effect.logInfo(`Renewed the session on ${by.transport.origin}: its token ${why}.`)),
            Effect.tap(() =>
              // Of a personal access token there is one session: the new sign-in has ended the old one.
              by.credentials._tag === "PersonalAccessToken"
                ? Effect.void
                : Effect.forkDaemon(byTheWayOf(by, Authentication.signOut(by, failed)))
            )
          )
        )
      )

    let isCloud = false

    let hastened: Authentication.Token | undefined

    const isStale = ({ stale }: Authentication.Token): Effect.Effect<boolean> =>
      stale === undefined ? Effect.succeed(false) : Effect.map(Clock.currentTimeMillis, (now) => now >= stale)

    /** Before a token dies another is better; if there is none to be had, this one is used for as long as it lives. */
    const keepFresh = (by: Holder): Effect.Effect<void> =>
      Effect.suspend(() => {
        const token = tokens.current()
        if (hastened === token) return Effect.void
        const failed = Effect.sync(() => {
          hastened = token
        })
        const fresh = Effect.catchAll(renew(by, token, "was about to die"), () => failed)
        return Effect.flatMap(isStale(token), (stale) => (stale ? fresh : Effect.void))
      })

    const move = (by: Holder, contentUrl: string): Effect.Effect<void, SwitchError> =>
      Effect.gen(function* () {
        yield* tokens.settled
        const wait = yield* Retry.left(pause)
        // Told to those who want to go there: they wait, and the gate does not.
        if (wait > 0) return yield* new RateLimited(Retry.paused(visiting.operation, wait))
        const token = tokens.current()
        const moved = yield* Effect.either(Authentication.switchSite(by, token, contentUrl))
        if (Either.isRight(moved)) {
          tokens.replace(moved.right)
          return yield* Metric.increment(Observe.switches)
        }
        const error = moved.left
        if (isDead(error)) {
          yield* renew(by, token, "had died")
          return yield* move(by, contentUrl)
        }
        // The session is there already, which is what was wanted.
        if (error.code === "403070") return
        if (error.code === "403069") isCloud = true
        if (error.code === "403069") return yield* new SiteSwitchUnavailable({ ...told(error), site: contentUrl })
        if (error.code === "401003") return yield* new SiteSwitchFailed({ ...told(error), site: contentUrl })
        return yield* Effect.fail(error)
      })

    const gate = SiteGate.make<SwitchError, Holder>({
      site: first.site.contentUrl,
      switchTo: (contentUrl, by) =>
        by.cloud
          ? new SiteSwitchUnavailable({ operation: "TableauSession.switchSite", site: contentUrl, acted: "no" })
          : byTheWayOf(by, move(by, contentUrl)),
      closed: () => closed("TableauSession")
    })

    const enter = <A, E, R>(
      by: Holder,
      wanted: string,
      operation: string,
      effect: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | SwitchError, R> =>
      Effect.mapError(gate.enter(wanted, by, effect), (error) =>
        error instanceof SessionClosed ? closed(operation) : error
      )

    /** The headers of an answer, in the place in the gate that is kept when the token dies. */
    const send = <A>(
      by: Holder,
      policy: Retry.Policy,
      call: Call<A>,
      scope: Scope.Scope,
      { ready, resend, watchdog }: Retry.Attempt
    ): Effect.Effect<Sent<A>, CallError> =>
      Effect.gen(function* () {
        yield* keepFresh(by)
        yield* ready
        if (by.closed) return yield* closed(call.operation)
        const token = tokens.current()
        // Not by `acquireRelease`: the scope can belong to another fiber, which would keep the references of this one.
        const { end, span } = yield* Observe.begin(call.operation, token.site.contentUrl, resend).pipe(
          Effect.tap(({ end }) => Scope.addFinalizerExit(scope, (exit) => end(watchdog.asTimeout(exit)))),
          Effect.uninterruptible
        )
        const request = {
          operation: call.operation,
          method: call.method,
          path: call.path(by.apiVersion, token.site.id),
          readOnly: call.readOnly,
          body: call.body,
          headers: call.headers,
          accept: call.expected.accept,
          token: token.value
        }
        const pending = yield* by.transport.send(request, { scope, span, watchdog })
        const { status } = pending.head
        span.attribute(Transport.statusAttribute, status)
        const received = Effect.mapError(call.expected.receive(pending), explain(token, call))
        const answer = call.expected.streaming ? received : Effect.zipLeft(received, end(Exit.void))
        // What goes for others too is found out before the next of them comes.
        if (status !== 401 && status !== 429) return { answer }
        const refusal = yield* Effect.either(answer)
        if (Either.isRight(refusal)) return { answer: Effect.succeed(refusal.right) }
        const error = refusal.left
        yield* end(Exit.fail(error))
        yield* Retry.heed(pause, policy, error)
        if (!isDead(error)) return yield* Effect.fail(error)
        yield* renew(by, token, "had died")
        if (!call.replayable) return yield* Effect.fail(error)
        return yield* send(by, policy, call, scope, { ready, resend: resend + 1, watchdog })
      })

    const signOut = (by: Holder): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* tokens.close
        yield* gate.close
        yield* tokens.settled
        yield* Effect.suspend(() => Authentication.signOut(by, tokens.current()))
        yield* done(() => true)
        yield* Metric.incrementBy(Observe.sessions, -1)
      })

    return {
      connection: ({ apiVersion, cloud, deploymentIsCertain }) => ({
        apiVersion,
        deployment: cloud || (isCloud && !deploymentIsCertain) ? "Cloud" : "Server",
        deploymentIsCertain: deploymentIsCertain || isCloud,
        scopes: tokens.current().scopes
      }),
      run: (by, policy, wanted, call, scope) =>
        Retry.retrying(policy, pause, call, (at) =>
          scopedUntilClose(scope, (own) =>
            Effect.flatMap(enter(by, wanted, call.operation, send(by, policy, call, own, at)), ({ answer }) => answer)
          )
        ),
      visit: (by, policy, wanted, operation) =>
        Retry.retrying(policy, pause, visiting, () =>
          enter(
            by,
            wanted,
            operation,
            Effect.sync(() => {
              const { site, user } = tokens.current()
              return { site, user }
            })
          )
        ),
      leave: (by) =>
        gate.leave(by).pipe(Effect.zipRight(tokens.leave(by)), Effect.zipRight(done((other) => other === by))),
      signOut
    }
  })
