/**
 * How lists are asked for, and what they give.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Filter, Operator, Value } from "./Filter.js"
import type { Sort } from "./Sort.js"
import type { ListError } from "./TableauError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface PageOptions {
  /** How many items come with one request, from 1 to 1000: by default 100. */
  readonly pageSize?: number | undefined
  /**
   * How many pages, at most 100, are asked for ahead of whoever reads the stream, and wait for it; items still come in
   * order. By default none.
   */
  readonly pagesAhead?: number | undefined
  /**
   * Whether the stream fails with `ListIncomplete` when fewer items came than the server has ever counted: also when the
   * list has become shorter meanwhile, as then others move up past the reader. It also looks behind a full page that is the last one by
   * that count, which is one request more. By default false: a warning in the log tells of it.
   */
  readonly strict?: boolean | undefined
  /**
   * What becomes of an item that cannot be read: it is left out, with a warning in the log, or fails the stream, or the
   * list itself when it is on the first page. By default it is left out.
   */
  readonly oddItems?: "skip" | "fail" | undefined
  /** Told at the end of the stream, before it fails in strict mode. */
  readonly onReport?: ((report: Report) => Effect.Effect<void>) | undefined
}

/**
 * What came of a list, when its stream has been read to the end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** By the server's count: that of its last page, unless it was more before. */
  readonly expected: number
  /** Different items, also those that a condition left out. */
  readonly seen: number
  /** Items that came again, as others were added meanwhile; they were left out. */
  readonly duplicates: number
  /** Items that could not be read, and were left out. */
  readonly odd: number
}

/**
 * A list: how many items there are, and all of them as a stream that asks for the pages as it goes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listing<A> {
  /** By the server's count with the first page. Conditions that only this package can check are not in it. */
  readonly totalAvailable: number
  readonly items: Stream.Stream<A, ListError>
}

/**
 * A field of a resource: what it can be compared by, and where it is found in an item.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field<A, V extends Value, Op extends Operator, Sortable extends boolean> {
  readonly operators: ReadonlyArray<Op>
  readonly sortable: Sortable
  /** Absent where items do not have it. */
  readonly of: ((item: A) => V | ReadonlyArray<V> | undefined) | undefined
  /** What the option `fields` calls it. By default it has the same name. */
  readonly part?: string | undefined
  /** Whether items show it only to who asks for it by `fields`. */
  readonly seldom?: boolean | undefined
  /** Whether texts that differ in case are surely different ones. Otherwise that is for the server to say. */
  readonly cased?: boolean | undefined
}

// By operator and value, with the fields as one union: so a compiler names all of them when it refuses one.
type Condition<Fields, Op extends Operator, V extends Value> = {
  readonly [Name in keyof Fields & string]: Fields[Name] extends Field<infer _A, infer W, infer Known, infer _S>
    ? [Op, W] extends [Known, V]
      ? Name
      : never
    : never
}[keyof Fields & string] extends infer Names extends string
  ? [Names] extends [never]
    ? never
    : Filter<Names, Op, Op extends "in" ? ReadonlyArray<V> : V>
  : never

/**
 * The conditions that fields allow.
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
 * The keys that fields can be sorted by.
 *
 * @since 0.1.0
 * @category models
 */
export type SortOf<Fields> = Sort<
  {
    readonly [Name in keyof Fields & string]: Fields[Name] extends { readonly sortable: true } ? Name : never
  }[keyof Fields & string]
>

type Parts<A, Name extends keyof A & string> =
  NonNullable<A[Name]> extends infer Inner
    ? Inner extends string | number | boolean | DateTime.Utc | ReadonlyArray<unknown>
      ? Name
      : Name | `${Name}.${keyof Inner & string}`
    : never

/**
 * What the server can be asked to send of an item: its attributes, and those of what belongs to it, as `owner.name`.
 *
 * @since 0.1.0
 * @category models
 */
export type PartOf<A> = {
  readonly [Name in keyof A & string]-?: Parts<A, Name>
}[keyof A & string] extends infer Part extends string
  ? Part
  : never

/**
 * How a list of a resource is asked for, by its fields and by the names of what it can send.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions<Fields, Part extends string> extends PageOptions {
  /**
   * All of these must hold. What Tableau cannot see to is checked as the items come: then fewer come than
   * `totalAvailable`, and none that does not match.
   */
  readonly filter?: ReadonlyArray<FilterOf<Fields>> | undefined
  /**
   * The first counts most. By default the oldest come first, where the list can be sorted so, as then a list that grows
   * while it is read grows at its end; `[]` leaves the order to the server.
   */
  readonly sort?: ReadonlyArray<SortOf<Fields>> | undefined
  /**
   * What the server sends of each item: all that it has, or these beside the id and what a condition is checked by. By
   * default what Tableau sends.
   */
  readonly fields?: "all" | ReadonlyArray<Part> | undefined
}
