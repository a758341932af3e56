/**
 * A signed-in session on a Tableau Server or Tableau Cloud, for as long as a scope.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Credentials from "./Credentials.js"
import * as ApiVersion from "./internal/apiVersion.js"
import { badRequest } from "./internal/badRequest.js"
import * as Probe from "./internal/diagnosis/probe.js"
import * as Redirect from "./internal/http/redirect.js"
import * as Transport from "./internal/http/transport.js"
import * as Authentication from "./internal/session/authentication.js"
import type { Call } from "./internal/session/call.js"
import type { Connection as Connected } from "./internal/session/connection.js"
import * as ServerSessions from "./internal/session/registry.js"
import * as Retry from "./internal/session/retry.js"
import type * as ServerSession from "./internal/session/serverSession.js"
import * as Observe from "./internal/telemetry.js"
import type { Read } from "./internal/xml/reader.js"
import {
  type BadRequest,
  type CallError,
  type OpenError,
  type SessionClosed,
  SignInFailed,
  type SwitchError,
  type TableauError,
  VersionUnsupported
} from "./TableauError.js"
import * as TableauUrl from "./TableauUrl.js"

/**
 * The session: acquiring it signs in, releasing it signs out, whatever ended the program.
 *
 * @example
 * ```ts
 * import { Credentials, TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
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
 * program.pipe(Effect.provide(Session), NodeRuntime.runMain)
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
   * Signs in for the scope: first asks the server for its API version, without credentials, then signs in, and checks
   * that the site is the one asked for. The scope's end signs out.
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
   * A session as a layer, signed in for as long as the layer is in use. Layers are shared by their value: to sign in
   * twice, make two.
   *
   * @since 0.1.0
   * @category layers
   */
  static layer(options: TableauSession.Options): Layer.Layer<TableauSession, OpenError, HttpClient.HttpClient> {
    return Layer.scoped(TableauSession, make(options))
  }

  /**
   * A session by the program's configuration: by default `TableauSession.environment`.
   *
   * @example
   * ```ts
   * import { TableauSession } from "effect-tableau"
   * import * as Config from "effect/Config"
   *
   * const Session = TableauSession.layerConfig()
   *
   * const Pinned = TableauSession.layerConfig(
   *   Config.map(TableauSession.environment, (options) => ({ ...options, apiVersion: "3.19" }))
   * )
   * ```
   *
   * @since 0.1.0
   * @category layers
   */
  static layerConfig(
    config: Config.Config<TableauSession.Options> = TableauSession.environment
  ): Layer.Layer<TableauSession, OpenError | ConfigError.ConfigError, HttpClient.HttpClient> {
    return Layer.scoped(TableauSession, Effect.flatMap(config, make))
  }

  /**
   * `TABLEAU_SERVER_URL`, `TABLEAU_SITE` (by default the Default site), and `TABLEAU_TOKEN_NAME` with
   * `TABLEAU_TOKEN_VALUE`, or `TABLEAU_USERNAME` with `TABLEAU_PASSWORD`, or what else `Credentials.environment` reads.
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
   * Runs an effect on another site, without signing in again and without stopping others: requests of one site run
   * together, those for another wait until they have left.
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
        const session = yield* TableauSession
        const siteSession = session.withSite(contentUrl)
        // Switch now: a site that the user may not enter fails before the effect runs.
        yield* siteSession.switchSite(contentUrl)
        return yield* Effect.provideService(effect, TableauSession, siteSession)
      })
  }

  /**
   * Runs an effect with other retries than the session's.
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
   * Moves this session to another site, for all fibers that share it. To be there already is no error. If it fails the
   * session is where it was.
   *
   * @since 0.1.0
   * @category sites
   */
  static switchSite(contentUrl: string): Effect.Effect<void, SwitchError, TableauSession> {
    return Effect.flatMap(TableauSession, (session) => session.switchSite(contentUrl))
  }

  /**
   * Signs out before the scope ends. Later calls are `SessionClosed`, and the scope's end sends nothing.
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
   * @since 0.1.0
   * @category models
   */
  export interface Options {
    /** The server's address. Without a scheme it is https; one copied from the browser is understood. */
    readonly server: string
    /** The site's content URL: what follows `/site/` in the browser. By default that of `server`, or the Default site. */
    readonly site?: string | undefined
    readonly credentials: Credentials.Credentials
    /** Such as `3.19`. By default the server is asked for its own. */
    readonly apiVersion?: string | undefined
    /** By default Cloud when the host is one of online.tableau.com. */
    readonly deployment?: "Server" | "Cloud" | undefined
    /**
     * What a redirect means. `"refuse"`, which is the default, makes it an error that says where it leads. `"upgrade"`
     * follows one to the same path by https, on the same host or on one of `redirectHosts`, and keeps the new address;
     * it never goes down to http.
     */
    readonly redirects?: "refuse" | "upgrade" | undefined
    /**
     * Other hosts that `"upgrade"` may go to, and so the credentials with it: `10ax.online.tableau.com`, or
     * `*.online.tableau.com` for all hosts under a name.
     */
    readonly redirectHosts?: ReadonlyArray<string> | undefined
    /** Refuse plain http, also where the server does not redirect it. By default false. */
    readonly requireTls?: boolean | undefined
    /** Added to `effect-tableau/VERSION`. */
    readonly userAgent?: string | undefined
    /** Adds to the HttpClient: logging, headers. Its requests reach the session's server only. */
    readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
    /**
     * What may pass is tried again: no connection, 408, 429, 502, 503 and 504, where it cannot do harm. `"never"` tells
     * the first failure.
     */
    readonly retry?: RetryOptions | "never" | undefined
    /**
     * How long one attempt may wait for the headers of its answer, and then for its body. By default 2 minutes.
     */
    readonly requestTimeout?: Duration.DurationInput | undefined
    /** How long signing in, or switching, may take. By default 1 minute. */
    readonly signInTimeout?: Duration.DurationInput | undefined
    /** How long signing out may delay the end. By default 10 seconds. */
    readonly signOutTimeout?: Duration.DurationInput | undefined
  }

  /**
   * How to go on after what may pass.
   *
   * @since 0.1.0
   * @category models
   */
  export interface RetryOptions {
    /**
     * When to try again, and how often; its input is the error. By default after half a second, doubled each time, three
     * times, with jitter.
     */
    readonly schedule?: Schedule.Schedule<unknown, TableauError> | undefined
    /** For all attempts together, and the waits between them. By default 5 minutes, or two and a half `requestTimeout`. */
    readonly deadline?: Duration.DurationInput | undefined
    /** How long a server may have us wait (429 with `Retry-After`) before it is an error. By default 1 minute. */
    readonly retryAfterLimit?: Duration.DurationInput | undefined
    /** For one attempt. By default that of the session. */
    readonly requestTimeout?: Duration.DurationInput | undefined
  }

  /**
   * A session, bound to one site. Other site sessions may share its token.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /** The address that requests are sent to: scheme, host and port. A redirect can change it when the session opens. */
    readonly server: string
    /** The content URL of the site that this session is bound to: `""` is the Default site. */
    readonly contentUrl: Effect.Effect<string>
    /** API version, deployment and scopes. A lazy session that has not signed in yet signs in first. */
    readonly connection: Effect.Effect<Connection, OpenError | SessionClosed>
    /** The ids of the current site and of the user on it. */
    readonly current: Effect.Effect<Current, SwitchError>
    /** The same session on another site. Its requests switch the site when necessary. */
    readonly withSite: (contentUrl: string) => Service
    /** The same session with other retry options. */
    readonly withRetry: (retry: RetryOptions | "never") => Effect.Effect<Service, BadRequest>
    /** Moves this session to another site, for all fibers that share it. */
    readonly switchSite: (contentUrl: string) => Effect.Effect<void, SwitchError>
    readonly signOut: Effect.Effect<void>
    /**
     * Sends a prepared request: what `Operation` uses. With a scope, the body of the response stays open until the scope
     * closes.
     */
    readonly run: <A>(call: Call<A>, scope?: Scope.Scope) => Effect.Effect<Read<A>, CallError>
  }

  /**
   * What a signed-in session knows of its server, and what it may do there.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Connection extends Connected {}

  /**
   * The current site and user.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Current extends Authentication.Current {}
}

const openOperation = "TableauSession.make"

const siteSession = (
  holder: ServerSession.Holder,
  { leave, session }: ServerSessions.Held,
  policy: Retry.Policy,
  contentUrl: Ref.Ref<string>
): TableauSession.Service => ({
  get server() {
    return holder.transport.origin
  },
  contentUrl: Ref.get(contentUrl),
  connection: Effect.sync(() => session.connection(holder)),
  current: Effect.flatMap(contentUrl, (site) => session.visit(holder, policy, site, "TableauSession.current")),
  withSite: (site) => siteSession(holder, { leave, session }, policy, Ref.unsafeMake(site)),
  withRetry: (retry) =>
    Effect.map(policyOf("TableauSession.withRetry", retry, policy), (other) =>
      siteSession(holder, { leave, session }, other, contentUrl)
    ),
  switchSite: (site) =>
    TableauUrl.checkSite(holder.transport.origin, site).pipe(
      Effect.zipRight(session.visit(holder, policy, site, "TableauSession.switchSite")),
      Effect.zipRight(Ref.set(contentUrl, site)),
      Effect.withSpan("TableauSession.switchSite", {
        kind: "client",
        attributes: { "server.address": holder.transport.origin }
      })
    ),
  signOut: leave,
  run: (call, scope) => {
    const unsupported = call.unsupported?.(session.connection(holder))
    return unsupported ?? Effect.flatMap(contentUrl, (site) => session.run(holder, policy, site, call, scope))
  }
})

const refuse = (detail: string) => badRequest(openOperation, detail)

/** What of the credentials is empty. */
const empty = (credentials: Credentials.Credentials): string | undefined => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      if (credentials.name.trim() === "") return "The name of the personal access token"
      return Redacted.value(credentials.value) === "" ? "The value of the personal access token" : undefined
    case "Password":
      if (credentials.username.trim() === "") return "The user name"
      return Redacted.value(credentials.password) === "" ? "The password" : undefined
    case "JsonWebToken":
      // Not known before it is minted.
      return undefined
  }
}

/** What must be right before anything is sent. */
const check = (options: TableauSession.Options) =>
  Effect.gen(function* () {
    const place = yield* TableauUrl.resolve(options.server, options.site)
    const deployment = options.deployment ?? (TableauUrl.isCloud(place.server) ? "Cloud" : "Server")
    const plain = place.server.startsWith("http:")
    if (plain && (options.requireTls === true || deployment === "Cloud")) {
      const reason = deployment === "Cloud" ? "Tableau Cloud speaks https only" : "`requireTls` is set"
      return yield* refuse(
        `\`server\` is ${place.server}, but ${reason}. Use ${place.server.replace("http:", "https:")}.`
      )
    }
    if (deployment === "Cloud" && place.site === "") {
      return yield* refuse(
        "`site` is missing: Tableau Cloud has no Default site. It is what follows /site/ in the browser."
      )
    }
    const upgrade = options.redirects === "upgrade" ? (options.redirectHosts ?? []) : undefined
    if (upgrade === undefined && options.redirectHosts !== undefined) {
      return yield* refuse('`redirectHosts` means nothing without `redirects: "upgrade"`.')
    }
    const odd = upgrade?.find((host) => !Redirect.isHost(host))
    if (odd !== undefined) {
      return yield* refuse(
        `\`redirectHosts\` has ${JSON.stringify(odd)}; a host looks like 10ax.online.tableau.com or *.online.tableau.com.`
      )
    }
    const nothing = empty(options.credentials)
    if (nothing !== undefined) return yield* refuse(`${nothing} is empty.`)
    if (options.apiVersion !== undefined && !ApiVersion.isApiVersion(options.apiVersion)) {
      return yield* refuse(`\`apiVersion\` is ${JSON.stringify(options.apiVersion)}; it looks like 3.29.`)
    }
    return { ...place, deployment, plain, upgrade }
  })

/** The API version that a way of signing in came with. */
const since = (credentials: Credentials.Credentials, deployment: "Server" | "Cloud"): string => {
  switch (credentials._tag) {
    case "PersonalAccessToken":
      return "3.6"
    case "Password":
      return "2.0"
    case "JsonWebToken":
      if (credentials.unifiedAccess) return "3.27"
      return deployment === "Cloud" ? "3.16" : "3.17"
  }
}

/** A duration as it is meant: `Duration.decode` makes zero of what is none. */
const readDuration = (operation: string, name: string, input: Duration.DurationInput) => {
  const parts = Array.isArray(input) ? input : [typeof input === "string" ? Number.parseFloat(input) : input]
  const good = parts.every((part) => Duration.isDuration(part) || part >= 0)
  return Option.filter(Duration.decodeUnknown(input), () => good).pipe(
    Effect.mapError(() =>
      badRequest(operation, `\`${name}\` is ${JSON.stringify(String(input))}; a duration looks like "30 seconds".`)
    )
  )
}

/** A policy with what the user wants otherwise; refuses bounds that do not fit together. */
const policyOf = (
  operation: string,
  retry: TableauSession.RetryOptions | "never",
  base: Retry.Policy
): Effect.Effect<Retry.Policy, BadRequest> =>
  Effect.gen(function* () {
    if (retry === "never") return { ...base, schedule: Retry.never }
    const read = (name: keyof TableauSession.RetryOptions, input: Duration.DurationInput) =>
      readDuration(operation, name, input)
    const requestTimeout = yield* read("requestTimeout", retry.requestTimeout ?? base.requestTimeout)
    const least = Duration.times(requestTimeout, 2.5)
    const deadline = yield* read("deadline", retry.deadline ?? Duration.max(base.deadline, least))
    if (Duration.lessThan(deadline, requestTimeout)) {
      return yield* badRequest(
        operation,
        `\`deadline\`, ${Duration.format(deadline)}, is shorter than one attempt may take: ${Duration.format(requestTimeout)} (\`requestTimeout\`).`
      )
    }
    return {
      schedule: retry.schedule ?? (base.schedule === Retry.never ? Retry.schedule : base.schedule),
      requestTimeout,
      deadline,
      retryAfterLimit: yield* read("retryAfterLimit", retry.retryAfterLimit ?? base.retryAfterLimit)
    }
  })

/** A session that others have opened may be on another site, which this user may not enter. */
const arrive = (holder: ServerSession.Holder, session: ServerSession.ServerSession, site: string) => {
  const refused = (error: Parameters<typeof Authentication.told>[0]) =>
    new SignInFailed({
      ...Authentication.told(error),
      server: holder.transport.origin,
      site,
      credentialType: holder.credentials._tag
    })
  return session.visit(holder, holder.policy, site, "TableauSession.signIn").pipe(
    Effect.catchTags({
      SiteSwitchFailed: refused,
      SiteSwitchUnavailable: refused,
      SessionExpired: refused,
      SessionClosed: refused
    })
  )
}

const make = (
  options: TableauSession.Options
): Effect.Effect<TableauSession.Service, OpenError, Scope.Scope | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const { plain, server, site, upgrade } = yield* check(options)
    yield* Effect.annotateCurrentSpan("server.address", server)
    const readBound = (
      name: "requestTimeout" | "signInTimeout" | "signOutTimeout",
      byDefault: Duration.DurationInput
    ) => readDuration(openOperation, name, options[name] ?? byDefault)
    const requestTimeout = yield* readBound("requestTimeout", "2 minutes")
    const policy = yield* policyOf(openOperation, options.retry ?? {}, {
      schedule: Retry.schedule,
      requestTimeout,
      deadline: Duration.max(Duration.minutes(5), Duration.times(requestTimeout, 2.5)),
      retryAfterLimit: Duration.minutes(1)
    })
    const signInTimeout = yield* readBound("signInTimeout", "1 minute")
    const signOutTimeout = yield* readBound("signOutTimeout", "10 seconds")
    const transport = yield* Transport.make({
      origin: server,
      userAgent: options.userAgent,
      transformClient: options.transformClient,
      requestTimeout: policy.requestTimeout,
      upgrade
    })
    const probing: Retry.Facts = { operation: openOperation, method: "GET", idempotent: true, replayable: true }
    // A pinned version needs no question, but over plain http one finds the redirect before a password is on the wire.
    const probed = Retry.retrying(policy, Retry.makePause(), probing, ({ resend }) =>
      Probe.serverInfo(transport, openOperation).pipe(Observe.observed(openOperation, site, resend))
    ).pipe(Effect.map(({ restApiVersion }) => options.apiVersion ?? restApiVersion))
    const apiVersion = options.apiVersion === undefined || plain ? yield* probed : options.apiVersion
    // A redirect may have led to Tableau Cloud, which wants more.
    const { deployment } = yield* check({ ...options, server: transport.origin, site })
    const need = since(options.credentials, deployment)
    if (!ApiVersion.includes(apiVersion, need)) {
      return yield* new VersionUnsupported({
        operation: openOperation,
        required: need,
        actual: apiVersion,
        acted: "no"
      })
    }
    const holder: ServerSession.Holder = {
      transport,
      apiVersion,
      policy,
      cloud: deployment === "Cloud",
      deploymentIsCertain: options.deployment !== undefined || TableauUrl.isCloud(transport.origin),
      credentials: options.credentials,
      signInTimeout,
      signOutTimeout,
      closed: false
    }
    const held = yield* ServerSessions.hold(holder, site)
    yield* arrive(holder, held.session, site)
    return siteSession(holder, held, policy, Ref.unsafeMake(site))
  }).pipe(Effect.withSpan(openOperation, { kind: "client" }))
