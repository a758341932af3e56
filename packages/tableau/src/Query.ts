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
import type { OperationError } from "./TableauError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface PageOptions {
  /** How many items come with one request, from 1 to 1000: by default 100. */
  readonly pageSize?: number | undefined
  /** How many pages are asked for ahead of whoever reads the stream; items still come in order. By default none. */
  readonly pagesAhead?: number | undefined
  /** Whether the stream fails with `ListIncomplete` when fewer items came than the server counted. By default false. */
  readonly strict?: boolean | undefined
  /** What becomes of an item that cannot be read: it is left out, with a warning in the log, or fails the stream. */
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
  /** By the server's count with its last page. */
  readonly expected: number
  /** Different items. */
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
  readonly items: Stream.Stream<A, OperationError>
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
}

type Condition<Name extends string, F> =
  F extends Field<infer _A, infer V, infer Op, infer _S>
    ? { readonly [O in Op]: Filter<Name, O, O extends "in" ? ReadonlyArray<V> : V> }[Op]
    : never

/**
 * The conditions that fields allow.
 *
 * @since 0.1.0
 * @category models
 */
export type FilterOf<Fields> = {
  readonly [Name in keyof Fields & string]: Condition<Name, Fields[Name]>
}[keyof Fields & string]

/**
 * The keys that fields can be sorted by.
 *
 * @since 0.1.0
 * @category models
 */
export type SortOf<Fields> = {
  readonly [Name in keyof Fields & string]: Fields[Name] extends { readonly sortable: true } ? Sort<Name> : never
}[keyof Fields & string]

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
export type PartOf<A> = { readonly [Name in keyof A & string]-?: Parts<A, Name> }[keyof A & string]

/**
 * How a list of a resource is asked for, by its fields and by the names of what it can send.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions<Fields, Part extends string> extends PageOptions {
  /** All of these must hold. */
  readonly filter?: ReadonlyArray<FilterOf<Fields>> | undefined
  /** The first counts most. Without, the oldest come first, where the list can be sorted so. */
  readonly sort?: ReadonlyArray<SortOf<Fields>> | undefined
  /** What the server sends of each item: all that it has, or these beside the id. By default what Tableau sends. */
  readonly fields?: "all" | ReadonlyArray<Part> | undefined
}
