/**
 * Conditions whose value cannot be sent as it is. They are sent with `*` in the place of what cannot, and the client checks
 * the received items. Tableau documents `*` as a wildcard for the operator `like` only, which few fields have. Some servers
 * take it as one with `eq`, too; on the others such a condition has no result, and must not be sent.
 */
import * as Array from "effect/Array"
import type { Value } from "../../Filter.js"

export type Operator = "eq" | "like"

/** A condition with wildcards. */
export interface Wildcard<A> {
  readonly field: string
  readonly operator: Operator
  /** Where the wildcards are, as `x*` or `x*x`: a server may know them in some places only. */
  readonly shape: string
  /** Whether an item, received for this condition, shows that the server takes `*` as a wildcard. */
  readonly isProof: (item: A) => boolean
  /** A value with wildcards of the same kind, such as one at its end, that the item has if `*` is a wildcard. */
  readonly sample: (item: A) => string | undefined
}

/**
 * Characters that cannot be sent in a filter: separators and wildcards, which cannot be escaped, and whitespace that a
 * server may trim. They are replaced by a wildcard, and the received items are checked.
 */
const unsendable = /^$|^[\s\p{Cc}]+|[\s\p{Cc}]+$|[,&*[\]]+/gu

export const isSendable = (value: Value): boolean => typeof value !== "string" || value.search(unsendable) === -1

/** The value with wildcards. */
export const patternOf = (text: string): string => text.replace(unsendable, "*").replace(/\*+/g, "*")

/** Replaces a part of a string by `*`, where the pattern has one: at its start, at its end, or between. */
const sampleOf = (pattern: string, value: string): string | undefined => {
  const [first, ...others] = pattern.split("*")
  const begin = first === "" ? 1 : 0
  const end = others.at(-1) === "" ? 1 : 0
  const characters = [...value]
  const middle = characters.slice(begin, characters.length - end)
  if (middle.length < 3) return undefined
  if (others.length > begin + end) middle[Math.floor(middle.length / 2)] = "*"
  return `${"*".repeat(begin)}${middle.join("")}${"*".repeat(end)}`
}

/** `undefined` if the condition has no wildcards, or if these are the characters of its value. */
export const make = <A>(
  field: string,
  operator: Operator,
  given: Value | ReadonlyArray<Value>,
  pattern: string | undefined,
  get: (item: A) => Value | ReadonlyArray<Value> | undefined
): Wildcard<A> | undefined => {
  // Then a server that takes `*` literally returns the items that match, and any other more.
  if (pattern === undefined || Array.ensure(given).includes(pattern)) return undefined
  const valuesOf = (item: A) => Array.ensure(get(item) ?? [])
  return {
    field,
    operator,
    shape: pattern.replace(/[^*]+/g, "x"),
    // A server that takes `*` literally returns only items that have one.
    isProof: (item) => {
      const values = valuesOf(item)
      return values.length > 0 && !values.some((value) => String(value).includes("*"))
    },
    sample: (item) => {
      for (const value of valuesOf(item)) {
        const sample = typeof value === "string" && isSendable(value) ? sampleOf(pattern, value) : undefined
        if (sample !== undefined) return sample
      }
      return undefined
    }
  }
}
