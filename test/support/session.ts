import type * as HttpClient from "@effect/platform/HttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Credentials, TableauSession } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "./httpClient.js"

type HttpClients = HttpClient.HttpClient

/** A simulator on the test's clock, and an HttpClient. */
export const server = (options: Simulator.Options = {}) => Layer.merge(Simulator.layer(options), layerHttpClient)

export const demoToken = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
export const admin = Credentials.password({ username: "admin", password: Redacted.make("admin-password") })
export const viewer = Credentials.password({ username: "viewer", password: Redacted.make(`p@ss"w&rd<é`) })

type SessionOptions = Partial<TableauSession.Options>

const options = (simulator: Simulator.Service, given: SessionOptions): TableauSession.Options => ({
  server: simulator.url,
  credentials: demoToken,
  // Retries have their own tests. All others see the first response.
  retry: "never",
  ...given
})

/** Timeouts that no test reaches: each one that a moved clock passes costs real time. */
export const timeless: SessionOptions = {
  requestTimeout: "9000 hours",
  signInTimeout: "9000 hours",
  retry: { schedule: Schedule.stop, deadline: "9000 hours" }
}

/** A session on the test's simulator, until the scope ends. */
export const open = (given: SessionOptions = {}) =>
  Effect.flatMap(Simulator, (simulator) => TableauSession.make(options(simulator, given)))

/** The same as a layer. */
export const session = (given: SessionOptions = {}) =>
  Layer.unwrapEffect(Effect.map(Simulator, (simulator) => TableauSession.layer(options(simulator, given))))

export interface OnSession {
  readonly simulator?: Simulator.Options
  readonly session?: SessionOptions
}

type Body<R> = (
  simulator: Simulator.Service
) => Effect.Effect<unknown, unknown, R | Simulator | HttpClients | Scope.Scope>

/** A test with a simulator and an HttpClient. */
export const onSimulator: {
  (name: string, body: Body<never>): void
  (name: string, options: Simulator.Options, body: Body<never>): void
} = (name: string, ...rest: [Body<never>] | [Simulator.Options, Body<never>]) => {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  it.scoped(name, () => Effect.flatMap(Simulator, body).pipe(Effect.provide(server(options))))
}

/**
 * A test with a session on a simulator:
 *
 * ```ts
 * onSession("a viewer cannot create projects", { session: { credentials: viewer } }, (simulator) =>
 *   Effect.gen(function* () { … })
 * )
 * ```
 */
export const onSession: {
  (name: string, body: Body<TableauSession>): void
  (name: string, options: OnSession, body: Body<TableauSession>): void
} = (name: string, ...rest: [Body<TableauSession>] | [OnSession, Body<TableauSession>]) => {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  onSimulator(name, options.simulator ?? {}, (simulator) => Effect.provide(body(simulator), session(options.session)))
}

/** One sign-in, one sign-out, and no session is left on the server. */
export const expectSignedOutOnce = Effect.gen(function* () {
  const simulator = yield* Simulator
  expect(yield* simulator.count("signIn")).toBe(1)
  expect(yield* simulator.count("signOut")).toBe(1)
  expect(yield* simulator.sessions).toEqual([])
})

/** The operations that the server has received, in order. */
export const operations = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).map(({ operation }) => operation)
})
