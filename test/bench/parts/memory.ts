/** Long lists, 1000 a page: CPU for each workbook, and memory, which must not grow with the number of workbooks. */
import * as Effect from "effect/Effect"
import { quotient, type Values } from "../bars.js"
import * as Processes from "../processes.js"
import { table } from "../tables.js"

const paged = { PAGE_SIZE: 1000, PAGES_AHEAD: 0 }

const longList = ({ python }: Processes.Given) =>
  Effect.gen(function* () {
    const workbooks = 300_000
    const given = { SERVER: yield* Processes.server({ workbooks }), ...paged }
    const results = yield* Processes.interleaved(
      {
        ours: Processes.node("list", given),
        bare: Processes.node("bareList", given),
        platform: Processes.node("platformList", given),
        python: python?.("list", given)
      },
      1
    )
    yield* Processes.expectItems(results, workbooks)
    const programs = [
      ["effect-tableau", "ours"],
      ["HttpClient and the bare loop", "platform"],
      ["bare loop", "bare"],
      ["Python", "python"]
    ] as const
    yield* table(
      "300,000 workbooks, one run",
      ["", "CPU s", "/ bare loop", "wall s", "MB"],
      programs.map(([title, name]) => [
        title,
        quotient(Processes.figure(results, name, "listCpu"), 1000),
        Processes.ratio(results, name, "bare", "listCpu"),
        quotient(Processes.figure(results, name, "took"), 1000),
        Processes.figure(results, name, "rss")
      ])
    )
    return { longList: Processes.ratio(results, "ours", "python", "listCpu") }
  }).pipe(Effect.scoped)

/** V8 lets garbage grow to some multiple of what is alive before it collects it, unless there is a limit. */
const limit = "--max-old-space-size=96"

const flat = ({ runs }: Processes.Given) =>
  Effect.gen(function* () {
    const measured = yield* Effect.forEach([10_000, 1_000_000], (workbooks) =>
      Effect.scoped(
        Effect.gen(function* () {
          const given = { SERVER: yield* Processes.server({ workbooks }), ...paged }
          const results = yield* Processes.interleaved(
            {
              ours: Processes.node("list", given, [limit]),
              bare: Processes.node("bareList", given, [limit]),
              collected: Processes.node("watched", { ...given, COLLECT_EVERY: workbooks / 10 - 500 }, [
                limit,
                "--expose-gc"
              ])
            },
            workbooks === 10_000 ? runs : 1
          )
          yield* Processes.expectItems(results, workbooks)
          return { workbooks, results }
        })
      )
    )
    yield* table(
      `Memory with ${limit}: MB`,
      ["workbooks", "peak", "bare loop", "live heap", "most", "CPU s", "wall s"],
      measured.map(({ results, workbooks }) => [
        `${workbooks}`,
        Processes.figure(results, "ours", "rss"),
        Processes.figure(results, "bare", "rss"),
        Processes.figure(results, "collected", "heap"),
        Processes.figure(results, "collected", "mostHeap"),
        quotient(Processes.figure(results, "ours", "listCpu"), 1000),
        quotient(Processes.figure(results, "ours", "took"), 1000)
      ])
    )
    const growth = (name: "ours" | "collected", of: string) => {
      const [few, many] = measured.map(({ results }) => Processes.figure(results, name, of))
      return quotient(many, few)
    }
    return { peak: growth("ours", "rss"), liveHeap: growth("collected", "heap") }
  })

export const memory = (given: Processes.Given) =>
  Effect.gen(function* () {
    const values: Values = { ...(yield* longList(given)), ...(yield* flat(given)) }
    return values
  })
