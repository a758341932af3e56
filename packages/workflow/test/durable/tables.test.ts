import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Ids, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { allWarnings } from "../../../../test/support/warnings.js"
import * as Postgres from "../../src/Postgres.js"
import * as TableauWorkflow from "../../src/TableauWorkflow.js"
import { pooler } from "./pooler.js"
import { databases, isInstalled, prepare, sharding } from "./setUp.js"

const setUp = prepare()

describe.skipIf(!isInstalled)("tables", () => {
  it.scopedLive("runners that start at once with an empty database all start", () =>
    Effect.gen(function* () {
      const { create } = yield* databases
      // One try can go well by chance.
      for (let round = 0; round < 3; round++) {
        const url = Redacted.make((yield* create).url)
        const runner = Layer.build(Postgres.layer({ url, port: 0, maxConnections: 2 }))
        const exits = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.exit(runner), {
          concurrency: "unbounded"
        }).pipe(Effect.scoped)
        expect(exits.filter(Exit.isFailure)).toEqual([])
      }
    })
  )

  it.scopedLive("a client stores what it submits, and is no runner", () =>
    Effect.gen(function* () {
      const { create, query } = yield* databases
      const { name, url } = yield* create
      yield* TableauWorkflow.refreshWorkbook
        .execute({ site: "", id: Ids.WorkbookId.make("w1"), key: "today" }, { discard: true })
        .pipe(Effect.provide(Postgres.layerClient({ url: Redacted.make(url) })))
      expect(yield* query("SELECT tag FROM cluster_messages", name)).toEqual([{ tag: "run" }])
      expect(yield* query("SELECT address FROM cluster_runners", name)).toEqual([])
      expect(yield* query("SELECT objid FROM pg_locks WHERE locktype = 'advisory'", name)).toEqual([])
    })
  )

  it.scopedLive(
    "a client submits without waiting and reads the result by its id, after a runner of another site has waited",
    () =>
      Effect.gen(function* () {
        const { create } = yield* databases
        const engine = yield* create
        const { simulator, worker } = yield* setUp()
        const session = TableauSession.layer({
          server: simulator.url,
          credentials: Credentials.password({ username: "ana", password: Redacted.make("ana-password") })
        }).pipe(Layer.provide(TableauNode.layerHttpClient()))
        const { id } = yield* Workbooks.list().pipe(
          Effect.flatMap(({ items }) => Stream.runHead(items)),
          Effect.flatten,
          Effect.provide(session)
        )
        const client = Postgres.layerClient({ url: Redacted.make(engine.url), sharding })
        const payload = { site: "", id, key: "today" }
        const executionId = yield* TableauWorkflow.refreshWorkbook
          .execute(payload, { discard: true })
          .pipe(Effect.provide(client))
        expect(yield* TableauWorkflow.refreshWorkbook.executionId(payload)).toBe(executionId)
        const state = TableauWorkflow.refreshWorkbook.poll(executionId).pipe(Effect.provide(client))
        expect(yield* state).toBeUndefined()
        const told = { engine, stays: true, options: { pace: { first: "100 millis", factor: 1 } } } as const
        const elsewhere = yield* worker({ ...told, name: "second", site: "Other" })
        const isWaiting = () => elsewhere.log().includes('for "", and the session of this process is on "Other"')
        yield* Effect.repeat(Effect.sleep("100 millis"), { until: isWaiting })
        const runner = yield* worker(told)
        yield* runner.started
        yield* elsewhere.kill
        const ended = yield* Effect.repeat(Effect.delay(state, "200 millis"), {
          until: (result) => result?._tag === "Complete"
        })
        expect(ended, runner.log()).toMatchObject({ exit: { _tag: "Success", value: { start: "started" } } })
      })
  )

  it.scopedLive("a runner that waits for another one to create the tables warns of it", () =>
    Effect.gen(function* () {
      const { create } = yield* databases
      const url = Redacted.make((yield* create).url)
      const sql = yield* Effect.provide(PgClient.make({ url }), Reactivity.layer)
      const connection = yield* sql.reserve
      yield* connection.executeRaw("SELECT pg_advisory_lock(726173)", [])
      const runner = Layer.build(Postgres.layer({ url, port: 0 }))
      const lines = yield* allWarnings(Effect.timeoutOption(runner, "12 seconds"))
      expect(lines).toEqual([expect.stringMatching(/waits for another process.*127\.0\.0\.1/)])
    })
  )

  it.scopedLive("a database that cannot store all characters is refused with its encoding, and SQL_ASCII is not", () =>
    Effect.gen(function* () {
      const { query, server } = yield* databases
      const engineIn = (encoding: string) =>
        Effect.gen(function* () {
          const name = encoding.toLowerCase()
          yield* query(`CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
          const url = Redacted.make(Redacted.value(server.url).replace(/postgres$/, name))
          return yield* Effect.either(Effect.scoped(Layer.build(Postgres.layer({ url, port: 0 }))))
        })
      const refused = yield* engineIn("LATIN1")
      expect(refused).toMatchObject({ _tag: "Left", left: { _tag: "DatabaseUnavailable" } })
      expect(String(refused)).toContain("its encoding is LATIN1")
      expect(yield* engineIn("SQL_ASCII")).toMatchObject({ _tag: "Right" })
    })
  )

  it.scopedLive(
    "a pooler that knows few parameters of connections, the engine starts and the locks end with their host",
    () =>
      Effect.gen(function* () {
        const { create } = yield* databases
        const { connections, url } = yield* Effect.flatMap(create, ({ url }) => pooler(url))
        yield* Layer.build(Postgres.layer({ url: Redacted.make(url), port: 0 }))
        const isLocked = (text: string) => text.includes("pg_try_advisory_lock")
        yield* Effect.repeat(Effect.sleep("50 millis"), { until: () => connections.some(isLocked) })
        expect(connections.filter(isLocked)).toEqual([expect.stringContaining("SET tcp_keepalives_idle = 10")])
      })
  )
})
