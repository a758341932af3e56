/** Which module may import which: `npm run layers`. docs/ARCHITECTURE.md describes the layers. */

const source = "^packages/tableau/src"

/** Top to bottom. A module imports modules of its own layer and of the layers below it, types included. */
const layers = [
  { name: "index", path: `${source}/index\\.ts$` },
  // Every public module that no layer below names: a new resource needs no entry here.
  { name: "resources and node", path: `${source}/(?!index\\.)[^/]+\\.ts$` },
  { name: "families", path: `${source}/internal/families/` },
  { name: "models that resources share", path: `${source}/(Connections|Permissions|References|Revisions|Tags)\\.ts$` },
  { name: "operation values", path: `${source}/(Operation|Response|Upload)\\.ts$` },
  { name: "internal/operation", path: `${source}/internal/operation/` },
  { name: "session values", path: `${source}/(TableauSession|ServerInfo)\\.ts$` },
  { name: "internal/session and internal/diagnosis", path: `${source}/internal/(session|diagnosis)/` },
  { name: "internal/http", path: `${source}/internal/http/` },
  { name: "Xml", path: `${source}/Xml\\.ts$` },
  { name: "internal/xml", path: `${source}/internal/xml/` },
  {
    name: "ground",
    path: [
      `${source}/(TableauError|Ids|Query|Filter|Sort|Credentials|TableauUrl|Download)\\.ts$`,
      `${source}/internal/errors/`,
      `${source}/internal/[^/]+\\.ts$`
    ]
  }
]

/** A public module that a lower layer names belongs to that layer, not to the resources. */
const paths = layers.map(({ path }) => [path].flat())
const named = [paths[0], ...paths.slice(2)].flat()
const pathNotOf = (index) => (index === 1 ? { pathNot: named } : {})

const downwards = layers.slice(1).map((layer, index) => ({
  name: `no-import-up-from-${layer.name.replaceAll(/[ /]/g, "-")}`,
  comment: `"${layer.name}" may not import a layer above it.`,
  severity: "error",
  from: { path: paths[index + 1], ...pathNotOf(index + 1) },
  to: { path: paths.slice(0, index + 1).flat(), ...(index === 0 ? {} : { pathNot: paths.slice(index + 1).flat() }) }
}))

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
    {
      name: "node-only-from-node",
      comment: "The package runs without Node unless a program imports effect-tableau/node.",
      severity: "error",
      from: { path: source, pathNot: `${source}/(node\\.ts$|internal/node/)` },
      to: { path: `${source}/internal/node/` }
    },
    {
      name: "client-without-simulator",
      comment: "The packages share no code: the same mistake in both would pass every test.",
      severity: "error",
      from: { path: source },
      to: { path: "^packages/simulator/" }
    },
    {
      name: "simulator-without-client",
      comment: "The packages share no code: the same mistake in both would pass every test.",
      severity: "error",
      from: { path: "^packages/simulator/src" },
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
