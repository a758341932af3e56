/**
 * A session on Tableau Server or Tableau Cloud: it signs in, renews its token, and signs out at the end of its scope.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Credentials from "./Credentials.js"
import * as Configuration from "./internal/configurable.js"
import type { Deployment as AnyDeployment } from "./internal/deployment.js"
import * as Transport from "./internal/http/transport.js"
import * as Authentication from "./internal/session/authentication.js"
import type { Call } from "./internal/session/call.js"
import type { Connection as ServerConnection } from "./internal/session/connection.js"
import { eager, lazy, type Opening } from "./internal/session/lazySession.js"
import * as Open from "./internal/session/open.js"
import * as Options from "./internal/session/options.js"
import * as Retry from "./internal/session/retry.js"
import type { Read } from "./internal/xml/reader.js"
import type * as RateLimiter from "./RateLimiter.js"
import { SessionStore } from "./SessionStore.js"
import type { BadRequest, CallError, OpenError, SwitchError, TableauError } from "./TableauError.js"
import * as TableauUrl from "./TableauUrl.js"

/**
 * The session. Acquiring it signs in. Releasing it signs out, also after a failure, a defect or an interruption.
 *
 * @example
 * ```ts
 * import { Credentials, TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const Session = TableauSession.layer({
 *   server: "https://tableau.example.com",
 *   site: "MarketingTeam",
 *   credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("secret") })
 * }).pipe(Layer.provide(TableauNode.layerHttpClient()))
 *
 * const program = Effect.gen(function* () {
 *   const { totalAvailable } = yield* Workbooks.list()
 *   yield* Console.log(`There are ${totalAvailable} workbooks on site`)
 * })
 *
 * program.pipe(Effect.provide(Session), TableauNode.runMain)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_auth.htm
 * @since 0.1.0
 * @category tags
 */
export class TableauSession extends Context.Tag("effect-tableau/TableauSession")<
  TableauSession,
  TableauSession.Service
>() {
  /**
   * Opens a session until the end of the scope. Requests the API version of the server without credentials, signs in, and
   * checks that the session is on the right site. The end of the scope signs out.
   *
   * With `lazy: true` it only checks the options: the first call opens the session.
   *
   * @example
   * ```ts
   * import { Credentials, TableauSession } from "effect-tableau"
   * import * as Console from "effect/Console"
   * import * as Effect from "effect/Effect"
   *
   * const program = Effect.gen(function* () {
   *   const session = yield* TableauSession.make({
   *     server: "https://tableau.example.com",
   *     credentials: yield* Credentials.environment
   *   })
   *   const { apiVersion } = yield* session.connection
   *   yield* Console.log(apiVersion)
   * }).pipe(Effect.scoped)
   * ```
   *
   * @since 0.1.0
   * @category constructors
   */
  static make(
    options: TableauSession.Options
  ): Effect.Effect<TableauSession.Service, OpenError, Scope.Scope | HttpClient.HttpClient> {
    return make(options)
  }

  /**
   * A layer with a session, which is open while the layer is in use. Layers are shared by reference: for two sessions,
   * make two layers.
   *
   * @since 0.1.0
   * @category layers
   */
  static layer(options: TableauSession.Options): Layer.Layer<TableauSession, OpenError, HttpClient.HttpClient> {
    return Layer.scoped(TableauSession, make(options))
  }

  /**
   * A layer with a session whose options come from the configuration, by default from `TableauSession.environment`.
   *
   * @example
   * ```ts
   * import { Credentials, TableauSession } from "effect-tableau"
   * import * as Config from "effect/Config"
   *
   * const Session = TableauSession.layerConfig()
   *
   * const Pinned = TableauSession.layerConfig({
   *   server: Config.string("TABLEAU_SERVER_URL"),
   *   credentials: Credentials.environment,
   *   apiVersion: "3.19",
   *   lazy: true
   * })
   * ```
   *
   * @since 0.1.0
   * @category layers
   */
  static layerConfig(
    config: TableauSession.Configurable = TableauSession.environment
  ): Layer.Layer<TableauSession, OpenError | ConfigError.ConfigError, HttpClient.HttpClient> {
    return Layer.scoped(TableauSession, Effect.flatMap(Configuration.read(config), make))
  }

  /**
   * Reads `TABLEAU_SERVER_URL`, `TABLEAU_SITE` (the Default site if it is absent), and credentials: `TABLEAU_TOKEN_NAME`
   * and `TABLEAU_TOKEN_VALUE`, `TABLEAU_USERNAME` and `TABLEAU_PASSWORD`, or others that `Credentials.environment` reads.
   *
   * @since 0.1.0
   * @category config
   */
  static readonly environment: Config.Config<TableauSession.Options> = Config.all({
    server: Config.string("TABLEAU_SERVER_URL"),
    site: Config.map(Config.option(Config.string("TABLEAU_SITE")), Option.getOrUndefined),
    credentials: Credentials.environment
  })

  /**
   * Runs an effect on another site. It does not sign in again and does not disturb other fibers: requests of one site run
   * concurrently, those of another site wait until they have finished: also a block of an upload, or a publication, which can
   * take minutes.
   *
   * @example
   * ```ts
   * import { TableauSession, Workbooks } from "effect-tableau"
   *
   * const finance = Workbooks.list().pipe(TableauSession.withSite("Finance"))
   * ```
   *
   * @since 0.1.0
   * @category sites
   */
  static withSite(
    contentUrl: string
  ): <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | SwitchError, Exclude<R, TableauSession> | TableauSession> {
    return (effect) =>
      Effect.gen(function* () {
        const siteSession = (yield* TableauSession).withSite(contentUrl)
        // Switch now: a site that the user may not enter fails before the effect runs.
        yield* siteSession.switchSite(contentUrl)
        return yield* Effect.provideService(effect, TableauSession, siteSession)
      })
  }

  /**
   * Runs an effect with other retry options than those of the session.
   *
   * @example
   * ```ts
   * import { TableauSession, Workbooks } from "effect-tableau"
   * import * as Schedule from "effect/Schedule"
   *
   * const patient = Workbooks.list().pipe(
   *   TableauSession.withRetry({ schedule: Schedule.spaced("1 minute"), deadline: "1 hour" })
   * )
   * ```
   *
   * @since 0.1.0
   * @category retries
   */
  static withRetry(
    retry: TableauSession.RetryOptions | "never"
  ): <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | BadRequest, Exclude<R, TableauSession> | TableauSession> {
    return (effect) =>
      Effect.gen(function* () {
        const session = yield* TableauSession
        return yield* Effect.provideService(effect, TableauSession, yield* session.withRetry(retry))
      })
  }

  /**
   * Moves this session to another site, for all fibers that share it. Succeeds if it is on that site already. If it fails,
   * the session stays on its site.
   *
   * @since 0.1.0
   * @category sites
   */
  static switchSite(contentUrl: string): Effect.Effect<void, SwitchError, TableauSession> {
    return Effect.flatMap(TableauSession, (session) => session.switchSite(contentUrl))
  }

  /**
   * Signs out before the end of the scope, which then sends nothing. Later calls fail with `SessionClosed`.
   *
   * @since 0.1.0
   * @category sites
   */
  static readonly signOut: Effect.Effect<void, never, TableauSession> = Effect.flatMap(
    TableauSession,
    (session) => session.signOut
  )
}

/**
 * @since 0.1.0
 */
export declare namespace TableauSession {
  /**
   * The options of a session.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** The address of the server; https if it has no scheme. A URL copied from the browser works. */
    readonly server: string
    /** The content URL of the site: what follows `/site/` in the browser. By default that of `server`, or the Default site. */
    readonly site?: string | undefined
    readonly credentials: Credentials.Credentials
    /**
     * Sign in at the first call. Then a program can start while Tableau is unavailable: acquiring the session does not
     * contact the server, and a call that cannot sign in fails with an `OpenError`. The next call tries again, except
     * after `SignInFailed` with code 401001, because repeated failures can lock an account. By default false.
     */
    readonly lazy?: boolean | undefined
    /** The REST API version, such as `3.19`. By default the server's own. */
    readonly apiVersion?: string | undefined
    /** By default Cloud for hosts under online.tableau.com, otherwise Server. */
    readonly deployment?: Deployment | undefined
    /**
     * `"refuse"`, the default, fails with the location of the redirect. `"upgrade"` follows a redirect to the same path
     * with https, on the same host or on one of `redirectHosts`, and keeps the new address. It never changes from https to
     * http.
     */
    readonly redirects?: "refuse" | "upgrade" | undefined
    /**
     * Other hosts that `"upgrade"` may send requests and credentials to: `10ax.online.tableau.com`, or
     * `*.online.tableau.com` for all hosts under a name.
     */
    readonly redirectHosts?: ReadonlyArray<string> | undefined
    /**
     * Send no secret over plain http. An http address is rejected before a request; with `redirects: "upgrade"` after a
     * request without a secret, if that is not redirected to https. By default false: then each session that opens over
     * plain http logs a warning.
     */
    readonly requireTls?: boolean | undefined
    /** Appended to the header `User-Agent`, which begins with `effect-tableau/VERSION`. */
    readonly userAgent?: string | undefined
    /** Adds to the HttpClient, for example logging or headers. Its requests can reach only the server of the session. */
    readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
    /**
     * Retries of transient failures (connection errors, 408, 429, 502, 503, 504) where they are safe. `"never"` disables
     * them, except for signing out.
     */
    readonly retry?: RetryOptions | "never" | undefined
    /**
     * Says when a request may be sent, so that the server does not refuse it because there were too many. A call waits for
     * it until its deadline. By default nothing is limited.
     */
    readonly rateLimiter?: RateLimiter.RateLimiter | undefined
    /** The timeout of one attempt for the headers of the response, and again for its body. By default 2 minutes. */
    readonly requestTimeout?: Duration.DurationInput | undefined
    /** The timeout of signing in, and of switching the site. By default 1 minute. */
    readonly signInTimeout?: Duration.DurationInput | undefined
    /** The timeout of signing out. Within it a sign-out is sent again after transient failures. By default 10 seconds. */
    readonly signOutTimeout?: Duration.DurationInput | undefined
  }

  /**
   * Tableau Server, or Tableau Cloud.
   *
   * @since 0.1.0
   * @category models
   */
  export type Deployment = AnyDeployment

  /**
   * Options that may each be a `Config`, or one `Config` of all of them.
   *
   * @since 0.1.0
   * @category models
   */
  export type Configurable = Configuration.Configurable<Options>

  /**
   * Options for the retries of transient failures.
   *
   * @since 0.1.0
   * @category models
   */
  export interface RetryOptions {
    /**
     * When to try again, and how often; its input is the error. By default three times, after half a second that doubles
     * each time, with jitter.
     */
    readonly schedule?: Schedule.Schedule<unknown, TableauError> | undefined
    /**
     * The limit for all attempts and the delays between them. By default 5 minutes, or two and a half times
     * `requestTimeout` if that is more.
     */
    readonly deadline?: Duration.DurationInput | undefined
    /**
     * How long after its beginning a call may send a request: it then fails with `TimedOut` and `acted: "no"`. By the clock, so
     * that it also holds for a process that was stopped meanwhile. By default until the deadline.
     */
    readonly sendWithin?: Duration.DurationInput | undefined
    /** The longest `Retry-After` of a 429 response that is waited for. By default 1 minute. */
    readonly retryAfterLimit?: Duration.DurationInput | undefined
    /** The timeout of one attempt. By default that of the session. */
    readonly requestTimeout?: Duration.DurationInput | undefined
  }

  /**
   * A session that is bound to one site. Several can share a token: each switches the site when necessary.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** The address that requests are sent to: scheme, host and port. A redirect can change it when the session opens. */
    readonly server: string
    /** The content URL of the site that this session is bound to: `""` is the Default site. */
    readonly contentUrl: Effect.Effect<string>
    /** API version, deployment and scopes. A lazy session that is not open yet opens. */
    readonly connection: Effect.Effect<Connection, OpenError>
    /** The current site and user. */
    readonly current: Effect.Effect<Current, SwitchError>
    /** The same session on another site. Its requests switch the site when necessary. */
    readonly withSite: (contentUrl: string) => Service
    /** The same session with other retry options. They do not apply to opening a lazy session. */
    readonly withRetry: (retry: RetryOptions | "never") => Effect.Effect<Service, BadRequest>
    /** Moves this session to another site, for all fibers that share it. */
    readonly switchSite: (contentUrl: string) => Effect.Effect<void, SwitchError>
    /** Signs out before the end of the scope. */
    readonly signOut: Effect.Effect<void>
    /**
     * Sends a prepared request. With a scope, the body of the response stays open until the scope closes.
     *
     * @internal
     */
    readonly run: <A>(call: Call<A>, scope?: Scope.Scope) => Effect.Effect<Read<A>, CallError>
  }

  /**
   * What an open session knows about the server, and the scopes that it has.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Connection extends ServerConnection {}

  /**
   * The ids of the current site and of the user on it.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Current extends Authentication.Current {}
}

type SessionOpening = Opening<Open.Opened, OpenError>

/** The session of one site. `opening` is shared by all site sessions of a session. */
const siteSession = (
  transport: Transport.Transport,
  opening: SessionOpening,
  policy: Retry.Policy,
  contentUrl: Ref.Ref<string>
): TableauSession.Service => {
  const visit = (site: string, operation: string) =>
    Effect.flatMap(opening.get(operation), ({ client, session }) => session.visit(client, policy, site, operation))
  return {
    get server() {
      return transport.origin
    },
    contentUrl: Ref.get(contentUrl),
    connection: Effect.map(opening.get("TableauSession.connection"), ({ client, session }) =>
      session.connection(client)
    ),
    current: Effect.flatMap(contentUrl, (site) => visit(site, "TableauSession.current")),
    withSite: (site) => siteSession(transport, opening, policy, Ref.unsafeMake(site)),
    withRetry: (retry) =>
      Effect.map(Options.changePolicy("TableauSession.withRetry", retry, policy), (changed) =>
        siteSession(transport, opening, changed, contentUrl)
      ),
    switchSite: (site) =>
      TableauUrl.checkSite(transport.origin, site).pipe(
        Effect.andThen(visit(site, Authentication.switchSiteOperation)),
        Effect.andThen(Ref.set(contentUrl, site)),
        Effect.withSpan(Authentication.switchSiteOperation, {
          kind: "client",
          attributes: { "server.address": transport.origin }
        })
      ),
    signOut: opening.close,
    run: (call, scope) =>
      Effect.flatMap(opening.get(call.operation), ({ client, session }) => {
        const unsupported = call.unsupported?.(session.connection(client))
        const own = call.timing === undefined ? policy : Retry.withTiming(policy, call.timing)
        return unsupported ?? Effect.flatMap(contentUrl, (site) => session.run(client, own, site, call, scope))
      })
  }
}

const make = (
  options: TableauSession.Options
): Effect.Effect<TableauSession.Service, OpenError, Scope.Scope | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const { server, site } = yield* Options.checkServer(options)
    const redirectHosts = yield* Options.checkRedirects(options)
    yield* Options.checkCredentials(options.credentials)
    yield* Options.checkApiVersion(options.apiVersion)
    yield* Options.checkUserAgent(options.userAgent)
    const { requestTimeout, signInTimeout, signOutTimeout } = yield* Options.readTimeouts(options)
    const policy = yield* Options.changePolicy(
      Options.openOperation,
      options.retry ?? {},
      Options.defaultPolicy(requestTimeout)
    )
    const transport = yield* Transport.make({
      origin: server,
      userAgent: options.userAgent,
      transformClient: options.transformClient,
      requestTimeout: policy.requestTimeout,
      upgrade: redirectHosts
    })
    const open = Open.open({
      transport,
      site,
      policy,
      credentials: options.credentials,
      store: Option.getOrUndefined(yield* Effect.serviceOption(SessionStore)),
      rateLimiter: options.rateLimiter,
      apiVersion: options.apiVersion,
      deployment: options.deployment,
      requireTls: options.requireTls,
      signInTimeout,
      signOutTimeout
    }).pipe(Effect.withSpan(Options.openOperation, { kind: "client", attributes: { "server.address": server } }))
    const opening: SessionOpening =
      options.lazy === true ? yield* lazy(open, Authentication.refusesCredentials) : yield* eager(open)
    return siteSession(transport, opening, policy, Ref.unsafeMake(site))
  })
