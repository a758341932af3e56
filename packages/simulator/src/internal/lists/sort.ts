import * as Effect from "effect/Effect"
import { badRequest, type ErrorResponse } from "../protocol/errorResponse.js"
import type { Field, Fields, Value } from "./field.js"

export interface Key<A> {
  readonly value: Field<A>["value"]
  readonly descending: boolean
}

/** Parses `sort`, such as `name:asc,createdAt:desc`. The first key is the most significant. */
export const parseSort = <A>(sort: string, fields: Fields<A>): Effect.Effect<ReadonlyArray<Key<A>>, ErrorResponse> =>
  Effect.gen(function* () {
    const keys: Array<Key<A>> = []
    for (const key of sort.split(",").filter((key) => key !== "")) {
      const [, name = "", direction = "asc"] = /^(\w+)(?::(asc|desc))?$/.exec(key) ?? []
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined || field.kind === "tags")
        return yield* badRequest(`Sorting by '${key}' is not supported.`)
      keys.push({ value: field.value, descending: direction === "desc" })
    }
    return keys
  })

/** Strings, including dates, are compared without regard to case. */
const folded = (value: Value): Value => (typeof value === "string" ? value.toLowerCase() : value)

/** Absent values sort first. */
const compare = (left: Value, right: Value): number => {
  if (left === right) return 0
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1
  return left < right ? -1 : 1
}

/** The rank of each distinct value. */
const ranked = (values: ReadonlyArray<Value>, descending: boolean): ReadonlyMap<Value, number> => {
  const different = [...new Set(values)].sort(compare)
  if (descending) different.reverse()
  return new Map(different.map((value, rank) => [value, rank]))
}

/**
 * Sorts positions by keys. The sort is stable. It sorts numbers only, the last key first, so that a million positions
 * need little time and memory.
 */
export const arrange = <A>(
  positions: Uint32Array,
  at: (position: number) => A | undefined,
  keys: ReadonlyArray<Key<A>>
): Uint32Array => {
  const count = positions.length
  let arranged = positions
  for (const { descending, value } of [...keys].reverse()) {
    const values = Array.from(arranged, (position) => {
      const item = at(position)
      return item === undefined ? undefined : folded(value(item))
    })
    const ranks = ranked(values, descending)
    // Rank and current place in one number.
    const order = Float64Array.from(values, (value, place) => (ranks.get(value) ?? 0) * count + place).sort()
    const before = arranged
    arranged = Uint32Array.from(order, (number) => before[number % count] ?? 0)
  }
  return arranged
}
