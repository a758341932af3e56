/** Bodies of several parts, as clients send them. */

export interface Part {
  readonly disposition: string
  readonly contentType?: string
  readonly content: string | Uint8Array
}

const boundary = "0f3b8e6a1c"

export const multipart = (parts: ReadonlyArray<Part>, subtype = "mixed") => ({
  body: Buffer.concat([
    ...parts.flatMap(({ content, contentType = "application/octet-stream", disposition }) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${contentType}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from("\r\n")
    ]),
    Buffer.from(`--${boundary}--\r\n`)
  ]),
  headers: { "content-type": `multipart/${subtype}; boundary=${boundary}` }
})

export const payload = (content: string): Part => ({
  disposition: 'name="request_payload"',
  contentType: "text/xml",
  content
})

export const file = (part: string, fileName: string, content: string | Uint8Array): Part => ({
  disposition: `name="${part}"; filename="${fileName}"`,
  content
})

/** A block of an upload. */
export const block = (content: string | Uint8Array) => multipart([payload(""), file("tableau_file", "file", content)])
