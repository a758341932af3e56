/** A session of several processes, through a `SessionStore`. Its requests do not touch the store. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type * as SessionStore from "../../SessionStore.js"
import { SessionPinned } from "../../TableauError.js"
import { sanitizer } from "../http/serverText.js"
import * as Authentication from "./authentication.js"
import * as Claims from "./claims.js"
import type { Client } from "./client.js"

export type AcquireError = Authentication.SignInError | SessionStore.AcquireError

/** This process among those that share the session. */
export interface Sharing {
  readonly member: SessionStore.Member
  /** The site that the session stays on. */
  readonly site: string
  readonly scope: Scope.CloseableScope
  /** Why a renewal waits: the error of calls whose deadline ends meanwhile. */
  waitsFor: SessionStore.WaitError | undefined
}

/** Undefined if the client shares no session with other processes. The caller must leave. */
export const join = ({ credentials, store, transport }: Client, site: string): Effect.Effect<Sharing | undefined> => {
  if (store === undefined || credentials._tag !== "PersonalAccessToken") return Effect.succeed(undefined)
  const { impersonate, name, value: secret } = credentials
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    const member = yield* Scope.extend(store.join({ origin: transport.origin, name, secret, site, impersonate }), scope)
    return { member, site, scope, waitsFor: undefined }
  })
}

const sessionOf = ({ renewFrom, site, user, value }: Authentication.Token): Effect.Effect<SessionStore.Session> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    token: value,
    site,
    user,
    renewIn: renewFrom === undefined ? undefined : renewFrom - now
  }))

const tokenOf = ({ credentials }: Client, session: SessionStore.Session): Effect.Effect<Authentication.Token> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { renewIn, site, token, user } = session
    const proof = credentials._tag === "PersonalAccessToken" ? credentials.value : token
    return {
      value: token,
      site,
      user,
      scopes: undefined,
      proof,
      sanitize: sanitizer([token, proof]),
      renewFrom: renewIn === undefined ? undefined : now + renewIn,
      ended: "no"
    }
  })

const signOut = (client: Client) => (session: SessionStore.Session) =>
  Effect.flatMap(tokenOf(client, session), (token) => Authentication.signOut(client, token))

/** How long a renewal of a token that still works may delay the requests. */
const patience = Duration.seconds(5)

/**
 * The session of the store, or a new one by `signIn`. What the store says is checked like what the server says: its
 * token is sent to this site only.
 */
export const acquire = (
  sharing: Sharing,
  client: Client,
  { failed, reason }: { readonly failed: Authentication.Token | undefined; readonly reason: SessionStore.Reason },
  signIn: Effect.Effect<Authentication.Token, Authentication.SignInError>
): Effect.Effect<Authentication.Token, AcquireError> => {
  const { member, site } = sharing
  const operation = Authentication.signInOperation
  const { deadline } = client.policy
  const setWaitsFor = (because: Sharing["waitsFor"]) =>
    Effect.sync(() => {
      sharing.waitsFor = because
    })
  const need: SessionStore.Need = {
    operation,
    reason,
    failed: failed?.generation,
    deadline: reason === "aboutToExpire" ? Duration.min(deadline, patience) : deadline,
    onWait: setWaitsFor
  }
  return Effect.gen(function* () {
    // From then on it waits for Tableau.
    const signInNow = Effect.andThen(setWaitsFor(undefined), Effect.flatMap(signIn, sessionOf))
    const stored = yield* member.acquire(need, signInNow, signOut(client))
    const token = yield* tokenOf(client, stored)
    // A user has another id on each site, but the session stays on its site.
    const user = client.credentials.impersonate
    const problem = Claims.problemOf(token, { operation, contentUrl: site, user, sanitize: token.sanitize })
    return problem === undefined ? { ...token, generation: stored.generation } : yield* problem
  }).pipe(Effect.ensuring(setWaitsFor(undefined)))
}

/** The error of a request for another site. */
export const pinned = ({ site: pinnedTo }: Sharing, operation: string, site: string): SessionPinned =>
  new SessionPinned({ operation, acted: "no", site, pinnedTo })

/** Leaves the other processes. The last one signs out, if the store does that. */
export const leave = ({ member, scope }: Sharing, client: Client): Effect.Effect<void> =>
  Effect.andThen(member.leave(signOut(client)), Scope.close(scope, Exit.void))
