import * as Http from "node:http"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Filter, Projects, type Query, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { handwritten } from "../../../../test/support/handwritten.js"
import { listening } from "../../../../test/support/listening.js"
import { admin, server, session } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"

const operation = "queryWorkbooksForSite"

/** All ids of a list, and what it reports at its end. */
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

/** The pages that were asked for, in order. */
const pages = Effect.gen(function* () {
  const simulator = yield* Simulator
  const lists = (yield* simulator.requests).filter((request) => request.operation === operation)
  return lists.map(({ query }) => Number(new URLSearchParams(query).get("pageNumber")))
})

/** What was on its way has arrived: some requests were sent after it, and answered. */
const settle = Effect.repeatN(Projects.list({ pageSize: 1 }), 3)

const inside = (content: string) => `<tsResponse xmlns="http://tableau.com/api">${content}</tsResponse>`

/** To who asks for the version as well as to who signs in. */
const signedIn = inside(
  '<serverInfo><restApiVersion>3.29</restApiVersion></serverInfo><credentials token="t"><site id="s" contentUrl=""/><user id="u"/></credentials>'
)

const workbooks = (ids: ReadonlyArray<string>) =>
  `<workbooks>${ids.map((id) => `<workbook id="${id}"/>`).join("")}</workbooks>`

const pagination = (number: number, size: number, total: number) =>
  `<pagination pageNumber="${number}" pageSize="${size}" totalAvailable="${total}"/>`

const pastTheEnd = {
  status: 400,
  body: inside('<error code="400006"><summary>Invalid page number</summary><detail>none</detail></error>')
}

/** A list of pages that were written by hand, two workbooks on each; behind them there is none. */
const written = (contents: ReadonlyArray<readonly [total: number, ids: ReadonlyArray<string>]>, given = {}) =>
  Effect.gen(function* () {
    const answers = contents.map(
      ([total, ids], index) =>
        [
          `/api/3.29/sites/s/workbooks?sort=createdAt%3Aasc&pageNumber=${index + 1}&pageSize=2`,
          { body: inside(pagination(index + 1, 2, total) + workbooks(ids)) }
        ] as const
    )
    const { asked, url } = yield* handwritten({
      ...Object.fromEntries(answers),
      "/api/3.29/sites/s/workbooks": pastTheEnd,
      "/api/2.4/serverinfo": { body: signedIn },
      "/api/3.29/auth/signin": {
        body: signedIn
      },
      "/api/3.29/auth/signout": { status: 204 }
    })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    const come = yield* Effect.provideService(read({ pageSize: 2, ...given }), TableauSession, session)
    const lists = asked.filter(({ url }) => url?.includes("/workbooks"))
    return { ...come, asked: lists.length }
  }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))

/** A list from a server that answers each page like this, and 400006 where that is nothing; and what was warned of. */
const served = (page: (pageNumber: number) => string | undefined, given: Workbooks.ListOptions) =>
  Effect.gen(function* () {
    let asked = 0
    const port = yield* listening(
      Http.createServer((request, response) => {
        const pageNumber = new URL(request.url ?? "", "http://x").searchParams.get("pageNumber")
        asked += pageNumber === null ? 0 : 1
        const content = page(Number(pageNumber))
        if (pageNumber === null) response.end(signedIn)
        else if (content === undefined) response.writeHead(pastTheEnd.status).end(pastTheEnd.body)
        else response.end(inside(content))
      })
    )
    const session = yield* TableauSession.make({
      server: `http://127.0.0.1:${port}`,
      credentials: admin,
      retry: "never"
    })
    const reading = yield* Effect.cached(Effect.provideService(read(given), TableauSession, session))
    const warned = yield* warnings(reading)
    return { ...(yield* reading), asked, warned }
  }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))

const ended = { _tag: "Right" }

describe("a list that changes while it is read", () => {
  for (const prefetchPages of [0, 3]) {
    describe(`with ${prefetchPages} pages ahead`, () => {
      it.effect("comes whole, with a report", () =>
        Effect.gen(function* () {
          const { ids, reports, result } = yield* read({ pageSize: 25, prefetchPages, strict: true })
          expect(result).toMatchObject(ended)
          expect(new Set(ids).size).toBe(120)
          expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
          expect([...(yield* pages)].sort()).toEqual([1, 2, 3, 4, 5])
        }).pipe(Effect.provide(session()), Effect.provide(server()))
      )

      it.effect("gives an item once that comes again, and tells of one that was passed over", () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, times: 4, fault: Fault.shiftItems(1) })
          const grown = yield* read({ pageSize: 25, prefetchPages })
          expect(grown.result).toMatchObject(ended)
          expect(new Set(grown.ids).size).toBe(grown.ids.length)
          expect(grown.reports).toEqual([{ expected: 121, received: 120, duplicates: 1, malformed: 0 }])

          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, times: 4, fault: Fault.shiftItems(-1) })
          const shrunk = yield* read({ pageSize: 25, prefetchPages, strict: true })
          // The last page counts 119, and so many came: still one was not seen.
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
        }).pipe(Effect.provide(session()), Effect.provide(server()))
      )

      it.effect("ends where the list has ended meanwhile", () =>
        Effect.gen(function* () {
          const { ids, reports, result } = yield* written(
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

      it.effect("goes on where the list has grown meanwhile", () =>
        Effect.gen(function* () {
          const { asked, ids, result } = yield* written(
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
          expect(asked).toBe(4)
        })
      )
    })
  }

  it.effect("ends by its count, whatever page the server says that it is", () =>
    Effect.gen(function* () {
      const same = () => pagination(1, 2, 5) + workbooks(["a", "b"])
      const { ids, reports } = yield* served(same, { pageSize: 2 })
      expect(ids).toEqual(["a", "b"])
      expect(reports).toEqual([{ expected: 5, received: 2, duplicates: 4, malformed: 0 }])
    })
  )

  it.effect("can be read again: then all of it is asked for anew", () =>
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
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

it.effect("a list that lost an item while it was read is whole when it is tried again", () =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
    yield* simulator.inject({ operation, fault: Fault.shiftItems(-1) })
    const { items } = yield* Workbooks.list({ pageSize: 50, strict: true })
    const count = Stream.runCount(items)
    expect(yield* Effect.flip(count)).toMatchObject({ _tag: "ListIncomplete", expected: 120, received: 119 })
    expect(yield* count).toBe(120)
  }).pipe(Effect.provide(session()), Effect.provide(server()))
)

it.effect("items that do not show what a filter has asked the server for stay: nobody can know better", () =>
  Effect.gen(function* () {
    const sold = () => `${pagination(1, 10, 3)}<workbooks><workbook id="a"/><workbook id="b"><tags/></workbook>
      <workbook id="c"><tags><tag label="sales"/></tags></workbook></workbooks>`
    const { ids } = yield* served(sold, { filter: [Filter.eq("tags", "sales")] })
    expect(ids).toEqual(["a", "c"])
    // What only we can check, they must show.
    const { result } = yield* served(sold, { filter: [Filter.eq("tags", "sales, east")] })
    expect(result).toMatchObject({ left: { _tag: "UnfilterableValue", field: "tags" } })
  })
)

const letters = [..."abcdefghijklmnopqrst"]

describe("a server that counts too high", () => {
  for (const prefetchPages of [0, 3]) {
    it.effect(`is read until nothing comes for a while, with ${prefetchPages} pages ahead`, () =>
      Effect.gen(function* () {
        const few = (pageNumber: number) =>
          pagination(pageNumber, 2, 1_000_000) +
          workbooks(letters.slice(0, 6).slice(2 * pageNumber - 2, 2 * pageNumber))
        const counts = { expected: 1_000_000, received: 6, duplicates: 0, malformed: 0 }
        const { asked, ids, reports, result, warned } = yield* served(few, { pageSize: 2, prefetchPages })
        expect(result).toMatchObject(ended)
        expect(ids).toEqual(letters.slice(0, 6))
        expect(reports).toEqual([counts])
        expect(warned).toEqual([expect.stringContaining("Workbooks.list: 6 of 1000000 items were received")])
        expect(asked).toBeGreaterThanOrEqual(3 + 10)
        expect(asked).toBeLessThanOrEqual(3 + 10 + prefetchPages)

        const strictly = yield* served(few, { pageSize: 2, prefetchPages, strict: true })
        expect(strictly.result).toMatchObject({
          left: { _tag: "ListIncomplete", expected: 1_000_000, received: 6, duplicates: 0, malformed: 0 }
        })
        expect(strictly.warned).toEqual([])
      })
    )

    it.effect(
      `is not read for long where it gives its last page for all that follow, with ${prefetchPages} ahead`,
      () =>
        Effect.gen(function* () {
          const last = (pageNumber: number) => {
            const end = 2 * Math.min(pageNumber, 3)
            return pagination(pageNumber, 2, 1_000_000) + workbooks(letters.slice(end - 2, end))
          }
          const { asked, ids, warned } = yield* served(last, { pageSize: 2, prefetchPages })
          expect(ids).toEqual(letters.slice(0, 6))
          expect(warned).toEqual([expect.stringContaining("6 of 1000000 items were received (20 were duplicates")])
          expect(asked).toBeLessThanOrEqual(3 + 10 + prefetchPages)
        })
    )
  }
})

describe("a server whose pages have nothing new for a while", () => {
  const ids = Array.from({ length: 60 }, (_, index) => `${index}`)

  for (const prefetchPages of [0, 3]) {
    it.effect(`as others may see what is on them, is read to its end, with ${prefetchPages} ahead`, () =>
      Effect.gen(function* () {
        const seen = ids.filter((_, index) => index < 6 || index >= 20)
        const some = (pageNumber: number) => {
          const all = ids.slice(2 * pageNumber - 2, 2 * pageNumber)
          const shown = all.filter((id) => seen.includes(id))
          return all.length === 0 ? undefined : pagination(pageNumber, 2, ids.length) + workbooks(shown)
        }
        const { ids: come, warned } = yield* served(some, { pageSize: 2, prefetchPages })
        expect(come).toEqual(seen)
        expect(warned).toEqual([expect.stringContaining("46 of 60 items were received (0 were duplicates")])
      })
    )

    it.effect(`as new items came before what was read, is read to its end, with ${prefetchPages} ahead`, () =>
      Effect.gen(function* () {
        const grown = [...Array.from({ length: 10 }, (_, index) => `new ${index}`), ...ids]
        const moved = (pageNumber: number) => {
          const all = pageNumber < 5 ? ids : grown
          const content = all.slice(2 * pageNumber - 2, 2 * pageNumber)
          return content.length === 0 ? undefined : pagination(pageNumber, 2, all.length) + workbooks(content)
        }
        const { ids: come, reports } = yield* served(moved, { pageSize: 2, prefetchPages, sort: [] })
        expect(come).toEqual(ids.slice(0, 8).concat(grown.slice(8, 10), ids.slice(8)))
        expect(reports).toEqual([{ expected: 70, received: 62, duplicates: 8, malformed: 0 }])
      })
    )
  }
})

describe("a server that gives fewer items with a page than it says", () => {
  /** Of ten three come; the next page begins so far on. */
  const capped = (step: number) => (pageNumber: number) => {
    const begin = step * (pageNumber - 1)
    const content = letters.slice(begin, begin + 3)
    return content.length === 0 ? undefined : pagination(pageNumber, 10, letters.length) + workbooks(content)
  }

  for (const prefetchPages of [0, 3]) {
    it.effect(`is asked for more pages, and all come, with ${prefetchPages} ahead`, () =>
      Effect.gen(function* () {
        const { asked, ids, result, warned } = yield* served(capped(3), { pageSize: 10, prefetchPages, strict: true })
        expect(result).toMatchObject(ended)
        expect(ids).toEqual(letters)
        expect(asked).toBe(7)
        expect(warned).toEqual([])
      })
    )

    it.effect(`and whose pages have gaps is warned of, also out of strict mode, with ${prefetchPages} ahead`, () =>
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

describe("a server that counts too low", () => {
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
      ["always", () => "7"],
      ["as if there were none", () => "0"],
      ["below nothing", () => "-1"],
      ["on one page", (pageNumber: number) => (pageNumber === 2 ? "0" : "120")]
    ] as const) {
      it.effect(`${what} is read to the end, with ${prefetchPages} pages ahead`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation, times: 100, fault: counting(total) })
          const { ids, result } = yield* read({ pageSize: 25, prefetchPages })
          expect(result).toMatchObject(ended)
          expect(new Set(ids).size).toBe(120)
        }).pipe(Effect.provide(session()), Effect.provide(server()))
      )
    }
  }

  it.effect("on each page by its own size is read to the end in strict mode, and otherwise asked for no more", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation, times: 100, fault: counting((page) => `${Math.min(120, 30 * page)}`) })
      const { ids, reports, result } = yield* read({ pageSize: 30, strict: true })
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(120)
      expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
      expect(yield* pages).toEqual([1, 2, 3, 4, 5])
      expect((yield* read({ pageSize: 30 })).ids).toHaveLength(30)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("and gives the same page again and again is not read for ever", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
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
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

it.effect("items whose id is empty are not the same", () =>
  Effect.gen(function* () {
    const nameless = () => pagination(1, 10, 4) + workbooks(["", "a", "", "b"])
    const { ids, reports } = yield* served(nameless, { pageSize: 10 })
    expect(ids).toEqual(["", "a", "", "b"])
    expect(reports).toEqual([{ expected: 4, received: 4, duplicates: 0, malformed: 0 }])
  })
)

it.effect("a server that ignores what page is asked for, and gives no ids, is not read for ever", () =>
  Effect.gen(function* () {
    const same = () => pagination(1, 2, 100_000) + workbooks(["", ""])
    const { asked, ids } = yield* served(same, { pageSize: 2 })
    expect([asked, ids.length]).toEqual([11, 22])
    const low = yield* served(() => pagination(1, 2, 1) + workbooks(["", ""]), { pageSize: 2, strict: true })
    expect([low.asked, low.ids.length]).toEqual([2, 4])
  })
)

it.effect("strict mode looks behind the end by the server's count, however many items its pages have", () =>
  Effect.gen(function* () {
    // It caps its pages at three, says that they have ten, and counts six.
    const capped = (pageNumber: number) => {
      const content = letters.slice(3 * pageNumber - 3, 3 * pageNumber)
      return content.length === 0 ? undefined : pagination(pageNumber, 10, 6) + workbooks(content)
    }
    const { ids, result } = yield* served(capped, { pageSize: 10, strict: true })
    expect([ids, result]).toMatchObject([letters, ended])
    for (const status of [400, 404]) {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation, times: 2, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.status(status) })
      expect(yield* read({ pageSize: 60, strict: true })).toMatchObject({ ids: { length: 120 }, result: ended })
      // Where the server counts a page, that is an error.
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.status(status) })
      expect((yield* read({ pageSize: 60, strict: true })).result).toMatchObject({ _tag: "Left" })
    }
  }).pipe(Effect.provide(session()), Effect.provide(server()))
)

describe("an item that cannot be read", () => {
  const broken = Fault.alter((answer) => ({
    ...answer,
    body: String(answer.body).replace(/<workbook id="[^"]*"/, "<workbook")
  }))

  it.effect("is left out and counted; in strict mode it is missing", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const report = { expected: 120, received: 118, duplicates: 0, malformed: 2 }
      yield* simulator.inject({ operation, times: 2, fault: broken })
      const reading = yield* Effect.cached(read({ pageSize: 50 }))
      // One for each, and none for the list.
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
      expect(strictly.result).toMatchObject({
        left: { _tag: "ListIncomplete", expected: 120, received: 118, malformed: 2 }
      })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("may be each of several pages: the list goes on behind them", () =>
    Effect.gen(function* () {
      const page = (pageNumber: number) =>
        pagination(pageNumber, 2, 8) +
        (pageNumber < 4 ? "<workbooks><workbook/><workbook/></workbooks>" : workbooks(["a", "b"]))
      const { ids, reports } = yield* served(page, { pageSize: 2 })
      expect(ids).toEqual(["a", "b"])
      expect(reports).toEqual([{ expected: 8, received: 2, duplicates: 0, malformed: 6 }])
    })
  )

  it.effect("fails the stream for who wants that", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: broken })
      const { ids, result } = yield* read({ pageSize: 50, malformedItems: "fail" })
      expect(ids).toHaveLength(50)
      expect(result).toMatchObject({ left: { _tag: "UnexpectedResponse", kind: "MalformedItem", acted: "no" } })
      yield* simulator.inject({ operation, fault: broken })
      expect(yield* Effect.flip(Workbooks.list({ malformedItems: "fail" }))).toMatchObject({
        _tag: "UnexpectedResponse"
      })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("pages ahead", () => {
  /** A reader that stands still after each item, until it is told to go on. */
  const stepping = (options: Workbooks.ListOptions) =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list(options)
      return yield* Stream.toPull(Stream.rechunk(items, options.pageSize ?? 100))
    })

  it.scoped("are asked for before the reader gets there, so many and no more, and come in order", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
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
      // The reader holds the first page; three are on the way, and no answer has come.
      yield* simulator.awaitSeen(operation, 4)
      yield* settle
      expect(yield* pages).toHaveLength(4)
      expect(names).toHaveLength(10)
      // They come; the reader has not moved, so nothing more is asked for.
      yield* latch.open
      yield* settle
      expect(yield* pages).toHaveLength(4)
      // With each page that it takes, one more.
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
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.scoped("none by default: the next page is asked for when the reader wants its items", () =>
    Effect.gen(function* () {
      const pull = yield* stepping({ pageSize: 50 })
      yield* pull
      yield* settle
      expect(yield* pages).toEqual([1])
      yield* pull
      expect(yield* pages).toEqual([1, 2])
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.scoped("stop with the reader, at once", () =>
    Effect.gen(function* () {
      const arrived = yield* Effect.makeSemaphore(0)
      const lost = yield* Effect.makeSemaphore(0)
      let asked = 0
      // Answers the first page, and no other.
      const port = yield* listening(
        Http.createServer((request, response) => {
          const page = new URL(request.url ?? "", "http://x").searchParams.get("pageNumber")
          if (page === null) response.end(signedIn)
          else if (page === "1") response.end(inside(pagination(1, 2, 100) + workbooks(["a", "b"])))
          else {
            asked += 1
            response.on("close", () => Effect.runSync(lost.release(1)))
            Effect.runSync(arrived.release(1))
          }
        })
      )
      const session = yield* TableauSession.make({
        server: `http://127.0.0.1:${port}`,
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
      // Nothing came after them: what was on its way has arrived before this has.
      yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()))
      expect(asked).toBe(3)
      // So does one who has had enough; what is ahead is on its way before the first page is given.
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

  it.scoped("fail where the reader gets to the failure, and not before", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
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
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("come through the end of the session in mid-stream, and through what passes", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.endSession })
      const { ids, result } = yield* read({ pageSize: 10, prefetchPages: 4, strict: true })
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(120)
      expect(new Set(ids).size).toBe(120)
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  const passing = {
    "a 503": Fault.status(503),
    "a connection that is reset": Fault.reset(),
    "one that is reset when the server has done it": Fault.reset({ when: "after" }),
    "half an answer": Fault.truncate(300),
    "a dead token": Fault.endSession
  }
  for (const [name, fault] of Object.entries(passing)) {
    it.effect(`come whole and in order through ${name}, while others are on their way`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const whole = (yield* read({ pageSize: 120 })).ids
        const latch = yield* Effect.makeLatch()
        yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
        yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
        yield* simulator.inject({ operation, fault })
        yield* simulator.inject({ operation, times: 2, fault: Fault.hold(latch.await) })
        const reading = yield* Effect.fork(read({ pageSize: 10, prefetchPages: 4, strict: true }))
        // The list before, the first page and four ahead; then one of them again, while three have not been answered.
        yield* simulator.awaitSeen(operation, 7)
        const asked = (yield* pages).slice(2)
        expect([...new Set(asked)].sort()).toEqual([2, 3, 4, 5])
        expect(asked).toHaveLength(5)
        yield* latch.open
        const { ids, reports, result } = yield* Fiber.join(reading)
        expect(result).toMatchObject(ended)
        expect(ids).toEqual(whole)
        expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
        expect(yield* simulator.count("signIn")).toBe(name === "a dead token" ? 2 : 1)
      }).pipe(Effect.provide(session({ retry: { schedule: Schedule.recurs(2) } })), Effect.provide(server()))
    )
  }

  it.effect("leave nothing behind in the fiber that reads them", () =>
    Effect.gen(function* () {
      const depth = Effect.map(Effect.getFiberRefs, ({ locals }) =>
        Math.max(...Array.from(locals.values(), (values) => values.length))
      )
      yield* read({ pageSize: 60 })
      const before = yield* depth
      for (const prefetchPages of [0, 3]) yield* read({ pageSize: 10, prefetchPages })
      expect(yield* depth).toBe(before)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("that are no number from 0 to 100 are refused", () =>
    Effect.gen(function* () {
      for (const prefetchPages of [-1, 1.5, 101, Number.NaN]) {
        expect(yield* Effect.flip(Workbooks.list({ prefetchPages }))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      }
      expect(yield* pages).toEqual([])
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})
