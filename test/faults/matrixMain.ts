/**
 * Prints the matrix of faults and scenarios: `npm run matrix`, or `npm run matrix -- WORD` for some scenarios. Each core has a
 * process of its own, which runs a part of the faults.
 */
import { availableParallelism } from "node:os"
import * as Command from "@effect/platform/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { scenarios } from "./matrix.js"
import { runCell } from "./runMatrix.js"
import { type Row, rows } from "./table.js"

class Wrong extends Data.TaggedError("Wrong")<{ readonly cells: number }> {}

const [, program = "", word = "", fault = "", part] = process.argv

const chosen = scenarios.filter(({ name }) => name.includes(word))
const struck = rows.filter(({ name, of }) => `${of}: ${name}`.includes(fault))

/** The outcome of a fault in all scenarios, as a line of a part's output. */
const Report = Schema.parseJson(Schema.Struct({ lines: Schema.Array(Schema.String), wrong: Schema.Number }))

const report = (row: Row) =>
  Effect.gen(function* () {
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
    const ends = new Map<string, Array<string>>()
    for (const { came, scenario } of results) ends.set(came, [...(ends.get(came) ?? []), scenario.name])
    return {
      lines: [
        `${row.of}: ${row.name}`,
        ...[...ends].map(([came, names]) => `    ${came}: ${names.join(", ")}`),
        ...results.flatMap(({ scenario, wrong }) => wrong.map((problem) => `    WRONG ${scenario.name}: ${problem}`))
      ],
      wrong: results.filter(({ wrong }) => wrong.length > 0).length
    }
  })

/** Every so many faults, from the one with this index. */
const runPart = (index: number, parts: number) =>
  Effect.forEach(
    struck.filter((_, fault) => fault % parts === index),
    (row) => Effect.flatMap(Effect.flatMap(report(row), Schema.encode(Report)), Console.log),
    { discard: true }
  )

/** Runs a part in another process and prints it. Returns the number of wrong cells. */
const startPart = (index: number, parts: number) =>
  Command.make(process.execPath, ...process.execArgv, program, word, fault, `${index}/${parts}`).pipe(
    Command.stderr("inherit"),
    Command.streamLines,
    Stream.mapEffect(Schema.decode(Report)),
    Stream.tap(({ lines }) => Console.log(lines.join("\n"))),
    Stream.runFold({ faults: 0, wrong: 0 }, (sum, { wrong }) => ({ faults: sum.faults + 1, wrong: sum.wrong + wrong }))
  )

const all = Effect.gen(function* () {
  const parts = Math.min(availableParallelism(), struck.length)
  const sums = yield* Effect.forEach(Array.from({ length: parts }), (_, index) => startPart(index, parts), {
    concurrency: "unbounded"
  })
  const faults = sums.reduce((sum, part) => sum + part.faults, 0)
  const wrong = sums.reduce((sum, part) => sum + part.wrong, 0)
  const columns = chosen.length
  yield* Console.log(`matrix: ${faults} faults x ${columns} scenarios, ${faults * columns} cells, ${wrong} wrong`)
  // A part that ended early has not run all of its faults.
  const missing = (struck.length - faults) * columns
  if (wrong + missing > 0) yield* new Wrong({ cells: wrong + missing })
})

const [index = 0, parts = 0] = part?.split("/").map(Number) ?? []

const main = Effect.tapError(parts === 0 ? Effect.provide(all, NodeContext.layer) : runPart(index, parts), (error) =>
  // The wrong cells have been printed.
  error._tag === "Wrong" ? Effect.void : Console.error(String(error))
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  disablePrettyLogger: true
})
