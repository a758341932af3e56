/**
 * Builds the packages: `npm run build`.
 *
 * TypeScript writes a declaration beside each module, with a map to the sources, which are published too. The code goes
 * into few files: one for each public module, so that `effect-tableau/Workbooks` can be imported by itself, and one for
 * each folder of `internal`. Every call at the top level of a module is marked as free of side effects, so that a bundle
 * of one operation has no other operation in it.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { transformAsync } from "@babel/core"
import annotatePureCalls from "babel-plugin-annotate-pure-calls"
import { rollup } from "rollup"

const packages = ["tableau", "simulator"].map((name) => fileURLToPath(new URL(`../packages/${name}/`, import.meta.url)))

/** The compiler's output with its map to the sources, and with each call at the top level marked. */
const annotated = {
  name: "annotated",
  load: (id) => ({ code: readFileSync(id, "utf8"), map: JSON.parse(readFileSync(`${id}.map`, "utf8")) }),
  transform: async (code) => {
    const options = { babelrc: false, configFile: false, compact: false, inputSourceMap: false, sourceMaps: true }
    const { code: annotated, map } = await transformAsync(code, { ...options, plugins: [annotatePureCalls] })
    return { code: annotated, map }
  }
}

/** A folder of `internal` is one file; rollup finds a place for the modules beside those folders. */
const folderOf = (id) => /\/(internal\/[^/]+)\/[^/]+\.js$/.exec(id)?.[1]

const bundle = async (directory) => {
  const compiled = `${directory}build/`
  const publicModules = readdirSync(compiled).filter((file) => file.endsWith(".js") && file !== "index.js")
  const build = await rollup({
    input: Object.fromEntries(publicModules.map((file) => [file.slice(0, -".js".length), `${compiled}${file}`])),
    external: (id) => !/^[./]/.test(id),
    plugins: [annotated],
    treeshake: { moduleSideEffects: false },
    onLog: (_level, log) => {
      // A module of types only is an empty file. Nothing else is expected: files that import each other, for example,
      // could run before what they need.
      if (log.code !== "EMPTY_BUNDLE") throw new Error(log.message)
    }
  })
  await build.write({
    dir: `${directory}dist`,
    format: "es",
    sourcemap: true,
    sourcemapExcludeSources: true,
    hoistTransitiveImports: false,
    manualChunks: folderOf,
    onlyExplicitManualChunks: true,
    entryFileNames: "[name].js",
    chunkFileNames: ({ name }) => (name.startsWith("internal/") ? "[name].js" : "internal/[name].js")
  })
  await build.close()
  // The index has exports of the other files only, and stays as the compiler wrote it.
  for (const file of ["index.js", "index.js.map"]) copyFileSync(`${compiled}${file}`, `${directory}dist/${file}`)
}

for (const directory of packages) {
  for (const output of ["build", "dist"]) rmSync(`${directory}${output}`, { recursive: true, force: true })
}
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")
execFileSync(process.execPath, [tsc, "--build", "--force", ...packages], { stdio: "inherit" })
for (const directory of packages) await bundle(directory)
