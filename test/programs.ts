import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Simulator } from "effect-tableau-simulator"
import { build } from "esbuild"

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

/** A TypeScript file and all that it imports in one: it starts in a tenth of the time. */
const bundled = (file: string) =>
  Effect.gen(function* () {
    const outfile = join(yield* temporary, basename(file).replace(/\.ts$/, ".mjs"))
    yield* Effect.promise(() =>
      build({
        absWorkingDir: root,
        entryPoints: [file],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node20",
        // What is CommonJS requires Node's own modules.
        banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
        logLevel: "error"
      })
    )
    return outfile
  })

/** A TypeScript file, by its path from the root. */
export const startFile = (file: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(bundled(file), (program) => start(process.execPath, [program], env))

/** The environment for signing in to a simulator by its token. */
export const byToken = ({ url }: Simulator.Service): Readonly<Record<string, string>> => ({
  TABLEAU_SERVER_URL: url,
  TABLEAU_TOKEN_NAME: "demo-token",
  TABLEAU_TOKEN_VALUE: "demo-secret"
})
