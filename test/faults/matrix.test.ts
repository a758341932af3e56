import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { operations } from "../support/operations.js"
import { scenarios } from "./matrix.js"
import { fileRules } from "./outcome.js"
import { runCell } from "./runMatrix.js"
import { rows } from "./table.js"

// `npm run matrix` runs all cells. Here each fault meets one or two scenarios, and each scenario some faults.
const stride = 101

const cells = Array.from({ length: Math.max(rows.length, scenarios.length) }, (_, index) => {
  const row = rows[index % rows.length]
  const scenario = scenarios[(index * stride) % scenarios.length]
  return row === undefined || scenario === undefined ? [] : [{ row, scenario }]
}).flat()

const sample = cells.map((cell) => ({ ...cell, name: `${cell.row.of}: ${cell.row.name}, ${cell.scenario.name}` }))

it.each(sample)("$name", ({ row, scenario }) =>
  Effect.runPromise(Effect.map(runCell(row, scenario), ({ wrong }) => expect(wrong).toEqual([])))
)

it("the sample has each fault and each scenario", () => {
  expect(new Set(sample.map(({ row }) => row))).toEqual(new Set(rows))
  expect(new Set(sample.map(({ scenario }) => scenario))).toEqual(new Set(scenarios))
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length)
})

it("the matrix has each operation of the package", () => {
  expect(operations.length).toBeGreaterThan(0)
  const names = new Set(scenarios.map(({ name }) => name.replace(/[:,].*/, "")))
  expect(operations.filter(({ spec }) => !names.has(spec.name)).map(({ name }) => name)).toEqual([])
})

it("the rules for files are about faults of the table", () => {
  const names = new Set(rows.map(({ name, of }) => `${of}: ${name}`))
  expect(Object.keys(fileRules).filter((name) => !names.has(name))).toEqual([])
})
