/** The `filter`, `sort` and `fields` parameters of a list request, and the conditions that the client must check itself. */
import * as Array from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import { constFalse } from "effect/Function"
import { toStringUnknown } from "effect/Inspectable"
import * as Order from "effect/Order"
import type { Filter, Instant, Operator, Value } from "../../Filter.js"
import type { Field } from "../../Query.js"
import type { Sort } from "../../Sort.js"
import { type BadRequest, UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import { isInstant, millisOf } from "../instant.js"
import { excerpt } from "../xml/chunks.js"
import * as Wildcard from "./wildcard.js"

type Get<A, V> = (item: A) => V | ReadonlyArray<V> | undefined

type Selection = Pick<Field<unknown, Value, Operator, boolean>, "hasLike" | "onlyIfRequested" | "requestName">

const comparisons = ["eq", "gt", "gte", "lt", "lte"] as const

/** A string that people wrote. Strings that differ in case differ. */
export const text = <A>(get?: Get<A, string>, selection?: Selection): Field<A, string, "eq" | "in", true> => ({
  ...selection,
  operators: ["eq", "in"],
  sortable: true,
  caseSensitive: true,
  get
})

/** Ids, account and domain names, enumerated values: compared by the server, whose case rules are not documented. */
export const identifier = <A>(get?: Get<A, string>, selection?: Selection): Field<A, string, "eq" | "in", true> => ({
  ...selection,
  operators: ["eq", "in"],
  sortable: true,
  get
})

/** A string that can be searched, but not sorted by. */
export const searchable = <A>(get?: Get<A, string>, selection?: Selection): Field<A, string, "has", false> => ({
  ...selection,
  operators: ["has"],
  sortable: false,
  get
})

/** Several strings, one of which must match. */
const texts = <A>(get?: Get<A, string>, selection?: Selection): Field<A, string, "eq" | "in", false> => ({
  ...selection,
  operators: ["eq", "in"],
  sortable: false,
  caseSensitive: true,
  get
})

export const flag = <A>(get?: Get<A, boolean>, selection?: Selection): Field<A, boolean, "eq", true> => ({
  ...selection,
  operators: ["eq"],
  sortable: true,
  get
})

export const number = <A>(
  get?: Get<A, number>,
  selection?: Selection
): Field<A, number, (typeof comparisons)[number], true> => ({
  ...selection,
  operators: comparisons,
  sortable: true,
  get
})

export const date = <A>(
  get?: Get<A, DateTime.Utc>,
  selection?: Selection
): Field<A, DateTime.Utc, (typeof comparisons)[number], true> => ({
  ...selection,
  operators: comparisons,
  sortable: true,
  get
})

interface Content {
  readonly name?: string | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: { readonly name?: string | undefined } | undefined
  readonly owner?: { readonly email?: string | undefined } | undefined
  readonly tags?: ReadonlyArray<{ readonly label: string }> | undefined
}

/** The fields that all kinds of content have. */
export const content = <A extends Content>() => ({
  name: text<A>(({ name }) => name),
  createdAt: date<A>(({ createdAt }) => createdAt),
  updatedAt: date<A>(({ updatedAt }) => updatedAt),
  ownerName: text<A>(),
  ownerDomain: text<A>(),
  ownerEmail: identifier<A>(({ owner }) => owner?.email, { requestName: "owner.email", onlyIfRequested: true }),
  projectName: text<A>(({ project }) => project?.name, { requestName: "project.name" }),
  tags: texts<A>(({ tags }) => tags?.map(({ label }) => label))
})

/** A field of any type. */
type AnyField<A> = Field<A, Value, Operator, boolean>

export type Fields<A> = Readonly<Record<string, AnyField<A>>>

/** A condition in the form that is sent. */
interface Written {
  readonly expression: string
  /** Whether the server then returns matching items only. Otherwise the client checks the received items. */
  readonly exact: boolean
  /** The value with wildcards, if it has some. */
  readonly pattern?: string | undefined
}

/**
 * Tableau compares whole seconds. An instant with milliseconds is rounded so that no match is lost, and the received
 * items are checked.
 */
const rounded = {
  eq: { operator: "gte", round: Math.floor },
  gt: { operator: "gte", round: Math.floor },
  gte: { operator: "gte", round: Math.floor },
  lt: { operator: "lte", round: Math.ceil },
  lte: { operator: "lte", round: Math.ceil }
} as const

/** The last second of the year 9999, in seconds since the epoch: later years have five digits. */
const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

const writeInstant = (field: string, operator: keyof typeof rounded, instant: Instant): Written => {
  const seconds = millisOf(instant) / 1000
  const exact = Number.isInteger(seconds)
  const { operator: safe, round } = rounded[operator]
  const whole = new Date(Math.min(round(seconds), lastSecond) * 1000).toISOString().replace(".000Z", "Z")
  return { expression: `${field}:${exact ? operator : safe}:${whole}`, exact }
}

const write = (
  operation: string,
  { field, operator, value }: Filter,
  isReadable: boolean,
  wildcard: Wildcard.Operator
): Either.Either<Written, UnfilterableValue> => {
  const values = Array.ensure(value)
  const [first, ...others] = values
  if (isInstant(first) && operator !== "in" && operator !== "has") {
    return Either.right(writeInstant(field, operator, first))
  }
  const unsent = values.find((one) => !Wildcard.isSendable(one))
  if (unsent === undefined) {
    const sent =
      operator !== "in" ? `${operator}:${first}` : others.length > 0 ? `in:[${values.join(",")}]` : `eq:${first}`
    return Either.right({ expression: `${field}:${sent}`, exact: true })
  }
  if (operator !== "has" && others.length === 0 && isReadable) {
    const pattern = Wildcard.patternOf(String(unsent))
    return Either.right({ expression: `${field}:${wildcard}:${pattern}`, exact: false, pattern })
  }
  const advice =
    isReadable && operator === "in"
      ? "Use Filter.eq, with one request per value"
      : "Remove this filter and check the items"
  const detail = `Tableau cannot evaluate ${operator} with ${excerpt(JSON.stringify(unsent), 200)}: an empty string, commas, ampersands, asterisks, brackets, and leading or trailing spaces cannot be sent. ${advice}.`
  return Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
}

/** NaN, infinity, exponents, invalid dates and years that do not have four digits cannot be sent. */
const isValue = (value: Value): boolean => {
  if (typeof value === "number") return /^-?\d+(?:\.\d+)?$/.test(String(value))
  if (!isInstant(value)) return typeof value === "string" || typeof value === "boolean"
  const millis = millisOf(value)
  return !Number.isNaN(millis) && /^\d{4}-/.test(new Date(millis).toISOString())
}

/** Checks again at run time what types exclude, for values that were cast or read from a file. */
const problemOf = <A>(fields: Fields<A>, { field, operator, value }: Filter): string | undefined => {
  const known = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (known === undefined) return `on ${field} names a field that this list does not have.`
  if (!known.operators.includes(operator)) return `on ${field} uses ${operator}, which the field does not support.`
  const values = Array.ensure(value)
  if (values.length === 0) return `on ${field} has no value: no item could match.`
  const invalid = values.filter((one) => !isValue(one))
  return invalid.length === 0
    ? undefined
    : `on ${field} has ${invalid[0] instanceof Date ? String(invalid[0]) : toStringUnknown(invalid[0])}, which Tableau cannot compare with.`
}

const comparable = (value: Value): string | number | boolean => (isInstant(value) ? millisOf(value) : value)

const compare: Readonly<Record<Operator, (item: Value, given: Value) => boolean>> = {
  eq: (item, given) => comparable(item) === comparable(given),
  in: (item, given) => comparable(item) === comparable(given),
  gt: (item, given) => comparable(item) > comparable(given),
  gte: (item, given) => comparable(item) >= comparable(given),
  lt: (item, given) => comparable(item) < comparable(given),
  lte: (item, given) => comparable(item) <= comparable(given),
  has: (item, given) => String(item).includes(String(given))
}

/** Whether an item matches; `undefined` if the item does not contain the field. */
type Test<A> = (item: A) => boolean | undefined

const testOf = <A>(get: Get<A, Value>, caseSensitive: boolean, { operator, value }: Filter): Test<A> => {
  const fold = (one: Value): Value => (typeof one === "string" && !caseSensitive ? one.toLowerCase() : one)
  const wanted = Array.ensure(value).map(fold)
  const holds = compare[operator]
  const matches = (one: Value): boolean => {
    const folded = fold(one)
    return wanted.some((other) => holds(folded, other))
  }
  return (item) => {
    const found = get(item)
    return found === undefined ? undefined : Array.ensure(found).some(matches)
  }
}

/** Sends the most selective condition of a field first. */
const bySelectivity = Order.mapInput(Order.number, ({ operator }: Filter) =>
  ["eq", "in", "gte", "gt", "lte", "lt", "has"].indexOf(operator)
)

/** The conditions on one field. */
interface FieldQuery<A> {
  readonly field: string
  /** Absent if a wildcard would be taken literally. */
  readonly expression: string | undefined
  readonly wildcard: Wildcard.Wildcard<A> | undefined
  /** Conditions that the server does not evaluate. */
  readonly unchecked: ReadonlyArray<Test<A>>
  /** Conditions that the server evaluates without regard to case. */
  readonly caseInsensitive: ReadonlyArray<Test<A>>
}

/** A server evaluates only the last of several conditions on a field: one is sent, the client checks the others. */
const fieldQuery = <A>(
  operation: string,
  field: string,
  { caseSensitive = false, get, hasLike = false }: AnyField<A>,
  filters: Array.NonEmptyReadonlyArray<Filter>,
  isOmitted: (wildcard: Wildcard.Wildcard<A>) => boolean
): Either.Either<FieldQuery<A>, UnfilterableValue> =>
  Either.gen(function* () {
    if (get === undefined && filters.length > 1) {
      const detail =
        "Tableau evaluates only one condition per field, and items do not contain this field: use one condition on it."
      return yield* Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
    }
    const written = Array.map(Array.sort(filters, bySelectivity), (filter) =>
      Either.map(write(operation, filter, get !== undefined, hasLike ? "like" : "eq"), (sent) => ({ ...sent, filter }))
    )
    const sendable = Array.getRights(written)
    const sent = sendable.find(({ exact }) => exact) ?? sendable[0] ?? (yield* Array.headNonEmpty(written))
    if (get === undefined) {
      return { field, expression: sent.expression, wildcard: undefined, unchecked: [], caseInsensitive: [] }
    }
    const unchecked = filters.filter((filter) => filter !== sent.filter || !sent.exact)
    const wildcard = Wildcard.make(field, hasLike ? "like" : "eq", sent.filter.value, sent.pattern, get)
    return {
      field,
      expression: wildcard !== undefined && isOmitted(wildcard) ? undefined : sent.expression,
      wildcard,
      unchecked: unchecked.map((filter) => testOf(get, caseSensitive, filter)),
      caseInsensitive: caseSensitive && sent.exact ? [testOf(get, caseSensitive, sent.filter)] : []
    }
  })

/** The `fields` parameter. It must include the fields that the client checks. */
const selection = <A>(
  fields: Fields<A>,
  checked: ReadonlyArray<FieldQuery<A>>,
  wanted: "all" | ReadonlyArray<string> | undefined
): string | undefined => {
  if (wanted === "all") return "_all_"
  const nameOf = ({ field }: FieldQuery<A>) => fields[field]?.requestName ?? field
  if (wanted !== undefined) return Array.dedupe(["id", ...checked.map(nameOf), ...wanted]).join(",")
  const more = checked.filter(({ field, unchecked }) => unchecked.length > 0 && fields[field]?.onlyIfRequested === true)
  return more.length === 0 ? undefined : ["_default_", ...more.map(nameOf)].join(",")
}

/** Whether an item matches, or why that cannot be decided. */
export type Match = boolean | UnfilterableValue

const matcher =
  <A>(operation: string, checked: ReadonlyArray<FieldQuery<A>>) =>
  (item: A): Match => {
    for (const { caseInsensitive, field, unchecked } of checked) {
      for (const test of unchecked) {
        const holds = test(item)
        if (holds === undefined) {
          const detail = `Tableau does not evaluate this condition, and an item without ${field} was received: request the field with \`fields\`, or remove the condition.`
          return new UnfilterableValue({ operation, acted: "no", field, detail })
        }
        if (!holds) return false
      }
      for (const test of caseInsensitive) if (test(item) === false) return false
    }
    return true
  }

export interface ListQuery<A> {
  readonly query: Readonly<Record<string, string | undefined>>
  /** The conditions that the client checks on received items, if there are any. */
  readonly match: ((item: A) => Match) | undefined
  /** The conditions with wildcards, which a server may take literally: those that are sent, and those that are not. */
  readonly wildcards: {
    readonly sent: ReadonlyArray<Wildcard.Wildcard<A>>
    readonly unsent: ReadonlyArray<Wildcard.Wildcard<A>>
  }
}

/**
 * `order`: the default sort, oldest first, so that new items are appended while the list is read. `isOmitted`: whether a
 * condition with wildcards is left to the client.
 */
export const make = <A>(
  operation: string,
  declared: Fields<A> | undefined,
  order: string | undefined,
  options: {
    readonly filter?: ReadonlyArray<Filter> | undefined
    readonly sort?: ReadonlyArray<Sort> | undefined
    readonly fields?: "all" | ReadonlyArray<string> | undefined
  },
  isOmitted: (wildcard: Wildcard.Wildcard<A>) => boolean = constFalse
): Either.Either<ListQuery<A>, BadRequest | UnfilterableValue> =>
  Either.gen(function* () {
    const fields = declared ?? {}
    if (declared === undefined && options.fields !== undefined) {
      return yield* Either.left(badRequest(operation, "This list does not support the option `fields`."))
    }
    for (const filter of options.filter ?? []) {
      const problem = problemOf(fields, filter)
      if (problem !== undefined) return yield* Either.left(badRequest(operation, `The filter ${problem}`))
    }
    for (const { field } of options.sort ?? []) {
      if (Object.hasOwn(fields, field) && fields[field]?.sortable === true) continue
      return yield* Either.left(badRequest(operation, `This list cannot be sorted by ${field}.`))
    }
    const queries: Array<FieldQuery<A>> = []
    for (const [field, filters] of Object.entries(Array.groupBy(options.filter ?? [], ({ field }) => field))) {
      const known = fields[field]
      if (known !== undefined) queries.push(yield* fieldQuery(operation, field, known, filters, isOmitted))
    }
    const checked = queries.filter(({ caseInsensitive, unchecked }) => unchecked.length + caseInsensitive.length > 0)
    const sort = options.sort?.map(({ direction, field }) => `${field}:${direction}`).join(",") ?? order
    const expressions = queries.flatMap(({ expression }) => expression ?? [])
    const wildcards = queries.flatMap(({ expression, wildcard }) =>
      wildcard === undefined ? [] : [{ wildcard, isSent: expression !== undefined }]
    )
    const [unsent, sent] = Array.partitionMap(wildcards, ({ isSent, wildcard }) =>
      isSent ? Either.right(wildcard) : Either.left(wildcard)
    )
    return {
      query: {
        filter: expressions.length === 0 ? undefined : expressions.join(","),
        sort: sort === "" ? undefined : sort,
        fields: selection(fields, checked, options.fields)
      },
      match: checked.length === 0 ? undefined : matcher(operation, checked),
      wildcards: { sent, unsent }
    }
  })
