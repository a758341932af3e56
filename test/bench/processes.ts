/** The processes of a benchmark: the server, and the programs that are measured, each for itself. */
import { readdirSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { buildSync } from "esbuild"
import { median, medianRatio } from "./bars.js"

/** The measurement is invalid: a program failed, or did not do what the others did. */
export class Spoilt extends Data.TaggedError("Spoilt")<{ readonly message: string }> {}

/** The programs of a folder, such as the benchmarks of another checkout; `bundled` ones also as one file. */
export const programs = (folder: URL, bundled: ReadonlyArray<string>) => {
  const here = (path: string): string => fileURLToPath(new URL(path, folder))
  const compiled = here(`../.generated/${basename(here("."))}/`)
  /** Compiles the programs. They run as JavaScript on the packages as they are published: run `npm run build` before. */
  const compile = Effect.sync(() => {
    const files = readdirSync(here("programs")).filter((name) => name.endsWith(".ts"))
    buildSync({
      entryPoints: files.map((name) => here(`programs/${name}`)),
      outdir: compiled,
      bundle: true,
      packages: "external",
      // Without its paths, which lead to the sources of the packages.
      tsconfigRaw: {},
      format: "esm",
      platform: "node"
    })
    // The same as one file, which Node starts faster.
    buildSync({
      entryPoints: bundled.map((name) => `${compiled}${name}.js`),
      outdir: `${compiled}bundled`,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "node",
      // CommonJS modules in the bundle require Node's own modules.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
    })
  })
  const node = (name: string, environment: Environment, flags: ReadonlyArray<string> = []): Program => ({
    command: ["node", ...flags, `${compiled}${name}.js`],
    environment
  })
  /** The command that runs a Python with Tableau's client, if there is one. */
  const python = Effect.gen(function* () {
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
  return { compile, compiled, here, node, python }
}

export const bundled = ["list", "signIn"]

const { compile, compiled, here, node, python } = programs(new URL("./", import.meta.url), bundled)

export { compile, node, python }

/** Writes a module that only imports others. */
export const module = (name: string, imports: ReadonlyArray<string>): string => {
  const file = `${compiled}${name}.js`
  writeFileSync(file, imports.map((name) => `import "${name}"\n`).join(""))
  return file
}

/** Starts a server in its own process, until the scope ends; returns its URL. */
export const listening = (command: Command.Command) =>
  Effect.gen(function* () {
    const { stdout } = yield* Command.start(Command.stderr(command, "inherit"))
    const line = yield* stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.startsWith("listening on ")),
      Stream.runHead
    )
    if (Option.isNone(line)) return yield* new Spoilt({ message: "A server did not start." })
    return line.value.slice("listening on ".length)
  })

/**
 * Starts a simulator, and the server of ready-made responses before it; returns the URL of that server. `tags` is the
 * number of tags that each workbook has in addition to its own.
 */
export const server = (options: { readonly workbooks: number; readonly latency?: number; readonly tags?: number }) =>
  Effect.gen(function* () {
    const main = here("../../packages/simulator/dist/main.js")
    const flags = ["--port", "0", "--workbooks", `${Math.min(options.workbooks, 1000)}`]
    const upstream = yield* listening(Command.make("node", main, ...flags))
    const { latency = 0, tags = 0, workbooks } = options
    return yield* listening(
      commandOf(node("fixed", { UPSTREAM: upstream, WORKBOOKS: workbooks, LATENCY: latency, TAGS: tags }))
    )
  })

export type Environment = Readonly<Record<string, string | number>>

export interface Program {
  readonly command: ReadonlyArray<string>
  readonly environment: Environment
}

type Python = Effect.Effect.Success<typeof python>

const Facts = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Number }))

/** The figures that a program prints in a line, by their names. */
type Facts = Readonly<Record<string, number>>

const spoilt = ({ command }: Program, error: { readonly message: string }, printed: ReadonlyArray<string> = []) =>
  new Spoilt({ message: [`${command.join(" ")} was not measured: ${error.message}`, ...printed].join("\n") })

/** Programs also print what they log. */
const hasFigures = (line: string): boolean => line.startsWith("{")

export const commandOf = ({ command, environment }: Program): Command.Command => {
  const [name = "", ...flags] = command
  const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
  return Command.make(name, ...flags).pipe(Command.env(variables), Command.stderr("inherit"))
}

/** Runs a program to its end: the figures of its last line, and its duration as `wall` in milliseconds. */
export const run = (program: Program): Effect.Effect<Facts, Spoilt, CommandExecutor> =>
  Effect.gen(function* () {
    // One line, for programs that run a batch for each.
    const [took, output] = yield* commandOf(program).pipe(Command.feed("\n"), Command.lines, Effect.timed)
    const facts = yield* Schema.decode(Facts)(output.filter(hasFigures).at(-1) ?? "").pipe(
      Effect.mapError((error) => spoilt(program, error, output))
    )
    return { ...facts, wall: Duration.toMillis(took) }
  }).pipe(Effect.mapError((error) => (error instanceof Spoilt ? error : spoilt(program, error))))

/** Starts a program that runs until the scope ends; the effect that it returns runs one batch. */
export const started = (program: Program) =>
  Effect.gen(function* () {
    const lines = yield* Queue.unbounded<Uint8Array>()
    const printed: Array<string> = []
    const { stdout } = yield* Command.start(Command.stdin(commandOf(program), Stream.fromQueue(lines)))
    const next = yield* stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.tap((line) => Effect.sync(() => printed.push(line))),
      Stream.filter(hasFigures),
      Stream.rechunk(1),
      Stream.toPull
    )
    return Queue.offer(lines, new TextEncoder().encode("\n")).pipe(
      Effect.andThen(next),
      Effect.mapError(Option.getOrElse(() => ({ message: "the program ended" }))),
      Effect.flatMap((line) => Schema.decode(Facts)(Chunk.join(line, ""))),
      Effect.mapError((error) => spoilt(program, error, printed))
    )
  }).pipe(Effect.mapError((error) => spoilt(program, error)))

/** For each run the figures of its batches. */
type Runs = ReadonlyArray<ReadonlyArray<Facts>>

/** The figures of each program, by its name. */
export type Results<Name extends string = string> = ReadonlyMap<Name, Runs>

export type Programs<Name extends string> = Readonly<Record<Name, Program | undefined>>

const named = <Name extends string>(programs: Programs<Name>): ReadonlyArray<readonly [Name, Program]> =>
  Record.toEntries(programs).flatMap(([name, program]) => (program === undefined ? [] : [[name, program] as const]))

const collect = <Name extends string, E, R>(
  runs: number,
  round: Effect.Effect<ReadonlyMap<Name, ReadonlyArray<Facts>>, E, R>
): Effect.Effect<Results<Name>, E, R> =>
  Effect.gen(function* () {
    const results = new Map<Name, ReadonlyArray<ReadonlyArray<Facts>>>()
    for (let done = 0; done < runs; done += 1) {
      for (const [name, batches] of yield* round) results.set(name, [...(results.get(name) ?? []), batches])
    }
    return results
  })

/** Runs the programs from start to end, one after the other, so that noise meets all of them. Undefined ones are left out. */
export const interleaved = <Name extends string>(programs: Programs<Name>, runs: number) =>
  collect(
    runs,
    Effect.gen(function* () {
      const round = new Map<Name, ReadonlyArray<Facts>>()
      for (const [name, program] of named(programs)) round.set(name, [yield* run(program)])
      return round
    })
  )

/**
 * Starts the programs together and runs their batches in turn. A batch is short, so that a load of the machine that
 * comes and goes meets all programs; each run has new processes, as two processes of a program can differ for good.
 */
export const alternating = <Name extends string>(programs: Programs<Name>, runs: number, batches: number) =>
  collect(
    runs,
    Effect.gen(function* () {
      const round = new Map<Name, Array<Facts>>()
      const turns = yield* Effect.forEach(named(programs), ([name, program]) =>
        Effect.map(started(program), (batch) => [name, batch] as const)
      )
      // The first batches wait until every program is warm, and do not count.
      for (const [, batch] of turns) yield* batch
      for (let done = 0; done < batches; done += 1) {
        for (const [name, batch] of turns) round.set(name, [...(round.get(name) ?? []), yield* batch])
      }
      return round
    }).pipe(Effect.scoped)
  )

/** Fails if a program read fewer items, or read them differently from the others. */
export const expectItems = (results: Results, items: number): Effect.Effect<void, Spoilt> => {
  const all = [...results].flatMap(([name, runs]) => runs.flat().map(({ items, sum }) => ({ items, name, sum })))
  const wrong = all.find((one) => one.items !== items || one.sum !== all[0]?.sum)
  if (wrong === undefined) return Effect.void
  const message = `${wrong.name} read ${wrong.items} of ${items}, with the sum ${wrong.sum} where it is ${all[0]?.sum}.`
  return new Spoilt({ message })
}

/** One figure of a program: for each run the median of its batches. */
const each = (runs: Runs, of: string): ReadonlyArray<number> =>
  runs.map((batches) => median(batches.map((facts) => facts[of] ?? Number.NaN)))

/** The median of one figure, if the program ran. */
export const figure = <Name extends string>(results: Results<Name>, name: Name, of: string): number | undefined =>
  Option.getOrUndefined(Option.map(Option.fromNullable(results.get(name)), (runs) => median(each(runs, of))))

/** The least of one figure, if the program ran: noise only adds. */
export const least = <Name extends string>(results: Results<Name>, name: Name, of: string): number | undefined => {
  const values = results.get(name)?.flatMap((batches) => batches.map((facts) => facts[of] ?? Number.NaN))
  return values === undefined ? undefined : Math.min(...values)
}

/** The median of the ratios of two programs, if both ran: both figures of a ratio are from the same run. */
export const ratio = <Name extends string>(results: Results<Name>, one: Name, other: Name, of: string) => {
  const [ones, others] = [results.get(one), results.get(other)]
  return ones === undefined || others === undefined ? undefined : medianRatio(each(ones, of), each(others, of))
}

/** What every part of the benchmark receives. */
export interface Given {
  readonly runs: number
  readonly python: Python
}
