/** Files on storage that all processes share. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { FileUploads, Upload } from "effect-tableau"
import { FileUnavailable } from "./errors.js"

/** What shows that a file has not changed. */
export const FileState = Schema.Struct({
  size: Schema.NonNegativeInt,
  /** In milliseconds since the epoch, if the file system has it. */
  modifiedAt: Schema.optional(Schema.Number)
})

export interface FileState extends Schema.Schema.Type<typeof FileState> {}

/** Node repeats the path several times, and it can be another one, of a file in the folder. */
const detailOf = (error: PlatformError, path: string): string => {
  if (error._tag === "BadArgument" || error.pathOrDescriptor !== path) return error.message
  if (error.reason === "NotFound") return "There is no such file or folder."
  if (error.reason === "PermissionDenied") return "The process has no permission."
  return error.description ?? error.reason
}

export const unavailable =
  (path: string) =>
  (error: PlatformError): FileUnavailable =>
    new FileUnavailable({ path, detail: detailOf(error, path) })

export const stateOf = (path: string): Effect.Effect<FileState, FileUnavailable, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const { mtime, size, type } = yield* Effect.mapError(files.stat(path), unavailable(path))
    if (type !== "File") return yield* new FileUnavailable({ path, detail: "It is not a file." })
    return { size: Number(size), modifiedAt: Option.getOrUndefined(Option.map(mtime, (date) => date.getTime())) }
  })

const unchanged = (path: string, before: FileState) =>
  Effect.flatMap(stateOf(path), (now) => {
    if (now.size !== before.size) {
      return new Upload.FileChanged({ path, detail: `it had ${before.size} bytes, and has ${now.size}.` })
    }
    return now.modifiedAt === before.modifiedAt
      ? Effect.void
      : new Upload.FileChanged({ path, detail: "it was written to." })
  })

/** Uploads a file that is still the one with which the workflow began. It has no effect before it is published. */
export const upload = (path: string, name: string, before: FileState) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    yield* unchanged(path, before)
    const file = Upload.file({ name, size: before.size, content: files.stream(path) })
    const { uploadSessionId } = yield* FileUploads.upload(file).pipe(
      Effect.catchTags({
        BadArgument: (error) => unavailable(path)(error),
        SystemError: (error) => unavailable(path)(error)
      })
    )
    yield* unchanged(path, before)
    return { uploadSessionId }
  })
