/**
 * File uploads: a large file is sent in blocks before it is published. `publish` of `Workbooks`, `Datasources` and `Flows`
 * does so by itself.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_file_uploads.htm
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { UploadSessionId } from "./Ids.js"
import * as Engine from "./internal/upload/engine.js"
import * as Operation from "./Operation.js"
import * as Response from "./Response.js"
import type { CallError, UploadMismatch } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import type * as Upload from "./Upload.js"
import * as Xml from "./Xml.js"

const fileUpload = Xml.struct(
  { uploadSessionId: UploadSessionId },
  {
    /** What the server holds, in whole megabytes; at least 1 after the first block. */
    fileSize: Xml.Integer,
    /** How many blocks the server accepts, if it says it. */
    maxFileChunkCount: Xml.Integer
  }
)

/**
 * An upload session.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileUpload extends Xml.TypeOf<typeof fileUpload> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const FileUpload: Xml.Model<FileUpload, typeof fileUpload> = fileUpload

/**
 * Begins an upload. `upload` does this and everything that follows.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_file_uploads.htm#initiate_file_upload
 * @since 0.1.0
 * @category operations
 */
export const initiate = Operation.make({
  name: "FileUploads.initiate",
  request: "POST /sites/{siteId}/fileUploads",
  since: "2.0",
  scope: "tableau:file_uploads:create",
  // An upload has no effect before a publication uses it.
  idempotent: true,
  input: () => ({}),
  response: Response.element("fileUpload", FileUpload)
})

/**
 * Appends a block of at most 64 MB. Without a number, blocks are joined in the order of their arrival. With numbers, which
 * need API version 3.27, they are joined from low to high, and several may be in flight. The first number is 1.
 *
 * A block is not sent again if it is unknown whether the server has it.
 *
 * @example
 * ```ts
 * import { FileUploads, Upload } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const { uploadSessionId } = yield* FileUploads.initiate()
 *   yield* FileUploads.append(uploadSessionId, Upload.bytes("block", new Uint8Array([1, 2, 3])))
 *   return uploadSessionId
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_file_uploads.htm#append_to_file_upload
 * @since 0.1.0
 * @category operations
 */
export const append = Operation.generic(
  {
    name: "FileUploads.append",
    request: "PUT /sites/{siteId}/fileUploads/{uploadSessionId}",
    since: "2.0",
    scope: "tableau:file_uploads:create"
  },
  (send) =>
    <E = never, R = never>(
      uploadSessionId: UploadSessionId,
      file: Upload.File<E, R>,
      options: { readonly sequenceId?: number | undefined } = {}
    ): Effect.Effect<FileUpload, CallError | E, TableauSession | R> => {
      const { sequenceId } = options
      const response = Response.element("fileUpload", FileUpload)
      if (sequenceId === undefined || (Number.isSafeInteger(sequenceId) && sequenceId >= 1)) {
        const since = sequenceId === undefined ? undefined : "3.27"
        return send(
          {
            uploadSessionId,
            since,
            query: { sequenceID: sequenceId },
            multipart: { request_payload: "", tableau_file: file }
          },
          response
        )
      }
      const detail = `\`sequenceId\` is ${sequenceId}; it is a whole number of at least 1.`
      return send(Operation.invalidInput(detail), response)
    }
)

/**
 * Uploads a file in blocks, and returns its upload session, which a publication then uses.
 *
 * A block whose outcome is unknown may be sent again, because an upload has no effect before a publication uses it. What the
 * server says that it holds is compared with what was sent; if it does not fit, the file is uploaded again, at most three
 * times. Then, or if the file cannot be read twice, this fails with the error of the block, or with `UploadMismatch`. All
 * errors have `acted: "no"`.
 *
 * Blocks are also sent again while the server cannot be reached or is too busy, until it has acknowledged none for five
 * minutes. This is independent of the retries of the session; `deadline` limits it.
 *
 * @example
 * ```ts
 * import { FileUploads } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const file = yield* TableauNode.file("sales.hyper")
 *   const { uploadSessionId } = yield* FileUploads.upload(file, { concurrency: 4 })
 *   return uploadSessionId
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_publish.htm
 * @since 0.1.0
 * @category operations
 */
export const upload: (<E = never, R = never>(
  file: Upload.File<E, R>,
  options?: Upload.Options
) => Effect.Effect<FileUpload, CallError | UploadMismatch | E, TableauSession | R>) &
  Operation.Composite = Operation.composite([initiate, append], Engine.make<FileUpload>({ initiate, append }))
