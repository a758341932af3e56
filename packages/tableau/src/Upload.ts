/**
 * Files for the server, as streams.
 *
 * @since 0.2.0
 */
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

const TypeId: unique symbol = Symbol.for("effect-tableau/Upload")

/**
 * A file to upload. Its content is sent as it is read, and is never in memory as a whole.
 *
 * @since 0.2.0
 * @category models
 */
export interface File<E = never, R = never> {
  readonly [TypeId]: typeof TypeId
  readonly name: string
  /** In bytes. Without it the request has no `Content-Length`, which Tableau may refuse. */
  readonly size: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** Whether `content` can be read again for another attempt. By default true. */
  readonly replayable: boolean
}

/**
 * @since 0.2.0
 * @category constructors
 */
export const file = <E = never, R = never>(options: {
  readonly name: string
  readonly size?: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
  readonly replayable?: boolean | undefined
}): File<E, R> => ({ [TypeId]: TypeId, size: undefined, ...options, replayable: options.replayable ?? true })

/**
 * @since 0.2.0
 * @category constructors
 */
export const bytes = (name: string, bytes: Uint8Array): File =>
  file({ name, size: bytes.length, content: Stream.make(bytes) })

/**
 * @since 0.2.0
 * @category guards
 */
export const isFile = <E, R>(value: File<E, R> | object | string): value is File<E, R> =>
  Predicate.hasProperty(value, TypeId)
