/** A session on a server and its clients: its token and site, its requests, and its sign-out. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
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
import { fieldsOf } from "../errors/fields.js"
import { isJsonService } from "../http/exchange.js"
import { scopedUntilClose } from "../http/scopes.js"
import * as Transport from "../http/transport.js"
import * as Jwt from "../jwt.js"
import * as Telemetry from "../telemetry.js"
import type { Read } from "../xml/reader.js"
import * as Authentication from "./authentication.js"
import type { Call } from "./call.js"
import type { Client } from "./client.js"
import type { Connection } from "./connection.js"
import * as Renewal from "./renewal.js"
import * as Retry from "./retry.js"
import * as SiteLock from "./siteLock.js"

export interface ServerSession {
  /** With a scope, the response body stays open until the scope closes. */
  readonly run: <A>(
    client: Client,
    policy: Retry.Policy,
    site: string,
    call: Call<A>,
    scope: Scope.Scope | undefined
  ) => Effect.Effect<Read<A>, CallError>
  /** Switches to the site if necessary, and returns the ids of the site and of the user. */
  readonly visit: (
    client: Client,
    policy: Retry.Policy,
    site: string,
    operation: string
  ) => Effect.Effect<Authentication.Current, SwitchError>
  readonly connection: (client: Client) => Connection
  /** Fails the client's waiting requests, and completes when no session request is in flight over its connection. */
  readonly leave: (client: Client) => Effect.Effect<void>
  /** Signs out for all clients, over this client's connection. */
  readonly signOut: (client: Client) => Effect.Effect<void>
}

type RenewalError = Authentication.SignInError | SessionEvicted | SessionClosed

type Failure<E = SwitchError> = Retry.SessionFailure<E>

interface State {
  readonly tokens: Renewal.Renewal<Authentication.Token, RenewalError, Client>
  readonly lock: SiteLock.SiteLock<Failure, Client>
  readonly pause: Retry.Pause
  /** Work for all clients that uses one client's connection. That client's release waits for it. */
  readonly inFlight: Map<Deferred.Deferred<void>, Client>
  /** The token that could not be renewed before its expiry: it is used for as long as it works. */
  renewalFailedFor: Authentication.Token | undefined
  /** Whether the server has refused to switch sites as only Tableau Cloud does. */
  isCloud: boolean
}

/** Whether the server has ended the session. 401001 and 401003 mean other things; 401 without a code is not Tableau's. */
const isExpired = (error: CallError): error is SessionExpired =>
  error._tag === "SessionExpired" && (error.code === "401002" || error.code === "401000")

/** The gateway in front of a JSON service sends no code for an expired token. */
const isRefusedByGateway = (error: CallError, url: URL): boolean =>
  error._tag === "SessionExpired" && error.code === undefined && isJsonService(url)

/** A missing scope has no code of its own: the server responds with 401002 or 403. */
const toMissingScope = (token: Authentication.Token, call: Pick<Call<unknown>, "scopes">) => (error: CallError) => {
  if (token.scopes === undefined || !(error instanceof SessionExpired || error instanceof Forbidden)) return error
  const scope = Jwt.missingScope(token.scopes, call.scopes)
  return scope === undefined ? error : new MissingScope({ ...fieldsOf(error), scope })
}

const closed = (operation: string) => new SessionClosed({ operation, acted: "no" })

const signInTraits: Retry.RequestTraits = {
  operation: Authentication.signInOperation,
  readOnly: false,
  idempotent: false,
  replayable: true
}

const switchSiteTraits: Retry.RequestTraits = {
  operation: Authentication.switchSiteOperation,
  readOnly: false,
  idempotent: true,
  replayable: true
}

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

/**
 * Signs in, with retries. Interruption and the deadline cancel the delay between attempts, never a sign-in in flight: its
 * token would leak. `restore` marks the interruptible parts.
 */
const signIn = (
  pause: Retry.Pause,
  client: Client,
  contentUrl: string,
  restore: Restore
): Effect.Effect<Authentication.Token, Authentication.SignInError> =>
  Effect.suspend(() => {
    let received: Exit.Exit<Authentication.Token, Authentication.SignInError> | undefined
    const attempt = ({ resend }: Retry.Attempt) =>
      Authentication.signIn(client, client.credentials, contentUrl, resend).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            received = exit
          })
        ),
        Effect.uninterruptible
      )
    return restore(Retry.retrying(client.policy, pause, signInTraits, attempt)).pipe(
      Effect.catchAllCause((cause) => {
        if (received !== undefined && Exit.isSuccess(received)) return received
        // Keep the failure in the cause even if the caller was interrupted.
        const failure = Cause.isInterruptedOnly(cause) ? received?.cause : undefined
        return Effect.failCause(failure === undefined ? cause : Cause.sequential(failure, cause))
      })
    )
  })

/** Tracks work for all clients that uses this client's connection. It counts from this call on. */
const trackFor = <A, E>({ inFlight }: State, client: Client, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const done = Deferred.unsafeMake<void>(FiberId.none)
  inFlight.set(done, client)
  return Effect.ensuring(
    effect,
    Effect.suspend(() => {
      inFlight.delete(done)
      return Deferred.succeed(done, undefined)
    })
  )
}

const awaitInFlight = ({ inFlight }: State, matches: (client: Client) => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.forEach(
      [...inFlight].filter(([, client]) => matches(client)),
      ([done]) => Deferred.await(done),
      { discard: true }
    )
  )

/** Replaces the token by a new sign-in: one for all requests that wait for it. */
const renew = (
  state: State,
  client: Client,
  token: Authentication.Token,
  operation: string,
  why: string
): Effect.Effect<void, Failure<RenewalError>> => {
  const signInAgain = signIn(state.pause, client, token.site.contentUrl, Effect.interruptible).pipe(
    Effect.tap(Metric.increment(Telemetry.renewals)),
    Effect.tap(Effect.logInfo(`Renewed the session on ${client.transport.origin}: its token ${why}.`)),
    Effect.tap(() =>
      // A personal access token has one session: the new sign-in has ended the previous one. Otherwise sign the old
      // token out even if the server said that it had expired, in case it had not.
      client.credentials._tag === "PersonalAccessToken"
        ? Effect.void
        : Effect.forkDaemon(trackFor(state, client, Authentication.signOut(client, token)))
    )
  )
  return state.tokens
    .renew(token, client, operation, () => trackFor(state, client, signInAgain))
    .pipe(Retry.inPhase("signIn"))
}

/** Renews the token shortly before its expiry. If that fails, it is used until it expires. */
const keepFresh = (state: State, client: Client, operation: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const token = state.tokens.current()
    const { renewFrom } = token
    if (renewFrom === undefined || state.renewalFailedFor === token) return Effect.void
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now < renewFrom
        ? Effect.void
        : Effect.catchAll(renew(state, client, token, operation, "was about to expire"), () =>
            Effect.sync(() => {
              state.renewalFailedFor = token
            })
          )
    )
  })

/** Switches to another site, without retries: the callers that wait for the switch have theirs. */
const switchSite = (state: State, client: Client, contentUrl: string): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const { pause, tokens } = state
    const failWith = (error: SwitchError) => Effect.fail(new Retry.SessionFailure("switchSite", error))
    if (client.deployment === "Cloud") {
      const operation = Authentication.switchSiteOperation
      return yield* failWith(new SiteSwitchUnavailable({ operation, site: contentUrl, acted: "no" }))
    }
    yield* tokens.settled
    const wait = yield* Retry.remaining(pause)
    // Fail with RateLimited instead of sleeping, so that the lock is not blocked.
    if (wait > 0) return yield* failWith(new RateLimited(Retry.pausedFields(switchSiteTraits.operation, wait)))
    const token = tokens.current()
    const switched = yield* Effect.either(Authentication.switchSite(client, token, contentUrl))
    if (Either.isRight(switched)) {
      tokens.replace(switched.right)
      return yield* Metric.increment(Telemetry.switches)
    }
    const error = switched.left
    if (isExpired(error)) {
      yield* renew(state, client, token, switchSiteTraits.operation, "had expired")
      return yield* switchSite(state, client, contentUrl)
    }
    const fields = fieldsOf(error)
    switch (error.code) {
      case "403070":
        // The session is on that site already, if its token says so, too.
        return yield* Effect.catchAll(Authentication.confirmSite(client, token, contentUrl), failWith)
      case "403069":
        state.isCloud = true
        return yield* failWith(new SiteSwitchUnavailable({ ...fields, site: contentUrl }))
      case "401003":
        return yield* failWith(new SiteSwitchFailed({ ...fields, site: contentUrl }))
      default:
        return yield* failWith(error)
    }
  })

/** A response whose headers have been received. */
interface Received<A> {
  readonly response: Effect.Effect<Read<A>, CallError>
}

/**
 * Sends the request and waits for headers. Holds the lock across a renewal. A 401 of a gateway may also have another
 * cause, so it renews the session only once.
 */
const send = <A>(
  state: State,
  client: Client,
  policy: Retry.Policy,
  call: Call<A>,
  scope: Scope.Scope,
  { ready, resend, watchdog }: Retry.Attempt,
  mayBeGateway = true
): Effect.Effect<Received<A>, CallError | Failure> =>
  Effect.gen(function* () {
    yield* keepFresh(state, client, call.operation)
    yield* ready
    if (client.closed) return yield* closed(call.operation)
    const token = state.tokens.current()
    // Not by `acquireRelease`: the scope can belong to another fiber, which would retain the references of this one.
    const { end, span } = yield* Telemetry.begin(call.operation, token.site.contentUrl, resend).pipe(
      Effect.tap(({ end }) => Scope.addFinalizerExit(scope, (exit) => end(watchdog.asTimeout(exit)))),
      Effect.uninterruptible
    )
    const request = {
      operation: call.operation,
      method: call.method,
      path: call.path(client.apiVersion, token.site.id),
      readOnly: call.readOnly,
      body: call.body,
      headers: call.headers,
      accept: call.expected.accept,
      token: token.value
    }
    const pending = yield* client.transport.send(request, { scope, span, watchdog })
    const { status } = pending.head
    span.attribute(Transport.statusAttribute, status)
    const received = Effect.mapError(call.expected.receive(pending), toMissingScope(token, call))
    const response = call.expected.streaming ? received : Effect.tap(received, end(Exit.void))
    // Read 401 and 429 responses before leaving the lock: they affect every request of the session.
    if (status !== 401 && status !== 429) return { response }
    const result = yield* Effect.either(response)
    if (Either.isRight(result)) return { response: Effect.succeed(result.right) }
    const error = result.left
    yield* end(Exit.fail(error))
    yield* Retry.applyRetryAfter(state.pause, policy, error)
    const byGateway = mayBeGateway && isRefusedByGateway(error, pending.request.url)
    if (!byGateway && !isExpired(error)) return yield* Effect.fail(error)
    yield* renew(state, client, token, call.operation, "had expired")
    if (!call.replayable) return yield* Effect.fail(error)
    return yield* send(
      state,
      client,
      policy,
      call,
      scope,
      { ready, resend: resend + 1, watchdog },
      mayBeGateway && !byGateway
    )
  })

const signOut = (state: State, client: Client): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { lock, tokens } = state
    yield* tokens.close
    yield* lock.close
    yield* tokens.settled
    yield* Effect.suspend(() => Authentication.signOut(client, tokens.current()))
    yield* awaitInFlight(state, () => true)
    yield* Metric.incrementBy(Telemetry.sessions, -1)
  })

const connectionOf = (state: State, { apiVersion, deployment, deploymentIsCertain }: Client): Connection => ({
  apiVersion,
  deployment: state.isCloud && !deploymentIsCertain ? "Cloud" : deployment,
  deploymentIsCertain: deploymentIsCertain || state.isCloud,
  scopes: state.tokens.current().scopes
})

const makeState = (pause: Retry.Pause, first: Authentication.Token): State => {
  const evicted = () => new SessionEvicted({ operation: Authentication.signInOperation, acted: "no" })
  const state: State = {
    tokens: Renewal.make<Authentication.Token, RenewalError, Client>({
      first,
      isRefusal: Authentication.refusesCredentials,
      onEviction: Effect.suspend(() => Effect.logWarning(evicted().message)),
      evicted: Effect.suspend(evicted),
      closed: (operation) => Effect.suspend(() => closed(operation))
    }),
    lock: SiteLock.make<Failure, Client>({
      site: first.site.contentUrl,
      switchTo: (contentUrl, client) => trackFor(state, client, switchSite(state, client, contentUrl)),
      closed: (operation) => new Retry.SessionFailure("switchSite", closed(operation))
    }),
    pause,
    inFlight: new Map(),
    renewalFailedFor: undefined,
    isCloud: false
  }
  return state
}

/** Signs in. The caller must sign out. `restore` marks the interruptible parts. */
export const open = (
  client: Client,
  site: string,
  restore: Restore
): Effect.Effect<ServerSession, Authentication.SignInError> =>
  Effect.gen(function* () {
    const pause = Retry.makePause()
    const first = yield* signIn(pause, client, site, restore)
    yield* Metric.increment(Telemetry.sessions)
    yield* Effect.logInfo(`Signed in to site "${first.site.contentUrl}" of ${client.transport.origin}.`)
    const state = makeState(pause, first)
    return {
      run: (client, policy, site, call, scope) =>
        Retry.retrying(policy, pause, call, (at) =>
          scopedUntilClose(scope, (own) =>
            Effect.flatMap(
              state.lock.enter(site, client, call.operation, send(state, client, policy, call, own, at)),
              ({ response }) => response
            )
          )
        ),
      visit: (client, policy, site, operation) =>
        Retry.retrying(policy, pause, switchSiteTraits, () =>
          state.lock.enter(
            site,
            client,
            operation,
            Effect.sync(() => {
              const { site, user } = state.tokens.current()
              return { site, user }
            })
          )
        ),
      connection: (client) => connectionOf(state, client),
      leave: (client) =>
        state.lock
          .leave(client)
          .pipe(
            Effect.andThen(state.tokens.leave(client)),
            Effect.andThen(awaitInFlight(state, (other) => other === client))
          ),
      signOut: (client) => signOut(state, client)
    }
  })
