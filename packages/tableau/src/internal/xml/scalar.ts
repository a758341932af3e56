/**
 * Values that Tableau writes as strings, and lists of elements. Each scalar is a Schema that carries, as an annotation,
 * the plain function that the reader calls for every attribute: running a Schema's decoder takes many times longer.
 */
import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { LazySchema } from "./lazySchema.js"

/** Returned by the reader of a scalar for a string that is not such a value. */
export const unreadable: unique symbol = Symbol("effect-tableau/unreadable")

export type ScalarReader<A = unknown> = (text: string) => A | typeof unreadable

/** Annotation: the reader of a scalar. If it returns `undefined`, the value is absent. */
export const ScalarReaderId: unique symbol = Symbol.for("effect-tableau/ScalarReader")

/** Annotation: the Schema of a scalar's JSON form. */
export const JsonFormId: unique symbol = Symbol.for("effect-tableau/JsonForm")

/** Annotation: the name of the elements of a list. */
export const ItemNameId: unique symbol = Symbol.for("effect-tableau/ItemName")

/** Annotation: the name of a property's element, if it is not the name of the property. */
export const ElementNameId: unique symbol = Symbol.for("effect-tableau/ElementName")

/** Annotation of a list whose items are direct children of the parent element. */
export const RepeatedId: unique symbol = Symbol.for("effect-tableau/Repeated")

/** Annotation of the property that holds the text of the element itself. */
export const TextId: unique symbol = Symbol.for("effect-tableau/Text")

interface Scalar<A> {
  readonly name: string
  readonly type: Schema.Schema<A>
  readonly read: ScalarReader<A>
  readonly write: (value: A) => string
  /** Absent if JSON can hold the value itself. */
  readonly json?: Schema.Schema<A, string>
}

const fromString = <A>(
  { name, read, type, write }: Scalar<A>,
  annotations: Readonly<Record<symbol, unknown>> = {}
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
  }).annotations({ identifier: name, ...annotations })

const scalar = <A>(options: Scalar<A>): Schema.Schema<A, string> =>
  fromString(options, { [ScalarReaderId]: options.read, [JsonFormId]: options.json ?? options.type })

/** Tableau writes some absent values as empty strings, such as `serverPort=""`. */
const emptyIsAbsent = <A>({ json, name, read, type, write }: Scalar<A>): Schema.Schema<A | undefined, string> => {
  const readOrAbsent: ScalarReader<A | undefined> = (text) => {
    const value = read(text)
    return value === unreadable && text.trim() === "" ? undefined : value
  }
  return fromString<A | undefined>(
    {
      name,
      type: Schema.UndefinedOr(type),
      read: readOrAbsent,
      write: (value) => (value === undefined ? "" : write(value))
    },
    { [ScalarReaderId]: readOrAbsent, [JsonFormId]: Schema.UndefinedOr(json ?? type) }
  )
}

const readInteger: ScalarReader<number> = (text) => {
  // `+ 0` turns the -0 of "-0" into 0.
  const value = /^\s*[+-]?\d{1,16}(?:\.0+)?\s*$/.test(text) ? Number(text) + 0 : Number.NaN
  return Number.isSafeInteger(value) ? value : unreadable
}

/**
 * A whole number that is always present. A number beyond `Number.MAX_SAFE_INTEGER` is unreadable.
 *
 * @since 0.1.0
 * @category scalars
 */
export const Count = scalar({ name: "Count", type: Schema.Int, read: readInteger, write: String })

/**
 * A whole number. An empty string means that it is absent.
 *
 * @since 0.1.0
 * @category scalars
 */
export const Integer = emptyIsAbsent({ name: "Integer", type: Schema.Int, read: readInteger, write: String })

/**
 * `true` or `false` in any letter case, `1` or `0`. An empty string means that it is absent.
 *
 * @since 0.1.0
 * @category scalars
 */
export const Flag = emptyIsAbsent({
  name: "Flag",
  type: Schema.Boolean,
  read: (text) => {
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
  write: String
})

/** A year has four digits, or a sign and six: `Date` writes years before 0 and after 9999 so. */
const timestampPattern =
  /^((?:\d{4}|[+-]\d{6})-\d{2}-(\d{2}))(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z|([+-]\d{2}):?(\d{2})?)?)?$/i

/** The form of nearly all timestamps. Days after the 28th are excluded, as not every month has them. */
const usualTimestampPattern = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** The number of two ASCII digits. 528 is 11 times the code of "0". */
const twoDigits = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528

const utcFromMillis = (millis: number): DateTime.Utc | typeof unreadable =>
  Number.isNaN(millis) ? unreadable : DateTime.unsafeFromDate(new Date(millis))

/**
 * Passes strings to `Date.parse` only in the one form that every runtime parses alike. A timestamp without a zone is
 * UTC, whatever the zone of the process is; `Date.parse` would take some of them for local time.
 */
const readTimestamp: ScalarReader<DateTime.Utc> = (text) => {
  if (usualTimestampPattern.test(text)) {
    // Takes half the time of `Date.parse`.
    const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
    const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)]
    return utcFromMillis(Date.UTC(year, month - 1, day, twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)))
  }
  const [, day, dayOfMonth, time = "00:00", hours, minutes = "00"] = timestampPattern.exec(text.trim()) ?? []
  if (day === undefined) return unreadable
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`
  // `Date` may accept 30 February and mean 1 March.
  const exists = Number(dayOfMonth) <= 28 || new Date(`${day}T00:00:00Z`).getUTCDate() === Number(dayOfMonth)
  return exists ? utcFromMillis(Date.parse(`${day}T${time}${zone}`)) : unreadable
}

const instant: Scalar<DateTime.Utc> = {
  name: "Timestamp",
  type: Schema.DateTimeUtcFromSelf,
  read: readTimestamp,
  write: DateTime.formatIso
}

/**
 * An instant, as `DateTime.Utc`. An empty string means that it is absent: Tableau writes an empty string for some instants
 * that have not happened yet.
 *
 * @since 0.1.0
 * @category scalars
 */
export const Timestamp = emptyIsAbsent({ ...instant, json: fromString(instant) })

/**
 * The text between the tags of an element, as a property beside the element's attributes.
 *
 * @since 0.1.0
 * @category scalars
 */
export const ElementText = Schema.String.annotations({ [TextId]: true })

const listOf = <A, I>(
  item: Schema.Schema<A, I>,
  annotations: Readonly<Record<symbol, unknown>>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  new LazySchema(() => Schema.Array(item).annotations(annotations))

/**
 * A list: an element with the name of the property, which contains one `itemName` element for each item.
 *
 * @since 0.1.0
 * @category lists
 */
export const list = <A, I>(
  itemName: string,
  item: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> => listOf(item, { [ItemNameId]: itemName })

/**
 * A list in an element that does not have the name of the property.
 *
 * @since 0.1.0
 * @category lists
 */
export const listIn = <A, I>(
  elementName: string,
  itemName: string,
  item: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  listOf(item, { [ItemNameId]: itemName, [ElementNameId]: elementName })

/**
 * A list without an element of its own: each item is a direct child of the parent and has the name of the property.
 *
 * @since 0.1.0
 * @category lists
 */
export const repeated = <A, I>(item: Schema.Schema<A, I>): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  listOf(item, { [RepeatedId]: true })
