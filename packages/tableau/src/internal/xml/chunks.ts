/** The body of a response as strings. */

/**
 * Text in chunks, because V8 would allocate one large string in its large-object space, and one character beyond
 * Latin-1 would double its size.
 */
export type TextChunks = ReadonlyArray<string>

const chunkBytes = 2 ** 15

/** Decodes UTF-8, with or without a byte order mark. */
export const decode = (bytes: Uint8Array): TextChunks => {
  const decoder = new TextDecoder()
  const chunks: Array<string> = []
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const end = start + chunkBytes
    chunks.push(decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length }))
  }
  return chunks
}

/** Cuts a string that is longer than the limit, never between the halves of a surrogate pair. */
export const excerpt = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit).replace(/\p{Surrogate}$/u, "")}…`

/** The first chunk that is not blank, without leading white space; `trimStart` also removes a byte order mark. */
export const firstNonBlank = (text: TextChunks): string => {
  for (const chunk of text) {
    const trimmed = chunk.trimStart()
    if (trimmed !== "") return trimmed
  }
  return ""
}
