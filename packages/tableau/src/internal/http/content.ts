/** The body of a request. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

/** A body in memory, in parts that are sent without being joined. */
export type Parts = ReadonlyArray<Uint8Array>

export interface Content {
  readonly contentType: string
  readonly bytes: Uint8Array | Parts | Stream.Stream<Uint8Array, unknown>
  /** In bytes, if it is known before the body is sent. */
  readonly length: number | undefined
  /** The secrets that it holds. With one it joins the request below the user's HttpClient. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

const encoder = new TextEncoder()

export const fromString = (contentType: string, text: string, secrets: Content["secrets"] = []): Content => {
  const bytes = encoder.encode(text)
  return { contentType, bytes, length: bytes.length, secrets }
}

export const xml = (text: string, secrets: Content["secrets"] = []): Content =>
  fromString("text/xml; charset=utf-8", text, secrets)

/** A body. A string is XML; one that is redacted is secret. */
export type Body = string | Redacted.Redacted | Content

export const secretsOf = (body: Body | undefined): Content["secrets"] => {
  if (body === undefined || typeof body === "string") return []
  return Redacted.isRedacted(body) ? [body] : body.secrets
}

export const from = (body: Body): Content => {
  if (typeof body === "string") return xml(body)
  return Redacted.isRedacted(body) ? xml(Redacted.value(body), [body]) : body
}

/** Large enough that a gigabyte costs few steps, and small enough that a connection that has stalled is soon noticed. */
const sliceBytes = 2 ** 18

/** The parts in slices. `onSent` runs when the connection has accepted a slice. */
export function* slices(parts: Parts, onSent: () => void): Generator<Uint8Array, void> {
  for (const part of parts) {
    for (let offset = 0; offset < part.length; offset += sliceBytes) {
      yield part.subarray(offset, offset + sliceBytes)
      onSent()
    }
  }
}

const isParts = (bytes: Content["bytes"]): bytes is Parts => Array.isArray(bytes)

const joined = (parts: Parts): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/**
 * A body of known length in memory: `fetch` sends a stream without its length, which servers refuse. `onRead` runs when more of
 * it has been read, which can take longer than a timeout.
 */
export const collected = (content: Content, onRead: () => void): Effect.Effect<Content, unknown> => {
  const { bytes, length } = content
  if (length === undefined || bytes instanceof Uint8Array || isParts(bytes)) return Effect.succeed(content)
  const read = Stream.mapChunks(bytes, (chunk) => {
    onRead()
    return chunk
  })
  return Effect.map(Stream.runCollect(read), (chunks) => ({ ...content, bytes: Chunk.toReadonlyArray(chunks) }))
}

/** A body that can be sent without an effect. */
export const inMemory = ({ bytes }: Content): Uint8Array | Parts | undefined =>
  bytes instanceof Uint8Array || isParts(bytes) ? bytes : undefined

/**
 * The body for an HttpClient. `onSent` runs when it takes more of the body. What is in memory is a stream only if that
 * keeps its length: `fetch` sends a stream without one.
 */
export const watched = (content: Content, keepsLength: boolean, onSent: () => void): Content => {
  const { bytes } = content
  if (bytes instanceof Uint8Array) return content
  if (isParts(bytes)) {
    return {
      ...content,
      bytes: keepsLength ? Stream.suspend(() => Stream.fromIterable(slices(bytes, onSent))) : joined(bytes)
    }
  }
  const onChunk = <A>(chunk: A): A => {
    onSent()
    return chunk
  }
  return { ...content, bytes: Stream.mapChunks(bytes, onChunk) }
}

// As bytes, because a logged request prints a body of text, and this one may hold a password.
export const attach =
  ({ bytes, contentType, length }: Content) =>
  (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
    bytes instanceof Uint8Array || isParts(bytes)
      ? request.pipe(
          HttpClientRequest.bodyUint8Array(bytes instanceof Uint8Array ? bytes : joined(bytes)),
          HttpClientRequest.setHeader("content-type", contentType)
        )
      : HttpClientRequest.bodyStream(request, bytes, { contentType, contentLength: length })
