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
      { find: /^effect-tableau-redis$/, replacement: source("redis/src/index.ts") },
      { find: /^effect-tableau-redis\/(.*)$/, replacement: source("redis/src/$1.ts") },
      { find: /^effect-tableau-workflow$/, replacement: source("workflow/src/index.ts") },
      { find: /^effect-tableau-workflow\/(.*)$/, replacement: source("workflow/src/$1.ts") },
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
          exclude: [
            "**/node_modules/**",
            "test/package/**",
            "packages/redis/test/redis/**",
            "packages/workflow/test/durable/**"
          ]
        }
      },
      // With redis-server, which these tests start: `npm run test:redis`.
      {
        extends: true,
        test: { name: "redis", include: ["packages/redis/test/redis/*.test.ts"], testTimeout: 300_000 }
      },
      // With databases and processes that are killed: `npm run test:workflow`.
      {
        extends: true,
        test: { name: "workflow", include: ["packages/workflow/test/durable/*.test.ts"], testTimeout: 300_000 }
      },
      // Tests of the published package, which is built for these tests only.
      {
        extends: true,
        test: { name: "package", include: ["test/package/*.test.ts"], globalSetup: "test/package/setup.ts" }
      }
    ],
    env: {
      // Tests reach their servers directly, also on a machine that has a proxy.
      NO_PROXY: "127.0.0.1,localhost",
      no_proxy: "127.0.0.1,localhost",
      // A time zone far from UTC, so that code which depends on the local zone fails.
      TZ: "Pacific/Chatham"
    },
    // Test files share a process, because loading Effect and the package for each file would take longer than its tests.
    // A test that changes global state restores it.
    isolate: false,
    setupFiles: [
      "test/support/restoreIt.ts",
      "test/support/rerun.ts",
      "packages/simulator/test/support/schemaChecks.ts"
    ],
    // For `.ci/run`: see test/support/rerun.ts.
    retry: process.env["TEST_RERUNS"] === undefined ? 0 : 1,
    reporters: ["default", "json"],
    outputFile: { json: "test/.report.json" },
    // Only a test that hangs reaches these limits: tests do not wait for real time to pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default, one less than the cores, would leave half of a machine with two cores idle.
    maxWorkers: availableParallelism()
  }
})
