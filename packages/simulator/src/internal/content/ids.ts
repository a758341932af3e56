/** The item of an id. Generated items are found by decoding their ids, so that a million of them need no memory. */
export interface Origin {
  readonly kind: number
  readonly site: number
  readonly index: number
}

// A factor and its inverse modulo 2^32: consecutive items have very different ids, as in Tableau.
const factor = 0x9e3779b1
const inverse = 0x0e8b2f51

const byte = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"))

/** The lowest 16 bits in hexadecimal. A table, because each reference in a list encodes or decodes an id. */
const hex2 = (value: number): string => `${byte[(value >>> 8) & 255]}${byte[value & 255]}`
const hex4 = (value: number): string => hex2(value >>> 16) + hex2(value)

/** A checksum of the rest, so that a mistyped id is not found. */
const check = (mixed: number, kind: number, site: number): string => {
  const first = Math.imul(mixed ^ Math.imul(kind + 1, 0x85ebca6b), 0xc2b2ae35) ^ site
  const second = Math.imul(first ^ (first >>> 15), 0x27d4eb2f)
  return hex4(first) + hex2(second)
}

/** The id of an item: a version 8 UUID (RFC 9562, "custom"). */
export const encode = ({ index, kind, site }: Origin): string => {
  const mixed = Math.imul(index, factor)
  return `${hex4(mixed)}-${hex2(kind)}-${hex2(0x8000 | site)}-8000-${check(mixed, kind, site)}`
}

const pattern = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8000-[0-9a-f]{12}$/

export const decode = (id: string): Origin | undefined => {
  const [, mixed = "", kind = "", site = ""] = pattern.exec(id) ?? []
  const origin = {
    kind: Number.parseInt(kind, 16),
    site: Number.parseInt(site, 16),
    index: Math.imul(Number.parseInt(mixed, 16), inverse) >>> 0
  }
  return encode(origin) === id ? origin : undefined
}
