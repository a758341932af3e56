/** Lists come in pages: the first one now, the others as they are asked for, each once. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Filter } from "../../Filter.js"
import type { Listing, ListOptions, PageOptions } from "../../Query.js"
import type { Sort } from "../../Sort.js"
import { type ListError, ListIncomplete, UnexpectedResponse } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { badRequest } from "../badRequest.js"
import { Count } from "../xml/scalar.js"
import * as Query from "./listQuery.js"
import { callOn, described, type Endpoint, type Parts, type PathParameters, type QueryParameters, tell } from "./run.js"

/** What a list's answer says of itself. */
export const Pagination = Schema.Struct({ pageNumber: Count, pageSize: Count, totalAvailable: Count })

interface Input {
  readonly pageNumber: number
  readonly pageSize: number
  /** What else the list is asked for. */
  readonly query?: QueryParameters | undefined
}

/** The query of every list that comes in pages. */
export const pageQuery = ({ pageNumber, pageSize, query }: Input) => ({ ...query, pageNumber, pageSize })

/** Some lists, short ones, come whole, and say nothing of pages. */
export interface Answered<A> {
  readonly pagination?: typeof Pagination.Type | undefined
  readonly items: ReadonlyArray<A>
}

interface Page<A> {
  readonly number: number
  readonly items: ReadonlyArray<A>
  /** How many items could not be read. */
  readonly odd: number
  /** How many items there are, by the server's count. */
  readonly total: number
  /** How many items a page has by what the server says; undefined if the list does not come in pages. */
  readonly size: number | undefined
}

const sizeOf = ({ items, odd }: Page<unknown>): number => items.length + odd

/** Gets a page, or nothing behind the last one. */
type Pull<A> = Effect.Effect<Option.Option<Page<A>>, ListError>

/**
 * So many pages in a row without anything new, and a list has come to its end, whatever the server counts. There can be
 * some: of items that only others may see, or that have moved back as new ones came before them.
 */
const patience = 10

/** So many ids are remembered at least; twice as many at most. What moves in a list moves by little. */
const remembered = 20_000

/** Tells whether an item has come before, in bounded memory. */
const memory = () => {
  let recent = new Set<string>()
  let older = new Set<string>()
  return (id: string): boolean => {
    // A text of its own, once it was looked at: an id cut out of a page's text would keep all of that in memory.
    const key = `#${id}`
    key.charCodeAt(0)
    if (recent.has(key) || older.has(key)) return true
    if (recent.size >= remembered) {
      older = recent
      recent = new Set()
    }
    recent.add(key)
    return false
  }
}

/**
 * 400006, past the end: the list has become shorter on the way. Where by the server's own count there is no page, it may
 * say so in another way.
 */
const pastTheEnd =
  (counted: boolean) =>
  (error: ListError): boolean =>
    (error._tag === "BadRequest" && (!counted || error.code === "400006")) || (error._tag === "NotFound" && !counted)

/**
 * What tells an item from others: its id. Without one, or with an empty one, that is all of it; and if there is no id in
 * that either there may be several that look the same, as of a kind that this package does not know.
 */
const keyOf = (item: unknown): { readonly text: string; readonly unique: boolean } => {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  if (typeof id === "string" && id !== "") return { text: id, unique: true }
  const text = JSON.stringify(item)
  return { text, unique: id === undefined && /"id":"[^"]/.test(text) }
}

const check = (operation: string, { pageSize = 100, prefetchPages = 0 }: PageOptions) => {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    return badRequest(operation, `pageSize is ${pageSize}; Tableau allows 1 to 1000.`)
  }
  return Number.isInteger(prefetchPages) && prefetchPages >= 0 && prefetchPages <= 100
    ? Effect.succeed({ pageSize, prefetchPages })
    : badRequest(operation, `prefetchPages is ${prefetchPages}; it is a number of pages from 0 to 100.`)
}

/** What has come so far. */
interface Counts {
  expected: number
  received: number
  duplicates: number
  malformed: number
  /** Those that look like none before. */
  fresh: number
}

/** Where a list has its last page, and whether that is so by the server's count. */
interface End {
  readonly last: number
  readonly counted: boolean
}

export const listing = <Path extends string, Answer, A>(
  endpoint: Endpoint<Path, Input, Answer>,
  parameters: PathParameters<Path>,
  toPage: (answer: Answer) => Answered<A>,
  options: PageOptions = {},
  query?: QueryParameters | undefined,
  match?: ((item: A) => Query.Match) | undefined
): Effect.Effect<Listing<A>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const operation = endpoint.name
    const { pageSize, prefetchPages } = yield* check(operation, options)
    const { strict = false } = options
    const view = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = view.withSite(yield* view.contentUrl)

    const fetchPage = (pageNumber: number): Effect.Effect<Page<A>, ListError> =>
      Effect.gen(function* () {
        const { malformed, value } = yield* callOn(session, endpoint, { ...parameters, pageNumber, pageSize, query })
        const [item] = malformed
        if (item !== undefined && options.malformedItems === "fail") {
          const detail = `It is ${described(item, pageNumber)}. By "skip" for "malformedItems" the others come without it.`
          return yield* new UnexpectedResponse({ operation, acted: "no", kind: "MalformedItem", detail })
        }
        yield* tell(operation, malformed, pageNumber)
        const { items, pagination } = toPage(value)
        const came = items.length + malformed.length
        const total = Math.max(0, pagination?.totalAvailable ?? came)
        const size = pagination && (pagination.pageSize || pageSize)
        return { number: pageNumber, items, odd: malformed.length, total, size }
      })

    const first = yield* fetchPage(1)
    let unread: Page<A> | undefined = first

    /** The first time the page that is there already; then the list is read anew. */
    const begin: Pull<A> = Effect.suspend(() => {
      const page = unread
      unread = undefined
      return Effect.asSome(page === undefined ? fetchPage(1) : Effect.succeed(page))
    })

    const fetchIfThere = (pageNumber: number, counted: boolean): Pull<A> =>
      fetchPage(pageNumber).pipe(
        Effect.asSome,
        Effect.catchIf(pastTheEnd(counted), () => Effect.succeedNone)
      )

    /** The items of a page that are new and wanted. */
    const take = (counts: Counts, hasCome: (id: string) => boolean, page: Page<A>) => {
      counts.expected = Math.max(counts.expected, page.total)
      counts.malformed += page.odd
      const taken: Array<A> = []
      for (const item of page.items) {
        const key = keyOf(item)
        const known = hasCome(key.text)
        if (known && key.unique) {
          counts.duplicates += 1
          continue
        }
        if (!known) counts.fresh += 1
        counts.received += 1
        const kept = match === undefined || match(item)
        if (kept === true) taken.push(item)
        else if (kept !== false) return Either.left(kept)
      }
      return Either.right(Chunk.unsafeFromArray(taken))
    }

    const report = (counts: Counts): Effect.Effect<void, ListIncomplete> =>
      Effect.suspend(() => {
        const { fresh: _, ...came } = counts
        const told = options.onComplete?.(came) ?? Effect.void
        if (counts.received >= counts.expected) return told
        const incomplete = new ListIncomplete({
          operation,
          acted: "no",
          expected: counts.expected,
          received: counts.received,
          duplicates: counts.duplicates,
          malformed: counts.malformed
        })
        if (strict) return Effect.zipRight(told, incomplete)
        // Of those that could not be read there was a warning each.
        return counts.received + counts.malformed < counts.expected
          ? Effect.zipRight(told, Effect.logWarning(incomplete.message))
          : told
      })

    const items = Stream.unwrapScoped(
      Effect.gen(function* () {
        // Those on the way end with the stream, all at once.
        const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.parallel)
        const counts: Counts = { expected: 0, received: 0, duplicates: 0, malformed: 0, fresh: 0 }
        const hasCome = memory()
        /** On the way, or read and not yet given, in order. */
        const ahead: Array<Fiber.Fiber<Option.Option<Page<A>>, ListError>> = []
        let next = 2
        let arrived = 0
        let largest = 0
        /** How many pages, one after the other, had nothing new. */
        let stale = 0

        /**
         * A full page behind which there is none by the server's count, although more has come than that, or where it is
         * to be made sure: only the next page can tell where the end is.
         */
        const isDoubtful = ({ number, size, total }: Page<A>, came: number): boolean =>
          size !== undefined &&
          came > 0 &&
          came >= Math.min(size, largest) &&
          (arrived > total || (strict && arrived === total && (number > 1 || came >= size)))

        /**
         * The number of the last page, by the server's count, read anew with each page, and by how many items pages have:
         * that may be less than the server says, and then its pages are more.
         */
        const endBy = (page: Page<A>): End => {
          const came = sizeOf(page)
          arrived += came
          largest = Math.max(largest, came)
          if (isDoubtful(page, came)) return { last: page.number + 1, counted: false }
          const more = Math.ceil(Math.max(0, page.total - arrived) / (largest || pageSize))
          return { last: page.number + more, counted: true }
        }

        const lookAhead = ({ counted, last }: End) =>
          Effect.gen(function* () {
            while (ahead.length < prefetchPages && next <= last) {
              ahead.push(yield* Effect.forkIn(fetchIfThere(next, counted), scope))
              next += 1
            }
          })

        const following = ({ counted, last }: End): Pull<A> =>
          Effect.suspend(() => {
            const nearest = ahead.shift()
            if (nearest !== undefined) return Fiber.join(nearest)
            if (next > last) return Effect.succeedNone
            next += 1
            return fetchIfThere(next - 1, counted)
          })

        return Stream.paginateChunkEffect<Pull<A>, A, ListError, never>(begin, (pull) =>
          Effect.gen(function* () {
            const page = yield* pull
            if (Option.isNone(page)) return [yield* Effect.as(report(counts), Chunk.empty<A>()), Option.none()] as const
            const end = endBy(page.value)
            yield* lookAhead(end)
            const before = counts.fresh
            const taken = yield* take(counts, hasCome, page.value)
            const renewed = counts.fresh > before
            stale = renewed ? 0 : stale + 1
            const ended = stale >= patience || !(end.counted || renewed)
            return [taken, Option.some(ended ? Effect.succeedNone : following(end))] as const
          })
        )
      })
    )
    return { totalAvailable: first.total, items }
  })

/** A list that can be filtered and sorted. */
export const queried = <Path extends string, Answer, A, F extends Query.Fields<A>, Part extends string>(
  endpoint: Endpoint<Path, Input, Answer>,
  parameters: PathParameters<Path>,
  toPage: (answer: Answer) => Answered<A>,
  fields: F,
  order: string | undefined,
  options: ListOptions<F, Part> = {},
  query?: QueryParameters | undefined
): Effect.Effect<Listing<A>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const asked = yield* Query.make(endpoint.name, fields, order, options)
    return yield* listing(endpoint, parameters, toPage, options, { ...query, ...asked.query }, asked.match)
  })

/** The options of any list, whatever its fields. */
export interface AnyListOptions extends PageOptions {
  readonly filter?: ReadonlyArray<Filter> | undefined
  readonly sort?: ReadonlyArray<Sort> | undefined
  readonly fields?: "all" | ReadonlyArray<string> | undefined
}

/** A list, filtered and sorted where it has fields. */
export const list = <A>(
  endpoint: Endpoint<string, Parts, Answered<A>>,
  { options = {}, query, ...parameters }: Parts & { readonly options?: AnyListOptions | undefined },
  { fields, order }: { readonly fields?: Query.Fields<A>; readonly order?: string }
): Effect.Effect<Listing<A>, ListError, TableauSession> => {
  const paged = { ...endpoint, query: pageQuery, body: undefined }
  const fixed = typeof query === "function" ? {} : query
  const toPage = (page: Answered<A>) => page
  return fields === undefined
    ? listing(paged, parameters, toPage, options, fixed)
    : Effect.flatMap(Query.make(endpoint.name, fields, order, options), (asked) =>
        listing(paged, parameters, toPage, options, { ...fixed, ...asked.query }, asked.match)
      )
}
