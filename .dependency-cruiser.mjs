/** Which module may import which: `npm run layers`. docs/ARCHITECTURE.md describes the layers. */

const client = "^packages/tableau/src"
const simulator = "^packages/simulator/src"
const redis = "^packages/redis/src"
const workflow = "^packages/workflow/src"

/**
 * The layers of a package, top to bottom. A module imports modules of its own layer and of the layers below it, types
 * included. A module that matches two layers belongs to the lower one.
 */
const layers = {
  client: [
    ["index", `${client}/index\\.ts$`],
    // Recipes call the operations of several resources.
    ["recipes", `${client}/Recipes\\.ts$`, `${client}/internal/recipes/`],
    // Every public module that no layer below names: a new resource needs no entry here.
    ["resources", `${client}/(?!(?:index|Recipes)\\.)[^/]+\\.ts$`],
    ["families", `${client}/internal/families/`],
    // Families return jobs and await them.
    ["jobs", `${client}/Jobs\\.ts$`, `${client}/internal/jobs/`],
    // Models that several resources share.
    [
      "shared-models",
      `${client}/(Connections|Permissions|References|Revisions|Tags)\\.ts$`,
      `${client}/internal/models/`
    ],
    ["file-uploads", `${client}/FileUploads\\.ts$`],
    ["internal-upload", `${client}/internal/upload/`],
    ["operation", `${client}/(Operation|Response|Upload)\\.ts$`],
    ["internal-operation", `${client}/internal/operation/`],
    ["session", `${client}/(TableauSession|ServerInfo)\\.ts$`],
    ["internal-session", `${client}/internal/session/`],
    ["internal-diagnosis", `${client}/internal/diagnosis/`],
    ["internal-http", `${client}/internal/http/`],
    ["xml", `${client}/Xml\\.ts$`],
    ["internal-xml", `${client}/internal/xml/`],
    [
      "ground",
      `${client}/(TableauError|Ids|Query|Filter|Sort|Credentials|RateLimiter|SessionStore|TableauUrl|Download|Progress)\\.ts$`,
      `${client}/internal/(errors/|[^/]+\\.ts$)`
    ]
  ],
  simulator: [
    ["main", `${simulator}/main\\.ts$`],
    ["internal-program", `${simulator}/internal/program/`],
    ["index", `${simulator}/index\\.ts$`],
    ["simulator", `${simulator}/Simulator\\.ts$`],
    ["internal-server", `${simulator}/internal/server/`],
    ["internal-resources", `${simulator}/internal/resources/`],
    ["internal-lists", `${simulator}/internal/lists/`],
    ["internal-session", `${simulator}/internal/session/`],
    ["internal-jobs", `${simulator}/internal/jobs/`],
    ["internal-uploads", `${simulator}/internal/uploads/`],
    ["internal-content", `${simulator}/internal/content/`],
    ["internal-operations", `${simulator}/internal/operations/`],
    ["options", `${simulator}/(Content|Fault|SimulatorError)\\.ts$`],
    ["internal-protocol", `${simulator}/internal/protocol/`]
  ],
  redis: [
    ["main", `${redis}/main\\.ts$`],
    ["index", `${redis}/index\\.ts$`],
    ["modules", `${redis}/(?!(?:index|main)\\.)[^/]+\\.ts$`],
    ["internal", `${redis}/internal/`]
  ],
  workflow: [
    ["index", `${workflow}/index\\.ts$`],
    ["modules", `${workflow}/(?!index\\.)[^/]+\\.ts$`],
    ["internal", `${workflow}/internal/`],
    ["errors", `${workflow}/EngineError\\.ts$`]
  ]
}

const downwards = Object.entries(layers).flatMap(([of, layers]) =>
  layers.slice(1).map(([name, ...paths], index) => {
    const below = layers.slice(index + 2).flatMap(([, ...paths]) => paths)
    return {
      name: `${of}-${name}-imports-nothing-above`,
      severity: "error",
      from: { path: paths, pathNot: below },
      to: { path: layers.slice(0, index + 1).flatMap(([, ...paths]) => paths), pathNot: [...paths, ...below] }
    }
  })
)

/** A new folder must find its layer. */
const withoutLayer = {
  name: "every-module-has-a-layer",
  comment: "Add the module or its folder to a layer in .dependency-cruiser.mjs.",
  severity: "error",
  from: {},
  to: {
    path: [client, simulator, redis, workflow],
    pathNot: [
      ...Object.values(layers).flatMap((layers) => layers.flatMap(([, ...paths]) => paths)),
      `${client}/internal/node/`
    ]
  }
}

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycle",
      comment: "Modules that import each other, types included, can be neither read nor changed one by one.",
      severity: "error",
      from: {},
      to: { circular: true }
    },
    ...downwards,
    withoutLayer,
    {
      name: "node-only-from-node",
      comment: "The package runs without Node unless a program imports effect-tableau/node.",
      severity: "error",
      from: { path: client, pathNot: `${client}/(node\\.ts$|internal/node/)` },
      to: { path: `${client}/internal/node/` }
    },
    {
      name: "client-without-simulator",
      comment: "The packages share no code: the same mistake in both would pass every test.",
      severity: "error",
      from: { path: client },
      to: { path: "^packages/simulator/" }
    },
    {
      name: "additions-through-public-modules",
      comment: "They are written with what the client publishes, so that users can write others.",
      severity: "error",
      from: { path: [redis, workflow] },
      to: { path: [`${client}/internal/`, "^packages/simulator/"] }
    },
    {
      name: "nothing-imports-additions",
      severity: "error",
      from: { path: [client, simulator] },
      to: { path: ["^packages/redis/", "^packages/workflow/"] }
    },
    {
      name: "additions-without-each-other",
      severity: "error",
      from: { path: "^packages/(redis|workflow)/src/" },
      to: { path: "^packages/(redis|workflow)/", pathNot: "^packages/$1/" }
    },
    {
      name: "simulator-without-client",
      comment: "The packages share no code: the same mistake in both would pass every test.",
      severity: "error",
      from: { path: simulator },
      to: { path: "^packages/tableau/" }
    },
    {
      name: "no-tests-in-packages",
      comment: "Tests, examples and scripts are not published.",
      severity: "error",
      from: { path: "^packages/[^/]+/src" },
      to: { path: "^(test|examples|scripts|packages/[^/]+/test)/" }
    },
    {
      name: "every-import-exists",
      severity: "error",
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    // Types count: without this, imports that the compiler erases are not seen.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.generated)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] }
  }
}
