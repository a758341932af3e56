/** Sends a file in blocks. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { UploadSessionId } from "../../Ids.js"
import type { CallError, UploadMismatch } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import * as Upload from "../../Upload.js"

interface FileUpload {
  readonly uploadSessionId: UploadSessionId
  readonly fileSize?: number | undefined
  readonly maxFileChunkCount?: number | undefined
}

export interface Operations<A extends FileUpload> {
  readonly initiate: () => Effect.Effect<A, CallError, TableauSession>
  readonly append: (
    uploadSessionId: UploadSessionId,
    block: Upload.File,
    options: { readonly sequenceId?: number | undefined }
  ) => Effect.Effect<A, CallError, TableauSession>
}

export const make =
  <A extends FileUpload>({ append, initiate }: Operations<A>) =>
  <E, R>(
    file: Upload.File<E, R>,
    _options: Upload.Options = {}
  ): Effect.Effect<A, CallError | UploadMismatch | E, TableauSession | R> =>
    Effect.gen(function* () {
      const begun = yield* initiate()
      const blocks = Stream.rechunk(Stream.flattenIterables(file.content), 2 ** 20).pipe(Stream.chunks)
      return yield* Stream.runFoldEffect(blocks, begun, (_, block) =>
        append(begun.uploadSessionId, Upload.bytes("file", Uint8Array.from(block)), {})
      )
    })
