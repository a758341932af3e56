/** Uploads to a server with faults. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FileUploads, type TableauSession, type Upload } from "effect-tableau"
import {
  type Append,
  bytesOf,
  type Fault,
  onServer,
  type ServerOptions,
  type small,
  streamed,
  uploadServer
} from "./uploadServer.js"

/** Five blocks of which each is large enough to be verified. */
export const bytes = bytesOf(1900)

/** Uploads a file and returns what the server has received. */
export const upload = (
  server: ServerOptions,
  options: Upload.Options = {},
  file: Upload.File = streamed(bytes, { size: bytes.length }),
  session: Partial<TableauSession.Options> = {},
  limits: Partial<typeof small> = {}
) =>
  Effect.gen(function* () {
    const running = yield* uploadServer(server)
    const exit = yield* Effect.exit(onServer(FileUploads.upload(file, options), running.url, session, limits))
    const content = Exit.isSuccess(exit) ? running.content(exit.value.uploadSessionId) : undefined
    return { ...running, exit, content, failure: failureOf(exit) }
  })

export const failureOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined

/** A fault at one request, counted from 1. */
export const at =
  (number: number, fault: Fault) =>
  (append: Append): Fault | undefined =>
    append.number === number ? fault : undefined
