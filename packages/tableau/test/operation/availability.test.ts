/** Operations that a server does not have, or never for a session, fail before a request. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials, Ids, Operation, Response, TableauSession, Views, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { authority, certificate } from "../../../../test/support/certificates.js"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { makeProxy } from "../../../../test/support/proxy.js"
import { errorResponse, noContent, type Script, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import * as Declared from "./declared/index.js"
import { onScript } from "./onScript.js"

const onServerOnly = Declared.Sessions.end("x")
const onCloudOnly = Declared.Sessions.listTokens(Ids.UserId.make("u1"))

const script: Script = {
  "POST /auth/switchSite": errorResponse(403, "403069"),
  "DELETE /sessions/x": noContent,
  "GET /sites/{siteId}/users/u1/personal-access-tokens": xml("<personalAccessTokens/>")
}

const unsupported = (required: "Server" | "Cloud") => ({
  _tag: "DeploymentUnsupported",
  required,
  actual: required === "Server" ? "Cloud" : "Server",
  acted: "no"
})

describe("deployment", () => {
  it.effect("an operation of Cloud fails with DeploymentUnsupported when the option says Server", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(Effect.flip(onCloudOnly), script, { deployment: "Server" })
      expect(exit).toMatchObject({ _tag: "Success", value: unsupported("Cloud") })
      expect(calls).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("an operation of Server is sent when the option says Server", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(onServerOnly, script, { deployment: "Server" })
      expect(exit._tag).toBe("Success")
      expect(calls.map(({ line }) => line)).toEqual(["DELETE /api/3.29/sessions/x"])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("operations of both deployments are sent when the deployment is a guess", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(Effect.zip(onServerOnly, onCloudOnly), script)
      expect(exit._tag).toBe("Success")
      expect(calls).toHaveLength(2)
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect(
    "an operation of Server fails with DeploymentUnsupported after the server refused a switch with 403069",
    () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          yield* onServerOnly
          yield* Effect.flip(Effect.flatMap(TableauSession, (session) => session.switchSite("Finance")))
          return yield* Effect.flip(onServerOnly)
        })
        const { calls, exit } = yield* onScript(program, script)
        expect(exit).toMatchObject({ _tag: "Success", value: unsupported("Server") })
        expect(calls).toHaveLength(1)
      }).pipe(Effect.provide(layerHttpClient))
  )

  it.scopedLive("an operation of Server fails with DeploymentUnsupported for a host under online.tableau.com", () =>
    Effect.gen(function* () {
      const company = yield* authority
      const tls = yield* certificate({ host: "10ax.online.tableau.com", authority: company })
      const { calls, port } = yield* scriptedServer(script, { tls })
      // The proxy resolves every name to loopback.
      const proxy = yield* makeProxy()
      const session = TableauSession.layer({
        server: `https://10ax.online.tableau.com:${port}`,
        site: "acme",
        credentials: Credentials.personalAccessToken({ name: "n", value: Redacted.make("v") }),
        retry: "never"
      })
      const error = yield* Effect.flip(onServerOnly).pipe(
        Effect.provide(session),
        Effect.provide(TableauNode.layerHttpClient({ ca: company.cert, proxy: proxy.url, noProxy: [] }))
      )
      expect(error).toMatchObject(unsupported("Server"))
      expect(calls).toEqual([])
    })
  )
})

describe("API version", () => {
  it.effect(
    "an operation fails with VersionUnsupported before its first version and from the version that removed it",
    () =>
      Effect.gen(function* () {
        const results = yield* Effect.forEach(["3.7", "3.8", "3.15", "3.16"], (apiVersion) =>
          onScript(
            Effect.either(Declared.Sessions.accelerationReport()),
            { "*": xml("<dataAccelerationReport/>") },
            { apiVersion }
          )
        )
        const error = { _tag: "VersionUnsupported", operation: "Sessions.accelerationReport", acted: "no" }
        expect(results.map(({ exit }) => exit)).toMatchObject([
          { value: { left: { ...error, required: "3.8", actual: "3.7" } } },
          { value: { right: [] } },
          { value: { right: [] } },
          { value: { left: { ...error, removed: "3.16" } } }
        ])
        expect(results.map(({ calls }) => calls.length)).toEqual([0, 1, 1, 0])
      }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("an argument can need a later version than its operation", () =>
    Effect.gen(function* () {
      const id = Ids.WorkbookId.make("w1")
      const { refresh } = Declared.Workbooks
      const { calls, exit } = yield* onScript(
        Effect.zip(refresh(id), Effect.flip(refresh(id, { incremental: true }))),
        { "POST /sites/s/workbooks/w1/refresh": xml('<job id="j1"/>') },
        { apiVersion: "3.15" }
      )
      expect(exit).toMatchObject({
        _tag: "Success",
        value: [{ id: "j1" }, { _tag: "VersionUnsupported", required: "3.28", actual: "3.15", acted: "no" }]
      })
      expect(calls).toHaveLength(1)
    }).pipe(Effect.provide(layerHttpClient))
  )
})

/** An unsigned JWT: the client only reads its claims. */
const jwt = (scopes: ReadonlyArray<string>) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  return Credentials.jwt({ token: Redacted.make(`${part({ alg: "none" })}.${part({ scp: scopes })}.`) })
}

const available = (operation: Operation.Any, options: Partial<TableauSession.Options>) =>
  Effect.map(
    onScript(
      Effect.flatMap(TableauSession, (session) => Operation.isAvailable(operation, session)),
      {},
      options
    ),
    ({ exit }) => exit._tag === "Success" && exit.value
  )

const declare = (name: string, scope: Parameters<typeof Operation.make>[0]["scope"]) =>
  Operation.make({
    name,
    request: "GET /sites/{siteId}/things",
    since: "2.0",
    scope,
    input: () => ({}),
    response: Response.empty
  })

describe("JWT sessions", () => {
  it.effect("an operation that no scope allows fails with Forbidden, and nothing is sent", () =>
    Effect.gen(function* () {
      const credentials = jwt(["tableau:users:read"])
      const { calls, exit } = yield* onScript(Effect.flip(onCloudOnly), script, { credentials })
      expect(exit).toMatchObject({
        _tag: "Success",
        value: { _tag: "Forbidden", operation: "Sessions.listTokens", acted: "no" }
      })
      expect(calls).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("Operation.isAvailable", () => {
  const { accelerationReport, end, listTokens } = Declared.Sessions
  const read = declare("read", "tableau:content:read")
  const both = declare("both", ["tableau:content:read", "tableau:views:download"])
  const never = declare("never", "none")

  it.effect.each([
    ["true from the first version on", accelerationReport, { apiVersion: "3.8" }, true],
    ["false before the first version", accelerationReport, { apiVersion: "3.7" }, false],
    ["false from the version that removed it", accelerationReport, { apiVersion: "3.16" }, false],
    ["true on the deployment that has it", end, { deployment: "Server" }, true],
    ["false on the other deployment", listTokens, { deployment: "Server" }, false],
    ["true when the deployment is a guess", listTokens, {}, true],
    ["true when the JWT grants the scope", read, { credentials: jwt(["tableau:content:read"]) }, true],
    ["true when a pattern of the JWT grants the scope", read, { credentials: jwt(["tableau:content:*"]) }, true],
    ["false when the JWT grants another scope", read, { credentials: jwt(["tableau:users:read"]) }, false],
    ["false when the JWT grants one of two scopes", both, { credentials: jwt(["tableau:content:read"]) }, false],
    ["false with a JWT when no scope allows it", never, { credentials: jwt(["tableau:*:*"]) }, false],
    ["true without a JWT when no scope allows it", never, { credentials: admin }, true]
  ] as const)("isAvailable is %s", ([, operation, options, expected]) =>
    Effect.map(available(operation, options), (actual) => expect(actual).toBe(expected)).pipe(
      Effect.provide(layerHttpClient)
    )
  )
})

describe("facts of operations", () => {
  it("Operation.scopes returns each scope once, and none for an operation that no scope allows", () => {
    expect(Operation.scopes(Workbooks.list, Views.image, Workbooks.get)).toEqual([
      "tableau:content:read",
      "tableau:views:download"
    ])
    expect(Operation.scopes(Declared.Sessions.listTokens)).toEqual([])
    expect(Operation.scopes()).toEqual([])
  })

  it("Operation.isOperation is true for operations of each kind, and false for other values", () => {
    const operations = [Workbooks.get, Workbooks.stream, Declared.Metadata.query, Declared.UsersOwn.usage]
    expect(operations.map(Operation.isOperation)).toEqual([true, true, true, true])
    const others = [undefined, null, "get", {}, { spec: Workbooks.get.spec }, () => undefined, Workbooks.Workbook]
    expect(others.map(Operation.isOperation)).toEqual(others.map(() => false))
  })

  it("an operation is read-only and idempotent if it is a GET, unless it says otherwise", () => {
    const facts = (operation: Operation.Any) => [operation.spec.readOnly, operation.spec.idempotent]
    expect(facts(Workbooks.get)).toEqual([true, true])
    expect(facts(Workbooks.addTags)).toEqual([false, true])
    expect(facts(Workbooks.delete)).toEqual([false, false])
    expect(facts(Declared.Metadata.query)).toEqual([true, true])
    expect(facts(Declared.Datasources.updateHyperData)).toEqual([false, true])
  })
})
