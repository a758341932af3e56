import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TableauError } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { twbx } from "../packages/simulator/test/support/files.js"
import { bundled, byToken, patience, root, start, startBundled, temporary } from "./programs.js"

/** A block of code in the documentation. */
interface Block {
  /** File and line. */
  readonly where: string
  readonly code: string
}

/** A folder for each run: two can run at once. */
const generatedBy = join(root, "test/.generated")
mkdirSync(generatedBy, { recursive: true })
const generated = mkdtempSync(join(generatedBy, "run-"))

const filesIn = (directory: string, extension: string): ReadonlyArray<string> =>
  existsSync(join(root, directory))
    ? readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(extension))
        .sort()
        .map((name) => join(directory, name))
    : []

/** The blocks fenced as `ts`. In a docstring each line begins with an asterisk. */
const blocksOf = (file: string): ReadonlyArray<Block> => {
  const text = readFileSync(join(root, file), "utf8")
  return [...text.matchAll(/^( *\* )?```ts\n([\s\S]*?)^\1```$/gm)].map(({ 1: prefix, 2: code = "", index }) => ({
    where: `${file}:${text.slice(0, index).split("\n").length}`,
    code: prefix === undefined ? code : code.replaceAll(/^ *\* ?/gm, "")
  }))
}

const readme = blocksOf("README.md")
const blocks = [
  ...readme,
  ...filesIn("docs", ".md").flatMap(blocksOf),
  ...blocksOf("packages/simulator/README.md"),
  ...blocksOf("packages/redis/README.md"),
  ...blocksOf("packages/workflow/README.md"),
  ...["packages/tableau/src", "packages/simulator/src", "packages/redis/src", "packages/workflow/src"]
    .flatMap((directory) => filesIn(directory, ".ts"))
    .flatMap(blocksOf)
]

const nameOf = ({ where }: Block): string => where.replaceAll(/[^A-Za-z0-9]+/g, "-")
const fileOf = (block: Block): string => join(generated, `${nameOf(block)}.ts`)

afterAll(() => rmSync(generated, { recursive: true, force: true }))

/** What must and must not compile of what the docstrings promise. */
const types = "packages/tableau/test/types/types.ts"

/**
 * What the compiler finds, in the types and in all else. It runs once, as it spends its time on what both import, and in
 * a process of its own: it would keep this one from answering for a minute.
 */
const diagnostics = Effect.gen(function* () {
  for (const block of blocks) {
    // Declarations of a block may be unused. Imports may not.
    writeFileSync(fileOf(block), block.code.replaceAll(/^(?=(?:const|class|interface|type) )/gm, "export "))
  }
  const project = join(generated, "tsconfig.json")
  const files = [join(root, types), ...blocks.map(fileOf)]
  writeFileSync(project, JSON.stringify({ extends: "../../../tsconfig.json", files, include: [], exclude: [] }))
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  const { exit, output } = yield* start(process.execPath, [compiler, "-p", project])
  const code = yield* exit
  // A diagnostic begins at each line that is not indented.
  const found = output()
    .split(/\n(?!\s)/)
    .filter((text) => text !== "")
  if (code !== 0 && found.length === 0) found.push(`it ended with ${code}`)
  const isOfTypes = (text: string) => text.startsWith(`${types}(`)
  return { ofTypes: found.filter(isOfTypes), others: found.filter((text) => !isOfTypes(text)) }
}).pipe(Effect.scoped, Effect.cached, Effect.runSync)

describe.concurrent("compiler", patience, () => {
  it.effect("the compiler accepts every block of code in the READMEs, the guides and the docstrings", () =>
    Effect.gen(function* () {
      expect(blocks.length).toBeGreaterThan(readme.length)
      expect((yield* diagnostics).others).toEqual([])
    })
  )

  it.effect("error unions, requirements and path parameters have the expected types", () =>
    Effect.gen(function* () {
      expect((yield* diagnostics).ofTypes).toEqual([])
    })
  )
})

/** Replaces the addresses of a block with those of a simulator, and its files. */
const moved = (code: string, simulator: Simulator.Service, certificate: string, workbook: string): string =>
  code
    .replaceAll("https://tableau.example.com", simulator.url)
    .replaceAll("http://tableau.example.com", simulator.redirectUrl ?? "")
    .replaceAll('"company.pem"', JSON.stringify(certificate))
    .replaceAll('"sales.twbx"', JSON.stringify(workbook))

/** The file of a block, as it is written. */
const sourceOf = (block: Block): string => relative(root, join(generated, `${nameOf(block)}-run.ts`))
for (const block of readme) writeFileSync(join(root, sourceOf(block)), block.code)
const programOf = bundled(readme.map(sourceOf))

describe.concurrent("every block of code in the README runs", patience, () => {
  for (const block of readme) {
    // By the real clock: a JWT must not be from the future.
    it.scopedLive(block.where, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator.make({ tls: true, redirectFrom: 0 })
        const program = yield* programOf(sourceOf(block))
        const certificate = `${program}.pem`
        // In the bundle, not in the block: all blocks are bundled at once. Shared chunks have no addresses.
        const workbook = join(yield* temporary, "sales.twbx")
        writeFileSync(workbook, twbx({ worksheets: ["Sales"] }))
        writeFileSync(program, moved(readFileSync(program, "utf8"), simulator, certificate, workbook))
        writeFileSync(certificate, simulator.certificate ?? "")
        const { exit, output } = yield* startBundled(program, {
          ...byToken(simulator),
          TABLEAU_PASSWORD: "admin-password",
          TABLEAU_CONNECTED_APP_SECRET_VALUE: "demo-secret-value-0123456789abcdef",
          // Blocks about certificates trust the certificate themselves.
          ...(block.code.includes("layerHttpClient()") ? { NODE_EXTRA_CA_CERTS: certificate } : {})
        })
        expect(yield* exit, output()).toBe(0)
        const printed = output().split("\n")
        const promised = [...block.code.matchAll(/^\/\/ => (.*)$/gm)].map(([, text = ""]) => text)
        expect(promised.length).toBeGreaterThan(0)
        let from = 0
        for (const text of promised) {
          const at = printed.findIndex((line, index) => index >= from && line.startsWith(text))
          expect(at, `${text}\nis not in\n${output()}`).toBeGreaterThanOrEqual(0)
          from = at + 1
        }
        expect(yield* simulator.count("signIn")).toBeGreaterThan(0)
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }
})

it("the README's table has every error, and no other", () => {
  const isClass = ([, value]: readonly [string, unknown]) => typeof value === "function" && "fields" in value
  const tags = Object.entries(TableauError).filter(isClass)
  const rows = readFileSync(join(root, "README.md"), "utf8").matchAll(/^\| `([A-Z][a-z]\w+)` +\|/gm)
  expect([...rows].map(([, tag]) => tag).sort()).toEqual(tags.map(([name]) => name).sort())
})

const manifest = (file: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(join(root, file), "utf8"))

it("the install lines of the READMEs have the versions that are tested", () => {
  const { devDependencies: tested = {} } = manifest("package.json")
  for (const file of ["README.md", "packages/simulator/README.md"]) {
    const lines = readFileSync(join(root, file), "utf8").matchAll(/^npm i (.*)$/gm)
    const installed = [...lines].flatMap(([, line = ""]) => line.split(" "))
    const versions = installed.flatMap((given) => {
      const [, name, version] = /^(.+)@([\d.]+)$/.exec(given) ?? []
      return name === undefined || version === undefined ? [] : [[name, version] as const]
    })
    expect(versions.map(([name]) => name)).toEqual(
      expect.arrayContaining(["effect", "@effect/platform", "@effect/platform-node", "vitest", "@effect/vitest"])
    )
    for (const [name, version] of versions) expect(tested[name], name).toMatch(new RegExp(`^\\^${version}\\.`))
  }
})

it("the README has the lowest versions that the peer dependencies allow", () => {
  const text = readFileSync(join(root, "README.md"), "utf8").replaceAll(/\s+/g, " ")
  for (const [name, range] of Object.entries(manifest("packages/tableau/package.json")["peerDependencies"] ?? {})) {
    expect(text).toContain(`\`${name}\` ${range.match(/\d+\.\d+(?:\.[1-9]\d*)?/)?.[0]}`)
  }
})

it("docs/ARCHITECTURE.md describes each folder of the client's source", () => {
  const folders = filesIn("packages/tableau/src", ".ts")
    .map((file) => dirname(relative("packages/tableau/src", file)))
    .filter((folder) => folder !== "." && folder !== "internal")
  const rows = readFileSync(join(root, "docs/ARCHITECTURE.md"), "utf8").matchAll(/^\| `(internal\/\w+)` +\|/gm)
  expect([...rows].map(([, folder]) => folder).sort()).toEqual([...new Set(folders)].sort())
})

it("a link within a document leads to a heading of it", () => {
  for (const file of [
    "README.md",
    "CONTRIBUTING.md",
    "packages/simulator/README.md",
    "packages/redis/README.md",
    "packages/workflow/README.md",
    ...filesIn("docs", ".md")
  ]) {
    const text = readFileSync(join(root, file), "utf8").replaceAll(/^```.*?^```$/gms, "")
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-")
    )
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor)
    expect(headings, file).toEqual(expect.arrayContaining(links))
  }
})
