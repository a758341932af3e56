/** Names of elements and attributes, by XML 1.0, fifth edition. */

/** Code points beyond ASCII with which a name may begin, as pairs of the first and the last one. */
const startRanges = [
  ...[0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x370, 0x37d, 0x37f, 0x1fff, 0x200c, 0x200d, 0x2070, 0x218f],
  ...[0x2c00, 0x2fef, 0x3001, 0xd7ff, 0xf900, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff]
]

/** Those with which it may only continue. */
const continueRanges = [0xb7, 0xb7, 0x300, 0x36f, 0x203f, 0x2040]

const isIn = (ranges: ReadonlyArray<number>, code: number): boolean => {
  for (let index = 0; index < ranges.length; index += 2) {
    if (code >= (ranges[index] ?? 0) && code <= (ranges[index + 1] ?? 0)) return true
  }
  return false
}

/** For each character of ASCII: 0 is in no name, 2 may begin one, and 1 may only continue it. */
const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[:A-Z_a-z]/.test(character)) return 2
  return /[-.0-9]/.test(character) ? 1 : 0
})

/** Returns the index after the name that begins at `from`, or `from` if none does. */
export const nameEnd = (text: string, from: number): number => {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code < 128) {
      const kind = ascii[code]
      if (kind === 0 || (kind === 1 && at === from)) return at
      at += 1
    } else {
      // At the end of the string there is none.
      const point = text.codePointAt(at)
      if (point === undefined) return at
      if (!isIn(startRanges, point) && (at === from || !isIn(continueRanges, point))) return at
      at += point > 0xffff ? 2 : 1
    }
  }
}
