/** The engines with real databases, and processes that are killed. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Credentials, Ids, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { allWarnings } from "../../../../test/support/warnings.js"
import * as Libsql from "../../src/Libsql.js"
import * as Postgres from "../../src/Postgres.js"
import * as TableauWorkflow from "../../src/TableauWorkflow.js"
import { databaseFile, databases, isInstalled, prepare, secret } from "./setUp.js"
import type { Told } from "./workers.js"
import { temporary } from "./workers.js"

const setUp = prepare()

const steps = (key: string, count: number, waitMillis: number) => ({
  workflow: "steps" as const,
  payload: { key, count, waitMillis }
})

const restarts = (engine: Told["engine"]) =>
  Effect.gen(function* () {
    const { simulator, worker } = yield* setUp()
    const killed = yield* worker({ engine, execute: [steps("a", 3, 500)], killAt: "clock wait 2, scheduled" })
    yield* Effect.promise(() => killed.exited)
    expect(killed.isKilled(), killed.log()).toBe(true)
    const again = yield* worker({ engine, execute: [steps("a", 3, 500)] })
    const [first, second] = [killed.child.pid, again.child.pid]
    expect(yield* again.results, again.log()).toMatchObject([{ result: { value: [first, first, second] } }])
    expect(yield* simulator.count("createProject")).toBe(3)
  })

/** Linux shows the files that a process has open. */
const openFiles = "/proc/self/fd"

const fileOf = (name: string) => {
  try {
    return readlinkSync(join(openFiles, name))
  } catch {
    return "closed meanwhile"
  }
}

/** Why a layer is not built. */
const failure = <A, E>(layer: Layer.Layer<A, E>) => Effect.flip(Effect.scoped(Layer.build(layer)))

describe.concurrent("Libsql", () => {
  it.scopedLive("a workflow goes on in the next process, its process killed while it waited", () =>
    Effect.flatMap(databaseFile, restarts)
  )

  it.scopedLive("a file serves one process, others fail until it ends", () =>
    Effect.gen(function* () {
      const { simulator, worker } = yield* setUp()
      const engine = yield* databaseFile
      const first = yield* worker({ engine, stays: true })
      yield* first.started
      const signIns = yield* simulator.count("signIn")
      const Session = TableauSession.layer({
        server: simulator.url,
        credentials: Credentials.personalAccessToken({ name: "worker", value: Redacted.make(secret) })
      }).pipe(Layer.provide(TableauNode.layerHttpClient()))
      const second = TableauWorkflow.layer().pipe(
        Layer.provide([Session, NodeContext.layer]),
        Layer.provideMerge(Libsql.layer(engine))
      )
      const refused = yield* failure(second)
      // That would have ended the session of the first process.
      expect(yield* simulator.count("signIn")).toBe(signIns)
      expect(refused._tag).toBe("DatabaseInUse")
      expect(refused.message).toContain(engine.path)
      yield* first.kill
      // At once: no lock is left.
      yield* Effect.scoped(Layer.build(Libsql.layer(engine)))
    })
  )

  it.scopedLive("a file that is in use is refused also by a symbolic link, and by one that was there before it", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const [path, before, after] = ["workflows.db", "before.db", "after.db"].map((name) => join(folder, name))
      if (path === undefined || before === undefined || after === undefined) return expect.fail("no paths")
      symlinkSync(path, before)
      yield* Layer.build(Libsql.layer({ path: before }))
      symlinkSync(path, after)
      for (const one of [path, before, after]) {
        expect(yield* failure(Libsql.layer({ path: one }))).toMatchObject({ _tag: "DatabaseInUse" })
      }
    })
  )

  it.scopedLive("a lock that is damaged is named, with what to do", () =>
    Effect.gen(function* () {
      const { path } = yield* databaseFile
      writeFileSync(`${path}-lock`, "damaged ".repeat(1000))
      const error = yield* failure(Libsql.layer({ path }))
      expect(error).toMatchObject({ _tag: "DatabaseUnavailable", database: `${path}-lock` })
      expect(error.message).toContain("delete this file")
    })
  )

  it.scopedLive.runIf(existsSync(openFiles))("an engine without work opens no more files", () =>
    Effect.gen(function* () {
      const { path } = yield* databaseFile
      const count = Effect.sync(() => readdirSync(openFiles).filter((name) => fileOf(name).startsWith(path)).length)
      yield* Layer.build(Libsql.layer({ path, sharding: { entityMessagePollInterval: "10 millis" } }))
      const before = yield* count
      expect(before).toBeGreaterThan(0)
      yield* Effect.sleep("2 seconds")
      expect(yield* count).toBe(before)
    })
  )

  it.scopedLive("a folder that does not exist, and a file that is not a database, fail with advice", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const absent = yield* failure(Libsql.layer({ path: join(folder, "absent", "workflows.db") }))
      expect(absent).toMatchObject({ _tag: "DatabaseUnavailable" })
      expect(absent.message).toContain("Check that the folder exists")
      mkdirSync(join(folder, "directory"))
      const notAFile = yield* failure(Libsql.layer({ path: join(folder, "directory") }))
      expect(notAFile).toMatchObject({ _tag: "DatabaseUnavailable" })
      expect(notAFile.message.match(/The engine cannot use/g)).toHaveLength(1)
      execFileSync("mkfifo", [join(folder, "pipe")])
      expect(yield* failure(Libsql.layer({ path: join(folder, "pipe") }))).toMatchObject({ detail: "It is a pipe" })
      const inMemory = yield* failure(Libsql.layer({ path: ":memory:" }))
      expect(inMemory).toMatchObject({ _tag: "InvalidEngineOption", option: "path" })
    })
  )

  it.scopedLive("a workflow that is executed and not registered is a warning with the layer to provide", () =>
    Effect.gen(function* () {
      const execution = TableauWorkflow.refreshWorkbook.execute({
        site: "",
        id: Ids.WorkbookId.make("w1"),
        key: "today"
      })
      const engine = yield* Layer.build(Libsql.layer(yield* databaseFile))
      // It waits: another process could have the workflow.
      const lines = yield* allWarnings(Effect.timeoutOption(Effect.provide(execution, engine), "5 seconds"))
      expect(lines).toEqual([
        expect.stringMatching(/not registered .*refreshWorkbook.* Provide TableauWorkflow\.layer\(\)/)
      ])
    })
  )

  it.scopedLive("layerConfig reads the path from TABLEAU_WORKFLOWS", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "absent", "workflows.db")
      const error = yield* failure(Libsql.layerConfig()).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TABLEAU_WORKFLOWS", path]])))
      )
      expect(error).toMatchObject({ _tag: "DatabaseUnavailable", database: path })
    })
  )
})

describe.concurrent("Postgres, its options", () => {
  it.live("a database that cannot be reached fails with advice and without the password", () =>
    Effect.gen(function* () {
      const error = yield* failure(
        Postgres.layer({ url: Redacted.make("postgres://ana:s3cret@127.0.0.1:1/work"), port: 0 })
      )
      expect(error).toMatchObject({ _tag: "DatabaseUnavailable", database: "127.0.0.1:1/work" })
      expect(error.message).toContain("ECONNREFUSED")
      expect(error.message).toContain("Check that Postgres is running")
      expect(error.message).not.toContain("s3cret")
    })
  )

  it.live("a runner without a connection beside that of its locks fails before anything is connected", () =>
    Effect.gen(function* () {
      const url = Redacted.make("postgres://ana@127.0.0.1:1/work")
      for (const maxConnections of [1, 0, 2.5, Number.NaN]) {
        const error = yield* failure(Postgres.layer({ url, port: 0, maxConnections }))
        expect(error).toMatchObject({ _tag: "InvalidEngineOption", option: "maxConnections" })
      }
    })
  )

  it.live("a URL of another database fails before anything is connected", () =>
    Effect.gen(function* () {
      const error = yield* failure(Postgres.layer({ url: Redacted.make("mysql://ana:s3cret@127.0.0.1/work") }))
      expect(error).toMatchObject({ _tag: "InvalidEngineOption", option: "url" })
      expect(error.message).toContain("DATABASE_URL")
      expect(error.message).not.toContain("s3cret")
    })
  )

  it.live(
    "a password with characters that are not encoded fails before anything is connected, without a part of it",
    () =>
      Effect.gen(function* () {
        for (const url of ["ana:p@s3cret#w@db/work", "ana:p@s3cret/w@db/work", "ana:p@s3cret?w@db/work"]) {
          const error = yield* failure(Postgres.layer({ url: Redacted.make(`postgres://${url}`), host: "127.0.0.1" }))
          expect(error).toMatchObject({ _tag: "InvalidEngineOption", option: "url" })
          expect(error.message).not.toContain("s3cret")
        }
      })
  )

  it.live("a database on another host without the name of this one fails before anything is connected", () =>
    Effect.gen(function* () {
      for (const at of ["db.example.com/work", "db.example.com:6432/work?host=10.0.0.9"]) {
        const error = yield* failure(Postgres.layer({ url: Redacted.make(`postgres://ana:s3cret@${at}`), port: 0 }))
        expect(error).toMatchObject({ _tag: "InvalidEngineOption", option: "host" })
        expect(error.message).toContain("RUNNER_HOST")
        expect(error.message).not.toContain("s3cret")
      }
    })
  )

  it.live("a database on this host, also by a Unix socket, needs no name of the host", () =>
    Effect.gen(function* () {
      for (const at of ["localhost:1/work", "[::1]:1/work", "/work?host=/no/such/folder"]) {
        const error = yield* failure(Postgres.layer({ url: Redacted.make(`postgres://ana@${at}`), port: 0 }))
        expect(error).toMatchObject({ _tag: "DatabaseUnavailable" })
      }
    })
  )

  it.live("DATABASE_URL is not set, an error that names it", () =>
    Effect.gen(function* () {
      for (const layer of [Postgres.layerConfig(), Postgres.layerClientConfig()]) {
        const error = yield* failure(layer).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map())))
        expect(String(error)).toContain("Expected DATABASE_URL to exist")
      }
    })
  )

  it.live("layerConfig reads DATABASE_URL and RUNNER_PORT", () =>
    Effect.gen(function* () {
      const values = new Map([
        ["DATABASE_URL", "postgres://ana@127.0.0.1:1/work"],
        ["RUNNER_PORT", "70000"]
      ])
      const error = yield* failure(Postgres.layerConfig()).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(values))
      )
      expect(error).toMatchObject({ _tag: "InvalidEngineOption", option: "port" })
    })
  )
})

describe.skipIf(!isInstalled).concurrent("Postgres", () => {
  it.scopedLive("a workflow goes on in the next process, its process killed while it waited", () =>
    Effect.flatMap(
      Effect.flatMap(databases, ({ create }) => create),
      restarts
    )
  )

  it.scopedLive("workflows of a runner that is killed are finished by the other one", () =>
    Effect.gen(function* () {
      const { simulator, worker } = yield* setUp()
      const engine = yield* Effect.flatMap(databases, ({ create }) => create)
      const execute = Array.from({ length: 12 }, (_, index) => steps(`workflow ${index}`, 4, 400))
      const first = yield* worker({ engine, stays: true })
      yield* first.started
      const second = yield* worker({ engine, execute, name: "second" })
      yield* first.until("activity step 2, stored")
      yield* first.kill
      expect(first.points, first.log()).toContain("activity step 2, stored")
      const results = yield* second.results
      expect(results, second.log()).toHaveLength(execute.length)
      const processes = results.flatMap(({ result }) => (result._tag === "Success" ? [result.value] : []))
      expect(processes, second.log()).toHaveLength(execute.length)
      // Both have run some of the steps, and every step was finished.
      const pids = [first.child.pid, second.child.pid]
      expect(new Set(processes.flat())).toEqual(new Set(pids))
      const created = (yield* simulator.requests).filter(
        ({ operation, status }) => operation === "createProject" && status === 201
      )
      expect(created).toHaveLength(48)
    })
  )

  it.scopedLive("nothing is lost when Postgres crashes and starts again during a workflow", () =>
    Effect.gen(function* () {
      const { simulator, worker } = yield* setUp()
      const { create, server } = yield* databases
      const engine = yield* create
      const runner = yield* worker({ engine, execute: [steps("a", 6, 700), steps("b", 6, 700)] })
      yield* runner.until("activity step 2, before")
      yield* server.kill
      yield* Effect.sleep("1 second")
      yield* server.start
      const results = yield* runner.results
      expect(results, runner.log()).toMatchObject([{ result: { _tag: "Success" } }, { result: { _tag: "Success" } }])
      const created = (yield* simulator.requests).filter(
        ({ operation, status }) => operation === "createProject" && status === 201
      )
      expect(created).toHaveLength(12)
    })
  )

  it.scopedLive("a wrong password fails with advice, a port that is in use with another one", () =>
    Effect.gen(function* () {
      const { create } = yield* databases
      const { url } = yield* create
      const wrong = url.replace(/:[^:@]+@/, ":wr%6Fng@")
      const refused = yield* failure(Postgres.layer({ url: Redacted.make(wrong), port: 0 }))
      expect(refused).toMatchObject({ _tag: "DatabaseUnavailable" })
      expect(refused.message).toContain("password authentication failed")
      // The port of Postgres itself.
      const port = Number(new URL(url).port)
      const inUse = yield* failure(Postgres.layer({ url: Redacted.make(url), port }))
      expect(inUse).toMatchObject({ _tag: "RunnerAddressUnavailable" })
      expect(inUse.message).toContain("EADDRINUSE")
    })
  )
})
