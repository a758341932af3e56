import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { server, session } from "../support/session.js"
import { type Bar, bars, median, medianRatio, row, rows } from "./bars.js"
import * as Processes from "./processes.js"
import * as Bare from "./programs/bare.js"

describe("bars", () => {
  it("a row has the value, both limits, and whether they hold", () => {
    const bar = { title: "a / b", required: 1.4, aim: 1 }
    const verdict = (value: number | undefined) => row(bar, value).at(-1)
    expect(row(bar, 1.4)).toEqual(["a / b", "1.40", "1.4", "1", "ok"])
    expect(verdict(1.41)).toBe("MISSED")
    expect(verdict(1)).toBe("ok, aim met")
    expect(verdict(Number.NaN)).toBe("MISSED")
    expect(row(bar, undefined)).toEqual(["a / b", "-", "1.4", "1", "not measured"])
  })

  it("a bar whose limits are minima holds above them", () => {
    const bar = { title: "a / b", required: 1.2, aim: 2, least: true }
    const verdict = (value: number) => row(bar, value).at(-1)
    expect(row(bar, 1.2)).toEqual(["a / b", "1.20", "at least 1.2", "at least 2", "ok"])
    expect(verdict(1.19)).toBe("MISSED")
    expect(verdict(2)).toBe("ok, aim met")
    expect(verdict(Number.NaN)).toBe("MISSED")
  })

  it("a bar without an aim has only a required value", () => {
    expect(row({ title: "ms", required: 50 }, 12)).toEqual(["ms", "12.00", "50", "", "ok"])
  })

  it("rows are in the order of the table, for the bars that a part measured", () => {
    expect(rows({ ahead: 5.5, call: 0.9, longList: undefined }).map(([title, value]) => [title, value])).toEqual([
      [bars.call.title, "0.90"],
      [bars.ahead.title, "5.50"],
      [bars.longList.title, "-"]
    ])
  })

  it("every aim is stricter than what is required", () => {
    for (const bar of Object.values<Bar>(bars)) {
      const { aim = bar.least ? Number.POSITIVE_INFINITY : 0, least = false, required } = bar
      expect(least ? aim > required : aim < required, bar.title).toBe(true)
    }
  })
})

describe("figures", () => {
  it("median returns the middle value, or the mean of the two middle ones", () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 6])).toBe(5.5)
    expect(median([])).toBeNaN()
  })

  it("a ratio is the median of the ratios of each run, so that a slow run changes both figures", () => {
    expect(medianRatio([10, 100, 12], [20, 200, 20])).toBe(0.5)
    expect(medianRatio([1, 2], [1])).toBeNaN()
  })

  it("a program's figure is the median of its runs, and of each run the median of its batches", () => {
    const results = new Map([
      ["ours", [[2, 4, 90], [3, 3, 3], [8]].map((batches) => batches.map((perItem) => ({ perItem })))],
      ["theirs", [[8], [3], [4]].map((batches) => batches.map((perItem) => ({ perItem })))]
    ])
    expect(Processes.figure(results, "ours", "perItem")).toBe(4)
    expect(Processes.least(results, "ours", "perItem")).toBe(2)
    expect(Processes.ratio(results, "ours", "theirs", "perItem")).toBe(1)
    expect(Processes.figure(results, "ours", "absent")).toBeNaN()
    expect(Processes.figure(results, "python", "perItem")).toBeUndefined()
    expect(Processes.least(results, "python", "perItem")).toBeUndefined()
    expect(Processes.ratio(results, "ours", "python", "perItem")).toBeUndefined()
  })

  it.effect("a program that read too little, or read something else, spoils the measurement", () =>
    Effect.gen(function* () {
      const results = (...facts: ReadonlyArray<{ readonly items: number; readonly sum: number }>) =>
        new Map(facts.map((fact, index) => [`program ${index}`, [[fact]]]))
      const one = { items: 10, sum: 5 }
      yield* Processes.expectItems(results(one, one), 10)
      for (const other of [
        { ...one, items: 9 },
        { ...one, sum: 6 }
      ]) {
        const error = yield* Effect.flip(Processes.expectItems(results(one, other), 10))
        expect(error.message).toContain("program 1 read")
      }
      // The third program did not count, and the others are right.
      const error = yield* Effect.flip(Processes.expectItems(results(one, one, { ...one, items: 0 }), 10))
      expect(error.message).toContain("program 2 read 0 of 10")
    })
  )
})

describe("the bare loop", () => {
  for (const prefetchPages of [0, 3]) {
    it.effect(`the bare loop reads the same workbooks as the package, with ${prefetchPages} prefetched pages`, () =>
      Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 25 })
        const ours = Chunk.map(yield* Stream.runCollect(items), (workbook) => ({
          ...workbook,
          createdAt: workbook.createdAt && DateTime.toDate(workbook.createdAt),
          updatedAt: workbook.updatedAt && DateTime.toDate(workbook.updatedAt)
        }))
        const { url } = yield* Simulator
        const theirs = yield* Effect.promise(async () => {
          const session = await Bare.signIn(url)
          const workbooks: Array<Bare.Workbook> = []
          for await (const page of Bare.list(url, session, 25, prefetchPages)) workbooks.push(...page)
          await Bare.signOut(url, session)
          return workbooks
        })
        expect(ours).toHaveLength(120)
        expect(theirs).toEqual([...ours])
      }).pipe(Effect.provide(session()), Effect.provide(server()))
    )
  }
})
