/** Properties of the scanner: it is as strict as saxes, and what it does with characters and bytes that are not allowed. */
import * as assert from "node:assert/strict"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Workbooks } from "effect-tableau"
import { decode, type TextChunks } from "../../packages/tableau/src/internal/xml/chunks.js"
import { reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Scalar from "../../packages/tableau/src/internal/xml/scalar.js"
import { anything, documents, mutated, shaped } from "./arbitraries.js"
import { items, style, written } from "./documents.js"
import { type Property, property } from "./property.js"
import { saxesReader } from "./saxesReader.js"

const Things = Schema.Struct({
  parts: Scalar.repeated(Schema.Struct({ id: Schema.String, text: Schema.optional(Scalar.ElementText) })),
  pagination: Schema.optional(Schema.Struct({ totalAvailable: Scalar.Count })),
  workbooks: Scalar.list("workbook", Workbooks.Workbook),
  users: Scalar.list("user", Schema.Struct({ id: Schema.String, name: Schema.optional(Schema.String) })),
  error: Schema.optional(
    Schema.Struct({
      code: Schema.optional(Schema.String),
      summary: Schema.optional(Schema.String),
      detail: Schema.optional(Schema.String)
    })
  )
})

const Anything = Schema.Struct({})

const pairs = [
  { bySaxes: saxesReader("things", Things), byScanner: reader("things", Things, "refuse") },
  { bySaxes: saxesReader("anything", Anything), byScanner: reader("anything", Anything, "refuse") }
]

/** saxes accepts `<?a?b?>`: XML demands white space after the name of an instruction. */
const toleratedBySaxes = /<\?[^\s?>]+\?(?!>)/

const readThings = reader("things", Things)

/** Without lone surrogates, as from a decoder. */
const wellFormed = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text))

/** Cuts a string into chunks of these lengths, again and again, but never a surrogate pair. */
const cut = (text: string, lengths: ReadonlyArray<number>): TextChunks => {
  if (lengths.length === 0) return [text]
  const chunks: Array<string> = []
  let start = 0
  for (let index = 0; start < text.length; index++) {
    let end = start + (lengths[index % lengths.length] ?? 1)
    if (/[\uDC00-\uDFFF]/.test(text.charAt(end))) end += 1
    chunks.push(text.slice(start, end))
    start = end
  }
  return chunks
}

const lengths = FastCheck.array(
  FastCheck.oneof(FastCheck.integer({ min: 1, max: 5 }), FastCheck.integer({ min: 1, max: 400 })),
  { maxLength: 8 }
)

const valid = FastCheck.tuple(items, style).map(([items, style]) => written(items, style))

const document = FastCheck.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: anything },
  { weight: 2, arbitrary: valid },
  { weight: 1, arbitrary: shaped }
).map(wellFormed)

/** Characters that XML forbids, as a server may write them in a value, and what they become. */
const forbidden = FastCheck.constantFrom(
  ...([
    ["\u0001", "\uFFFD"],
    ["\u000c", "\uFFFD"],
    ["\uFFFE", "\uFFFD"],
    ["&#1;", "\uFFFD"],
    ["&#x1F;", "\uFFFD"],
    ["&#0;", "\uFFFD"],
    ["&#x110000;", "\uFFFD"],
    ["&#55357;&#56960;", "\u{1F680}"],
    ["&#xD83D;&#xDE80;", "\u{1F680}"],
    ["&#xD83D;", "\uFFFD"],
    ["&#56960;", "\uFFFD"],
    ["&#56960;&#55357;", "\uFFFD\uFFFD"],
    ["&#55357;-&#56960;", "\uFFFD-\uFFFD"],
    ["é", "é"],
    ["&amp;", "&"]
  ] as const)
)

const encodings = FastCheck.constantFrom(
  "utf-8",
  "utf-16le",
  "utf-16be",
  "shift_jis",
  "gb18030",
  "windows-1252",
  "euc-kr"
)

/** Documents whose bytes were changed, or written in another encoding than the one that is declared. */
const bytes = FastCheck.tuple(
  FastCheck.constantFrom(...documents),
  FastCheck.constantFrom<BufferEncoding>("utf8", "utf8", "latin1", "utf16le"),
  FastCheck.integer({ min: 1, max: 400 }),
  FastCheck.array(
    FastCheck.tuple(FastCheck.double({ min: 0, max: 1, noNaN: true }), FastCheck.integer({ min: 0, max: 255 })),
    {
      maxLength: 3
    }
  )
).map(([text, encoding, repeated, changes]) => {
  // Longer than a chunk of the decoder.
  const bytes = Buffer.from(text.replace("</workbooks>", `${" é売".repeat(repeated * 40)}</workbooks>`), encoding)
  for (const [share, value] of changes) bytes[Math.floor(share * (bytes.length - 1))] = value
  return bytes
})

export const comparison: Property = property(
  "the scanner accepts and reads the same documents as saxes, however they are cut",
  FastCheck.tuple(document, lengths, FastCheck.constantFrom(...pairs)),
  ([text, lengths, { byScanner, bySaxes }]) => {
    const chunks = cut(text, lengths)
    const [expected, actual] = [bySaxes(chunks), byScanner(chunks)]
    if (toleratedBySaxes.test(text) && Either.isLeft(actual)) return
    assert.equal(actual._tag, expected._tag)
    if (Either.isRight(actual) && Either.isRight(expected)) assert.deepEqual(actual.right, expected.right)
  }
)

export const scannerProperties: ReadonlyArray<Property> = [
  comparison,

  property(
    "a forbidden character costs a character, in any notation and however the document is cut",
    FastCheck.tuple(FastCheck.array(forbidden, { maxLength: 4 }), FastCheck.constantFrom('"', "'"), lengths),
    ([parts, quote, lengths]) => {
      // A letter in front: two surrogates of different parts would be a pair.
      const source = parts.map(([source]) => `x${source}`).join("")
      const name = parts.map(([, result]) => `x${result}`).join("")
      const text = `<tsResponse><parts id=${quote}${source}${quote}>${source}</parts><parts id="2"/></tsResponse>`
      const result = Either.getOrThrowWith(readThings(cut(text, lengths)), (problem) => problem)
      assert.deepEqual(result.value.parts, [
        { id: name, text: name },
        { id: "2", text: "" }
      ])
      assert.deepEqual(result.malformed, [])
    }
  ),

  property(
    "the product reads what XML allows as the strict reader does",
    FastCheck.tuple(document, lengths),
    ([text, lengths]) => {
      const strict = pairs[0]?.byScanner(cut(text, lengths))
      if (strict === undefined || Either.isLeft(strict)) return
      assert.deepEqual(Either.getOrThrow(readThings(cut(text, lengths))), strict.right)
    }
  ),

  property(
    "bytes are decoded as declared, or the first invalid one is reported",
    FastCheck.tuple(bytes, FastCheck.option(encodings, { nil: undefined })),
    ([bytes, encoding]) => {
      const result = decode(bytes, encoding === undefined ? "" : `application/xml;charset=${encoding}`)
      if (Either.isRight(result)) {
        assert.ok(result.right.every((chunk) => !/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(chunk)))
        return
      }
      const [, name, offset] = /^It is not valid ([\w-]+) \(at byte (\d+)\)\.$/.exec(result.left) ?? []
      assert.ok(name !== undefined && Number(offset) <= bytes.length, result.left)
      // What is before the offset is valid, and a few bytes later it is not.
      const valid = (end: number) =>
        Either.isRight(Either.try(() => new TextDecoder(name, { fatal: true }).decode(bytes.subarray(0, end))))
      assert.ok(valid(Number(offset)) || name !== "UTF-8", `not valid before ${offset}`)
      assert.ok(!valid(bytes.length), `valid to the end`)
    }
  )
]
