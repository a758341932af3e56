/** Sign-in, switch of the site, and sign-out. Each is uninterruptible and has a timeout. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Credentials } from "../../Credentials.js"
import { SiteId, UserId } from "../../Ids.js"
import {
  type Acted,
  BadRequest,
  type SessionExpired,
  SignInFailed,
  type SiteMismatch,
  type TableauError,
  TimedOut,
  type UserMismatch
} from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import { fieldsOf } from "../errors/fields.js"
import { emptyResponse } from "../http/errorResponse.js"
import type { ExchangeError } from "../http/exchange.js"
import { type Sanitizer, sanitizer } from "../http/serverText.js"
import { limited } from "../http/timeouts.js"
import * as Transport from "../http/transport.js"
import * as Jwt from "../jwt.js"
import { observed } from "../telemetry.js"
import { reader } from "../xml/reader.js"
import { type Element, element, write } from "../xml/writer.js"
import * as Claims from "./claims.js"
import type { ConnectionSettings } from "./client.js"
import * as Retry from "./retry.js"

/** The current site and user. */
export interface Current {
  readonly site: { readonly id: SiteId; readonly contentUrl: string }
  readonly user: { readonly id: UserId }
}

/** Without the token. */
export const currentOf = ({ site, user }: Current): Current => ({ site, user })

/** The token and what belongs to it: read together, once for each request. */
export interface Token extends Current {
  readonly value: Redacted.Redacted
  /** The scopes that the JWT grants. Absent for other credentials, and if the JWT cannot be read. */
  readonly scopes: ReadonlyArray<string> | undefined
  /** What proved the identity. */
  readonly proof: Redacted.Redacted
  /** Removes the token and the proof from what the server says. */
  readonly sanitize: Sanitizer
  /** The wall-clock time in milliseconds from which it should be renewed, if the server estimates its expiry. */
  readonly renewFrom: number | undefined
  /** Which sign-in of the `SessionStore` it is of, if the session is shared through one. */
  readonly generation?: number
  /** Whether a request of ours has ended it: `yes` once its sign-out has begun, `unknown` after a lost response. */
  ended: Acted
}

export type SignInError = Exclude<ExchangeError, SessionExpired> | SignInFailed | SiteMismatch | UserMismatch

export const signInOperation = "TableauSession.signIn"
export const switchSiteOperation = "TableauSession.switchSite"
const signOutOperation = "TableauSession.signOut"

/**
 * Whether the server refused the credentials: each further attempt can lock an account. A sign-in without this code, such
 * as a 401 of a gateway, may succeed later.
 */
export const refusesCredentials = (error: TableauError): boolean =>
  error._tag === "SignInFailed" && error.code === "401001"

const readCredentials = reader(
  "credentials",
  Schema.Struct({
    credentials: Schema.Struct({
      token: Schema.String,
      estimatedTimeToExpiration: Schema.optional(Schema.String),
      site: Schema.Struct({ id: SiteId, contentUrl: Schema.optional(Schema.String) }),
      user: Schema.Struct({ id: UserId })
    })
  })
)

/** Not interruptible, and limited: an interruption leaves no session on the server. */
const detached = <A, E>(
  operation: string,
  limit: Duration.Duration,
  effect: Effect.Effect<A, E>,
  acted: TimedOut["acted"] = "unknown"
): Effect.Effect<A, E | TimedOut> => {
  const timeout = Duration.toMillis(limit)
  const onTimeout = () => new TimedOut({ operation, acted, after: timeout })
  return Effect.uninterruptible(limited({ timeout, deadline: undefined }, onTimeout, effect))
}

interface Proof {
  readonly attributes: Element["attributes"]
  readonly secret: Redacted.Redacted
  readonly scopes?: Token["scopes"]
}

/** The attributes of the sign-in request that prove the identity. */
const proofOf = (credentials: Credentials): Effect.Effect<Proof, BadRequest> => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      return Effect.succeed({
        attributes: {
          personalAccessTokenName: credentials.name,
          personalAccessTokenSecret: Redacted.value(credentials.value)
        },
        secret: credentials.value
      })
    case "Password":
      return Effect.succeed({
        attributes: { name: credentials.username, password: Redacted.value(credentials.password) },
        secret: credentials.password
      })
    case "JsonWebToken":
      return Effect.gen(function* () {
        const jwt = yield* credentials.mint
        if (Redacted.value(jwt) === "") return yield* badRequest(signInOperation, "The JWT is empty.")
        const attributes = { jwt: Redacted.value(jwt), isUat: String(credentials.unifiedAccess) }
        return { attributes, secret: jwt, scopes: yield* Jwt.scopes(jwt) }
      })
  }
}

/**
 * A minute before the expiry, or a tenth of the lifetime if that is less. The estimate is `hours:minutes:seconds`. A token
 * with less than a minute is used until it expires: otherwise an estimate of zero would be a renewal at each request.
 */
const renewFrom = (estimate: string | undefined, now: number): number | undefined => {
  const parts = /^(\d{1,6}):(\d{1,2}):(\d{1,2})$/.exec(estimate ?? "")
  if (parts === null) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number)
  const lifetime = ((hours * 60 + minutes) * 60 + seconds) * 1000
  return lifetime < 60_000 ? undefined : now + lifetime - Math.min(60_000, lifetime / 10)
}

const siteElement = (contentUrl: string): Element => element("site", { contentUrl })

const requestToken = (
  { apiVersion, transport }: ConnectionSettings,
  request: {
    readonly operation: string
    readonly path: string
    readonly content: Element
    readonly site: string
    readonly proof: Redacted.Redacted
    readonly previous?: Token
    readonly resend?: number
  }
) =>
  Effect.gen(function* () {
    const { operation, previous, proof } = request
    const body = Redacted.make(yield* write(operation, request.content))
    const path = `/api/${apiVersion}${request.path}`
    const { value } = yield* Transport.exchange(
      transport,
      {
        operation,
        method: "POST",
        readOnly: false,
        path,
        body,
        token: previous?.value,
        sanitize: previous?.sanitize ?? sanitizer([proof])
      },
      readCredentials
    ).pipe(observed(operation, request.site, request.resend))
    const { site, token, user, estimatedTimeToExpiration } = value.credentials
    // Without a content URL in the response, the id says whether the site is the same as before.
    const assumed = previous?.site.id === site.id ? previous.site.contentUrl : request.site
    const received = Redacted.make(token)
    return {
      value: received,
      site: { id: site.id, contentUrl: site.contentUrl ?? assumed },
      user,
      proof,
      sanitize: sanitizer([received, proof, ...(previous === undefined ? [] : [previous.value])]),
      renewFrom: renewFrom(estimatedTimeToExpiration, yield* Clock.currentTimeMillis),
      ended: "no" as const
    }
  })

const signOutTraits: Retry.RequestTraits = {
  operation: signOutOperation,
  readOnly: false,
  // After a lost response the next attempt is a 401, which says that the session has ended.
  idempotent: true,
  replayable: true
}

/** At once, because a connection that was idle is often broken. Then after ever longer waits, within the timeout. */
const signOutSchedule: Retry.Policy["schedule"] = Schedule.andThen(
  Schedule.recurs(1),
  Schedule.jittered(Schedule.exponential("100 millis"))
)

/**
 * Signs out, once for each token, with retries within the timeout. An expired token needs no sign-out. Never fails: a
 * failure is logged, and the result is false.
 */
export const signOut = (
  { apiVersion, signOutTimeout, transport }: ConnectionSettings,
  token: Token
): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    if (token.ended === "yes") return Effect.succeed(true)
    token.ended = "yes"
    const { operation } = signOutTraits
    const path = `/api/${apiVersion}/auth/signout`
    const policy = {
      schedule: signOutSchedule,
      requestTimeout: signOutTimeout,
      deadline: signOutTimeout,
      retryAfterLimit: signOutTimeout
    }
    const attempt = ({ resend }: Retry.Attempt) =>
      Transport.exchange(
        transport,
        { operation, method: "POST", readOnly: false, path, token: token.value, sanitize: token.sanitize },
        emptyResponse
      ).pipe(observed(operation, token.site.contentUrl, resend))
    return detached(operation, signOutTimeout, Retry.retrying(policy, Retry.makePause(), signOutTraits, attempt)).pipe(
      Effect.as(true),
      Effect.catchTag("SessionExpired", () => Effect.succeed(true)),
      Effect.catchAllCause((cause) =>
        Effect.as(
          Effect.logWarning("Signing out failed: a session may be left on the server until it expires.", cause),
          false
        )
      )
    )
  })

/** A request that can end the token has failed: remember it if the server may have acted. */
export const mayHaveEnded = (token: Token, { acted }: Pick<TableauError, "acted">): Effect.Effect<void> =>
  Effect.sync(() => {
    if (acted !== "no" && token.ended === "no") token.ended = "unknown"
  })

/** This leak cannot be avoided: the server may have created a session whose token we never receive. */
const warnIfLost = (request: string, { acted }: Pick<TableauError, "acted">): Effect.Effect<void> =>
  acted === "no"
    ? Effect.void
    : Effect.logWarning(
        `The response to the ${request} was lost: a session may be left on the server until it expires.`
      )

/** Accepts a session that is the requested one. Signs any other out. */
const accept = (
  settings: ConnectionSettings,
  token: Token,
  requested: Omit<Claims.Requested, "sanitize">
): Effect.Effect<void, Claims.ClaimError> => {
  const problem = Claims.problemOf(token, { ...requested, sanitize: token.sanitize })
  if (problem === undefined) return Effect.void
  return Effect.andThen(Claims.hasToken(token) ? signOut(settings, token) : warnIfLost("request", problem), problem)
}

/** Signs in to a site, and checks what the server says about the session. */
export const signIn = (
  settings: ConnectionSettings,
  credentials: Credentials,
  contentUrl: string,
  resend: number
): Effect.Effect<Token, SignInError> => {
  const operation = signInOperation
  const { signInTimeout } = settings
  const server = settings.transport.origin
  return Effect.gen(function* () {
    const { attributes, scopes, secret: proof } = yield* detached(operation, signInTimeout, proofOf(credentials), "no")
    const { impersonate } = credentials
    const impersonated = impersonate === undefined ? [] : [element("user", { id: impersonate })]
    const content = element("credentials", attributes, [siteElement(contentUrl), ...impersonated])
    const request = { operation, path: "/auth/signin", content, site: contentUrl, proof, resend }
    return { ...(yield* detached(operation, signInTimeout, requestToken(settings, request))), scopes }
  }).pipe(
    Effect.tapError((error) => warnIfLost("sign-in", error)),
    Effect.catchTags({
      SessionExpired: (error) =>
        new SignInFailed({ ...fieldsOf(error), server, site: contentUrl, credentialType: credentials._tag }),
      NotFound: (error) =>
        // 404002 is about the user to impersonate. Any other 404 means that this address has no sign-in.
        error.code === "404002"
          ? Effect.fail(error)
          : new BadRequest({
              ...fieldsOf(error),
              hint: `There is no sign-in at this address. Does the server have REST API ${settings.apiVersion}?`
            })
    }),
    Effect.tap((token) => accept(settings, token, { operation, contentUrl, user: credentials.impersonate })),
    // A token that was issued must reach its finalizer.
    Effect.uninterruptible
  )
}

/** Moves the session to another site. The server issues another token, whose site is checked. */
export const switchSite = (
  settings: ConnectionSettings,
  token: Token,
  contentUrl: string
): Effect.Effect<Token, ExchangeError | Claims.ClaimError> => {
  const operation = switchSiteOperation
  const request = {
    operation,
    path: "/auth/switchSite",
    content: siteElement(contentUrl),
    site: contentUrl,
    proof: token.proof,
    previous: token
  }
  return detached(operation, settings.signInTimeout, requestToken(settings, request)).pipe(
    Effect.tapError((error) => warnIfLost("switch of the site", error)),
    Effect.map((moved) => ({ ...moved, scopes: token.scopes, renewFrom: moved.renewFrom ?? token.renewFrom })),
    Effect.tap((moved) => accept(settings, moved, { operation, contentUrl })),
    // With the switch the server ends the token, also if we cannot use the new one.
    Effect.tapError((error) => mayHaveEnded(token, error)),
    // A token that was issued must reach its finalizer.
    Effect.uninterruptible
  )
}

/** Refuses to believe that the session is on this site already (403070) if its token says otherwise. */
export const confirmSite = (
  settings: ConnectionSettings,
  token: Token,
  contentUrl: string
): Effect.Effect<void, SiteMismatch> => {
  if (Claims.isOnSite(token, contentUrl)) return Effect.void
  const requested = { operation: switchSiteOperation, contentUrl, sanitize: token.sanitize }
  return Effect.andThen(signOut(settings, token), Claims.siteMismatch(token, requested))
}
