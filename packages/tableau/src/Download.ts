/**
 * Files from the server: images, PDFs, CSV, and content as it was published. They come as streams, and no more of them
 * is held in memory than was not yet taken.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { OperationError } from "./TableauError.js"

/**
 * A file whose first bytes have come: it is one, and no page of a proxy and no refusal.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download {
  /**
   * What the server calls it, fit for a disk: no path, nothing hidden, nothing that a system takes for something else. A
   * file to which the server gives no name has the id of what it was made of.
   */
  readonly fileName: string
  readonly contentType: string | undefined
  /** In bytes, where the server says it. */
  readonly size: number | undefined
  /**
   * The bytes, once: a second run fails with `BadRequest`. The server sends as fast as they are taken. When the stream
   * ends, fails or is interrupted, the request ends.
   *
   * It fails when the connection breaks, when there are fewer bytes than the server announced, and when none comes for as
   * long as `requestTimeout`. It is not tried again: some of the bytes were taken. It is to be read before the scope
   * closes in which the file was asked for.
   */
  readonly content: Stream.Stream<Uint8Array, OperationError>
}

/**
 * The bytes of a file as a stream that asks for the file when it runs.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 * import * as Stream from "effect/Stream"
 *
 * const lines = (viewId: Ids.ViewId) =>
 *   Download.stream(Views.data(viewId)).pipe(Stream.decodeText(), Stream.splitLines)
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = <E, R>(
  operation: Effect.Effect<Download, E, R>
): Stream.Stream<Uint8Array, E | OperationError, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(Effect.map(operation, ({ content }) => content))

/** What is there now, if anything is. */
const before = (path: string): Effect.Effect<FileSystem.File.Info | undefined, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.catchIf(
      files.stat(path),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeed(undefined)
    )
  )

/**
 * Writes a file that is not there, and has nothing half done with it when it returns. With a mode it is never open to
 * more people than that says.
 */
const write = <E>(path: string, content: Stream.Stream<Uint8Array, E>, mode: number | undefined) =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.open(path, mode === undefined ? { flag: "wx" } : { flag: "wx", mode })
      // An interrupt would leave a write behind, to a file that is closed.
      yield* Stream.runForEach(content, (bytes) => Effect.uninterruptible(file.writeAll(bytes)))
      yield* Effect.uninterruptible(file.sync)
      // A process may be set to leave parts of a mode out.
      if (mode !== undefined) yield* files.chmod(path, mode)
    })
  )

/**
 * Writes a file, and gives its path. A path that is a directory, is empty, or ends with a slash, gets the file under the name that
 * the server gives it; any other path is the file's own.
 *
 * Until all of it has come the file has a temporary name beside the one that it gets: there is never a part of it under
 * that name. When the download fails or is interrupted nothing is left, and a file that was there before is as it was.
 * On success it is replaced by one of the same mode, which belongs to who runs the program. A process that is killed
 * (`kill -9`) leaves what had come, hidden as `.….part` in that directory, and nobody removes it.
 *
 * Names are not the same as ids: two workbooks of different projects may get the same name, and so may the pictures of
 * two views. In one directory the second replaces the first; with the id in the path, as in
 * `` Download.toFile(`backups/${workbookId}.twbx`) ``, each has a file of its own.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const backup = (workbookId: Ids.WorkbookId) => Workbooks.download(workbookId).pipe(Download.toFile("backups/"))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const toFile: {
  (
    path: string
  ): <E, R>(
    operation: Effect.Effect<Download, E, R>
  ) => Effect.Effect<
    string,
    E | OperationError | PlatformError,
    Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path
  >
  <E, R>(
    operation: Effect.Effect<Download, E, R>,
    path: string
  ): Effect.Effect<
    string,
    E | OperationError | PlatformError,
    Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path
  >
} = dual(2, <E, R>(operation: Effect.Effect<Download, E, R>, path: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const inside =
      path === "" || path.endsWith("/") || path.endsWith(paths.sep) || (yield* before(path))?.type === "Directory"
    const directory = inside ? path || "." : paths.dirname(path)
    // Told before the server makes the file.
    yield* files.access(directory, { writable: true })
    const { content, fileName } = yield* operation
    const target = inside ? paths.join(path, fileName) : path
    const mark = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
    const temporary = paths.join(directory, `.${mark.toString(36)}.part`)
    // A file that replaces another does not become a program that runs as its owner.
    const mode = (yield* before(target))?.mode
    yield* write(temporary, content, mode === undefined ? undefined : mode & 0o777).pipe(
      Effect.zipRight(Effect.uninterruptible(files.rename(temporary, target))),
      Effect.onError(() => Effect.ignore(files.remove(temporary)))
    )
    return target
  }).pipe(Effect.scoped)
)
