import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Workbooks, Xml } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { server, session } from "../../../../test/support/session.js"
import { textOf } from "../../../../test/support/text.js"
import { element, tsResponse } from "../../../../test/support/xml.js"
import { reader } from "../../src/internal/xml/reader.js"

const read = reader("workbooks", Schema.Struct({ workbooks: Xml.list("workbook", Workbooks.Workbook) }))

const document = (content: string) => `<?xml version="1.0" encoding="UTF-8"?>${tsResponse(content)}`

const workbooksOf = (text: string) =>
  Either.getOrThrowWith(read(textOf(text)), (problem) => new Error(problem)).value.workbooks
const problemOf = (text: string) => Either.getOrThrow(Either.flip(read(textOf(text))))

it("the time zone of the tests is not UTC", () => {
  expect(new Date(2024, 0, 1).getTimezoneOffset()).not.toBe(0)
})

describe("the namespace of a response", () => {
  const one = '<workbooks><workbook id="1" name="A"><tags/></workbook></workbooks>'
  const prefixed = '<t:workbooks><t:workbook id="1" name="A"><t:tags/></t:workbook></t:workbooks>'
  const roots = {
    default: document(one),
    "that of old servers": `<tsResponse xmlns="http://tableausoftware.com/api">${one}</tsResponse>`,
    prefixed: `<t:tsResponse xmlns:t="http://tableau.com/api">${prefixed}</t:tsResponse>`,
    absent: `<tsResponse>${one}</tsResponse>`,
    "absent, with a byte order mark and no declaration": `\uFEFF<tsResponse>${one}</tsResponse>`
  }
  for (const [which, text] of Object.entries(roots)) {
    it(`a list is read with the namespace ${which}`, () => {
      expect(workbooksOf(text)).toEqual([{ id: "1", name: "A", tags: [] }])
    })
  }

  it.effect("a session signs in and reads a list when each response has the namespace of old servers", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const fault = Fault.namespace("http://tableausoftware.com/api")
      yield* simulator.inject({ operation: "any", times: 4, fault })
      yield* Effect.provide(
        Effect.gen(function* () {
          const { items } = yield* Workbooks.list()
          expect(yield* Stream.runCount(items)).toBe(120)
        }),
        session()
      )
    }).pipe(Effect.provide(server()))
  )
})

describe("a list as servers write it", () => {
  it("an item with empty dates, booleans in any case, unknown attributes and unknown elements is read", () => {
    const text = document(
      `<workbooks someday="1"><news><workbook id="9"/></news>
       <workbook id="1" createdAt="" updatedAt="2024-06-01T10:00:00Z" lastPublishedAt="2024-06-01T12:00:00+0200" showTabs="True" hasExtracts="FALSE" colour="red">
         <project id="p" name="&lt;A &amp; B&gt; &#233;"/><future><owner id="no"/></future><owner id="o"/>
         <tags><tag label="a"/><tag label="b"/></tags>
       </workbook></workbooks>`
    )
    const [workbook, ...others] = workbooksOf(text)
    expect(others).toEqual([])
    expect(workbook).toMatchObject({
      id: "1",
      showTabs: true,
      hasExtracts: false,
      project: { id: "p", name: "<A & B> é" },
      owner: { id: "o" },
      tags: [{ label: "a" }, { label: "b" }]
    })
    expect(workbook?.createdAt).toBeUndefined()
    const instant = DateTime.unsafeMake("2024-06-01T10:00:00Z")
    expect([workbook?.updatedAt, workbook?.lastPublishedAt]).toEqual([instant, instant])
  })

  it("a timestamp without a zone is read as UTC", () => {
    const [workbook] = workbooksOf(
      document('<workbooks><workbook id="1" createdAt="2024-06-01T10:00:00"/></workbooks>')
    )
    expect(workbook?.createdAt).toEqual(DateTime.unsafeMake("2024-06-01T10:00:00Z"))
  })

  it("an absent list is read as empty", () => {
    expect(workbooksOf(document(""))).toEqual([])
    expect(workbooksOf(document("<workbooks/>"))).toEqual([])
  })

  it("a list without an element of its own has all items of the parent", () => {
    const things = reader(
      "things",
      Schema.Struct({
        things: Schema.Struct({
          parts: Xml.repeated(Schema.Struct({ id: Schema.String, tags: Xml.list("tag", Schema.String) })),
          urls: Xml.repeated(Schema.String),
          notes: Schema.optional(Xml.repeated(Xml.Flag))
        })
      })
    )
    const text =
      '<things><parts id="1"/><urls>a</urls><parts id="2"><tags><tag>x</tag></tags></parts><urls>b</urls></things>'
    expect(Either.map(things(textOf(document(text))), ({ value }) => value)).toEqual(
      Either.right({
        things: {
          parts: [
            { id: "1", tags: [] },
            { id: "2", tags: ["x"] }
          ],
          urls: ["a", "b"]
        }
      })
    )
    expect(Either.map(things(textOf(document("<things><notes>true</notes></things>"))), ({ value }) => value)).toEqual(
      Either.right({ things: { parts: [], urls: [], notes: [true] } })
    )
    const oneOfTwo = Either.getOrThrow(things(textOf(document('<things><parts/><parts id="2"/></things>'))))
    expect(oneOfTwo.value.things.parts).toEqual([{ id: "2", tags: [] }])
    expect(oneOfTwo.malformed).toEqual([
      { element: "parts", id: undefined, index: 0, problem: "parts has no id", isKept: false }
    ])
  })

  it("a value that cannot be read is absent and reported, and only an item without an id is left out", () => {
    const text = document(
      `<workbooks><workbook id="1"/><workbook name="no id"/><workbook id="3" size="big" showTabs="true" hasExtracts="perhaps"/>
       <workbook id="4"><project name="p"/><tags><tag/><tag label="b"/></tags><owner id="o" lastLogin="never"/></workbook>
       <workbook id="5" createdAt="yesterday"><createdAt>2024-02-30</createdAt></workbook><workbook id="6"/></workbooks>`
    )
    const { malformed, value } = Either.getOrThrow(read(textOf(text)))
    expect(value.workbooks).toEqual([
      { id: "1", tags: undefined },
      { id: "3", showTabs: true },
      { id: "4", project: { name: "p" }, tags: [{ label: "b" }], owner: { id: "o" } },
      { id: "5" },
      { id: "6" }
    ])
    expect(malformed).toEqual([
      { element: "workbook", id: undefined, index: 1, problem: "workbook has no id", isKept: false },
      {
        element: "workbook",
        id: "3",
        index: 2,
        problem: "workbook: size cannot be read; workbook: hasExtracts cannot be read",
        isKept: true
      },
      {
        element: "workbook",
        id: "4",
        index: 3,
        problem: "tag has no label; owner: lastLogin cannot be read",
        isKept: true
      },
      {
        element: "workbook",
        id: "5",
        index: 4,
        problem: "workbook: createdAt cannot be read; workbook: createdAt cannot be read",
        isKept: true
      }
    ])
  })

  it("an item without an id in its schema is left out only if another required value is absent", () => {
    const readCells = reader(
      "cells",
      Schema.Struct({
        cells: Xml.list("cell", Schema.Struct({ row: Xml.Count, text: Schema.optional(Xml.Integer) })),
        flags: Xml.list("flag", Xml.Flag)
      })
    )
    const text =
      '<cells><cell row="1" text="?"/><cell row="x" text="1"/></cells><flags><flag>true</flag><flag>maybe</flag></flags>'
    expect(Either.getOrThrow(readCells(textOf(document(text))))).toEqual({
      value: { cells: [{ row: 1 }], flags: [true] },
      malformed: [
        { element: "cell", id: undefined, index: 0, problem: "cell: text cannot be read", isKept: true },
        { element: "cell", id: undefined, index: 1, problem: "cell: row cannot be read", isKept: false },
        { element: "flag", id: undefined, index: 1, problem: "flag cannot be read", isKept: false }
      ]
    })
  })

  it("an element below the root without a required value fails the document, and other values of it are absent", () => {
    const readOne = reader(
      "one",
      Schema.Struct({
        pagination: Schema.optional(Schema.Struct({ total: Xml.Count })),
        workbook: Schema.optional(Workbooks.Workbook)
      })
    )
    const problem = (content: string) => Either.flip(readOne(textOf(document(content))))
    expect(problem('<pagination total="many"/>')).toEqual(Either.right("pagination: total cannot be read"))
    expect(problem('<workbook name="a" size="b"/>')).toEqual(
      Either.right("workbook: size cannot be read; workbook has no id")
    )
    expect(Either.getOrThrow(readOne(textOf(document('<workbook id="w" size="b" updatedAt="?"/>'))))).toEqual({
      value: { workbook: { id: "w" } },
      malformed: [
        {
          element: "workbook",
          id: "w",
          index: undefined,
          problem: "workbook: size cannot be read; workbook: updatedAt cannot be read",
          isKept: true
        }
      ]
    })
  })

  it("a problem of many values is reported shortly", () => {
    const tags = "<tag/>".repeat(1000)
    const { malformed } = Either.getOrThrow(
      read(textOf(document(`<workbooks><workbook id="1"><tags>${tags}</tags></workbook></workbooks>`)))
    )
    expect(malformed.map(({ problem }) => problem)).toEqual([
      `${Array(5).fill("tag has no label").join("; ")}; and more`
    ])
  })

  it.each([
    ["", "1:1: there is no root element"],
    ["<tsResponse>\n<workbooks></tsResponse>", "2:12: <workbooks> is not closed here"],
    ['<tsResponse><workbooks a="1" a="2"/></tsResponse>', "1:30: two attributes have the name a"],
    ["<tsResponse>\r\n\n é&nbsp;</tsResponse>", "3:3: a reference that is malformed, unknown, or not allowed"],
    ["<tsResponse/>\n<tsResponse/>", "2:1: there is more than one root element"],
    ["<!DOCTYPE a><tsResponse/>", "1:1: a DOCTYPE is not allowed"],
    ["<html/>", "1:1: the root element is <html>, not <tsResponse>"],
    [`<tsResponse>${"\n".repeat(100_000)}<a b></tsResponse>`, "100001:5: an attribute has no value"],
    ["<tsResponse>\n<a>\n", "3:1: <a> is not closed"],
    ["<tsResponse>\n<a", "2:1: the document ends in a tag"]
  ])("a document that is not well-formed fails with the position: %j", (text, problem) => {
    expect(problemOf(text)).toBe(problem)
  })
})

it("a document is read correctly after another one failed at any position", () => {
  const good = document('<workbooks><workbook id="1" name="A &amp; B"><tags/></workbook></workbooks>')
  const expected = workbooksOf(good)
  const malformed = document('<workbooks><workbook name="no id"/><workbook id="1" size="no number"/></workbooks>')
  const version = good.replace('version="1.0"', 'version="1.1"')
  for (const before of [malformed, version, "", document("<workbooks><a:b/>"), "<!DOCTYPE a><tsResponse/>"]) {
    read(textOf(before))
    expect(workbooksOf(good)).toEqual(expected)
  }
  for (let length = 0; length < good.length; length += 1) {
    expect(Either.isLeft(read(textOf(good.slice(0, length))))).toBe(true)
    expect(workbooksOf(good)).toEqual(expected)
  }
})

describe("a large document", () => {
  it("an item is read correctly with a chunk boundary at any of its bytes", () => {
    const chunkBytes = 2 ** 15
    const item = `<workbook id="1&#x20;&amp;" name='"é😀\r\n"' showTabs="true"><?a b?><tags ><tag label="x"/></tags><!-- c --><x><![CDATA[]]]]></x></workbook>`
    const expected = [{ id: "1 &", name: '"é😀 "', showTabs: true, tags: [{ label: "x" }] }]
    for (let before = 0; before <= Buffer.byteLength(item); before++) {
      const head = "<tsResponse><workbooks>"
      const text = `${head}${" ".repeat(chunkBytes - head.length - before)}${item}</workbooks></tsResponse>`
      expect([before, workbooksOf(text)]).toEqual([before, expected])
    }
  })

  it("text of 2^20 characters is read, and an unfinished token that is longer fails", () => {
    const maxTokenLength = 2 ** 20
    const long = "x".repeat(maxTokenLength)
    expect(workbooksOf(document(`<workbooks><workbook id="1" name="${long}"/></workbooks>`))[0]?.name).toBe(long)
    for (const [start, end] of [
      ['<workbooks><workbook id="', '"/></workbooks>'],
      ["<!--", "-->"],
      ["<?x ", "?>"],
      ["<![CDATA[", "]]>"],
      ["<x ", "/>"],
      ["", ""]
    ] as const) {
      expect(problemOf(document(`${start}${" ".repeat(3 * maxTokenLength)}${end}`))).toContain("too long")
    }
  })
})

/** Writes an encoded model as XML. */
const toXml = (name: string, value: unknown): string => {
  if (Array.isArray(value)) return element(name, {}, ...value.map((item) => toXml(name.slice(0, -1), item)))
  const entries = Object.entries(
    Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(value)
  )
  const attributes = entries.flatMap(([key, value]) => (typeof value === "string" ? [[key, value] as const] : []))
  const children = entries.flatMap(([key, child]) => (typeof child === "object" ? [toXml(key, child)] : []))
  return element(name, Object.fromEntries(attributes), ...children)
}

/** Whether XML can express the string. */
const isXmlText = (text: string) => !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)

// Years of four digits: Tableau writes no others.
const anyInstant = FastCheck.option(
  FastCheck.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
  { nil: undefined }
).map((date) => (date === undefined ? undefined : DateTime.unsafeMake(date)))

const anyWorkbook = FastCheck.tuple(Arbitrary.make(Workbooks.Workbook), anyInstant, anyInstant, anyInstant).map(
  ([workbook, createdAt, updatedAt, lastPublishedAt]) => ({ ...workbook, createdAt, updatedAt, lastPublishedAt })
)

describe("the reader and Schema", () => {
  it("any workbook read by the reader equals the workbook decoded by Schema", () => {
    const decode = Schema.decodeUnknownSync(Schema.Array(Workbooks.Workbook))
    const encode = Schema.encodeSync(Schema.Array(Workbooks.Workbook))
    let compared = 0
    FastCheck.assert(
      FastCheck.property(FastCheck.array(anyWorkbook, { maxLength: 5 }), (workbooks) => {
        const encoded = encode(workbooks)
        const text = document(toXml("workbooks", encoded))
        FastCheck.pre(isXmlText(text))
        compared += 1
        // `toEqual` does not distinguish undefined from absent.
        expect(workbooksOf(text)).toEqual(decode(encoded))
      }),
      { numRuns: 200 }
    )
    expect(compared).toBeGreaterThan(50)
  })
})

describe("the reader of an unsupported Schema", () => {
  const text = Schema.String
  const schemas: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext, string]> = [
    [
      "a default",
      Schema.Struct({ a: Schema.Struct({ b: Schema.optionalWith(text, { default: () => "" }) }) }),
      "Thing.a"
    ],
    [
      "a renamed key",
      Schema.Struct({ a: Schema.Struct({ b: Schema.propertySignature(text).pipe(Schema.fromKey("c")) }) }),
      "Thing.a"
    ],
    [
      "a filter over a struct",
      Schema.Struct({ a: Schema.Struct({ b: text }).pipe(Schema.filter(() => true)) }),
      "Thing.a"
    ],
    ["an index signature", Schema.Struct({ a: Schema.Record({ key: text, value: text }) }), "Thing.a"],
    ["an array whose items have no name", Schema.Struct({ a: Schema.Array(text) }), "Thing.a"],
    ["a number that is not encoded as a string", Schema.Struct({ a: Schema.Number }), "Thing.a"],
    ["a response that is not a struct", text, "Thing"]
  ]
  for (const [what, schema, path] of schemas) {
    it(`the reader fails when it is derived for ${what}`, () => {
      expect(() => reader("Thing", schema)).toThrow(`effect-tableau: no XML reader for ${path}: `)
    })
  }

  it("the reader decodes a scalar of Effect's Schema by Schema", () => {
    const readThing = reader(
      "Thing",
      Schema.Struct({ a: Schema.Struct({ b: Schema.NumberFromString, c: Schema.Literal("x", "y") }) })
    )
    expect(Either.map(readThing(textOf('<tsResponse><a b="7" c="y"/></tsResponse>')), ({ value }) => value)).toEqual(
      Either.right({ a: { b: 7, c: "y" } })
    )
    expect(Either.flip(readThing(textOf('<tsResponse><a b="7" c="z"/></tsResponse>')))).toEqual(
      Either.right("a: c cannot be read")
    )
  })
})

const samples = fileURLToPath(new URL("../../../../../shared/samples/", import.meta.url))

describe.skipIf(!existsSync(samples))("the sample responses", () => {
  const lists = existsSync(samples)
    ? readdirSync(samples).filter((name) => /^(?:workbook_get|request_option)/.test(name))
    : []

  it("the workbooks of the samples are read completely", () => {
    let found = 0
    for (const name of lists) {
      const text = readFileSync(`${samples}${name}`, "utf8")
      if (!text.includes("<workbooks")) continue
      const { malformed, value } = Either.getOrThrowWith(
        read(textOf(text)),
        (problem) => new Error(`${name}: ${problem}`)
      )
      expect([name, malformed]).toEqual([name, []])
      expect([name, value.workbooks.length]).toEqual([name, text.match(/<workbook /g)?.length ?? 0])
      found += value.workbooks.length
    }
    expect(found).toBeGreaterThan(5)
  })
})
