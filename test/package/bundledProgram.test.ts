/** How the README bundles a program, with the client as npm installs it. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { project, root } from "./project.js"

const program = `import { Console, Effect, Layer, Stream } from "effect"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

const main = Effect.gen(function* () {
  const count = yield* Stream.runCount(Workbooks.stream({ pageSize: 100 }))
  yield* Console.log(\`\${count} workbooks\`)
})

main.pipe(Effect.provide(Session), TableauNode.runMain)
`

/** The lines of the README's block that bundles and runs a program. */
const commands = () => {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  const [, block = ""] = /```\n(npm i -D esbuild\n[^`]*)```/.exec(readme) ?? []
  return block.trim().split("\n")
}

const shell = (directory: string, command: string, environment: Readonly<Record<string, string>> = {}) =>
  Effect.promise(() =>
    promisify(execFile)("sh", ["-c", command], { cwd: directory, env: { ...process.env, ...environment } })
  )

it.scopedLive(
  "a program that is bundled by the README's command lists workbooks",
  () =>
    Effect.gen(function* () {
      const directory = join(project, "bundled")
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, "main.ts"), program)
      // The repository's own configuration would resolve the package to its sources.
      writeFileSync(join(directory, "tsconfig.json"), "{}")
      const [install, bundle = "", start = ""] = commands()
      expect(install).toBe("npm i -D esbuild")
      // In place of the installation.
      mkdirSync(join(project, "node_modules/.bin"), { recursive: true })
      symlinkSync(join(root, "node_modules/.bin/esbuild"), join(project, "node_modules/.bin/esbuild"))
      yield* shell(directory, bundle)
      expect(statSync(join(directory, "main.mjs")).size).toBeLessThan(2_000_000)

      const { url } = yield* Simulator.make({ workbooks: 250 })
      const { stdout } = yield* shell(directory, start, {
        TABLEAU_SERVER_URL: url,
        TABLEAU_TOKEN_NAME: "demo-token",
        TABLEAU_TOKEN_VALUE: "demo-secret"
      })
      expect(stdout.trim().split("\n").at(-1)).toBe("250 workbooks")
    }),
  180_000
)
