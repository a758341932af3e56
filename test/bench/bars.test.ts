import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { server, session } from "../support/session.js"
import { line, median } from "./bars.js"
import * as Bare from "./programs/bare.js"

describe("bars", () => {
  it("a bar prints its value, its limit and whether it holds", () => {
    expect(line({ name: "a/b", limit: 1.4, value: 1.4 })).toBe("bar a/b: 1.40 (limit 1.4) ok")
    expect(line({ name: "a/b", limit: 1.4, value: 1.41 })).toBe("bar a/b: 1.41 (limit 1.4) MISSED")
    expect(line({ name: "a/b", limit: 5, least: true, value: 4.99 })).toBe("bar a/b: 4.99 (limit at least 5) MISSED")
    expect(line({ name: "a/b", limit: 5, least: true, value: 6 })).toBe("bar a/b: 6.00 (limit at least 5) ok")
    expect(line({ name: "a/b", limit: 0.3, value: undefined })).toBe("bar a/b: - (limit 0.3) not measured")
    expect(line({ name: "a/b", limit: 0.3, value: Number.NaN })).toMatch(/MISSED$/)
    expect(line({ name: "a/b", limit: 5, least: true, value: Number.NaN })).toMatch(/MISSED$/)
  })

  it("median returns the middle value, or the mean of the two middle ones", () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 6])).toBe(5.5)
    expect(median([])).toBeNaN()
  })
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
