/** Whole programs that list 10,000 workbooks, 100 a page. */
import * as Effect from "effect/Effect"
import { quotient, type Values } from "../bars.js"
import * as Processes from "../processes.js"
import { table } from "../tables.js"

const workbooks = 10_000

const titles = {
  ours: "effect-tableau",
  ahead: "  eight pages ahead",
  bundled: "  as a bundle",
  platform: "HttpClient and the bare loop",
  bare: "bare loop",
  bareAhead: "bare loop, eight pages ahead",
  python: "Python"
}

const print = <Name extends keyof typeof titles>(
  title: string,
  results: Processes.Results<Name>,
  names: ReadonlyArray<Name>,
  to: Name
) => {
  const seconds = (millis: number | undefined) => quotient(millis, 1000)
  return table(
    title,
    ["", "CPU s", "least", `/ ${titles[to]}`, "wall s", "of it the list", "MB"],
    names.map((name) => [
      titles[name],
      seconds(Processes.figure(results, name, "cpu")),
      seconds(Processes.least(results, name, "cpu")),
      Processes.ratio(results, name, to, "cpu"),
      seconds(Processes.figure(results, name, "wall")),
      seconds(Processes.figure(results, name, "took")),
      Processes.figure(results, name, "rss")
    ])
  )
}

const atOnce = ({ python, runs }: Processes.Given) =>
  Effect.gen(function* () {
    const given = { SERVER: yield* Processes.server({ workbooks }), PAGE_SIZE: 100, PAGES_AHEAD: 0 }
    const results = yield* Processes.interleaved(
      {
        ours: Processes.node("list", given),
        bare: Processes.node("bareList", given),
        bundled: Processes.node("bundled/list", given),
        platform: Processes.node("platformList", given),
        python: python?.("list", given)
      },
      runs
    )
    yield* Processes.expectItems(results, workbooks)
    const names = ["ours", "bundled", "platform", "bare", "python"] as const
    yield* print("10,000 workbooks at 0 ms, the whole program", results, names, "bare")
    return {
      programBare: Processes.ratio(results, "ours", "bare", "cpu"),
      bundleBare: Processes.ratio(results, "bundled", "bare", "cpu"),
      programPython: Processes.ratio(results, "ours", "python", "cpu"),
      bundlePython: Processes.ratio(results, "bundled", "python", "cpu")
    }
  }).pipe(Effect.scoped)

const afar = ({ python, runs }: Processes.Given) =>
  Effect.gen(function* () {
    const given = { SERVER: yield* Processes.server({ workbooks, latency: 50 }), PAGE_SIZE: 100, PAGES_AHEAD: 0 }
    const results = yield* Processes.interleaved(
      {
        ours: Processes.node("list", given),
        ahead: Processes.node("list", { ...given, PAGES_AHEAD: 8 }),
        bareAhead: Processes.node("bareList", { ...given, PAGES_AHEAD: 8 }),
        // It cannot prefetch pages.
        python: python?.("list", given)
      },
      runs
    )
    yield* Processes.expectItems(results, workbooks)
    const names = ["ours", "ahead", "bareAhead", "python"] as const
    yield* print("10,000 workbooks, each response after 50 ms, the whole program", results, names, "bareAhead")
    return {
      aheadPython: Processes.ratio(results, "ahead", "python", "wall"),
      // Of the list itself: prefetching does not make a program start sooner.
      ahead: Processes.ratio(results, "ours", "ahead", "took")
    }
  }).pipe(Effect.scoped)

export const listing = (given: Processes.Given) =>
  Effect.gen(function* () {
    const values: Values = { ...(yield* atOnce(given)), ...(yield* afar(given)) }
    return values
  })
