/**
 * Files to send to the server, as streams.
 *
 * @since 0.1.0
 */
import * as Stream from "effect/Stream"
import { type File, TypeId } from "./internal/uploadFile.js"

export { type File, isFile } from "./internal/uploadFile.js"

/**
 * A file from a stream of its bytes.
 *
 * @example
 * ```ts
 * import { Upload } from "effect-tableau"
 * import * as Stream from "effect/Stream"
 *
 * const notes = Upload.file({ name: "notes.txt", size: 5, content: Stream.make(new TextEncoder().encode("hello")) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const file = <E = never, R = never>(options: {
  readonly name: string
  /** In bytes. */
  readonly size?: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** Whether `content` can be read again for another attempt. By default true. */
  readonly replayable?: boolean | undefined
}): File<E, R> => ({ [TypeId]: TypeId, size: undefined, ...options, replayable: options.replayable ?? true })

/**
 * A file from bytes in memory.
 *
 * @example
 * ```ts
 * import { Upload } from "effect-tableau"
 *
 * const block = Upload.bytes("block", new Uint8Array([1, 2, 3]))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (name: string, bytes: Uint8Array): File =>
  file({ name, size: bytes.length, content: Stream.make(bytes) })
