/**
 * `npm run bench -- --against DIR`: this build beside that of another checkout, which has run `npm run build`. Each batch
 * is a process; the two take turns, so that noise meets both; of each figure the least counts, as noise only adds.
 */
import { pathToFileURL } from "node:url"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { pages } from "./parts/decoding.js"
import * as Processes from "./processes.js"

interface Comparison {
  readonly title: string
  readonly program: string
  readonly environment: Processes.Environment
  readonly figure: string
}

/** Prints the least of each figure in both builds and the ratio of the two. */
export const against = (directory: string, batches: number) =>
  Effect.gen(function* () {
    const theirs = Processes.programs(pathToFileURL(`${directory}/test/bench/`), Processes.bundled)
    yield* Effect.all([Processes.compile, theirs.compile])
    const url = yield* Processes.server({ workbooks: 1000 })
    const comparisons: ReadonlyArray<Comparison> = [
      {
        title: "small call, µs of CPU",
        program: "call",
        environment: { SERVER: url, CALLS: 1500, BY: "ours" },
        figure: "perItem"
      },
      ...(yield* pages).map(({ page, size }) => ({
        title: `decoding, page of ${size}, µs of CPU per workbook`,
        program: "decode",
        environment: { PAGE: page, SECONDS: 0.5, BY: "ours" },
        figure: "perItem"
      })),
      {
        title: "import of effect-tableau, ms",
        program: "importing",
        environment: { MODULE: "effect-tableau" },
        figure: "took"
      },
      { title: "start and imports, ms", program: "signIn", environment: { SERVER: url }, figure: "imported" },
      { title: "start and sign-in, CPU, ms", program: "signIn", environment: { SERVER: url }, figure: "cpu" }
    ]
    yield* Console.log(`${"".padEnd(42)}    this   other   ratio`)
    for (const { environment, figure, program, title } of comparisons) {
      const results = yield* Processes.interleaved(
        { ours: Processes.node(program, environment), theirs: theirs.node(program, environment) },
        batches
      )
      const least = (name: "ours" | "theirs") => Processes.least(results, name, figure) ?? Number.NaN
      const [one, other] = [least("ours"), least("theirs")]
      const cells = [one, other, one / other].map((value) => value.toFixed(2).padStart(8))
      yield* Console.log(`${title.padEnd(42)}${cells.join("")}`)
    }
  }).pipe(Effect.scoped)
