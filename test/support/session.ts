import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Credentials, TableauSession } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"

/** A server of the test's own, by the test's clock, and an HttpClient to reach it with. */
export const server = (options: Simulator.Options = {}) =>
  Layer.merge(Simulator.layer(options), NodeHttpClient.layerUndici)

export const demoToken = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
export const admin = Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
export const viewer = Credentials.password({ username: "viewer", password: Redacted.make(`p@ss"w&rd<é`) })

type Given = Partial<TableauSession.Options>

const options = (simulator: Simulator.Service, given: Given): TableauSession.Options => ({
  server: simulator.url,
  credentials: demoToken,
  // What is tried again is the matter of its own tests: others see the first answer.
  retry: "never",
  ...given
})

/** Nothing is over when a test moves the clock: each bound of time that is reached then costs it real time. */
export const timeless: Given = {
  requestTimeout: "9000 hours",
  signInTimeout: "9000 hours",
  retry: { schedule: Schedule.stop, deadline: "9000 hours" }
}

/** A session on the test's server, until the scope ends. */
export const open = (given: Given = {}) =>
  Effect.flatMap(Simulator, (simulator) => TableauSession.make(options(simulator, given)))

/** The same as a layer. */
export const session = (given: Given = {}) =>
  Layer.unwrapEffect(Effect.map(Simulator, (simulator) => TableauSession.layer(options(simulator, given))))

/** One sign-in, one sign-out, and nobody is left on the server. */
export const expectSignedOutOnce = Effect.gen(function* () {
  const simulator = yield* Simulator
  expect(yield* simulator.count("signIn")).toBe(1)
  expect(yield* simulator.count("signOut")).toBe(1)
  expect(yield* simulator.sessions).toEqual([])
})

/** The operations that the server has seen, in order. */
export const operations = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).map(({ operation }) => operation)
})
