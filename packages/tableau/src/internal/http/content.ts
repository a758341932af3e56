/** The body of a request. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"

export interface Content {
  readonly contentType: string
  readonly bytes: Uint8Array | Stream.Stream<Uint8Array, unknown>
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

// As bytes, because a logged request prints a body of text, and this one may hold a password.
export const attach =
  ({ bytes, contentType, length }: Content) =>
  (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
    bytes instanceof Uint8Array
      ? request.pipe(HttpClientRequest.bodyUint8Array(bytes), HttpClientRequest.setHeader("content-type", contentType))
      : HttpClientRequest.bodyStream(request, bytes, { contentType, contentLength: length })
