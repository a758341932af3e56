/** The body of a request. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"

export interface Content {
  readonly contentType: string
  readonly bytes: Uint8Array | Stream.Stream<Uint8Array, unknown>
  /** In bytes, if it is known before the body is sent. */
  readonly length: number | undefined
  /** Whether it holds a secret. Then it joins the request below the user's HttpClient. */
  readonly secret: boolean
}

const encoder = new TextEncoder()

export const fromString = (contentType: string, text: string, secret = false): Content => {
  const bytes = encoder.encode(text)
  return { contentType, bytes, length: bytes.length, secret }
}

export const xml = (text: string, secret = false): Content => fromString("text/xml; charset=utf-8", text, secret)

/** A string is XML; one that is redacted is secret. */
export const from = (body: string | Redacted.Redacted | Content): Content =>
  typeof body === "string" ? xml(body) : Redacted.isRedacted(body) ? xml(Redacted.value(body), true) : body

// As bytes, because a logged request prints a body of text, and this one may hold a password.
export const attach =
  ({ bytes, contentType, length }: Content) =>
  (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
    bytes instanceof Uint8Array
      ? request.pipe(HttpClientRequest.bodyUint8Array(bytes), HttpClientRequest.setHeader("content-type", contentType))
      : HttpClientRequest.bodyStream(request, bytes, { contentType, contentLength: length })
