/** `npm run bench`: the cost of the package beside what it is built on, beside Tableau's Python client, or beside another build. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { against as compare } from "./against.js"
import { rows, type Values } from "./bars.js"
import { calling } from "./parts/calling.js"
import { decoding } from "./parts/decoding.js"
import { listing } from "./parts/listing.js"
import { memory } from "./parts/memory.js"
import { sites } from "./parts/sites.js"
import { starting } from "./parts/starting.js"
import * as Processes from "./processes.js"
import { table } from "./tables.js"

const parts = { calling, decoding, listing, sites, starting, memory }

const options = {
  runs: Options.integer("runs").pipe(
    Options.withDefault(5),
    Options.withDescription("Runs of each program, whose median is printed; lists of 300,000 and more run once.")
  ),
  only: Options.choice("only", Object.keys(parts)).pipe(Options.repeated, Options.withDescription("Only these parts.")),
  against: Options.directory("against", { exists: "yes" }).pipe(
    Options.optional,
    Options.withDescription("Another built checkout: compares the two builds, and does nothing else.")
  ),
  batches: Options.integer("batches").pipe(
    Options.withDefault(15),
    Options.withDescription("Batches of each program with --against; the least figure counts.")
  )
}

const bench = Command.make("bench", options, ({ against, batches, only, runs }) =>
  Effect.gen(function* () {
    if (Option.isSome(against)) return yield* compare(against.value, batches)
    yield* Processes.compile
    const given: Processes.Given = { runs, python: yield* Processes.python }
    let values: Values = {}
    for (const [name, part] of Object.entries(parts)) {
      if (only.length === 0 || only.includes(name)) values = { ...values, ...(yield* part(given)) }
    }
    yield* table("Bars", ["CPU unless stated otherwise", "measured", "required", "aim", ""], rows(values))
  })
)

Command.run(bench, { name: "bench", version: "0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
