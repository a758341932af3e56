/** Lists whose pages have numbers, as all of Tableau's XML lists: the first page now, the others when they are needed. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Listing, PageOptions } from "../../Query.js"
import type { ListError, UnexpectedResponse } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { badRequest } from "../badRequest.js"
import type { Read } from "../xml/reader.js"
import { Count } from "../xml/scalar.js"
import { callOn, checkMalformed } from "./call.js"
import * as Collector from "./collector.js"
import * as ListQuery from "./listQuery.js"
import * as ListStart from "./listStart.js"
import {
  type AnyListOptions,
  asUnfilterable,
  type Definition,
  type Input,
  isInvalidInput,
  type Query
} from "./request.js"

/** The `<pagination>` of a response. */
export const Pagination = Schema.Struct({ pageNumber: Count, pageSize: Count, totalAvailable: Count })

/** A response with one page. Some short lists have no `<pagination>`: the response is then the whole list. */
export interface PageResponse<A> {
  readonly pagination?: typeof Pagination.Type | undefined
  readonly items: ReadonlyArray<A>
}

interface Page<A> extends Collector.Items<A> {
  readonly number: number
  readonly total: number
  /** Items per page as the server says; `undefined` if the list has no pages. */
  readonly size: number | undefined
}

/** Returns a page, or `None` after the last one. */
type Pull<A> = Effect.Effect<Option.Option<Page<A>>, ListError>

/**
 * Whether an error says that there is no such page: 400006, because the list became shorter meanwhile. Where the server's
 * own count says that the page does not exist, other errors mean the same.
 */
const isPastTheEnd =
  (counted: boolean) =>
  (error: ListError): boolean =>
    (error._tag === "BadRequest" && (!counted || error.code === "400006")) || (error._tag === "NotFound" && !counted)

const checkOptions = (operation: string, { pageSize = 100, prefetchPages = 0 }: PageOptions) => {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    return badRequest(operation, `pageSize is ${pageSize}; Tableau allows 1 to 1000.`)
  }
  return Number.isInteger(prefetchPages) && prefetchPages >= 0 && prefetchPages <= 100
    ? Effect.succeed({ pageSize, prefetchPages })
    : badRequest(operation, `prefetchPages is ${prefetchPages}; it must be a whole number from 0 to 100.`)
}

/** The number of the last page, and whether that is the server's count. */
interface End {
  readonly last: number
  readonly counted: boolean
}

/**
 * Finds the last page from the server's count and the largest page received: a server may send fewer items per page than it
 * says.
 */
const makeEndFinder = (pageSize: number, strict: boolean) => {
  let received = 0
  let largest = 0
  return (page: Page<unknown>): End => {
    const count = page.items.length + page.malformed
    received += count
    largest = Math.max(largest, count)
    // The count may be wrong: only the next page shows where the end is.
    const isDoubtful =
      page.size !== undefined &&
      count > 0 &&
      count >= Math.min(page.size, largest) &&
      (received > page.total || (strict && received === page.total && (page.number > 1 || count >= page.size)))
    if (isDoubtful) return { last: page.number + 1, counted: false }
    const more = Math.ceil(Math.max(0, page.total - received) / (largest || pageSize))
    return { last: page.number + more, counted: true }
  }
}

export const list = <A>(
  definition: Definition<PageResponse<A>>,
  input: Input,
  { fields, order }: { readonly fields?: ListQuery.Fields<A> | undefined; readonly order?: string | undefined }
): Effect.Effect<Listing<A>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const operation = definition.spec.name
    if (isInvalidInput(input)) return yield* asUnfilterable(operation, input)
    const options: AnyListOptions = input.options ?? {}
    const { pageSize, prefetchPages } = yield* checkOptions(operation, options)
    const { strict = false } = options
    const current = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = current.withSite(yield* current.contentUrl)

    const pageOf = (pageNumber: number) => {
      const check = checkMalformed(operation, options, pageNumber)
      return (read: Read<PageResponse<A>>): Effect.Effect<Page<A>, UnexpectedResponse> =>
        Effect.map(check(read), ({ leftOut, value: { items, pagination } }) => ({
          number: pageNumber,
          items,
          malformed: leftOut,
          total: Math.max(0, pagination?.totalAvailable ?? items.length + leftOut),
          size: pagination && (pagination.pageSize || pageSize)
        }))
    }

    const fetchWith = (query: Query, pageNumber: number, size = pageSize): Effect.Effect<Page<A>, ListError> => {
      const request = { ...input, query: { ...input.query, ...query, pageNumber, pageSize: size } }
      return callOn(session, definition, request, asUnfilterable, pageOf(pageNumber))
    }

    const {
      first,
      query: { match, query, wildcards }
    } = yield* ListStart.start<A, Page<A>>(
      operation,
      // The one value that all site sessions of a session share.
      session.signOut,
      (isOmitted) => ListQuery.make(operation, fields, order, options, isOmitted),
      (query, size) => fetchWith(query, 1, size)
    )
    const fetchPage = (pageNumber: number) => fetchWith(query, pageNumber)
    let unread: Page<A> | undefined = first

    /** The first run of the stream uses the page that has been received; later runs request it again. */
    const begin: Pull<A> = Effect.suspend(() => {
      const page = unread
      unread = undefined
      return Effect.asSome(page === undefined ? fetchPage(1) : Effect.succeed(page))
    })

    const fetchIfExists = (pageNumber: number, counted: boolean): Pull<A> =>
      fetchPage(pageNumber).pipe(
        Effect.asSome,
        Effect.catchIf(isPastTheEnd(counted), () => Effect.succeedNone)
      )

    const items = Stream.unwrapScoped(
      Effect.gen(function* () {
        // Requests in flight are interrupted together when the stream ends.
        const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.parallel)
        const collector = Collector.make(operation, options, match, wildcards.unsent.length)
        const endOf = makeEndFinder(pageSize, strict)
        /** Pages in flight or received, in order. */
        const prefetched: Array<Fiber.Fiber<Option.Option<Page<A>>, ListError>> = []
        let next = 2

        const prefetch = ({ counted, last }: End) =>
          Effect.gen(function* () {
            while (prefetched.length < prefetchPages && next <= last) {
              prefetched.push(yield* Effect.forkIn(fetchIfExists(next, counted), scope))
              next += 1
            }
          })

        const nextPage = ({ counted, last }: End): Pull<A> =>
          Effect.suspend(() => {
            const nearest = prefetched.shift()
            if (nearest !== undefined) return Fiber.join(nearest)
            if (next > last) return Effect.succeedNone
            next += 1
            return fetchIfExists(next - 1, counted)
          })

        return Stream.paginateChunkEffect<Pull<A>, A, ListError, never>(begin, (pull) =>
          Effect.gen(function* () {
            const page = yield* pull
            if (Option.isNone(page))
              return [yield* Effect.as(collector.complete(), Chunk.empty<A>()), Option.none()] as const
            const end = endOf(page.value)
            yield* prefetch(end)
            const taken = yield* collector.take(page.value)
            const hasEnded = collector.isStale() || !(end.counted || collector.hadNewItems())
            return [taken, Option.some(hasEnded ? Effect.succeedNone : nextPage(end))] as const
          })
        )
      })
    )
    return { totalAvailable: first.total, items }
  })
