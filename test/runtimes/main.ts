/**
 * Runs a program with the client as npm installs it, on the lowest and the newest peers, on Node from 20.10 to 26, Bun
 * and Deno, against a simulator: `npm run runtimes`, or some of them: `npm run runtimes -- Bun "Node 20"`. Prints a
 * table, and fails if a program failed. Runtimes come from npm and are kept in a folder for temporary files; one that
 * cannot be installed is reported and counts as not tested. Needs a build.
 */
import { arch, platform, tmpdir } from "node:os"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandFailed, pack, root, run } from "../support/packing.js"
import { program } from "./program.js"

const windows = platform() === "win32"

interface RuntimeOf {
  readonly name: string
  /** What npm installs. */
  readonly specifier: string
  /** The command, in the folder where it is installed, and the flags before the program. */
  readonly command: ReadonlyArray<string>
}

const nodeVersion = (version: string): RuntimeOf => ({
  name: `Node ${version}`,
  specifier: `node@npm:node-${windows ? "win" : platform()}-${arch()}@${version}`,
  command: [`node_modules/node/bin/node${windows ? ".exe" : ""}`]
})

const runtimes: ReadonlyArray<RuntimeOf> = [
  // `engines` in package.json: the oldest one that works.
  ...["20.10.0", "20", "22", "24", "26"].map(nodeVersion),
  { name: "Bun", specifier: "bun@1", command: ["node_modules/.bin/bun", "run"] },
  {
    name: "Deno",
    specifier: "deno@2",
    command: ["node_modules/.bin/deno", "run", "--no-lock", "--allow-net", "--allow-env", "--allow-read", "--allow-sys"]
  }
]

const Manifest = Schema.parseJson(
  Schema.Struct({ peerDependencies: Schema.Record({ key: Schema.String, value: Schema.String }) })
)

/** Installs packages in a folder of their own. */
const install = (folder: string, ...specifiers: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.writeFileString(path.join(folder, "package.json"), '{ "private": true, "type": "module" }')
    yield* run(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", ...specifiers)
  })

/** The command of a runtime, and its version. */
const installRuntime = (cache: string, { command, name, specifier }: RuntimeOf) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.join(cache, name.toLowerCase().replaceAll(" ", "-"))
    const [file = "", ...flags] = command
    const binary = path.join(folder, file)
    if (!(yield* files.exists(binary))) yield* install(folder, specifier)
    const [version = ""] = (yield* run(folder, binary, "--version")).split("\n")
    return { binary, flags, version: /\d+\.\d+\.\d+/.exec(version)?.[0] ?? version }
  })

const tsconfig = {
  compilerOptions: { target: "ES2022", module: "NodeNext", strict: true, skipLibCheck: true, types: [] },
  files: ["main.ts"]
}

/** A project with the client and its peers, in which the program is compiled. */
const makeProject = (folder: string, tarball: string, peers: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* files.remove(folder, { recursive: true, force: true })
    yield* install(folder, tarball, ...peers)
    yield* files.writeFileString(path.join(folder, "main.ts"), program)
    yield* files.writeFileString(path.join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
    yield* run(folder, process.execPath, path.join(root, "node_modules/typescript/bin/tsc"))
    return folder
  })

class NotTested extends Data.TaggedError("NotTested")<{ readonly message: string }> {}

/** Starts the simulator in its own process, until the scope ends; returns its URL. */
const simulator = Effect.gen(function* () {
  const main = `${root}packages/simulator/dist/main.js`
  const { stdout } = yield* Command.start(
    Command.make(process.execPath, main, "--port", "0").pipe(Command.stderr("inherit"))
  )
  const line = yield* stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filter((line) => line.startsWith("listening on ")),
    Stream.runHead
  )
  if (Option.isNone(line)) return yield* new NotTested({ message: "The simulator did not start." })
  return line.value.slice("listening on ".length)
})

const clients = ["effect-tableau/node", "FetchHttpClient"] as const

const expected = "120 workbooks, 120 listed, 10 views, Sales published"

const problemOf = (error: { readonly message: string }): string =>
  error.message.trim().split("\n").slice(0, 8).join("\n")

const main = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const cache = path.join(yield* files.realPath(tmpdir()), "effect-tableau-runtimes")
  const tarballs = yield* files.makeTempDirectoryScoped({ prefix: "effect-tableau-packed-" })
  const [[, tarball] = ["", ""]] = yield* pack(yield* files.realPath(tarballs))
  const manifest = yield* files.readFileString(path.join(root, "packages/tableau/package.json"))
  const { peerDependencies } = yield* Schema.decode(Manifest)(manifest)
  const peers = Object.entries(peerDependencies)
  const sets = {
    lowest: peers.map(([name, range]) => `${name}@${/\d+\.\d+\.\d+/.exec(range)?.[0]}`),
    newest: peers.map(([name, range]) => `${name}@${range}`)
  }

  const problems: Array<string> = []
  const projects = yield* Effect.forEach(Object.entries(sets), ([name, specifiers]) =>
    Effect.map(Effect.either(makeProject(path.join(cache, `peers-${name}`), tarball, specifiers)), (folder) => {
      if (Either.isLeft(folder)) problems.push(`${name} peers: ${problemOf(folder.left)}`)
      return { name, folder }
    })
  )
  const url = yield* simulator
  const published = path.join(tarballs, "Sales.tds")
  yield* files.writeFileString(published, "<datasource version='18.1'/>")

  const runProgram = (
    runtime: { readonly binary: string; readonly flags: ReadonlyArray<string> },
    folder: string,
    client: string
  ) =>
    run(folder, runtime.binary, ...runtime.flags, "main.js", client, url, published).pipe(
      Effect.timeoutFail({
        duration: "2 minutes",
        onTimeout: () => new CommandFailed({ command: runtime.binary, output: "It did not end within 2 minutes." })
      }),
      Effect.filterOrFail(
        (output) => output.trim().split("\n").at(-1) === expected,
        (output) => new CommandFailed({ command: runtime.binary, output })
      )
    )

  const rows: Array<ReadonlyArray<string>> = []
  let passed = 0
  const wanted = process.argv.slice(2)
  for (const runtime of runtimes.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const installed = yield* Effect.either(installRuntime(cache, runtime))
    if (Either.isLeft(installed)) {
      rows.push([runtime.name, "not installed: not tested"])
      yield* Console.log(`${runtime.name}: ${problemOf(installed.left)}`)
      continue
    }
    const cells: Array<string> = []
    for (const { folder, name } of projects) {
      for (const client of clients) {
        if (Either.isLeft(folder)) {
          cells.push("not tested")
          continue
        }
        // Before 0.97, it sends a Content-Length of its own, which the `fetch` of Node 20 refuses.
        if (name === "lowest" && client === "FetchHttpClient" && runtime.name.startsWith("Node 20")) {
          cells.push("-")
          continue
        }
        const result = yield* Effect.either(runProgram(installed.right, folder.right, client))
        cells.push(Either.isRight(result) ? "ok" : "FAILED")
        if (Either.isRight(result)) passed += 1
        else problems.push(`${runtime.name}, ${name} peers, ${client}: ${problemOf(result.left)}`)
      }
    }
    const [, { folder } = { folder: undefined }] = projects
    if (runtime.name === "Bun" && folder !== undefined && Either.isRight(folder)) {
      const advice = yield* Effect.flip(runProgram(installed.right, folder.right, "with an option"))
      if (!advice.message.includes("Use FetchHttpClient")) problems.push(`Bun, an option: ${problemOf(advice)}`)
    }
    rows.push([`${runtime.name.split(" ")[0]} ${installed.right.version}`, ...cells])
  }

  const head = ["", ...projects.flatMap(({ name }) => clients.map((client) => `${name}, ${client}`))]
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  yield* Console.log(["", head, ...rows].map((row) => (typeof row === "string" ? row : line(row))).join("\n"))
  for (const [name, specifiers] of Object.entries(sets)) yield* Console.log(`${name}: ${specifiers.join(" ")}`)
  if (problems.length > 0) return yield* new NotTested({ message: problems.join("\n") })
  if (passed === 0) return yield* new NotTested({ message: "No runtime was tested." })
  yield* Console.log(`${passed} programs passed`)
})

main.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
