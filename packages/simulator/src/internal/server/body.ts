import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Storage from "../content/storage.js"
import type { Element } from "../protocol/element.js"
import { badRequest, type ErrorResponse, internalError, tooLarge } from "../protocol/errorResponse.js"
import { fromJson } from "../protocol/json.js"
import { fromXml } from "../protocol/xml.js"
import type { Attachment, Parts } from "../session/call.js"
import * as Multipart from "../uploads/multipart.js"
import * as Diagnostics from "./diagnostics.js"

/** In bytes. Requests without files are much smaller. */
const maximumSize = 4 * 1024 * 1024

const read = (request: IncomingMessage): Effect.Effect<string, ErrorResponse> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    request.on("data", (chunk: Uint8Array) => {
      size += chunk.byteLength
      if (size <= maximumSize) chunks.push(chunk)
      else {
        request.removeAllListeners("data").resume()
        resume(Effect.fail(tooLarge(`The request body is larger than ${maximumSize} bytes.`)))
      }
    })
    request.on("end", () => resume(Effect.sync(() => Buffer.concat(chunks).toString("utf8"))))
    request.on("error", () => resume(Effect.fail(badRequest("The request body ended early."))))
  })

/** Reads the `tsRequest` of a body in XML or JSON. */
export const payload = (request: IncomingMessage): Effect.Effect<Element, ErrorResponse> =>
  Effect.flatMap(read(request), (text) => {
    Diagnostics.requests.publish({ userAgent: request.headers["user-agent"], body: text })
    const json = request.headers["content-type"]?.includes("json") === true
    return Either.flatMap(json ? fromJson(text) : fromXml(text), (root) =>
      root.name === "tsRequest" ? Either.right(root) : Either.left(`The root is <${root.name}> and not <tsRequest>.`)
    ).pipe(Either.mapLeft((problem) => badRequest(`The request body is missing or malformed: ${problem}`)))
  })

/** The part that describes the file of another part. */
const payloadPart = "request_payload"

interface Receiving {
  readonly payload: Array<Uint8Array>
  readonly writers: Array<Storage.Writer>
  readonly attachments: Array<Attachment>
  payloadSize: number
}

/** A file that is larger than the limit is read to its end, so that the client gets a response, but not kept. */
const openAttachment = (
  received: Receiving,
  head: Multipart.Head,
  storage: Storage.Storage,
  limit: number
): Multipart.Sink => {
  const writer = storage.open()
  let size = 0
  received.writers.push(writer)
  return {
    write: (chunk) => {
      size += chunk.byteLength
      return size <= limit ? writer.write(chunk) : undefined
    },
    end: async () => {
      const file = await writer.close()
      received.attachments.push({ ...head, size, file })
    }
  }
}

const openPayload = (received: Receiving): Multipart.Sink => ({
  write: (chunk) => {
    received.payloadSize += chunk.byteLength
    if (received.payloadSize <= maximumSize) received.payload.push(Buffer.from(chunk))
  },
  end: () => undefined
})

/** Reads a body of several parts. Files are written to the storage while they arrive. */
export const parts =
  (request: IncomingMessage, storage: Storage.Storage) =>
  (limit: number): Effect.Effect<Parts, ErrorResponse> =>
    Effect.suspend(() => {
      const boundary = Multipart.boundaryOf(request.headers["content-type"])
      if (boundary === undefined) return Effect.fail(badRequest("The Content-Type is not multipart with a boundary."))
      const received: Receiving = { payload: [], writers: [], attachments: [], payloadSize: 0 }
      const discard = Effect.promise(() => Promise.all(received.writers.map((writer) => writer.discard())))
      return Effect.tryPromise({
        // An iterator that closes the request would close the connection, before the response.
        try: () =>
          Multipart.read(request.iterator({ destroyOnReturn: false }), boundary, (head) =>
            head.name === payloadPart ? openPayload(received) : openAttachment(received, head, storage, limit)
          ),
        catch: (cause) => cause
      }).pipe(
        Effect.catchAll((cause) =>
          request.errored === null
            ? Effect.andThen(Effect.logError("The simulator failed to store a file", cause), Effect.fail(internalError))
            : Effect.fail(badRequest("The request body ended early."))
        ),
        Effect.flatMap((problem) => {
          if (problem !== undefined) return Effect.fail(badRequest(problem))
          if (received.payloadSize > maximumSize) return Effect.fail(tooLarge("The request_payload is too large."))
          const text = Buffer.concat(received.payload).toString("utf8")
          if (text !== "") Diagnostics.requests.publish({ userAgent: request.headers["user-agent"], body: text })
          return Effect.succeed({ payload: text, attachments: received.attachments })
        }),
        Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : discard))
      )
    })

/**
 * Waits until a number of bytes of the body, or all of it, has arrived. They stay in the stream, and later ones wait in the
 * connection.
 */
export const arrived = (request: IncomingMessage, bytes: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const length = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY)
    const chunks: Array<Uint8Array> = []
    let missing = Math.min(bytes, length)
    const done = (): void => {
      request.off("readable", read).off("close", done)
      // A stream that has ended takes nothing back.
      if (chunks.length > 0 && !request.readableEnded) request.unshift(Buffer.concat(chunks))
      resume(Effect.void)
    }
    const read = (): void => {
      while (missing > 0) {
        const chunk: Uint8Array | null = request.read()
        if (chunk === null) return
        chunks.push(chunk)
        missing -= chunk.byteLength
      }
      done()
    }
    request.on("readable", read).on("close", done)
    read()
  })
