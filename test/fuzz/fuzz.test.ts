import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Workbooks } from "effect-tableau"
import { reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Scalar from "../../packages/tableau/src/internal/xml/scalar.js"
import { textOf } from "../support/text.js"
import { documents, shapes } from "./arbitraries.js"
import { comparison } from "./scannerProperties.js"
import { properties, sharesOf } from "./shares.js"

/** A thousand cases; `npm run fuzz` runs two million. */
const cases = 1000
const seed = 20240601

const read = reader("workbooks", Schema.Struct({ workbooks: Scalar.list("workbook", Workbooks.Workbook) }))

describe(`with the seed ${seed}`, () => {
  for (const { name, run } of properties) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const share = Math.ceil(cases / properties.length)
        expect(yield* run(share, seed)).toEqual({ cases: share, failure: undefined })
      })
    )
  }
})

it("a long run compares the scanner with saxes in all of its cases, and divides as many among the other properties", () => {
  const shares = sharesOf(1_000_000)
  expect(shares.map(({ property }) => property.name).sort()).toEqual(properties.map(({ name }) => name).sort())
  const [own, ...others] = shares
  expect(own).toEqual({ property: comparison, cases: 1_000_000 })
  expect(others.reduce((sum, { cases }) => sum + cases, 0)).toBe(1_000_000)
  expect(Math.min(...others.map(({ cases }) => cases))).toBeGreaterThan(10_000)
})

it("the reader never accepts a document that is truncated at any place", () => {
  for (const document of documents) {
    for (let end = 0; end < document.length; end++) {
      expect(Either.isLeft(read(textOf(document.slice(0, end)))), document.slice(0, end)).toBe(true)
    }
  }
})

describe("the reader returns a value or a short problem for any size", () => {
  it.each(Object.entries(shapes))("%s", (_, make) => {
    for (const size of [0, 1, 100, 100_000]) {
      const problem = Either.flip(read(textOf(make(size))))
      expect(Either.isLeft(problem) || problem.right.length <= 300).toBe(true)
    }
  })
})
