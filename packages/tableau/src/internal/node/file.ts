/** A file of the disk to upload: read in large parts, and checked for changes while it is read. */
import { type BigIntStats, constants } from "node:fs"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { BadArgument, type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type File, FileChanged, type Reader, readable } from "../uploadFile.js"

// Windows has no O_NONBLOCK, and no pipes among its files.
const { O_NONBLOCK = 0, O_RDONLY } = constants

const reasons: Readonly<Record<string, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EBUSY: "Busy",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  ELOOP: "BadResource",
  EMFILE: "Busy",
  ENFILE: "Busy"
}

const attempt = <A>(method: string, path: string, run: () => Promise<A>): Effect.Effect<A, PlatformError> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => {
      const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : ""
      const description = cause instanceof Error ? cause.message : code
      const reason = reasons[code] ?? "Unknown"
      return new SystemError({ reason, module: "FileSystem", method, pathOrDescriptor: path, description, cause })
    }
  })

/**
 * What shows that a file is the same and has not changed. Programs that copy files can set the time of the last write back, and
 * not that of the last change. That also changes with permissions, the owner and hard links: a file that is refused without
 * need can be published again, and a mixture of two contents is not noticed.
 */
interface Identity {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
}

const differences = (before: Identity, after: Identity): string | undefined => {
  if (before.ino !== after.ino || before.dev !== after.dev) return "another file has its name now."
  if (before.size !== after.size) return `it had ${before.size} bytes, and has ${after.size}.`
  if (before.mtimeNs !== after.mtimeNs) return "it was written to."
  return before.ctimeNs === after.ctimeNs
    ? undefined
    : "it was written to, replaced or removed, or its permissions, its owner or its hard links were changed."
}

const statOf = (path: string) => attempt("stat", path, () => Fs.stat(path, { bigint: true }))

/**
 * Reads that are in flight end before the file is closed. Opening a pipe would wait for what writes to it, and nothing can
 * end that wait.
 */
const open = (
  path: string,
  known: Identity
): Effect.Effect<Reader<PlatformError | FileChanged>, PlatformError | FileChanged, Scope.Scope> =>
  Effect.gen(function* () {
    const check = (stat: Effect.Effect<BigIntStats, PlatformError>) =>
      Effect.flatMap(stat, (now) => {
        // A pipe can have the inode of the file that it has replaced.
        const detail = now.isFile() ? differences(known, now) : "it is no regular file now."
        return detail === undefined ? Effect.void : new FileChanged({ path, detail })
      })
    const handle = yield* Effect.acquireRelease(
      attempt("open", path, () => Fs.open(path, O_RDONLY | O_NONBLOCK)),
      (handle) => Effect.promise(() => handle.close().catch(() => undefined))
    )
    const unchanged = check(attempt("stat", path, () => handle.stat({ bigint: true })))
    yield* unchanged
    let position = 0
    /** A read may return less than there is. */
    const fill = (into: Uint8Array, filled = 0): Effect.Effect<number, PlatformError> =>
      attempt("read", path, () => handle.read(into, filled, into.length - filled, position)).pipe(
        Effect.uninterruptible,
        Effect.flatMap(({ bytesRead }) => {
          position += bytesRead
          const total = filled + bytesRead
          return bytesRead === 0 || total === into.length ? Effect.succeed(total) : fill(into, total)
        })
      )
    return {
      read: (into) =>
        Effect.flatMap(fill(into), (length) =>
          Effect.as(
            // Not all file systems change the file when another one gets its name: the name is looked at in the end.
            length < into.length || position >= known.size ? Effect.andThen(unchanged, check(statOf(path))) : unchanged,
            length
          )
        )
    }
  })

const partBytes = 2 ** 18

export const file = (
  path: string,
  options: { readonly name?: string | undefined }
): Effect.Effect<File<PlatformError | FileChanged>, PlatformError> =>
  Effect.gen(function* () {
    const stats = yield* statOf(path)
    if (!stats.isFile()) {
      const description = `${path} is no regular file. Read it with a stream, and pass that to Upload.file.`
      return yield* new BadArgument({ module: "FileSystem", method: "file", description })
    }
    const { ctimeNs, dev, ino, mtimeNs, size } = stats
    const opened = open(path, { ctimeNs, dev, ino, mtimeNs, size })
    const content = Stream.unwrapScoped(
      Effect.map(opened, ({ read }) =>
        Stream.repeatEffectChunkOption(
          Effect.flatMap(
            Effect.suspend(() => {
              const part = new Uint8Array(partBytes)
              return Effect.map(Effect.mapError(read(part), Option.some), (length) => part.subarray(0, length))
            }),
            (part) => (part.length === 0 ? Effect.fail(Option.none()) : Effect.succeed(Chunk.of(part)))
          )
        )
      )
    )
    return readable({ name: options.name ?? Path.basename(path), size: Number(size), content, open: opened })
  })
