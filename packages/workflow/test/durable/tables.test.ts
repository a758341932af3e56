import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Postgres from "../../src/Postgres.js"
import { databases, isInstalled } from "./setUp.js"

describe.skipIf(!isInstalled)("tables", () => {
  it.scopedLive("runners that start at once with an empty database all start", () =>
    Effect.gen(function* () {
      const { create } = yield* databases
      // One try can go well by chance.
      for (let round = 0; round < 3; round++) {
        const url = Redacted.make((yield* create).url)
        const runner = Layer.build(Postgres.layer({ url, port: 0, maxConnections: 3 }))
        const exits = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.exit(runner), {
          concurrency: "unbounded"
        }).pipe(Effect.scoped)
        expect(exits.filter(Exit.isFailure)).toEqual([])
      }
    })
  )
})
