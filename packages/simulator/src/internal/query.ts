import * as Effect from "effect/Effect"
import type { Collection } from "./collection.js"
import { type Element, element, list } from "./element.js"
import { invalidPageNumber, invalidPageSize, pageSizeLimit, type Refusal } from "./refusal.js"
import { ok, type Reply } from "./route.js"

const largestPage = 1000

const positive = (text: string): number | undefined => (/^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)

interface Page {
  readonly number: number
  readonly size: number
}

const page = (query: URLSearchParams): Effect.Effect<Page, Refusal> =>
  Effect.gen(function* () {
    const number = positive(query.get("pageNumber") ?? "1")
    const size = positive(query.get("pageSize") ?? "100")
    if (number === undefined) return yield* invalidPageNumber("The page number is not an integer greater than zero.")
    if (size === undefined) return yield* invalidPageSize("The page size is not an integer greater than zero.")
    if (size > largestPage) return yield* pageSizeLimit(`The page size exceeds the upper limit of ${largestPage}.`)
    return { number, size }
  })

/** The page of a collection that the query asks for. */
export const answerPage = <A>(
  query: URLSearchParams,
  name: string,
  collection: Collection<A>,
  describe: (item: A) => Element
): Effect.Effect<Reply, Refusal> =>
  Effect.gen(function* () {
    const { number, size } = yield* page(query)
    const total = collection.size()
    const first = (number - 1) * size
    if (number > 1 && first >= total) return yield* invalidPageNumber(`There is no page ${number} of ${size} items.`)
    const items: Array<Element> = []
    for (let position = first; position < Math.min(first + size, total); position += 1) {
      const item = collection.at(position)
      if (item !== undefined) items.push(describe(item))
    }
    return ok(element("pagination", { pageNumber: number, pageSize: size, totalAvailable: total }), list(name, items))
  })
