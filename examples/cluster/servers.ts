/**
 * redis-server and PostgreSQL for the time of a scope: on free ports of 127.0.0.1, in temporary folders, as an unprivileged
 * user. For an example and for tests: they are fast, and a crash of the machine loses their data.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { createServer, connect as openSocket } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

/** A server that runs until its scope closes. */
export interface Server {
  /** `redis://…` or `postgres://…`, which contains a password. */
  readonly url: Redacted.Redacted<string>
  readonly port: number
  /** What it stores is here. */
  readonly folder: string
  /** Ends it without notice to its clients, as a crash does. What it has confirmed is there after `start`. */
  readonly kill: Effect.Effect<void>
  /** Ends it in order. */
  readonly stop: Effect.Effect<void>
  /** Starts it again, on the same port with the same data. */
  readonly start: Effect.Effect<void, ServerFailed>
  /** Stops the process: it accepts connections and sends no response, until `thaw`. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
}

/** A program is not installed. The message says how to get it. */
export class ProgramMissing extends Data.TaggedError("ProgramMissing")<{ readonly program: string }> {
  override get message() {
    return `${this.program} is not installed: on Debian or Ubuntu, run \`apt-get install redis-server postgresql\`.`
  }
}

/** A program ended before it was ready. The message ends with what it printed. */
export class ServerFailed extends Data.TaggedError("ServerFailed")<{
  readonly program: string
  readonly output: string
}> {
  override get message() {
    return `${this.program} did not start: ${this.output.trim().split("\n").slice(-5).join("\n")}`
  }
}

/** Debian keeps PostgreSQL's programs outside PATH, in a folder for each version. */
const folders = () => {
  const debian = "/usr/lib/postgresql"
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian) : []
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a))
  return [...(process.env.PATH ?? "").split(delimiter), ...newestFirst.map((version) => join(debian, version, "bin"))]
}

const isProgram = (path: string) => {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first folder that has all these programs. */
const folderOf = (...programs: readonly [string, ...Array<string>]) =>
  Effect.suspend(() => {
    const folder = folders().find((folder) => folder !== "" && programs.every((name) => isProgram(join(folder, name))))
    return folder === undefined ? new ProgramMissing({ program: programs[0] }) : Effect.succeed(folder)
  })

const redisPrograms = folderOf("redis-server")
const postgresPrograms = folderOf("postgres", "initdb")

/** Fails if `redis` would, because a program is missing. */
export const redisInstalled = Effect.asVoid(redisPrograms)

/** Fails if `postgres` would, because a program is missing. */
export const postgresInstalled = Effect.asVoid(postgresPrograms)

/** PostgreSQL refuses to run as root, and nothing here needs to. */
const user = () => {
  if (process.getuid?.() !== 0) return undefined
  const entry = fs
    .readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith("nobody:"))
  const [, , uid, gid] = entry?.split(":") ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

/** @effect/platform's Command cannot start a program as another user. */
const run = (folder: string, program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, {
    ...user(),
    cwd: folder,
    // Not the secrets of this process.
    env: { PATH: process.env.PATH, TZ: process.env.TZ, LC_ALL: "C" },
    // In a process group of its own, because Ctrl-C in a terminal ends a whole group: its clients have to leave first.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const print = (chunk: unknown) => {
    output = (output + String(chunk)).slice(-10_000)
  }
  child.stdout?.on("data", print)
  child.stderr?.on("data", print)
  child.on("error", (error) => print(error.message))
  return { child, output: () => output, hasExited: () => child.exitCode !== null || child.signalCode !== null }
}
type Running = ReturnType<typeof run>

const ended = (running: Running) =>
  Effect.async<void>((resume) => {
    if (running.hasExited() || running.child.pid === undefined) return resume(Effect.void)
    running.child.once("exit", () => resume(Effect.void))
  })

const signal = (child: ChildProcess, name: NodeJS.Signals) => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, name)
  } catch {
    // The group has ended.
  }
}

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = fs.mkdtempSync(join(tmpdir(), "effect-tableau-"))
    const as = user()
    if (as !== undefined) fs.chownSync(folder, as.uid, as.gid)
    return folder
  }),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
)

const freePort = Effect.async<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    probe.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

interface Program {
  readonly name: string
  readonly path: string
  readonly folder: string
  readonly args: (port: number) => ReadonlyArray<string>
  readonly isReady: (port: number, pid: number) => Effect.Effect<boolean>
  readonly kill: NodeJS.Signals
  readonly stop: NodeJS.Signals
}

const serve = (program: Program) =>
  Effect.gen(function* () {
    let running: Running | undefined

    const startOn = (port: number) =>
      Effect.gen(function* () {
        const started = run(program.folder, program.path, program.args(port))
        running = started
        for (;;) {
          if (started.hasExited() || started.child.pid === undefined) {
            return yield* new ServerFailed({ program: program.name, output: started.output() })
          }
          if (yield* program.isReady(port, started.child.pid)) return port
          yield* Effect.sleep("20 millis")
        }
      })

    const end = (name: NodeJS.Signals) =>
      Effect.suspend(() => {
        if (running === undefined) return Effect.void
        if (!running.hasExited()) signal(running.child, name)
        return ended(running)
      })

    // Neither a process nor a folder is left by a program that calls process.exit.
    const atExit = () => {
      if (running !== undefined && !running.hasExited()) signal(running.child, "SIGKILL")
      fs.rmSync(program.folder, { recursive: true, force: true })
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.once("exit", atExit)),
      () =>
        Effect.suspend(() => {
          process.off("exit", atExit)
          if (running !== undefined) signal(running.child, "SIGCONT")
          return end(program.kill)
        })
    )

    // Another process may have taken the port meanwhile.
    const port = yield* Effect.flatMap(freePort, startOn).pipe(Effect.retry({ times: 2 }))
    return {
      port,
      folder: program.folder,
      kill: end(program.kill),
      stop: end(program.stop),
      start: Effect.asVoid(
        startOn(port).pipe(Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.upTo("5 seconds"))))
      ),
      freeze: Effect.sync(() => running && signal(running.child, "SIGSTOP")),
      thaw: Effect.sync(() => running && signal(running.child, "SIGCONT"))
    }
  })

const respondsToPing = (port: number, password: string) =>
  Effect.async<boolean>((resume) => {
    const socket = openSocket(port, "127.0.0.1")
    socket.setTimeout(1000, () => socket.destroy())
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(false)))
    socket.on("data", (chunk) => {
      resume(Effect.succeed(String(chunk).includes("+PONG")))
      socket.destroy()
    })
    socket.write(`AUTH ${password}\r\nPING\r\n`)
  })

const password = Effect.sync(() => randomBytes(16).toString("hex"))

/** Writes a file that only the user of the server can read. */
const writePrivate = (path: string, text: string) =>
  Effect.sync(() => {
    fs.writeFileSync(path, text, { mode: 0o600 })
    const as = user()
    if (as !== undefined) fs.chownSync(path, as.uid, as.gid)
    return path
  })

/** redis-server, empty. It writes nothing to the disk: it is empty again after `kill` or `stop`. */
export const redis: Effect.Effect<Server, ProgramMissing | ServerFailed, Scope.Scope> = Effect.gen(function* () {
  const programs = yield* redisPrograms
  const folder = yield* temporaryFolder
  const secret = yield* password
  // Arguments are visible to all users of the machine.
  const file = yield* writePrivate(join(folder, "redis.conf"), `requirepass ${secret}\n`)
  const options = { bind: "127.0.0.1", dir: folder, save: "", appendonly: "no", rdbcompression: "no" }
  const server = yield* serve({
    name: "redis-server",
    path: join(programs, "redis-server"),
    folder,
    args: (port) => [
      file,
      ...Object.entries({ ...options, port }).flatMap(([name, value]) => [`--${name}`, String(value)])
    ],
    isReady: (port) => respondsToPing(port, secret),
    kill: "SIGKILL",
    stop: "SIGTERM"
  })
  return { ...server, url: Redacted.make(`redis://:${secret}@127.0.0.1:${server.port}`) }
})

/** PostgreSQL with an empty database. */
export const postgres: Effect.Effect<Server, ProgramMissing | ServerFailed, Scope.Scope> = Effect.gen(function* () {
  const programs = yield* postgresPrograms
  const folder = yield* temporaryFolder
  const secret = yield* password
  const data = join(folder, "data")
  const file = yield* writePrivate(join(folder, "password"), secret)
  const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${file}`]
  const created = run(folder, join(programs, "initdb"), [
    `--pgdata=${data}`,
    ...access,
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C"
  ])
  yield* ended(created)
  if (created.child.exitCode !== 0) {
    return yield* new ServerFailed({ program: "initdb", output: created.output() })
  }
  const options = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    // A crash of the server loses nothing, a crash of the machine may: the whole folder is temporary.
    "fsync=off",
    "full_page_writes=off"
  ]
  const server = yield* serve({
    name: "postgres",
    path: join(programs, "postgres"),
    folder,
    args: (port) => ["-D", data, "-p", String(port), ...options.flatMap((option) => ["-c", option])],
    // This is how pg_ctl knows.
    isReady: (_, pid) =>
      Effect.sync(() => {
        const pidFile = join(data, "postmaster.pid")
        const lines = fs.existsSync(pidFile) ? fs.readFileSync(pidFile, "utf8").split("\n") : []
        return lines[0] === String(pid) && lines[7]?.trim() === "ready"
      }),
    // Immediate shutdown: without a checkpoint, so that the next start recovers as after a crash.
    kill: "SIGQUIT",
    stop: "SIGINT"
  })
  return { ...server, url: Redacted.make(`postgres://postgres:${secret}@127.0.0.1:${server.port}/postgres`) }
})
