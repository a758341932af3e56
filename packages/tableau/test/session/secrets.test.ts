import { inspect } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { server } from "../../../../test/support/session.js"
import { tapWire } from "../../../../test/support/wire.js"
import { gather } from "./gathering.js"

const password = "a-Pass_w0rd-of-ana"
const tokenValue = "t0ken-Value/of+ana=="

const content = {
  users: [{ name: "ana", password }],
  personalAccessTokens: [{ name: "anas-token", secret: tokenValue, user: "ana" }],
  sites: [{ contentUrl: "" }, { contentUrl: "Sales" }]
}

const ways: ReadonlyArray<Credentials.Credentials> = [
  Credentials.password({ username: "ana", password: Redacted.make(password) }),
  Credentials.personalAccessToken({ name: "anas-token", value: Redacted.make(tokenValue) })
]

const expired = Fault.status(401, { code: "401002" })

const faults = [
  Fault.loginPage,
  Fault.status(500),
  Fault.status(403),
  expired,
  Fault.reset(),
  Fault.reset({ when: "after" }),
  Fault.truncate(150),
  Fault.falseLength(-20),
  Fault.redirect(302, "https://elsewhere.example.com/"),
  Fault.raw({ body: "{}" })
]

/** Logs each request, response and failure as objects, as a careless program might. */
const careless = (tokens: Set<string>) => (client: HttpClient.HttpClient) =>
  client.pipe(
    tapWire((request) => {
      const token = request.headers["x-tableau-auth"]
      if (token !== undefined) tokens.add(token)
      return Effect.logTrace("request", request)
    }),
    HttpClient.tap((response) => Effect.logDebug("response", response.headers, response.status)),
    HttpClient.tapError((error) => Effect.logError("failed", error))
  )

const forms = (secret: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64")
]

describe("secrets", () => {
  for (const credentials of ways) {
    for (const operation of ["serverInfo", "signIn", "queryWorkbooksForSite", "switchSite", "signOut"] as const) {
      it.effect(`a failure of ${operation} contains no secret, signed in by ${credentials._tag}`, () =>
        Effect.gen(function* () {
          for (const fault of [undefined, ...faults]) {
            const tokens = new Set<string>()
            const simulator = yield* Simulator
            if (fault !== undefined) yield* simulator.inject({ operation, fault })
            // Above and below our own client: tokens and passwords are added to a request between the two.
            const options: TableauSession.Options = {
              server: simulator.url,
              credentials,
              transformClient: careless(new Set()),
              retry: "never"
            }
            const backend = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, careless(tokens)))
            const { exit, lines, text } = yield* gather(
              Effect.gen(function* () {
                yield* Workbooks.list()
                yield* Workbooks.list().pipe(TableauSession.withSite("Sales"))
              }).pipe(Effect.provide(Layer.provide(TableauSession.layer(options), backend)))
            )
            // A failed sign-out is only logged, and an expired token is renewed; every other fault is reported.
            const renewed = fault === expired && (operation === "queryWorkbooksForSite" || operation === "switchSite")
            expect(Exit.isSuccess(exit)).toBe(fault === undefined || operation === "signOut" || renewed)
            expect(lines).toBeGreaterThan(3)
            const secrets = [password, tokenValue, ...tokens]
            expect(secrets.flatMap(forms).filter((secret) => text.includes(secret))).toEqual([])
            if (operation === "signOut") expect(tokens.size).toBeGreaterThan(0)
          }
        }).pipe(Effect.provide(server({ content })))
      )
    }
  }

  it.effect("the request in a response or an error contains no secret for transformClient", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.reset() })
      const tokens = new Set<string>()
      const seen: Array<HttpClientRequest.HttpClientRequest> = []
      const printed: Array<string> = []
      const inspectRequest = (value: { readonly request: HttpClientRequest.HttpClientRequest }) =>
        Effect.sync(() => {
          seen.push(value.request)
          printed.push(inspect(value, { depth: 20 }), JSON.stringify(value))
        })
      const transformClient = (client: HttpClient.HttpClient) =>
        client.pipe(HttpClient.tap(inspectRequest), HttpClient.tapError(inspectRequest))
      const backend = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, careless(tokens)))
      for (const credentials of ways) {
        seen.length = 0
        yield* Effect.zipRight(Effect.ignore(Workbooks.list()), Workbooks.list()).pipe(
          Effect.provide(TableauSession.layer({ server: simulator.url, credentials, transformClient, retry: "never" })),
          Effect.provide(backend)
        )
        // The requests for serverinfo, the sign-in, two lists of workbooks, and the sign-out.
        expect(seen.length).toBe(5)
        expect(seen.map(({ body }) => body._tag)).toEqual(seen.map(() => "Empty"))
        expect(seen.flatMap(({ headers }) => Object.keys(headers))).not.toContain("x-tableau-auth")
      }
      expect(tokens.size).toBe(2)
      const secrets = [password, tokenValue, ...tokens]
      expect(secrets.flatMap(forms).filter((secret) => printed.join("").includes(secret))).toEqual([])
    }).pipe(Effect.provide(server({ content })))
  )

  it.effect("printed sessions and credentials contain no secret", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      for (const credentials of ways) {
        const session = yield* TableauSession.make({ server: simulator.url, credentials, retry: "never" })
        const printed = [credentials, session].map(
          (value) => `${inspect(value, { depth: 20 })}${JSON.stringify(value)}`
        )
        expect([password, tokenValue].filter((secret) => printed.join("").includes(secret))).toEqual([])
      }
    }).pipe(Effect.scoped, Effect.provide(server({ content })))
  )

  it.effect("the state that the process shares contains the session of a token, but not its secret", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const token = Credentials.personalAccessToken({ name: "anas-token", value: Redacted.make(tokenValue) })
      yield* TableauSession.make({ server: simulator.url, credentials: token, retry: "never" })
      // Effect keeps the global values of all modules in a map of globalThis.
      const stores = Object.entries(globalThis).filter(([name]) => name.startsWith("effect/GlobalValue"))
      const printed = inspect(stores, { depth: 12, maxArrayLength: null, maxStringLength: null })
      expect(printed).toContain("anas-token")
      expect(forms(tokenValue).filter((secret) => printed.includes(secret))).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(server({ content })))
  )
})
