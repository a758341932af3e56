import * as Effect from "effect/Effect"
import type { User } from "../content/model.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { isAtLeast } from "../protocol/version.js"
import { created, ok, type Parts, type SessionCall } from "../session/call.js"
import * as Uploads from "../uploads/uploads.js"
import { handlers } from "./handler.js"

const publishers = new Set([
  ...["Creator", "ExplorerCanPublish", "ServerAdministrator", "SiteAdministratorCreator"],
  "SiteAdministratorExplorer"
])

/** Whether the site role of a user permits publishing. */
export const mayPublish = ({ siteRole }: User): boolean => publishers.has(siteRole)

/** Reads the parts of a body for a handler. If the handler fails, the files of the body are removed. */
export const withParts = <A>(
  call: SessionCall,
  limit: number,
  use: (parts: Parts) => Effect.Effect<A, Errors.ErrorResponse>
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.acquireUseRelease(call.parts(limit), use, ({ attachments }, exit) =>
    exit._tag === "Success" ? Effect.void : Effect.forEach(attachments, ({ file }) => call.storage.remove(file))
  )

/** Finds an upload session of the user on the site. */
export const findUpload = (
  { session, site, uploads }: SessionCall,
  id: string
): Effect.Effect<Uploads.Upload, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const upload = uploads.find(site, session.user, id)
    return upload === undefined ? Effect.fail(Errors.uploadNotFound) : Effect.succeed(upload)
  })

const describe = ({ uploads: { limits } }: SessionCall, upload: Uploads.Upload) =>
  element("fileUpload", {
    uploadSessionId: upload.id,
    fileSize: Uploads.megabytes(upload),
    maxFileChunkCount: limits.maxFileChunkCount
  })

const since = { major: 3, minor: 27 }

/** The number of a block. Before API 3.27 the parameter does not exist. */
const sequenceIdOf = ({ query, version }: SessionCall): Effect.Effect<number | undefined, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const given = query.get("sequenceID")
    if (given === null || version === undefined || !isAtLeast(version, since)) return Effect.succeed(undefined)
    return /^\d{1,15}$/.test(given)
      ? Effect.succeed(Number(given))
      : Effect.fail(Errors.invalidParameter("The sequenceID is not a number."))
  })

/** The block in a body of two parts, of which the first is empty. */
const blockOf = ({ attachments, payload }: Parts, limit: number) =>
  Effect.suspend(() => {
    if (payload.trim() !== "") return Effect.fail(Errors.malformedBody("The request_payload must be empty."))
    const [block, ...more] = attachments.filter(({ name }) => name === "tableau_file")
    if (block === undefined || block.size === 0) {
      return Effect.fail(Errors.missingFileData("The body has no part tableau_file, or it is empty."))
    }
    if (more.length > 0 || attachments.length > 1) {
      return Effect.fail(Errors.malformedBody("The body has several files."))
    }
    return block.size > limit
      ? Effect.fail(Errors.blockTooLarge(`The block exceeds the maximum of ${limit} bytes.`))
      : Effect.succeed(block)
  })

export const signedIn = handlers({
  initiateFileUpload: (call) =>
    Effect.suspend(() => {
      const { session, site, uploads } = call
      if (!mayPublish(session.user)) return Effect.fail(Errors.uploadForbidden)
      return Effect.succeed(created(describe(call, uploads.start(site, session.user))))
    }),

  appendToFileUpload: (call) =>
    Effect.gen(function* () {
      const { limits } = call.uploads
      if (!mayPublish(call.session.user)) return yield* Errors.notAPublisher
      yield* findUpload(call, call.parameter("uploadSessionId"))
      const sequenceId = yield* sequenceIdOf(call)
      if (call.header("content-length") === undefined) return yield* Errors.malformedBody("There is no Content-Length.")
      return yield* withParts(call, limits.blockLimit, (parts) =>
        Effect.gen(function* () {
          const { file } = yield* blockOf(parts, limits.blockLimit)
          // The upload may have been published while the block arrived.
          const upload = yield* findUpload(call, call.parameter("uploadSessionId"))
          if (limits.maxFileChunkCount !== undefined && upload.blocks.length >= limits.maxFileChunkCount) {
            return yield* Errors.uploadFailed(`The upload has ${limits.maxFileChunkCount} blocks already.`)
          }
          const replaced = Uploads.add(upload, file, sequenceId, limits.repeatedSequenceId)
          if (replaced === undefined) return yield* Errors.appendFailed(`There is a block ${sequenceId} already.`)
          yield* Effect.forEach(replaced, (file) => call.storage.remove(file))
          return ok(describe(call, upload))
        })
      )
    })
})
