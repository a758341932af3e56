/** Reads the body of a response: as a whole with a size limit, or as a stream. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { TimedOut, UnexpectedResponse } from "../../TableauError.js"
import {
  type ExchangeError,
  type IncomingResponse,
  type RequestContext,
  type ResponseHead,
  reported,
  uncertainActed
} from "./exchange.js"
import { limited, type Timing } from "./timeouts.js"
import { transportError } from "./transportError.js"
import { inTurns } from "./turns.js"

/** More than a page of a thousand of Tableau's largest items. */
export const maxBodyBytes = 64 * 1024 * 1024

/** Most pages of a thousand items are smaller. */
const shortBodyBytes = 1024 * 1024

/** Known content encodings. Some servers send other values, such as `utf-8`. */
const contentEncodings = /gzip|br|zstd|deflate|compress|dcb|dcz/i

/** The content encodings that every `fetch` decodes. */
const fetchEncodings = /^\s*(?:(?:x-)?gzip|deflate|br)(?:\s*,\s*(?:(?:x-)?gzip|deflate|br))*\s*$/i

type Header = IncomingResponse["header"]

/** Reads the headers of the body as it is read. They are made once: some HttpClients make them at each access. */
export const headersOf = (response: HttpClientResponse.HttpClientResponse): Header => {
  const headers = contentHeaders(response)
  return (name) => headers[name]
}

/** The headers of the body as it is read: `fetch` decodes a compressed body, but keeps the headers of the encoded one. */
export const contentHeaders = (response: HttpClientResponse.HttpClientResponse): Headers.Headers => {
  const { headers } = response
  const encoded = fetchEncodings.test(headers["content-encoding"] ?? "")
  return encoded && response instanceof HttpClientResponse.fromWeb(response.request, new Response()).constructor
    ? Headers.remove(headers, ["content-encoding", "content-length"])
    : headers
}

/** The `Content-Encoding` of a compressed response. */
export const encodingOf = (header: Header): string | undefined => {
  const encoding = header("content-encoding") ?? ""
  return contentEncodings.test(encoding) ? encoding : undefined
}

/** The `Content-Length` in bytes, if the body is not compressed. */
export const lengthOf = (header: Header): number | undefined => {
  const length = header("content-length") ?? ""
  const encoding = header("content-encoding") ?? "identity"
  return /^\d{1,15}$/.test(length) && encoding === "identity" ? Number(length) : undefined
}

/** Smaller chunks are copied. One that is not keeps the whole read of the socket of which it is a part. */
const minChunkBytes = 2 ** 14

const maxBlockBytes = 2 ** 16

/** Collects the chunks of a body, in memory that is proportional to its size. */
export class Collected {
  readonly chunks: Array<Uint8Array> = []
  size = 0
  /** The end of the last block that is not filled yet. */
  private free = new Uint8Array()

  add(chunk: Uint8Array): void {
    const isFirst = this.size === 0
    this.size += chunk.length
    // Most bodies have one chunk.
    if (isFirst || chunk.length >= minChunkBytes) {
      this.chunks.push(chunk)
      this.free = new Uint8Array()
      return
    }
    if (this.free.length < chunk.length) {
      // Blocks grow with the body.
      this.free = new Uint8Array(Math.max(chunk.length, Math.min(maxBlockBytes, this.size)))
      this.chunks.push(this.free.subarray(0, 0))
    }
    this.free.set(chunk)
    const last = this.chunks.length - 1
    const filled = this.chunks[last] ?? this.free
    this.chunks[last] = new Uint8Array(filled.buffer, filled.byteOffset, filled.length + chunk.length)
    this.free = this.free.subarray(chunk.length)
  }
}

/** Copying touches new memory, which takes as long as decoding it. */
const bytesPerTurn = 2 ** 21

/** Joins the chunks of a body, of a long one in several turns of the event loop. */
export const joined = (chunks: ReadonlyArray<Uint8Array>, size: number): Effect.Effect<Uint8Array> => {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return Effect.succeed(first)
  const bytes = new Uint8Array(size)
  let offset = 0
  let next = 0
  return inTurns(() => {
    const end = offset + bytesPerTurn
    while (next < chunks.length && offset < end) {
      const chunk = chunks[next] ?? new Uint8Array()
      bytes.set(chunk, offset)
      offset += chunk.length
      next += 1
    }
    return next < chunks.length ? undefined : Either.right(bytes)
  })
}

export const tooLarge = (request: RequestContext, head: ResponseHead | undefined): UnexpectedResponse =>
  new UnexpectedResponse({
    ...(head === undefined ? { operation: request.operation } : reported(request, head)),
    acted: uncertainActed(request),
    kind: "TooLarge"
  })

/** Reads the whole body, or fails if it is larger than the limit. */
export const readBytes = (
  request: RequestContext,
  head: ResponseHead,
  header: Header,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Uint8Array, ExchangeError> => {
  const length = lengthOf(header)
  // Most bodies are short and of known length: to read them as a stream would cost more than the rest of a call.
  if (length !== undefined && length <= shortBodyBytes) {
    return Effect.mapBoth(response.arrayBuffer, {
      onSuccess: (bytes) => new Uint8Array(bytes),
      onFailure: (error) => transportError(request, error)
    })
  }
  return response.stream.pipe(
    Stream.runFoldEffect<Collected, Uint8Array, UnexpectedResponse, never>(new Collected(), (collected, chunk) => {
      collected.add(chunk)
      return collected.size > maxBodyBytes ? tooLarge(request, head) : Effect.succeed(collected)
    }),
    Effect.flatMap(({ chunks, size }) => joined(chunks, size)),
    Effect.catchTags({
      ResponseError: (error) =>
        // `fetch` has no stream for an empty body.
        error.reason === "EmptyBody" ? Effect.succeed(new Uint8Array()) : Effect.fail(transportError(request, error))
    })
  )
}

export const timedOut =
  (request: RequestContext, { timeout }: Timing, detail?: string) =>
  (): TimedOut =>
    new TimedOut({ operation: request.operation, acted: uncertainActed(request), after: timeout, detail })

/** Streams the body. The timeout applies to each read from the server, not to the consumer. */
export const streamBytes = (
  request: RequestContext,
  response: HttpClientResponse.HttpClientResponse,
  { timeout }: Timing
): Stream.Stream<Uint8Array, ExchangeError> => {
  const bytes = Stream.catchAll(response.stream, (error) =>
    // `fetch` has no stream for an empty body.
    error.reason === "EmptyBody" ? Stream.empty : Stream.fail(transportError(request, error))
  )
  const timing = { timeout, deadline: undefined }
  const error = timedOut(request, timing, "The response had begun, and did not continue.")
  return Stream.fromPull(
    Effect.map(Stream.toPull(bytes), (pull) =>
      limited(timing, error, pull).pipe(
        Effect.mapError((error) => (Option.isOption(error) ? error : Option.some(error)))
      )
    )
  )
}
