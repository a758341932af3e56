import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    // The packages by name, from their sources, as in tsconfig.json.
    alias: [
      { find: /^effect-tableau$/, replacement: source("tableau/src/index.ts") },
      { find: /^effect-tableau\/(.*)$/, replacement: source("tableau/src/$1.ts") },
      { find: /^effect-tableau-simulator$/, replacement: source("simulator/src/index.ts") },
      { find: /^effect-tableau-simulator\/(.*)$/, replacement: source("simulator/src/$1.ts") }
    ]
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "source",
          include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "test/package/**"]
        }
      },
      // What is published. Builds and packs the client, but only for these tests.
      {
        extends: true,
        test: { name: "package", include: ["test/package/*.test.ts"], globalSetup: "test/package/setup.ts" }
      }
    ],
    env: {
      // A proxy of the machine's is not for servers of the tests.
      NO_PROXY: "127.0.0.1,localhost",
      no_proxy: "127.0.0.1,localhost",
      // Dates are the same wherever a program runs: the tests run far from UTC.
      TZ: "Pacific/Chatham"
    },
    // Files of tests share a process, as programs share ours: to load Effect and this package again for each would take
    // longer than the tests. What a test changes of its process it puts back.
    isolate: false,
    setupFiles: ["test/support/ownMethods.ts", "packages/simulator/test/support/schemaChecks.ts"],
    reporters: ["default", "json"],
    outputFile: { json: "test/.report.json" },
    // Bounds for a hang only: nothing in a test waits for real time to pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One less than the machine has cores would leave half of a small one idle.
    maxWorkers: availableParallelism()
  }
})
