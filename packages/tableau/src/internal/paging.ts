/** Lists come in pages: the first one now, the others as they are asked for, each once. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Listing, ListOptions, PageOptions } from "../Query.js"
import { ListIncomplete, type OperationError, UnexpectedResponse } from "../TableauError.js"
import { TableauSession } from "../TableauSession.js"
import { badInput } from "./badInput.js"
import { callOn, type Endpoint, type PathParameters, type QueryParameters, tell } from "./endpoint.js"
import { Count } from "./leaf.js"
import * as Query from "./query.js"

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
interface Page<A> {
  readonly pagination?: typeof Pagination.Type | undefined
  readonly items: ReadonlyArray<A>
}

/** So many ids are remembered at least; twice as many at most. What moves in a list moves by little. */
const remembered = 50_000

/** Tells which items have come before, in bounded memory. */
const memory = () => {
  let recent = new Set<string>()
  let older = new Set<string>()
  return (id: string): boolean => {
    if (recent.has(id) || older.has(id)) return true
    if (recent.size >= remembered) {
      older = recent
      recent = new Set()
    }
    recent.add(id)
    return false
  }
}

/** 400006, past the end: the list has become shorter on the way. */
const pastTheEnd = (error: OperationError): boolean => error._tag === "BadRequest" && error.code === "400006"

/** Another page is there when the server's count says so, read anew with each page. */
const nextOf = ({ pagination }: Page<unknown>): Option.Option<number> =>
  pagination !== undefined &&
  pagination.pageNumber * pagination.pageSize < pagination.totalAvailable &&
  pagination.pageSize > 0
    ? Option.some(pagination.pageNumber + 1)
    : Option.none()

const idOf = (item: unknown): string | undefined =>
  typeof item === "object" && item !== null && "id" in item && typeof item.id === "string" ? item.id : undefined

const check = (operation: string, { pageSize = 100, pagesAhead = 0 }: PageOptions) => {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    return badInput(operation, `pageSize is ${pageSize}; Tableau allows 1 to 1000.`)
  }
  return Number.isInteger(pagesAhead) && pagesAhead >= 0 && pagesAhead <= 100
    ? Effect.succeed({ pageSize, pagesAhead })
    : badInput(operation, `pagesAhead is ${pagesAhead}; it is a number of pages from 0 to 100.`)
}

export const listing = <Path extends string, Answer, A>(
  endpoint: Endpoint<Path, Input, Answer>,
  parameters: PathParameters<Path>,
  toPage: (answer: Answer) => Page<A>,
  options: PageOptions = {},
  query?: QueryParameters | undefined,
  keeps?: ((item: A) => boolean) | undefined
): Effect.Effect<Listing<A>, OperationError, TableauSession> =>
  Effect.gen(function* () {
    const operation = endpoint.name
    const { pageSize, pagesAhead } = yield* check(operation, options)
    const view = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = view.onSite(yield* view.contentUrl)

    const fetchPage = (pageNumber: number) =>
      Effect.gen(function* () {
        const { odd, value } = yield* callOn(session, endpoint, { ...parameters, pageNumber, pageSize, query })
        const [item] = odd
        if (item !== undefined && options.oddItems === "fail") {
          const detail = `Item ${item.index} of page ${pageNumber}, <${item.element}>: ${item.problem}`
          return yield* new UnexpectedResponse({ operation, acted: "no", kind: "Malformed", detail })
        }
        yield* tell(operation, odd)
        return { ...toPage(value), odd: odd.length }
      })

    const first = yield* fetchPage(1)
    const expectedOf = ({ items, pagination }: Page<A>) => pagination?.totalAvailable ?? items.length

    const read = Effect.sync(() => {
      const counts = { expected: expectedOf(first), seen: 0, duplicates: 0, odd: 0 }
      const hasCome = memory()
      const isNew = (item: A): boolean => {
        const id = idOf(item)
        if (id !== undefined && hasCome(id)) {
          counts.duplicates += 1
          return false
        }
        counts.seen += 1
        return true
      }
      const take = (page: typeof first): Chunk.Chunk<A> => {
        counts.expected = expectedOf(page)
        counts.odd += page.odd
        return Chunk.unsafeFromArray(page.items.filter((item) => isNew(item) && (keeps === undefined || keeps(item))))
      }
      const fetchIfThere = (pageNumber: number) =>
        fetchPage(pageNumber).pipe(
          Effect.asSome,
          Effect.catchIf(pastTheEnd, () => Effect.succeed(Option.none<typeof first>()))
        )
      /** One after the other, as long as the last one says that there are more. */
      const following = (next: Option.Option<number>) =>
        Stream.unfoldEffect(
          next,
          Option.match({
            onNone: () => Effect.succeedNone,
            onSome: (pageNumber) =>
              Effect.map(
                fetchIfThere(pageNumber),
                Option.map((page) => [page, nextOf(page)] as const)
              )
          })
        )
      /** As many as the first page counted, some of them ahead of the reader; then what was added meanwhile. */
      const ahead = () => {
        const last = Math.ceil(expectedOf(first) / (first.pagination?.pageSize || pageSize))
        let latest = Option.none<number>()
        return Stream.range(2, last).pipe(
          Stream.mapEffect(fetchIfThere, { concurrency: pagesAhead }),
          Stream.takeWhile(Option.isSome),
          Stream.map((page) => {
            latest = nextOf(page.value)
            return page.value
          }),
          Stream.concat(Stream.suspend(() => following(latest)))
        )
      }
      const more = Option.isSome(nextOf(first)) && pagesAhead > 0 ? ahead() : following(nextOf(first))
      const end = Effect.suspend(() => {
        const report = { ...counts }
        const told = options.onReport?.(report) ?? Effect.void
        return options.strict === true && report.seen + report.odd < report.expected
          ? Effect.zipRight(told, new ListIncomplete({ operation, acted: "no", ...report }))
          : told
      })
      return Stream.make(first).pipe(
        Stream.concat(more),
        Stream.mapChunks(Chunk.flatMap(take)),
        Stream.concat(Stream.drain(Stream.fromEffect(end)))
      )
    })

    return { totalAvailable: expectedOf(first), items: Stream.unwrap(read) }
  })

/** A list that can be filtered and sorted. */
export const queried = <Path extends string, Answer, A, F extends Query.Fields<A>, Part extends string>(
  endpoint: Endpoint<Path, Input, Answer>,
  parameters: PathParameters<Path>,
  toPage: (answer: Answer) => Page<A>,
  fields: F,
  order: string | undefined,
  options: ListOptions<F, Part> = {},
  query?: QueryParameters | undefined
): Effect.Effect<Listing<A>, OperationError, TableauSession> =>
  Effect.gen(function* () {
    const asked = yield* Query.ask(endpoint.name, fields, order, options)
    return yield* listing(endpoint, parameters, toPage, options, { ...query, ...asked.query }, asked.keeps)
  })
