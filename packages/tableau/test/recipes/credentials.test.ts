import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Datasources, Recipes } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  errorResponse,
  type Script,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { onSession, timeless } from "../../../../test/support/session.js"
import { element, page } from "../../../../test/support/xml.js"
import { onServer } from "./onServer.js"

const database = { serverAddress: "POSTGRES.example.com", serverPort: 5432 }
const credentials = { userName: "tableau", password: Redacted.make("n3w-s3cret") }

const written = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).filter(({ method, operation }) => method !== "GET" && operation !== "signIn")
})

onSession(
  "replaceCredentials changes all connections to one server, of data sources and flows",
  { session: timeless },
  () =>
    Effect.gen(function* () {
      const planned = yield* Recipes.replaceCredentials.dryRun(database, credentials)
      expect(yield* written).toEqual([])
      const types = planned.connections.map(({ item }) => item.type)
      expect(new Set(types)).toEqual(new Set(["datasource", "flow"]))
      expect(planned.unreadable).toEqual([])

      const { connections, unreadable } = yield* Recipes.replaceCredentials(database, credentials)
      expect(unreadable).toEqual([])
      expect(connections.map(({ outcome }) => outcome)).toEqual(types.map(() => "replaced"))
      expect(yield* written).toHaveLength(types.length)
      const after = yield* Datasources.stream().pipe(
        Stream.mapEffect(({ id }) => Datasources.connections(id)),
        Stream.runCollect
      )
      const before = new Map(planned.connections.map(({ connection }) => [connection.id, connection.embedPassword]))
      for (const connection of [...after].flat()) {
        expect(connection).toMatchObject({ userName: "tableau", embedPassword: before.get(connection.id) })
      }
    })
)

onSession(
  "a connection that cannot be changed, and one that cannot be read, are reported",
  { session: timeless },
  (simulator) =>
    Effect.gen(function* () {
      const options = { types: ["datasource" as const], concurrency: 1 }
      const { connections: all } = yield* Recipes.replaceCredentials.dryRun(database, credentials, options)
      yield* simulator.inject({ operation: "queryDataSourceConnections", fault: Fault.status(403) })
      yield* simulator.inject({ operation: "updateDataSourceConnection", fault: Fault.status(403) })
      const { connections, unreadable } = yield* Recipes.replaceCredentials(database, credentials, options)
      expect(unreadable).toMatchObject([{ error: { operation: "Datasources.connections" } }])
      expect(connections).toHaveLength(all.length - 1)
      expect(connections.map(({ outcome }) => outcome)).toEqual([
        "failed",
        ...connections.slice(1).map(() => "replaced")
      ])
      expect(connections[0]).toMatchObject({ error: { operation: "Datasources.updateConnection" } })
    })
)

const connection = (id: string, attributes: Record<string, string>) =>
  element("connection", { id, type: "postgres", serverAddress: "a.example.com", userName: "ana", ...attributes })

const scripted = (connections: ReadonlyArray<string>): Script => ({
  "GET /sites/s/workbooks": xmlDocument(
    page({ total: 1 }, element("workbooks", {}, element("workbook", { id: "w", name: "W" })))
  ),
  "GET /sites/s/workbooks/w/connections": xml(element("connections", {}, ...connections)),
  "PUT /sites/s/workbooks/w/connections/{id}": xml(element("connection", { id: "c" }))
})

const replaced = (
  connections: ReadonlyArray<string>,
  database: Recipes.Database,
  change: Recipes.NewCredentials = credentials
) =>
  Effect.gen(function* () {
    const server = yield* scriptedServer(scripted(connections))
    const result = yield* onServer(server, Recipes.replaceCredentials(database, change, { types: ["workbook"] }))
    return { result, sent: server.calls.filter(({ method }) => method === "PUT") }
  })

it.scoped("replaceCredentials compares address, port, user and type", () =>
  Effect.gen(function* () {
    const connections = [
      connection("c1", {}),
      connection("c2", { serverAddress: "b.example.com", type: "mysql" }),
      connection("c3", { userName: "ben", type: "oracle" }),
      connection("c4", { serverPort: "1433", type: "sqlserver" })
    ]
    const ids = (database: Recipes.Database) =>
      Effect.map(replaced(connections, database), ({ sent }) => sent.map(({ path }) => path.split("/").at(-1)))
    expect(yield* ids({ serverAddress: "A.EXAMPLE.COM" })).toEqual(["c1", "c3", "c4"])
    expect(yield* ids({ serverAddress: "a.example.com", userName: "ben" })).toEqual(["c3"])
    expect(yield* ids({ serverAddress: "a.example.com", serverPort: 1433 })).toEqual(["c4"])
    expect(yield* ids({ serverAddress: "a.example.com", type: "postgres" })).toEqual(["c1"])
    expect(yield* ids({ serverAddress: "example.com" })).toEqual([])
  })
)

it.scoped(
  "replaceCredentials with a blank address fails before anything is sent: files have connections without one",
  () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer(scripted([connection("c1", { type: "excel-direct", serverAddress: "" })]))
      for (const serverAddress of ["", " \t"]) {
        const { dryRun } = Recipes.replaceCredentials
        for (const recipe of [Recipes.replaceCredentials, dryRun]) {
          const error = yield* Effect.flip(
            onServer(server, recipe({ serverAddress }, credentials, { types: ["workbook"] }))
          )
          expect(error).toMatchObject({ _tag: "BadRequest", operation: "Recipes.replaceCredentials", acted: "no" })
        }
      }
      expect(server.calls.filter(({ path }) => path.includes("/workbooks"))).toEqual([])
    })
)

it.scoped("a connection is skipped if Tableau would change one to another server with it", () =>
  Effect.gen(function* () {
    const connections = [connection("c1", {}), connection("c2", { serverAddress: "b.example.com" })]
    const { result, sent } = yield* replaced(connections, { serverAddress: "a.example.com" })
    expect(result.connections).toMatchObject([{ outcome: "skipped", connection: { id: "c1" }, others: [{ id: "c2" }] }])
    expect(sent).toEqual([])
  })
)

it.scoped("connections of one type that differ in storing the password are skipped, unless the caller says which", () =>
  Effect.gen(function* () {
    const stored = ["true", "false", "true"]
    const connections = [
      ...stored.map((embedPassword, index) => connection(`c${index}`, { embedPassword })),
      connection("c3", { type: "oracle", embedPassword: "false" })
    ]
    const sent = (embed: boolean | undefined) =>
      Effect.map(
        replaced(connections, { serverAddress: "a.example.com" }, { password: Redacted.make("n3w-s3cret"), embed }),
        ({ result, sent }) => [
          result.connections.map(({ outcome }) => outcome),
          sent.map(({ body, path }) => `${path.split("/").at(-1)} ${/embedPassword="(\w+)"/.exec(body)?.[1]}`)
        ]
      )
    expect(yield* sent(undefined)).toEqual([["skipped", "skipped", "skipped", "replaced"], ["c3 false"]])
    expect(yield* sent(true)).toEqual([Array(4).fill("replaced"), ["c0 true", "c1 true", "c2 true", "c3 true"]])
  })
)

it.scoped("a connection to a published data source is skipped: it has no credentials of its own", () =>
  Effect.gen(function* () {
    const connections = [connection("c1", { type: "sqlproxy" }), connection("c2", {})]
    const { result, sent } = yield* replaced(connections, { serverAddress: "a.example.com" })
    expect(result.connections.map(({ connection, outcome }) => [connection.id, outcome])).toEqual([
      ["c1", "skipped"],
      ["c2", "replaced"]
    ])
    expect(sent.map(({ path }) => path.split("/").at(-1))).toEqual(["c2"])
  })
)

it.scoped("replaceCredentials stores the password where one is stored, and where the server does not say", () =>
  Effect.gen(function* () {
    const embedded = (embed: boolean | undefined, attributes: Record<string, string>) =>
      Effect.map(
        replaced(
          [connection("c1", attributes)],
          { serverAddress: "a.example.com" },
          { password: Redacted.make("n3w-s3cret"), embed }
        ),
        ({ sent }) => sent.map(({ body }) => /embedPassword="(\w+)"/.exec(body)?.[1])
      )
    expect(yield* embedded(undefined, { embedPassword: "false" })).toEqual(["false"])
    expect(yield* embedded(undefined, { embedPassword: "true" })).toEqual(["true"])
    expect(yield* embedded(undefined, {})).toEqual(["true"])
    expect(yield* embedded(true, { embedPassword: "false" })).toEqual(["true"])
  })
)

it.scoped("replaceCredentials sends the password, and the account only if it changes", () =>
  Effect.gen(function* () {
    const { result, sent } = yield* replaced(
      [connection("c1", {})],
      { serverAddress: "a.example.com" },
      { password: Redacted.make("n3w-s3cret"), embed: false }
    )
    expect(sent.map(({ body }) => /<connection .*?\/>/.exec(body)?.[0])).toEqual([
      '<connection password="n3w-s3cret" embedPassword="false" />'
    ])
    expect(JSON.stringify(result)).not.toContain("n3w-s3cret")
  })
)

it.scoped("an expired session fails the recipe instead of each item", () =>
  Effect.gen(function* () {
    const server = yield* scriptedServer({
      ...scripted([]),
      "GET /sites/s/workbooks/w/connections": errorResponse(401, "401002"),
      "POST /auth/signin": [
        xml(
          element(
            "credentials",
            { token: "t" },
            element("site", { id: "s", contentUrl: "" }),
            element("user", { id: "u" })
          )
        ),
        errorResponse(401, "401001")
      ]
    })
    const error = yield* Effect.flip(
      onServer(server, Recipes.replaceCredentials(database, credentials, { types: ["workbook"] }))
    )
    expect(error._tag).toBe("SignInFailed")
  })
)
