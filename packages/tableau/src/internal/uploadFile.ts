/** The file of an upload. The public module is `Upload.ts`; it lies here because request bodies are below it. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { UploadSessionId } from "../Ids.js"
import { turn } from "./timers.js"

export const TypeId: unique symbol = Symbol.for("effect-tableau/Upload")

/** Reads a file from its start to its end. */
export interface Reader<out E> {
  /** Fills a buffer, and returns the number of bytes. It is less than the length of the buffer at the end of the file only. */
  readonly read: (into: Uint8Array) => Effect.Effect<number, E>
}

/** Ways to read a file that are faster than its stream. */
interface Source<out E, out R> {
  /** The whole file, if it is in memory. */
  readonly bytes?: Uint8Array | undefined
  readonly open?: Effect.Effect<Reader<E>, E, R | Scope.Scope> | undefined
}

/**
 * A file to upload. Its content is sent while it is read, and is never in memory as a whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface File<out E = never, out R = never> {
  readonly [TypeId]: Source<E, R>
  readonly name: string
  /**
   * In bytes. Content of unknown size is published in blocks; in `FileUploads.append` and in your own operations it is sent
   * without `Content-Length`, which Tableau may refuse.
   */
  readonly size: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** Whether `content` can be read from its beginning again, for another attempt. */
  readonly replayable: boolean
}

/**
 * A file that was uploaded before, such as by `FileUploads.upload`: the request that publishes it sends nothing else. The
 * server forgets an upload after some time without use, and when it is published.
 *
 * @since 0.1.0
 * @category models
 */
export interface Uploaded {
  readonly uploadSessionId: UploadSessionId
  /** The name of the file: its ending says what it is. */
  readonly name: string
}

/** Whether a file was uploaded before. */
export const isUploaded = (file: File<unknown, unknown> | Uploaded): file is Uploaded => "uploadSessionId" in file

/**
 * Whether a value is a file to upload.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFile = <E, R>(value: File<E, R> | object | string): value is File<E, R> =>
  Predicate.hasProperty(value, TypeId)

/** A file from bytes in memory. */
export const inMemory = (name: string, bytes: Uint8Array): File => ({
  [TypeId]: { bytes },
  name,
  size: bytes.length,
  content: Stream.make(bytes),
  replayable: true
})

/** Why a file cannot have the size that it states. */
export const statedSizeProblem = ({ name, size }: File<unknown, unknown>): string | undefined =>
  size === undefined || (Number.isSafeInteger(size) && size >= 0)
    ? undefined
    : `The size of ${JSON.stringify(name.slice(0, 200))} is stated as ${size}; it is a whole number of bytes.`

/** Why a file whose content has another size cannot be sent. */
export const sizeProblem = (name: string, stated: number, actual: number): string =>
  `The size of ${JSON.stringify(name.slice(0, 200))} is stated as ${stated} bytes, and its content has ${actual > stated ? "more" : `only ${actual}`}. Nothing was published.`

/**
 * Content without its empty parts. A consumer that asks for the next part at once would never end its turn of the event loop on
 * a stream that has nothing else.
 */
export const withoutEmpty = <E, R>(content: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.fromPull(
    Effect.map(Stream.toPull(content), (pull) => {
      const next: typeof pull = Effect.flatMap(pull, (chunk) => {
        const parts = Chunk.filter(chunk, ({ length }) => length > 0)
        return Chunk.isEmpty(parts) ? Effect.andThen(turn, next) : Effect.succeed(parts)
      })
      return next
    })
  )

/** A file that is read without its stream where that is faster. */
export const readable = <E, R>(options: {
  readonly name: string
  readonly size: number
  readonly content: Stream.Stream<Uint8Array, E, R>
  readonly open: Effect.Effect<Reader<E>, E, R | Scope.Scope>
}): File<E, R> => ({
  [TypeId]: { open: options.open },
  name: options.name,
  size: options.size,
  content: options.content,
  replayable: true
})

/**
 * A file changed while it was read, or between two attempts. Nothing was published: publish it again when it no longer
 * changes.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileChanged extends Schema.TaggedError<FileChanged>("effect-tableau/FileChanged")("FileChanged", {
  path: Schema.String,
  /** What is different. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path} changed while it was read: ${this.detail} Nothing was published. Publish it again when it no longer changes.`
  }
}
