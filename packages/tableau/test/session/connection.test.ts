import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Credentials, TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"

const connect = (options: Partial<TableauSession.Options> = {}) =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({ "POST /auth/switchSite": errorResponse(403, "403069") })
    return yield* TableauSession.make({ server: url, credentials: admin, retry: "never", ...options })
  })

const test = (name: string, body: () => Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>) =>
  it.effect(name, () => Effect.provide(Effect.scoped(body()), layerHttpClient))

/** An unsigned JWT: the client only reads its claims. */
const jwt = (claims: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  return Credentials.jwt({ token: Redacted.make(`${part({ alg: "none" })}.${part(claims)}.`) })
}

describe("session.connection", () => {
  test("the connection has the API version of the server", () =>
    Effect.gen(function* () {
      const { apiVersion } = yield* (yield* connect()).connection
      expect(apiVersion).toBe("3.29")
    }))

  test("the deployment is a guess for a host that is not under online.tableau.com", () =>
    Effect.gen(function* () {
      const connection = yield* (yield* connect()).connection
      expect(connection).toMatchObject({ deployment: "Server", deploymentIsCertain: false })
    }))

  test("the deployment is certain if the option is set", () =>
    Effect.gen(function* () {
      const connection = yield* (yield* connect({ deployment: "Server" })).connection
      expect(connection).toMatchObject({ deployment: "Server", deploymentIsCertain: true })
    }))

  test("the deployment is certainly Cloud after the server refused to switch sites with 403069", () =>
    Effect.gen(function* () {
      const session = yield* connect()
      expect(yield* Effect.flip(session.switchSite("Finance"))).toMatchObject({ _tag: "SiteSwitchUnavailable" })
      expect(yield* session.connection).toMatchObject({ deployment: "Cloud", deploymentIsCertain: true })
      // All site sessions share it.
      expect(yield* session.withSite("Sales").connection).toMatchObject({ deployment: "Cloud" })
    }))

  test("the deployment of the option does not change after 403069", () =>
    Effect.gen(function* () {
      const session = yield* connect({ deployment: "Server" })
      expect(yield* Effect.flip(session.switchSite("Finance"))).toMatchObject({ _tag: "SiteSwitchUnavailable" })
      expect(yield* session.connection).toMatchObject({ deployment: "Server", deploymentIsCertain: true })
    }))

  test("the connection has the scopes of a JWT", () =>
    Effect.gen(function* () {
      const scp = ["tableau:content:read", "tableau:users:*"]
      const { scopes } = yield* (yield* connect({ credentials: jwt({ scp }) })).connection
      expect(scopes).toEqual(scp)
    }))

  for (const [what, credentials] of [
    ["a password", admin],
    ["a JWT without scopes", jwt({})],
    ["a JWT that cannot be read", Credentials.jwt({ token: Redacted.make("no JWT") })]
  ] as const) {
    test(`the connection has no scopes for ${what}`, () =>
      Effect.gen(function* () {
        const { scopes } = yield* (yield* connect({ credentials })).connection
        expect(scopes).toBeUndefined()
      }))
  }
})

describe("layerConfig", () => {
  const provided = (variables: Readonly<Record<string, string>>) =>
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

  const variables = { TABLEAU_TOKEN_NAME: "nightly", TABLEAU_TOKEN_VALUE: "secret" }

  test("layerConfig accepts a record of configs with constants", () =>
    Effect.gen(function* () {
      const { count, url } = yield* scriptedServer({})
      const layer = TableauSession.layerConfig({
        server: Config.string("SERVER"),
        credentials: Credentials.environment,
        apiVersion: "3.19",
        lazy: Config.succeed(true)
      })
      yield* Effect.gen(function* () {
        const session = yield* TableauSession
        expect(count("POST /auth/signin")).toBe(0)
        expect((yield* session.connection).apiVersion).toBe("3.19")
      }).pipe(Effect.provide(layer), provided({ ...variables, SERVER: url }))
      expect(count("POST /api/3.19/auth/signout")).toBe(1)
    }))

  test("layerConfig fails with ConfigError if a variable of the record is absent", () =>
    Effect.gen(function* () {
      const layer = TableauSession.layerConfig({
        server: Config.string("SERVER"),
        credentials: Credentials.environment
      })
      const error = yield* TableauSession.pipe(Effect.provide(layer), provided(variables), Effect.flip)
      expect(error).toMatchObject({ _op: "MissingData", path: ["SERVER"] })
    }))
})
