/**
 * Durable work in one process and one file: nothing has to be installed or started.
 *
 * @since 0.1.0
 */
import { closeSync, openSync, realpathSync, statSync } from "node:fs"
import { pathToFileURL } from "node:url"
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Runners from "@effect/cluster/Runners"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import type * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DatabaseInUse, DatabaseUnavailable, InvalidEngineOption } from "./EngineError.js"
import * as Engine from "./internal/engine.js"

/**
 * Where the workflows are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The path of the file, which is created; its folder must exist. On a local disk, not on a network's. */
  readonly path: string
  /**
   * Settings of `@effect/cluster`. `entityMessagePollInterval` is how exact the waits of workflows are, by default 1 second.
   */
  readonly sharding?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
}

const advice = "Check that the folder exists and can be written to, and that the file is a database of SQLite."

/**
 * The client opens a connection for each transaction, and its files are closed only when memory is collected: a process that
 * waits would run out of them. So everything goes through one connection, one after the other.
 */
const oneConnection = Effect.fnUntraced(function* (client: SqlClient.SqlClient) {
  const connection = yield* client.reserve
  const turn = yield* Effect.makeSemaphore(1)
  return yield* SqlClient.make({
    acquirer: Effect.as(
      Effect.acquireRelease(turn.take(1), () => turn.release(1)),
      connection
    ),
    compiler: Statement.makeCompilerSqlite(),
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

/** Creates the file, and returns its path without symbolic links: by each of its paths the lock is the same file. */
const realPath = (path: string) => {
  const unavailable = (detail: string) => new DatabaseUnavailable({ database: path, detail, advice })
  const attempt = <A>(run: () => A) => Effect.try({ try: run, catch: (error) => unavailable(Engine.detailOf(error)) })
  return Effect.gen(function* () {
    const stats = yield* attempt(() => statSync(path, { throwIfNoEntry: false }))
    // To open a pipe would wait for what writes to it.
    if (stats?.isFIFO() === true) return yield* unavailable("It is a pipe")
    return yield* attempt(() => {
      closeSync(openSync(path, "a"))
      return realpathSync(path)
    })
  })
}

const client = (file: string, advice: string) =>
  Layer.scoped(
    SqlClient.SqlClient,
    // Ids of the cluster are integers that a number of JavaScript cannot represent.
    Effect.flatMap(LibsqlClient.make({ url: pathToFileURL(file), intMode: "bigint" }), oneConnection)
  ).pipe(Layer.provide(Reactivity.layer), Engine.orUnavailable(file, advice))

/**
 * A transaction on a file of its own that lasts as long as the layer. The system ends it with the process, also with one
 * that is killed, so that no lock is left and the next process starts at once.
 */
const onlyProcess = (path: string) => {
  const file = `${path}-lock`
  const advice = "It only locks the database: if no process uses that, delete this file."
  return Layer.scopedDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const connection = yield* sql.reserve
      yield* Effect.acquireRelease(connection.executeUnprepared("BEGIN IMMEDIATE", [], undefined), () =>
        Effect.ignore(connection.executeUnprepared("ROLLBACK", [], undefined))
      )
    }).pipe(
      Effect.mapError((error) =>
        Engine.codeOf(error) === "SQLITE_BUSY"
          ? new DatabaseInUse({ path })
          : new DatabaseUnavailable({ database: file, detail: Engine.detailOf(error), advice })
      )
    )
  ).pipe(Layer.provide(client(file, advice)))
}

/** Commits then take one write to the disk instead of several, and are as durable. */
const writeAhead = Layer.effectDiscard(
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe("PRAGMA journal_mode = WAL"))
)

/**
 * The engine of workflows over a file. A process that was killed goes on with its workflows when it is started again. Only
 * one process can use the file: another one fails with `DatabaseInUse`. In this order it does so before it signs in, which would
 * end the session of the first process.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import { TableauSession } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 * import * as Libsql from "effect-tableau-workflow/Libsql"
 * import * as Layer from "effect/Layer"
 *
 * const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))
 *
 * const Workflows = TableauWorkflow.layer().pipe(
 *   Layer.provide([Session, NodeContext.layer]),
 *   Layer.provideMerge(Libsql.layer({ path: "tableau-workflows.db" }))
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
  InvalidEngineOption | DatabaseUnavailable | DatabaseInUse
> => {
  const { path } = options
  if (path.trim() === "" || path.includes("\0") || path.startsWith(":memory:") || /^[a-z]+:\/\//i.test(path)) {
    return Layer.fail(
      new InvalidEngineOption({
        option: "path",
        expected: "the path of a file; for workflows in memory, use `WorkflowEngine.layerMemory` of @effect/workflow"
      })
    )
  }
  const tables = (file: string) =>
    SqlMessageStorage.layer.pipe(
      Layer.provide(writeAhead),
      Layer.provide(client(file, advice)),
      Engine.orUnavailable(file, advice)
    )
  return Layer.unwrapEffect(
    Effect.map(realPath(path), (file) =>
      Engine.engine.pipe(
        Layer.provideMerge(Sharding.layer),
        Layer.provide(Runners.layerNoop),
        Layer.provideMerge(tables(file)),
        Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
        Layer.provide(ShardingConfig.layer({ ...Engine.shardingDefaults, ...options.sharding })),
        Layer.provide(onlyProcess(file))
      )
    )
  )
}

/**
 * The engine over the file that `TABLEAU_WORKFLOWS` names, by default `tableau-workflows.db` in the current folder, or with
 * other options from the configuration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options> = {
    path: Config.withDefault(Config.string("TABLEAU_WORKFLOWS"), "tableau-workflows.db")
  }
): Layer.Layer<
  WorkflowEngine.WorkflowEngine | Sharding.Sharding | MessageStorage.MessageStorage,
  InvalidEngineOption | DatabaseUnavailable | DatabaseInUse | ConfigError.ConfigError
> => Layer.unwrapEffect(Effect.map(Config.unwrap(config), layer))
