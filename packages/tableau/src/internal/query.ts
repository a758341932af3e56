/** Filter, sort and fields of a list: what goes to the server, and what has to be checked here. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { Filter, Operator, Value } from "../Filter.js"
import type { Field } from "../Query.js"
import type { Sort } from "../Sort.js"
import { type BadRequest, UnfilterableValue } from "../TableauError.js"
import { badInput } from "./badInput.js"

type Of<A, V> = (item: A) => V | ReadonlyArray<V> | undefined

const comparisons = ["eq", "gt", "gte", "lt", "lte"] as const

export const text = <A>(of?: Of<A, string>): Field<A, string, "eq" | "in", true> => ({
  operators: ["eq", "in"],
  sortable: true,
  of
})

/** A text that can be searched for, but not sorted by. */
export const searchable = <A>(of?: Of<A, string>): Field<A, string, "has", false> => ({
  operators: ["has"],
  sortable: false,
  of
})

/** Several texts, one of which is to match. */
export const texts = <A>(of?: Of<A, string>): Field<A, string, "eq" | "in", false> => ({
  operators: ["eq", "in"],
  sortable: false,
  of
})

export const flag = <A>(of?: Of<A, boolean>): Field<A, boolean, "eq", true> => ({
  operators: ["eq"],
  sortable: true,
  of
})

export const number = <A>(of?: Of<A, number>): Field<A, number, (typeof comparisons)[number], true> => ({
  operators: comparisons,
  sortable: true,
  of
})

export const date = <A>(of?: Of<A, DateTime.Utc>): Field<A, DateTime.Utc, (typeof comparisons)[number], true> => ({
  operators: comparisons,
  sortable: true,
  of
})

interface Content {
  readonly name?: string | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: { readonly name?: string | undefined } | undefined
  readonly owner?: { readonly email?: string | undefined } | undefined
  readonly tags: ReadonlyArray<{ readonly label: string }>
}

/** What all content can be filtered by. */
export const content = <A extends Content>() => ({
  name: text<A>(({ name }) => name),
  createdAt: date<A>(({ createdAt }) => createdAt),
  updatedAt: date<A>(({ updatedAt }) => updatedAt),
  ownerName: text<A>(),
  ownerDomain: text<A>(),
  ownerEmail: text<A>(({ owner }) => owner?.email),
  projectName: text<A>(({ project }) => project?.name),
  tags: texts<A>(({ tags }) => tags.map(({ label }) => label))
})

/** Fields without their types: as the interpreter sees them. */
export type Fields<A> = Readonly<Record<string, Pick<Field<A, Value, Operator, boolean>, "of" | "sortable">>>

/** What has a meaning of its own in a filter, and cannot be escaped. */
const uncarriable = /[,&*[\]]/

/** Text at whose end the server, or a gateway before it, might cut. */
const trimmed = (text: string): boolean => text.trim() === text && text !== ""

const comparable = (value: Value): string | number | boolean =>
  DateTime.isDateTime(value) ? DateTime.toEpochMillis(value) : value

const compare: Readonly<Record<Operator, (item: Value, given: Value) => boolean>> = {
  eq: (item, given) => comparable(item) === comparable(given),
  in: (item, given) => comparable(item) === comparable(given),
  gt: (item, given) => comparable(item) > comparable(given),
  gte: (item, given) => comparable(item) >= comparable(given),
  lt: (item, given) => comparable(item) < comparable(given),
  lte: (item, given) => comparable(item) <= comparable(given),
  has: (item, given) => String(item).toLowerCase().includes(String(given).toLowerCase())
}

/** An expression as it is sent, and whether the server's answer has to be checked. */
interface Written {
  readonly field: string
  readonly expression: string
  readonly exact: boolean
}

/** Dates go out in whole seconds. For what is to be earlier they are rounded up, or the last second would be lost. */
const writeValue = (value: Value, operator: Operator): string => {
  if (!DateTime.isDateTime(value)) return String(value)
  const round = operator === "lt" ? Math.ceil : Math.floor
  const seconds = round(DateTime.toEpochMillis(value) / 1000)
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z")
}

const isExact = (value: Value): boolean => {
  if (typeof value === "string") return !uncarriable.test(value)
  return !DateTime.isDateTime(value) || DateTime.toEpochMillis(value) % 1000 === 0
}

const write = (
  operation: string,
  { field, operator, value }: Filter
): Either.Either<Written, BadRequest | UnfilterableValue> => {
  const values = Array.ensure(value)
  const refuse = (detail: string) => Either.left(badInput(operation, `The filter on ${field} ${detail}`))
  const cannot = (detail: string) => Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
  if (values.length === 0) return refuse("has no value: nothing could match.")
  for (const one of values) {
    if (typeof one === "number" && !Number.isFinite(one)) return refuse(`has ${one}, which is no number of Tableau's.`)
    if (typeof one === "string" && one === "") return refuse("has an empty text, which Tableau cannot look for.")
  }
  const [first] = values
  if (values.length === 1 && (operator === "in" || operator === "eq") && first !== undefined) {
    const written = writeValue(first, operator)
    const exact = isExact(first)
    return Either.right({
      field,
      exact: exact && (typeof first !== "string" || trimmed(first)),
      expression: `${field}:eq:${exact ? written : written.replaceAll(/[,&*[\]]+/g, "*")}`
    })
  }
  const lost = values.find((one) => typeof one === "string" && (!isExact(one) || !trimmed(one)))
  if (lost !== undefined) {
    return cannot(
      `Tableau cannot compare by ${operator} with ${JSON.stringify(lost)}: commas, ampersands, asterisks, brackets and spaces at an end have no way there. Ask by Filter.eq, once for each value, or without this filter.`
    )
  }
  const written = values.map((one) => writeValue(one, operator))
  return Either.right({
    field,
    exact: values.every(isExact),
    expression: `${field}:${operator}:${operator === "in" ? `[${written.join(",")}]` : written.join("")}`
  })
}

const testOf =
  <A>(of: Of<A, Value>, { operator, value }: Filter) =>
  (item: A): boolean => {
    const there = of(item)
    const items = there === undefined ? [] : Array.ensure(there)
    return items.some((one) => Array.ensure(value).some((other) => compare[operator](one, other)))
  }

type Unaskable = BadRequest | UnfilterableValue

/** What the list is asked for, and what an item must be beside what the server has seen to. */
export interface Asked<A> {
  readonly query: Readonly<Record<string, string | undefined>>
  readonly keeps: ((item: A) => boolean) | undefined
}

/** The conditions on one field. A server looks at the last one of several: the others are for us. */
const askField = <A>(
  operation: string,
  of: Of<A, Value> | undefined,
  filters: Array.NonEmptyReadonlyArray<Filter>
): Either.Either<{ readonly expression: string; readonly tests: ReadonlyArray<(item: A) => boolean> }, Unaskable> =>
  Either.gen(function* () {
    const { exact, expression, field } = yield* write(operation, Array.lastNonEmpty(filters))
    const ours = exact ? Array.initNonEmpty(filters) : filters
    if (ours.length > 0 && of === undefined) {
      const detail =
        filters.length > 1
          ? "Tableau looks at one condition on a field only, and items do not show this field: give one condition on it."
          : "Tableau cannot be asked for this value, and items do not show the field: ask for more, without this filter."
      return yield* Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
    }
    return { expression, tests: of === undefined ? [] : ours.map((filter) => testOf(of, filter)) }
  })

/** `order` is for who does not say one: that a list which grows while it is read grows at its end. */
export const ask = <A>(
  operation: string,
  fields: Fields<A>,
  order: string | undefined,
  options: {
    readonly filter?: ReadonlyArray<Filter> | undefined
    readonly sort?: ReadonlyArray<Sort> | undefined
    readonly fields?: "all" | ReadonlyArray<string> | undefined
  }
): Either.Either<Asked<A>, Unaskable> =>
  Either.gen(function* () {
    const expressions: Array<string> = []
    const tests: Array<(item: A) => boolean> = []
    for (const [field, filters] of Object.entries(Array.groupBy(options.filter ?? [], ({ field }) => field))) {
      const asked = yield* askField(operation, fields[field]?.of, filters)
      expressions.push(asked.expression)
      tests.push(...asked.tests)
    }
    const sort = (options.sort ?? []).map(({ direction, field }) => `${field}:${direction}`)
    // What is checked here has to come.
    const needed = tests.length > 0 ? "_default_" : "id"
    return {
      query: {
        filter: expressions.length === 0 ? undefined : expressions.join(","),
        sort: sort.length === 0 ? order : sort.join(","),
        fields:
          options.fields === "all" ? "_all_" : options.fields && Array.dedupe([needed, ...options.fields]).join(",")
      },
      keeps: tests.length === 0 ? undefined : (item) => tests.every((test) => test(item))
    }
  })
