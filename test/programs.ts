import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Simulator } from "effect-tableau-simulator"
import { build } from "esbuild"
import { afterAll } from "vitest"

/** Runs programs as a user does, each in its own process. */

export const root = fileURLToPath(new URL("..", import.meta.url))

/** A timeout for programs that hang, long enough for a machine that runs many at once. */
export const patience = { timeout: 180_000 }

export class Ended extends Data.TaggedError("Ended")<{ readonly message: string }> {}

export interface Program {
  readonly child: ChildProcess
  /** The output so far, of both streams. */
  readonly output: () => string
  readonly errorOutput: () => string
  /** Its exit code, or the name of the signal that killed it. */
  readonly exit: Effect.Effect<number | NodeJS.Signals | null>
  /** Waits until it has printed this. */
  readonly printed: (text: string) => Effect.Effect<void, Ended>
  /** Waits for an effect, and fails if the program ends first. */
  readonly until: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Ended, R>
}

const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TABLEAU_")))

/** The process leads a group, so that a signal can reach all of it, like Ctrl-C in a terminal. */
const launch = (command: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Program => {
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: { ...inherited, NO_COLOR: "1", NO_PROXY: "127.0.0.1,localhost", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  let errorOutput = ""
  const collect = (chunk: string) => {
    output += chunk
  }
  child.stdout.setEncoding("utf8").on("data", collect)
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errorOutput += chunk
    collect(chunk)
  })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal))
  })
  const exit = Effect.promise(() => ended)
  const hasPrinted = (text: string) =>
    Effect.async<void>((resume) => {
      const check = () => {
        if (!output.includes(text)) return
        child.stdout.off("data", check)
        resume(Effect.void)
      }
      child.stdout.on("data", check)
      check()
      return Effect.sync(() => child.stdout.off("data", check))
    })
  const until: Program["until"] = (effect) =>
    Effect.raceFirst(
      effect,
      Effect.flatMap(exit, () => new Ended({ message: output }))
    )
  return {
    child,
    output: () => output,
    errorOutput: () => errorOutput,
    exit,
    until,
    printed: (text) => until(hasPrinted(text))
  }
}

/** Sends a signal to the process group of the program, as a terminal does. */
export const signalGroup = ({ child }: Program, signal: NodeJS.Signals): void => {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal)
}

export const start = (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => launch(command, args, env)),
    (program) => Effect.sync(() => signalGroup(program, "SIGKILL"))
  )

/** A temporary folder until the scope ends. */
export const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "programs-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/**
 * Bundles TypeScript files, named by their paths from the root, with their imports: programs start ten times faster. They
 * share chunks, so the first use builds all of them.
 *
 * @returns the path of the bundle of a file
 */
export const bundled = (files: ReadonlyArray<string>): ((file: string) => Effect.Effect<string>) => {
  const folder = mkdtempSync(join(tmpdir(), "programs-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  let built: Promise<unknown> | undefined
  const make = () =>
    build({
      absWorkingDir: root,
      entryPoints: [...files],
      outbase: root,
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node20",
      // The packages by name: each package has a configuration of its own, without their paths.
      tsconfig: join(root, "tsconfig.json"),
      // CommonJS modules in the bundle require Node's own modules.
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
      logLevel: "error"
    })
  return (file) =>
    Effect.promise(async () => {
      built ??= make()
      await built
      return join(folder, file.replace(/\.ts$/, ".mjs"))
    })
}

/** Starts a program that `bundled` has built. */
export const startBundled = (program: string, env: Readonly<Record<string, string>> = {}) =>
  start(process.execPath, [program], env)

/** The environment for signing in to a simulator by its token. */
export const byToken = ({ url }: Pick<Simulator.Service, "url">): Readonly<Record<string, string>> => ({
  TABLEAU_SERVER_URL: url,
  TABLEAU_TOKEN_NAME: "demo-token",
  TABLEAU_TOKEN_VALUE: "demo-secret"
})
