/** What the tests of workflows need: the simulator, databases, and processes that run workflows. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Simulator } from "effect-tableau-simulator"
import * as Servers from "../../../../examples/cluster/servers.js"
import { bundled, start, type Told, temporary } from "./workers.js"

/** Without Postgres its tests are skipped. */
export const isInstalled = Effect.runSync(
  Effect.match(Servers.postgresInstalled, {
    onFailure: ({ message }) => {
      process.stdout.write(`${message} The tests with PostgreSQL are skipped.\n`)
      return false
    },
    onSuccess: () => true
  })
)

export const secret = "pat-secret-0f8d2c"
export const connectionPassword = "connection-password-77ab1"
export const site = ""

const content: Simulator.Options["content"] = {
  users: [
    { name: "ana", password: "ana-password", siteRole: "SiteAdministratorCreator" },
    { name: "ben", siteRole: "Creator" }
  ],
  personalAccessTokens: [
    { name: "worker", secret, user: "ana" },
    // A token has one session.
    { name: "second", secret, user: "ana" },
    { name: "creator", secret, user: "ben" }
  ],
  sites: [
    {
      contentUrl: site,
      workbooks: [{ name: "Sales", owner: "ben", hasExtracts: true }],
      datasources: [{ name: "Orders" }]
    },
    { contentUrl: "Other" }
  ]
}

/** Databases of their own for tests that run at the same time. */
export const databases = Effect.gen(function* () {
  const server = yield* Servers.postgres
  const numbers = { next: 1 }
  const query = (text: string, database = "postgres") =>
    PgClient.make({ url: Redacted.make(Redacted.value(server.url).replace(/postgres$/, database)) }).pipe(
      Effect.flatMap((sql) => sql.unsafe(text)),
      Effect.scoped,
      Effect.provide(Reactivity.layer)
    )
  const create = Effect.gen(function* () {
    const name = `test_${numbers.next++}`
    yield* query(`CREATE DATABASE ${name}`)
    return { name, url: Redacted.value(server.url).replace(/postgres$/, name) }
  })
  return { server, create, query }
})

/** A file of its own. */
export const databaseFile = Effect.map(temporary, (folder) => ({ path: join(folder, "workflows.db") }))

/** Short times, so that the tests do not wait. */
export const sharding = {
  shardsPerGroup: 20,
  entityMessagePollInterval: "100 millis",
  refreshAssignmentsInterval: "300 millis",
  shardLockRefreshInterval: "500 millis",
  shardLockExpiration: "3 seconds"
} as const

/** For the tests of one file: makes a simulator, and processes that work on it. */
export const prepare = () => {
  const file = bundled()
  return (options: Simulator.Options = {}) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ content, jobWait: "200 millis", jobRun: "800 millis", ...options })
      const worker = (told: Pick<Told, "engine"> & Partial<Told>) =>
        start(file(), {
          sharding,
          server: simulator.url,
          site,
          name: "worker",
          secret,
          connectionPassword,
          options: {},
          execute: [],
          stays: false,
          killAt: undefined,
          ...told
        })
      return { simulator, worker }
    })
}

/** Everything in a database of SQLite, and in its journal. */
const readFile = (path: string) =>
  Effect.sync(() =>
    ["", "-wal", "-lock"]
      .filter((ending) => existsSync(`${path}${ending}`))
      .map((ending) => readFileSync(`${path}${ending}`, "latin1"))
      .join("\n")
  )

/** What a test needs to know of an engine. */
export interface Database {
  readonly engine: Told["engine"]
  /** Everything that is stored. */
  readonly dump: Effect.Effect<string>
}

/** A file of its own. */
export const inFile: Effect.Effect<Database, never, Scope.Scope> = Effect.map(databaseFile, (engine) => ({
  engine,
  dump: readFile(engine.path)
}))

/** Databases of one server. */
export const inPostgres = Effect.map(databases, ({ create, query }) =>
  Effect.map(create, ({ name, url }): Database => {
    const table = (name: string) => Effect.orDie(query(`SELECT row_to_json(t)::text AS row FROM ${name} t`, database))
    const database = name
    return {
      engine: { url },
      dump: Effect.map(
        Effect.all([table("cluster_messages"), table("cluster_replies"), table("cluster_runners")]),
        (all) => JSON.stringify(all)
      )
    }
  })
)
