/** The ways out of a retry that waits for the test's clock, as the simulator's README describes them. */
import { expect, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "./support/httpClient.js"

const operation = "queryWorkbooksForSite"

/** A list whose first request gets a 503. */
const program = Effect.gen(function* () {
  const simulator = yield* Simulator
  yield* simulator.inject({ operation, fault: Fault.status(503, { body: "html" }) })
  const { totalAvailable } = yield* Workbooks.list()
  return { totalAvailable, requests: yield* simulator.count(operation) }
})

const Session = Layer.unwrapEffect(
  Effect.map(Simulator, ({ url }) =>
    TableauSession.layer({
      server: url,
      credentials: Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
    })
  )
).pipe(Layer.provideMerge(Layer.merge(Simulator.layer(), layerHttpClient)))

const expected = { totalAvailable: 120, requests: 2 }

it.effect("a retry under the test clock waits until the clock is moved", () =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    const running = yield* Effect.fork(program)
    yield* simulator.awaitSeen(operation)
    while ((yield* simulator.count(operation)) < 2) yield* TestClock.adjust("1 second")
    expect(yield* Fiber.join(running)).toEqual(expected)
  }).pipe(Effect.provide(Session))
)

it.effect("a retry without a wait does not need the clock", () =>
  Effect.gen(function* () {
    const retry = TableauSession.withRetry({ schedule: Schedule.recurs(3) })
    expect(yield* retry(program)).toEqual(expected)
  }).pipe(Effect.provide(Session))
)

layer(Session, { excludeTestServices: true })("by the real clock", (it) => {
  it.effect("a retry waits by the real clock when test services are excluded", () =>
    Effect.map(program, (result) => expect(result).toEqual(expected))
  )
})
