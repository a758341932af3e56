/** JSON responses over sockets: errors with status 200, bodies that cannot be read, and rows. */
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { errorResponse } from "../../../../test/support/scriptedServer.js"
import { scanner } from "../../src/internal/http/jsonScanner.js"
import {
  anything,
  body,
  classic,
  collect,
  failing,
  get,
  json,
  nested,
  receiving,
  remove,
  rowsAndError
} from "./jsonMetrics.js"

describe("a JSON response with status 200", () => {
  it.effect("a response with status 200 that holds an error instead of the document fails with that error", () =>
    Effect.gen(function* () {
      const errors: ReadonlyArray<readonly [unknown, Readonly<Record<string, unknown>>]> = [
        [{ error: { code: "403004", summary: "Forbidden" } }, { _tag: "Forbidden", code: "403004", status: 200 }],
        [
          { httpErrorCode: 404, message: "Gone." },
          { _tag: "NotFound", detail: "Gone." }
        ],
        [
          { errorCode: "408801", message: "Too slow." },
          { _tag: "ServerFault", code: "408801" }
        ]
      ]
      for (const [value, error] of errors) {
        expect(yield* failing(body(value))).toMatchObject(error)
        expect(yield* failing(body(value), remove("m"))).toMatchObject(error)
        expect(yield* failing(body(value), classic("m"))).toMatchObject(error)
      }
      expect(yield* failing(errorResponse(200, "403004"))).toMatchObject({ _tag: "Forbidden" })
    })
  )

  it.effect("a response with status 200 and members of an error but no code is decoded as a document", () =>
    Effect.gen(function* () {
      for (const value of [{ error: null }, { error: { id: 1 } }, { code: "404006", errors: [{ errorCode: "1" }] }]) {
        expect(yield* receiving(body(value), anything("m"))).toEqual(value)
      }
    })
  )

  it.effect("a JSON document of another type is malformed, and the error names the member", () =>
    Effect.gen(function* () {
      const error = yield* failing(body({ followers: "many" }))
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", status: 200 })
      expect(String(error)).toContain('["id"] is missing')
    })
  )

  it.effect("an empty response fails where a document is needed, and succeeds elsewhere", () =>
    Effect.gen(function* () {
      for (const response of [{ status: 204 }, { headers: json }, { headers: json, body: " \n" }]) {
        expect(yield* failing(response)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Empty" })
        expect(yield* receiving(response, remove("m"))).toBeUndefined()
      }
      expect(yield* receiving(body({ id: "m" }), remove("m"))).toBeUndefined()
    })
  )

  it.effect("a response with status 200 that is a web page or XML fails with UnexpectedResponse", () =>
    Effect.gen(function* () {
      const page = { headers: { "content-type": "text/html" }, body: "<!doctype html><html></html>" }
      expect(yield* failing(page)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      expect((yield* rowsAndError(page)).error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      expect(yield* failing(page, remove("m"))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      const document = { headers: { "content-type": "application/xml" }, body: "<metric id='m'/>" }
      expect(yield* failing(document)).toMatchObject({ kind: "Malformed", detail: "It is not JSON." })
    })
  )

  it.effect("a JSON response that begins with a byte order mark is decoded", () =>
    Effect.gen(function* () {
      expect(yield* receiving(body('\ufeff {"id":"é"}'), get("m"))).toEqual({ id: "é" })
      expect(yield* receiving(body('\ufeff{"data":[{"id":"é"}]}'), collect)).toEqual([{ id: "é" }])
    })
  )

  it.effect("a JSON response that is a single value is decoded", () =>
    Effect.gen(function* () {
      expect(yield* receiving(body('"ahoy"'), anything("m"))).toBe("ahoy")
      expect(yield* receiving(body("[1]"), anything("m"))).toEqual([1])
    })
  )

  it.effect("a JSON response that cannot be parsed is malformed, and the error quotes nothing of it", () =>
    Effect.gen(function* () {
      const secret = "s3cr3t"
      const bodies: ReadonlyArray<readonly [string | Uint8Array, string]> = [
        [`{"id":"${secret}`, "cut off"],
        [`{"id":"${secret}"`, ""],
        [`{"id":${secret}}`, "not valid JSON"],
        [`${secret}`, "not valid JSON"],
        [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), "not valid UTF-8"],
        [Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), "not valid UTF-8"]
      ]
      for (const [content, detail] of bodies) {
        const error = yield* failing({ headers: json, body: content }, anything("m"))
        expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(String(error)).toContain(detail)
        expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(secret)
      }
    })
  )

  it.effect("a compressed JSON response fails with an error that names the compression, which was not requested", () =>
    Effect.gen(function* () {
      const headers = { ...json, "content-encoding": "gzip" }
      for (const reply of [{ headers, body: gzipSync('{"id":"m"}') }]) {
        expect(String(yield* failing(reply))).toContain("compressed (gzip)")
        expect(String((yield* rowsAndError(reply)).error)).toContain("compressed (gzip)")
      }
    })
  )

  it.effect("a JSON response with a member __proto__ is malformed, also when its name is escaped", () =>
    Effect.gen(function* () {
      const names = ["__proto__", "\\u005f_proto__", "__prot\\u006F__"]
      for (const name of names) {
        for (const content of [`{"id":"m","${name}":{"x":1}}`, `{"id":"m","a":[{"${name}":1}]}`]) {
          expect(yield* failing(body(content), anything("m"))).toMatchObject({ kind: "Malformed" })
        }
        const { error } = yield* rowsAndError(body(`{"data":[{"id":"m","${name}":{}}]}`))
        expect(error).toMatchObject({ kind: "Malformed" })
      }
      // As a value it is harmless.
      const harmless = { id: "__proto__", constructor: { a: 1 } }
      expect(yield* receiving(body(harmless), anything("m"))).toEqual(harmless)
    })
  )

  it.effect(
    "a JSON response nested deeper than the stack is malformed when the depth is decoded, and is read otherwise",
    () =>
      Effect.gen(function* () {
        const depth = 200_000
        const deep = `${'{"in":'.repeat(depth)}{}${"}".repeat(depth)}`
        expect(yield* failing(body(deep), nested("m"))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(yield* failing(body(deep))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(yield* receiving(body(`{"id":"m","x":${deep}}`), get("m"))).toEqual({ id: "m" })
        const { error } = yield* rowsAndError(body(`{"data":[${deep}]}`))
        expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      })
  )

  it.effect("a JSON response larger than 64 MB is not read to its end", () =>
    Effect.gen(function* () {
      const endless = { headers: json, body: '{"id":"', endless: "x".repeat(2 ** 20) }
      expect(yield* failing(endless)).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge" })
      const row = { headers: json, body: '{"data":[{"id":"', endless: "x".repeat(2 ** 20) }
      expect((yield* rowsAndError(row)).error).toMatchObject({ _tag: "UnexpectedResponse", kind: "TooLarge" })
    })
  )
})

describe("rows of a JSON response", () => {
  it.effect("rows are returned, whatever surrounds them in the document", () =>
    Effect.gen(function* () {
      const documents = [
        '{"data":[{"id":"a"},{"id":"b"}]}',
        ' { "before" : {"data":[1]}, "data" : [ {"id":"a"} ,\n{"id":"b"} ] , "after":["data",[2]] } ',
        '{"x":"data","y":"]}\\"","data":[{"id":"a"},{"id":"b"}],"error":null}'
      ]
      for (const document of documents) {
        expect(yield* receiving(body(document), collect)).toEqual([{ id: "a" }, { id: "b" }])
      }
      for (const none of ['{"data":[]}', '{"data": [ ] }', '{"data":null}']) {
        expect(yield* receiving(body(none), collect)).toEqual([])
      }
    })
  )

  it.effect("rows before an error in the document are returned, and then the stream fails with that error", () =>
    Effect.gen(function* () {
      const error = { errorCode: "408801", message: "The query took too long.", messages: [], debug: null }
      const reported = yield* rowsAndError(body({ data: [{ id: "a" }, { id: "b" }], error }))
      expect(reported.received).toEqual([{ id: "a" }, { id: "b" }])
      expect(reported.error).toMatchObject({ _tag: "ServerFault", code: "408801", status: 200, acted: "no" })
      const unknown = yield* rowsAndError(body({ data: [{ id: "a" }], error: "broken" }))
      expect(unknown.error).toMatchObject({ _tag: "UnknownCode", summary: "broken" })
      const first = yield* rowsAndError(body({ error, data: [{ id: "a" }] }))
      expect(first.error).toMatchObject({ _tag: "ServerFault" })
    })
  )

  it.effect("a stream of rows fails where the document is cut off or invalid", () =>
    Effect.gen(function* () {
      const documents: ReadonlyArray<readonly [string, number]> = [
        ['{"data":[{"id":"a"},{"id":"b"', 1],
        ['{"data":[{"id":"a"},', 1],
        ['{"data":[{"id":"a"}]', 1],
        ['{"data":[{"id":"a"},]}', 1],
        ['{"data":[,{"id":"a"}]}', 0],
        ['{"data":[{"id":"a"}}}', 1],
        ['{"data":[{"id":"a"} {"id":"b"}]}', 0],
        ['{"data":[{"id":"a"}]}}', 1],
        ['{"data":[{"id":"a"}],}', 1],
        ['{"data":[{"id":1}]}', 0],
        ['{"other":1}', 0],
        ['[{"id":"a"}]', 0],
        ["null", 0]
      ]
      for (const [document, count] of documents) {
        const { error, received } = yield* rowsAndError(body(document))
        expect(error, document).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
        expect(received.length, document).toBeLessThanOrEqual(count)
      }
    })
  )

  it.effect("an empty response returns no rows and fails the stream", () =>
    Effect.gen(function* () {
      for (const response of [{ status: 204 }, { headers: json, body: "\n " }]) {
        expect(yield* rowsAndError(response)).toMatchObject({ received: [], error: { kind: "Empty" } })
      }
    })
  )

  it("rows are the same wherever the text is split", () => {
    const value = FastCheck.jsonValue({ maxDepth: 3 })
    const document = FastCheck.record({ before: value, data: FastCheck.array(value), after: value })
    FastCheck.assert(
      FastCheck.property(document, FastCheck.integer({ min: 1, max: 7 }), (document, size) => {
        const text = JSON.stringify(document, null, size % 3)
        const scan = scanner("data", 1_000_000)
        const found: Array<unknown> = []
        for (let at = 0; at < text.length; at += size) {
          const elements = Either.getOrThrow(scan.push(text.slice(at, at + size)))
          found.push(...elements.map((element) => JSON.parse(element)))
        }
        expect(found).toEqual(document.data.map((element) => JSON.parse(JSON.stringify(element))))
        expect(JSON.parse(Either.getOrThrow(scan.end()))).toEqual(JSON.parse(JSON.stringify({ ...document, data: [] })))
      })
    )
  })

  it("a row received in ten times as many pieces takes the scanner ten times as many steps", () => {
    const { charCodeAt } = String.prototype
    const { join } = Array.prototype
    /** The characters that the scanner reads, and those that it joins. */
    const steps = (pieces: number) => {
      const scan = scanner("data", Number.MAX_SAFE_INTEGER)
      const piece = "x".repeat(100)
      let count = 0
      String.prototype.charCodeAt = function (index) {
        count += 1
        return charCodeAt.call(this, index)
      }
      Array.prototype.join = function (separator) {
        const joined = join.call(this, separator)
        count += joined.length
        return joined
      }
      try {
        scan.push('{"data":["')
        for (let pushed = 0; pushed < pieces; pushed++) scan.push(piece)
        const elements = Either.getOrThrow(scan.push('"]}'))
        return { count, length: elements[0]?.length }
      } finally {
        String.prototype.charCodeAt = charCodeAt
        Array.prototype.join = join
      }
    }
    const [small, large] = [steps(200), steps(2000)]
    expect([small.length, large.length]).toEqual([20_002, 200_002])
    expect(large.count).toBeGreaterThan(200_000)
    expect(large.count).toBeLessThanOrEqual(10 * small.count)
  })
})
