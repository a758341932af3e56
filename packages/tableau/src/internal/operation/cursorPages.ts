/** Lists whose responses say how to request the next page, as those of the JSON services. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Listing } from "../../Query.js"
import type { ListError } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { callOn } from "./call.js"
import * as Collector from "./collector.js"
import * as ListQuery from "./listQuery.js"
import { asUnfilterable, type Definition, type Input, isRefusal, type Query } from "./request.js"

export interface Cursor<Page, A> {
  readonly items: (page: Page) => ReadonlyArray<A>
  /** The query parameters of the next page, or `undefined` after the last one. */
  readonly next: (page: Page) => Query | undefined
  /** The number of items of the whole list, if the response says it. */
  readonly total?: ((page: Page) => number | undefined) | undefined
}

export const list = <Page, A>(
  definition: Definition<Page>,
  input: Input,
  { items: itemsOf, next: nextOf, total: totalOf }: Cursor<Page, A>
): Effect.Effect<Listing<A>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const operation = definition.spec.name
    if (isRefusal(input)) return yield* asUnfilterable(operation, input)
    // Fails if the caller filters or sorts, which the responses of these lists do not support.
    yield* ListQuery.make(operation, undefined, undefined, input.options ?? {})
    const current = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = current.withSite(yield* current.contentUrl)

    const fetchPage = (cursor: Query) =>
      callOn(session, definition, { ...input, query: { ...input.query, ...cursor } }, asUnfilterable, ({ value }) =>
        Effect.succeed(value)
      )

    const first = yield* fetchPage({})
    let unread: Page | undefined = first

    const items = Stream.suspend(() => {
      const collector = Collector.make<A>(operation, input.options ?? {}, undefined)
      /** `undefined` requests nothing: the list has ended. */
      return Stream.paginateChunkEffect<Query | undefined, A, ListError, never>({}, (cursor) =>
        Effect.gen(function* () {
          if (cursor === undefined)
            return [yield* Effect.as(collector.complete, Chunk.empty<A>()), Option.none()] as const
          // The first run of the stream uses the page that has been received.
          const page = unread ?? (yield* fetchPage(cursor))
          unread = undefined
          const taken = yield* collector.take({ items: itemsOf(page), malformed: 0, total: totalOf?.(page) })
          return [taken, Option.some(collector.isStale() ? undefined : nextOf(page))] as const
        })
      )
    })
    return { totalAvailable: totalOf?.(first) ?? itemsOf(first).length, items }
  })
