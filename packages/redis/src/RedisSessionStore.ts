/**
 * Processes that use the same personal access token share its session through Redis or Valkey. Without that, each sign-in
 * ends the session of the others.
 *
 * @since 0.1.0
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Credentials, SessionStore, TableauError, TableauSession, TableauUrl } from "effect-tableau"
import type { Cluster, Redis } from "ioredis"
import { longestTimer, urlConfig } from "./internal/redis.js"
import * as Store from "./internal/store.js"

/**
 * Where Redis is, and how the session is shared. Processes that share a session need the same options.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The URL of Redis, `redis://` or `rediss://` with TLS, which can contain a password. For a cluster, sentinels or other
   * options, a function that makes another ioredis client at each call: with `lazyConnect: true`,
   * `enableOfflineQueue: false`, `autoResendUnfulfilledCommands: false`, and a `socketTimeout`, so that a connection whose
   * other end has vanished is replaced.
   */
  readonly redis: string | Redacted.Redacted | (() => Redis | Cluster)
  /** What the names of all keys begin with. By default `tableau:`. */
  readonly prefix?: string | undefined
  /**
   * What a process does that needs a new session while Redis fails. By default it waits, until the deadline of the call,
   * and fails with `SessionStoreUnavailable`. With `"alone"` it signs in after the second failure, which ends the session
   * of all others, once in each `commandTimeout`; then `SessionEvicted` does not occur. A session that works is used in
   * both cases.
   */
  readonly onStoreFailure?: "wait" | "alone" | undefined
  /**
   * By default the last process signs out. With `"never"` the session stays for the next process, until the server ends it:
   * for functions that start and end all the time.
   */
  readonly signOut?: "lastMember" | "never" | undefined
  /**
   * For how long one process may sign in without saying that it is alive. The others wait so long for one that has
   * crashed. By default 15 seconds.
   */
  readonly lease?: Duration.DurationInput | undefined
  /** How often a process says that it is alive. After three times as long it counts as crashed. By default 10 seconds. */
  readonly heartbeat?: Duration.DurationInput | undefined
  /** How long Redis may take for a command, connecting included. By default 2 seconds. */
  readonly commandTimeout?: Duration.DurationInput | undefined
  /** How long Redis keeps a session that no process uses. By default 1 day. */
  readonly keep?: Duration.DurationInput | undefined
  /**
   * Three sessions in a row that end within this time, and not by a request of a process that shares them, are
   * `SessionEvicted`: another program uses the token. By default 1 minute.
   */
  readonly evictionWindow?: Duration.DurationInput | undefined
}

const defaults = {
  lease: "15 seconds",
  heartbeat: "10 seconds",
  commandTimeout: "2 seconds",
  keep: "1 day",
  evictionWindow: "1 minute"
} as const

const settingsOf = (options: Options): Effect.Effect<Store.Settings, TableauError.BadRequest> => {
  const millis = (name: keyof typeof defaults) => {
    const rounded = Math.round(Duration.toMillis(options[name] ?? defaults[name]))
    if (rounded > 0) return Effect.succeed(Math.min(rounded, longestTimer))
    const detail = `\`${name}\` is a duration of at least a millisecond. Its default is ${defaults[name]}.`
    return new TableauError.BadRequest({ operation: "RedisSessionStore.make", acted: "no", detail })
  }
  const { onStoreFailure = "wait", prefix = "tableau:", redis, signOut = "lastMember" } = options
  return Effect.gen(function* () {
    const commandTimeout = yield* millis("commandTimeout")
    return {
      client: Redacted.isRedacted(redis) ? Redacted.value(redis) : redis,
      prefix,
      onStoreFailure,
      signOut,
      lease: yield* millis("lease"),
      heartbeat: yield* millis("heartbeat"),
      poll: 250,
      commandTimeout,
      alonePause: commandTimeout,
      recordLife: yield* millis("keep"),
      evictionWindow: yield* millis("evictionWindow")
    }
  })
}

/**
 * The store. It connects when the first session opens: building it fails only if the URL is not one of Redis, or a
 * duration is not one (`BadRequest`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<SessionStore.Service, TableauError.BadRequest, Scope.Scope> =>
  Effect.flatMap(settingsOf(options), Store.make)

/**
 * A layer with the store. Provide it to the layers of sessions: those with a personal access token use it.
 *
 * @example
 * ```ts
 * import { TableauSession, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { RedisSessionStore } from "effect-tableau-redis"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const Session = TableauSession.layerConfig().pipe(
 *   Layer.provide(RedisSessionStore.layer({ redis: "redis://127.0.0.1:6379" })),
 *   Layer.provide(TableauNode.layerHttpClient())
 * )
 *
 * const worker = Workbooks.list().pipe(Effect.provide(Session))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SessionStore.SessionStore, TableauError.BadRequest> =>
  Layer.scoped(SessionStore.SessionStore, make(options))

/**
 * A layer with the store at the URL in `REDIS_URL`, or with other options from the configuration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options> = { redis: urlConfig }
): Layer.Layer<SessionStore.SessionStore, ConfigError.ConfigError | TableauError.BadRequest> =>
  Layer.scoped(SessionStore.SessionStore, Effect.flatMap(Config.unwrap(config), make))

/**
 * Which session `sweep` looks for.
 *
 * @since 0.1.0
 * @category models
 */
export interface SweepOptions {
  readonly server: string
  /** Used only if a process was killed while it signed in: the site of other sessions is in their record. */
  readonly site?: string | undefined
  /** Including its value, because the record is encrypted with it. */
  readonly credentials: Credentials.PersonalAccessToken
}

/**
 * What `sweep` found: no session, one that processes use, one that it signed out, or one whose sign-out failed, which the
 * log explains.
 *
 * @since 0.1.0
 * @category models
 */
export type Swept =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "InUse"; readonly members: number }
  | { readonly _tag: "SignedOut"; readonly site: string }
  | { readonly _tag: "Left"; readonly site: string }

/**
 * Signs out the session of a personal access token if all processes that shared it were killed. A process counts as killed
 * when it was silent for three heartbeats. If one was killed while it signed in, Redis does not have the session that the
 * server may have: then this signs in, which ends that session, and out.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { RedisSessionStore } from "effect-tableau-redis"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const program = RedisSessionStore.sweep(
 *   { redis: "redis://127.0.0.1:6379" },
 *   {
 *     server: "https://tableau.example.com",
 *     credentials: Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("secret") })
 *   }
 * ).pipe(Effect.provide(TableauNode.layerHttpClient()))
 * ```
 *
 * @since 0.1.0
 * @category sweeping
 */
export const sweep = (
  options: Options,
  { credentials, server, site }: SweepOptions
): Effect.Effect<Swept, TableauError.OpenError, HttpClient> =>
  Effect.gen(function* () {
    const settings = yield* settingsOf(options)
    const store = yield* Store.make({ ...settings, onStoreFailure: "wait", signOut: "lastMember" })
    const resolved = yield* TableauUrl.resolve(server, site)
    const identity = {
      origin: resolved.server,
      name: credentials.name,
      secret: credentials.value,
      impersonate: credentials.impersonate,
      site: resolved.site
    }
    const unavailable = Effect.mapError(
      ({ detail }: { readonly detail: string }) =>
        new TableauError.SessionStoreUnavailable({ operation: "RedisSessionStore.sweep", acted: "no", detail })
    )
    const { contentUrl, fence, members, record, settled } = yield* unavailable(store.inspect(identity))
    if (members > 0) return { _tag: "InUse", members } as const
    if (record === undefined && fence <= settled) return { _tag: "Nothing" } as const
    const swept = contentUrl ?? resolved.site
    // Its only member leaves at once, as the last one.
    yield* TableauSession.make({ server: resolved.server, site: swept, credentials }).pipe(
      Effect.scoped,
      Effect.provideService(SessionStore.SessionStore, store)
    )
    // One that joined meanwhile keeps the session.
    const { members: joined, record: left } = yield* unavailable(store.settle(identity))
    if (joined > 0) return { _tag: "InUse", members: joined } as const
    return { _tag: left === undefined ? "SignedOut" : "Left", site: swept } as const
  }).pipe(Effect.scoped)
