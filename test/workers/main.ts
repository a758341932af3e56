/**
 * `npm run test:workers`: 100,000 small calls by one process, by 4 and 16 processes that share one personal access token through
 * Redis, and by 16 processes with a session each. Prints their speed. Fails if a call failed, if there were more sign-ins than
 * sessions, if calls used Redis, or if a session is left: not for times, because other programs on the machine change them.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Cli from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Redis } from "ioredis"
import * as Servers from "../../examples/cluster/servers.js"
import { started } from "../bench/processes.js"
import { table } from "../bench/tables.js"
import { bundleInto } from "../support/bundling.js"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

class WrongResult extends Data.TaggedError("WrongResult")<{ readonly message: string }> {}

/** Calls in flight, of all processes together: with any number of processes the server has as much to do at once. */
const inFlight = 64

/** How often a member of the session says that it is alive, by default. */
const heartbeatSeconds = 10

/** The programs as one file each, from the sources of the packages. Many processes start sooner. */
const bundles = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = mkdtempSync(join(tmpdir(), "effect-tableau-workers-"))
    await bundleInto(folder, [here("programs/worker.ts"), here("programs/simulator.ts")])
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Counts the commands that clients send from now on, without those that scripts run. */
const commands = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Redis(url)
      const monitor = await client.monitor()
      let count = 0
      monitor.on("monitor", (_time: string, _command: ReadonlyArray<string>, source: string) => {
        if (source !== "lua") count += 1
      })
      return { sent: () => count, clients: [client, monitor] }
    }),
    ({ clients }) =>
      Effect.sync(() => {
        for (const client of clients) client.disconnect()
      })
  )

interface Given {
  readonly processes: number
  readonly credentials: "token" | "password"
  readonly redis: string | undefined
}

const run = (folder: string, calls: number, { credentials, processes, redis }: Given) =>
  Effect.gen(function* () {
    const sharing = redis === undefined ? `a ${credentials}` : "a token, Redis"
    const name = `${processes} ${processes === 1 ? "process" : "processes"}, ${sharing}`
    const expectedSignIns = credentials === "token" ? 1 : processes
    const program = (file: string, environment: Readonly<Record<string, string | number>>) =>
      started({ command: [process.execPath, join(folder, `${file}.mjs`)], environment })
    const simulator = yield* program("simulator", {})
    const { cpu: cpuBefore = 0, port } = yield* simulator
    const workers = yield* Effect.replicateEffect(
      program("worker", {
        SERVER: `http://127.0.0.1:${port}`,
        CREDENTIALS: credentials,
        CALLS: calls / processes,
        AT_ONCE: inFlight / processes,
        ...(redis === undefined ? {} : { REDIS: redis })
      }),
      processes
    )
    const together = Effect.all(workers, { concurrency: "unbounded" })
    yield* together
    const counted = redis === undefined ? undefined : yield* commands(redis)
    const [took, results] = yield* Effect.timed(together)
    const sent = counted?.sent()
    yield* together
    const { calls: received, cpu: cpuAfter = 0, sessions = Number.NaN, signIns = Number.NaN } = yield* simulator

    const seconds = Duration.toSeconds(took)
    const sum = (of: string) => results.reduce((total, facts) => total + (facts[of] ?? Number.NaN), 0)
    const problems = [
      sum("right") === calls ? "" : `${sum("right")} of ${calls} calls returned the user`,
      received === calls ? "" : `the server received ${received} calls instead of ${calls}`,
      signIns === expectedSignIns ? "" : `${signIns} sign-ins`,
      sessions === 0 ? "" : `${sessions} sessions left`,
      sent === undefined || sent <= processes * (Math.floor(seconds / heartbeatSeconds) + 1)
        ? ""
        : `${sent} commands to Redis in ${seconds.toFixed(1)} s: more than the heartbeats`
    ].filter((problem) => problem !== "")
    if (problems.length > 0) return yield* new WrongResult({ message: `${name}: ${problems.join("; ")}` })
    return [
      name,
      seconds,
      (calls / seconds).toFixed(0),
      sum("cpu") / calls,
      (cpuAfter - cpuBefore) / calls,
      String(signIns),
      sent === undefined ? undefined : String(sent),
      String(sessions)
    ]
  }).pipe(Effect.scoped)

const options = {
  calls: Options.integer("calls").pipe(
    Options.withDefault(100_000),
    Options.withDescription("How many calls, of all processes together: a multiple of 16.")
  )
}

const workers = Cli.make("workers", options, ({ calls }) =>
  Effect.gen(function* () {
    if (calls % 16 !== 0) return yield* new WrongResult({ message: "The number of calls must be a multiple of 16." })
    const folder = yield* bundles
    const redis = yield* Servers.redis.pipe(
      Effect.map(({ url }) => Redacted.value(url)),
      Effect.catchTag("ProgramMissing", ({ message }) =>
        Effect.as(Console.log(`${message} Runs with Redis are skipped.`), undefined)
      )
    )
    const all: ReadonlyArray<Given> = [
      { processes: 1, credentials: "token", redis: undefined },
      ...(redis === undefined ? [] : [1, 4, 16]).map(
        (processes) => ({ processes, credentials: "token", redis }) as const
      ),
      { processes: 16, credentials: "password", redis: undefined }
    ]
    const rows = yield* Effect.forEach(all, (given) => run(folder, calls, given))
    const load = loadavg()[0] ?? Number.NaN
    yield* table(
      `${calls} calls, ${inFlight} in flight, load ${load.toFixed(1)}`,
      ["", "wall s", "calls/s", "CPU ms/call", "server CPU ms/call", "sign-ins", "Redis commands", "sessions left"],
      rows
    )
    yield* Console.log(
      "Wall time and calls per second are limited by the simulator, which uses one core, and by the cores that all processes " +
        "share with it. CPU per call is not."
    )
  }).pipe(Effect.scoped)
)

Cli.run(workers, { name: "workers", version: "0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
