import { createPrivateKey } from "node:crypto"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  bundled,
  byToken,
  type Program,
  patience,
  root,
  signalGroup,
  start,
  startBundled,
  temporary
} from "./programs.js"
import { authority, certificate, gateway } from "./support/certificates.js"
import { makeProxy } from "./support/proxy.js"
import { errorResponse, scriptedServer, xml } from "./support/scriptedServer.js"
import { element } from "./support/xml.js"

const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"))
const programOf = bundled(examples.map((name) => `examples/${name}`))

const startExample = (name: string, env: Readonly<Record<string, string>>) =>
  Effect.flatMap(programOf(`examples/${name}`), (program) => startBundled(program, env))

/** The printed lines without the info messages of the session. */
const lines = (output: string) =>
  output
    .trimEnd()
    .split("\n")
    .filter((line) => !/^\[[\d:.]+\] INFO /.test(line))

const left = "Sessions left on the server: 0"

/** Waits for the program, which must succeed; returns the lines that it printed. */
const success = (program: Program) =>
  Effect.map(program.exit, (code) => {
    expect(code, program.output()).toBe(0)
    return lines(program.output())
  })

/** Runs an example against a simulator, which must have no sessions afterwards. */
const run = (name: string, simulator: Simulator.Service, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const printed = yield* success(yield* startExample(name, { ...byToken(simulator), ...env }))
    expect(yield* simulator.sessions).toEqual([])
    return printed
  })

const pagesRequested = (simulator: Simulator.Service) =>
  Effect.map(simulator.requests, (requests) =>
    requests
      .filter(({ operation }) => operation === "queryWorkbooksForSite")
      .map(({ query }) => new URLSearchParams(query))
      .map((query) => `${query.get("pageNumber")} of ${query.get("pageSize")}`)
  )

/** The simulator's certificate as a file. */
const certificateFile = (simulator: Simulator.Service) =>
  Effect.gen(function* () {
    const file = join(yield* temporary, "company.pem")
    writeFileSync(file, simulator.certificate ?? "")
    return file
  })

const luid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

describe.concurrent("quickstart", patience, () => {
  it.scoped("quickstart without a server starts a simulator, lists all workbooks and leaves no session", () =>
    Effect.gen(function* () {
      const program = yield* start("npm", ["run", "--silent", "quickstart"])
      const printed = yield* success(program)
      expect(program.output()).not.toContain("INFO")
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
        ["-c", '"$0" --import tsx examples/quickstart.ts | head -n 1', process.execPath],
        byToken(simulator)
      )
      yield* program.exit
      expect(program.output()).toBe("There are 1000000 workbooks on site:\n")
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

describe.concurrent("examples", patience, () => {
  it("examples/README.md lists every example", () => {
    const linked = readFileSync(join(root, "examples/README.md"), "utf8").matchAll(/^\| \[(.*?)\]\(\1\)/gm)
    expect([...linked].map(([, name]) => name).sort()).toEqual([...examples].sort())
  })

  it.scoped("personal-access-token.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const [line] = yield* run("personal-access-token.ts", simulator, { TABLEAU_SITE: "Finance" })
      expect(line).toMatch(new RegExp(`^Signed in to site "Finance" as user ${luid}$`))
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo", "signIn", "signOut"])
    })
  )

  it.scoped("password.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const env = { TABLEAU_USERNAME: "admin", TABLEAU_PASSWORD: "admin-password" }
      const [line] = yield* run("password.ts", simulator, env)
      expect(line).toMatch(new RegExp(`^Signed in to site "" as user ${luid}$`))
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo", "signIn", "signOut"])
    })
  )

  const app = {
    TABLEAU_CONNECTED_APP_CLIENT_ID: "demo-client",
    TABLEAU_CONNECTED_APP_SECRET_ID: "demo-key",
    TABLEAU_CONNECTED_APP_SECRET_VALUE: "demo-secret-value-0123456789abcdef",
    TABLEAU_USERNAME: "viewer"
  }

  // By the real clock: a JWT must not be from the future.
  it.scopedLive("connected-app.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const [who, count] = yield* run("connected-app.ts", simulator, app)
      expect(who).toMatch(new RegExp(`^Signed in to site "" as user ${luid}$`))
      expect(count).toMatch(/^There are \d+ workbooks on site$/)
      const signIns = (yield* simulator.requests).filter(({ operation }) => operation === "signIn")
      expect(signIns).toMatchObject([{ user: "viewer", status: 200 }])
      const poor = { ...app, TABLEAU_SCOPES: "tableau:users:read,tableau:groups:read" }
      const [, missing] = yield* run("connected-app.ts", simulator, poor)
      expect(missing).toBe("The scope tableau:content:read is missing")
    })
  )

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

  it.scoped("api-version.ts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      expect(yield* run("api-version.ts", simulator)).toEqual([
        "Tableau 2026.2.0 has API version 3.29",
        "The session uses API version 3.29",
        "The session uses API version 3.10",
        "Signing in by token needs 3.6, not 3.5"
      ])
      const paths = (yield* simulator.requests).map(({ path }) => path)
      expect(paths.filter((path) => path.endsWith("/signin"))).toEqual([
        "/api/3.29/auth/signin",
        "/api/3.10/auth/signin"
      ])
    })
  )

  it.scoped("certificate.ts without a CA explains the TLS error", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const [why, remedy] = yield* run("certificate.ts", simulator)
      expect(why).toBe("SelfSigned, DEPTH_ZERO_SELF_SIGNED_CERT")
      expect(remedy).toContain("TableauNode.layerHttpClient({ ca:")
      expect(yield* simulator.requests).toEqual([])
    })
  )

  it.scoped("certificate.ts trusts a CA by its path", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const env = { TABLEAU_CA: yield* certificateFile(simulator) }
      expect(yield* run("certificate.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
    })
  )

  it.scoped("certificate.ts trusts a CA by its PEM text", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const env = { TABLEAU_CA: simulator.certificate ?? "" }
      expect(yield* run("certificate.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
    })
  )

  it.scoped("certificate.ts with TABLEAU_VERIFY=false accepts any certificate and warns", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const printed = yield* run("certificate.ts", simulator, { TABLEAU_VERIFY: "false" })
      expect(printed.join("\n")).toContain("WARN")
      expect(printed).toContain("There are 120 workbooks on site")
    })
  )

  it.scoped("diagnose.ts prints that all checks succeeded", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const printed = yield* run("diagnose.ts", simulator, { TABLEAU_CA: simulator.certificate ?? "" })
      expect(printed).toHaveLength(9)
      for (const line of printed.slice(0, 8)) expect(line).toMatch(/^ok {7}/)
      expect(printed[6]).toBe("ok       version     Tableau Server 2026.2.0, build 20262.26.0612.0942, REST API 3.29")
      expect(printed[8]).toBe("Ready to sign in.")
      expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo"])
    })
  )

  it.scoped("diagnose.ts prints the failed TLS check of the address in its argument", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const program = yield* start(process.execPath, ["--import", "tsx", "examples/diagnose.ts", simulator.url])
      const printed = yield* success(program)
      expect(printed).toHaveLength(5)
      expect(printed[3]).toMatch(/^failed {3}tls {9}.*SELF_SIGNED.*TLSv1.*valid from.*layerHttpClient\(\{ ca:/)
      expect(printed[4]).toBe("skipped  redirect, api, version, clock not checked: tls failed")
      expect(yield* simulator.requests).toEqual([])
    })
  )

  it.scoped("company-network.ts connects through a proxy to a server that requires a client certificate", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const company = yield* authority
      const client = yield* certificate({ authority: company, host: "reports.example.com" })
      const terms = { ca: company.cert, requestCert: true }
      const guarded = yield* gateway(simulator.url, yield* certificate({ authority: company }), [], terms)
      const proxy = yield* makeProxy({ credentials: "reports:proxy-password" })
      const env = {
        TABLEAU_SERVER_URL: guarded.url,
        TABLEAU_CA: company.cert,
        TABLEAU_CLIENT_CERT: client.cert,
        TABLEAU_CLIENT_KEY: client.key,
        NO_PROXY: "",
        no_proxy: ""
      }
      const explicit = {
        ...env,
        TABLEAU_CLIENT_KEY: createPrivateKey(client.key)
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "its-passphrase" })
          .toString(),
        TABLEAU_CLIENT_PASSPHRASE: "its-passphrase",
        TABLEAU_PROXY: proxy.url,
        TABLEAU_PROXY_USERNAME: "reports",
        TABLEAU_PROXY_PASSWORD: "proxy-password"
      }
      expect(yield* run("company-network.ts", simulator, explicit)).toEqual(["There are 120 workbooks on site"])
      expect([...guarded.seen.clients]).toEqual(["reports.example.com"])
      expect(new Set(proxy.seen.tunnels)).toEqual(new Set([new URL(guarded.url).host]))
      const byEnvironment = { ...env, https_proxy: proxy.url.replace("://", "://reports:proxy-password@") }
      expect(yield* run("company-network.ts", simulator, byEnvironment)).toEqual(["There are 120 workbooks on site"])
      const [reason, remedy] = yield* run("company-network.ts", simulator, { ...env, https_proxy: proxy.url })
      expect(reason).toBe("ProxyAuthentication")
      expect(remedy).toContain("username, password")
    })
  )

  it.scoped("company-network.ts connects through a proxy without a client certificate", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ tls: true })
      const proxy = yield* makeProxy({})
      const env = { TABLEAU_CA: simulator.certificate ?? "", https_proxy: proxy.url, NO_PROXY: "", no_proxy: "" }
      expect(yield* run("company-network.ts", simulator, env)).toEqual(["There are 120 workbooks on site"])
      expect(new Set(proxy.seen.tunnels)).toEqual(new Set([new URL(simulator.url).host]))
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
