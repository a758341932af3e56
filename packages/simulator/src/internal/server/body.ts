import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Element } from "../protocol/element.js"
import { badRequest, type ErrorResponse, tooLarge } from "../protocol/errorResponse.js"
import { fromJson } from "../protocol/json.js"
import { fromXml } from "../protocol/xml.js"
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
