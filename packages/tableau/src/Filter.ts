/**
 * Filter conditions of list operations. Unknown fields and unsupported operators are type errors.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"

/**
 * A point in time. The zone of a `DateTime.Zoned` does not matter.
 *
 * @since 0.1.0
 * @category models
 */
export type Instant = DateTime.DateTime | Date

/**
 * The value of a condition.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = string | number | boolean | Instant

/**
 * Tableau's filter operators.
 *
 * @since 0.1.0
 * @category models
 */
export type Operator = "eq" | "in" | "gt" | "gte" | "lt" | "lte" | "has"

/**
 * One condition, made by a constructor of this module.
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
 * The field equals the value.
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
 * The field, a number or an instant, is greater than the value.
 *
 * @since 0.1.0
 * @category constructors
 */
export const gt = make("gt")

/**
 * The field, a number or an instant, is greater than or equal to the value.
 *
 * @example
 * ```ts
 * import { Filter, Workbooks } from "effect-tableau"
 * import * as DateTime from "effect/DateTime"
 *
 * const createdInMarch = Workbooks.list({
 *   filter: [
 *     Filter.gte("createdAt", DateTime.unsafeMake("2026-03-01")),
 *     Filter.lt("createdAt", new Date("2026-04-01"))
 *   ]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const gte = make("gte")

/**
 * The field, a number or an instant, is less than the value.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lt = make("lt")

/**
 * The field, a number or an instant, is less than or equal to the value.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lte = make("lte")

/**
 * The field contains the value. Case does not matter.
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
   * The field equals one of the values.
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
