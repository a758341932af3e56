/**
 * Writes what each public module exports to api/, so that a change of the public API shows in the diff: `npm run api`.
 * With --check, fails instead when a report is not up to date. Needs a build.
 *
 * A report has the module's own declarations, and those of internal modules that appear in them. API Extractor would copy
 * the declarations of all public modules that a module imports as well, so it reads a copy of the declarations in which
 * public modules are imported by their published names.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor"

const check = process.argv.includes("--check")
const root = fileURLToPath(new URL("..", import.meta.url))
const none = { default: { logLevel: "none" } }
const compilerOptions = {
  ...{ target: "ES2022", module: "NodeNext", strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
  ...{ lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"], types: ["node"], noEmit: true }
}

const isDeclaration = (file) => file.endsWith(".d.ts")

/** Copies the declarations of a package, once as installed, and once with published names. */
const copy = (name, directory, project) => {
  const dist = join(directory, "dist")
  const installed = join(project, "node_modules", name)
  rmSync(project, { recursive: true, force: true })
  for (const target of [project, installed]) {
    mkdirSync(target, { recursive: true })
    cpSync(join(directory, "package.json"), join(target, "package.json"))
  }
  for (const file of readdirSync(dist, { recursive: true }).filter(isDeclaration)) {
    const text = readFileSync(join(dist, file), "utf8").replace(/\/\/# sourceMappingURL.*/, "")
    const published = text
      .replaceAll(/"(\.[^"]*)\.js"/g, (specifier, path) => {
        const module = relative(dist, join(dist, dirname(file), path))
        return module.startsWith("internal") ? specifier : `"${name}/${module}"`
      })
      // API Extractor cannot export another package as a namespace in one statement.
      .replaceAll(/export \* as (\w+) from (.*)/g, "import * as $1 from $2\nexport { $1 }")
    for (const [target, content] of [
      [join(project, file), published],
      [join(installed, "dist", file), text]
    ]) {
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, content)
    }
  }
}

const configure = (name, project) => (module) =>
  ExtractorConfig.prepare({
    configObject: {
      projectFolder: project,
      mainEntryPointFilePath: join(project, `${module}.d.ts`),
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, include: ["*.d.ts"] } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: `${module}.api.md`,
        reportFolder: join(root, "api", name),
        reportTempFolder: join(project, "reports")
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "error" } },
        // The docs are for editors, and name no release stage.
        extractorMessageReporting: none,
        tsdocMessageReporting: none
      }
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(project, "package.json")
  })

let wrong = 0
const problem = (report, text) => {
  wrong += 1
  process.stdout.write(`${relative(root, report)} ${text}\n`)
}

for (const [folder, name] of [
  ["tableau", "effect-tableau"],
  ["simulator", "effect-tableau-simulator"],
  ["redis", "effect-tableau-redis"],
  ["workflow", "effect-tableau-workflow"]
]) {
  const directory = join(root, "packages", folder)
  const project = join(root, "test/.generated/api", name)
  const reports = join(root, "api", name)
  copy(name, directory, project)
  mkdirSync(reports, { recursive: true })
  const modules = readdirSync(join(directory, "src"))
    .filter((file) => file.endsWith(".ts") && file !== "main.ts")
    .map((file) => file.slice(0, -".ts".length))
  const configs = modules.map(configure(name, project))
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath)
  })
  for (const config of configs) {
    const { apiReportChanged, succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: !check,
      messageCallback: (message) => {
        // The compiler's errors are about the copy, for example.
        if (message.logLevel === "error") problem(config.reportFilePath, message.text)
        message.handled = true
      }
    })
    if (apiReportChanged && check) problem(config.reportFilePath, "is not up to date")
    else if (!succeeded) problem(config.reportFilePath, "cannot be made")
  }
  for (const file of readdirSync(reports).filter((file) => !modules.includes(file.replace(/\.api\.md$/, "")))) {
    if (check) problem(join(reports, file), "is of no module")
    else rmSync(join(reports, file))
  }
}

if (wrong > 0) {
  process.stdout.write("To update the reports: npm run build && npm run api\n")
  process.exitCode = 1
}
