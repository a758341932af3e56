import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Collection } from "../content/collection.js"
import { type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { type Call, ok, type Reply } from "../session/call.js"
import type { Fields } from "./field.js"
import { parseFilter } from "./filter.js"
import { type Parts, parseFields, type Selection, usual } from "./selection.js"
import { arrange, parseSort } from "./sort.js"

/** How the items of one kind are rendered, selected, filtered and sorted. */
export interface Listing<A> {
  /** The names of the element of one item and of the element around a list. */
  readonly item: string
  readonly list: string
  /** Renders all parts of an item. */
  readonly describe: (item: A) => Element
  readonly parts: Parts
  readonly fields: Fields<A>
}

const largestPage = 1000

const positive = (text: string): number | undefined => (/^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)

interface Page {
  readonly number: number
  readonly size: number
}

const parsePage = (query: URLSearchParams): Effect.Effect<Page, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const number = positive(query.get("pageNumber") ?? "1")
    const size = positive(query.get("pageSize") ?? "100")
    if (number === undefined)
      return yield* Errors.invalidPageNumber("The page number is not an integer greater than zero.")
    if (size === undefined) return yield* Errors.invalidPageSize("The page size is not an integer greater than zero.")
    if (size > largestPage)
      return yield* Errors.pageSizeLimit(`The page size exceeds the upper limit of ${largestPage}.`)
    return { number, size }
  })

/** The part of a collection that a list needs. */
type Items<A> = Pick<Collection<A>, "at" | "size" | "version">

/** Items that are not in a collection. They do not change while they are listed. */
export const itemsOf = <A>(items: ReadonlyArray<A>): Items<A> => ({
  size: () => items.length,
  at: (position) => items[position],
  version: () => 0
})

/** Items by position. Items are made when their page is read, so that a million of them need no memory. */
interface Sequence<A> {
  readonly size: number
  readonly slice: (start: number, end: number) => ReadonlyArray<A>
}

const present = <A>(items: Items<A>, positions: Iterable<number>): ReadonlyArray<A> => {
  const found: Array<A> = []
  for (const position of positions) {
    const item = items.at(position)
    if (item !== undefined) found.push(item)
  }
  return found
}

const range = function* (start: number, end: number) {
  for (let position = start; position < end; position += 1) yield position
}

const fromCollection = <A>(items: Items<A>): Sequence<A> => ({
  size: items.size(),
  slice: (start, end) => present(items, range(start, Math.min(end, items.size())))
})

const fromPositions = <A>(items: Items<A>, positions: Uint32Array): Sequence<A> => ({
  size: positions.length,
  slice: (start, end) => present(items, positions.subarray(start, end))
})

/** The positions of the items that a predicate keeps. */
const select = <A>(collection: Items<A>, keep: Predicate.Predicate<A>): Uint32Array => {
  const positions = new Uint32Array(collection.size())
  let count = 0
  for (let position = 0; position < positions.length; position += 1) {
    const item = collection.at(position)
    if (item !== undefined && keep(item)) {
      positions[count] = position
      count += 1
    }
  }
  return positions.subarray(0, count)
}

interface Arranged {
  readonly query: string
  readonly version: number
  readonly positions: Uint32Array
}

/** The last order of each collection: its next page needs no second sort, until a write changes something. */
const arrangements = new WeakMap<object, Arranged>()

const cached = <A>(items: Items<A>, query: string, arrange: () => Uint32Array): Uint32Array => {
  const last = arrangements.get(items)
  const version = items.version()
  if (last?.query === query && last.version === version) return last.positions
  const positions = arrange()
  arrangements.set(items, { query, version, positions })
  return positions
}

const pageReply = <A>(
  { query, shift }: Pick<Call, "query" | "shift">,
  listing: Listing<A>,
  items: Sequence<A>,
  show: Selection
): Effect.Effect<Reply, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const { number, size } = yield* parsePage(query)
    const total = items.size + shift
    const first = (number - 1) * size
    if (number > 1 && first >= total)
      return yield* Errors.invalidPageNumber(`There is no page ${number} of ${size} items.`)
    const page = items.slice(Math.max(0, first - shift), Math.max(0, first - shift + size))
    return ok(
      element("pagination", { pageNumber: number, pageSize: size, totalAvailable: Math.max(0, total) }),
      list(
        listing.list,
        page.map((item) => show(listing.describe(item)))
      )
    )
  })

/** Hides items that are newer than the lists of the server show: its search index lags behind. */
const behindLag = <A>(lag: Duration.Duration): Effect.Effect<Predicate.Predicate<A> | undefined> =>
  Duration.equals(lag, Duration.zero)
    ? Effect.succeed(undefined)
    : Effect.map(Clock.currentTimeMillis, (now) => (item: A) => {
        if (!Predicate.hasProperty(item, "createdAt") || typeof item.createdAt !== "string") return true
        const age = now - Date.parse(item.createdAt)
        // Items of the future are those of the demo content while a test clock is at the epoch.
        return age < 0 || age >= Duration.toMillis(lag)
      })

const both = <A>(left: Predicate.Predicate<A> | undefined, right: Predicate.Predicate<A> | undefined) =>
  left === undefined || right === undefined ? (left ?? right) : Predicate.and(left, right)

/**
 * The page of a list that the query selects, filtered and sorted. `allowed` removes the items that the user may not
 * see. Without it, and without filter and sort, only the items of the page are made.
 */
export const listReply = <A>(
  call: Pick<Call, "asterisk" | "listLag" | "query" | "shift">,
  listing: Listing<A>,
  collection: Items<A>,
  allowed?: Predicate.Predicate<A> | undefined
): Effect.Effect<Reply, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const visible = both(allowed, yield* behindLag<A>(call.listLag))
    const filter = call.query.get("filter") ?? ""
    const sort = call.query.get("sort") ?? ""
    const keep = yield* parseFilter(filter, listing.fields, call.asterisk)
    const keys = yield* parseSort(sort, listing.fields)
    const fields = call.query.get("fields") ?? ""
    const show = fields === "" ? usual(listing.parts) : yield* parseFields(fields, listing.item, listing.parts)
    if (keep === undefined && keys.length === 0 && visible === undefined) {
      return yield* pageReply(call, listing, fromCollection(collection), show)
    }
    const find = () =>
      arrange(
        select(collection, (item) => (visible?.(item) ?? true) && (keep?.(item) ?? true)),
        collection.at,
        keys
      )
    // Visibility depends on permission rules, which change without a write to a collection.
    const positions = visible === undefined ? cached(collection, JSON.stringify([filter, sort]), find) : find()
    return yield* pageReply(call, listing, fromPositions(collection, positions), show)
  })

/** A single item: the parts that a list shows, and elements that only the single item has. */
export const itemReply = <A>(listing: Listing<A>, item: A, ...more: ReadonlyArray<Element>): Reply => {
  const described = usual(listing.parts)(listing.describe(item))
  return ok({ ...described, children: [...described.children, ...more] })
}
