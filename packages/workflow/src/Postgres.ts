/**
 * Durable work on many hosts: the workflows are in Postgres, and each process that uses the layer runs some of them.
 *
 * @since 0.1.0
 */
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import type * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SocketRunner from "@effect/cluster/SocketRunner"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as SocketServer from "@effect/platform/SocketServer"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { DatabaseUnavailable, InvalidEngineOption, RunnerAddressUnavailable } from "./EngineError.js"
import * as Engine from "./internal/engine.js"

/**
 * Where Postgres is. All processes that share a database need the same `sharding.shardsPerGroup`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /**
   * `postgres://user:password@host:5432/database`. The engine creates its tables, whose names begin with `cluster_`. Runners
   * of one database are one cluster. A pool between them and Postgres must keep a session for each connection.
   */
  readonly url: Redacted.Redacted
  /** TLS to Postgres, if the URL does not say it. */
  readonly ssl?: PgClient.PgClientConfig["ssl"]
  /** The largest number of connections to Postgres, by default 10, at least 2. One of them holds the locks of this runner. */
  readonly maxConnections?: number | undefined
  /**
   * Settings of `@effect/cluster`. Those that matter here: `shardLockExpiration`, by default 35 seconds, is when the
   * work of a killed runner moves to another one; `entityMessagePollInterval`, by default 1 second, is how exact the waits
   * of workflows are.
   */
  readonly sharding?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
}

/**
 * Where Postgres is, and where the other runners reach this one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends ClientOptions {
  /**
   * The name or address at which other runners reach this one. With a database on this host it is `127.0.0.1` by default.
   * With one on another host it is required: give the name of this host, or `127.0.0.1` if all runners are on it. Runners
   * trust each other, without encryption: only they may reach the port.
   */
  readonly host?: string | undefined
  /** The port for other runners, by default 34431. With 0 the system chooses a free one, for several runners on a host. */
  readonly port?: number | undefined
  /** The address to listen on, by default `host`. A container may need `0.0.0.0`. */
  readonly listenHost?: string | undefined
}

const expectedUrl =
  "`postgres://user:password@host:5432/database`, with an encoded password; `layerConfig` reads it from DATABASE_URL"

/** `Config.redacted` would hide the name of a variable that is missing. */
const urlConfig = Config.map(Config.string("DATABASE_URL"), Redacted.make)

const advice =
  "Check that Postgres is running and reachable, and that the user of the URL may create tables in the database."

/** Host, port and database, without user and password. */
const addressOf = (url: URL) => `${url.hostname || "localhost"}:${url.port || 5432}${url.pathname}`

/** Whether the database is on this host, also by a Unix socket. */
const isLocal = (url: URL): boolean => {
  const host = url.searchParams.get("host") ?? decode(url.hostname)
  return host === "localhost" || host === "[::1]" || host.startsWith("127.") || host.startsWith("/") || host === ""
}

/** As pg reads it: a URL without a host, for a Unix socket, is not one of the standard. */
const parse = (text: string) => {
  const standard = text.replace("@/", "@localhost/")
  const url = URL.canParse(standard) ? new URL(standard) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) return undefined
  // With an @ there, the password was not encoded, and a part of it would be taken for the host, and be in its errors.
  const [firstParameter = ""] = url.searchParams.keys()
  return url.hash === "" && !`${url.pathname}${firstParameter}`.includes("@") ? url : undefined
}

const decode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A database could repeat the password of the URL, as it is or decoded. */
const redactor = (url: URL) => {
  const passwords = [url.password, decode(url.password), url.searchParams.get("password") ?? ""]
  return (text: string) =>
    passwords.reduce((text, password) => (password === "" ? text : text.replaceAll(password, "***")), text)
}

/**
 * The locks of a runner last as long as the connection that it reserves. Postgres would notice after two hours that its host
 * is lost, as Linux does by default. With this it takes about 25 seconds. As an option of the connection, PgBouncer would
 * refuse it.
 */
const keepalives = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"

const withKeepalives = Layer.effect(
  SqlClient.SqlClient,
  Effect.map(SqlClient.SqlClient, (sql) =>
    Object.assign(sql, { reserve: Effect.tap(sql.reserve, (connection) => connection.executeRaw(keepalives, [])) })
  )
)

/** Listens before it is known to other runners, so that a port which the system chose is the one that they get. */
const listening = (host: string, port: number) =>
  NodeSocketServer.layer({ host, port }).pipe(
    Layer.catchAll((error) => Layer.fail(new RunnerAddressUnavailable({ host, port, detail: Engine.detailOf(error) })))
  )

/** Checks the options before anything is started. */
const at = <A, E>(options: ClientOptions, use: (url: URL) => Layer.Layer<A, E>) => {
  const url = parse(Redacted.value(options.url))
  if (url === undefined) return Layer.fail(new InvalidEngineOption({ option: "url", expected: expectedUrl }))
  const { maxConnections = 10 } = options
  if (!Number.isInteger(maxConnections) || maxConnections < 2) {
    const expected = "a whole number of at least 2, because one connection holds the locks of the runner"
    return Layer.fail(new InvalidEngineOption({ option: "maxConnections", expected }))
  }
  return use(url)
}

/**
 * Fails if the database cannot store all characters: a query that never succeeds would be taken for an outage. SQL_ASCII stores
 * them as they are.
 */
const checkEncoding = (database: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly server_encoding: string }>`SHOW server_encoding`
    const encoding = rows[0]?.server_encoding ?? "unknown"
    if (encoding === "UTF8" || encoding === "SQL_ASCII") return
    return yield* new DatabaseUnavailable({
      database,
      detail: `its encoding is ${encoding}, which cannot store all keys and names`,
      advice: "Use a database whose encoding is UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
    })
  })

/** Of an advisory lock. Those of the cluster are above a million. */
const creation = 726_173

/** A process that was stopped keeps the lock. */
const warnIfSlow = <A, E, R>(database: string, lock: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.logWarning(
    `The engine waits for another process, which checks the tables of ${database}. If that was stopped, end it: it has a lock.`
  ).pipe(Effect.delay("10 seconds"), Effect.forkScoped, Effect.andThen(lock), Effect.scoped)

/**
 * Builds the layer while no other process does. Of processes that create tables at the same time all but one fail, even with
 * `IF NOT EXISTS`. The lock has a connection of its own, so that it cannot take the last one that the layer needs.
 */
const oneAtATime =
  (config: PgClient.PgClientConfig, database: string) =>
  <A, E, R>(tables: Layer.Layer<A, E, R>) =>
    Layer.scopedContext(
      Effect.gen(function* () {
        const scope = yield* Effect.scope
        const context = yield* Effect.context<R>()
        return yield* Effect.gen(function* () {
          yield* checkEncoding(database)
          const sql = yield* SqlClient.SqlClient
          const connection = yield* sql.reserve
          yield* connection.executeRaw(keepalives, [])
          // Closing the connection releases it.
          yield* warnIfSlow(database, connection.executeRaw(`SELECT pg_advisory_lock(${creation})`, []))
          return yield* Effect.provide(Layer.buildWithScope(tables, scope), context)
        }).pipe(Effect.scoped, Effect.provide(PgClient.layer({ ...config, maxConnections: 1 })))
      })
    )

/** What is in the database, and the tables for it. */
const tables = (options: ClientOptions, url: URL) => {
  const orUnavailable = Engine.orUnavailable(addressOf(url), advice, redactor(url))
  const config: PgClient.PgClientConfig = {
    url: options.url,
    ssl: options.ssl,
    maxConnections: options.maxConnections,
    connectTimeout: "5 seconds",
    applicationName: "effect-tableau-workflow"
  }
  return Layer.merge(SqlMessageStorage.layer, SqlRunnerStorage.layer).pipe(
    oneAtATime(config, addressOf(url)),
    orUnavailable,
    Layer.provide(withKeepalives.pipe(Layer.provide(PgClient.layer(config)), orUnavailable))
  )
}

const shardingConfig = (options: Options, host: string, port: number) =>
  Layer.effect(
    ShardingConfig.ShardingConfig,
    Effect.map(SocketServer.SocketServer, ({ address }) => ({
      ...Engine.shardingDefaults,
      ...options.sharding,
      runnerAddress: Option.some(RunnerAddress.make(host, address._tag === "TcpAddress" ? address.port : port))
    }))
  )

/** Runners of several hosts that all have one address would take each other for themselves. */
const hostOf = ({ host }: Options, url: URL): Effect.Effect<string, InvalidEngineOption> => {
  if (host !== undefined) return Effect.succeed(host)
  if (isLocal(url)) return Effect.succeed("127.0.0.1")
  const expected = "the name or address of this host (RUNNER_HOST), because the database is on another one"
  return new InvalidEngineOption({ option: "host", expected })
}

/**
 * The engine of workflows over Postgres. Start as many processes as you like, on any host: each runs some of the workflows.
 * When a process ends, it gives running activities `sharding.entityTerminationTimeout`, by default 15 seconds, and the others
 * take its workflows within seconds after that. When it is killed, or its host is lost, they do so after
 * `sharding.shardLockExpiration`. Each workflow goes on after the last activity whose result is in the database. A process
 * that is only stopped keeps its workflows.
 *
 * While Postgres cannot be reached, workflows wait.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import { TableauSession } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 * import * as Postgres from "effect-tableau-workflow/Postgres"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))
 *
 * const Workflows = TableauWorkflow.layer().pipe(
 *   Layer.provideMerge(
 *     Postgres.layer({
 *       url: Redacted.make("postgres://tableau:secret@db.example.com/tableau"),
 *       host: "worker-1.example.com"
 *     })
 *   ),
 *   Layer.provide([Session, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<
  WorkflowEngine.WorkflowEngine | Sharding.Sharding | MessageStorage.MessageStorage,
  InvalidEngineOption | DatabaseUnavailable | RunnerAddressUnavailable
> => {
  const { port = 34_431 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return Layer.fail(new InvalidEngineOption({ option: "port", expected: "a number from 0 to 65535" }))
  }
  const health = RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc))
  return at(options, (url) =>
    Layer.unwrapEffect(
      Effect.map(hostOf(options, url), (host) =>
        Engine.engine.pipe(
          Layer.provideMerge(SocketRunner.layer),
          Layer.provide(health),
          Layer.provide(NodeClusterSocket.layerClientProtocol),
          Layer.provideMerge(tables(options, url)),
          Layer.provide(shardingConfig(options, host, port)),
          Layer.provide(listening(options.listenHost ?? host, port)),
          Layer.provide(RpcSerialization.layerMsgPack)
        )
      )
    )
  )
}

/**
 * The engine with options from the configuration: by default `DATABASE_URL`, and if they are set `RUNNER_HOST`,
 * `RUNNER_PORT` and `RUNNER_LISTEN_HOST`. `RUNNER_HOST` is required if the database is on another host.
 *
 * @example
 * ```ts
 * import * as Postgres from "effect-tableau-workflow/Postgres"
 *
 * const Engine = Postgres.layerConfig()
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options> = {
    url: urlConfig,
    host: Config.withDefault(Config.string("RUNNER_HOST"), undefined),
    port: Config.withDefault(Config.integer("RUNNER_PORT"), undefined),
    listenHost: Config.withDefault(Config.string("RUNNER_LISTEN_HOST"), undefined)
  }
): Layer.Layer<
  WorkflowEngine.WorkflowEngine | Sharding.Sharding | MessageStorage.MessageStorage,
  InvalidEngineOption | DatabaseUnavailable | RunnerAddressUnavailable | ConfigError.ConfigError
> => Layer.unwrapEffect(Effect.map(Config.unwrap(config), layer))

/**
 * Submits workflows and waits for their results, but runs none: for a web service, or a program that starts each night. With
 * `layer`, a process takes a part of all workflows, also of those that it has no code for. What it submits is in the database
 * at once: the process can end while runners work on it.
 *
 * @example
 * ```ts
 * import { Ids } from "effect-tableau"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 * import * as Postgres from "effect-tableau-workflow/Postgres"
 * import * as Effect from "effect/Effect"
 *
 * const submit = TableauWorkflow.refreshWorkbook
 *   .execute(
 *     { site: "", id: Ids.WorkbookId.make("1f951daf-4061-451a-9df1-69a8062664f2"), key: "2026-11-28" },
 *     // Without this it returns the result of the refresh, when there is one.
 *     { discard: true }
 *   )
 *   .pipe(Effect.provide(Postgres.layerClientConfig()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: ClientOptions
): Layer.Layer<
  WorkflowEngine.WorkflowEngine | Sharding.Sharding | MessageStorage.MessageStorage,
  InvalidEngineOption | DatabaseUnavailable
> =>
  at(options, (url) =>
    Engine.client.pipe(
      Layer.provideMerge(SocketRunner.layerClientOnly),
      Layer.provide(NodeClusterSocket.layerClientProtocol),
      Layer.provideMerge(tables(options, url)),
      Layer.provide(
        ShardingConfig.layer({ ...Engine.shardingDefaults, ...options.sharding, runnerAddress: Option.none() })
      ),
      Layer.provide(RpcSerialization.layerMsgPack)
    )
  )

/**
 * The client with options from the configuration: by default `DATABASE_URL`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClientConfig = (
  config: Config.Config.Wrap<ClientOptions> = { url: urlConfig }
): Layer.Layer<
  WorkflowEngine.WorkflowEngine | Sharding.Sharding | MessageStorage.MessageStorage,
  InvalidEngineOption | DatabaseUnavailable | ConfigError.ConfigError
> => Layer.unwrapEffect(Effect.map(Config.unwrap(config), layerClient))
