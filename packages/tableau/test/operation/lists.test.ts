import type * as Http from "node:http"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Filter, Projects, type Query, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  errorResponse,
  keyOf,
  type ScriptedRequest,
  scriptedServer,
  xml
} from "../../../../test/support/scriptedServer.js"
import { admin, onSession } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { pagination, workbooks } from "../../../../test/support/xml.js"

const operation = "queryWorkbooksForSite"

/** Reads a list to its end: all ids, and its reports. */
const read = (options: Workbooks.ListOptions = {}) =>
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
const pages = Effect.gen(function* () {
  const simulator = yield* Simulator
  const lists = (yield* simulator.requests).filter((request) => request.operation === operation)
  return lists.map(({ query }) => Number(new URLSearchParams(query).get("pageNumber")))
})

/** Requests in flight have arrived: later ones have had their responses. */
const settle = Effect.repeatN(Projects.list({ pageSize: 1 }), 3)

const pageOf = (number: number, size: number, total: number, ids: ReadonlyArray<string>) =>
  pagination({ number, size, total }) + workbooks(ids)

/** A list from a server that sends this as the content of each page, and 400006 for a page without; with its warnings. */
const served = (page: (pageNumber: number) => string | undefined, given: Workbooks.ListOptions) =>
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
  }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))

/** A list of these pages, with two workbooks on each. */
const servedPages = (
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

const ended = { _tag: "Right" }

describe("changing list", () => {
  for (const prefetchPages of [0, 3]) {
    describe(`with ${prefetchPages} prefetched pages`, () => {
      onSession("a strict list returns every item and one report", () =>
        Effect.gen(function* () {
          const { ids, reports, result } = yield* read({ pageSize: 25, prefetchPages, strict: true })
          expect(result).toMatchObject(ended)
          expect(new Set(ids).size).toBe(120)
          expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
          expect([...(yield* pages)].sort()).toEqual([1, 2, 3, 4, 5])
        })
      )

      onSession("a list drops duplicates and reports missing items", (simulator) =>
        Effect.gen(function* () {
          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, times: 4, fault: Fault.shiftItems(1) })
          const grown = yield* read({ pageSize: 25, prefetchPages })
          expect(grown.result).toMatchObject(ended)
          expect(new Set(grown.ids).size).toBe(grown.ids.length)
          expect(grown.reports).toEqual([{ expected: 121, received: 120, duplicates: 1, malformed: 0 }])

          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, times: 4, fault: Fault.shiftItems(-1) })
          const shrunk = yield* read({ pageSize: 25, prefetchPages, strict: true })
          // The last page says 119, and 119 items were received. One of the first 120 is missing all the same.
          expect(shrunk.result).toMatchObject({
            left: {
              _tag: "ListIncomplete",
              expected: 120,
              received: 119,
              duplicates: 0,
              malformed: 0,
              operation: "Workbooks.list"
            }
          })
          expect(shrunk.ids).toHaveLength(119)
          expect(shrunk.reports).toEqual([{ expected: 120, received: 119, duplicates: 0, malformed: 0 }])
        })
      )

      it.effect("a list ends at the new end when it has shrunk while reading", () =>
        Effect.gen(function* () {
          const { ids, reports, result } = yield* servedPages(
            [
              [9, ["a", "b"]],
              [9, ["c", "d"]]
            ],
            { prefetchPages }
          )
          expect(result).toMatchObject(ended)
          expect(ids).toEqual(["a", "b", "c", "d"])
          expect(reports).toEqual([{ expected: 9, received: 4, duplicates: 0, malformed: 0 }])
        })
      )

      it.effect("a strict list reads to the new end when it has grown while reading", () =>
        Effect.gen(function* () {
          const { requested, ids, result } = yield* servedPages(
            [
              [3, ["a", "b"]],
              [5, ["c", "d"]],
              [6, ["e", "f"]]
            ],
            { prefetchPages, strict: true }
          )
          expect(result).toMatchObject(ended)
          expect(ids).toEqual(["a", "b", "c", "d", "e", "f"])
          // In strict mode a full last page may not be the last one.
          expect(requested).toBe(4)
        })
      )
    })
  }

  it.effect("a list ends by its count when the server always sends page 1", () =>
    Effect.gen(function* () {
      const same = () => pageOf(1, 2, 5, ["a", "b"])
      const { ids, reports } = yield* served(same, { pageSize: 2 })
      expect(ids).toEqual(["a", "b"])
      expect(reports).toEqual([{ expected: 5, received: 2, duplicates: 4, malformed: 0 }])
    })
  )

  onSession("a stream that is run twice requests every page again but the first one of the first run", () =>
    Effect.gen(function* () {
      const reports: Array<Query.Report> = []
      const { items } = yield* Workbooks.list({
        pageSize: 50,
        onComplete: (report) => Effect.sync(() => void reports.push(report))
      })
      expect(yield* pages).toEqual([1])
      expect(yield* Stream.runCount(items)).toBe(120)
      expect(yield* Stream.runCount(items)).toBe(120)
      expect(yield* pages).toEqual([1, 2, 3, 1, 2, 3])
      const report = { expected: 120, received: 120, duplicates: 0, malformed: 0 }
      expect(reports).toEqual([report, report])
    })
  )
})

onSession("a strict list that failed as incomplete succeeds on a second run", (simulator) =>
  Effect.gen(function* () {
    yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
    yield* simulator.inject({ operation, fault: Fault.shiftItems(-1) })
    const { items } = yield* Workbooks.list({ pageSize: 50, strict: true })
    const count = Stream.runCount(items)
    expect(yield* Effect.flip(count)).toMatchObject({ _tag: "ListIncomplete", expected: 120, received: 119 })
    expect(yield* count).toBe(120)
  })
)

it.effect("a filter that the server applies keeps items without the filtered field", () =>
  Effect.gen(function* () {
    const sold =
      () => `${pagination({ size: 10, total: 3 })}<workbooks><workbook id="a"/><workbook id="b"><tags/></workbook>
      <workbook id="c"><tags><tag label="sales"/></tags></workbook></workbooks>`
    const { ids } = yield* served(sold, { filter: [Filter.eq("tags", "sales")] })
    expect(ids).toEqual(["a", "c"])
    // A condition that only the client can check needs the field.
    const { result } = yield* served(sold, { filter: [Filter.eq("tags", "sales, east")] })
    expect(result).toMatchObject({ left: { _tag: "UnfilterableValue", field: "tags" } })
  })
)

const letters = [..."abcdefghijklmnopqrst"]

describe("totalAvailable too high", () => {
  for (const prefetchPages of [0, 3]) {
    it.effect(
      `a list stops after ten pages without items when totalAvailable is too high, with ${prefetchPages} prefetched pages`,
      () =>
        Effect.gen(function* () {
          const few = (pageNumber: number) =>
            pageOf(pageNumber, 2, 1_000_000, letters.slice(0, 6).slice(2 * pageNumber - 2, 2 * pageNumber))
          const counts = { expected: 1_000_000, received: 6, duplicates: 0, malformed: 0 }
          const { requested, ids, reports, result, warned } = yield* served(few, { pageSize: 2, prefetchPages })
          expect(result).toMatchObject(ended)
          expect(ids).toEqual(letters.slice(0, 6))
          expect(reports).toEqual([counts])
          expect(warned).toEqual([expect.stringContaining("Workbooks.list: 6 of 1000000 items were received")])
          expect(requested).toBeGreaterThanOrEqual(3 + 10)
          expect(requested).toBeLessThanOrEqual(3 + 10 + prefetchPages)

          const strictly = yield* served(few, { pageSize: 2, prefetchPages, strict: true })
          expect(strictly.result).toMatchObject({ left: { _tag: "ListIncomplete", ...counts } })
          expect(strictly.warned).toEqual([])
        })
    )

    it.effect(
      `a list stops when the server repeats its last page forever, with ${prefetchPages} prefetched pages`,
      () =>
        Effect.gen(function* () {
          const last = (pageNumber: number) => {
            const end = 2 * Math.min(pageNumber, 3)
            return pageOf(pageNumber, 2, 1_000_000, letters.slice(end - 2, end))
          }
          const { requested, ids, warned } = yield* served(last, { pageSize: 2, prefetchPages })
          expect(ids).toEqual(letters.slice(0, 6))
          expect(warned).toEqual([expect.stringContaining("6 of 1000000 items were received (20 were duplicates")])
          expect(requested).toBeLessThanOrEqual(3 + 10 + prefetchPages)
        })
    )
  }
})

describe("pages without new items", () => {
  const ids = Array.from({ length: 60 }, (_, index) => `${index}`)

  for (const prefetchPages of [0, 3]) {
    it.effect(
      `a list continues past pages whose items the user cannot see, with ${prefetchPages} prefetched pages`,
      () =>
        Effect.gen(function* () {
          const seen = ids.filter((_, index) => index < 6 || index >= 20)
          const some = (pageNumber: number) => {
            const all = ids.slice(2 * pageNumber - 2, 2 * pageNumber)
            const shown = all.filter((id) => seen.includes(id))
            return all.length === 0 ? undefined : pageOf(pageNumber, 2, ids.length, shown)
          }
          const { ids: received, warned } = yield* served(some, { pageSize: 2, prefetchPages })
          expect(received).toEqual(seen)
          expect(warned).toEqual([expect.stringContaining("46 of 60 items were received (0 were duplicates")])
        })
    )

    it.effect(
      `a list continues past pages of duplicates when items were inserted at its start, with ${prefetchPages} prefetched pages`,
      () =>
        Effect.gen(function* () {
          const grown = [...Array.from({ length: 10 }, (_, index) => `new ${index}`), ...ids]
          const moved = (pageNumber: number) => {
            const all = pageNumber < 5 ? ids : grown
            const content = all.slice(2 * pageNumber - 2, 2 * pageNumber)
            return content.length === 0 ? undefined : pageOf(pageNumber, 2, all.length, content)
          }
          const { ids: received, reports } = yield* served(moved, { pageSize: 2, prefetchPages, sort: [] })
          expect(received).toEqual(ids.slice(0, 8).concat(grown.slice(8, 10), ids.slice(8)))
          expect(reports).toEqual([{ expected: 70, received: 62, duplicates: 8, malformed: 0 }])
        })
    )
  }
})

describe("pages shorter than their pageSize", () => {
  /** Three of the ten requested items; the next page begins `step` items later. */
  const capped = (step: number) => (pageNumber: number) => {
    const begin = step * (pageNumber - 1)
    const content = letters.slice(begin, begin + 3)
    return content.length === 0 ? undefined : pageOf(pageNumber, 10, letters.length, content)
  }

  for (const prefetchPages of [0, 3]) {
    it.effect(`a list requests more pages when the server caps them, with ${prefetchPages} prefetched pages`, () =>
      Effect.gen(function* () {
        const { requested, ids, result, warned } = yield* served(capped(3), {
          pageSize: 10,
          prefetchPages,
          strict: true
        })
        expect(result).toMatchObject(ended)
        expect(ids).toEqual(letters)
        expect(requested).toBe(7)
        expect(warned).toEqual([])
      })
    )

    it.effect(
      `a list with gaps between capped pages logs a warning without strict mode, with ${prefetchPages} prefetched pages`,
      () =>
        Effect.gen(function* () {
          const { ids, result, warned } = yield* served(capped(10), { pageSize: 10, prefetchPages })
          expect(result).toMatchObject(ended)
          expect(ids).toEqual([..."abcklm"])
          expect(warned).toEqual([expect.stringMatching(/6 of 20 items were received.*smaller pageSize/)])
          const smaller = yield* served(capped(3), { pageSize: 3, prefetchPages })
          expect([smaller.ids, smaller.warned]).toEqual([letters, []])
        })
    )
  }
})

describe("totalAvailable too low", () => {
  const counting = (total: (pageNumber: number) => string) =>
    Fault.alter((answer) => ({
      ...answer,
      body: String(answer.body).replace(
        /pageNumber="(\d+)"([^>]*)totalAvailable="\d+"/,
        (_, pageNumber, between) => `pageNumber="${pageNumber}"${between}totalAvailable="${total(Number(pageNumber))}"`
      )
    }))

  for (const prefetchPages of [0, 3]) {
    for (const [what, total] of [
      ["too low on every page", () => "7"],
      ["always 0", () => "0"],
      ["negative", () => "-1"],
      ["0 on one page", (pageNumber: number) => (pageNumber === 2 ? "0" : "120")]
    ] as const) {
      onSession(
        `a list reads to the end when totalAvailable is ${what}, with ${prefetchPages} prefetched pages`,
        (simulator) =>
          Effect.gen(function* () {
            yield* simulator.inject({ operation, times: 100, fault: counting(total) })
            const { ids, result } = yield* read({ pageSize: 25, prefetchPages })
            expect(result).toMatchObject(ended)
            expect(new Set(ids).size).toBe(120)
          })
      )
    }
  }

  onSession(
    "a strict list reads to the end when totalAvailable grows with each page, and other lists stop at the first count",
    (simulator) =>
      Effect.gen(function* () {
        yield* simulator.inject({ operation, times: 100, fault: counting((page) => `${Math.min(120, 30 * page)}`) })
        const { ids, reports, result } = yield* read({ pageSize: 30, strict: true })
        expect(result).toMatchObject(ended)
        expect(ids).toHaveLength(120)
        expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
        expect(yield* pages).toEqual([1, 2, 3, 4, 5])
        expect((yield* read({ pageSize: 30 })).ids).toHaveLength(30)
      })
  )

  onSession("a list ends when the server repeats one page and totalAvailable is too low", (simulator) =>
    Effect.gen(function* () {
      const pages: Array<string> = []
      const same = Fault.alter((answer) => {
        pages.push(String(answer.body).replace(/totalAvailable="\d+"/, 'totalAvailable="7"'))
        return { ...answer, body: pages[0] ?? "" }
      })
      yield* simulator.inject({ operation, times: 100, fault: same })
      const { ids, result } = yield* read({ pageSize: 25 })
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(25)
      expect(pages).toHaveLength(2)
    })
  )
})

it.effect("items with an empty id are not duplicates", () =>
  Effect.gen(function* () {
    const nameless = () => pageOf(1, 10, 4, ["", "a", "", "b"])
    const { ids, reports } = yield* served(nameless, { pageSize: 10 })
    expect(ids).toEqual(["", "a", "", "b"])
    expect(reports).toEqual([{ expected: 4, received: 4, duplicates: 0, malformed: 0 }])
  })
)

it.effect("a list ends when the server ignores pageNumber and sends no ids", () =>
  Effect.gen(function* () {
    const same = () => pageOf(1, 2, 100_000, ["", ""])
    const { requested, ids } = yield* served(same, { pageSize: 2 })
    expect([requested, ids.length]).toEqual([11, 22])
    const low = yield* served(() => pageOf(1, 2, 1, ["", ""]), { pageSize: 2, strict: true })
    expect([low.requested, low.ids.length]).toEqual([2, 4])
  })
)

onSession("a strict list requests the page after the counted end, whatever size the pages have", () =>
  Effect.gen(function* () {
    // Three items per page, a pageSize of ten, and a totalAvailable of six.
    const capped = (pageNumber: number) => {
      const content = letters.slice(3 * pageNumber - 3, 3 * pageNumber)
      return content.length === 0 ? undefined : pageOf(pageNumber, 10, 6, content)
    }
    const { ids, result } = yield* served(capped, { pageSize: 10, strict: true })
    expect([ids, result]).toMatchObject([letters, ended])
    for (const status of [400, 404]) {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation, times: 2, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.status(status) })
      expect(yield* read({ pageSize: 60, strict: true })).toMatchObject({ ids: { length: 120 }, result: ended })
      // For a page within the count it is an error.
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.status(status) })
      expect((yield* read({ pageSize: 60, strict: true })).result).toMatchObject({ _tag: "Left" })
    }
  })
)

describe("malformed item", () => {
  const broken = Fault.alter((answer) => ({
    ...answer,
    body: String(answer.body).replace(/<workbook id="[^"]*"/, "<workbook")
  }))

  onSession("a malformed item is skipped and counted, and makes a strict list incomplete", (simulator) =>
    Effect.gen(function* () {
      const report = { expected: 120, received: 118, duplicates: 0, malformed: 2 }
      yield* simulator.inject({ operation, times: 2, fault: broken })
      const reading = yield* Effect.cached(read({ pageSize: 50 }))
      // One line per item, and none for the list.
      expect(yield* warnings(reading)).toEqual([
        expect.stringContaining("left out item 1 of page 1, <workbook>: workbook has no id"),
        expect.stringContaining("left out item 1 of page 2, <workbook>: workbook has no id")
      ])
      const { ids, reports, result } = yield* reading
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(118)
      expect(reports).toEqual([report])
      yield* simulator.inject({ operation, times: 2, fault: broken })
      const strictly = yield* read({ pageSize: 50, strict: true })
      expect(strictly.ids).toHaveLength(118)
      expect(strictly.result).toMatchObject({ left: { _tag: "ListIncomplete", ...report } })
    })
  )

  it.effect("a list continues past pages with only malformed items", () =>
    Effect.gen(function* () {
      const page = (pageNumber: number) =>
        pagination({ number: pageNumber, size: 2, total: 8 }) +
        (pageNumber < 4 ? "<workbooks><workbook/><workbook/></workbooks>" : workbooks(["a", "b"]))
      const { ids, reports } = yield* served(page, { pageSize: 2 })
      expect(ids).toEqual(["a", "b"])
      expect(reports).toEqual([{ expected: 8, received: 2, duplicates: 0, malformed: 6 }])
    })
  )

  onSession("a malformed item fails the stream when the option says so", (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: broken })
      const { ids, result } = yield* read({ pageSize: 50, malformedItems: "fail" })
      expect(ids).toHaveLength(50)
      expect(result).toMatchObject({ left: { _tag: "UnexpectedResponse", kind: "MalformedItem", acted: "no" } })
      yield* simulator.inject({ operation, fault: broken })
      expect(yield* Effect.flip(Workbooks.list({ malformedItems: "fail" }))).toMatchObject({
        _tag: "UnexpectedResponse"
      })
    })
  )
})

describe("prefetched pages", () => {
  /** A reader that takes one page per step. */
  const stepping = (options: Workbooks.ListOptions) =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list(options)
      return yield* Stream.toPull(Stream.rechunk(items, options.pageSize ?? 100))
    })

  onSession("pages are prefetched up to the limit, and items stay in order", (simulator) =>
    Effect.gen(function* () {
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, times: 3, fault: Fault.hold(latch.await) })
      const { items } = yield* Workbooks.list({ pageSize: 10, prefetchPages: 3 })
      const names: Array<string> = []
      const step = yield* Effect.makeSemaphore(0)
      const reader = yield* Effect.fork(
        Stream.runForEach(Stream.chunks(items), (chunk) =>
          Effect.zipRight(
            Effect.sync(() => names.push(...Chunk.map(chunk, ({ name = "" }) => name))),
            step.take(1)
          )
        )
      )
      // The reader holds the first page; three are in flight, without a response.
      yield* simulator.awaitSeen(operation, 4)
      yield* settle
      expect(yield* pages).toHaveLength(4)
      expect(names).toHaveLength(10)
      // The responses arrive. The reader has not moved, so no further page is requested.
      yield* latch.open
      yield* settle
      expect(yield* pages).toHaveLength(4)
      // One more for each page that the reader takes.
      yield* step.release(1)
      yield* simulator.awaitSeen(operation, 5)
      yield* settle
      expect(names).toHaveLength(20)
      expect((yield* pages).slice(4)).toEqual([5])
      yield* step.release(100)
      yield* Fiber.join(reader)
      expect([...(yield* pages)].sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      const inOrder = yield* Effect.flatMap(Workbooks.list({ pageSize: 1000 }), ({ items }) => Stream.runCollect(items))
      expect(names).toEqual([...Chunk.map(inOrder, ({ name }) => name)])
    })
  )

  onSession("no page is prefetched by default", () =>
    Effect.gen(function* () {
      const pull = yield* stepping({ pageSize: 50 })
      yield* pull
      yield* settle
      expect(yield* pages).toEqual([1])
      yield* pull
      expect(yield* pages).toEqual([1, 2])
    })
  )

  it.scoped("prefetching stops when the reader is interrupted", () =>
    Effect.gen(function* () {
      const arrived = yield* Effect.makeSemaphore(0)
      const lost = yield* Effect.makeSemaphore(0)
      const { calls, url } = yield* scriptedServer({
        [keyOf(Workbooks.list)]: ({ query }: ScriptedRequest, raw: Http.ServerResponse) => {
          if (query.get("pageNumber") === "1") return xml(pageOf(1, 2, 100, ["a", "b"]))
          // No response to any other page.
          raw.on("close", () => Effect.runSync(lost.release(1)))
          return arrived.release(1)
        }
      })
      const session = yield* TableauSession.make({
        server: url,
        credentials: admin,
        retry: "never",
        signOutTimeout: "1 minute"
      })
      const { items } = yield* Workbooks.list({ pageSize: 2, prefetchPages: 3 }).pipe(
        Effect.provideService(TableauSession, session)
      )
      const reader = yield* Effect.fork(Stream.runDrain(items))
      yield* arrived.take(3)
      yield* Fiber.interrupt(reader)
      yield* lost.take(3)
      // What was in flight before this request has arrived before it.
      yield* Effect.promise(() => fetch(url).then((response) => response.text()))
      expect(calls.filter(({ query }) => Number(query.get("pageNumber")) > 1)).toHaveLength(3)
      // It also stops when the reader takes no more. Prefetching begins before the first page is emitted.
      const enough = yield* Effect.fork(
        Stream.runCount(
          Stream.take(
            Stream.tap(items, () => arrived.take(1)),
            2
          )
        )
      )
      expect(yield* Fiber.join(enough)).toBe(2)
      yield* lost.take(2)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  onSession("a prefetched page that fails ends the stream at its place", (simulator) =>
    Effect.gen(function* () {
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
      yield* simulator.inject({ operation, fault: Fault.status(500) })
      const reading = yield* Effect.fork(read({ pageSize: 10, prefetchPages: 2 }))
      yield* simulator.awaitSeen(operation, 3)
      yield* latch.open
      const { ids, result } = yield* Fiber.join(reading)
      expect(result).toMatchObject({ left: { _tag: "ServerFault" } })
      expect(ids.length === 10 || ids.length === 20).toBe(true)
    })
  )

  onSession("prefetched pages survive the end of the session in mid-stream", (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.endSession })
      const { ids, result } = yield* read({ pageSize: 10, prefetchPages: 4, strict: true })
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(120)
      expect(new Set(ids).size).toBe(120)
      expect(yield* simulator.count("signIn")).toBe(2)
    })
  )

  const passing = {
    "a 503": Fault.status(503),
    "a connection that is reset": Fault.reset(),
    "a connection that is reset after the request was processed": Fault.reset({ when: "after" }),
    "a truncated response": Fault.truncate(300),
    "an expired token": Fault.endSession
  }
  for (const [name, fault] of Object.entries(passing)) {
    onSession(
      `prefetched pages stay complete and in order after ${name}`,
      { session: { retry: { schedule: Schedule.recurs(2) } } },
      (simulator) =>
        Effect.gen(function* () {
          const whole = (yield* read({ pageSize: 120 })).ids
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
          yield* simulator.inject({ operation, fault })
          yield* simulator.inject({ operation, times: 2, fault: Fault.hold(latch.await) })
          const reading = yield* Effect.fork(read({ pageSize: 10, prefetchPages: 4, strict: true }))
          // The list before, the first page and four prefetched; then one of them again, while three have no response.
          yield* simulator.awaitSeen(operation, 7)
          const requested = (yield* pages).slice(2)
          expect([...new Set(requested)].sort()).toEqual([2, 3, 4, 5])
          expect(requested).toHaveLength(5)
          yield* latch.open
          const { ids, reports, result } = yield* Fiber.join(reading)
          expect(result).toMatchObject(ended)
          expect(ids).toEqual(whole)
          expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
          expect(yield* simulator.count("signIn")).toBe(name === "an expired token" ? 2 : 1)
        })
    )
  }

  onSession("prefetching does not leak fiber refs", () =>
    Effect.gen(function* () {
      const depth = Effect.map(Effect.getFiberRefs, ({ locals }) =>
        Math.max(...Array.from(locals.values(), (values) => values.length))
      )
      yield* read({ pageSize: 60 })
      const before = yield* depth
      for (const prefetchPages of [0, 3]) yield* read({ pageSize: 10, prefetchPages })
      expect(yield* depth).toBe(before)
    })
  )

  onSession("a prefetch limit outside 0 to 100 fails with BadRequest", () =>
    Effect.gen(function* () {
      for (const prefetchPages of [-1, 1.5, 101, Number.NaN]) {
        expect(yield* Effect.flip(Workbooks.list({ prefetchPages }))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      }
      expect(yield* pages).toEqual([])
    })
  )
})
