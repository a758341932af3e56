/** What the tests of workflows need: the simulator, databases, and processes that run workflows. */
import { join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Simulator } from "effect-tableau-simulator"
import * as Servers from "../../../../examples/cluster/servers.js"
import { bundle, start, type Told, temporary } from "./workers.js"

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

export const content: Simulator.Options["content"] = {
  users: [{ name: "ana", password: "ana-password", siteRole: "SiteAdministratorCreator" }],
  personalAccessTokens: [{ name: "worker", secret, user: "ana" }],
  sites: [{ contentUrl: site, workbooks: [{ name: "Sales", hasExtracts: true }], datasources: [{ name: "Orders" }] }]
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

/** A simulator, and processes that work on it. */
export const setUp = (options: Simulator.Options = {}) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make({ content, jobWait: "100 millis", jobRun: "500 millis", ...options })
    const file = yield* bundle
    const worker = (told: Pick<Told, "engine"> & Partial<Told>) =>
      start(file, {
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
