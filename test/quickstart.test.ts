import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import { examplePrograms, lines, luid, pagesRequested, success } from "./examplePrograms.js"
import { byToken, patience, signalGroup, start } from "./programs.js"

const { startExample } = examplePrograms()

const left = "Sessions left on the server: 0"

describe.concurrent("quickstart", patience, () => {
  it.scoped("quickstart without a server starts a simulator, lists all workbooks and leaves no session", () =>
    Effect.gen(function* () {
      const program = yield* start("npm", ["run", "--silent", "quickstart"])
      const printed = yield* success(program)
      expect(program.output()).not.toMatch(/INFO|WARN/)
      expect(printed[0]).toBe("There are 120 workbooks on site:")
      const ids = printed.slice(1, -1).map((line) => {
        expect(line).toMatch(new RegExp(`^${luid} .`))
        return line.slice(0, 36)
      })
      expect(new Set(ids).size).toBe(120)
      expect(printed.join("\n")).toContain(" Été 売上\n")
      expect(printed.at(-1)).toBe(left)
    })
  )

  it.scoped("quickstart with a server requests each page once, and prints it when it arrives", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const latch = yield* Effect.makeLatch()
      const operation = "queryWorkbooksForSite"
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
      const program = yield* startExample("quickstart.ts", byToken(simulator))
      yield* program.until(simulator.awaitSeen(operation, 2))
      yield* program.printed("There are 120 workbooks on site:\n")
      expect(lines(program.output()).length).toBeGreaterThan(1)
      yield* latch.open
      const printed = yield* success(program)
      expect(printed).toHaveLength(121)
      expect(printed.join("\n")).not.toContain("Sessions left")
      expect(yield* pagesRequested(simulator)).toEqual(["1 of 100", "2 of 100"])
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signOut")).toBe(1)
    })
  )

  it.scoped("quickstart signs in to a site with user name and password", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* success(
        yield* startExample("quickstart.ts", {
          TABLEAU_SERVER_URL: simulator.url,
          TABLEAU_SITE: "MarketingTeam",
          TABLEAU_USERNAME: "viewer",
          TABLEAU_PASSWORD: 'p@ss"w&rd<é'
        })
      )
      expect(printed[0]).toMatch(/^There are \d+ workbooks on site:$/)
      const signIns = (yield* simulator.requests).filter(({ operation }) => operation === "signIn")
      expect(signIns).toMatchObject([{ user: "viewer", site: "MarketingTeam", status: 200 }])
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scoped("quickstart signs out when the reader of its output closes the pipe", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ workbooks: 1_000_000 })
      const program = yield* start(
        "sh",
        ["-c", '"$0" --import tsx examples/quickstart.ts | head -n 2', process.execPath],
        byToken(simulator)
      )
      yield* program.exit
      // Node's report of the closed pipe follows, as for any program.
      expect(program.errorOutput()).toContain("write EPIPE")
      const output = program.output().slice(0, -program.errorOutput().length)
      expect(lines(output)).toEqual(["There are 1000000 workbooks on site:"])
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signOut")).toBe(1)
    })
  )

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scoped(`quickstart signs out on ${signal} in the middle of the list`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator.make()
        const operation = "queryWorkbooksForSite"
        yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
        yield* simulator.inject({ operation, fault: Fault.hang() })
        const program = yield* startExample("quickstart.ts", byToken(simulator))
        yield* program.until(simulator.awaitSeen(operation, 2))
        expect(yield* simulator.sessions).toHaveLength(1)
        program.child.kill(signal)
        yield* program.exit
        expect(yield* simulator.sessions).toEqual([])
        expect(yield* simulator.count("signOut")).toBe(1)
      })
    )

    it.scoped(`quickstart signs out before its simulator ends, on ${signal} to the process group of npm`, () =>
      Effect.gen(function* () {
        const program = yield* start("npm", ["run", "--silent", "quickstart", "--", "--workbooks", "1000000"])
        yield* program.printed("There are 1000000 workbooks on site:\n")
        signalGroup(program, signal)
        yield* program.exit
        const printed = lines(program.output())
        expect(printed.length).toBeLessThan(1_000_000)
        expect(printed.at(-1)).toBe(left)
      })
    )
  }
})
