import * as Effect from "effect/Effect"
import type * as Predicate from "effect/Predicate"
import { badRequest, type ErrorResponse } from "../protocol/errorResponse.js"
import type { Asterisk } from "../session/call.js"
import type { Field, Fields, Kind, Operator, Value } from "./field.js"

type Test = (value: Value) => boolean

/** Splits a filter at its commas, except between the brackets of `in:[a,b]`. */
const expressions = (filter: string): ReadonlyArray<string> => filter.match(/(?:\[[^\]]*\]|[^,])+/g) ?? []

const pattern = /^(\w+):(eq|gte?|lte?|in|has|cieq|like):(.*)$/s

const toRegExp = (wanted: string, asterisk: Asterisk, flags: string): RegExp => {
  const parts = (asterisk === "wildcard" ? wanted.split("*") : [wanted]).map((part) =>
    part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
  )
  return new RegExp(`^${parts.join(".*")}$`, `s${flags}`)
}

/** Parses ISO 8601 in UTC. The Python client omits the `T` and the `Z`. */
const toMillis = (text: string): number => {
  const iso = text.trim().replace(" ", "T")
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes("T") ? iso : `${iso}Z`)
}

const textTest = (kind: Kind, operator: Operator, given: string, asterisk: Asterisk): Test => {
  const insensitive = kind === "name" || operator === "cieq"
  const matches = (wanted: string): Test => {
    const expression = toRegExp(wanted, operator === "like" ? "wildcard" : asterisk, insensitive ? "i" : "")
    return (value) => typeof value === "string" && expression.test(value)
  }
  if (operator === "has") {
    return (value) => typeof value === "string" && value.toLowerCase().includes(given.toLowerCase())
  }
  const any = operator === "in" ? list(given).map(matches) : [matches(given)]
  return kind === "tags"
    ? (value) => Array.isArray(value) && value.some((tag) => any.some((test) => test(tag)))
    : (value) => any.some((test) => test(value))
}

const list = (given: string): ReadonlyArray<string> =>
  (given.startsWith("[") && given.endsWith("]") ? given.slice(1, -1) : given).split(",").map((item) => item.trim())

const orderTests: Readonly<Partial<Record<Operator, (left: number, right: number) => boolean>>> = {
  eq: (left, right) => left === right,
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right
}

/** The test of an expression, or `undefined` if the field cannot have such a value. */
const toTest = (kind: Kind, operator: Operator, given: string, asterisk: Asterisk): Test | undefined => {
  if (kind === "flag") {
    return /^(true|false)$/i.test(given) ? (value) => String(value) === given.toLowerCase() : undefined
  }
  if (kind !== "number" && kind !== "date") return textTest(kind, operator, given, asterisk)
  const convert = kind === "number" ? Number : toMillis
  const wanted = given.trim() === "" ? Number.NaN : convert(given)
  const order = orderTests[operator]
  return Number.isNaN(wanted) || order === undefined
    ? undefined
    : (value) => (typeof value === "number" || typeof value === "string") && order(Number(convert(`${value}`)), wanted)
}

const parse = <A>(
  expression: string,
  fields: Fields<A>,
  asterisk: Asterisk
): Effect.Effect<readonly [string, Predicate.Predicate<A>], ErrorResponse> =>
  Effect.gen(function* () {
    const [, name = "", operator = "", given = ""] = pattern.exec(expression) ?? []
    // A value with a comma is split into parts without operator. Tableau has the same limit.
    if (name === "") return yield* badRequest(`Filter expression is not field:operator:value: '${expression}'.`)
    if (given.includes("&")) return yield* badRequest("A filter value must not contain an ampersand.")
    const field: Field<A> | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) return yield* badRequest(`Filtering by '${name}' is not supported.`)
    const known = field.operators.find((candidate) => candidate === operator)
    if (known === undefined) return yield* badRequest(`The field '${name}' has no operator '${operator}'.`)
    const test = toTest(field.kind, known, given, asterisk)
    if (test === undefined) return yield* badRequest(`'${given}' is not a value of the field '${name}'.`)
    return [name, (item: A) => test(field.value(item))] as const
  })

/** Parses `filter` into a predicate. All expressions must hold. The last of two expressions on one field counts. */
export const parseFilter = <A>(
  filter: string,
  fields: Fields<A>,
  asterisk: Asterisk
): Effect.Effect<Predicate.Predicate<A> | undefined, ErrorResponse> =>
  Effect.map(
    Effect.forEach(expressions(filter), (expression) => parse(expression, fields, asterisk)),
    (parsed) => {
      const tests = [...new Map(parsed).values()]
      return tests.length === 0 ? undefined : (item: A) => tests.every((test) => test(item))
    }
  )
