import * as Effect from "effect/Effect"
import type * as Predicate from "effect/Predicate"
import { type Collection, version } from "../content/collection.js"
import { type Element, element, list } from "../protocol/element.js"
import { invalidPageNumber, invalidPageSize, pageSizeLimit, type Refusal } from "../protocol/errorResponse.js"
import { type Call, ok, type Reply } from "../session/call.js"
import type { Fields } from "./field.js"
import { parseFilter } from "./filter.js"
import { type Parts, parseFields, type Selection, usual } from "./selection.js"
import { arrange, parseSort } from "./sort.js"

/** How the items of one kind are listed. */
export interface Listing<A> {
  /** The element of one item, and that of a list of them. */
  readonly item: string
  readonly list: string
  /** Everything that can be said of an item. */
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

const parsePage = (query: URLSearchParams): Effect.Effect<Page, Refusal> =>
  Effect.gen(function* () {
    const number = positive(query.get("pageNumber") ?? "1")
    const size = positive(query.get("pageSize") ?? "100")
    if (number === undefined) return yield* invalidPageNumber("The page number is not an integer greater than zero.")
    if (size === undefined) return yield* invalidPageSize("The page size is not an integer greater than zero.")
    if (size > largestPage) return yield* pageSizeLimit(`The page size exceeds the upper limit of ${largestPage}.`)
    return { number, size }
  })

/** All that a list needs of a collection. */
type Items<A> = Pick<Collection<A>, "at" | "size">

/** Items by position; a million of them need not be there. */
interface Sequence<A> {
  readonly size: number
  readonly slice: (start: number, end: number) => ReadonlyArray<A>
}

const fromCollection = <A>(collection: Items<A>): Sequence<A> => ({
  size: collection.size(),
  slice: (start, end) => {
    const items: Array<A> = []
    for (let position = start; position < Math.min(end, collection.size()); position += 1) {
      const item = collection.at(position)
      if (item !== undefined) items.push(item)
    }
    return items
  }
})

const fromPositions = <A>(collection: Items<A>, positions: Uint32Array): Sequence<A> => ({
  size: positions.length,
  slice: (start, end) => {
    const items: Array<A> = []
    for (const position of positions.subarray(start, end)) {
      const item = collection.at(position)
      if (item !== undefined) items.push(item)
    }
    return items
  }
})

/** The positions of the items that are kept. */
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

/** What was last asked for of a collection: its next page costs nothing, until something changes. */
const arrangements = new WeakMap<object, Arranged>()

const remembered = <A>(collection: Items<A>, query: string, arrange: () => Uint32Array): Uint32Array => {
  const last = arrangements.get(collection)
  if (last?.query === query && last.version === version()) return last.positions
  const positions = arrange()
  arrangements.set(collection, { query, version: version(), positions })
  return positions
}

const answerPage = <A>(
  { query, shift }: Pick<Call, "query" | "shift">,
  listing: Listing<A>,
  items: Sequence<A>,
  show: Selection
): Effect.Effect<Reply, Refusal> =>
  Effect.gen(function* () {
    const { number, size } = yield* parsePage(query)
    const total = items.size + shift
    const first = (number - 1) * size
    if (number > 1 && first >= total) return yield* invalidPageNumber(`There is no page ${number} of ${size} items.`)
    const page = items.slice(Math.max(0, first - shift), Math.max(0, first - shift + size))
    return ok(
      element("pagination", { pageNumber: number, pageSize: size, totalAvailable: Math.max(0, total) }),
      list(
        listing.list,
        page.map((item) => show(listing.describe(item)))
      )
    )
  })

/**
 * The page of a list that the query asks for, filtered, sorted and selected as it says. `visible` leaves out what the
 * user may not see; without it everything is there, and nothing has to be looked at that is not on the page.
 */
export const answerList = <A>(
  call: Pick<Call, "query" | "shift">,
  listing: Listing<A>,
  collection: Items<A>,
  visible?: Predicate.Predicate<A> | undefined
): Effect.Effect<Reply, Refusal> =>
  Effect.gen(function* () {
    const filter = call.query.get("filter") ?? ""
    const sort = call.query.get("sort") ?? ""
    const keep = yield* parseFilter(filter, listing.fields)
    const keys = yield* parseSort(sort, listing.fields)
    const fields = call.query.get("fields") ?? ""
    const show = fields === "" ? usual(listing.parts) : yield* parseFields(fields, listing.item, listing.parts)
    if (keep === undefined && keys.length === 0 && visible === undefined) {
      return yield* answerPage(call, listing, fromCollection(collection), show)
    }
    const find = () =>
      arrange(
        select(collection, (item) => (visible?.(item) ?? true) && (keep?.(item) ?? true)),
        collection.at,
        keys
      )
    // Who may see what can change without any item.
    const positions = visible === undefined ? remembered(collection, JSON.stringify([filter, sort]), find) : find()
    return yield* answerPage(call, listing, fromPositions(collection, positions), show)
  })

/** One item by itself: what a list says of it, and the parts that only the item itself has. */
export const answerItem = <A>(listing: Listing<A>, item: A, ...more: ReadonlyArray<Element>): Reply => {
  const described = usual(listing.parts)(listing.describe(item))
  return ok({ ...described, children: [...described.children, ...more] })
}
