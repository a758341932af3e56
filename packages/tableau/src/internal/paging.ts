/** Lists come in pages: the first one now, the others as they are asked for, each once. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Listing, PageOptions } from "../Query.js"
import type { OperationError } from "../TableauError.js"
import { TableauSession } from "../TableauSession.js"
import { badInput } from "./badInput.js"
import { callOn, type Endpoint, type PathParameters, type QueryParameters, tell } from "./endpoint.js"
import { Count } from "./leaf.js"

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
type Page<A> = { readonly pagination?: typeof Pagination.Type | undefined; readonly items: ReadonlyArray<A> }

/** 400006, past the end: the list has become shorter on the way. */
const pastTheEnd = (error: OperationError): boolean => error._tag === "BadRequest" && error.code === "400006"

export const listing = <Path extends string, Answer, A>(
  endpoint: Endpoint<Path, Input, Answer>,
  parameters: PathParameters<Path>,
  toPage: (answer: Answer) => Page<A>,
  { pageSize = 100 }: PageOptions = {},
  query?: QueryParameters | undefined
): Effect.Effect<Listing<A>, OperationError, TableauSession> =>
  Effect.gen(function* () {
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
      return yield* badInput(endpoint.name, `pageSize is ${pageSize}; Tableau allows 1 to 1000.`)
    }
    const view = yield* TableauSession
    // The stream stays on the site where the list began.
    const session = view.onSite(yield* view.contentUrl)
    const fetchPage = (pageNumber: number) =>
      Effect.gen(function* () {
        const { odd, value } = yield* callOn(session, endpoint, { ...parameters, pageNumber, pageSize, query })
        yield* tell(endpoint.name, odd)
        return toPage(value)
      })
    /** Another page is there when the server's count says so, read anew with each page. */
    const next = ({ pagination }: Page<A>): Option.Option<number> =>
      pagination !== undefined &&
      pagination.pageNumber * pagination.pageSize < pagination.totalAvailable &&
      pagination.pageSize > 0
        ? Option.some(pagination.pageNumber + 1)
        : Option.none()

    const first = yield* fetchPage(1)
    const rest = Stream.unfoldChunkEffect(
      next(first),
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (pageNumber) =>
          fetchPage(pageNumber).pipe(
            Effect.map((page) => Option.some([Chunk.unsafeFromArray(page.items), next(page)] as const)),
            Effect.catchIf(pastTheEnd, () => Effect.succeedNone)
          )
      })
    )
    return {
      totalAvailable: first.pagination?.totalAvailable ?? first.items.length,
      items: Stream.concat(Stream.fromIterable(first.items), rest)
    }
  })
