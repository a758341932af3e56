/** From the bytes of a response to models: beside the bare loop and Python. Then how long a large response blocks others. */
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { largest, type Values } from "../bars.js"
import * as Processes from "../processes.js"
import { get, signIn, signOut } from "../programs/bare.js"
import { table } from "../tables.js"

/** Files with pages of workbooks, by their number of workbooks. */
export const pages = Effect.gen(function* () {
  const url = yield* Processes.server({ workbooks: 1000 })
  const folder = mkdtempSync(join(tmpdir(), "bench-"))
  return yield* Effect.promise(async () => {
    const session = await signIn(url)
    const files: Array<{ readonly size: number; readonly page: string }> = []
    for (const size of [10, 100, 1000]) {
      const page = join(folder, `${size}.xml`)
      writeFileSync(page, await get(url, session, `/workbooks?pageSize=${size}`))
      files.push({ size, page })
    }
    await signOut(url, session)
    return files
  })
})

const bytesToModel = ({ python, runs }: Processes.Given) =>
  Effect.gen(function* () {
    const measured = yield* Effect.forEach(yield* pages, ({ page, size }) =>
      Effect.gen(function* () {
        const given = { PAGE: page, SECONDS: 0.2 }
        const results = yield* Processes.alternating(
          {
            ours: Processes.node("decode", { ...given, BY: "ours" }),
            bare: Processes.node("decode", { ...given, BY: "bare" }),
            python: python?.("decode", given)
          },
          runs,
          5
        )
        yield* Processes.expectItems(results, size)
        return { size, results }
      })
    )
    yield* table(
      "Bytes to model, warm: microseconds of CPU for a workbook",
      ["page", "effect-tableau", "least", "bare loop", "least", "ratio", "Python", "ratio"],
      measured.map(({ results, size }) => [
        `${size}`,
        Processes.figure(results, "ours", "perItem"),
        Processes.least(results, "ours", "perItem"),
        Processes.figure(results, "bare", "perItem"),
        Processes.least(results, "bare", "perItem"),
        Processes.ratio(results, "ours", "bare", "perItem"),
        Processes.figure(results, "python", "perItem"),
        Processes.ratio(results, "ours", "python", "perItem")
      ])
    )
    const worst = (to: "bare" | "python") =>
      largest(measured.map(({ results }) => Processes.ratio(results, "ours", to, "perItem")))
    return { decodeBare: worst("bare"), decodePython: worst("python") }
  })

const blocking = ({ runs }: Processes.Given) =>
  Effect.gen(function* () {
    const workbooks = 1000
    const given = { SERVER: yield* Processes.server({ workbooks, tags: 850 }), PAGE_SIZE: workbooks, PAGES_AHEAD: 0 }
    const results = yield* Processes.interleaved(
      { ours: Processes.node("watched", { ...given, COLLECT_EVERY: 0 }) },
      runs
    )
    yield* Processes.expectItems(results, workbooks)
    const [wall, used] = ["block", "blockCpu"] as const
    yield* table(
      "Longest block of the event loop while a response of 30 MB is received and decoded: milliseconds",
      ["", "median", "least"],
      [
        ["wall", Processes.figure(results, "ours", wall), Processes.least(results, "ours", wall)],
        ["CPU of all threads", Processes.figure(results, "ours", used), Processes.least(results, "ours", used)]
      ]
    )
    return { block: Processes.figure(results, "ours", wall) }
  })

export const decoding = (given: Processes.Given) =>
  Effect.gen(function* () {
    const values: Values = { ...(yield* bytesToModel(given)), ...(yield* blocking(given)) }
    return values
  }).pipe(Effect.scoped)
