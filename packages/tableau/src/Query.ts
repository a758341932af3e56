/**
 * Options and results of list operations.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Filter, Instant, Operator, Value } from "./Filter.js"
import type { Sort } from "./Sort.js"
import type { ListError } from "./TableauError.js"

/**
 * How the pages of a list are requested.
 *
 * @since 0.1.0
 * @category options
 */
export interface PageOptions {
  /** Items per request, from 1 to 1000. By default 100. */
  readonly pageSize?: number | undefined
  /** Pages to prefetch while the stream is consumed, from 0 to 100. Items stay in order. By default 0. */
  readonly prefetchPages?: number | undefined
  /**
   * Whether the stream fails with `ListIncomplete` when it received fewer items than the server counted on any page, also
   * when the list became shorter while it was read: then later items moved to pages that had been read. A strict list
   * requests one more page after a full last page, in case the count was too low. By default false: missing items are
   * logged as a warning.
   */
  readonly strict?: boolean | undefined
  /**
   * `"skip"` logs a warning for each item in which a value cannot be read. The value is absent; the item is dropped only if
   * the value is its id, or another one that is always present. `"fail"` fails the stream, or the call itself when the item
   * is on the first page. By default `"skip"`.
   */
  readonly malformedItems?: "skip" | "fail" | undefined
  /** Runs once at the end of the stream, before a strict list fails. */
  readonly onComplete?: ((report: Report) => Effect.Effect<void>) | undefined
}

/**
 * Statistics of a list that has been read to its end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** The largest number of items that the server counted on any page. */
  readonly expected: number
  /** Distinct items, including those that a filter of the client dropped. */
  readonly received: number
  /** Items that were received again because others were added meanwhile. They were dropped. */
  readonly duplicates: number
  /** Items without an id, or another required value, that can be read. They were dropped. */
  readonly malformed: number
  /**
   * Conditions that were not sent, if there were any, because the server takes `*` in a filter literally, or may do so: all
   * items that match the other conditions were received, and the client dropped those that do not match.
   */
  readonly unsentConditions?: number | undefined
}

/**
 * A list: how many items it has, and all of them as a stream. The first page has been received; the stream requests each
 * further page once, when its items are needed, and stays on the site where the list began. Running the stream again
 * reads the list again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listing<A> {
  /** The number of items that the server counted on the first page. Filters of the client do not reduce it. */
  readonly totalAvailable: number
  readonly items: Stream.Stream<A, ListError>
}

/**
 * Describes a filterable field: its operators, and how to read it from an item.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field<A, V extends Value, Op extends Operator, Sortable extends boolean> {
  readonly operators: ReadonlyArray<Op>
  readonly sortable: Sortable
  /** Reads the field from an item. Absent if items do not contain it. */
  readonly get: ((item: A) => V | ReadonlyArray<V> | undefined) | undefined
  /** The name in the `fields` parameter of the request, if it differs. */
  readonly requestName?: string | undefined
  /** Whether the server sends the field only if the request names it in `fields`. */
  readonly onlyIfRequested?: boolean | undefined
  /** Whether strings that differ in case differ. Otherwise the server decides. */
  readonly caseSensitive?: boolean | undefined
  /** Whether Tableau documents `like` for the field, with `*` as a wildcard. Otherwise wildcards are sent with `eq`. */
  readonly hasLike?: boolean | undefined
}

// One condition per operator and type of value, with the fields as a union: a compiler error then names all fields.
type Condition<Fields, Op extends Operator, V extends Value> = {
  readonly [Name in keyof Fields & string]: Fields[Name] extends Field<infer _A, infer W, infer Known, infer _S>
    ? [Op, W] extends [Known, V]
      ? Name
      : never
    : never
}[keyof Fields & string] extends infer Names extends string
  ? [Names] extends [never]
    ? never
    : Filter<Names, Op, Op extends "in" ? ReadonlyArray<Given<V>> : Given<V>>
  : never

/** What a filter may be given for a value of a field. */
type Given<V> = V extends DateTime.Utc ? Instant : V

/**
 * The filters that the fields of a list allow.
 *
 * @since 0.1.0
 * @category models
 */
export type FilterOf<Fields> = {
  readonly [Op in Operator]:
    | Condition<Fields, Op, string>
    | Condition<Fields, Op, number>
    | Condition<Fields, Op, boolean>
    | Condition<Fields, Op, DateTime.Utc>
}[Operator] extends infer Conditions extends Filter
  ? Conditions
  : never

/**
 * The sort keys that the fields of a list allow.
 *
 * @since 0.1.0
 * @category models
 */
export type SortOf<Fields> = Sort<
  {
    readonly [Name in keyof Fields & string]: Fields[Name] extends { readonly sortable: true } ? Name : never
  }[keyof Fields & string]
>

type Selectable<A, Name extends keyof A & string> =
  NonNullable<A[Name]> extends infer Inner
    ? Inner extends string | number | boolean | DateTime.Utc | ReadonlyArray<unknown>
      ? Name
      : Name | `${Name}.${keyof Inner & string}`
    : never

/**
 * The names that the `fields` option accepts: properties of the model, and properties of those, such as `owner.name`.
 *
 * @since 0.1.0
 * @category models
 */
export type SelectableField<A> = {
  readonly [Name in keyof A & string]-?: Selectable<A, Name>
}[keyof A & string] extends infer Name extends string
  ? Name
  : never

/**
 * Options of a list that can be filtered and sorted.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions<Fields, Name extends string> extends PageOptions {
  /**
   * Conditions that must all hold. Conditions that Tableau cannot evaluate are applied to the received items: the stream
   * then has fewer items than `totalAvailable`, and never one that does not match. A value that cannot be sent as it is, such
   * as one with a comma, is sent with `*` as a wildcard. On a server that takes `*` literally the list is read without that
   * condition: see `Report.unsentConditions`. Up to two small requests at the begin of a list find that out, once per session.
   */
  readonly filter?: ReadonlyArray<FilterOf<Fields>> | undefined
  /**
   * Sort keys, the most important first. By default oldest first where the list supports it, so that items which are
   * added while the list is read are appended at its end. `[]` uses the order of the server.
   */
  readonly sort?: ReadonlyArray<SortOf<Fields>> | undefined
  /**
   * The properties of each item that the server sends: `"all"`, or a list of names. The id, and what the client needs to
   * check filters, is always requested. By default Tableau's selection.
   */
  readonly fields?: "all" | ReadonlyArray<Name> | undefined
}
