/**
 * Builds the packages: `npm run build`, or one of them: `node scripts/build.mjs simulator`.
 *
 * TypeScript writes a declaration beside each module, with a map to the sources, which are published too. The code of all
 * modules that the index reaches goes into one file, because Node takes about a millisecond for each file that it loads.
 * Each public module has a file that exports its part, so that `effect-tableau/Workbooks` can be imported by itself. Every
 * call at the top level of a module is marked as free of side effects, so that a bundle of one operation has no other
 * operation in it.
 */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { transformAsync } from "@babel/core"
import annotatePureCalls from "babel-plugin-annotate-pure-calls"
import { rollup } from "rollup"

const names = process.argv.length > 2 ? process.argv.slice(2) : ["tableau", "simulator", "redis", "workflow"]
const packages = names.map((name) => fileURLToPath(new URL(`../packages/${name}/`, import.meta.url)))

/** The compiler's output with its map to the sources, and with each call at the top level marked. */
const annotated = {
  name: "annotated",
  load: (id) => ({ code: readFileSync(id, "utf8"), map: JSON.parse(readFileSync(`${id}.map`, "utf8")) }),
  transform: async (code) => {
    const options = { babelrc: false, configFile: false, compact: false, inputSourceMap: false, sourceMaps: true }
    // Declarations and sources have the docs: without comments Node reads half as much.
    const shouldPrintComment = (comment) => comment.includes("__PURE__")
    const { code: annotated, map } = await transformAsync(code, {
      ...options,
      shouldPrintComment,
      plugins: [annotatePureCalls]
    })
    return { code: annotated, map }
  }
}

/** The modules that the index reaches, from the paths of all others. */
const reachedFrom = (index, getModuleInfo) => {
  const reached = new Set()
  const reach = (id) => {
    if (reached.has(id)) return
    reached.add(id)
    for (const imported of getModuleInfo(id)?.importedIds ?? []) reach(imported)
  }
  reach(index)
  return reached
}

const withoutComments = (code) => code.replaceAll(/\/\*.*?\*\/|\/\/.*?$/gms, "").trim()

const bundle = async (directory) => {
  const compiled = `${directory}build/`
  const publicModules = readdirSync(compiled).filter((file) => file.endsWith(".js"))
  // A module of types only. Rollup would name the file of all others after it.
  const isEmpty = (file) => /^export \{\};?\s*$/.test(withoutComments(readFileSync(`${compiled}${file}`, "utf8")))
  const build = await rollup({
    input: Object.fromEntries(
      publicModules.filter((file) => !isEmpty(file)).map((file) => [file.slice(0, -".js".length), `${compiled}${file}`])
    ),
    external: (id) => !/^[./]/.test(id),
    plugins: [annotated],
    treeshake: { moduleSideEffects: false },
    onLog: (_level, log) => {
      // A module of types only is an empty file. Nothing else is expected: files that import each other, for example,
      // could run before what they need.
      if (log.code !== "EMPTY_BUNDLE") throw new Error(log.message)
    }
  })
  let reached
  await build.write({
    dir: `${directory}dist`,
    format: "es",
    sourcemap: true,
    sourcemapExcludeSources: true,
    hoistTransitiveImports: false,
    manualChunks: (id, { getModuleInfo }) => {
      reached ??= reachedFrom(`${compiled}index.js`, getModuleInfo)
      return reached.has(id) ? "internal/package" : undefined
    },
    onlyExplicitManualChunks: true,
    entryFileNames: "[name].js",
    chunkFileNames: ({ name }) => (name.startsWith("internal/") ? "[name].js" : "internal/[name].js")
  })
  await build.close()
  for (const file of publicModules.filter(isEmpty)) writeFileSync(`${directory}dist/${file}`, "export {}\n")
}

for (const directory of packages) {
  for (const output of ["build", "dist"]) rmSync(`${directory}${output}`, { recursive: true, force: true })
}
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")
execFileSync(process.execPath, [tsc, "--build", "--force", ...packages], { stdio: "inherit" })
for (const directory of packages) await bundle(directory)
