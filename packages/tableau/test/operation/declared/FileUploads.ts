import * as Schema from "effect/Schema"
import { Operation, Response, Upload, Xml } from "effect-tableau"

export const FileUpload = Schema.Struct({ uploadSessionId: Schema.String, fileSize: Schema.optional(Xml.Integer) })

/** Starts an upload in blocks. */
export const start = Operation.make({
  name: "FileUploads.start",
  request: "POST /sites/{siteId}/fileUploads",
  since: "2.0",
  scope: "tableau:file_uploads:create",
  input: () => ({}),
  response: Response.element("fileUpload", FileUpload)
})

/** Appends a block of at most 64 MB. Numbered blocks may be sent in parallel. */
export const append = Operation.make({
  name: "FileUploads.append",
  request: "PUT /sites/{siteId}/fileUploads/{uploadSessionId}",
  since: "2.0",
  scope: "tableau:file_uploads:create",
  input: (uploadSessionId: string, block: Uint8Array, sequenceId?: number) => ({
    uploadSessionId,
    since: sequenceId === undefined ? undefined : "3.27",
    query: { sequenceID: sequenceId },
    multipart: { request_payload: "" as const, tableau_file: Upload.bytes("file", block) }
  }),
  response: Response.element("fileUpload", FileUpload)
})
