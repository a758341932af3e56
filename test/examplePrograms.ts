import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Simulator } from "effect-tableau-simulator"
import { bundled, byToken, type Program, root, startBundled, temporary } from "./programs.js"
import { isOfPlainHttp } from "./support/warnings.js"

export const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"))

/** The printed lines without the info messages of the session, and without its warning that the simulator has no TLS. */
export const lines = (output: string) =>
  output
    .trimEnd()
    .split("\n")
    .filter((line) => !/^\[[\d:.]+\] INFO /.test(line) && !isOfPlainHttp(line))

/** Waits for the program, which must succeed; returns the lines that it printed. */
export const success = (program: Program) =>
  Effect.map(program.exit, (code) => {
    expect(code, program.output()).toBe(0)
    return lines(program.output())
  })

export const pagesRequested = (simulator: Simulator.Service) =>
  Effect.map(simulator.requests, (requests) =>
    requests
      .filter(({ operation }) => operation === "queryWorkbooksForSite")
      .map(({ query }) => new URLSearchParams(query))
      .map((query) => `${query.get("pageNumber")} of ${query.get("pageSize")}`)
  )

/** The simulator's certificate as a file. */
export const certificateFile = (simulator: Simulator.Service) =>
  Effect.gen(function* () {
    const file = join(yield* temporary, "company.pem")
    writeFileSync(file, simulator.certificate ?? "")
    return file
  })

export const luid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

/**
 * Bundles the examples. Call it in each test file: test files share their modules, and the bundles are removed after the
 * tests of the file that made them.
 */
export const examplePrograms = () => {
  const programOf = bundled(examples.map((name) => `examples/${name}`))

  const startExample = (name: string, env: Readonly<Record<string, string>>) =>
    Effect.flatMap(programOf(`examples/${name}`), (program) => startBundled(program, env))

  /** Runs an example against a simulator, which must have no sessions afterwards. */
  const run = (name: string, simulator: Simulator.Service, env: Readonly<Record<string, string>> = {}) =>
    Effect.gen(function* () {
      const printed = yield* success(yield* startExample(name, { ...byToken(simulator), ...env }))
      expect(yield* simulator.sessions).toEqual([])
      return printed
    })

  return { run, startExample }
}
