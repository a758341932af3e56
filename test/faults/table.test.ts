import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "effect-tableau-simulator"
import { runCell } from "./runCell.js"
import { columns, rows } from "./table.js"

it.effect.each(rows)("$of: $name", (row) =>
  Effect.gen(function* () {
    const cells = yield* Effect.forEach(columns, (column) =>
      Effect.map(runCell(row, column), ({ wrong }) => ({ column, wrong }))
    )
    expect(cells).toEqual(columns.map((column) => ({ column, wrong: [] })))
  })
)

it("every fault of the simulator has a row, and each row a name of its own", () => {
  const names = rows.map(({ name, of }) => `${of}: ${name}`)
  expect(new Set(names).size).toBe(names.length)
  expect([...new Set<string>(rows.map(({ of }) => of))].sort()).toEqual(Object.keys(Fault).sort())
})
