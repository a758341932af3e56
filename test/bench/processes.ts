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

/** The measurement is invalid: a program failed, or did not do what the others did. */
export class Spoilt extends Data.TaggedError("Spoilt")<{ readonly message: string }> {}

/** The programs of one checkout, by the folder of its benchmarks. */
export const programs = (folder: URL) => {
  const here = (path: string): string => fileURLToPath(new URL(path, folder))
  const compiled = here("../.generated/bench/")
  /** Compiles the programs. They run as JavaScript on the packages as they are published: run `npm run build` before. */
  const compile = Effect.sync(() => {
    const files = readdirSync(here("programs")).filter((name) => name.endsWith(".ts"))
    buildSync({
      entryPoints: files.map((name) => here(`programs/${name}`)),
      outdir: compiled,
      format: "esm",
      platform: "node"
    })
    // The same as one file, which Node starts faster.
    buildSync({
      entryPoints: ["list", "signIn"].map((name) => `${compiled}${name}.js`),
      outdir: `${compiled}bundled`,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "node",
      // CommonJS modules in the bundle require Node's own modules.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
    })
  })
  const node = (name: string, environment: Environment): Program => ({
    command: ["node", `${compiled}${name}.js`],
    environment
  })
  return { compile, compiled, here, node }
}

const { compile, compiled, here, node } = programs(new URL("./", import.meta.url))

export { compile, node }

/** Writes a module that only imports others. */
export const module = (name: string, imports: ReadonlyArray<string>): string => {
  const file = `${compiled}${name}.js`
  writeFileSync(file, imports.map((name) => `import "${name}"\n`).join(""))
  return file
}

/** Starts a simulator in its own process, until the scope ends; returns its URL. */
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

/** The figures that a program prints in its last line, and its duration as `wall` in milliseconds. */
type Facts = Readonly<Record<string, number>>

const run = ({ command, environment }: Program): Effect.Effect<Facts, Spoilt, CommandExecutor> =>
  Effect.gen(function* () {
    const [name = "", ...flags] = command
    const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
    const [took, output] = yield* Command.make(name, ...flags).pipe(
      Command.env(variables),
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

/** The figures of each program, by its name. */
export type Results = ReadonlyMap<string, ReadonlyArray<Facts>>

/** Runs the programs in turn, so that noise meets all of them. Undefined programs are left out. */
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

/** Fails if a program read fewer items, or read them differently from the others. */
export const expectItems = (results: Results, items: number): Effect.Effect<void, Spoilt> => {
  const all = [...results].flatMap(([name, facts]) => facts.map(({ items, sum }) => ({ items, name, sum })))
  const wrong = all.find((one) => one.items !== items || one.sum !== all[0]?.sum)
  if (wrong === undefined) return Effect.void
  const message = `${wrong.name} read ${wrong.items} of ${items}, with the sum ${wrong.sum} where it is ${all[0]?.sum}.`
  return new Spoilt({ message })
}

/** The median of one figure, if the program ran. */
export const figure = (results: Results, name: string, of: string): number | undefined => {
  const values = results.get(name)?.map((facts) => facts[of] ?? Number.NaN)
  return values === undefined ? undefined : median(values)
}
