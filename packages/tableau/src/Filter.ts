/**
 * Which items of a list to ask for. A resource knows its fields and what each can be compared by: another one does not
 * compile.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"

/**
 * What a field is compared with.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = string | number | boolean | DateTime.Utc

/**
 * @since 0.1.0
 * @category models
 */
export type Operator = "eq" | "in" | "gt" | "gte" | "lt" | "lte" | "has"

/**
 * One condition. Made by the constructors of this module; all conditions of a list must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter<
  Field extends string = string,
  Op extends Operator = Operator,
  V = Value | ReadonlyArray<Value>
> {
  readonly field: Field
  readonly operator: Op
  readonly value: V
}

const make =
  <Op extends Operator>(operator: Op) =>
  <Field extends string, V extends Value>(field: Field, value: V): Filter<Field, Op, V> => ({ field, operator, value })

/**
 * The field is this, exactly.
 *
 * @example
 * ```ts
 * import { Filter, Workbooks } from "effect-tableau"
 *
 * const superstore = Workbooks.list({ filter: [Filter.eq("name", "Superstore")] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const eq = make("eq")

/**
 * The field, a number or a date, is greater than this.
 *
 * @since 0.1.0
 * @category constructors
 */
export const gt = make("gt")

/**
 * The field, a number or a date, is this or greater.
 *
 * @example
 * ```ts
 * import { Filter, Workbooks } from "effect-tableau"
 * import * as DateTime from "effect/DateTime"
 *
 * const ofMarch = Workbooks.list({
 *   filter: [
 *     Filter.gte("createdAt", DateTime.unsafeMake("2026-03-01")),
 *     Filter.lt("createdAt", DateTime.unsafeMake("2026-04-01"))
 *   ]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const gte = make("gte")

/**
 * The field, a number or a date, is less than this.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lt = make("lt")

/**
 * The field, a number or a date, is this or less.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lte = make("lte")

/**
 * The field has this in it, in any case.
 *
 * @since 0.1.0
 * @category constructors
 */
export const has = make("has")

const in_ = <Field extends string, V extends Value>(
  field: Field,
  values: ReadonlyArray<V>
): Filter<Field, "in", ReadonlyArray<V>> => ({ field, operator: "in", value: values })

export {
  /**
   * The field is one of these.
   *
   * @example
   * ```ts
   * import { Filter, Workbooks } from "effect-tableau"
   *
   * const tagged = Workbooks.list({ filter: [Filter.in("tags", ["sales", "finance"])] })
   * ```
   *
   * @since 0.1.0
   * @category constructors
   */
  in_ as in
}
