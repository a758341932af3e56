/**
 * Sort keys of list operations. Fields that a list cannot be sorted by are type errors.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
 * @since 0.1.0
 */

/**
 * One sort key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sort<Field extends string = string> {
  readonly field: Field
  readonly direction: "asc" | "desc"
}

/**
 * Ascending.
 *
 * @since 0.1.0
 * @category constructors
 */
export const asc = <Field extends string>(field: Field): Sort<Field> => ({ field, direction: "asc" })

/**
 * Descending.
 *
 * @example
 * ```ts
 * import { Sort, Workbooks } from "effect-tableau"
 *
 * const latest = Workbooks.list({ sort: [Sort.desc("updatedAt"), Sort.asc("name")] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const desc = <Field extends string>(field: Field): Sort<Field> => ({ field, direction: "desc" })
