import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Xml } from "effect-tableau"
import { textOf } from "../../../../test/support/text.js"
import { tsResponse } from "../../../../test/support/xml.js"
import { reader } from "../../src/internal/xml/reader.js"

/** The value of a string in each kind of scalar: a value in its canonical form, `undefined` if absent, or unreadable. */
const unreadable = Symbol("unreadable")
const timestamps: ReadonlyArray<readonly [string, string | undefined | typeof unreadable]> = [
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
  // Changes of daylight saving time: in Chatham, Newfoundland, Berlin or Samoa these local times do not exist, or twice.
  ["2024-09-29T02:50:00", "2024-09-29T02:50:00.000Z"],
  ["2024-04-07T03:30:00", "2024-04-07T03:30:00.000Z"],
  ["2024-03-10T02:30:00", "2024-03-10T02:30:00.000Z"],
  ["2024-11-03T01:30:00", "2024-11-03T01:30:00.000Z"],
  ["2024-03-31T02:30:00", "2024-03-31T02:30:00.000Z"],
  ["2024-10-27T02:30:00", "2024-10-27T02:30:00.000Z"],
  ["2011-12-30T12:00:00", "2011-12-30T12:00:00.000Z"],
  // Leap days, ends of years, and the limits of `Date`.
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
  ].map((text) => [text, unreadable] as const)
]

const integers: ReadonlyArray<readonly [string, number | undefined | typeof unreadable]> = [
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
    (text) => [text, unreadable] as const
  )
]

const flags: ReadonlyArray<readonly [string, boolean | undefined | typeof unreadable]> = [
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
    (text) => [text, unreadable] as const
  )
]

type Result<A> = A | undefined | typeof unreadable

/** Reads a string as an attribute, as text, as CDATA, by Schema, and by Schema after it was written again. */
const readInEveryWay = <A>(scalar: Schema.Schema<A, string>, text: string): ReadonlyArray<Result<A>> => {
  const readOne = reader("one", Schema.Struct({ a: Schema.Struct({ b: Schema.optional(scalar) }) }))
  const xml = text.replaceAll("\n", "&#10;")
  const decoded = Schema.decodeUnknownEither(scalar)(text)
  const again = Either.flatMap(decoded, (value) => Schema.decodeUnknownEither(scalar)(Schema.encodeSync(scalar)(value)))
  return [
    ...[`<a b="${xml}"/>`, `<a><b>${xml}</b></a>`, `<a><b><![CDATA[${text}]]></b></a>`].map((inner) =>
      Either.match(readOne(textOf(tsResponse(inner))), {
        onLeft: (): Result<A> => unreadable,
        onRight: ({ malformed, value }) => (malformed.length > 0 ? unreadable : value.a.b)
      })
    ),
    ...[decoded, again].map((result) =>
      Either.match(result, { onLeft: (): Result<A> => unreadable, onRight: (value) => value })
    )
  ]
}

/** Runs a test in a time zone. */
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
])("a scalar in the time zone %s", (zone, offset) => {
  it("the time zone of the test is in effect", () => {
    inZone(zone, () => expect(new Date("2024-06-01T00:00:00Z").getTimezoneOffset()).toBe(offset))
  })

  it("a timestamp is the same instant in every way of reading it", () => {
    inZone(zone, () => {
      for (const [text, expected] of timestamps) {
        const read = readInEveryWay(Xml.Timestamp, text).map((value) =>
          value === unreadable || value === undefined ? value : DateTime.formatIso(value)
        )
        expect([text, ...read]).toEqual([text, ...Array(5).fill(expected)])
        if (expected === unreadable || expected === undefined) continue
        expect(Schema.encodeSync(Xml.Timestamp)(DateTime.unsafeMake(expected))).toBe(expected)
      }
    })
  })

  it("an integer or a flag is the same value in every way of reading it", () => {
    inZone(zone, () => {
      for (const [text, expected] of integers)
        expect([text, ...readInEveryWay(Xml.Integer, text)]).toEqual([text, ...Array(5).fill(expected)])
      for (const [text, expected = unreadable] of integers)
        expect([text, ...readInEveryWay(Xml.Count, text)]).toEqual([text, ...Array(5).fill(expected)])
      for (const [text, expected] of flags)
        expect([text, ...readInEveryWay(Xml.Flag, text)]).toEqual([text, ...Array(5).fill(expected)])
    })
  })
})
