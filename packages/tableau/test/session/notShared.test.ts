import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerTrusting } from "../../../../test/support/httpClient.js"
import { admin, demoToken, server, viewer } from "../../../../test/support/session.js"
import { enter, list, received } from "./clients.js"

describe("clients with different credentials or servers", () => {
  it.effect("a session is not shared with a client that has another value of the token", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* enter("a")
      const wrong = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("wrong") })
      expect(yield* Effect.flip(enter("b", { credentials: wrong }))).toMatchObject({ _tag: "SignInFailed" })
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session is not shared by tokens with different names and the same value", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const token = (name: string) => ({
        credentials: Credentials.personalAccessToken({ name, value: Redacted.make("same") })
      })
      yield* enter("a", token("one"))
      yield* enter("b", token("other"))
      expect(yield* simulator.sessions).toMatchObject([{ user: "ana" }, { user: "bob" }])
    }).pipe(
      Effect.scoped,
      Effect.provide(
        server({
          content: {
            users: [{ name: "ana" }, { name: "bob" }],
            sites: [{ contentUrl: "" }],
            personalAccessTokens: [
              { name: "one", secret: "same", user: "ana" },
              { name: "other", secret: "same", user: "bob" }
            ]
          }
        })
      )
    )
  )

  it.effect("a session is not shared with another server", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const other = yield* Simulator.make()
      yield* enter("a")
      yield* enter("b", { server: other.url })
      expect([yield* simulator.count("signIn"), yield* other.count("signIn")]).toEqual([1, 1])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session is not shared with another impersonated user", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const other = yield* enter("viewer", { credentials: viewer })
      const { user } = yield* other.run(Effect.flatMap(TableauSession, ({ current }) => current))
      yield* enter("a")
      yield* enter("b", { credentials: pipe(demoToken, Credentials.impersonating(user.id)) })
      expect(yield* simulator.count("signIn")).toBe(3)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session is not shared by layers with a password", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const [a, b] = [yield* enter("a", { credentials: admin }), yield* enter("b", { credentials: admin })]
      expect(yield* simulator.sessions).toHaveLength(2)
      yield* a.end
      yield* b.run(list)
      expect(yield* simulator.sessions).toHaveLength(1)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session is not shared by layers with a JWT", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const credentials = Credentials.connectedApp({
        clientId: "demo-client",
        secretId: "demo-key",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "viewer",
        scopes: ["tableau:content:read"]
      })
      yield* enter("a", { credentials })
      yield* enter("b", { credentials })
      expect(yield* simulator.sessions).toHaveLength(2)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session is not shared by two sites of Tableau Cloud, which cannot switch", () =>
    Effect.gen(function* () {
      const { certificate = "" } = yield* Simulator
      for (const site of ["Finance", "MarketingTeam", "finance"]) {
        yield* enter(site, { site, deployment: "Cloud" }, layerTrusting(certificate))
      }
      expect(yield* received).toEqual(["Finance signIn 200", "MarketingTeam signIn 200"])
    }).pipe(Effect.scoped, Effect.provide(server({ tls: true, cloud: true })))
  )
})
