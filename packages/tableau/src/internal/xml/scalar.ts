/**
 * The values that Tableau writes as text. Each is a Schema, and carries beside it the plain function that the reader
 * calls for every attribute.
 */
import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** What a leaf's reader gives for a text that it cannot read. */
export const unreadable: unique symbol = Symbol("effect-tableau/unreadable")

export type LeafReader<A = unknown> = (text: string) => A | typeof unreadable

/** The annotation that holds a leaf's reader: `undefined` from it means that the value is absent. */
export const LeafReaderId: unique symbol = Symbol.for("effect-tableau/LeafReader")

/** The annotation that holds the name of a list's elements. */
export const ItemNameId: unique symbol = Symbol.for("effect-tableau/ItemName")

/** The annotation that holds the name of a property's element, where it is not the property's. */
export const ElementNameId: unique symbol = Symbol.for("effect-tableau/ElementName")

/** The annotation of a list that has no element of its own. */
export const RepeatedId: unique symbol = Symbol.for("effect-tableau/Repeated")

/** The annotation of the property that holds an element's own text. */
export const TextId: unique symbol = Symbol.for("effect-tableau/Text")

const leaf = <A>(
  name: string,
  type: Schema.Schema<A>,
  read: LeafReader<A>,
  write: (value: A) => string
): Schema.Schema<A, string> =>
  Schema.transformOrFail(Schema.String, type, {
    strict: true,
    decode: (text, _, ast) => {
      const value = read(text)
      return value === unreadable
        ? ParseResult.fail(new ParseResult.Type(ast, text, `not a ${name}`))
        : ParseResult.succeed(value)
    },
    encode: (value) => ParseResult.succeed(write(value))
  }).annotations({ identifier: name, [LeafReaderId]: read })

/** One that Tableau may write as an empty text, such as `serverPort=""`: then the value is absent. */
const orAbsent = <A>(
  name: string,
  type: Schema.Schema<A>,
  read: LeafReader<A>,
  write: (value: A) => string
): Schema.Schema<A | undefined, string> =>
  leaf<A | undefined>(
    name,
    Schema.UndefinedOr(type),
    (text) => {
      const value = read(text)
      return value === unreadable && text.trim() === "" ? undefined : value
    },
    (value) => (value === undefined ? "" : write(value))
  )

const whole: LeafReader<number> = (text) => {
  // Plus nothing, for "-0".
  const value = /^\s*[+-]?\d{1,16}(?:\.0+)?\s*$/.test(text) ? Number(text) + 0 : Number.NaN
  return Number.isSafeInteger(value) ? value : unreadable
}

/** A whole number that is surely there, in digits; one that a number cannot hold exactly is none. */
export const Count = leaf("Count", Schema.Int, whole, String)

/** A whole number. */
export const Integer = orAbsent("Integer", Schema.Int, whole, String)

/** `true` or `false`, in any case. */
export const Flag = orAbsent(
  "Flag",
  Schema.Boolean,
  (text) => {
    if (text === "true") return true
    if (text === "false") return false
    switch (text.trim().toLowerCase()) {
      case "true":
      case "1":
        return true
      case "false":
      case "0":
        return false
      default:
        return unreadable
    }
  },
  String
)

// A year has four digits, or six and a sign, as `Date` writes those that are far away.
const written =
  /^((?:\d{4}|[+-]\d{6})-\d{2}-(\d{2}))(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z|([+-]\d{2}):?(\d{2})?)?)?$/i

/** As Tableau writes nearly all of them. Of days that each month has there is nothing to check. */
const usual = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** The number that two digits are. */
const digits = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528

const ofMillis = (millis: number): DateTime.Utc | typeof unreadable =>
  Number.isNaN(millis) ? unreadable : DateTime.unsafeFromDate(new Date(millis))

/**
 * All that `Date` is given is in the one form that it reads the same everywhere. A date without a zone is UTC here,
 * wherever the program runs; `Date` would take some for local time.
 */
const instant: LeafReader<DateTime.Utc> = (text) => {
  if (usual.test(text)) {
    // In half of the time that `Date.parse` takes.
    const year = digits(text, 0) * 100 + digits(text, 2)
    const [month, day] = [digits(text, 5), digits(text, 8)]
    return ofMillis(Date.UTC(year, month - 1, day, digits(text, 11), digits(text, 14), digits(text, 17)))
  }
  const [, day, dayOfMonth, time = "00:00", hours, minutes = "00"] = written.exec(text.trim()) ?? []
  if (day === undefined) return unreadable
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`
  // `Date` may take the 30th of February for the 1st of March.
  const exists = Number(dayOfMonth) <= 28 || new Date(`${day}T00:00:00Z`).getUTCDate() === Number(dayOfMonth)
  return exists ? ofMillis(Date.parse(`${day}T${time}${zone}`)) : unreadable
}

/** A moment. Tableau writes some that are not there yet as an empty text: they are absent. */
export const Timestamp = orAbsent("Timestamp", Schema.DateTimeUtcFromSelf, instant, DateTime.formatIso)

/** The text between an element's tags, as a property beside its attributes. */
export const ElementText = Schema.String.annotations({ [TextId]: true })

/** A list whose elements have the given name. */
export const list = <A, I>(
  name: string,
  item: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> => Schema.Array(item).annotations({ [ItemNameId]: name })

/** The same, in an element that is not named like the property. */
export const listIn = <A, I>(
  element: string,
  name: string,
  item: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  Schema.Array(item).annotations({ [ItemNameId]: name, [ElementNameId]: element })

/** A list without an element of its own: its items stand among their parent's children, each under the property's name. */
export const repeated = <A, I>(item: Schema.Schema<A, I>): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  Schema.Array(item).annotations({ [RepeatedId]: true })
