/**
 * How lists are asked for, and what they give.
 *
 * @since 0.1.0
 */
import type * as Stream from "effect/Stream"
import type { OperationError } from "./TableauError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface PageOptions {
  /** How many items come with one request, from 1 to 1000: by default 100. */
  readonly pageSize?: number | undefined
}

/**
 * A list: how many items there are, and all of them as a stream that asks for the pages as it goes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listing<A> {
  readonly totalAvailable: number
  readonly items: Stream.Stream<A, OperationError>
}
