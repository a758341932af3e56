/** A session on a server and its clients: its token and site, its requests, and its sign-out. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Credentials } from "../../Credentials.js"
import {
  type CallError,
  RateLimited,
  SessionClosed,
  SessionEvicted,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  type SwitchError,
  TimedOut
} from "../../TableauError.js"
import { elapsed } from "../clock.js"
import { fieldsOf } from "../errors/fields.js"
import type { ExchangeError, IncomingResponse, Restore } from "../http/exchange.js"
import { alsoWithout } from "../http/serverText.js"
import { beforeDeadline, beforeSending, tooLate } from "../http/timeouts.js"
import * as Transport from "../http/transport.js"
import * as Telemetry from "../telemetry.js"
import type { Read } from "../xml/reader.js"
import * as Authentication from "./authentication.js"
import * as Budgets from "./budgets.js"
import type { Call } from "./call.js"
import type { Client } from "./client.js"
import type { Connection } from "./connection.js"
import * as Expiry from "./expiry.js"
import * as Renewal from "./renewal.js"
import * as Retry from "./retry.js"
import * as Sharing from "./sharing.js"
import { signIn } from "./signIn.js"
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

type RenewalError = Sharing.AcquireError | SessionEvicted | SessionClosed

type Failure<E = SwitchError> = Retry.SessionFailure<E>

interface State {
  readonly tokens: Renewal.Renewal<Authentication.Token, RenewalError, Client>
  readonly lock: SiteLock.SiteLock<Failure, Client>
  readonly pause: Retry.Pause
  readonly budgets: Budgets.Budgets
  /** With which other processes the session is shared. */
  readonly sharing: Sharing.Sharing | undefined
  /** Work for all clients that uses one client's connection. That client's release waits for it. */
  readonly inFlight: Map<Deferred.Deferred<void>, Client>
  /** The token that could not be renewed before its expiry: it is used for as long as it works. */
  renewalFailedFor: Authentication.Token | undefined
  /** Whether the server has refused to switch sites as only Tableau Cloud does. */
  isCloud: boolean
  readonly gateway: Expiry.Gateway
}

const closed = (operation: string) => new SessionClosed({ operation, acted: "no" })

const switchSiteTraits: Retry.RequestTraits = {
  operation: Authentication.switchSiteOperation,
  readOnly: false,
  idempotent: true,
  replayable: true
}

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

const reasons: Readonly<Record<Renewal.Reason, string>> = {
  expired: "had expired",
  ended: "had been ended by a request of this session",
  refused: "was refused by a gateway",
  aboutToExpire: "was about to expire"
}

/** A user has another id on each site: after a switch, the one to impersonate is that of the token. */
const credentialsFor = ({ user }: Authentication.Token, { credentials }: Client): Credentials =>
  credentials.impersonate === undefined ? credentials : { ...credentials, impersonate: user.id }

/** Replaces the token by a new sign-in: one for all requests that wait for it. */
const renew = (
  state: State,
  client: Client,
  token: Authentication.Token,
  operation: string,
  reason = Expiry.expiryOf(token)
): Effect.Effect<void, Failure<RenewalError>> => {
  // A personal access token has one session: the new sign-in ends the previous one.
  const endsPrevious = client.credentials._tag === "PersonalAccessToken"
  const credentials = credentialsFor(token, client)
  const signInAgain = signIn(state, client, credentials, token.site.contentUrl, Effect.interruptible).pipe(
    Effect.tapError((error) =>
      endsPrevious && reason === "aboutToExpire" ? Authentication.mayHaveEnded(token, error) : Effect.void
    ),
    Effect.tap(Metric.increment(Telemetry.renewals)),
    Effect.tap(Effect.logInfo(`Renewed the session on ${client.transport.origin}: its token ${reasons[reason]}.`)),
    Effect.tap(() =>
      // Sign the old token out even if the server said that it had expired, in case it had not.
      endsPrevious ? Effect.void : Effect.forkDaemon(trackFor(state, client, Authentication.signOut(client, token)))
    )
  )
  const { sharing } = state
  const begin =
    sharing === undefined
      ? signInAgain
      : Effect.interruptible(
          Sharing.acquire(
            sharing,
            client,
            { failed: token, reason: reason === "refused" ? "ended" : reason },
            signInAgain
          )
        )
  // Whether another program ended a shared session is found out together, in the store.
  const need = { client, operation, reason: sharing === undefined ? reason : "ended" } as const
  return state.tokens.renew(token, need, () => trackFor(state, client, begin)).pipe(Retry.inPhase("signIn"))
}

const isAboutToExpire = ({ renewalFailedFor, tokens }: State, clock: Clock.Clock): boolean => {
  const token = tokens.current()
  const { renewFrom } = token
  return renewFrom !== undefined && renewalFailedFor !== token && clock.unsafeCurrentTimeMillis() >= renewFrom
}

/** Renews the token shortly before its expiry. If that fails, it is used until it expires. */
const keepFresh = (state: State, client: Client, operation: string): Effect.Effect<void> =>
  Effect.clockWith((clock) => {
    if (!isAboutToExpire(state, clock)) return Effect.void
    const token = state.tokens.current()
    return Effect.catchAll(renew(state, client, token, operation, "aboutToExpire"), () =>
      Effect.sync(() => {
        state.renewalFailedFor = token
      })
    )
  })

/** Switches to another site, without retries: the callers that wait for the switch have theirs. */
const switchSite = (state: State, client: Client, contentUrl: string): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const { pause, tokens } = state
    const failWith = (error: SwitchError) => Effect.fail(new Retry.SessionFailure("switchSite", error))
    if (state.sharing !== undefined) {
      return yield* failWith(Sharing.pinned(state.sharing, switchSiteTraits.operation, contentUrl))
    }
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
      yield* state.budgets.debit(client, switched.right, 1)
      return yield* Metric.increment(Telemetry.switches)
    }
    const error = switched.left
    if (Expiry.isExpiry(error)) {
      yield* renew(state, client, token, switchSiteTraits.operation)
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

/** Renews the token if it is about to expire, and waits while a pause is in force. */
const makeReady = (
  state: State,
  client: Client,
  operation: string,
  { clock, ready, timing }: Retry.Attempt
): Effect.Effect<void, CallError> | undefined =>
  state.pause.until > elapsed(clock) || isAboutToExpire(state, clock)
    ? Effect.andThen(beforeSending(timing, keepFresh(state, client, operation)), ready)
    : undefined

/** Statuses that concern every request of the session: the lock is held until such a response has been read. */
const concernsSession = (status: number): boolean => status === 401 || status === 429

type ReaderOf<A, R> = { readonly receive: (response: R) => Effect.Effect<Read<A>, ExchangeError> }

/** What is the same for all attempts of a call that are made in one place of the lock. */
interface Sending<A> {
  readonly state: State
  readonly client: Client
  readonly policy: Retry.Policy
  readonly call: Call<A>
  /** With a scope, the response body stays open until the scope closes. */
  readonly scope: Scope.Scope | undefined
  readonly place: SiteLock.Place
  readonly restore: Restore
}

/**
 * Sends the request and reads its response. Leaves the lock when the headers have been received, but holds it across a
 * renewal. A 401 of a gateway may also have another cause, so a request renews the session only once because of it:
 * `afterGateway` says that it has.
 */
const send = <A>(
  sending: Sending<A>,
  at: Retry.Attempt,
  afterGateway = false
): Effect.Effect<Read<A>, CallError | Failure> => {
  const { call, client, place, policy, restore, scope, state } = sending
  const { expected, operation } = call

  const sendNow = Effect.suspend(() => {
    const refused = client.closed ? closed(operation) : tooLate(at.clock, at.timing, operation)
    if (refused !== undefined) return refused
    const token = state.tokens.current()
    const isUnseen = client.transport.isUnseen && !expected.streaming
    const begun = Telemetry.begin(operation, token.site.contentUrl, at.resend, isUnseen)
    return Effect.flatMap(begun, (observation) => {
      let status = 0
      const onHead = (received: number) => {
        status = received
        observation.span?.attribute(Transport.statusAttribute, received)
        if (afterGateway && received !== 401) state.gateway.helped = elapsed(at.clock)
        return !concernsSession(received) && place.leaveNow()
      }
      const request = {
        operation,
        method: call.method,
        path: call.path(client.apiVersion, token.site.id),
        readOnly: call.readOnly,
        body: call.body,
        headers: call.headers,
        accept: expected.accept,
        token: token.value,
        sanitize: alsoWithout(token.sanitize, call.secrets ?? [])
      }
      const options = { span: observation.span, timing: at.timing, restore, onHead }
      /** Leaves the lock, and reads the response. */
      const received = <R extends IncomingResponse>(response: R, reader: ReaderOf<A, R>) => {
        const read = Transport.receive(response, reader, restore)
        return onHead(response.head.status) || concernsSession(status) ? read : Effect.andThen(place.leave, read)
      }
      const exchanged = expected.streaming
        ? Effect.flatMap(Telemetry.observedUntilClose(scope, observation), (own) =>
            Effect.flatMap(client.transport.stream(request, options, own), (response) => received(response, expected))
          )
        : Effect.flatMap(client.transport.send(request, options), (response) => received(response, expected))
      const recover = (error: CallError) =>
        Effect.gen(function* () {
          yield* Retry.applyRetryAfter(state.pause, policy, error)
          const byGateway = Expiry.isByGateway(error, request.path)
          if (!byGateway && !Expiry.isExpiry(error)) return yield* Effect.fail(error)
          const now = elapsed(at.clock)
          if (byGateway && afterGateway) state.gateway.failed = now
          const reason = byGateway ? Expiry.byGateway(state.gateway, token, now) : Expiry.expiryOf(token)
          if (reason === undefined) return yield* Effect.fail(error)
          // Nothing will show whether it helps.
          if (byGateway && !call.replayable) state.gateway.failed = now
          yield* restore(beforeSending(at.timing, renew(state, client, token, operation, reason))).pipe(
            Effect.mapError((failure) => (failure instanceof TimedOut ? (state.sharing?.waitsFor ?? failure) : failure))
          )
          if (!call.replayable) return yield* Effect.fail(error)
          yield* state.budgets.debit(client, state.tokens.current(), 1)
          return yield* send(sending, { ...at, resend: at.resend + 1 }, afterGateway || byGateway)
        })
      return Effect.matchCauseEffect(exchanged, {
        onSuccess: (read) => {
          if (!expected.streaming) observation.end(Exit.void)
          return Effect.succeed(read)
        },
        onFailure: (failure) => {
          const cause = Cause.map(failure, Expiry.toMissingScope(token, call))
          observation.end(Exit.failCause(cause))
          const error = concernsSession(status) ? Option.getOrUndefined(Cause.failureOption(cause)) : undefined
          return error === undefined ? Effect.failCause(cause) : recover(error)
        }
      })
    })
  })
  const first = makeReady(state, client, operation, at)
  return first === undefined ? sendNow : Effect.andThen(restore(first), sendNow)
}

const signOut = (state: State, client: Client): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { budgets, lock, tokens } = state
    yield* tokens.close
    yield* lock.close
    yield* tokens.settled
    yield* Effect.suspend(() =>
      state.sharing === undefined
        ? Effect.asVoid(Authentication.signOut(client, tokens.current()))
        : Sharing.leave(state.sharing, client)
    )
    yield* budgets.close
    yield* awaitInFlight(state, () => true)
    yield* Metric.incrementBy(Telemetry.sessions, -1)
  })

const connectionOf = (state: State, { apiVersion, deployment, deploymentIsCertain }: Client): Connection => ({
  apiVersion,
  deployment: state.isCloud && !deploymentIsCertain ? "Cloud" : deployment,
  deploymentIsCertain: deploymentIsCertain || state.isCloud,
  scopes: state.tokens.current().scopes
})

const makeState = (
  shared: Pick<State, "budgets" | "pause">,
  first: Authentication.Token,
  sharing: Sharing.Sharing | undefined
): State => {
  const evicted = () => new SessionEvicted({ operation: Authentication.signInOperation, acted: "no" })
  const state: State = {
    tokens: Renewal.make<Authentication.Token, RenewalError, Client>({
      first,
      isFinal: Authentication.refusesCredentials,
      onEviction: Effect.suspend(() => Effect.logWarning(evicted().message)),
      evicted: Effect.suspend(evicted),
      closed: (operation) => Effect.suspend(() => closed(operation))
    }),
    lock: SiteLock.make<Failure, Client>({
      site: first.site.contentUrl,
      switchTo: (contentUrl, client) => trackFor(state, client, switchSite(state, client, contentUrl)),
      closed: (operation) => new Retry.SessionFailure("switchSite", closed(operation))
    }),
    ...shared,
    sharing,
    inFlight: new Map(),
    renewalFailedFor: undefined,
    isCloud: false,
    gateway: Expiry.makeGateway()
  }
  return state
}

/** Signs in. The caller must sign out. `restore` marks the interruptible parts. */
export const open = (
  client: Client,
  site: string,
  restore: Restore
): Effect.Effect<ServerSession, Sharing.AcquireError> =>
  Effect.gen(function* () {
    const budgets = yield* Budgets.make
    const shared = { pause: Retry.makePause(), budgets }
    const sharing = yield* Sharing.join(client, site)
    const first =
      sharing === undefined
        ? yield* signIn(shared, client, client.credentials, site, restore)
        : yield* restore(
            Sharing.acquire(
              sharing,
              client,
              { failed: undefined, reason: "none" },
              signIn(shared, client, client.credentials, site, Effect.interruptible)
            )
          ).pipe(Effect.onError(() => Effect.andThen(Sharing.leave(sharing, client), budgets.close)))
    yield* Metric.increment(Telemetry.sessions)
    yield* Effect.logInfo(
      `${sharing === undefined ? "Signed in to" : "Shares the session on"} site "${first.site.contentUrl}" of ${client.transport.origin}.`
    )
    const state = makeState(shared, first, sharing)
    const visit = (client: Client, site: string, operation: string, { timing }: Retry.Attempt) =>
      state.lock.enter(
        site,
        client,
        operation,
        (wait) => beforeDeadline(timing, wait),
        () => Effect.sync(() => Authentication.currentOf(state.tokens.current()))
      )
    return {
      run: (client, policy, site, call, scope) => {
        const { rateLimiter } = client
        const attempt = (at: Retry.Attempt, scope: Scope.Scope | undefined) =>
          Effect.mapError(
            state.lock.enter(
              site,
              client,
              call.operation,
              (wait) => beforeSending(at.timing, wait),
              (place, restore) => send({ state, client, policy, call, scope, place, restore }, at)
            ),
            Retry.forCall
          )
        return Retry.retrying(policy, shared.pause, call, (at) =>
          rateLimiter === undefined
            ? attempt(at, scope)
            : budgets.within(
                { rateLimiter, client, site, call, timing: at.timing, scope },
                Effect.mapError(visit(client, site, call.operation, at), Retry.forCall),
                (own) => attempt(at, own)
              )
        )
      },
      visit: (client, policy, site, operation) =>
        Retry.retrying(policy, shared.pause, switchSiteTraits, (at) => visit(client, site, operation, at)),
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
