import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { Operation, Response } from "effect-tableau"

export interface SearchOptions {
  readonly types?: ReadonlyArray<"workbook" | "view" | "datasource" | "flow" | "project">
  readonly modifiedSince?: DateTime.Utc
  readonly limit?: number
}

const Hit = Schema.Struct({
  uri: Schema.String,
  content: Schema.Struct({ luid: Schema.optional(Schema.String), title: Schema.optional(Schema.String) })
})

const filterOf = ({ modifiedSince, types = [] }: SearchOptions) =>
  [
    ...(types.length > 1 ? [`type:in:[${types.join(",")}]`] : types.map((type) => `type:eq:${type}`)),
    ...(modifiedSince ? [`modifiedTime:gte:${DateTime.formatIso(modifiedSince)}`] : [])
  ].join(",") || undefined

/** Searches the content of the site, best hits first. */
export const content = Operation.make({
  name: "Search.content",
  request: "GET /api/-/search",
  since: "3.16",
  scope: "tableau:content:read",
  input: (terms: string, options: SearchOptions = {}) =>
    options.limit !== undefined && !(options.limit >= 1 && options.limit <= 100)
      ? Operation.invalidInput(`limit is ${options.limit}; Tableau allows 1 to 100.`)
      : { query: { terms, page: 0, limit: options.limit ?? 100, filter: filterOf(options) } },
  response: Response.pages(
    Schema.Struct({
      hits: Schema.Struct({
        next: Schema.optional(Schema.String),
        pageIndex: Schema.optional(Schema.Number),
        total: Schema.optional(Schema.Number),
        items: Schema.optional(Schema.Array(Hit))
      })
    }),
    {
      items: ({ hits }) => hits.items ?? [],
      next: ({ hits }) => (hits.next === undefined ? undefined : { page: (hits.pageIndex ?? 0) + 1 }),
      total: ({ hits }) => hits.total
    }
  )
})
