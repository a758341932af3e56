/** The body of a request, whatever it is made of. */
import type * as Stream from "effect/Stream"

export interface Content {
  readonly contentType: string
  readonly bytes: Uint8Array | Stream.Stream<Uint8Array, unknown>
  /** In bytes, where it is known beforehand. */
  readonly length: number | undefined
  /** Whether it holds a secret: then it joins the request below the user's HttpClient. */
  readonly secret: boolean
}

const encoder = new TextEncoder()

export const ofText = (contentType: string, text: string, secret = false): Content => {
  const bytes = encoder.encode(text)
  return { contentType, bytes, length: bytes.length, secret }
}

export const xml = (text: string, secret = false): Content => ofText("text/xml; charset=utf-8", text, secret)
