/** Starts worker.ts as processes. It is bundled once, so that they start fast. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type { RedisSessionStore } from "effect-tableau-redis"
import { bundleInto } from "../../../../test/support/bundling.js"

export interface Told {
  readonly id: string
  readonly redis: string
  readonly server: string
  readonly site: string
  readonly name: string
  readonly secret: string
  readonly requests: number
  readonly concurrency: number
  /** Milliseconds after each request. */
  readonly pause: number
  readonly clockOffset: number
  /** Whether it waits for a line before it opens the session. */
  readonly waits: boolean
  /** Whether it waits for a line before its first request. */
  readonly idle: boolean
  /** How many calls it may send in an hour, together with the others. */
  readonly budget: number | undefined
  /** Such as `write:before`. */
  readonly at: string | undefined
  /** What happens there: the process is killed, or stopped for so many milliseconds. */
  readonly does: "kill" | number
  readonly options: Omit<RedisSessionStore.Options, "redis">
}

/** A program as one file, until the scope closes. */
export const bundleOf = (program: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "effect-tableau-worker-"))
      await bundleInto(folder, [fileURLToPath(new URL(program, import.meta.url))])
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ).pipe(Effect.map((folder) => join(folder, `${basename(program, ".ts")}.mjs`)))

export const bundle = bundleOf("worker.ts")

export interface Result {
  readonly ok: number
  readonly failures: Record<string, number>
}

/** A process that runs until the scope closes. */
export const start = (file: string, told: Told) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child: ChildProcess = spawn(process.execPath, [file], {
        env: { ...process.env, WORKER: JSON.stringify(told) },
        stdio: ["pipe", "pipe", "pipe"]
      })
      let log = ""
      let result: Result | undefined
      const waiting = new Map<string, () => void>()
      const seen = new Set<string>()
      const see = (event: string) => {
        seen.add(event)
        waiting.get(event)?.()
      }
      child.stderr?.on("data", (chunk) => {
        log += String(chunk)
      })
      if (child.stdout !== null) {
        createInterface({ input: child.stdout }).on("line", (line) => {
          log += `${line}\n`
          if (!line.startsWith("{")) return
          const event = JSON.parse(line)
          if ("started" in event) see("started")
          if ("opened" in event) see("opened")
          if ("reached" in event) see("reached")
          if ("ok" in event) result = event
        })
      }
      const exited = new Promise<void>((resolve) => child.once("close", () => resolve()))
      void exited.then(() => see("exited"))
      const until = (event: string) =>
        Effect.async<void>((resume) => {
          if (seen.has(event)) return resume(Effect.void)
          waiting.set(event, () => resume(Effect.void))
        })
      return {
        child,
        exited,
        /** All that it printed. */
        log: () => log,
        opened: Effect.race(until("opened"), until("exited")),
        started: Effect.race(until("started"), until("exited")),
        go: Effect.sync(() => child.stdin?.write("go\n")),
        reached: Effect.race(until("reached"), until("exited")),
        leave: Effect.sync(() => child.stdin?.write("leave\n")),
        kill: Effect.promise(() => {
          child.kill("SIGKILL")
          return exited
        }),
        /** Undefined if it was killed. */
        result: Effect.promise(() => exited.then(() => result))
      }
    }),
    ({ child, exited }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return exited
      })
  )
