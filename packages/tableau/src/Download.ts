/**
 * Files from the server: images, PDFs, CSV, and published content, as streams. Memory does not depend on their size.
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
import type { CallError } from "./TableauError.js"

/**
 * A file whose first bytes have been received, so it is not the page of a proxy and not an error response.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download {
  /**
   * A safe file name from `Content-Disposition`: no path, no control characters, no leading dot, no reserved name. If the
   * server sends no name, it is the id of the content.
   */
  readonly fileName: string
  readonly contentType: string | undefined
  /** In bytes, if the server says it. */
  readonly size: number | undefined
  /**
   * The bytes, once: a second run fails with `BadRequest`. The server is read as fast as the stream is consumed. The
   * request ends when the stream ends, fails or is interrupted.
   *
   * The stream fails if the connection breaks, if fewer bytes than announced are received, and if no byte is received for
   * `requestTimeout`. It is not retried, because some bytes have been consumed. Read it before the scope of the download
   * closes.
   */
  readonly content: Stream.Stream<Uint8Array, CallError>
}

/**
 * The bytes of a file, as a stream that requests the file when it runs.
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
): Stream.Stream<Uint8Array, E | CallError, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(Effect.map(operation, ({ content }) => content))

/** The file that exists already, if there is one. */
const existing = (
  path: string
): Effect.Effect<FileSystem.File.Info | undefined, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.catchIf(
      files.stat(path),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeed(undefined)
    )
  )

/**
 * Creates a file and writes all of it to the disk. With a mode, the file never has more permissions than the mode says.
 */
const write = <E>(path: string, content: Stream.Stream<Uint8Array, E>, mode: number | undefined) =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.open(path, mode === undefined ? { flag: "wx" } : { flag: "wx", mode })
      // An interrupted write could continue after the file has been closed.
      yield* Stream.runForEach(content, (bytes) => Effect.uninterruptible(file.writeAll(bytes)))
      yield* Effect.uninterruptible(file.sync)
      // The umask of the process may have removed bits of the mode.
      if (mode !== undefined) yield* files.chmod(path, mode)
    })
  )

/**
 * Writes a file and returns its path. In a directory, or with an empty path or one that ends with a slash, the file gets the
 * name that the server sends; any other path is the path of the file.
 *
 * The file has a temporary name beside its own until it is complete, so a partial file never has the final name. If the
 * download fails or is interrupted, nothing is left, and a file that existed before is unchanged. On success that file is
 * replaced, with the same mode, and the owner of the process owns it. A process that is killed (`kill -9`) can leave a
 * hidden `.….part` file in that directory.
 *
 * Names are not unique: workbooks of different projects, and images of different views, can have the same name, and in one
 * directory the second replaces the first. With the id in the path, as in
 * `` Download.toFile(`backups/${workbookId}.twbx`) ``, each has its own file.
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
  ) => Effect.Effect<string, E | CallError | PlatformError, Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path>
  <E, R>(
    operation: Effect.Effect<Download, E, R>,
    path: string
  ): Effect.Effect<string, E | CallError | PlatformError, Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path>
} = dual(2, <E, R>(operation: Effect.Effect<Download, E, R>, path: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const isDirectory =
      path === "" || path.endsWith("/") || path.endsWith(paths.sep) || (yield* existing(path))?.type === "Directory"
    const directory = isDirectory ? path || "." : paths.dirname(path)
    // Fails before the server renders the file.
    yield* files.access(directory, { writable: true })
    const { content, fileName } = yield* operation
    const target = isDirectory ? paths.join(path, fileName) : path
    const suffix = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
    const temporary = paths.join(directory, `.${suffix.toString(36)}.part`)
    // Without the setuid and setgid bits: the new content must not run as its owner.
    const mode = (yield* existing(target))?.mode
    yield* write(temporary, content, mode === undefined ? undefined : mode & 0o777).pipe(
      Effect.andThen(Effect.uninterruptible(files.rename(temporary, target))),
      Effect.onError(() => Effect.ignore(files.remove(temporary)))
    )
    return target
  }).pipe(Effect.scoped)
)
