/** Prints the matrix of faults and scenarios: `npm run matrix`, or `npm run matrix -- WORD` for some scenarios. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { scenarios } from "./matrix.js"
import { runCell } from "./runMatrix.js"
import { rows } from "./table.js"

class Wrong extends Data.TaggedError("Wrong")<{ readonly cells: number }> {}

const [, , word = "", fault = ""] = process.argv

const chosen = scenarios.filter(({ name }) => name.includes(word))
const struck = rows.filter(({ name, of }) => `${of}: ${name}`.includes(fault))

const program = Effect.gen(function* () {
  let wrong = 0
  for (const row of struck) {
    const results = yield* Effect.forEach(
      chosen,
      // In a runtime of its own: fiber refs that child fibers inherit would accumulate in one runtime.
      (scenario) =>
        Effect.map(
          Effect.promise(() => Effect.runPromise(runCell(row, scenario))),
          (result) => ({ ...result, scenario })
        ),
      { concurrency: 8 }
    )
    yield* Console.log(`${row.of}: ${row.name}`)
    const ends = new Map<string, Array<string>>()
    for (const { came, scenario } of results) ends.set(came, [...(ends.get(came) ?? []), scenario.name])
    for (const [came, names] of ends) yield* Console.log(`    ${came}: ${names.join(", ")}`)
    for (const { scenario, wrong: problems } of results) {
      for (const problem of problems) yield* Console.log(`    WRONG ${scenario.name}: ${problem}`)
      if (problems.length > 0) wrong += 1
    }
  }
  const [faults, columns] = [struck.length, chosen.length]
  yield* Console.log(`matrix: ${faults} faults x ${columns} scenarios, ${faults * columns} cells, ${wrong} wrong`)
  if (wrong > 0) yield* new Wrong({ cells: wrong })
})

NodeRuntime.runMain(program, { disableErrorReporting: true, disablePrettyLogger: true })
