/** The file of an upload. The public module is `Upload.ts`; it lies here because request bodies are below it. */
import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"

export const TypeId: unique symbol = Symbol.for("effect-tableau/Upload")

/**
 * A file to upload. Its content is sent while it is read, and is never in memory as a whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface File<E = never, R = never> {
  readonly [TypeId]: typeof TypeId
  readonly name: string
  /** In bytes. Without a size the request has no `Content-Length`, which Tableau may refuse. */
  readonly size: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** Whether `content` can be read again for another attempt. By default true. */
  readonly replayable: boolean
}

/**
 * Whether a value is a file to upload.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFile = <E, R>(value: File<E, R> | object | string): value is File<E, R> =>
  Predicate.hasProperty(value, TypeId)
