import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { patience, root, start } from "./programs.js"

it.scoped(
  "error unions, requirements and path parameters are what the types say",
  () =>
    Effect.gen(function* () {
      const compiler = join(root, "node_modules/typescript/bin/tsc")
      const { exit, output } = yield* start(process.execPath, [compiler, "-p", "test/types/tsconfig.json"])
      expect([yield* exit, output()]).toEqual([0, ""])
    }),
  patience
)
