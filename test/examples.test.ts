import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import { certificateFile, examplePrograms, examples, luid, pagesRequested, success } from "./examplePrograms.js"
import { byToken, patience, root, start, temporary } from "./programs.js"
import { errorResponse, scriptedServer, xml } from "./support/scriptedServer.js"
import { element } from "./support/xml.js"

const { run, startExample } = examplePrograms()

describe.concurrent("examples", patience, () => {
  it("examples/README.md lists every example", () => {
    const linked = readFileSync(join(root, "examples/README.md"), "utf8").matchAll(/^\| \[(.*?)\]\(\1\)/gm)
    expect([...linked].map(([, name]) => name).sort()).toEqual([...examples].sort())
  })

  it.scoped("download.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const directory = join(yield* temporary, "sales")
      const command = ["--import", "tsx", "examples/download.ts", directory]
      const program = yield* start(process.execPath, command, byToken(simulator))
      expect(yield* success(program)).toEqual([
        `The workbook is in ${join(directory, "Superstore.twbx")}`,
        `An image of Overview is in ${join(directory, "east.png")}`,
        "8 rows are about the East"
      ])
      expect(readdirSync(directory).sort()).toEqual(["Superstore.twbx", "east.png"])
      expect(readFileSync(join(directory, "east.png")).subarray(1, 4).toString()).toBe("PNG")
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scoped("csv.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({
        content: {
          users: [{ name: "admin" }],
          personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
          sites: [
            {
              contentUrl: "",
              workbooks: [
                {
                  name: 'Sales, "net"',
                  tags: ["a", "b"],
                  createdAt: "2026-01-02T03:04:05Z",
                  updatedAt: "2026-01-03T00:00:00Z"
                },
                { name: "Été 売上", tags: [], createdAt: "2026-02-01T00:00:00Z", updatedAt: "2026-02-03T04:05:06Z" }
              ]
            }
          ]
        }
      })
      const file = join(yield* temporary, "workbooks.csv")
      const program = yield* start(process.execPath, ["--import", "tsx", "examples/csv.ts", file], byToken(simulator))
      expect(yield* success(program)).toEqual([`2 workbooks are in ${file}`])
      expect(yield* simulator.sessions).toEqual([])
      const [head, ...rows] = readFileSync(file, "utf8").split("\r\n")
      expect(head).toBe("id,name,project,owner,createdAt,updatedAt,tags")
      expect(rows.map((row) => row.replace(new RegExp(`^${luid},`), "")).sort()).toEqual([
        "",
        '"Sales, ""net""",default,admin,2026-01-02T03:04:05.000Z,2026-01-03T00:00:00.000Z,"a, b"',
        "Été 売上,default,admin,2026-02-01T00:00:00.000Z,2026-02-03T04:05:06.000Z,"
      ])
    })
  )

  it.scoped("recover.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true, redirectFrom: 0 })
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(502, { body: "html" }) })
      const env = {
        TABLEAU_SERVER_URL: simulator.redirectUrl ?? "",
        NODE_EXTRA_CA_CERTS: yield* certificateFile(simulator)
      }
      expect(yield* run("recover.ts", simulator, env)).toEqual([
        `Trying ${simulator.url} instead`,
        "catchTag: 404006",
        "catchTags: no such workbook",
        "isRequestError: NotFound",
        "retrying after ServerFault",
        "There are 120 workbooks on site"
      ])
      // Only the request without a secret was sent over http.
      const clear = (yield* simulator.requests).filter(({ listener }) => listener === "redirect")
      expect(clear.map(({ operation }) => operation)).toEqual(["serverInfo"])
    })
  )

  it.scoped("sign-out.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const [count, signedOut, closed, ...rest] = yield* run("sign-out.ts", simulator)
      expect([count, signedOut]).toEqual(["There are 120 workbooks on site", "Signed out"])
      expect(closed).toContain("was signed out")
      expect(rest).toEqual([])
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual([
        "serverInfo",
        "signIn",
        "queryWorkbooksForSite",
        "signOut"
      ])
    })
  )

  it.scoped("list-workbooks.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* run("list-workbooks.ts", simulator)
      expect(printed).toHaveLength(123)
      expect(printed.slice(0, 2)).toEqual(["Before: not signed in", "There are 120 workbooks on site:"])
      expect(printed.at(-1)).toBe("After: signed out")
      expect(yield* pagesRequested(simulator)).toEqual(["1 of 50", "2 of 50", "3 of 50"])
    })
  )

  it.scoped("filter.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* run("filter.ts", simulator)
      expect(printed[0]).toMatch(new RegExp(`^${luid} O'Brien, A & B$`))
      const sizes = printed.slice(1, -1).map((line) => Number(/^.+ (\d+) MB$/.exec(line)?.[1]))
      expect(sizes.length).toBeGreaterThan(20)
      expect(sizes).toEqual([...sizes].sort((left, right) => right - left))
      // Every item that the server sent, also those that the client filters by the second date.
      expect(printed.at(-1)).toBe("Read 120 of 120")
    })
  )

  it.scoped("related.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* run("related.ts", simulator)
      expect(printed.map((line) => line.replace(new RegExp(luid), "…"))).toEqual([
        "It has the dashboard Overview",
        "It has the worksheet Details",
        "It reads sqlproxy from sqlproxy.example.com:5432",
        "For group …: Read Allow, Filter Allow, ViewComments Allow, AddComment Allow, ExportImage Allow, ExportData Allow",
        "Revision 1 is by admin",
        "You own 89 workbooks",
        "You are in All Users",
        "You like My workbook",
        "You like My view",
        "You like My datasource",
        "You like My flow",
        "You like My project"
      ])
    })
  )

  it.scoped("switch-site.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* run("switch-site.ts", simulator)
      const sites = printed.map((line) => /^Site (".*") has \d+ workbooks$/.exec(line)?.[1] ?? line)
      expect(sites.slice(0, 3)).toEqual(['""', '"MarketingTeam"', '""'])
      expect(sites.slice(3, 5).sort()).toEqual(['"Finance"', '"MarketingTeam"'])
      expect(sites.slice(5)).toEqual(['"Finance"', 'Cannot switch to "Nowhere"', '"Finance"', '""'])
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(yield* simulator.count("signOut")).toBe(1)
    })
  )

  it.scoped("session-expired.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const operation = "queryWorkbooksForSite"
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.endSession })
      expect(yield* run("session-expired.ts", simulator)).toEqual(["Read 120 workbooks"])
      expect(yield* simulator.count("signIn")).toBe(2)
    })
  )

  it.scoped("session-expired.ts: by another program, again and again", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.endSession, times: 3 })
      const [evicted] = yield* run("session-expired.ts", simulator)
      expect(evicted).toContain("token")
      expect(yield* simulator.count("signIn")).toBe(3)
    })
  )

  it.scoped("opentelemetry.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(503) })
      const printed = (yield* run("opentelemetry.ts", simulator)).join("\n")
      expect(printed).toContain("There are 120 workbooks on site")
      const names = [...printed.matchAll(/^ {2}name: '(.*)',$/gm)].map(([, name]) => name)
      expect(names.sort()).toEqual([
        "TableauSession.open",
        "TableauSession.open attempt",
        "TableauSession.signIn attempt",
        "TableauSession.signOut attempt",
        "Workbooks.list",
        "Workbooks.list attempt",
        "Workbooks.list attempt",
        "report"
      ])
      expect(printed).toMatch(/'http\.response\.status_code': 503/)
      for (const metric of ["requests", "request_duration", "retries", "sessions"]) {
        expect(printed).toMatch(new RegExp(`name: ['"]tableau_${metric}['"]`))
      }
      expect(printed).not.toMatch(/demo-secret|pageSize/)
    })
  )

  it.scoped("token-pool.ts", () =>
    Effect.gen(function* () {
      const people = ["ana", "ben", "cem"]
      const simulator = yield* Simulator.make({
        content: {
          users: people.map((name) => ({ name })),
          personalAccessTokens: people.map((user) => ({ name: `${user}-token`, secret: `a:${user}==`, user })),
          sites: [{ contentUrl: "", workbooks: [{ name: "Forecast" }] }]
        }
      })
      const operation = "queryWorkbooksForSite"
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation, fault: Fault.hold(latch.await), times: 3 })
      const tokens = people.map((user) => `${user}-token:a:${user}==`).join(",")
      const program = yield* startExample("token-pool.ts", { ...byToken(simulator), TABLEAU_TOKENS: tokens })
      // Each token is busy with one piece of work, and the others wait.
      yield* program.until(simulator.awaitSeen(operation, 3))
      yield* latch.open
      const reports = (yield* success(program)).filter((line) => line.startsWith("Report "))
      expect(reports.sort()).toEqual(
        Array.from({ length: 10 }, (_, index) => `Report ${index + 1}: 1 workbooks`).sort()
      )
      const asked = (yield* simulator.requests).filter((request) => request.operation === operation)
      expect(asked).toHaveLength(10)
      expect(
        asked
          .slice(0, 3)
          .map(({ user }) => user)
          .sort()
      ).toEqual(people)
      expect(yield* simulator.count("signIn")).toBe(3)
      expect(yield* simulator.count("signOut")).toBe(3)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scoped("own-operation.ts", () =>
    Effect.gen(function* () {
      const webhook = {
        id: "w1",
        name: "Refreshes",
        event: "DatasourceRefreshSucceeded",
        isEnabled: true,
        createdAt: "2026-01-02T03:04:05Z"
      }
      const { calls, count, url } = yield* scriptedServer({
        "GET /sites/s/webhooks/w1": xml(element("webhook", webhook, element("owner", { id: "u", name: "ana" }))),
        "GET /sites/s/webhooks/*": errorResponse(404, "404034")
      })
      const printed = (id: string) =>
        Effect.flatMap(startExample("own-operation.ts", { ...byToken({ url }), TABLEAU_WEBHOOK_ID: id }), success)
      expect(yield* printed("w1")).toEqual([
        "Refreshes of ana is called on DatasourceRefreshSucceeded, since 2026-01-02"
      ])
      expect(yield* printed("w2")).toEqual(["There is no such webhook"])
      expect(calls.map(({ path }) => path)).toEqual(["w1", "w2"].map((id) => `/api/3.29/sites/s/webhooks/${id}`))
      expect(count("POST /auth/signout")).toBe(2)
    })
  )

  it.scoped("scopes.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      expect(yield* run("scopes.ts", simulator)).toEqual([
        "tableau:content:read",
        "tableau:workbooks:download",
        "tableau:views:download",
        "tableau:users:read",
        "tableau:projects:create",
        "Projects.create sends POST /sites/{siteId}/projects, from version 2.0 on"
      ])
      expect(yield* simulator.requests).toEqual([])
    })
  )

  it.scoped("lazy.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.status(503) })
      expect(yield* run("lazy.ts", simulator, { TABLEAU_INTERVAL: "10 millis" })).toEqual([
        "The service has started",
        "No workbooks this time: ServerFault",
        "There are 120 workbooks on site",
        "There are 120 workbooks on site"
      ])
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  it.scoped("compose.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const printed = yield* run("compose.ts", simulator)
      expect(printed).toHaveLength(1)
      expect(printed[0]).toMatch(/^Reports: .*Superstore/)
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  it.scoped("scoped.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      expect(yield* run("scoped.ts", simulator)).toEqual([
        "Report opened",
        "Report closed: 10 of 120 workbooks, still signed in",
        "Signed out"
      ])
      const seen = (yield* simulator.requests).map(({ operation }) => operation)
      expect(seen.slice(-2)).toEqual(["queryWorkbooksForSite", "signOut"])
    })
  )
})
