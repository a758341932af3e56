/** `npm run cluster`, as a user runs it: with real servers and processes. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Servers from "../../../../examples/cluster/servers.js"
import { type Program, start } from "../../../../test/programs.js"

const missing = Effect.runSync(
  Effect.match(Effect.all([Servers.redisInstalled, Servers.postgresInstalled]), {
    onFailure: ({ message }) => message,
    onSuccess: () => undefined
  })
)
if (missing !== undefined) process.stdout.write(`${missing} The tests of npm run cluster are skipped.\n`)

/** Folders of programs go there, so that a test sees what is left. PostgreSQL, which may be another user, enters it. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "cluster-"))
    chmodSync(path, 0o777)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const left = (path: string) => readdirSync(path).filter((name) => name.startsWith("effect-tableau"))

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The processes that a process has started, and those that they have started. */
const descendants = ({ child }: Program) =>
  Effect.gen(function* () {
    const ps = yield* start("ps", ["-eo", "pid=,ppid="])
    yield* ps.exit
    const rows = ps
      .output()
      .trim()
      .split("\n")
      .map((row) => row.trim().split(/\s+/).map(Number))
    const found = new Set([child.pid])
    for (let size = 0; size < found.size; ) {
      size = found.size
      for (const [pid, parent] of rows) if (found.has(parent)) found.add(pid)
    }
    return [...found].filter((pid) => pid !== undefined)
  })

/** A process of PostgreSQL can end shortly after the one that has started it. */
const remaining = (processes: ReadonlyArray<number>) =>
  Effect.repeat(
    Effect.delay(
      Effect.sync(() => processes.filter(isAlive)),
      "200 millis"
    ),
    { until: ({ length }) => length === 0, times: 25 }
  )

/** npm, main.ts, redis-server, PostgreSQL with processes of its own, and the workers. */
const expectedProcesses = 8

describe.skipIf(missing !== undefined)("npm run cluster", () => {
  it.scopedLive("loses no work and no session when a worker is killed, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const program = yield* start("npm", ["run", "--silent", "cluster"], { TMPDIR: temporary })
      yield* program.printed("KILLED: ")
      // They are seen while they run, so that the check at the end can fail.
      const processes = yield* descendants(program)
      expect(processes.length).toBeGreaterThanOrEqual(expectedProcesses - 1)
      expect(left(temporary).length).toBeGreaterThanOrEqual(2)
      const code = yield* program.exit
      const printed = program.output().trimEnd().split("\n")
      expect(printed.at(-1), program.output()).toMatch(
        /^workers: 4, killed: 1, sign-ins: [12], lost: 0, sessions left: 0$/
      )
      expect(code).toBe(0)
      expect(program.errorOutput()).toBe("")
      expect(program.output()).toContain("32 of 32 workbooks and data sources were refreshed exactly once.")
      const victim = /KILLED: (worker-\d)/.exec(program.output())?.[1]
      expect(program.output()).toMatch(new RegExp(`started by ${victim}, taken over and finished by worker-\\d`))
      expect(yield* remaining(processes)).toEqual([])
      expect(left(temporary)).toEqual([])
    })
  )

  it.scopedLive.each([
    ["Ctrl-C", "SIGINT"],
    ["Ctrl-\\", "SIGQUIT"]
  ] as const)("ends all processes and removes all folders on %s", ([, signal]) =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const program = yield* start("npm", ["run", "--silent", "cluster"], { TMPDIR: temporary })
      yield* program.printed("Submitting ")
      const processes = yield* descendants(program)
      expect(processes.length).toBeGreaterThanOrEqual(expectedProcesses)
      if (program.child.pid !== undefined) process.kill(-program.child.pid, signal)
      yield* program.exit
      expect(program.output()).toContain("Interrupted")
      expect(program.output()).not.toContain("sessions left")
      expect(yield* remaining(processes)).toEqual([])
      expect(left(temporary)).toEqual([])
    })
  )
})

describe("npm run cluster without its programs", () => {
  it.scopedLive("says in one sentence how to get a program that is missing", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const bin = join(temporary, "bin")
      mkdirSync(bin)
      const program = yield* start(process.execPath, ["--import", "tsx", "examples/cluster/main.ts"], {
        PATH: bin,
        TMPDIR: temporary
      })
      expect(yield* program.exit).toBe(1)
      expect(program.output()).toBe(
        "redis-server is not installed: on Debian or Ubuntu, run `apt-get install redis-server postgresql`.\n"
      )
      expect(left(temporary)).toEqual([])
    })
  )
})
