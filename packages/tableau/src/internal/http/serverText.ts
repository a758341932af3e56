/**
 * Makes text of a server fit for errors, log lines and spans: without the secrets of the request, which a server or a
 * gateway may repeat in the encodings that servers use, without control characters, and of limited length.
 */
import * as Redacted from "effect/Redacted"
import * as Chunks from "../xml/chunks.js"
import { type Bytes, digitsDecoded, fromText, unescaped } from "./encodedBytes.js"

/** Returns a string that is fit for errors: at most `limit` characters and an ellipsis. `undefined` if it is left out. */
export type Sanitizer = (text: string | undefined, limit: number) => string | undefined

/** Longer than any code of Tableau. */
export const codeLimit = 100

/** Longer than any id and any content URL of Tableau. */
export const idLimit = 200

/** Longer than any summary or detail of Tableau. */
export const detailLimit = 4000

/** A string that contains a shorter secret is left out: without the secret alone, it would show which words contain it. */
const shortLength = 8

/** Shorter secrets occur within words by chance. */
const tinyLength = 4

/**
 * The length from which a part of a secret is removed, too: a server may repeat only its beginning. The last part of a
 * token is the id of the site, which has 36 characters and is no secret.
 */
const partLength = (length: number): number => Math.min(length, 40, Math.max(12, Math.ceil(length / 2)))

/** Longer than any such part is in any encoding. */
const encodedPartLength = 500

/** A string can be escaped several times, as JSON in XML in a URL. */
const layerLimit = 4

/** A string as it is, and with its escapes decoded again and again. */
const layersOf = (bytes: Bytes): ReadonlyArray<Bytes> => {
  const layers = [bytes]
  let last = bytes
  while (layers.length < layerLimit) {
    const next = unescaped(last)
    if (next.text === last.text) break
    layers.push(next)
    last = next
  }
  return layers
}

const lowerCase = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** In lower case and without white space, `+` (which may stand for a space), and controls. */
const folded = (bytes: Bytes): Bytes => {
  let text = ""
  const starts: Array<number> = []
  const ends: Array<number> = []
  for (let position = 0; position < bytes.text.length; position++) {
    const code = bytes.text.charCodeAt(position)
    if (code <= 0x20 || code === 0x2b || code === 0x7f) continue
    text += String.fromCharCode(code >= 0x41 && code <= 0x5a ? code + 0x20 : code)
    starts.push(bytes.starts[position] ?? 0)
    ends.push(bytes.ends[position] ?? 0)
  }
  return { text, starts, ends }
}

/** All parts of the secrets of one length. */
interface Parts {
  readonly length: number
  readonly all: Set<string>
  /** Their first three bytes: most places of a string are ruled out without a substring. */
  readonly beginnings: Set<number>
}

/** What to search. */
interface Wanted {
  readonly parts: ReadonlyMap<number, Parts>
  /** Secrets that are so short that a string with one of them is left out. */
  readonly short: ReadonlyArray<string>
  readonly tiny: ReadonlyArray<RegExp>
  /** The length of the shortest string that is searched in decoded bytes. */
  readonly least: number
}

const beginningAt = (text: string, position: number): number =>
  (text.charCodeAt(position) << 16) | (text.charCodeAt(position + 1) << 8) | text.charCodeAt(position + 2)

const literal = (text: string): string => text.replaceAll(/[^a-z0-9]/g, (character) => `\\${character}`)

/** A secret in Latin-1, if that is different and possible. */
const latin1Of = (secret: string): ReadonlyArray<Bytes> => {
  if (!/[\x80-\xff]/.test(secret) || /[^\0-\xff]/.test(secret)) return []
  const indexes = Array.from(secret, (_, index) => index)
  return [{ text: secret, starts: indexes, ends: indexes }]
}

const wantedOf = (secrets: ReadonlyArray<Redacted.Redacted>): Wanted => {
  const parts = new Map<number, Parts>()
  const short: Array<string> = []
  const tiny: Array<RegExp> = []
  for (const secret of secrets.map(Redacted.value)) {
    // What looks like an escape in the secret itself is decoded with the text around it.
    for (const bytes of [fromText(secret), ...latin1Of(secret)].flatMap(layersOf)) {
      const { text } = folded(bytes)
      if (text.length < shortLength) {
        const form = lowerCase(bytes.text.trim())
        if (form.length >= tinyLength) short.push(form)
        else if (form !== "") tiny.push(new RegExp(`(?<![a-z0-9])${literal(form)}(?![a-z0-9])`))
        continue
      }
      const length = partLength(text.length)
      const known = parts.get(length) ?? { length, all: new Set(), beginnings: new Set() }
      parts.set(length, known)
      for (let position = 0; position + length <= text.length; position++) {
        known.all.add(text.slice(position, position + length))
        known.beginnings.add(beginningAt(text, position))
      }
    }
  }
  const least = Math.min(...[...parts.keys(), ...short.map(({ length }) => length)])
  return { parts, short, tiny, least }
}

/** A part of a string, from its first character to before its last one. */
type Span = readonly [start: number, end: number]

/** Where the secrets are in bytes. */
const spansIn = (bytes: Bytes, { parts }: Wanted): ReadonlyArray<Span> => {
  const { ends, starts, text } = folded(bytes)
  const spans: Array<Span> = []
  for (const { all, beginnings, length } of parts.values()) {
    for (let position = 0; position + length <= text.length; position++) {
      if (!beginnings.has(beginningAt(text, position))) continue
      if (!all.has(text.slice(position, position + length))) continue
      spans.push([starts[position] ?? 0, ends[position + length - 1] ?? 0])
    }
  }
  return spans
}

/** Where the secrets are in a string, or `undefined` if it contains a short one. */
const find = (text: string, wanted: Wanted): ReadonlyArray<Span> | undefined => {
  if (wanted.least === Number.POSITIVE_INFINITY && wanted.tiny.length === 0) return []
  const layers = layersOf(fromText(text))
  const lowered = layers.map((layer) => lowerCase(layer.text))
  if (wanted.tiny.some((pattern) => lowered.some((layer) => pattern.test(layer)))) return undefined
  const all = [...layers, ...layers.flatMap((layer) => digitsDecoded(layer, wanted.least)).flatMap(layersOf)]
  if (wanted.short.some((secret) => all.some((layer) => lowerCase(layer.text).includes(secret)))) return undefined
  return all.flatMap((layer) => spansIn(layer, wanted))
}

const replaceSpans = (text: string, spans: ReadonlyArray<Span>): string => {
  let replaced = ""
  let position = 0
  for (const [start, end] of [...spans].sort(([a], [b]) => a - b)) {
    if (start > position || replaced === "") replaced += `${text.slice(position, start)}<redacted>`
    position = Math.max(position, end)
  }
  return replaced + text.slice(position)
}

/**
 * Control characters, and those that change the direction or the width of what follows, could change what a terminal
 * shows. The marks and joiners that Arabic, Persian or emoji need are kept.
 */
const plain = (text: string): string =>
  text.replaceAll(/(?![\u200c-\u200f\u061c])\p{Cf}/gu, "").replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")

/** How many characters of a string are looked at: some of them may be replaced. */
const lookedAt = (limit: number): number => 2 * (limit + encodedPartLength)

/** Makes the sanitizer of requests that hold these secrets. What it searches is prepared for the first text. */
export const sanitizer = (secrets: ReadonlyArray<Redacted.Redacted>): Sanitizer => {
  let wanted: Wanted | undefined
  return (text, limit) => {
    if (text === undefined || text === "") return text
    wanted ??= wantedOf(secrets)
    const considered = plain(text.slice(0, lookedAt(limit)))
    const spans = find(considered, wanted)
    if (spans === undefined) return undefined
    const replaced = replaceSpans(considered, spans)
    // The end of a string that has been cut may be the beginning of a secret.
    const isCut = text.length > lookedAt(limit)
    return Chunks.excerpt(isCut ? replaced.slice(0, -encodedPartLength) : replaced, limit)
  }
}

/** A sanitizer that also removes these secrets. */
export const alsoWithout = (sanitize: Sanitizer, secrets: ReadonlyArray<Redacted.Redacted>): Sanitizer => {
  if (secrets.length === 0) return sanitize
  const own = sanitizer(secrets)
  // The first one keeps more than the second one looks at: only that cuts.
  return (text, limit) => own(sanitize(text, lookedAt(limit) + 1), limit)
}

/** The sanitizer of requests without secrets. */
export const withoutSecrets = sanitizer([])
