/** Files of a backup: documents that are replaced as a whole, and content that is compared with its hash. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Download from "../../Download.js"
import { type CallError, isTableauError } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import { schemaProblem } from "../schemaProblem.js"
import { BackupDamaged, BackupInvalid } from "./errors.js"
import * as Sha256 from "./sha256.js"

export type Files = FileSystem.FileSystem | Path.Path

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The path of a file in a folder. */
export const pathOf = (directory: string, file: string): Effect.Effect<string, never, Path.Path> =>
  Effect.map(Path.Path, (paths) => paths.join(directory, file))

/** The size of a regular file, or why it is not read: a link could lead to any file of the computer, and a pipe has no end. */
const sizeOf = (path: string): Effect.Effect<number | string, PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const real = yield* files.realPath(path)
    if (real !== paths.join(yield* files.realPath(paths.dirname(path)), paths.basename(path))) return "It is a link."
    const { size, type } = yield* files.stat(path)
    return type === "File" ? Number(size) : "It is not a file."
  })

/** Of a document: it is in memory as a whole. A manifest of this size describes about 100,000 items. */
const maxDocumentBytes = 128 * 1024 * 1024

/** Reads a document, if there is one. */
export const read = <A, I>(
  path: string,
  schema: Schema.Schema<A, I>
): Effect.Effect<A | undefined, BackupInvalid | PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const invalid = (detail: string) => new BackupInvalid({ path, detail })
    const size = yield* Effect.catchIf(sizeOf(path), isMissing, () => Effect.succeed(undefined))
    if (size === undefined) return undefined
    if (typeof size === "string") return yield* invalid(size)
    if (size > maxDocumentBytes)
      return yield* invalid(`It has ${size} bytes, and at most ${maxDocumentBytes} are read.`)
    const text = yield* Stream.mkString(Stream.decodeText(files.stream(path, { bytesToRead: size })))
    const decoded = Schema.decodeUnknownEither(Schema.parseJson(schema))(text)
    return yield* Either.isRight(decoded)
      ? Effect.succeed(decoded.right)
      : invalid(`It is not a document of this version of effect-tableau: ${schemaProblem(decoded.left)}.`)
  })

/** Bytes are counted and hashed while they pass. */
export const measured = <E, R>(content: Stream.Stream<Uint8Array, E, R>) => {
  const hash = Sha256.make()
  let size = 0
  return {
    content: Stream.tap(content, (bytes) =>
      Effect.sync(() => {
        size += bytes.length
        hash.add(bytes)
      })
    ),
    /** To be read once, at the end. */
    result: Effect.sync(() => ({ size, sha256: hash.digest() }))
  }
}

/** What a complete file looks like. */
interface Complete {
  readonly file: string
  readonly size: number
  readonly sha256: string
}

const contentChanged = (path: string) => new BackupDamaged({ path, detail: "Its content has changed." })

/** Whether a file of the folder is the one that was downloaded; returns its path. */
export const verify = (
  directory: string,
  { file, sha256, size }: Complete
): Effect.Effect<string, BackupDamaged | PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* pathOf(directory, file)
    const damaged = (detail: string) => new BackupDamaged({ path, detail })
    const found = yield* Effect.catchIf(sizeOf(path), isMissing, () => damaged("The file is missing."))
    if (typeof found === "string") return yield* damaged(found)
    if (found !== size) return yield* damaged(`It has ${found} bytes instead of ${size}.`)
    const { content, result } = measured(files.stream(path))
    yield* Stream.runDrain(content)
    return (yield* result).sha256 === sha256 ? path : yield* contentChanged(path)
  })

/**
 * The content of a file that was verified, and may have changed since then. The last bytes come when the hash of all is the
 * expected one: no server can use a body without them.
 */
export const guarded = <E, R>(
  path: string,
  file: Stream.Stream<Uint8Array, E, R>,
  { sha256, size }: Omit<Complete, "file">
): Stream.Stream<Uint8Array, E | BackupDamaged, R> =>
  // Each read has a hash of its own.
  Stream.suspend(() => {
    const { content, result } = measured(Stream.filter(file, ({ length }) => length > 0))
    let held: Uint8Array = new Uint8Array()
    let length = 0
    const before = Stream.mapEffect(content, (bytes) => {
      length += bytes.length
      if (length > size) return contentChanged(path)
      const previous = held
      held = bytes
      return Effect.succeed(previous)
    })
    const last = Effect.flatMap(result, (actual) =>
      actual.sha256 === sha256 ? Effect.succeed(held) : contentChanged(path)
    )
    return Stream.concat(before, Stream.fromEffect(last))
  })

/** A document in a file that is always complete. */
export interface Journal<A> {
  /** Changes the document, and returns when a file has the change. */
  readonly update: (change: (value: A) => void) => Effect.Effect<void, PlatformError, Files>
  /** Changes the document. A file has the change after some time, at the latest after `flush`. */
  readonly note: (change: (value: A) => void) => Effect.Effect<void, PlatformError, Files>
  /** Returns when a file has all changes. */
  readonly flush: Effect.Effect<void, PlatformError, Files>
}

/** Noted changes are written in at most this part of the time: each write has the whole document, which grows with them. */
const writingTime = 0.1

/**
 * A journal of a mutable value. A change that is made while another one is written waits for the next write, which has all
 * changes until then: thousands of items do not need thousands of writes that follow one another.
 */
export const journal = <A, B, I>(
  path: string,
  schema: Schema.Schema<B, I>,
  value: A,
  documentOf: (value: A) => B
): Journal<A> => {
  const encode = Schema.encode(Schema.parseJson(schema, { space: 1 }))
  const semaphore = Effect.unsafeMakeSemaphore(1)
  let changes = 0
  let saved = 0
  /** When noted changes are written again. */
  let due = Number.NEGATIVE_INFINITY
  const save = Effect.gen(function* () {
    const clock = yield* Effect.clock
    const start = elapsed(clock)
    const until = changes
    // A document that was decoded, or made by this package, can be encoded.
    const text = yield* Effect.orDie(encode(documentOf(value)))
    const content = Stream.make(new TextEncoder().encode(`${text}\n`))
    const document = { fileName: path, contentType: undefined, size: undefined, content }
    yield* Download.toFile(Effect.succeed(document), path)
    saved = until
    const end = elapsed(clock)
    due = end + (end - start) * (1 / writingTime - 1)
    // Its content is in memory, and is read once.
  }).pipe(Effect.catchIf((error): error is CallError => isTableauError(error), Effect.die))
  const flush = Effect.suspend(() => {
    const mine = changes
    return semaphore.withPermits(1)(Effect.suspend(() => (saved >= mine ? Effect.void : save)))
    // What is done is in the file, also if this was the last thing that was done.
  }).pipe(Effect.uninterruptible)
  const make = (change: (value: A) => void) =>
    Effect.sync(() => {
      change(value)
      changes += 1
    })
  return {
    update: (change) => Effect.uninterruptible(Effect.andThen(make(change), flush)),
    note: (change) =>
      Effect.clockWith((clock) =>
        Effect.andThen(
          make(change),
          Effect.suspend(() =>
            elapsed(clock) >= due ? Effect.asVoid(semaphore.withPermitsIfAvailable(1)(save)) : Effect.void
          )
        )
      ).pipe(Effect.uninterruptible),
    flush
  }
}
