/** Secrets of many shapes, and how a server may repeat them. Not derived from the package's own code. */
import * as FastCheck from "effect/FastCheck"

const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const string = (alphabet: string, minLength: number, maxLength: number) =>
  FastCheck.array(FastCheck.constantFrom(...alphabet), { minLength, maxLength }).map((all) => all.join(""))

/** A personal access token. */
const token = FastCheck.tuple(string(`${base62}+/`, 22, 22), string(base62, 32, 32)).map(
  ([id, value]) => `${id}==:${value}`
)

/** A token of a session: its last part is the id of the site. */
const session = FastCheck.tuple(string(`${base62}-_`, 22, 22), string(base62, 32, 32), FastCheck.uuid()).map((parts) =>
  parts.join("|")
)

const jwt = FastCheck.tuple(FastCheck.json(), string(`${base62}-_`, 86, 342)).map(([claims, signature]) =>
  ["eyJhbGciOiJIUzI1NiJ9", Buffer.from(claims).toString("base64url"), signature].join(".")
)

const password = string(`${base62}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~ éßñ€😀漢`, 8, 40).filter(
  (text) => text.replaceAll(/[\s+]/g, "").length >= 8
)

/** A password that looks as if it were encoded. */
const escaped = FastCheck.constantFrom("100%25-safe&amp;sound", "a\\u0041b\\nc\\\\d-e%2Ff", "%41%42%43%44%45%46%47%48-")

/** A secret of at least eight characters. */
export const secret = FastCheck.oneof(token, session, jwt, password, escaped)

type Encode = (text: string) => string

const eachByte = (of: (hex: string) => string): Encode => {
  return (text) => [...Buffer.from(text)].map((byte) => of(byte.toString(16).padStart(2, "0"))).join("")
}

const eachUnit = (of: (hex: string) => string): Encode => {
  return (text) =>
    Array.from({ length: text.length }, (_, index) => of(text.charCodeAt(index).toString(16).padStart(4, "0"))).join("")
}

const eachCharacter = (of: (code: number, character: string) => string): Encode => {
  return (text) => [...text].map((character) => of(character.codePointAt(0) ?? 0, character)).join("")
}

const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

const base64: Encode = (text) => Buffer.from(text).toString("base64")

export const encodings: Readonly<Record<string, Encode>> = {
  "as it is": (text) => text,
  "in lower case": (text) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  "in upper case": (text) => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  "with zero width spaces": (text) => [...text].join("\u200b"),
  "with joiners": (text) => [...text].join("\u200d"),
  "URL-encoded": encodeURIComponent,
  "URL-encoded in lower case": (text) => encodeURIComponent(text).replaceAll(/%../g, (hex) => hex.toLowerCase()),
  "as a form": (text) => new URLSearchParams([["value", text]]).toString(),
  "percent-encoded": eachByte((hex) => `%${hex}`),
  "percent-encoded in upper case": eachByte((hex) => `%${hex.toUpperCase()}`),
  "with XML entities": (text) => text.replaceAll(/[&<>"']/g, (character) => names[character] ?? ""),
  "with decimal references": eachCharacter((code) => `&#${code};`),
  "with hex references": eachCharacter((code) => `&#x${code.toString(16).toUpperCase()};`),
  "with padded references": eachCharacter((code) => `&#x000${code.toString(16)};`),
  "with some references": eachCharacter((code, character) => (code % 2 === 0 ? `&#${code};` : character)),
  "in JSON": (text) => JSON.stringify(text),
  "in JSON with slashes": (text) => JSON.stringify(text).replaceAll("/", "\\/"),
  "with Unicode escapes": eachUnit((hex) => `\\u${hex}`),
  "with Unicode escapes in upper case": eachUnit((hex) => `\\u${hex.toUpperCase()}`),
  "in hex": eachByte((hex) => hex),
  "in hex in upper case": eachByte((hex) => hex.toUpperCase()),
  "in hex with spaces": eachByte((hex) => `${hex} `),
  "with hex escapes": eachByte((hex) => `\\x${hex}`),
  "in base64": base64,
  "in base64 without padding": (text) => base64(text).replaceAll("=", ""),
  "in base64 for URLs": (text) => Buffer.from(text).toString("base64url"),
  "in base64 with lines": (text) => base64(text).replaceAll(/.{64}/g, "$&\r\n"),
  "in Basic credentials": (text) => `Basic ${base64(`ana:${text}`)}`,
  "in base64 of JSON": (text) => base64(JSON.stringify({ credentials: { secret: text } }))
}

/** One encoding, or one in another. */
export const encoding: FastCheck.Arbitrary<Encode> = FastCheck.oneof(
  FastCheck.constantFrom(...Object.values(encodings)),
  FastCheck.tuple(
    FastCheck.constantFrom(
      encodings["as a form"],
      encodings["in JSON"],
      encodings["with XML entities"],
      encodings["URL-encoded"],
      encodings["with decimal references"]
    ),
    FastCheck.constantFrom(
      encodings["URL-encoded"],
      encodings["percent-encoded"],
      encodings["with XML entities"],
      encodings["in JSON"],
      encodings["with Unicode escapes"]
    )
  ).map(
    ([inner, outer]): Encode =>
      (text) =>
        outer?.(inner?.(text) ?? text) ?? text
  )
)

const visible = (text: string): string => text.replaceAll(/[\s\p{Cf}]/gu, "").toLowerCase()

/** The parts of the text in base64, read from each of the four digits where a value may begin. */
const base64In = (text: string): ReadonlyArray<string> =>
  (text.replaceAll(/\s/g, "").match(/[\w+/-]{8,}/g) ?? []).flatMap((digits) =>
    [0, 1, 2, 3].map((first) => Buffer.from(digits.slice(first), "base64").toString())
  )

/** Whether a string contains a secret in one of the encodings. */
export const contains = (text: string, secret: string): boolean => {
  const plain = visible(text)
  return (
    Object.values(encodings).some((encode) => plain.includes(visible(encode(secret)))) ||
    base64In(text).some((decoded) => visible(decoded).includes(visible(secret)))
  )
}
