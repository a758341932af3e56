/**
 * Files from the server: images, PDFs, CSV, and published content, as streams. Memory does not depend on their size.
 *
 * @since 0.1.0
 */
import { BadArgument, type PlatformError, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Progress } from "./Progress.js"
import type { CallError } from "./TableauError.js"

/**
 * A file whose first bytes have been received, so it is not the page of a proxy and not an error response.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download {
  /**
   * A safe file name from `Content-Disposition`: no path, no control characters, no leading dot or dash, no reserved name. A
   * slash in a name of Tableau is `_`. If the server sends no name, it is the id of the content.
   */
  readonly fileName: string
  readonly contentType: string | undefined
  /** In bytes, if the server says it. */
  readonly size: number | undefined
  /**
   * The bytes, once: a second run fails with `BadRequest`, and the first one continues. The server is read as fast as the
   * stream is consumed. The request ends when the stream ends, fails or is interrupted.
   *
   * The stream fails if the connection breaks, if fewer bytes than announced are received, and if no byte is received for
   * `requestTimeout`. It is not retried, because some bytes have been consumed. Read it before the scope of the download
   * closes.
   */
  readonly content: Stream.Stream<Uint8Array, CallError>
}

/**
 * How to receive a file.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Runs after each part that has been received, and, of a file that is written, after the part has been written. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/** The content of a download, whose parts are reported. */
const contentOf = (
  { content, size: total }: Download,
  { onProgress }: Options
): Stream.Stream<Uint8Array, CallError> => {
  if (onProgress === undefined) return content
  return Stream.suspend(() => {
    let bytes = 0
    // After the consumer has had the part.
    return Stream.flatMap(Stream.chunks(content), (chunk) => {
      for (const part of chunk) bytes += part.length
      return Stream.concat(Stream.fromChunk(chunk), Stream.drain(Stream.fromEffect(onProgress({ bytes, total }))))
    })
  })
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
  operation: Effect.Effect<Download, E, R>,
  options: Options = {}
): Stream.Stream<Uint8Array, E | CallError, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(Effect.map(operation, (download) => contentOf(download, options)))

/** What a file system says when a path does not exist. */
const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** The file that exists already, if there is one. */
const existing = (
  path: string
): Effect.Effect<FileSystem.File.Info | undefined, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.catchIf(files.stat(path), isNotFound, () => Effect.succeed(undefined))
  )

/** Whether a path is one of the names that the system has for open files, such as `/dev/stdout`, or a link to one. */
const isOpenFile = (path: string): Effect.Effect<boolean, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const directory = yield* files.realPath(paths.dirname(path))
    const target = yield* Effect.orElseSucceed(files.readLink(path), () => "")
    const isName = (place: string) => /^\/(?:proc\/|dev\/(?:fd\/|std(?:in|out|err)$))/.test(place)
    // A file in `/dev/shm` is a file as any other.
    return isName(`${directory}/`) || isName(paths.resolve(directory, target))
  }).pipe(Effect.orElseSucceed(() => false))

/**
 * Whether to write into what exists instead of replacing it, or why neither is possible. To replace a device would remove
 * it from the system.
 */
const isWrittenInto = (
  path: string,
  info: FileSystem.File.Info | undefined,
  isNamed: boolean
): Effect.Effect<boolean, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    if (info === undefined || info.type === "Directory") return false
    const isOpen = yield* isOpenFile(path)
    if (info.type === "File") return isOpen
    if (isNamed && (info.type === "CharacterDevice" || (info.type === "FIFO" && isOpen))) return true
    return yield* new BadArgument({
      module: "FileSystem",
      method: "toFile",
      description: `${path} is no regular file (${info.type}), so it is not replaced. Choose another path, or consume Download.stream.`
    })
  })

/** @internal Errors of an open file have the number of its descriptor, which says nothing to a user. */
export const named = <A>(effect: Effect.Effect<A, PlatformError>, path: string): Effect.Effect<A, PlatformError> =>
  Effect.mapError(effect, (error) =>
    error._tag === "SystemError" ? new SystemError({ ...error, pathOrDescriptor: path }) : error
  )

/** Writes all of a file that is open. */
const writeAll = <E>(file: FileSystem.File, path: string, content: Stream.Stream<Uint8Array, E>) =>
  // An interrupted write could continue after the file has been closed.
  Stream.runForEach(content, (bytes) => Effect.uninterruptible(named(file.writeAll(bytes), path)))

/**
 * Writes a temporary file to the disk, and then gives it its name. With a mode, the file never has more permissions than the
 * mode says. The temporary file is removed only by the run that created it.
 */
const replace = <E>(
  temporary: string,
  target: string,
  content: Stream.Stream<Uint8Array, E>,
  mode: number | undefined
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(
        files.open(temporary, mode === undefined ? { flag: "wx" } : { flag: "wx", mode }),
        scope
      )
      yield* restore(writeAll(file, target, content)).pipe(
        Effect.andThen(named(file.sync, target)),
        // The umask of the process may have removed bits of the mode.
        Effect.andThen(mode === undefined ? Effect.void : files.chmod(temporary, mode)),
        Effect.onExit((exit) => Scope.close(scope, exit)),
        Effect.andThen(files.rename(temporary, target)),
        Effect.onError(() => Effect.ignore(files.remove(temporary)))
      )
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
 * What exists and is no regular file is never replaced: a character device, such as `/dev/null`, and the names of open files,
 * such as `/dev/stdout`, are written into, while the file is received. Everything else, such as a named pipe, whose reader may
 * be absent, is a `BadArgument` before the request.
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
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 * import * as Console from "effect/Console"
 *
 * const backup = (workbookId: Ids.WorkbookId) =>
 *   Workbooks.download(workbookId).pipe(
 *     Download.toFile("backups/", { onProgress: ({ bytes, total }) => Console.log(`${bytes} of ${total ?? "?"}`) })
 *   )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const toFile: {
  (
    path: string,
    options?: Options
  ): <E, R>(
    operation: Effect.Effect<Download, E, R>
  ) => Effect.Effect<string, E | CallError | PlatformError, Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path>
  <E, R>(
    operation: Effect.Effect<Download, E, R>,
    path: string,
    options?: Options
  ): Effect.Effect<string, E | CallError | PlatformError, Exclude<R, Scope.Scope> | FileSystem.FileSystem | Path.Path>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <E, R>(operation: Effect.Effect<Download, E, R>, path: string, options: Options = {}) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const paths = yield* Path.Path
      const isNamedDirectory = path === "" || path.endsWith("/") || path.endsWith(paths.sep)
      const found = isNamedDirectory ? undefined : yield* existing(path)
      const isDirectory = isNamedDirectory || found?.type === "Directory"
      const directory = isDirectory ? path || "." : paths.dirname(path)
      // Both fail before the server renders the file.
      if (yield* isWrittenInto(path, found, true)) {
        yield* files.access(path, { writable: true })
        const download = yield* operation
        // Appends, because a pipe has no positions.
        yield* writeAll(yield* files.open(path, { flag: "a" }), path, contentOf(download, options))
        return path
      }
      yield* files.access(directory, { writable: true })
      const download = yield* operation
      const target = isDirectory ? paths.join(path, download.fileName) : path
      const before = yield* existing(target)
      if (isDirectory) yield* isWrittenInto(target, before, false)
      // Not from `Random`, which a program may seed: no two downloads, also of two processes, may have one temporary file.
      const temporary = paths.join(directory, `.${globalThis.crypto.randomUUID()}.part`)
      // Without the setuid and setgid bits: the new content must not run as its owner.
      yield* replace(
        temporary,
        target,
        contentOf(download, options),
        before === undefined ? undefined : before.mode & 0o777
      )
      return target
    }).pipe(Effect.scoped)
)
