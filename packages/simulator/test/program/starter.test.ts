import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Failed, send } from "../support/http.js"

/** Real processes. The simulator looks every half second whether what started it has ended. */

const patience = { timeout: 60_000 }

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** A project with the simulator as its command, and with scripts. */
const project = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "starter-"))
    const bin = join(directory, "node_modules/.bin")
    mkdirSync(bin, { recursive: true })
    const command = join(bin, "effect-tableau-simulator")
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" --import "${tsx}" "${main}" --port 0 "$@"\n`)
    chmodSync(command, 0o755)
    const scripts = {
      plain: "effect-tableau-simulator",
      // The shell stays between npm and the simulator.
      after: "true && effect-tableau-simulator 2>&1",
      background: "effect-tableau-simulator & sleep 3"
    }
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", scripts }))
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

/** A process that starts a simulator. Its group is killed at the end, so that no simulator is left. */
const starter = (
  directory: string,
  command: ReadonlyArray<string>,
  stdin: "ignore" | "pipe" = "ignore"
): Effect.Effect<{ readonly child: ChildProcess; readonly url: string }, Failed, Scope.Scope> =>
  Effect.gen(function* () {
    const path = `${join(directory, "node_modules/.bin")}:${process.env["PATH"]}`
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn("/usr/bin/env", command, {
          cwd: directory,
          detached: true,
          env: { ...inherited, PATH: path },
          stdio: [stdin, "pipe", "ignore"]
        })
      ),
      ({ pid = 0 }) =>
        Effect.ignore(
          Effect.try(() => {
            process.kill(-pid, "SIGKILL")
          })
        )
    )
    const url = yield* Effect.async<string, Failed>((resume) => {
      let output = ""
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8")
        const [, url] = /listening on (http\S+)\n/.exec(output) ?? []
        if (url !== undefined) resume(Effect.succeed(url))
      })
      child.once("error", (error) => resume(new Failed({ message: error.message })))
    })
    return { child, url }
  })

const responds = (url: string) =>
  send(`${url}/api/3.29/serverinfo`).pipe(
    Effect.as(true),
    Effect.orElseSucceed(() => false)
  )

const ends = (url: string) =>
  Effect.repeat(responds(url), { schedule: Schedule.spaced("100 millis"), while: (answered) => answered })

const exited = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

const exit = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    child.once("exit", () => resume(Effect.void))
    if (exited(child)) resume(Effect.void)
  })

describe.concurrent("starter", patience, () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const command of [
      ["npx", "--offline", "effect-tableau-simulator", "--fault", "signIn=redirect:301:http://a.example/?a=1&b=2"],
      ["npm", "run", "plain"],
      ["npm", "run", "after"]
    ] as const) {
      it.scopedLive(`the simulator ends after ${signal} to ${command.slice(0, 3).join(" ")} in the background`, () =>
        Effect.gen(function* () {
          const { child, url } = yield* starter(yield* project, command)
          expect(yield* responds(url)).toBe(true)
          child.kill(signal)
          yield* ends(url)
        })
      )
    }
  }

  it.scopedLive("the simulator ends after its parent when standard input is a pipe", () =>
    Effect.gen(function* () {
      const { child, url } = yield* starter(yield* project, ["sh", "-c", "effect-tableau-simulator; true"], "pipe")
      child.kill("SIGKILL")
      yield* ends(url)
    })
  )

  it.scopedLive("the simulator outlives a closed standard input while its parent runs", () =>
    Effect.gen(function* () {
      const { child, url } = yield* starter(yield* project, ["sh", "-c", "effect-tableau-simulator; true"], "pipe")
      child.stdin?.end()
      yield* Effect.sleep("1500 millis")
      expect(yield* responds(url)).toBe(true)
    })
  )

  for (const [what, command] of [
    ["a script that started it with &", ["sh", "-c", "effect-tableau-simulator & sleep 3"]],
    ["a package script that started it with &", ["npm", "run", "background"]],
    ["a shell that started npx with &", ["sh", "-c", "npx --offline effect-tableau-simulator & sleep 4"]]
  ] as const) {
    for (const stdin of ["ignore", "pipe"] as const) {
      it.scopedLive(`the simulator outlives ${what}, with standard input: ${stdin}`, () =>
        Effect.gen(function* () {
          const { child, url } = yield* starter(yield* project, command, stdin)
          yield* exit(child)
          yield* Effect.sleep("1500 millis")
          expect(yield* responds(url)).toBe(true)
        })
      )
    }
  }
})
