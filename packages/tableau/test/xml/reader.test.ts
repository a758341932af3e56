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
import { Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { server, session } from "../../../../test/support/session.js"
import { textOf } from "../../../../test/support/text.js"
import { reader } from "../../src/internal/xml/reader.js"
import * as Leaf from "../../src/internal/xml/scalar.js"

const read = reader("workbooks", Schema.Struct({ workbooks: Leaf.list("workbook", Workbooks.Workbook) }))

const inside = (content: string, root = 'tsResponse xmlns="http://tableau.com/api"') =>
  `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root.split(" ")[0]}>`

const workbooksOf = (text: string) =>
  Either.getOrThrowWith(read(textOf(text)), (problem) => new Error(problem)).value.workbooks
const problemOf = (text: string) => Either.getOrThrow(Either.flip(read(textOf(text))))

it("this suite is not at home in UTC", () => {
  expect(new Date(2024, 0, 1).getTimezoneOffset()).not.toBe(0)
})

describe("a namespace", () => {
  const one = '<workbooks><workbook id="1" name="A"><tags/></workbook></workbooks>'
  const prefixed = '<t:workbooks><t:workbook id="1" name="A"><t:tags/></t:workbook></t:workbooks>'
  const roots = {
    default: inside(one),
    legacy: inside(one, 'tsResponse xmlns="http://tableausoftware.com/api"'),
    prefixed: inside(prefixed, 't:tsResponse xmlns:t="http://tableau.com/api"'),
    absent: inside(one, "tsResponse"),
    "absent, with a byte order mark and no declaration": `\uFEFF<tsResponse>${one}</tsResponse>`
  }
  for (const [which, text] of Object.entries(roots)) {
    it(`may be ${which}`, () => {
      expect(workbooksOf(text)).toEqual([{ id: "1", name: "A", tags: [] }])
    })
  }

  it.effect("of old servers decodes through the client, from the first answer to the last", () =>
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

describe("what servers write", () => {
  it("is taken as it comes: absent dates, booleans in any case, unknown attributes and elements", () => {
    const text = inside(
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
    const moment = DateTime.unsafeMake("2024-06-01T10:00:00Z")
    expect([workbook?.updatedAt, workbook?.lastPublishedAt]).toEqual([moment, moment])
  })

  it("without a zone is UTC", () => {
    const [workbook] = workbooksOf(inside('<workbooks><workbook id="1" createdAt="2024-06-01T10:00:00"/></workbooks>'))
    expect(workbook?.createdAt).toEqual(DateTime.unsafeMake("2024-06-01T10:00:00Z"))
  })

  it("may leave a list out", () => {
    expect(workbooksOf(inside(""))).toEqual([])
    expect(workbooksOf(inside("<workbooks/>"))).toEqual([])
  })

  it("may have no element of its own for a list", () => {
    const things = reader(
      "things",
      Schema.Struct({
        things: Schema.Struct({
          parts: Leaf.repeated(Schema.Struct({ id: Schema.String, tags: Leaf.list("tag", Schema.String) })),
          urls: Leaf.repeated(Schema.String),
          notes: Schema.optional(Leaf.repeated(Leaf.Flag))
        })
      })
    )
    const text =
      '<things><parts id="1"/><urls>a</urls><parts id="2"><tags><tag>x</tag></tags></parts><urls>b</urls></things>'
    expect(Either.map(things(textOf(inside(text))), ({ value }) => value)).toEqual(
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
    expect(Either.map(things(textOf(inside("<things><notes>true</notes></things>"))), ({ value }) => value)).toEqual(
      Either.right({ things: { parts: [], urls: [], notes: [true] } })
    )
    expect(things(textOf(inside("<things><parts/></things>")))).toEqual(Either.left("parts has no id"))
  })

  it("may be odd in one item, which does not lose the others", () => {
    const text = inside(
      `<workbooks><workbook id="1"/><workbook name="no id"/><workbook id="3" size="big"/>
       <workbook id="4"><tags><tag/></tags></workbook><workbook id="5" createdAt="yesterday"/><workbook id="6"/></workbooks>`
    )
    const { malformed, value } = Either.getOrThrow(read(textOf(text)))
    expect(value.workbooks.map(({ id }) => id)).toEqual(["1", "6"])
    expect(malformed.map(({ index, problem }) => [index, problem])).toEqual([
      [1, "workbook has no id"],
      [2, "workbook: size cannot be read"],
      [3, "tag has no label"],
      [4, "workbook: createdAt cannot be read"]
    ])
  })

  it.each([
    ["", "1:0"],
    ["<tsResponse><workbooks></tsResponse>", "1:"],
    ['<tsResponse><workbooks a="1" a="2"/></tsResponse>', "1:"],
    ["<tsResponse>&nbsp;</tsResponse>", "1:"],
    ["<tsResponse/><tsResponse/>", "1:"],
    ["<!DOCTYPE a><tsResponse/>", "DOCTYPE"],
    ["<html/>", "tsResponse"]
  ])("is refused when it is not well-formed, and says where: %j", (text, says) => {
    expect(problemOf(text)).toContain(says)
  })
})

/** What a text is in each kind of leaf: a value and how it is written again, or nothing, or not to be read. */
const odd = Symbol("odd")
const moments: ReadonlyArray<readonly [string, string | undefined | typeof odd]> = [
  ["", undefined],
  [" ", undefined],
  ["2024-06-01T10:00:00Z", "2024-06-01T10:00:00.000Z"],
  ["2024-06-01T10:00:00", "2024-06-01T10:00:00.000Z"],
  ["2024-06-01 10:00:00", "2024-06-01T10:00:00.000Z"],
  ["2024-06-01T10:00", "2024-06-01T10:00:00.000Z"],
  ["2024-06-01", "2024-06-01T00:00:00.000Z"],
  [" 2024-06-01T10:00:00z\n", "2024-06-01T10:00:00.000Z"],
  ["2024-06-01T10:00:00.5", "2024-06-01T10:00:00.500Z"],
  ["2024-06-01T10:00:00.123456789Z", "2024-06-01T10:00:00.123Z"],
  ["2024-06-01T10:00:00+0200", "2024-06-01T08:00:00.000Z"],
  ["2024-06-01T10:00:00+02:00", "2024-06-01T08:00:00.000Z"],
  ["2024-06-01T10:00:00-07", "2024-06-01T17:00:00.000Z"],
  ["2024-06-01T10:00:00-09:30", "2024-06-01T19:30:00.000Z"],
  ["2024-06-01T24:00:00Z", "2024-06-02T00:00:00.000Z"],
  // Where clocks are set: in Chatham, Newfoundland, Berlin and Samoa some of these do not exist, or exist twice.
  ["2024-09-29T02:50:00", "2024-09-29T02:50:00.000Z"],
  ["2024-04-07T03:30:00", "2024-04-07T03:30:00.000Z"],
  ["2024-03-10T02:30:00", "2024-03-10T02:30:00.000Z"],
  ["2024-11-03T01:30:00", "2024-11-03T01:30:00.000Z"],
  ["2024-03-31T02:30:00", "2024-03-31T02:30:00.000Z"],
  ["2024-10-27T02:30:00", "2024-10-27T02:30:00.000Z"],
  ["2011-12-30T12:00:00", "2011-12-30T12:00:00.000Z"],
  // Leap days, ends of years, and the years where dates end.
  ["2024-02-29T23:59:59", "2024-02-29T23:59:59.000Z"],
  ["2000-02-29", "2000-02-29T00:00:00.000Z"],
  ["1999-12-31T23:59:59.999", "1999-12-31T23:59:59.999Z"],
  ["2024-12-31T23:30:00-01:00", "2025-01-01T00:30:00.000Z"],
  ["1900-01-01T00:00:00", "1900-01-01T00:00:00.000Z"],
  ["0001-01-01T00:00:00", "0001-01-01T00:00:00.000Z"],
  ["9999-12-31T23:59:59", "9999-12-31T23:59:59.000Z"],
  ["9999-12-31T23:59:59-01:00", "+010000-01-01T00:59:59.000Z"],
  ["+275760-09-13T00:00:00.000Z", "+275760-09-13T00:00:00.000Z"],
  ["-271821-04-20T00:00:00.000Z", "-271821-04-20T00:00:00.000Z"],
  ...[
    ...["2023-02-29T00:00:00Z", "1900-02-29", "2024-02-30", "2024-04-31T10:00:00Z", "2024-13-01", "2024-00-10"],
    ...["2024-06-00", "2024-06-01T25:00:00Z", "2024-06-01T10:60:00Z", "2024-12-31T23:59:60Z", "2024-06-01T10"],
    ...[
      "2024-06-01T10:00:00+25:00",
      "2024-06-01T10:00:00 (CET)",
      "2024-06-01T10:00:00ZZ",
      "+275760-09-14",
      "yesterday"
    ],
    ...["June 1, 2024", "2024-6-1", "20240601", "1717236000", "2024-06-01T10:00:00 UTC", "-000000-01-01"]
  ].map((text) => [text, odd] as const)
]

const whole: ReadonlyArray<readonly [string, number | undefined | typeof odd]> = [
  ["", undefined],
  [" ", undefined],
  ["0", 0],
  ["-0", 0],
  ["+7", 7],
  [" 12\n", 12],
  ["007", 7],
  ["50.0", 50],
  ["9007199254740991", 9007199254740991],
  ["-9007199254740991", -9007199254740991],
  ...["9007199254740992", "1.5", "1.", "1e3", "0x10", "1,000", "٣", "Infinity", "NaN", "--1", "1 2"].map(
    (text) => [text, odd] as const
  )
]

const flags: ReadonlyArray<readonly [string, boolean | undefined | typeof odd]> = [
  ["", undefined],
  [" ", undefined],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  [" true ", true],
  ["1", true],
  ["false", false],
  ["fAlSe", false],
  ["0", false],
  ...["yes", "no", "t", "null", "undefined", "constructor", "__proto__", "2", "true false"].map(
    (text) => [text, odd] as const
  )
]

type Seen<A> = A | undefined | typeof odd

/** What the reader and Schema make of a text, as an attribute and between tags; and that what is written is read again. */
const everyWay = <A>(leaf: Schema.Schema<A, string>, text: string): ReadonlyArray<Seen<A>> => {
  const one = reader("one", Schema.Struct({ a: Schema.Struct({ b: Schema.optional(leaf) }) }))
  const xml = text.replaceAll("\n", "&#10;")
  const decoded = Schema.decodeUnknownEither(leaf)(text)
  const again = Either.flatMap(decoded, (value) => Schema.decodeUnknownEither(leaf)(Schema.encodeSync(leaf)(value)))
  return [
    ...[`<a b="${xml}"/>`, `<a><b>${xml}</b></a>`, `<a><b><![CDATA[${text}]]></b></a>`].map((inner) =>
      Either.match(one(textOf(inside(inner))), { onLeft: (): Seen<A> => odd, onRight: ({ value }) => value.a.b })
    ),
    ...[decoded, again].map((result) => Either.match(result, { onLeft: (): Seen<A> => odd, onRight: (value) => value }))
  ]
}

/** Runs at home in a zone, and comes back. */
const inZone = (zone: string, test: () => void) => {
  const before = process.env["TZ"]
  process.env["TZ"] = zone
  try {
    test()
  } finally {
    process.env["TZ"] = before
  }
}

describe.each([
  ["UTC", 0],
  ["Pacific/Chatham", -765],
  ["America/St_Johns", 150],
  ["Europe/Berlin", -120],
  ["Pacific/Apia", -780]
])("a leaf, at home in %s,", (zone, offset) => {
  it("is really there", () => {
    inZone(zone, () => expect(new Date("2024-06-01T00:00:00Z").getTimezoneOffset()).toBe(offset))
  })

  it("is the same moment, read in every way and written in one", () => {
    inZone(zone, () => {
      for (const [text, expected] of moments) {
        const read = everyWay(Leaf.Timestamp, text).map((value) =>
          value === odd || value === undefined ? value : DateTime.formatIso(value)
        )
        expect([text, ...read]).toEqual([text, ...Array(5).fill(expected)])
        if (expected === odd || expected === undefined) continue
        expect(Schema.encodeSync(Leaf.Timestamp)(DateTime.unsafeMake(expected))).toBe(expected)
      }
    })
  })

  it("is the same number and the same flag", () => {
    inZone(zone, () => {
      for (const [text, expected] of whole)
        expect([text, ...everyWay(Leaf.Integer, text)]).toEqual([text, ...Array(5).fill(expected)])
      for (const [text, expected = odd] of whole)
        expect([text, ...everyWay(Leaf.Count, text)]).toEqual([text, ...Array(5).fill(expected)])
      for (const [text, expected] of flags)
        expect([text, ...everyWay(Leaf.Flag, text)]).toEqual([text, ...Array(5).fill(expected)])
    })
  })
})

it("what was read before makes no difference, wherever it broke off", () => {
  const good = inside('<workbooks><workbook id="1" name="A &amp; B"><tags/></workbook></workbooks>')
  const expected = workbooksOf(good)
  const odd = inside('<workbooks><workbook name="no id"/><workbook id="1" size="no number"/></workbooks>')
  const version = good.replace('version="1.0"', 'version="1.1"')
  for (const before of [odd, version, "", inside("<workbooks><a:b/>"), "<!DOCTYPE a><tsResponse/>"]) {
    read(textOf(before))
    expect(workbooksOf(good)).toEqual(expected)
  }
  for (let length = 0; length < good.length; length += 1) {
    expect(Either.isLeft(read(textOf(good.slice(0, length))))).toBe(true)
    expect(workbooksOf(good)).toEqual(expected)
  }
})

describe("a large document", () => {
  it("is the same wherever the parts in which it is parsed meet", () => {
    const part = 2 ** 15
    const item = `<workbook id="1&#x20;&amp;" name='"é😀\r\n"' showTabs="true"><?a b?><tags ><tag label="x"/></tags><!-- c --><x><![CDATA[]]]]></x></workbook>`
    const expected = [{ id: "1 &", name: '"é😀 "', showTabs: true, tags: [{ label: "x" }] }]
    for (let before = 0; before <= Buffer.byteLength(item); before++) {
      const head = "<tsResponse><workbooks>"
      const text = `${head}${" ".repeat(part - head.length - before)}${item}</workbooks></tsResponse>`
      expect([before, workbooksOf(text)]).toEqual([before, expected])
    }
  })

  it("may hold a text of a million characters, and is refused when one has no end", () => {
    const longest = 2 ** 20
    const long = "x".repeat(longest)
    expect(workbooksOf(inside(`<workbooks><workbook id="1" name="${long}"/></workbooks>`))[0]?.name).toBe(long)
    for (const [start, end] of [
      ['<workbooks><workbook id="', '"/></workbooks>'],
      ["<!--", "-->"],
      ["<?x ", "?>"],
      ["<![CDATA[", "]]>"],
      ["<x ", "/>"],
      ["", ""]
    ] as const) {
      expect(problemOf(inside(`${start}${" ".repeat(3 * longest)}${end}`))).toContain("too long")
    }
  })
})

const escape = (text: string) => text.replaceAll(/[&<>"\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`)

/** What a Schema encodes, as the XML that it was read from. */
const toXml = (name: string, value: unknown): string => {
  if (Array.isArray(value)) return `<${name}>${value.map((item) => toXml(name.slice(0, -1), item)).join("")}</${name}>`
  const entries = Object.entries(
    Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(value)
  )
  const leaves = entries.flatMap(([key, leaf]) => (typeof leaf === "string" ? [` ${key}="${escape(leaf)}"`] : []))
  const children = entries.flatMap(([key, child]) => (typeof child === "object" ? [toXml(key, child)] : []))
  return `<${name}${leaves.join("")}>${children.join("")}</${name}>`
}

// What XML can carry.
const carried = (text: string) => !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)

// Years of four digits: Tableau writes no others.
const moment = FastCheck.option(
  FastCheck.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
  { nil: undefined }
).map((date) => (date === undefined ? undefined : DateTime.unsafeMake(date)))

const anyWorkbook = FastCheck.tuple(Arbitrary.make(Workbooks.Workbook), moment, moment, moment).map(
  ([workbook, createdAt, updatedAt, lastPublishedAt]) => ({ ...workbook, createdAt, updatedAt, lastPublishedAt })
)

describe("the reader and Schema", () => {
  it("agree on every workbook", () => {
    const decode = Schema.decodeUnknownSync(Schema.Array(Workbooks.Workbook))
    const encode = Schema.encodeSync(Schema.Array(Workbooks.Workbook))
    let compared = 0
    FastCheck.assert(
      FastCheck.property(FastCheck.array(anyWorkbook, { maxLength: 5 }), (workbooks) => {
        const encoded = encode(workbooks)
        const text = inside(toXml("workbooks", encoded))
        FastCheck.pre(carried(text))
        compared += 1
        // An attribute that is undefined is absent in both.
        expect(workbooksOf(text)).toEqual(decode(encoded))
      }),
      { numRuns: 200 }
    )
    expect(compared).toBeGreaterThan(50)
  })
})

describe("a Schema that the reader cannot follow is refused when its module loads", () => {
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
    ["a number that is not written as a text", Schema.Struct({ a: Schema.Number }), "Thing.a"],
    ["an answer that is no struct", text, "Thing"]
  ]
  for (const [what, schema, path] of schemas) {
    it(what, () => {
      expect(() => reader("Thing", schema)).toThrow(`effect-tableau: no XML reader for ${path}: `)
    })
  }

  it("while a leaf of Schema's own is read by Schema", () => {
    const own = reader(
      "Thing",
      Schema.Struct({ a: Schema.Struct({ b: Schema.NumberFromString, c: Schema.Literal("x", "y") }) })
    )
    expect(Either.map(own(textOf('<tsResponse><a b="7" c="y"/></tsResponse>')), ({ value }) => value)).toEqual(
      Either.right({ a: { b: 7, c: "y" } })
    )
    expect(Either.flip(own(textOf('<tsResponse><a b="7" c="z"/></tsResponse>')))).toEqual(
      Either.right("a: c cannot be read")
    )
  })
})

const samples = fileURLToPath(new URL("../../../../../shared/samples/", import.meta.url))

describe.skipIf(!existsSync(samples))("the samples of real shape", () => {
  const lists = existsSync(samples)
    ? readdirSync(samples).filter((name) => /^(?:workbook_get|request_option)/.test(name))
    : []

  it("hold workbooks that decode, each of them", () => {
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
