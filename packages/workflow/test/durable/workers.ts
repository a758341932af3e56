/** Starts worker.ts as processes. It is bundled once, so that they start fast. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { TableauWorkflow } from "effect-tableau-workflow"
import type * as Libsql from "effect-tableau-workflow/Libsql"
import { bundleInto } from "../../../../test/support/bundling.js"

export interface Told {
  readonly engine: { readonly path: string } | { readonly url: string }
  readonly sharding: Libsql.Options["sharding"]
  readonly server: string
  readonly site: string
  readonly name: string
  readonly secret: string
  readonly connectionPassword: string
  readonly options: Omit<TableauWorkflow.Options, "credentials">
  readonly execute: ReadonlyArray<{
    readonly workflow: "steps" | "refreshWorkbook" | "refreshDatasource" | "publishWorkbook" | "publishDatasource"
    readonly payload: object
  }>
  /** Whether it goes on running workflows after its own have ended. */
  readonly stays: boolean
  readonly killAt: string | undefined
}

/** The bundle, for the tests of one file. What is native stays in node_modules, and is found from a folder in it. */
export const bundled = () => {
  const here = fileURLToPath(new URL(".", import.meta.url))
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(here, "../../../../node_modules/.effect-tableau-worker-"))
    await bundleInto(folder, [join(here, "worker.ts")], ["@libsql/client", "pg-native", "msgpackr-extract"])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return () => join(folder, "worker.mjs")
}

/** A folder for the files of a test. */
export const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-tableau-workflow-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** The encoded exit of a workflow. */
export interface Result {
  readonly workflow: string
  readonly payload: { readonly key?: string }
  readonly result:
    | { readonly _tag: "Success"; readonly value: unknown }
    | { readonly _tag: "Failure"; readonly cause: unknown }
}

/** A process that runs until it ends, or the scope closes. */
export const start = (file: string, told: Told) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [file], {
        env: { ...process.env, WORKER: JSON.stringify(told) },
        stdio: ["pipe", "pipe", "pipe"]
      })
      let log = ""
      const points: Array<string> = []
      const results: Array<Result> = []
      const waiting = new Map<string, Array<() => void>>()
      const seen = new Set<string>()
      const see = (event: string) => {
        seen.add(event)
        for (const resume of waiting.get(event) ?? []) resume()
        waiting.delete(event)
      }
      child.stderr.on("data", (chunk) => {
        log += String(chunk)
      })
      createInterface({ input: child.stdout }).on("line", (line) => {
        log += `${line}\n`
        if (!line.startsWith("{")) return
        const event = JSON.parse(line)
        if ("started" in event) see("started")
        if ("point" in event) {
          points.push(event.point)
          see(event.point)
        }
        if ("result" in event) results.push(event)
      })
      const exited = new Promise<void>((resolve) => child.once("close", () => resolve()))
      void exited.then(() => {
        for (const event of [...waiting.keys(), "exited"]) see(event)
      })
      /** Ends also when the process does. */
      const until = (event: string) =>
        Effect.async<void>((resume) => {
          if (seen.has(event) || seen.has("exited")) return resume(Effect.void)
          waiting.set(event, [...(waiting.get(event) ?? []), () => resume(Effect.void)])
        })
      return {
        child,
        exited,
        /** The points that it has reached. */
        points,
        log: () => log,
        started: until("started"),
        until,
        leave: Effect.sync(() => child.stdin.write("leave\n")),
        kill: Effect.promise(() => {
          child.kill("SIGKILL")
          return exited
        }),
        isKilled: () => child.signalCode === "SIGKILL",
        /** What its workflows returned, when it has ended. */
        results: Effect.promise(() => exited.then(() => results))
      }
    }),
    ({ child, exited }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return exited
      })
  )
