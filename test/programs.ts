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

/** Programs as a user runs them, each in a process of its own. */

export const root = fileURLToPath(new URL("..", import.meta.url))

/** A bound for a hang, also on a machine that is busy with many programs at once. */
export const patience = { timeout: 180_000 }

export class Ended extends Data.TaggedError("Ended")<{ readonly message: string }> {}

export interface Program {
  readonly child: ChildProcess
  /** What it has printed so far, on both streams. */
  readonly output: () => string
  /** Its exit code, or the name of the signal that killed it. */
  readonly exit: Effect.Effect<number | NodeJS.Signals | null>
  /** Waits until it has printed this. */
  readonly printed: (text: string) => Effect.Effect<void, Ended>
  /** Waits for what the program is to bring about. */
  readonly until: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Ended, R>
}

const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TABLEAU_")))

/** Leads a process group of its own, so that a signal can go to all of it, as Ctrl-C in a terminal does. */
const launch = (command: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Program => {
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: { ...inherited, NO_COLOR: "1", NO_PROXY: "127.0.0.1,localhost", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const collect = (chunk: string) => {
    output += chunk
  }
  child.stdout.setEncoding("utf8").on("data", collect)
  child.stderr.setEncoding("utf8").on("data", collect)
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal))
  })
  const exit = Effect.promise(() => ended)
  const seen = (text: string) =>
    Effect.async<void>((resume) => {
      const look = () => {
        if (!output.includes(text)) return
        child.stdout.off("data", look)
        resume(Effect.void)
      }
      child.stdout.on("data", look)
      look()
      return Effect.sync(() => child.stdout.off("data", look))
    })
  const until: Program["until"] = (effect) =>
    Effect.raceFirst(
      effect,
      Effect.flatMap(exit, () => new Ended({ message: output }))
    )
  return { child, output: () => output, exit, until, printed: (text) => until(seen(text)) }
}

/** Sends a signal to the program and to those that it has started in its own group, as a terminal does. */
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

/** A folder that is gone afterwards. */
export const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "programs-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/**
 * Bundles TypeScript files, by their paths from the root, with all that they import: a program starts in a tenth of the
 * time. All of them share what they have in common, so they are made at once, when the first is asked for.
 *
 * @returns the path of the program that was made of a file
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
      // What is CommonJS requires Node's own modules.
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

/** A program that `bundled` has made. */
export const startBundled = (program: string, env: Readonly<Record<string, string>> = {}) =>
  start(process.execPath, [program], env)

/** The environment for signing in to a simulator by its token. */
export const byToken = ({ url }: Simulator.Service): Readonly<Record<string, string>> => ({
  TABLEAU_SERVER_URL: url,
  TABLEAU_TOKEN_NAME: "demo-token",
  TABLEAU_TOKEN_VALUE: "demo-secret"
})
