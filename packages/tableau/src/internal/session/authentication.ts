/**
 * Tableau's authentication methods on the wire: a token is had, moved to another site, and given back. What changes who
 * is signed in is bounded in time, and no interrupt cuts it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Credentials } from "../../Credentials.js"
import { SiteId, UserId } from "../../Ids.js"
import {
  BadRequest,
  type SessionExpired,
  SignInFailed,
  SiteMismatch,
  type TableauError,
  TimedOut
} from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import { emptyResponse } from "../http/errorResponse.js"
import type { ExchangeError } from "../http/exchange.js"
import * as Transport from "../http/transport.js"
import * as Jwt from "../jwt.js"
import { observed } from "../telemetry.js"
import { reader } from "../xml/reader.js"
import { type Element, element, write } from "../xml/writer.js"

/** A way to the server: by whose client, in which version and within which bounds. */
export interface Way {
  readonly transport: Transport.Transport
  readonly apiVersion: string
  readonly signInTimeout: Duration.Duration
  readonly signOutTimeout: Duration.Duration
}

/** The current site and user: read together, once for each request. */
export interface Current {
  readonly site: { readonly id: SiteId; readonly contentUrl: string }
  readonly user: { readonly id: UserId }
}

export interface Token extends Current {
  readonly value: Redacted.Redacted
  /** What a JWT lets the session do; absent where nothing limits it, or it is not known. */
  readonly scopes: ReadonlyArray<string> | undefined
  /** From when on it is better to sign in anew, by the server's own estimate of its end; in milliseconds. */
  readonly stale: number | undefined
}

export type SignInError = Exclude<ExchangeError, SessionExpired> | SignInFailed | SiteMismatch

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

/** In a fiber of its own, and waited for without interruption, so that no session is left behind. */
const detached = <A, E>(
  operation: string,
  limit: Duration.Duration,
  effect: Effect.Effect<A, E>,
  acted: TimedOut["acted"] = "unknown"
): Effect.Effect<A, E | TimedOut> => {
  const onTimeout = () => new TimedOut({ operation, acted, after: Duration.toMillis(limit) })
  return Effect.uninterruptible(
    Effect.flatMap(
      Effect.forkDaemon(Effect.interruptible(Effect.timeoutFail(effect, { duration: limit, onTimeout }))),
      Fiber.join
    )
  )
}

/** What proves who signs in. */
const prove = (
  operation: string,
  credentials: Credentials
): Effect.Effect<{ readonly attributes: Element["attributes"]; readonly scopes?: Token["scopes"] }, BadRequest> => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      return Effect.succeed({
        attributes: {
          personalAccessTokenName: credentials.name,
          personalAccessTokenSecret: Redacted.value(credentials.value)
        }
      })
    case "Password":
      return Effect.succeed({
        attributes: { name: credentials.username, password: Redacted.value(credentials.password) }
      })
    case "JsonWebToken":
      return Effect.gen(function* () {
        const jwt = yield* credentials.mint
        if (Redacted.value(jwt) === "") return yield* badRequest(operation, "The JWT is empty.")
        const attributes = { jwt: Redacted.value(jwt), isUat: String(credentials.unifiedAccess) }
        return { attributes, scopes: yield* Jwt.scopes(jwt) }
      })
  }
}

/** A minute before the end, or where tokens live for less than ten a tenth of that; from hours, minutes and seconds. */
const staleFrom = (estimate: string | undefined, now: number): number | undefined => {
  const parts = /^(\d{1,6}):(\d{1,2}):(\d{1,2})$/.exec(estimate ?? "")
  if (parts === null) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number)
  const lifetime = ((hours * 60 + minutes) * 60 + seconds) * 1000
  return now + lifetime - Math.min(60_000, lifetime / 10)
}

const site = (contentUrl: string): Element => element("site", { contentUrl })

const askForToken = (
  { apiVersion, transport }: Way,
  request: {
    readonly operation: string
    readonly path: string
    readonly content: Element
    readonly site: string
    readonly token?: Redacted.Redacted
    readonly resend?: number
  }
) =>
  Effect.gen(function* () {
    const { operation, token } = request
    const body = Redacted.make(yield* write(operation, request.content))
    const { value } = yield* Transport.exchange(
      transport,
      { operation, method: "POST", path: `/api/${apiVersion}${request.path}`, body, token },
      readCredentials
    ).pipe(observed(operation, request.site, request.resend))
    const { credentials } = value
    return {
      value: Redacted.make(credentials.token),
      site: { id: credentials.site.id, contentUrl: credentials.site.contentUrl ?? request.site },
      user: credentials.user,
      stale: staleFrom(credentials.estimatedTimeToExpiration, yield* Clock.currentTimeMillis)
    }
  })

/** What an error holds, for an error that says it better. */
export const told = ({ acted, code, detail, operation, requestId, status, summary }: TableauError) => ({
  acted,
  code,
  detail,
  operation,
  requestId,
  status,
  summary
})

/** Gives a token back. Who is not signed in any more needs no sign-out. It never fails: what went wrong is logged. */
export const signOut = ({ apiVersion, signOutTimeout, transport }: Way, token: Token): Effect.Effect<void> => {
  const operation = "TableauSession.signOut"
  const path = `/api/${apiVersion}/auth/signout`
  return Transport.exchange(transport, { operation, method: "POST", path, token: token.value }, emptyResponse).pipe(
    observed(operation, token.site.contentUrl),
    (effect) => detached(operation, signOutTimeout, effect),
    Effect.asVoid,
    Effect.catchTag("SessionExpired", () => Effect.void),
    Effect.catchAllCause((cause) =>
      Effect.logWarning("Signing out failed: a session may be left on the server until it expires.", cause)
    )
  )
}

/** The one leak that cannot be helped: the server may have made a session, and we never learn its token. */
const tellLost = (what: string, { acted }: ExchangeError | BadRequest): Effect.Effect<void> =>
  acted === "no"
    ? Effect.void
    : Effect.logWarning(`The answer to the ${what} was lost: a session may be left on the server until it expires.`)

/** Signs in to a site, and makes sure that it is the one. */
export const signIn = (
  way: Way,
  credentials: Credentials,
  contentUrl: string,
  resend: number
): Effect.Effect<Token, SignInError> => {
  const operation = "TableauSession.signIn"
  const { origin } = way.transport
  return Effect.gen(function* () {
    const { attributes, scopes } = yield* detached(operation, way.signInTimeout, prove(operation, credentials), "no")
    const { impersonate } = credentials
    const impersonated = impersonate === undefined ? [] : [element("user", { id: impersonate })]
    const content = element("credentials", attributes, [site(contentUrl), ...impersonated])
    const request = { operation, path: "/auth/signin", content, site: contentUrl, resend }
    return { ...(yield* detached(operation, way.signInTimeout, askForToken(way, request))), scopes }
  }).pipe(
    Effect.tapError((error) => tellLost("sign-in", error)),
    Effect.catchTags({
      SessionExpired: (error) =>
        new SignInFailed({ ...told(error), server: origin, site: contentUrl, credentialType: credentials._tag }),
      NotFound: (error) =>
        // 404002 is the user to impersonate; any other 404 says that there is no sign-in at this address.
        error.code === "404002"
          ? Effect.fail(error)
          : new BadRequest({
              ...told(error),
              detail: `${error.detail ?? "There is no sign-in."} Does the server have REST API ${way.apiVersion}?`
            })
    }),
    Effect.tap((token) =>
      token.site.contentUrl.toLowerCase() === contentUrl.toLowerCase()
        ? Effect.void
        : Effect.zipRight(
            signOut(way, token),
            new SiteMismatch({ operation, acted: "yes", expected: contentUrl, actual: token.site.contentUrl })
          )
    ),
    // Between the server's answer and whoever is to sign it out nothing may come.
    Effect.uninterruptible
  )
}

/** The same session, on another site, by a new token. */
export const switchSite = (way: Way, token: Token, contentUrl: string): Effect.Effect<Token, ExchangeError> => {
  const operation = "TableauSession.switchSite"
  const request = {
    operation,
    path: "/auth/switchSite",
    content: site(contentUrl),
    token: token.value,
    site: contentUrl
  }
  return detached(operation, way.signInTimeout, askForToken(way, request)).pipe(
    Effect.tapError((error) => tellLost("switch of the site", error)),
    Effect.map((moved) => ({ ...moved, scopes: token.scopes, stale: moved.stale ?? token.stale }))
  )
}
