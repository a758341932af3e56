/** Files of a backup: documents with journals, and content that is compared with its hash. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Download from "../../Download.js"
import { type CallError, isTableauError } from "../../TableauError.js"
import { schemaProblem } from "../schemaProblem.js"
import { BackupDamaged, BackupInvalid } from "./errors.js"
import { keyOf } from "./manifest.js"
import * as Sha256 from "./sha256.js"

export type Files = FileSystem.FileSystem | Path.Path

const parsed = Schema.decodeUnknownOption(Schema.parseJson())

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

/** The text of a document, if there is one. */
const textOf = (path: string): Effect.Effect<string | undefined, BackupInvalid | PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const invalid = (detail: string) => new BackupInvalid({ path, detail })
    const size = yield* Effect.catchIf(sizeOf(path), isMissing, () => Effect.succeed(undefined))
    if (size === undefined) return undefined
    if (typeof size === "string") return yield* invalid(size)
    if (size > maxDocumentBytes)
      return yield* invalid(`It has ${size} bytes, and at most ${maxDocumentBytes} are read.`)
    return yield* Stream.mkString(Stream.decodeText(files.stream(path, { bytesToRead: size })))
  })

const decoded = <A, I>(path: string, schema: Schema.Schema<A, I>, value: unknown): Effect.Effect<A, BackupInvalid> =>
  Effect.mapError(
    Schema.decodeUnknown(schema)(value),
    (error) =>
      new BackupInvalid({
        path,
        detail: `It is not a document of this version of effect-tableau: ${schemaProblem(error)}.`
      })
  )

/** A document about items. */
export interface Document<Item> {
  readonly items: ReadonlyArray<Item>
}

/** How a document is written, and one of its items. */
export interface Format<A extends Document<Item>, I, Item extends Parameters<typeof keyOf>[0], J> {
  readonly document: Schema.Schema<A, I>
  readonly item: Schema.Schema<Item, J>
}

/**
 * The changes since a document was written are in a file beside it, a line for each: to write the document again for each item
 * would take the square of their number. Its first line is the hash of the document, so that it is never taken for the journal of
 * another one.
 */
const journalOf = (path: string): string => `${path}.journal`

const hashOf = (text: string): string => {
  const hash = Sha256.make()
  hash.add(new TextEncoder().encode(text))
  return hash.digest()
}

/** The new item with this key, or that there is none. */
const changeOf = <Item, J>(item: Schema.Schema<Item, J>) =>
  Schema.Struct({ key: Schema.String, item: Schema.optional(item) })

/** Reads a document, if there is one, with the changes of its journal. */
export const read = <A extends Document<Item>, I, Item extends Parameters<typeof keyOf>[0], J>(
  path: string,
  format: Format<A, I, Item, J>
): Effect.Effect<A | undefined, BackupInvalid | PlatformError, Files> =>
  Effect.gen(function* () {
    const text = yield* textOf(path)
    if (text === undefined) return undefined
    const document = yield* decoded(path, Schema.parseJson(format.document), text)
    const [hash, ...lines] = ((yield* textOf(journalOf(path))) ?? "").split("\n")
    if (hash !== hashOf(text)) return document
    const items = new Map(document.items.map((item) => [keyOf(item), item]))
    for (const line of lines) {
      const json = parsed(line)
      // A line that was not written as a whole. What it says was not done, as its write has not returned.
      if (Option.isNone(json)) continue
      const { item, key } = yield* decoded(journalOf(path), changeOf(format.item), json.value)
      if (item === undefined) items.delete(key)
      else items.set(key, item)
    }
    return { ...document, items: [...items.values()] }
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

/** Writes a file that is always complete. */
const write = (path: string, text: string): Effect.Effect<void, PlatformError, Files> =>
  Download.toFile(
    Effect.succeed({
      fileName: path,
      contentType: undefined,
      size: undefined,
      content: Stream.make(new TextEncoder().encode(text))
    }),
    path
  ).pipe(
    Effect.asVoid,
    // Its content is in memory, and is read once.
    Effect.catchIf((error): error is CallError => isTableauError(error), Effect.die)
  )

/** The first bytes of a file, or nothing if there is none. */
const startOf = (path: string, bytes: number): Effect.Effect<string, PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* Stream.mkString(Stream.decodeText(files.stream(path, { bytesToRead: bytes })))
  }).pipe(Effect.catchIf(isMissing, () => Effect.succeed("")))

const append = (path: string, text: string): Effect.Effect<void, PlatformError, Files> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const file = yield* files.open(path, { flag: "a" })
    yield* Download.named(Effect.andThen(file.writeAll(new TextEncoder().encode(text)), file.sync), path)
  }).pipe(Effect.scoped)

/** Each change returns when it is in a file. */
export interface Journal<Item> {
  /** As they are now, by their keys. */
  readonly items: ReadonlyMap<string, Item>
  readonly set: (items: ReadonlyArray<Item>) => Effect.Effect<void, PlatformError, Files>
  readonly remove: (key: string) => Effect.Effect<void, PlatformError, Files>
}

/**
 * Uses a document that changes. The first change writes it, and so does the end, also after a failure; between them changes go
 * to its journal. What changes while another change is written waits for the next write, which has all changes until then.
 */
export const journaled = <A extends Document<Item>, I, Item extends Parameters<typeof keyOf>[0], J, B, E, R>(
  path: string,
  format: Format<A, I, Item, J>,
  document: A,
  use: (journal: Journal<Item>) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | PlatformError, R | Files> => {
  const encode = Schema.encode(Schema.parseJson(format.document, { space: 1 }))
  const encodeChange = Schema.encodeSync(Schema.parseJson(changeOf(format.item)))
  const semaphore = Effect.unsafeMakeSemaphore(1)
  const items = new Map(document.items.map((item) => [keyOf(item), item]))
  /** Of the journal, once this run has begun it. */
  let header: string | undefined
  let pending: Array<string> = []
  const writeDocument = Effect.gen(function* () {
    // A document that was decoded, or made by this package, can be encoded.
    const text = `${yield* Effect.orDie(encode({ ...document, items: [...items.values()] }))}\n`
    yield* write(path, text)
    return text
  })
  const begin = Effect.gen(function* () {
    const until = pending.length
    const text = yield* writeDocument
    // It replaces what is there, which may be a link to any file.
    header = hashOf(text)
    yield* write(journalOf(path), `${header}\n`)
    pending = pending.slice(until)
  })
  const appendPending = Effect.gen(function* () {
    const until = pending.length
    // The write before may have ended within a line.
    yield* append(journalOf(path), `\n${pending.join("\n")}\n`)
    pending = pending.slice(until)
  })
  /** Another process that uses the folder may have begun a journal of its own, or removed this one at its end. */
  const isOurs = Effect.suspend(() =>
    header === undefined
      ? Effect.succeed(false)
      : Effect.map(startOf(journalOf(path), header.length), (start) => start === header)
  )
  const change = (changes: ReadonlyArray<{ readonly key: string; readonly item?: Item | undefined }>) =>
    Effect.suspend(() => {
      for (const { item, key } of changes) {
        if (item === undefined) items.delete(key)
        else items.set(key, item)
        pending.push(encodeChange({ key, item }))
      }
      return semaphore.withPermits(1)(
        Effect.suspend(() =>
          // The first change of all may change no item.
          header !== undefined && pending.length === 0
            ? Effect.void
            : Effect.if(isOurs, { onTrue: () => appendPending, onFalse: () => begin })
        )
      )
      // What is done is in the file, also if this was the last thing that was done.
    }).pipe(Effect.uninterruptible)
  const end = Effect.gen(function* () {
    if (header === undefined) return
    const files = yield* FileSystem.FileSystem
    yield* writeDocument
    yield* files.remove(journalOf(path), { force: true })
  }).pipe(semaphore.withPermits(1), Effect.uninterruptible)
  return use({
    items,
    set: (items) => change(items.map((item) => ({ key: keyOf(item), item }))),
    remove: (key) => change([{ key }])
  }).pipe(
    // Without this write the journal has everything.
    Effect.onError(() => Effect.ignore(end)),
    Effect.tap(() => end)
  )
}
