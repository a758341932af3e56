import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Ids } from "effect-tableau"
import * as Postgres from "../../src/Postgres.js"
import * as TableauWorkflow from "../../src/TableauWorkflow.js"
import { pooler } from "./pooler.js"
import { databases, isInstalled } from "./setUp.js"

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
