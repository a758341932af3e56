/** Starts, kills and stops worker.ts as processes of its own. */
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A worker has ended, and nothing has stopped it. */
class WorkerEnded extends Data.TaggedError("WorkerEnded")<{ readonly name: string; readonly log: string }> {
  override get message() {
    return `${this.name} has ended by itself. It printed:\n${this.log}`
  }
}

/** A worker that takes longer to end is killed. */
const patience = "20 seconds"

const program = fileURLToPath(new URL("worker.ts", import.meta.url))

/** What a process needs from the environment of this one: not its settings for another Tableau Server. */
const inherited = () =>
  Object.fromEntries(["HOME", "PATH", "TMPDIR", "TZ"].map((variable) => [variable, process.env[variable]]))

/** A worker. When the scope closes, it gets SIGTERM. It is in a process group of its own: Ctrl-C does not reach it. */
const start = (
  name: string,
  environment: Readonly<Record<string, string>>,
  print: (line: string) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const worker = yield* Command.make(process.execPath, "--import", "tsx", program).pipe(
      Command.env({ ...inherited(), ...environment, WORKER_NAME: name }, { extendEnv: false }),
      Command.start
    )
    const exit = Effect.exit(worker.exitCode)
    // While the process has SIGTERM. Finalizers cannot be interrupted, unless they say so: then the loser ends.
    yield* Effect.addFinalizer(() =>
      Effect.interruptible(Effect.raceFirst(exit, Effect.delay(Effect.ignore(worker.kill("SIGKILL")), patience)))
    )
    const isReady = yield* Deferred.make<void>()
    const log: Array<string> = []
    const lines = (stream: typeof worker.stdout) => stream.pipe(Stream.decodeText(), Stream.splitLines)
    yield* Stream.merge(lines(worker.stdout), lines(worker.stderr)).pipe(
      Stream.runForEach((line) => {
        log.push(line)
        const isLast = line.includes(`${name} is ready`)
        return Effect.andThen(print(`${name} | ${line}`), isLast ? Deferred.succeed(isReady, undefined) : Effect.void)
      }),
      // Ends with the process, which prints until then.
      Effect.forkDaemon
    )
    const ended = Effect.flatMap(exit, () => new WorkerEnded({ name, log: log.slice(-20).join("\n") }))
    return {
      name,
      pid: worker.pid,
      /** Waits until it takes work. */
      ready: Effect.raceFirst(Deferred.await(isReady), ended),
      /** Fails when the process ends. */
      ended,
      kill: Effect.ignore(worker.kill("SIGKILL"))
    }
  })

export type Worker = Effect.Effect.Success<ReturnType<typeof start>>

/** Several workers. When the scope closes, all of them are stopped at once. */
export const startAll = (
  names: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
  print: (line: string) => Effect.Effect<void>
) =>
  Effect.parallelFinalizers(
    Effect.forEach(names, (name) => start(name, environment, print), { concurrency: "unbounded" })
  )
