/**
 * Files to send to the server, as streams.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { type File, inMemory, TypeId } from "./internal/uploadFile.js"
import type { Progress } from "./Progress.js"

export { type File, FileChanged, isFile, type Uploaded } from "./internal/uploadFile.js"

/**
 * How a file is sent.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * The most bytes of a block, up to 64 MiB. By default 16 MiB. A file of known size is divided evenly. Blocks are larger if
   * the file would need more of them than the server accepts, usually 1,000. The memory that an upload needs is that of a
   * block for each that is in flight.
   *
   * Prefer 4 MiB or more, so that no block has less than 2 MiB: of smaller blocks the server's total does not say whether
   * they arrived, and an upload begins again after a lost response.
   */
  readonly blockSize?: number | undefined
  /**
   * How many blocks are in flight. By default 1. Servers accept several from API version 3.27 on; older ones get one block
   * after the other. The last block is sent when all others are acknowledged: only then does the server's total say whether
   * it has the whole file. With several in flight, one more block is in memory.
   */
  readonly concurrency?: number | undefined
  /**
   * A file up to so many bytes is published in one request, if its size is known; a larger one is uploaded in blocks before.
   * By default 32 MiB. Tableau accepts at most 64 MB.
   */
  readonly singleRequestLimit?: number | undefined
  /**
   * Runs after each block that the server has acknowledged. The upload waits for it. A file that is sent in one request is
   * reported once, at its end.
   */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
  /**
   * For how long the server may accept no byte, or send no response, before the block is sent again. By default the
   * `requestTimeout` of the session. Bytes in the buffers of the system count as accepted, and a slow connection takes a while
   * to empty them: prefer minutes. With another HttpClient than that of `effect-tableau/node`, what moves within a block
   * cannot be seen, and this is the time of a whole block.
   */
  readonly stallTimeout?: Duration.DurationInput | undefined
  /** The limit for all of it together. By default there is none. */
  readonly deadline?: Duration.DurationInput | undefined
}

/**
 * A file from a stream of its bytes. With a `size`, a stream that has more or fewer bytes fails the call before the server
 * uses the file.
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
  /**
   * Whether `content` can be read from its beginning again, for another attempt. By default true if there is a `size`, and
   * false without one: of a pipe or a generator a second attempt would publish what is left.
   */
  readonly replayable?: boolean | undefined
}): File<E, R> => ({
  [TypeId]: {},
  name: options.name,
  size: options.size,
  content: options.content,
  replayable: options.replayable ?? options.size !== undefined
})

/**
 * A file from bytes in memory. They must not change until it has been sent.
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
export const bytes = (name: string, bytes: Uint8Array): File => inMemory(name, bytes)
