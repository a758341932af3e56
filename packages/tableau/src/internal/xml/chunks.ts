/** The body of an answer as text. */

/**
 * A text in parts: as one string, that of a large page would be allocated apart, and a single character that is not
 * Latin would double it.
 */
export type Text = ReadonlyArray<string>

/** Of the parts, in bytes. */
const partSize = 2 ** 15

/** UTF-8, with or without a byte order mark. */
export const decode = (bytes: Uint8Array): Text => {
  const decoder = new TextDecoder()
  const parts: Array<string> = []
  for (let start = 0; start < bytes.length; start += partSize) {
    const end = start + partSize
    parts.push(decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length }))
  }
  return parts
}

/** As much of a long one as tells which it is. */
export const excerpt = (text: string, bound: number): string =>
  text.length <= bound ? text : `${text.slice(0, bound).replace(/\p{Surrogate}$/u, "")}…`

/** From the first character on that is no white space; a byte order mark counts as such. */
export const begin = (text: Text): string => {
  for (const part of text) {
    const begun = part.trimStart()
    if (begun !== "") return begun
  }
  return ""
}
