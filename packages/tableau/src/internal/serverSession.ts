/**
 * One signed-in token on one server: how it is had, moved from site to site, used and given back.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Credentials } from "../Credentials.js"
import { SiteId, UserId } from "../Ids.js"
import {
  BadRequest,
  Forbidden,
  MissingScope,
  type NotFound,
  type OperationError,
  SessionClosed,
  SessionExpired,
  SignInFailed,
  SiteMismatch,
  SiteSwitchFailed,
  SiteSwitchUnavailable,
  TimedOut
} from "../TableauError.js"
import { nothing } from "./classify.js"
import type { Call } from "./endpoint.js"
import * as Jwt from "./jwt.js"
import { type Read, reader } from "./reader.js"
import * as SiteGate from "./siteGate.js"
import * as Transport from "./transport.js"
import { type Element, element, write } from "./writer.js"

/** Where the session stands: read together, once for each request. */
export interface Whereabouts {
  readonly site: { readonly id: SiteId; readonly contentUrl: string }
  readonly user: { readonly id: UserId }
}

interface State extends Whereabouts {
  readonly token: Redacted.Redacted
}

/** What proves who signs in. */
interface Proof {
  readonly attributes: Element["attributes"]
  /** What a JWT lets the session do; absent where nothing limits it, or it is not known. */
  readonly scopes?: ReadonlyArray<string> | undefined
}

export interface Options {
  readonly transport: Transport.Transport
  readonly apiVersion: string
  readonly cloud: boolean
  readonly site: string
  readonly credentials: Credentials
  readonly signInTimeout: Duration.Duration
  readonly signOutTimeout: Duration.Duration
}

export interface ServerSession {
  readonly run: <A>(site: string, call: Call<A>) => Effect.Effect<Read<A>, OperationError>
  /** Where the session is when it has gone to the site. */
  readonly visit: (site: string, operation: string) => Effect.Effect<Whereabouts, OperationError>
  readonly signOut: Effect.Effect<void>
}

const readCredentials = reader(
  "credentials",
  Schema.Struct({
    credentials: Schema.Struct({
      token: Schema.String,
      site: Schema.Struct({ id: SiteId, contentUrl: Schema.optional(Schema.String) }),
      user: Schema.Struct({ id: UserId })
    })
  })
)

/**
 * A request that changes who is signed in: bounded, in a fiber of its own, and waited for without interruption, so
 * that no interrupt cuts it and no session is left behind.
 */
const detached = <A, E>(
  operation: string,
  limit: Duration.Duration,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E | TimedOut> => {
  const onTimeout = () => new TimedOut({ operation, acted: "unknown", after: Duration.toMillis(limit) })
  return Effect.uninterruptible(
    Effect.flatMap(
      Effect.forkDaemon(Effect.interruptible(Effect.timeoutFail(effect, { duration: limit, onTimeout }))),
      Fiber.join
    )
  )
}

const site = (contentUrl: string): Element => element("site", { contentUrl })

const prove = (credentials: Credentials): Effect.Effect<Proof, BadRequest> => {
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
        const attributes = { jwt: Redacted.value(jwt), isUat: String(credentials.unifiedAccess) }
        return { attributes, scopes: yield* Jwt.scopes(jwt) }
      })
  }
}

const credentialsElement = ({ credentials, site: contentUrl }: Options, { attributes }: Proof): Element => {
  const { impersonate } = credentials
  const impersonated = impersonate === undefined ? [] : [element("user", { id: impersonate })]
  return element("credentials", attributes, [site(contentUrl), ...impersonated])
}

/** Asks for a token, at sign-in or when the session moves. */
const askForToken = (
  { apiVersion, transport }: Options,
  request: {
    readonly operation: string
    readonly path: string
    readonly content: Element
    readonly site: string
    readonly token?: Redacted.Redacted
  }
): Effect.Effect<State, Transport.TransportFailure> =>
  Effect.gen(function* () {
    const { operation, token } = request
    const body = Redacted.make(yield* write(operation, request.content))
    const { value } = yield* Transport.exchange(
      transport,
      { operation, method: "POST", path: `/api/${apiVersion}${request.path}`, body, token },
      readCredentials
    )
    const { credentials } = value
    return {
      token: Redacted.make(credentials.token),
      site: { id: credentials.site.id, contentUrl: credentials.site.contentUrl ?? request.site },
      user: credentials.user
    }
  })

export type SignInError = Exclude<Transport.TransportFailure, SessionExpired> | SignInFailed

/** What an error holds, for an error that says it better. */
const told = ({ acted, code, detail, operation, status, summary }: SessionExpired | Forbidden | NotFound) => ({
  acted,
  code,
  detail,
  operation,
  status,
  summary
})

const signInOperation = "TableauSession.signIn"
const signOutOperation = "TableauSession.signOut"

interface SignedIn {
  readonly state: State
  readonly scopes: Proof["scopes"]
}

const signIn = (options: Options): Effect.Effect<SignedIn, SignInError> =>
  detached(
    signInOperation,
    options.signInTimeout,
    Effect.gen(function* () {
      const proof = yield* prove(options.credentials)
      const content = credentialsElement(options, proof)
      const request = { operation: signInOperation, path: "/auth/signin", content, site: options.site }
      return { state: yield* askForToken(options, request), scopes: proof.scopes }
    })
  ).pipe(
    Effect.tapError((error) =>
      // The one leak that cannot be helped: the server may have signed us in and we never learn the token.
      error.acted === "no"
        ? Effect.void
        : Effect.logWarning("The answer to the sign-in was lost: a session may be left on the server until it expires.")
    ),
    Effect.catchTags({
      SessionExpired: (error) =>
        new SignInFailed({ ...told(error), server: options.transport.origin, site: options.site }),
      NotFound: (error) =>
        // 404002 is the user to impersonate; any other 404 says that there is no sign-in at this address.
        error.code === "404002"
          ? Effect.fail(error)
          : new BadRequest({
              ...told(error),
              detail: `${error.detail ?? "There is no sign-in."} Does the server have REST API ${options.apiVersion}?`
            })
    })
  )

const closed = (operation: string) => new SessionClosed({ operation, acted: "no" })

/** A refusal for want of a scope has no code of its own: the server says 401002 or 403. */
const explain =
  (granted: Proof["scopes"], call: Pick<Call<unknown>, "scopes">) =>
  <E extends { readonly _tag: string }>(error: E): E | MissingScope => {
    if (granted === undefined || !(error instanceof SessionExpired || error instanceof Forbidden)) return error
    const scope = Jwt.missingScope(granted, call.scopes)
    return scope === undefined ? error : new MissingScope({ ...told(error), scope })
  }

/** A session around its first token. From here on somebody must sign it out. */
const hold = (
  options: Options,
  { scopes, state: first }: SignedIn
): Effect.Effect<ServerSession & { readonly first: State }> =>
  Effect.gen(function* () {
    const { apiVersion, transport } = options
    let state = first

    const switchTo = (contentUrl: string): Effect.Effect<void, OperationError> => {
      const operation = "TableauSession.switchSite"
      if (options.cloud) return new SiteSwitchUnavailable({ operation, site: contentUrl, acted: "no" })
      return detached(
        operation,
        options.signInTimeout,
        askForToken(options, {
          operation,
          path: "/auth/switchSite",
          content: site(contentUrl),
          token: state.token,
          site: contentUrl
        })
      ).pipe(
        Effect.andThen((next) =>
          Effect.sync(() => {
            state = next
          })
        ),
        Effect.catchTags({
          Forbidden: (error) => {
            // The session is there already, which is what was wanted.
            if (error.code === "403070") return Effect.void
            return error.code === "403069"
              ? Effect.fail(new SiteSwitchUnavailable({ ...told(error), site: contentUrl }))
              : Effect.fail(error)
          },
          SessionExpired: (error) =>
            Effect.fail(error.code === "401003" ? new SiteSwitchFailed({ ...told(error), site: contentUrl }) : error)
        })
      )
    }

    const gate = SiteGate.make<OperationError>({
      site: first.site.contentUrl,
      switchTo,
      closed: Effect.suspend(() => closed("TableauSession"))
    })

    const enter = <A, E, R>(wanted: string, operation: string, effect: Effect.Effect<A, E, R>) =>
      Effect.mapError(gate.enter(wanted, effect), (error) =>
        error instanceof SessionClosed ? closed(operation) : error
      )

    const signOut = detached(
      signOutOperation,
      options.signOutTimeout,
      Effect.zipRight(
        gate.close,
        Effect.suspend(() =>
          transport.send({
            operation: signOutOperation,
            method: "POST",
            path: `/api/${apiVersion}/auth/signout`,
            token: state.token
          })
        )
      ).pipe(
        Effect.flatMap((pending) => Transport.receive(pending, nothing)),
        Effect.scoped
      )
    ).pipe(
      // Who is not signed in any more needs no sign-out.
      Effect.catchTag("SessionExpired", () => Effect.void),
      Effect.catchAllCause((cause) =>
        Effect.logWarning("Signing out failed: a session may be left on the server until it expires.", cause)
      )
    )

    return {
      first,
      run: (wanted, call) =>
        Effect.scoped(
          Effect.gen(function* () {
            const pending = yield* enter(
              wanted,
              call.operation,
              Effect.suspend(() =>
                transport.send({
                  operation: call.operation,
                  method: call.method,
                  path: `/api/${apiVersion}${call.path(state.site.id)}`,
                  body: call.body,
                  token: state.token
                })
              )
            )
            return yield* Effect.mapError(Transport.receive(pending, call.read), explain(scopes, call))
          })
        ),
      visit: (wanted, operation) =>
        enter(
          wanted,
          operation,
          Effect.sync(() => ({ site: state.site, user: state.user }))
        ),
      // Once, whoever asks for it first; it never fails and never masks what the program did.
      signOut: Effect.uninterruptible(yield* Effect.cached(signOut))
    }
  })

/** Signs in for the scope; its end signs out whatever token the session then has. */
export const make = (options: Options): Effect.Effect<ServerSession, SignInError | SiteMismatch, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* Effect.acquireRelease(
      Effect.flatMap(signIn(options), (signedIn) => hold(options, signedIn)),
      ({ signOut }) => signOut
    )
    const { contentUrl } = session.first.site
    if (contentUrl.toLowerCase() !== options.site.toLowerCase()) {
      return yield* new SiteMismatch({ operation: signInOperation, acted: "yes", asked: options.site, got: contentUrl })
    }
    return session
  })
