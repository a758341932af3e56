/** Lists of two sites with one token, at once and one after the other: how often the session switches, and what that costs. */
import * as Effect from "effect/Effect"
import { quotient, type Values } from "../bars.js"
import * as Processes from "../processes.js"
import { table } from "../tables.js"

const pageSize = 10
const workbooks = 37 * pageSize

export const sites = ({ runs }: Processes.Given) =>
  Effect.gen(function* () {
    const given = { SERVER: yield* Processes.server({ workbooks, latency: 100 }), PAGE_SIZE: pageSize }
    const results = yield* Processes.interleaved(
      {
        together: Processes.node("sites", { ...given, CONCURRENCY: 2 }),
        inTurn: Processes.node("sites", { ...given, CONCURRENCY: 1 })
      },
      // Nearly all of it is latency, which does not vary.
      Math.min(runs, 2)
    )
    yield* Processes.expectItems(results, 2 * workbooks)
    const programs = [
      ["at once", "together"],
      ["one after the other", "inTurn"]
    ] as const
    yield* table(
      "Two sites of 37 pages with one token, each response after 100 ms",
      ["", "wall s", "switches", "CPU ms"],
      programs.map(([title, name]) => [
        title,
        quotient(Processes.figure(results, name, "took"), 1000),
        Processes.figure(results, name, "switches"),
        Processes.figure(results, name, "listCpu")
      ])
    )
    const values: Values = { sites: Processes.ratio(results, "together", "inTurn", "took") }
    return values
  }).pipe(Effect.scoped)
