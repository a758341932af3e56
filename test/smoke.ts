/**
 * The packages as users install them: packed, checked by publint and attw, installed in an empty project, type-checked
 * with all of their dependencies, and run against the simulator. Needs a build.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CommandFailed, pack, root, run } from "./support/packing.js"

const Versions = Schema.Record({ key: Schema.String, value: Schema.String })

const Manifest = Schema.parseJson(Schema.Struct({ devDependencies: Versions, overrides: Versions }))

/** What a project needs beside the packages: effect itself, and what type-checks it with all its dependencies. */
const installed = ["effect", "@effect/platform", "@effect/platform-node", "typescript", "@types/node"]

const program = `import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RedisSessionStore } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"

const Session = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { certificate = "", url } = yield* Simulator
    return TableauSession.layer({
      server: url,
      credentials: Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
    }).pipe(Layer.provide(TableauNode.layerHttpClient({ ca: certificate })))
  })
)

// Only type-checked: there is no Redis here.
export const Shared = Layer.provide(Session, RedisSessionStore.layer({ redis: "redis://127.0.0.1:6379" }))

const main = Effect.gen(function* () {
  const { items, totalAvailable } = yield* Workbooks.list()
  const names = yield* items.pipe(
    Stream.map((workbook) => workbook.name),
    Stream.runCollect,
    Effect.map((chunk) => Array.from(chunk))
  )
  yield* Console.log(\`\${totalAvailable} workbooks, \${names.length} listed, the first is \${names[0]}\`)
})

main.pipe(
  Effect.provide(Session),
  Effect.provide(Simulator.layer({ tls: true, workbooks: 250 })),
  NodeRuntime.runMain
)
`

const tsconfig = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    // As in a project that names none, from TypeScript 6 on: our own declarations bring what they need of Node's.
    types: []
  },
  files: ["main.ts"]
}

const smoke = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const temporary = yield* files.realPath(yield* files.makeTempDirectoryScoped({ prefix: "effect-tableau-smoke-" }))
  const tarballs = yield* pack(path.join(temporary, "tarballs"))
  for (const [name, tarball] of tarballs) {
    yield* run(root, "npm", "exec", "--offline", "--", "publint", tarball, "--strict")
    // attw cannot expand the pattern in `exports`.
    const modules = (yield* files.readDirectory(path.join(root, "packages", name, "src")))
      .filter((file) => file.endsWith(".ts") && file !== "index.ts" && file !== "main.ts")
      .map((file) => path.basename(file, ".ts"))
    const options = ["--profile", "esm-only", "--no-definitely-typed", "--include-entrypoints", ...modules]
    yield* run(root, "npm", "exec", "--offline", "--", "attw", tarball, ...options)
  }
  yield* Console.log("publint and attw find nothing")

  const manifest = yield* Schema.decode(Manifest)(yield* files.readFileString(path.join(root, "package.json")))
  const project = path.join(temporary, "project")
  yield* files.makeDirectory(project)
  const write = (name: string, content: string) => files.writeFileString(path.join(project, name), content)
  yield* write("package.json", JSON.stringify({ private: true, type: "module", overrides: manifest.overrides }))
  yield* write("tsconfig.json", JSON.stringify(tsconfig))
  yield* write("main.ts", program)

  const versions = installed.map((name) => `${name}@${manifest.devDependencies[name] ?? "latest"}`)
  yield* run(project, "npm", "install", "--no-audit", "--no-fund", ...tarballs.map(([, file]) => file), ...versions)
  yield* Console.log("installed")

  for (const name of [
    "effect-tableau",
    "effect-tableau-simulator",
    "effect-tableau-redis",
    "effect-tableau-workflow"
  ]) {
    const directory = path.join(project, "node_modules", name)
    const readme = yield* files.readFileString(path.join(directory, "README.md"))
    // test/documentation.test.ts checks links within a document.
    for (const [link, file = ""] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      if (!(yield* files.exists(path.join(directory, file)))) {
        return yield* new CommandFailed({ command: "npm pack", output: `${name}'s README has a dead link: ${link}\n` })
      }
    }
  }

  yield* run(project, "npm", "exec", "--offline", "--", "tsc")
  yield* Console.log("type-checked")

  const output = yield* run(project, "node", "main.js")
  const expected = "250 workbooks, 250 listed, the first is Superstore"
  // Before it come lines of the log.
  if (output.trim().split("\n").at(-1) !== expected) {
    return yield* new CommandFailed({ command: "node main.js", output: `printed ${output}, not ${expected}\n` })
  }
  yield* Console.log(expected)

  const help = yield* run(project, "npm", "exec", "--offline", "--", "effect-tableau-simulator", "--help")
  if (!help.includes("--port")) {
    return yield* new CommandFailed({ command: "effect-tableau-simulator --help", output: help })
  }
  yield* Console.log("the simulator's command runs")

  const sweep = yield* run(project, "npm", "exec", "--offline", "--", "effect-tableau-redis", "--help")
  if (!sweep.includes("REDIS_URL")) {
    return yield* new CommandFailed({ command: "effect-tableau-redis --help", output: sweep })
  }
  yield* Console.log("the command of the store runs")
})

smoke.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
