/**
 * Properties of all responses and strings: nothing throws, errors are short, and values are preserved. Each property is a
 * value, for the tests and for a long run.
 */
import * as assert from "node:assert/strict"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { TableauError, Workbooks } from "effect-tableau"
import { XmlDocument } from "libxml2-wasm"
import * as ApiVersion from "../../packages/tableau/src/internal/apiVersion.js"
import { emptyReader } from "../../packages/tableau/src/internal/http/emptyResponse.js"
import { classify } from "../../packages/tableau/src/internal/http/errorResponse.js"
import { withoutSecrets } from "../../packages/tableau/src/internal/http/serverText.js"
import * as Request from "../../packages/tableau/src/internal/operation/request.js"
import * as Spec from "../../packages/tableau/src/internal/operation/spec.js"
import { type Reader, reader } from "../../packages/tableau/src/internal/xml/reader.js"
import * as Scalar from "../../packages/tableau/src/internal/xml/scalar.js"
import { element, write } from "../../packages/tableau/src/internal/xml/writer.js"
import { textOf } from "../support/text.js"
import { anything, documents, mutated, shaped, text } from "./arbitraries.js"
import { escape, type Item, items, type Style, style, written } from "./documents.js"
import { fileNameProperties } from "./fileNames.js"
import { jsonListProperties } from "./jsonLists.js"
import { type Property, property } from "./property.js"
import { scannerProperties } from "./scannerProperties.js"

const Response = Schema.Struct({ workbooks: Scalar.list("workbook", Workbooks.Workbook) })

const readers = {
  workbooks: reader("workbooks", Response),
  error: reader(
    "error",
    Schema.Struct({ error: Schema.Struct({ code: Schema.String, detail: Schema.optional(Schema.String) }) })
  )
}

const everyReader: ReadonlyArray<Reader<unknown>> = Object.values(readers)

/** Whether XML 1.0 allows every character, by its production `Char`. */
const isXmlText = (text: string): boolean =>
  [...text].every((character) => {
    const code = character.codePointAt(0) ?? 0
    return (
      code === 0x9 ||
      code === 0xa ||
      code === 0xd ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000
    )
  })

/** Whether UTF-8 can encode it: without surrogate pairs no surrogate is left. */
const wellFormed = (text: string): boolean =>
  !/[\uD800-\uDFFF]/.test(text.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, ""))

const readSafely = (text: string): void => {
  for (const read of everyReader) {
    const result = read(textOf(text))
    if (Either.isLeft(result)) assert.ok(result.left.length > 0 && result.left.length <= 300, result.left)
    else assert.ok(result.right.malformed.every(({ problem }) => problem.length < 200))
  }
}

const decodeWorkbook = Schema.decodeUnknownEither(Workbooks.Workbook)

/** The item without the values that Schema cannot decode. */
const readableOf = (item: Item): Item => {
  const isReadable = (name: string, value: unknown) => Either.isRight(decodeWorkbook({ id: "1", [name]: value }))
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => {
      const readable = Array.isArray(value) ? value.filter((one) => isReadable(name, [one])) : value
      return isReadable(name, readable) ? [[name, readable]] : []
    })
  )
}

/** The JSON form with sorted keys: without undefined fields, and with dates as strings. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner
    )
  )

const statuses = [
  ...[0, 100, 200, 200, 200, 201, 204, 206, 300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408],
  ...[409, 410, 411, 413, 414, 415, 418, 422, 423, 429, 451, 499, 500, 501, 502, 503, 504, 511, 599, 600, 999]
]

const header = FastCheck.option(
  FastCheck.oneof(
    FastCheck.string({ maxLength: 40 }),
    FastCheck.constantFrom(
      ...["/", "//", "https://a.b/c?secret=1#2", "http://[", "javascript:alert(1)", "data:text/html,x", "mailto:a@b"],
      ...["0", "-1", "3", "1e99", "999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "Invalid Date", " 7 ", ""]
    )
  ),
  { nil: undefined }
)

const response = FastCheck.record({
  status: FastCheck.constantFrom(...statuses),
  location: header,
  retryAfter: header,
  contentType: FastCheck.constantFrom("", "application/xml;charset=utf-8", "text/html", "application/json", "?"),
  date: header,
  text: FastCheck.oneof({ weight: 9, arbitrary: anything }, shaped)
})

const errorTags: ReadonlySet<string> = new Set([
  ...["BadRequest", "Conflict", "Forbidden", "MethodNotAllowed", "NotFound", "RateLimited", "RedirectRefused"],
  ...["ServerFault", "SessionExpired", "UnexpectedResponse", "UnknownCode"]
])

const things: Request.Definition<void> = {
  spec: Spec.make({
    name: "Things.list",
    request: "GET /sites/{siteId}/things/{thingId}/parts/{partId}",
    since: "2.0",
    scope: "none"
  }),
  expected: emptyReader,
  failOnMalformedItem: false
}

const segment = (text: string) => text.trim() !== "" && text !== "." && text !== ".." && wellFormed(text)

/** Checks that a decoded string encodes to one that decodes to the same value. */
const roundTrips = <A>(scalar: Schema.Schema<A, string>, text: string): void => {
  const decoded = Schema.decodeUnknownEither(scalar)(text)
  if (Either.isLeft(decoded)) return
  const again = Schema.decodeUnknownSync(scalar)(Schema.encodeSync(scalar)(decoded.right))
  assert.deepEqual(plain([again]), plain([decoded.right]))
}

const scalarText = FastCheck.oneof(
  text,
  FastCheck.date().map((date) => (Number.isNaN(date.getTime()) ? "" : date.toISOString())),
  FastCheck.maxSafeInteger().map(String),
  FastCheck.array(
    FastCheck.constantFrom("0", "1", "2", "9", "30", "2024", "02", "12", "-", "+", ":", "T", "Z", ".", " ", "true"),
    { maxLength: 14 }
  ).map((parts) => parts.join("")),
  FastCheck.constantFrom("constructor", "__proto__", "tRuE", "FALSE", "1e3", "0x10", "-0", "٣", "Infinity", "NaN")
)

const version = FastCheck.tuple(FastCheck.nat({ max: 12 }), FastCheck.nat({ max: 120 }))

export const properties: ReadonlyArray<Property> = [
  ...scannerProperties,
  ...fileNameProperties,
  ...jsonListProperties,

  property("the reader returns a value or a short problem for any bytes", anything, readSafely),

  property("the reader returns a value or a short problem for documents of any size", shaped, readSafely),

  property(
    "the reader never accepts a truncated document",
    FastCheck.tuple(FastCheck.constantFrom(...documents), FastCheck.double({ min: 0, max: 1, noNaN: true })),
    ([document, share]) => {
      const cut = document.slice(0, Math.floor(share * document.length))
      if (cut.length === document.length) return
      for (const read of everyReader) assert.ok(Either.isLeft(read(textOf(cut))), cut)
    }
  ),

  property(
    "the reader and Schema agree on each value in any notation, and a malformed one affects no other",
    FastCheck.tuple(items, style, FastCheck.integer({ min: 1, max: 300 })),
    ([items, style, length]: readonly [ReadonlyArray<Item>, Style, number]) => {
      const decoded = items.map((item) => decodeWorkbook(readableOf(item)))
      // In chunks of this length.
      const chunks = written(items, style).match(new RegExp(`[^]{1,${length}}`, "gu")) ?? []
      const { malformed, value } = Either.getOrThrowWith(readers.workbooks(chunks), (problem) => problem)
      assert.deepEqual(plain(value.workbooks), plain(decoded.filter(Either.isRight).map(({ right }) => right)))
      assert.deepEqual(
        malformed.flatMap(({ index, isKept }) => (isKept ? [] : [index])),
        decoded.flatMap((item, index) => (Either.isLeft(item) ? [index] : []))
      )
      assert.deepEqual(
        malformed.flatMap(({ index, isKept }) => (isKept ? [index] : [])),
        items.flatMap((item, index) => {
          const readable = decoded[index]
          return readable !== undefined && Either.isRight(readable) && Either.isLeft(decodeWorkbook(item))
            ? [index]
            : []
        })
      )
    }
  ),

  property("the reader rejects DOCTYPE and expands no entity", FastCheck.tuple(mutated, text), ([document, name]) => {
    const problem = readers.workbooks(textOf(`<!DOCTYPE x [<!ENTITY a "${escape(name)}">]>${document}`))
    assert.ok(Either.isLeft(problem))
  }),

  property(
    "a response becomes a value, or a known error with a short message",
    FastCheck.tuple(response, FastCheck.boolean(), FastCheck.constantFrom("http:", "https:")),
    ([response, readOnly, protocol]) => {
      const url = new URL(`${protocol}//tableau.example.com/api/3.29/x`)
      const request = { operation: "Things.get", url, readOnly, sanitize: withoutSecrets }
      const result = classify(request, { ...response, text: textOf(response.text) }, readers.workbooks, 0)
      if (Either.isRight(result)) {
        assert.ok(response.status >= 200 && response.status < 300)
        return
      }
      const error = result.left
      assert.ok(errorTags.has(error._tag), error._tag)
      assert.ok(TableauError.isTableauError(error))
      assert.ok(error.message.startsWith("Things.get: ") && error.message.length < 10_000)
      for (const field of Object.values(error)) if (typeof field === "string") assert.ok(field.length < 5000)
      if (readOnly) assert.equal(error.acted, "no")
      // Schema could not encode a negative duration.
      if (error._tag === "RateLimited") assert.ok(Duration.toMillis(error.retryAfter ?? 0) >= 0)
    }
  ),

  property(
    "the writer's XML reads the same in another parser, or fails with BadRequest without the value",
    // The other parser drops a byte order mark at the beginning of a value.
    FastCheck.tuple(text, text).map((values) => values.map((value) => `|${value}`)),
    ([first = "", second = ""]) => {
      const result = write("Things.add", element("a", { first, none: undefined }, [element("b", { second })]))
      assert.equal(Either.isRight(result), isXmlText(first) && isXmlText(second))
      if (Either.isLeft(result)) {
        assert.equal(result.left._tag, "BadRequest")
        assert.match(result.left.detail ?? "", /^(?:first of <a>|second of <b>) contains a character/)
        return
      }
      const document = XmlDocument.fromString(result.right)
      try {
        const attribute = (path: string) => document.get(path)?.content
        assert.equal(attribute("/tsRequest/a/@first"), first)
        assert.equal(attribute("/tsRequest/a/b/@second"), second)
        assert.equal(document.eval("count(//@*)"), 2)
        assert.equal(document.eval("count(//node())"), 3)
      } finally {
        document.dispose()
      }
    }
  ),

  property(
    "a URL contains the given values, or the request fails with BadRequest",
    FastCheck.tuple(text, text, text, FastCheck.option(text, { nil: undefined })),
    ([thingId, partId, filter, sort]) => {
      const input = { thingId, partId, query: { pageNumber: 1, pageSize: 100, filter, sort } }
      const result = Effect.runSync(Effect.either(Request.prepare(things, input, Request.asBadRequest)))
      const good = segment(thingId) && segment(partId) && wellFormed(filter) && wellFormed(sort ?? "")
      assert.equal(Either.isRight(result), good)
      if (Either.isLeft(result)) {
        assert.equal(result.left._tag, "BadRequest")
        assert.ok(result.left.message.length < 300)
        return
      }
      const url = new URL(result.right.path("3.29", "site/1"), "https://tableau.example.com")
      assert.equal(url.origin, "https://tableau.example.com")
      assert.deepEqual(url.pathname.split("/").map(decodeURIComponent), [
        ...["", "api", "3.29", "sites", "site/1", "things", thingId, "parts", partId]
      ])
      assert.deepEqual(
        [...url.searchParams],
        [["pageNumber", "1"], ["pageSize", "100"], ["filter", filter], ...(sort === undefined ? [] : [["sort", sort]])]
      )
      assert.equal(url.hash, "")
    }
  ),

  property("a scalar decodes or rejects any string, and decodes what it encodes", scalarText, (text) => {
    roundTrips(Scalar.Integer, text)
    roundTrips(Scalar.Flag, text)
    roundTrips(Scalar.Timestamp, text)
  }),

  property("versions are compared as numbers", FastCheck.tuple(version, version, text), ([actual, required, other]) => {
    const [a, b] = [actual.join("."), required.join(".")]
    assert.equal(
      ApiVersion.includes(a, b),
      actual[0] > required[0] || (actual[0] === required[0] && actual[1] >= required[1])
    )
    assert.equal(ApiVersion.isApiVersion(other), /^\d{1,4}\.\d{1,4}$/.test(other))
    ApiVersion.includes(other, a)
  })
]
