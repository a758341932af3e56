import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { operations } from "./matrix.js"
import { runCell } from "./runMatrix.js"
import { rows } from "./table.js"

// `npm run matrix` looks at all cells. Here each fault meets one operation, and each operation every so many faults:
// seven has no divisor in common with the number of operations, so they take turns.
const sample = rows.flatMap((row, index) => {
  const operation = operations[(index * 7) % operations.length]
  return operation === undefined ? [] : [{ row, operation, name: `${row.of}: ${row.name}, ${operation.name}` }]
})

it.each(sample)("$name", ({ operation, row }) =>
  Effect.runPromise(Effect.map(runCell(row, operation), ({ wrong }) => expect(wrong).toEqual([])))
)

it("each fault and each operation is in the sample, and the matrix is not small", () => {
  expect(new Set(sample.map(({ row }) => row))).toEqual(new Set(rows))
  expect(new Set(sample.map(({ operation }) => operation))).toEqual(new Set(operations))
  expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
  expect(rows.length).toBeGreaterThanOrEqual(60)
  expect(operations.length).toBeGreaterThanOrEqual(25)
})
