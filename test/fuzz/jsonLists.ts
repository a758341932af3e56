/** Damage in lists in JSON: it costs nothing but what is damaged. */
import * as assert from "node:assert/strict"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { itemsDecoderOf } from "../../packages/tableau/src/internal/http/jsonItems.js"
import { type Property, property } from "./property.js"

const Part = Schema.Struct({ id: Schema.String, unit: Schema.String, note: Schema.optional(Schema.String) })

const Item = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  kind: Schema.String,
  title: Schema.optional(Schema.String),
  weights: Schema.optional(Schema.Array(Schema.Number)),
  parts: Schema.optional(Schema.Array(Part))
})

const decode = itemsDecoderOf(Schema.Struct({ items: Schema.Array(Item) }))

type Values = Readonly<Record<string, unknown>>

interface Damaged {
  readonly item: Values
  /** What is read of it: all but the damage. `undefined` if a required value is damaged. */
  readonly expected: Values | undefined
}

/** Values that no property accepts, and `undefined`, which is absent in JSON. */
const bad = FastCheck.constantFrom(undefined, null, 5, false, {}, ["x"], [1, "2", "3"])

const damages = FastCheck.oneof(
  FastCheck.constant(new Map<string, unknown>()),
  FastCheck.array(FastCheck.tuple(FastCheck.constantFrom("name", "kind", "unit", "title", "note", "weights"), bad), {
    maxLength: 3
  }).map((entries) => new Map<string, unknown>(entries))
)

const damage = (
  given: Values,
  expected: Values,
  required: ReadonlyArray<string>,
  bad: Map<string, unknown>
): Damaged => ({
  item: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, bad.has(name) ? bad.get(name) : value])),
  expected: required.some((name) => bad.has(name))
    ? undefined
    : Object.fromEntries(Object.entries(expected).filter(([name]) => !bad.has(name)))
})

const part = damages.map((bad) => {
  const values = { id: "p", unit: "EUR", note: "n" }
  return damage(values, values, ["unit"], bad)
})

const readable = (all: ReadonlyArray<Damaged>) =>
  all.flatMap(({ expected }) => (expected === undefined ? [] : [expected]))

const list = FastCheck.array(FastCheck.tuple(damages, FastCheck.array(part, { maxLength: 4 })), { maxLength: 6 }).map(
  (all) =>
    all.map(([bad, parts], index) => {
      const values = { id: String(index), name: "n", kind: "k", title: "t", weights: [1, 2] }
      const given = { ...values, parts: parts.map(({ item }) => item) }
      return damage(given, { ...values, parts: readable(parts) }, ["name", "kind"], bad)
    })
)

export const jsonListProperties: ReadonlyArray<Property> = [
  property("a damaged value of a JSON list costs no value of another item, and no other value", list, (damaged) => {
    const body: unknown = JSON.parse(JSON.stringify({ items: damaged.map(({ item }) => item) }))
    const { malformed, value } = Either.getOrThrowWith(decode(body), (problem) => problem)
    assert.deepEqual(value.items, readable(damaged))
    assert.deepEqual(
      malformed.filter(({ isKept }) => !isKept).map(({ index }) => index),
      damaged.flatMap(({ expected }, index) => (expected === undefined ? [index] : []))
    )
  })
]
