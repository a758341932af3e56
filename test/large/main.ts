/**
 * `npm run test:large`: a file of 2 GiB is published and downloaded over loopback. Fails if the bytes differ. Prints what
 * that needed, beside curl and Tableau's Python client: a bar that is missed is no failure, because other programs on the
 * machine change the figures.
 */
import { fileURLToPath } from "node:url"
import * as Cli from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Bar, quotient, row } from "../bench/bars.js"
import * as Processes from "../bench/processes.js"
import { table } from "../bench/tables.js"
import * as Curl from "./curl.js"
import { generate } from "./generated.js"

const programs = Processes.programs(new URL("./", import.meta.url), [])

const MiB = 1024 * 1024

/** The default of the package. */
const block = 16 * MiB
const parallel = 4

/** Sequential and parallel blocks on a server that is far away: milliseconds and bytes. */
const far = { delay: 200, block: 4 * MiB, parallel: 8, size: 128 * MiB }

const bars = {
  sequential: { title: "peak over an idle session, sequential blocks of 16 MiB, MB", required: 60 },
  download: { title: "the same, download, MB", required: 60 },
  parallel: { title: `the same, ${parallel} blocks at a time, MB`, required: 60 + (parallel * block) / MiB },
  cpu: { title: "CPU from the first byte to the last / curl", required: 1.5 },
  far: {
    title: `sequential / ${far.parallel} blocks of 4 MiB at a time, at 200 ms, wall time`,
    required: 3,
    least: true
  }
} as const satisfies Readonly<Record<string, Bar>>

/** A simulator in its own process until the scope ends. It keeps uploads in the folder. */
const simulator = (folder: string) => {
  const main = fileURLToPath(new URL("../../packages/simulator/dist/main.js", import.meta.url))
  return Processes.listening(Command.env(Command.make("node", main, "--port", "0"), { TMPDIR: folder }))
}

/** The server by a longer way. */
const distant = (server: string) =>
  Processes.listening(Processes.commandOf(programs.node("distance", { UPSTREAM: server, DELAY: far.delay })))

/** Publishes a file, and downloads it if its hash is given. */
const client = (server: string, file: string, environment: Processes.Environment = {}) =>
  Processes.run(programs.node("client", { SERVER: server, FILE: file, BLOCK: block, CONCURRENCY: 1, ...environment }))

const seconds = (milliseconds: number | undefined): number | undefined => quotient(milliseconds, 1000)

const over = (most: number | undefined, idle: number | undefined): number => (most ?? Number.NaN) - (idle ?? Number.NaN)

/** The file by all programs on a server nearby, one after the other. */
const near = (folder: string, size: number) =>
  Effect.gen(function* () {
    const python = yield* programs.python
    const hasCurl = yield* Curl.isInstalled
    const file = `${folder}/large.hyper`
    const [took, sha256] = yield* Effect.timed(generate(file, size))
    yield* Console.log(`${size / MiB} MiB, generated in ${Duration.toSeconds(took).toFixed(1)} s, SHA-256 ${sha256}`)
    const server = yield* simulator(folder)
    const ours = yield* client(server, file, { SHA256: sha256 })
    if (ours["same"] !== 1) {
      return yield* new Processes.Spoilt({
        message: `The ${ours["bytes"]} downloaded bytes are not those of the file.`
      })
    }
    yield* Console.log("downloaded: the same SHA-256")
    const curl = hasCurl ? yield* Curl.send({ server, folder, file, size, block }) : undefined
    const atOnce = yield* client(server, file, { CONCURRENCY: parallel })
    const theirs =
      python === undefined ? undefined : yield* Processes.run(python("publish", { SERVER: server, FILE: file }))
    if (!hasCurl) yield* Console.log("curl was not found: CPU is not compared")
    if (theirs === undefined)
      yield* Console.log("BENCH_PYTHON names no Python with Tableau's client: it was not measured")
    yield* table(
      `${size / MiB} MiB, one run`,
      ["", "wall s", "CPU s", "idle MB", "peak MB", "more MB"],
      [
        ["publish, sequential blocks", ours["took"], ours["cpu"], ours["idle"], ours["published"]] as const,
        ["and download", ours["downloadTook"], undefined, ours["idle"], ours["downloaded"]] as const,
        [
          `publish, ${parallel} blocks at a time`,
          atOnce["took"],
          atOnce["cpu"],
          atOnce["idle"],
          atOnce["published"]
        ] as const,
        ["curl, sequential blocks", curl?.took, curl?.cpu, undefined, undefined] as const,
        ["Python", theirs?.["took"], theirs?.["cpu"], theirs?.["idle"], theirs?.["published"]] as const
      ].map(([title, took, cpu, idle, peak]) => [
        title,
        seconds(took),
        seconds(cpu),
        idle,
        peak,
        idle === undefined ? undefined : over(peak, idle)
      ])
    )
    return {
      sequential: over(ours["published"], ours["idle"]),
      download: over(ours["downloaded"], ours["idle"]),
      parallel: over(atOnce["published"], atOnce["idle"]),
      cpu: quotient(ours["cpu"], curl?.cpu)
    }
  })

/** Blocks one after the other, and several at a time, on a server far away. */
const away = (folder: string) =>
  Effect.gen(function* () {
    const file = `${folder}/small.hyper`
    yield* generate(file, far.size)
    const server = yield* distant(yield* simulator(folder))
    const sequential = yield* client(server, file, { BLOCK: far.block })
    const atOnce = yield* client(server, file, { BLOCK: far.block, CONCURRENCY: far.parallel })
    yield* table(
      `${far.size / MiB} MiB in blocks of 4 MiB at ${far.delay} ms`,
      ["", "wall s", "MB/s"],
      [
        ["sequential", seconds(sequential["took"])] as const,
        [`${far.parallel} at a time`, seconds(atOnce["took"])] as const
      ].map(([title, took]) => [title, took, quotient(far.size / MiB, took)])
    )
    return quotient(sequential["took"], atOnce["took"])
  })

/** Runs with a folder for all files, which is removed at the end. */
const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    // Not where the system keeps temporary files, which can be memory.
    return yield* use(yield* files.makeTempDirectoryScoped({ directory: programs.compiled }))
  }).pipe(Effect.scoped)

const options = {
  size: Options.integer("size").pipe(
    Options.withDefault(2048),
    Options.withDescription("The size of the file in MiB. The bars are about the default.")
  )
}

const large = Cli.make("large", options, ({ size }) =>
  Effect.gen(function* () {
    yield* programs.compile
    const values = {
      ...(yield* inFolder((folder) => near(folder, size * MiB))),
      far: yield* inFolder(away)
    }
    const rows = [
      row(bars.sequential, values.sequential),
      row(bars.download, values.download),
      row(bars.parallel, values.parallel),
      row(bars.cpu, values.cpu),
      row(bars.far, values.far)
    ]
    yield* table("Bars", ["", "measured", "required", "aim", ""], rows)
  })
)

Cli.run(large, { name: "large", version: "0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
