/** Examples that move content in and out. */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { twbx } from "../packages/simulator/test/support/files.js"
import { lines, luid, success } from "./examplePrograms.js"
import { byToken, patience, signalGroup, start, temporary } from "./programs.js"

const content: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "Sales" }, { name: "Forecasts", parent: "Sales" }, { name: "Restored" }],
      workbooks: [
        { name: "Superstore", project: "Sales", hasExtracts: true, tags: ["q3"] },
        { name: "Live", project: "Sales" },
        { name: "Elsewhere", hasExtracts: true },
        { name: "Superstore", project: "Forecasts" }
      ],
      datasources: [{ name: "Orders", project: "Sales" }],
      flows: [{ name: "Clean", project: "Sales" }]
    },
    { contentUrl: "MarketingTeam" }
  ]
}

const simulated = Simulator.make({ content, jobWait: "10 millis", jobRun: "10 millis" })

const run = (simulator: Simulator.Service, example: string, ...args: ReadonlyArray<string>) =>
  start(process.execPath, ["--import", "tsx", `examples/${example}`, ...args], byToken(simulator))

describe.concurrent("examples of content", patience, () => {
  const missing: ReadonlyArray<readonly [kind: string, example: string, ...args: ReadonlyArray<string>]> = [
    ["project", "nightly-refresh.ts", "Nope"],
    ["project", "publish.ts", "Nope.twbx", "Nope"],
    ["project", "backup.ts", "Nope", "backup"],
    ["project", "backup.ts", "Sales", "backup", "Nope"],
    ["workbook", "copy-between-sites.ts", "Nope"]
  ]
  for (const [kind, example, ...args] of missing) {
    it.scopedLive(`${[example, ...args].join(" ")} fails, and says that there is no such ${kind}`, () =>
      Effect.gen(function* () {
        const simulator = yield* simulated
        const directory = yield* temporary
        const file = join(directory, "Nope.twbx")
        writeFileSync(file, twbx({ worksheets: ["One"] }))
        const paths = new Map([
          ["Nope.twbx", file],
          ["backup", join(directory, "backup")]
        ])
        const program = yield* run(simulator, example, ...args.map((arg) => paths.get(arg) ?? arg))
        expect(yield* program.exit).toBe(1)
        expect(program.output()).toContain(`There is no ${kind} called Nope`)
        expect(lines(program.output()).join("\n")).not.toMatch(/refreshed|downloaded|Published|Will/)
        expect((yield* simulator.requests).filter(({ method }) => method !== "GET").length).toBe(2)
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  it.scopedLive("publish.ts, interrupted while the file is sent, says that nothing is published", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      const file = join(yield* temporary, "Large.twbx")
      writeFileSync(file, Buffer.alloc(33 * 1024 * 1024))
      yield* simulator.inject({ operation: "appendToFileUpload", fault: Fault.hang() })
      const program = yield* run(simulator, "publish.ts", file)
      yield* program.until(simulator.awaitSeen("appendToFileUpload"))
      signalGroup(program, "SIGINT")
      yield* program.exit
      expect(program.output()).toContain("Interrupted: nothing is published")
      expect(yield* simulator.count("publishWorkbook")).toBe(0)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("nightly-refresh.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      const printed = yield* success(yield* run(simulator, "nightly-refresh.ts", "Sales"))
      expect(printed.sort()).toEqual([
        "2 of 2 were refreshed in the project Sales",
        "Refreshed Orders",
        "Refreshed Superstore"
      ])
      // The job of the data source has ended before the workbook's begins.
      const operations = (yield* simulator.requests).map(({ operation }) => operation)
      expect(operations.indexOf("queryJob")).toBeGreaterThan(operations.indexOf("updateDataSourceNow"))
      expect(operations.indexOf("updateWorkbookNow")).toBeGreaterThan(operations.indexOf("queryJob"))
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("nightly-refresh.ts goes on after a data source that has been deleted", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      yield* simulator.inject({ operation: "updateDataSourceNow", fault: Fault.status(404) })
      const program = yield* run(simulator, "nightly-refresh.ts", "Sales")
      expect(yield* program.exit).toBe(1)
      const printed = lines(program.output()).join("\n")
      expect(printed).toContain("Not refreshed: Orders")
      expect(printed).toContain("Refreshed Superstore")
      expect(printed).toContain("1 of 2 were refreshed in the project Sales")
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("nightly-refresh.ts fails after all if one refresh failed", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      yield* simulator.planJobs({ title: "Orders", end: "Failed", notes: "The database does not respond." })
      const program = yield* run(simulator, "nightly-refresh.ts", "Sales")
      expect(yield* program.exit).toBe(1)
      const printed = lines(program.output()).join("\n")
      expect(printed).toContain("Refreshed Superstore")
      expect(printed).toContain("Not refreshed: Orders")
      expect(printed).toContain("The database does not respond.")
      expect(printed).toContain("1 of 2 were refreshed in the project Sales")
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("publish.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      const file = join(yield* temporary, "Quarter.twbx")
      writeFileSync(file, twbx({ worksheets: ["One"] }))
      const printed = yield* success(yield* run(simulator, "publish.ts", file, "Sales"))
      const isBar = (line: string) => line.includes("ETA")
      expect(printed.filter(isBar).at(-1)).toMatch(/100% \| (\d+\.\d) of \1 MB/)
      const others = printed.filter((line) => line !== "" && !isBar(line))
      expect(others[0]).toMatch(/^Published Quarter: http/)
      expect(others.at(-1)).toBe("It is refreshed")
      expect(yield* simulator.count("publishWorkbook")).toBe(1)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("copy-between-sites.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      expect(yield* success(yield* run(simulator, "copy-between-sites.ts", "Superstore"))).toEqual([
        "Will create Superstore on the site MarketingTeam, with the tags [q3]",
        "Copied: Superstore is in the project default"
      ])
      const publication = (yield* simulator.requests).find(({ operation }) => operation === "publishWorkbook")
      expect(publication?.site).toBe("MarketingTeam")
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("backup.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* simulated
      const directory = yield* temporary
      const printed = yield* success(yield* run(simulator, "backup.ts", "Sales", directory, "Restored"))
      const items = ["datasource Orders", "workbook Superstore", "workbook Live", "workbook Superstore", "flow Clean"]
      expect(printed.sort()).toEqual(
        [...items.map((item) => `${item}: downloaded`), ...items.map((item) => `${item}: published`)].sort()
      )
      expect(
        readdirSync(directory).filter((name) => new RegExp(`^(workbook|datasource|flow)-${luid}`).test(name))
      ).toHaveLength(5)
      const again = yield* success(yield* run(simulator, "backup.ts", "Sales", directory, "Restored"))
      // The files are there. What was restored is replaced, because the first run was complete.
      expect(again.sort()).toEqual(
        [...items.map((item) => `${item}: kept`), ...items.map((item) => `${item}: published`)].sort()
      )
      expect(yield* simulator.sessions).toEqual([])
    })
  )
})
