/** A field by which a list can be filtered and sorted. */
export interface Field<A> {
  readonly operators: ReadonlyArray<Operator>
  readonly value: (item: A) => Value
  readonly kind: Kind
}

export type Operator = "eq" | "gt" | "gte" | "lt" | "lte" | "in" | "has" | "cieq" | "like"

/** Values of kind `name` are compared without regard to case, other strings with regard to it. */
export type Kind = "name" | "text" | "number" | "date" | "flag" | "tags"

export type Value = string | number | boolean | ReadonlyArray<string> | undefined

/** By the names that are used in `filter` and `sort`. */
export type Fields<A> = Readonly<Record<string, Field<A>>>

const field =
  (kind: Kind, ...operators: ReadonlyArray<Operator>) =>
  <A>(value: (item: A) => Value): Field<A> => ({ kind, operators, value })

export const name = field("name", "eq", "in", "cieq")
/** A name for which Tableau's reference has `like`, whose value may have wildcards. */
export const searchableName = field("name", "eq", "in", "cieq", "like")
export const text = field("text", "eq", "in", "cieq")
export const searchable = field("text", "eq", "in", "has")
export const number = field("number", "eq", "gt", "gte", "lt", "lte")
export const date = field("date", "eq", "gt", "gte", "lt", "lte")
export const flag = field("flag", "eq")
export const tags = field("tags", "eq", "in")
