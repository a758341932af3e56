import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Failed, send, signIn } from "./http.js"

const main = fileURLToPath(new URL("../../packages/simulator/src/main.ts", import.meta.url))

interface Program {
  readonly child: ChildProcess
  readonly out: () => string
  readonly exit: Effect.Effect<number | null>
}

const start = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Program => {
      const child = spawn(process.execPath, ["--import", "tsx", main, ...args], { stdio: ["ignore", "pipe", "pipe"] })
      let out = ""
      const collect = (chunk: Buffer) => {
        out += chunk.toString("utf8")
      }
      child.stdout.on("data", collect)
      child.stderr.on("data", collect)
      const exited = new Promise<number | null>((resolve) => child.once("close", resolve))
      return { child, out: () => out, exit: Effect.promise(() => exited) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** The lines up to and with `listening on`, and the URL that it tells. */
const listening = ({ child, exit, out }: Program) =>
  Effect.raceFirst(
    Effect.async<{ readonly url: string; readonly lines: ReadonlyArray<string> }, Failed>((resume) => {
      const look = () => {
        const lines = out().trimEnd().split("\n")
        const [, url] = /^listening on (http\S+)$/.exec(lines.at(-1) ?? "") ?? []
        if (url !== undefined) resume(Effect.succeed({ url, lines }))
      }
      child.stdout?.on("data", look)
    }),
    Effect.flatMap(exit, () => new Failed({ message: out() }))
  )

describe("the program", () => {
  it.scoped("says where it listens as its last line, answers, and ends on a signal", () =>
    Effect.gen(function* () {
      const program = yield* start("--port", "0", "--workbooks", "7", "--idle-limit", "240m", "--lifetime-limit", "30s")
      const { lines, url } = yield* listening(program)
      expect(lines).toEqual([`listening on ${url}`])
      const { siteId, token } = yield* signIn(url)
      const { text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token })
      expect(text).toContain('totalAvailable="7"')
      expect((yield* send(`${url}/simulator/sessions`)).text).toContain('"user":"admin"')
      program.child.kill("SIGTERM")
      yield* program.exit
      expect(program.out()).toBe(`listening on ${url}\n`)
    })
  )

  it.scoped("writes its certificate, and redirects from a second port", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "simulator-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const file = join(directory, "certificate.pem")
      const program = yield* start(
        "--port",
        "0",
        "--tls",
        "--certificate",
        file,
        "--redirect-from",
        "0",
        "--cloud",
        "--fault",
        "serverInfo=status:503"
      )
      const { lines, url } = yield* listening(program)
      const [, redirectUrl = ""] = /^redirecting from (\S+)$/m.exec(lines.join("\n")) ?? []
      const { headers } = yield* send(`${redirectUrl}/api/3.29/serverinfo`)
      expect(headers.location).toBe(`${url}/api/3.29/serverinfo`)
      const ca = readFileSync(file, "utf8")
      expect((yield* send(`${url}/api/3.29/serverinfo`, { ca })).status).toBe(503)
      expect((yield* send(`${url}/api/3.29/serverinfo`, { ca })).text).toContain("3.30")
      program.child.kill("SIGINT")
      yield* program.exit
    })
  )

  it.scoped("does not start with what it does not understand", () =>
    Effect.gen(function* () {
      const cases = [
        [["--nonsense"], "--nonsense"],
        [["--idle-limit", "soon"], "--idle-limit wants a number with ms, s, m or h"],
        [["--port", "http"], "http"],
        [["--fault", "signIn=explode"], "there is no fault 'explode'"]
      ] as const
      yield* Effect.forEach(
        cases,
        ([flags, complaint]) =>
          Effect.gen(function* () {
            const program = yield* start(...flags)
            expect(yield* program.exit).not.toBe(0)
            expect(program.out()).toContain(complaint)
            expect(program.out()).not.toContain("    at ")
          }),
        { concurrency: "unbounded", discard: true }
      )
    })
  )
})
