/** The body of a response as strings. */
import * as Either from "effect/Either"

/**
 * Text in chunks, because V8 would allocate one large string in its large-object space, and one character beyond
 * Latin-1 would double its size.
 */
export type TextChunks = ReadonlyArray<string>

export const chunkBytes = 2 ** 15

/** Does a part of its work with each call, and returns the result with the last one. */
export type Steps<A> = () => Either.Either<A, string> | undefined

const finish = <A>(step: Steps<A>): Either.Either<A, string> => {
  let result = step()
  while (result === undefined) result = step()
  return result
}

/** What to do with bytes that are not valid in the encoding. */
export type InvalidBytes = "refuse" | "replace"

/** The encoding of a byte order mark, or of the first two bytes of XML in UTF-16. */
const encodingOfStart = ([first, second, third]: Uint8Array): string | undefined => {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8"
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le"
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? "utf-16be" : undefined
}

/** More characters than any XML declaration has. */
const declarationBytes = 200

/** The encoding in the XML declaration: every encoding but UTF-16 has the characters of ASCII there. */
const declaredEncoding = (bytes: Uint8Array): string | undefined =>
  bytes[0] === 0x3c && bytes[1] === 0x3f
    ? /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/.exec(
        String.fromCharCode(...bytes.subarray(0, declarationBytes))
      )?.[1]
    : undefined

const charsetOf = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType)?.[1]

const decoderOf = (encoding: string, invalid: InvalidBytes): TextDecoder | undefined =>
  Either.getOrUndefined(Either.try(() => new TextDecoder(encoding, { fatal: invalid === "refuse" })))

const makeUtf8 = (invalid: InvalidBytes) => new TextDecoder("utf-8", { fatal: invalid === "refuse", ignoreBOM: true })

/** Created once, because that takes longer than to decode a short body. A byte order mark is removed by `utf8Steps`. */
let strictUtf8: TextDecoder | undefined

const utf8Decoder = (invalid: InvalidBytes): TextDecoder => {
  if (invalid === "replace") return makeUtf8(invalid)
  strictUtf8 ??= makeUtf8(invalid)
  return strictUtf8
}

/** What Node's decoders of Latin-1 labels leave as control characters, in some versions. */
const windows1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8DŽ\x8F\x90‘’“”•–—˜™š›œ\x9DžŸ"

/**
 * The decoder that the response asks for, by precedence: a byte order mark, the `Content-Type`, the XML declaration. Labels
 * that are unknown, or that the first bytes contradict, as UTF-16 without its zeros, do not count. `undefined` is UTF-8.
 */
const foreignDecoder = (bytes: Uint8Array, contentType: string, invalid: InvalidBytes): TextDecoder | undefined => {
  const start = encodingOfStart(bytes)
  const labels = start === undefined ? [charsetOf(contentType), declaredEncoding(bytes)] : [start]
  for (const label of labels) {
    if (label === undefined) continue
    // Most labels by far.
    if (/^utf-?8$/i.test(label)) return undefined
    const decoder = decoderOf(label, invalid)
    if (decoder !== undefined && (start !== undefined || !decoder.encoding.startsWith("utf-16"))) return decoder
  }
  return undefined
}

/** Finds the first bytes that are not valid, in a chunk that begins with a character and has such bytes. */
const invalidOffset = (decoder: TextDecoder, chunk: Uint8Array): number => {
  let complete = 0
  for (let at = 0; at < chunk.length; at++) {
    const text = Either.try(() => decoder.decode(chunk.subarray(at, at + 1), { stream: true }))
    if (Either.isLeft(text)) return complete
    if (text.right !== "") complete = at + 1
  }
  return complete
}

const invalidProblem = (encoding: string, offset: number) =>
  `It is not valid ${encoding.toUpperCase()} (at byte ${offset}).`

/** Where a chunk of UTF-8 ends: before the first byte of a character. */
const chunkEnd = (bytes: Uint8Array, start: number): number => {
  const end = start + chunkBytes
  if (end >= bytes.length) return bytes.length
  for (let back = 0; back < 4; back++) if (((bytes[end - back] ?? 0) & 0xc0) !== 0x80) return end - back
  return end
}

/** Chunks that begin with a character are decoded by Node's fast path for UTF-8, which has no `stream`. */
const utf8Steps = (bytes: Uint8Array, invalid: InvalidBytes, chunksPerStep: number): Steps<TextChunks> => {
  const decoder = utf8Decoder(invalid)
  const chunks: Array<string> = []
  let start = encodingOfStart(bytes) === "utf-8" ? 3 : 0
  return () => {
    for (let count = 0; start < bytes.length && count < chunksPerStep; count++) {
      const chunk = bytes.subarray(start, chunkEnd(bytes, start))
      const text = Either.try(() => decoder.decode(chunk))
      if (Either.isLeft(text)) {
        return Either.left(invalidProblem("utf-8", start + invalidOffset(makeUtf8("refuse"), chunk)))
      }
      chunks.push(text.right)
      start += chunk.length
    }
    return start < bytes.length ? undefined : Either.right(chunks)
  }
}

const foreignSteps = (
  decoder: TextDecoder,
  bytes: Uint8Array,
  invalid: InvalidBytes,
  chunksPerStep: number
): Steps<TextChunks> => {
  const chunks: Array<string> = []
  let start = 0
  return () => {
    for (let count = 0; start < bytes.length && count < chunksPerStep; count++) {
      const end = start + chunkBytes
      const text = Either.try(() => decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length }))
      if (Either.isLeft(text)) {
        // The state of the decoder is lost with the error.
        const again = decoderOf(decoder.encoding, invalid) ?? decoder
        again.decode(bytes.subarray(0, start), { stream: true })
        return Either.left(invalidProblem(decoder.encoding, start + invalidOffset(again, bytes.subarray(start, end))))
      }
      chunks.push(
        decoder.encoding === "windows-1252"
          ? text.right.replaceAll(/[\x80-\x9f]/g, (control) => windows1252.charAt(control.charCodeAt(0) - 0x80))
          : text.right
      )
      start = end
    }
    return start < bytes.length ? undefined : Either.right(chunks)
  }
}

/** Decodes a body in steps of a number of chunks, or says at which byte it is not valid. */
export const decoding = (
  bytes: Uint8Array,
  contentType: string,
  invalid: InvalidBytes,
  chunksPerStep: number
): Steps<TextChunks> => {
  const foreign = foreignDecoder(bytes, contentType, invalid)
  return foreign === undefined
    ? utf8Steps(bytes, invalid, chunksPerStep)
    : foreignSteps(foreign, bytes, invalid, chunksPerStep)
}

/** Decodes a body in the encoding that it declares, or says at which byte it is not valid in it. */
export const decode = (
  bytes: Uint8Array,
  contentType = "",
  invalid: InvalidBytes = "refuse"
): Either.Either<TextChunks, string> => finish(decoding(bytes, contentType, invalid, Number.POSITIVE_INFINITY))

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
