/** The processes of a benchmark: the server, and the programs that are measured, each for itself. */
import { readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { buildSync } from "esbuild"
import { median } from "./bars.js"

/** A figure that nobody should see: what was measured is not what was meant. */
export class Spoilt extends Data.TaggedError("Spoilt")<{ readonly message: string }> {}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const compiled = here("../.generated/bench/")

/** What is measured runs as plain JavaScript on the packages as they are published: `npm run build` was before. */
export const compile = Effect.sync(() => {
  const programs = readdirSync(here("programs")).filter((name) => name.endsWith(".ts"))
  buildSync({
    entryPoints: programs.map((name) => here(`programs/${name}`)),
    outdir: compiled,
    format: "esm",
    platform: "node"
  })
  // As programs are that were packed into one file, by which Node starts faster.
  buildSync({
    entryPoints: ["list", "signIn"].map((name) => `${compiled}${name}.js`),
    outdir: `${compiled}bundled`,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    // What of it is CommonJS asks for Node's own modules by this.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
  })
})

/** A module that imports others, and does nothing else. */
export const module = (name: string, imports: ReadonlyArray<string>): string => {
  const file = `${compiled}${name}.js`
  writeFileSync(file, imports.map((name) => `import "${name}"\n`).join(""))
  return file
}

/** The address of a simulator in a process of its own, until the scope ends. */
export const server = (options: { readonly workbooks: number; readonly latency?: number }) =>
  Effect.gen(function* () {
    const main = here("../../packages/simulator/dist/main.js")
    const flags = ["--port", "0", "--workbooks", `${options.workbooks}`, "--latency", `${options.latency ?? 0}`]
    const { stdout } = yield* Command.start(Command.make("node", main, ...flags).pipe(Command.stderr("inherit")))
    const line = yield* stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.startsWith("listening on ")),
      Stream.runHead
    )
    if (Option.isNone(line)) return yield* new Spoilt({ message: "The simulator did not start." })
    return line.value.slice("listening on ".length)
  })

export type Environment = Readonly<Record<string, string | number>>

export interface Program {
  readonly command: ReadonlyArray<string>
  readonly environment: Environment
}

export const node = (name: string, environment: Environment): Program => ({
  command: ["node", `${compiled}${name}.js`],
  environment
})

/** The command that runs a Python with Tableau's client, if there is one. */
export const python = Effect.gen(function* () {
  const command = (process.env["BENCH_PYTHON"] ?? "").split(" ").filter((word) => word !== "")
  const [name, ...flags] = command
  if (name === undefined) return undefined
  const imported = yield* Effect.option(
    Command.exitCode(Command.make(name, ...flags, "-c", "import tableauserverclient"))
  )
  return Option.exists(imported, (code) => code === 0)
    ? (program: string, environment: Environment): Program => ({
        command: [...command, here(`programs/${program}.py`)],
        environment
      })
    : undefined
})

export type Python = Effect.Effect.Success<typeof python>

const Facts = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Number }))

/** What a program tells of itself in its last line, and how long it took as `wall`, in milliseconds. */
export type Facts = Readonly<Record<string, number>>

const run = ({ command, environment }: Program): Effect.Effect<Facts, Spoilt, CommandExecutor> =>
  Effect.gen(function* () {
    const [name = "", ...flags] = command
    const texts = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
    const [took, output] = yield* Command.make(name, ...flags).pipe(
      Command.env(texts),
      Command.stderr("inherit"),
      Command.lines,
      Effect.timed
    )
    const last = output.filter((line) => line !== "").at(-1) ?? ""
    const facts = yield* Schema.decode(Facts)(last)
    return { ...facts, wall: Duration.toMillis(took) }
  }).pipe(
    Effect.mapError((error) => new Spoilt({ message: `${command.join(" ")} was not measured: ${error.message}` }))
  )

/** What programs told of themselves, by their names. */
export type Results = ReadonlyMap<string, ReadonlyArray<Facts>>

/** Runs them in turn, again and again, so that noise meets all of them; those that are not there are left out. */
export const interleaved = (
  programs: Readonly<Record<string, Program | undefined>>,
  runs: number
): Effect.Effect<Results, Spoilt, CommandExecutor> =>
  Effect.gen(function* () {
    const results = new Map<string, Array<Facts>>()
    for (let round = 0; round < runs; round += 1) {
      for (const [name, program] of Object.entries(programs)) {
        if (program === undefined) continue
        results.set(name, [...(results.get(name) ?? []), yield* run(program)])
      }
    }
    return results
  })

/** Whoever read less than is there, or read it otherwise than the others, was not measured but wrong. */
export const expectItems = (results: Results, items: number): Effect.Effect<void, Spoilt> => {
  const all = [...results].flatMap(([name, facts]) => facts.map(({ items, sum }) => ({ items, name, sum })))
  const odd = all.find((one) => one.items !== items || one.sum !== all[0]?.sum)
  if (odd === undefined) return Effect.void
  const message = `${odd.name} read ${odd.items} of ${items}, with the sum ${odd.sum} where it is ${all[0]?.sum}.`
  return new Spoilt({ message })
}

/** The median of one figure, if the program was there. */
export const figure = (results: Results, name: string, of: string): number | undefined => {
  const values = results.get(name)?.map((facts) => facts[of] ?? Number.NaN)
  return values === undefined ? undefined : median(values)
}
