import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Filter, type Query, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { onSession } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { pagination, workbooks } from "../../../../test/support/xml.js"

import { ended, operation, pageOf, pages, read, served, servedPages } from "./listing.js"

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
