/** Decodes what may be encoded in a string, and remembers where in the string each decoded byte comes from. */

/** Bytes, one character for each, and the part of the source that each comes from. */
export interface Bytes {
  readonly text: string
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
}

const encoder = new TextEncoder()
const invisible = /^\p{Cf}$/u

class Builder {
  private text = ""
  private readonly starts: Array<number> = []
  private readonly ends: Array<number> = []

  byte(byte: number, start: number, end: number): void {
    this.text += String.fromCharCode(byte)
    this.starts.push(start)
    this.ends.push(end)
  }

  codePoint(code: number, start: number, end: number): void {
    // A server can put characters without width between those of a secret.
    if (code > 0x7f && invisible.test(String.fromCodePoint(code))) return
    const bytes = code < 0x80 ? [code] : encoder.encode(String.fromCodePoint(code))
    for (const byte of bytes) this.byte(byte, start, end)
  }

  get bytes(): Bytes {
    return { text: this.text, starts: this.starts, ends: this.ends }
  }
}

/** The bytes of a string in UTF-8, without format characters. */
export const fromText = (text: string): Bytes => {
  const builder = new Builder()
  let index = 0
  for (const character of text) {
    const end = index + character.length
    builder.codePoint(character.codePointAt(0) ?? 0, index, end)
    index = end
  }
  return builder.bytes
}

/** Escapes of URLs, XML, JSON and JavaScript. */
const escapes =
  /[%\\]u(d[89ab][\da-f]{2})[%\\]u(d[c-f][\da-f]{2})|[%\\]u([\da-f]{4})|(?:%|\\x)([\da-f]{2})|&#x0*([\da-f]{1,6});|&#0*(\d{1,7});|&(amp|lt|gt|quot|apos);|\\([bfnrt]|[^\w\s])/gi

const named: Readonly<Record<string, number>> = { amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27 }

/** Decodes the escapes of a string once. */
export const unescaped = (bytes: Bytes): Bytes => {
  if (!/[%\\&]/.test(bytes.text)) return bytes
  const builder = new Builder()
  let position = 0
  const copyTo = (end: number) => {
    for (; position < end; position++) {
      builder.byte(bytes.text.charCodeAt(position), bytes.starts[position] ?? 0, bytes.ends[position] ?? 0)
    }
  }
  for (const found of bytes.text.matchAll(escapes)) {
    copyTo(found.index)
    const [escape, high = "", low, unit, byte, hex, decimal, name, character] = found
    position += escape.length
    const start = bytes.starts[found.index] ?? 0
    const end = bytes.ends[position - 1] ?? 0
    const reference = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (low !== undefined) {
      const pair = String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16))
      builder.codePoint(pair.codePointAt(0) ?? 0, start, end)
    } else if (unit !== undefined) builder.codePoint(Number.parseInt(unit, 16), start, end)
    else if (byte !== undefined) builder.byte(Number.parseInt(byte, 16), start, end)
    else if (name !== undefined) builder.byte(named[name.toLowerCase()] ?? 0, start, end)
    else if (character !== undefined) {
      builder.byte(/[bfnrt]/i.test(character) ? 0x20 : character.charCodeAt(0), start, end)
    } else builder.codePoint(reference <= 0x10_ff_ff ? reference : 0xff_fd, start, end)
  }
  copyTo(bytes.text.length)
  return builder.bytes
}

/** An encoding of bytes by digits, each of this many bits. */
interface Digits {
  readonly bits: number
  /** By character codes; -1 for what is no digit. */
  readonly values: Int8Array
}

const digits = (bits: number, ...alphabets: ReadonlyArray<string>): Digits => {
  const values = new Int8Array(256).fill(-1)
  for (const alphabet of alphabets) {
    for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value
  }
  return { bits, values }
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
const letters64 = `${letters}${letters.toLowerCase()}0123456789`

const hex = digits(4, "0123456789abcdef", "0123456789ABCDEF")
// The last two digits of base64 are others in URLs.
const base64 = digits(6, `${letters64}+/`, `${letters64}-_`)

/** Decodes all digits of a string from the digit `first` on, without the characters between them. */
const fromDigits = (bytes: Bytes, { bits, values }: Digits, first: number): Bytes => {
  const builder = new Builder()
  let value = 0
  let size = -bits * first
  let start = 0
  for (let position = 0; position < bytes.text.length; position++) {
    const digit = values[bytes.text.charCodeAt(position)] ?? -1
    if (digit < 0) continue
    const index = bytes.starts[position] ?? 0
    if (size <= 0) start = index
    size += bits
    if (size <= 0) continue
    value = ((value << bits) | digit) & 0xffff
    if (size < 8) continue
    size -= 8
    builder.byte((value >> size) & 0xff, start, bytes.ends[position] ?? 0)
    start = index
  }
  return builder.bytes
}

/** Longer lines of base64 are always written as a whole. */
const base64Line = 16

/**
 * What a string is when its digits are read as hex or base64, wherever an encoded value may begin. What is shorter than
 * `least` bytes may be left out.
 */
export const digitsDecoded = (bytes: Bytes, least: number): ReadonlyArray<Bytes> => {
  const line = new RegExp(`[\\w+/-]{${Math.min(base64Line, Math.floor((least * 4) / 3))}}`)
  return [
    ...[0, 1].map((first) => fromDigits(bytes, hex, first)),
    ...(line.test(bytes.text) ? [0, 1, 2, 3].map((first) => fromDigits(bytes, base64, first)) : [])
  ]
}
