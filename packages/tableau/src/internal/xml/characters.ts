/** Characters and references of XML, and what becomes of those that XML forbids. */

/**
 * What to do with a character that XML forbids, raw or as a reference. Tableau's servers write some of them, as old ones
 * write a character beyond U+FFFF as the references of its two surrogates. `replace` joins such a pair, and has U+FFFD in
 * place of everything else: one name is wrong by a character, and no other item is affected. `refuse` is XML itself.
 */
export type Policy = "refuse" | "replace"

/** Raw surrogates are left out: no decoder of bytes returns a lone one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML forbids.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

export const hasForbidden = (text: string): boolean => forbidden.test(text)

/** Of the same length, so that positions stay valid. */
export const withoutForbidden = (text: string): string => text.replaceAll(new RegExp(forbidden, "g"), "\uFFFD")

const isAllowed = (code: number): boolean =>
  (code >= 0x20 && code <= 0xd7ff) ||
  code === 0x9 ||
  code === 0xa ||
  code === 0xd ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"]
])

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** The character of a reference, or a half of one; `undefined` if it is malformed, unknown, or refused. */
const characterOf = (name: string, policy: Policy): string | undefined => {
  const character = named.get(name)
  if (character !== undefined) return character
  const [, hexadecimal, decimal] = /^#(?:x([\da-fA-F]+)|(\d+))$/.exec(name) ?? []
  if (hexadecimal === undefined && decimal === undefined) return undefined
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
  if (isAllowed(code)) return String.fromCodePoint(code)
  if (policy === "refuse") return undefined
  return isSurrogate(code) ? String.fromCharCode(code) : "\uFFFD"
}

/** With the flag `u` the halves of a pair do not match. */
const loneSurrogate = /\p{Surrogate}/gu

/** Replaces the references of a string, or returns the index of one that is not allowed. */
export const expand = (text: string, policy: Policy): string | number => {
  let expanded = ""
  let from = 0
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", from)) {
    const end = text.indexOf(";", at)
    const character = end === -1 ? undefined : characterOf(text.slice(at + 1, end), policy)
    if (character === undefined) return at
    expanded += text.slice(from, at) + character
    from = end + 1
  }
  expanded += text.slice(from)
  return policy === "refuse" ? expanded : expanded.replace(loneSurrogate, "\uFFFD")
}
