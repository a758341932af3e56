/** Lists whose responses say how to request the next page, as those of the JSON services. */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Listing } from "../../Query.js"
import type { ListError } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { type Checked, callOn, checkMalformed } from "./call.js"
import * as Collector from "./collector.js"
import * as ListQuery from "./listQuery.js"
import { asUnfilterable, type Definition, type Input, isInvalidInput, type Query } from "./request.js"

export interface Cursor<Page, A> {
  readonly items: (page: Page) => ReadonlyArray<A>
  /** The query parameters of the next page, or `undefined` after the last one. */
  readonly next: (page: Page) => Query | undefined
  /** The number of items of the whole list, if the response says it. */
  readonly total?: ((page: Page) => number | undefined) | undefined
}

/** The query parameters of a page, `undefined` after the last one, and those of the page before. */
interface Cursors {
  readonly current: Query | undefined
  readonly previous?: Query | undefined
}

export const list = <Page, A>(
  definition: Definition<Page>,
  input: Input,
  { items: itemsOf, next: nextOf, total: totalOf }: Cursor<Page, A>
): Effect.Effect<Listing<A>, ListError, TableauSession> =>
  Effect.gen(function* () {
    const operation = definition.spec.name
    if (isInvalidInput(input)) return yield* asUnfilterable(operation, input)
    // Fails if the caller filters or sorts, which the responses of these lists do not support.
    yield* ListQuery.make(operation, undefined, undefined, input.options ?? {})
    const current = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = current.withSite(yield* current.contentUrl)

    const complete = checkMalformed(operation, input.options ?? {})
    const fetchPage = (cursor: Query) =>
      callOn(session, definition, { ...input, query: { ...input.query, ...cursor } }, asUnfilterable, complete)

    const first = yield* fetchPage({})
    let unread: Checked<Page> | undefined = first

    const items = Stream.suspend(() => {
      const collector = Collector.make<A>(operation, input.options ?? {}, undefined)
      const end = (cause?: string) =>
        Effect.as(collector.complete(cause), [Chunk.empty<A>(), Option.none<Cursors>()] as const)
      return Stream.paginateChunkEffect<Cursors, A, ListError, never>({ current: {} }, ({ current, previous }) =>
        Effect.gen(function* () {
          if (current === undefined) return yield* end()
          if (previous !== undefined && Equal.equals(Data.struct(current), Data.struct(previous))) {
            return yield* end("The server names the same page as the next one again.")
          }
          if (collector.isStale()) {
            return yield* end("Ten pages in a row had no new items, and the server names a next page.")
          }
          // The first run of the stream uses the page that has been received.
          const page = unread ?? (yield* fetchPage(current))
          unread = undefined
          const { leftOut: malformed, value } = page
          const taken = yield* collector.take({ items: itemsOf(value), malformed, total: totalOf?.(value) })
          return [taken, Option.some({ current: nextOf(value), previous: current })] as const
        })
      )
    })
    return { totalAvailable: totalOf?.(first.value) ?? itemsOf(first.value).length, items }
  })
