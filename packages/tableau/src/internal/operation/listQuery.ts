/** Filter, sort and fields of a list: what goes to the server, and what has to be checked here. */
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import { toStringUnknown } from "effect/Inspectable"
import * as Order from "effect/Order"
import type { Filter, Operator, Value } from "../../Filter.js"
import type { Field } from "../../Query.js"
import type { Sort } from "../../Sort.js"
import { type BadRequest, UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import { excerpt } from "../xml/chunks.js"

type Of<A, V> = (item: A) => V | ReadonlyArray<V> | undefined

/** What `fields` calls it, if not by the field's own name; `seldom` is sent only to who asks for it so. */
type Part = Pick<Field<unknown, Value, Operator, boolean>, "part" | "seldom">

const comparisons = ["eq", "gt", "gte", "lt", "lte"] as const

/** Text that people write: it is equal when it is the same, with case. */
export const text = <A>(of?: Of<A, string>, part?: Part): Field<A, string, "eq" | "in", true> => ({
  ...part,
  operators: ["eq", "in"],
  sortable: true,
  cased: true,
  of
})

/** Ids, names of accounts and domains, words of Tableau's own: whether case counts is for the server to say. */
export const word = <A>(of?: Of<A, string>, part?: Part): Field<A, string, "eq" | "in", true> => ({
  ...part,
  operators: ["eq", "in"],
  sortable: true,
  of
})

/** A text that can be searched for, but not sorted by. */
export const searchable = <A>(of?: Of<A, string>, part?: Part): Field<A, string, "has", false> => ({
  ...part,
  operators: ["has"],
  sortable: false,
  of
})

/** Several texts, one of which is to match. */
export const texts = <A>(of?: Of<A, string>, part?: Part): Field<A, string, "eq" | "in", false> => ({
  ...part,
  operators: ["eq", "in"],
  sortable: false,
  cased: true,
  of
})

export const flag = <A>(of?: Of<A, boolean>, part?: Part): Field<A, boolean, "eq", true> => ({
  ...part,
  operators: ["eq"],
  sortable: true,
  of
})

export const number = <A>(of?: Of<A, number>, part?: Part): Field<A, number, (typeof comparisons)[number], true> => ({
  ...part,
  operators: comparisons,
  sortable: true,
  of
})

export const date = <A>(
  of?: Of<A, DateTime.Utc>,
  part?: Part
): Field<A, DateTime.Utc, (typeof comparisons)[number], true> => ({
  ...part,
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
  readonly tags?: ReadonlyArray<{ readonly label: string }> | undefined
}

/** What all content can be filtered by. */
export const content = <A extends Content>() => ({
  name: text<A>(({ name }) => name),
  createdAt: date<A>(({ createdAt }) => createdAt),
  updatedAt: date<A>(({ updatedAt }) => updatedAt),
  ownerName: text<A>(),
  ownerDomain: text<A>(),
  ownerEmail: word<A>(({ owner }) => owner?.email, { part: "owner.email", seldom: true }),
  projectName: text<A>(({ project }) => project?.name, { part: "project.name" }),
  tags: texts<A>(({ tags }) => tags?.map(({ label }) => label))
})

/** A field without its types: as the interpreter sees it. */
type AnyField<A> = Field<A, Value, Operator, boolean>

export type Fields<A> = Readonly<Record<string, AnyField<A>>>

type Unaskable = BadRequest | UnfilterableValue

/** A condition as it is sent, and whether what comes has to be checked. */
interface Written {
  readonly expression: string
  readonly exact: boolean
}

/**
 * What has a meaning of its own in a filter and cannot be escaped, and what a server might trim. Each is a wildcard on
 * the wire.
 */
const uncarriable = /^$|^[\s\p{Cc}]+|[\s\p{Cc}]+$|[,&*[\]]+/gu

const carriable = (value: Value): boolean => typeof value !== "string" || value.search(uncarriable) === -1

const wildcards = (text: string): string => text.replace(uncarriable, "*").replace(/\*+/g, "*")

/**
 * Dates go out in whole seconds, as Tableau writes them. Of one with milliseconds the bound is drawn wider, to a whole
 * second on the safe side, and what comes is checked.
 */
const wider = {
  eq: { operator: "gte", round: Math.floor },
  gt: { operator: "gte", round: Math.floor },
  gte: { operator: "gte", round: Math.floor },
  lt: { operator: "lte", round: Math.ceil },
  lte: { operator: "lte", round: Math.ceil }
} as const

/** Of the year 9999. */
const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

const writeDate = (field: string, operator: keyof typeof wider, date: DateTime.Utc): Written => {
  const seconds = DateTime.toEpochMillis(date) / 1000
  const exact = Number.isInteger(seconds)
  const { operator: safe, round } = wider[operator]
  const whole = new Date(Math.min(round(seconds), lastSecond) * 1000).toISOString().replace(".000Z", "Z")
  return { expression: `${field}:${exact ? operator : safe}:${whole}`, exact }
}

const write = (
  operation: string,
  { field, operator, value }: Filter,
  isShown: boolean
): Either.Either<Written, UnfilterableValue> => {
  const values = Array.ensure(value)
  const [first, ...others] = values
  if (DateTime.isDateTime(first) && operator !== "in" && operator !== "has") {
    return Either.right(writeDate(field, operator, first))
  }
  const odd = values.find((one) => !carriable(one))
  if (odd === undefined) {
    const sent =
      operator !== "in" ? `${operator}:${first}` : others.length > 0 ? `in:[${values.join(",")}]` : `eq:${first}`
    return Either.right({ expression: `${field}:${sent}`, exact: true })
  }
  if (operator !== "has" && others.length === 0 && isShown) {
    return Either.right({ expression: `${field}:eq:${wildcards(String(odd))}`, exact: false })
  }
  const way =
    isShown && operator === "in" ? "Ask by Filter.eq, once for each value" : "Ask for more, without this filter"
  const detail = `By ${operator} Tableau cannot look for ${excerpt(JSON.stringify(odd), 200)}: an empty text, commas, ampersands, asterisks, brackets, and spaces at an end have no way there. ${way}.`
  return Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
}

/** Numbers have digits, and years four of them. */
const isValue = (value: Value): boolean => {
  if (typeof value === "number") return /^-?\d+(?:\.\d+)?$/.test(String(value))
  return DateTime.isDateTime(value)
    ? /^\d{4}-/.test(DateTime.formatIso(value))
    : typeof value === "string" || typeof value === "boolean"
}

/** What no server could make sense of, whatever it was that let it through the compiler. */
const problemOf = <A>(fields: Fields<A>, { field, operator, value }: Filter): string | undefined => {
  const known = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (known === undefined) return `on ${field} is on no field of this list.`
  if (!known.operators.includes(operator)) return `on ${field} has an operator that the field lacks: ${operator}.`
  const values = Array.ensure(value)
  if (values.length === 0) return `on ${field} has no value: nothing could match.`
  const odd = values.filter((one) => !isValue(one))
  return odd.length === 0 ? undefined : `on ${field} has ${toStringUnknown(odd[0])}, which is no value of Tableau's.`
}

const comparable = (value: Value): string | number | boolean =>
  DateTime.isDateTime(value) ? DateTime.toEpochMillis(value) : value

const compare: Readonly<Record<Operator, (item: Value, given: Value) => boolean>> = {
  eq: (item, given) => comparable(item) === comparable(given),
  in: (item, given) => comparable(item) === comparable(given),
  gt: (item, given) => comparable(item) > comparable(given),
  gte: (item, given) => comparable(item) >= comparable(given),
  lt: (item, given) => comparable(item) < comparable(given),
  lte: (item, given) => comparable(item) <= comparable(given),
  has: (item, given) => String(item).includes(String(given))
}

/** Whether an item is to be kept; `undefined` when it does not show. */
type Test<A> = (item: A) => boolean | undefined

const testOf = <A>(of: Of<A, Value>, cased: boolean, { operator, value }: Filter): Test<A> => {
  const fold = (one: Value): Value => (typeof one === "string" && !cased ? one.toLowerCase() : one)
  const wanted = Array.ensure(value).map(fold)
  const holds = compare[operator]
  const matches = (one: Value): boolean => {
    const folded = fold(one)
    return wanted.some((other) => holds(folded, other))
  }
  return (item) => {
    const there = of(item)
    return there === undefined ? undefined : Array.ensure(there).some(matches)
  }
}

/** Of several conditions on a field the first by these is for the server: it should leave little. */
const byYield = Order.mapInput(Order.number, ({ operator }: Filter) =>
  ["eq", "in", "gte", "gt", "lte", "lt", "has"].indexOf(operator)
)

interface AskedField<A> {
  readonly expression: string
  /** What the server does not see to. */
  readonly needed: ReadonlyArray<Test<A>>
  /** What it does see to, but by its own rules on case. */
  readonly cased: ReadonlyArray<Test<A>>
}

/** The conditions on one field. A server looks at the last one of several, so one is sent and the others are for us. */
const askField = <A>(
  operation: string,
  field: string,
  { cased = false, of }: AnyField<A>,
  filters: Array.NonEmptyReadonlyArray<Filter>
): Either.Either<AskedField<A>, UnfilterableValue> =>
  Either.gen(function* () {
    if (of === undefined && filters.length > 1) {
      const detail =
        "Tableau looks at one condition on a field only, and items do not show this field: give one condition on it."
      return yield* Either.left(new UnfilterableValue({ operation, acted: "no", field, detail }))
    }
    const written = Array.map(Array.sort(filters, byYield), (filter) =>
      Either.map(write(operation, filter, of !== undefined), (sent) => ({ ...sent, filter }))
    )
    const sendable = Array.getRights(written)
    const sent = sendable.find(({ exact }) => exact) ?? sendable[0] ?? (yield* Array.headNonEmpty(written))
    if (of === undefined) return { expression: sent.expression, needed: [], cased: [] }
    const needed = filters.filter((filter) => filter !== sent.filter || !sent.exact)
    return {
      expression: sent.expression,
      needed: needed.map((filter) => testOf(of, cased, filter)),
      cased: cased && sent.exact ? [testOf(of, cased, sent.filter)] : []
    }
  })

/** The `fields` of the query. What is checked here has to come. */
const parts = <A>(
  fields: Fields<A>,
  checked: ReadonlyArray<AskedField<A> & { readonly field: string }>,
  wanted: "all" | ReadonlyArray<string> | undefined
): string | undefined => {
  if (wanted === "all") return "_all_"
  const part = (field: string) => fields[field]?.part ?? field
  if (wanted !== undefined) return Array.dedupe(["id", ...checked.map(({ field }) => part(field)), ...wanted]).join(",")
  const more = checked.filter(({ field, needed }) => needed.length > 0 && fields[field]?.seldom === true)
  return more.length === 0 ? undefined : ["_default_", ...more.map(({ field }) => part(field))].join(",")
}

/** What becomes of an item: it is kept or not, or nobody can tell. */
export type Judgement = boolean | UnfilterableValue

const judge =
  <A>(operation: string, asked: ReadonlyArray<AskedField<A> & { readonly field: string }>) =>
  (item: A): Judgement => {
    for (const { cased, field, needed } of asked) {
      for (const test of needed) {
        const holds = test(item)
        if (holds === undefined) {
          const detail = `Tableau does not check this condition, and an item came that does not show its ${field}: ask for it by "fields", or leave the condition out.`
          return new UnfilterableValue({ operation, acted: "no", field, detail })
        }
        if (!holds) return false
      }
      for (const test of cased) if (test(item) === false) return false
    }
    return true
  }

/** What the list is asked for, and what an item must be beside what the server has seen to. */
export interface Asked<A> {
  readonly query: Readonly<Record<string, string | undefined>>
  readonly judge: ((item: A) => Judgement) | undefined
}

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
    for (const filter of options.filter ?? []) {
      const problem = problemOf(fields, filter)
      if (problem !== undefined) return yield* Either.left(badRequest(operation, `The filter ${problem}`))
    }
    for (const { field } of options.sort ?? []) {
      if (Object.hasOwn(fields, field) && fields[field]?.sortable === true) continue
      return yield* Either.left(badRequest(operation, `This list cannot be sorted by ${field}.`))
    }
    const asked: Array<AskedField<A> & { readonly field: string }> = []
    for (const [field, filters] of Object.entries(Array.groupBy(options.filter ?? [], ({ field }) => field))) {
      const known = fields[field]
      if (known !== undefined) asked.push({ ...(yield* askField(operation, field, known, filters)), field })
    }
    const checked = asked.filter(({ cased, needed }) => needed.length > 0 || cased.length > 0)
    const sort = options.sort?.map(({ direction, field }) => `${field}:${direction}`).join(",") ?? order
    return {
      query: {
        filter: asked.length === 0 ? undefined : asked.map(({ expression }) => expression).join(","),
        sort: sort === "" ? undefined : sort,
        fields: parts(fields, checked, options.fields)
      },
      judge: checked.length === 0 ? undefined : judge(operation, checked)
    }
  })
