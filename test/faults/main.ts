/** Prints the table of faults: `npm run faults`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as TestContext from "effect/TestContext"
import type { Result } from "./cell.js"
import { runCell } from "./runCell.js"
import { columns, rows } from "./table.js"

class Wrong extends Data.TaggedError("Wrong")<{ readonly cells: number }> {}

/** A cell that does not end is wrong. */
const timeout = "60 seconds"

const line = (cells: ReadonlyArray<string>, widths: ReadonlyArray<number>) =>
  cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("  ")
    .trimEnd()

const nameWidth = Math.max(...rows.map(({ name, of }) => of.length + name.length + 2))
const widths = [nameWidth, 34, 34, 34]

const program = Effect.gen(function* () {
  yield* Console.log(line(["", "sign-in", "list", "write", "sign-out"], widths))
  let wrong = 0
  for (const row of rows) {
    const results = yield* Effect.forEach(
      columns,
      (column) =>
        runCell(row, column).pipe(
          Effect.provide(TestContext.TestContext),
          Effect.disconnect,
          Effect.timeoutTo({
            duration: timeout,
            onSuccess: (result): Result => result,
            onTimeout: (): Result => ({ came: "no end", wrong: ["it did not end"] })
          })
        ),
      { concurrency: "unbounded" }
    )
    const cells = results.map(({ came, wrong }) => (wrong.length === 0 ? came : `WRONG ${came}`))
    yield* Console.log(line([`${row.of}: ${row.name}`, ...cells], widths))
    for (const [index, result] of results.entries()) {
      for (const problem of result.wrong) yield* Console.log(`    ${columns[index]}: ${problem}`)
      if (result.wrong.length > 0) wrong += 1
    }
  }
  yield* Console.log(`faults: ${rows.length * columns.length} cells, ${wrong} wrong`)
  if (wrong > 0) yield* new Wrong({ cells: wrong })
})

NodeRuntime.runMain(program, { disableErrorReporting: true, disablePrettyLogger: true })
