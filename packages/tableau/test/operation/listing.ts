import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Projects, type Query, TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  keyOf,
  type ScriptedRequest,
  scriptedServer,
  xml
} from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { pagination, workbooks } from "../../../../test/support/xml.js"

export const operation = "queryWorkbooksForSite"

/** Reads a list to its end: all ids, and its reports. */
export const read = (options: Workbooks.ListOptions = {}) =>
  Effect.gen(function* () {
    const reports: Array<Query.Report> = []
    const { items, totalAvailable } = yield* Workbooks.list({
      ...options,
      onComplete: (report) =>
        Effect.sync(() => {
          reports.push(report)
        })
    })
    const ids: Array<string> = []
    const result = yield* Effect.either(Stream.runForEach(items, ({ id }) => Effect.sync(() => ids.push(id))))
    return { ids, reports, result, totalAvailable }
  })

/** The pages that were requested, in order. */
export const pages = Effect.gen(function* () {
  const simulator = yield* Simulator
  const lists = (yield* simulator.requests).filter((request) => request.operation === operation)
  return lists.map(({ query }) => Number(new URLSearchParams(query).get("pageNumber")))
})

/** Requests in flight have arrived: later ones have had their responses. */
export const settle = Effect.repeatN(Projects.list({ pageSize: 1 }), 3)

export const pageOf = (number: number, size: number, total: number, ids: ReadonlyArray<string>) =>
  pagination({ number, size, total }) + workbooks(ids)

/** A list from a server that sends this as the content of each page, and 400006 for a page without; with its warnings. */
export const served = (page: (pageNumber: number) => string | undefined, given: Workbooks.ListOptions) =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer({
      [keyOf(Workbooks.list)]: ({ query }: ScriptedRequest) => {
        const content = page(Number(query.get("pageNumber")))
        return content === undefined ? errorResponse(400, "400006", "Invalid page number", "none") : xml(content)
      }
    })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    const reading = yield* Effect.cached(Effect.provideService(read(given), TableauSession, session))
    const warned = yield* warnings(reading)
    return { ...(yield* reading), requested: calls.length, warned }
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient))

/** A list of these pages, with two workbooks on each. */
export const servedPages = (
  pages: ReadonlyArray<readonly [total: number, ids: ReadonlyArray<string>]>,
  given: Workbooks.ListOptions
) =>
  served(
    (pageNumber) => {
      const [total, ids] = pages[pageNumber - 1] ?? []
      return total === undefined || ids === undefined ? undefined : pageOf(pageNumber, 2, total, ids)
    },
    { pageSize: 2, ...given }
  )

export const ended = { _tag: "Right" }
