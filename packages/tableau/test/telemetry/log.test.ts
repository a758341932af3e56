import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { open, server } from "../../../../test/support/session.js"
import { immediateRetries, list, logging, on } from "./observing.js"

describe("the log", () => {
  it.effect("the log has one line for a sign-in and one for a renewal", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ site: "Finance" })
          yield* simulator.endSessions
          yield* Effect.all(
            Array.from({ length: 10 }, () => on(session)(Workbooks.list())),
            { concurrency: "unbounded" }
          )
        })
      )
      expect(lines).toEqual([
        `INFO Signed in to site "Finance" of ${simulator.url}.`,
        `INFO Renewed the session on ${simulator.url}: its token had expired.`
      ])
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has one line for an eviction, however many requests fail because of it", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open()
          for (const times of [1, 2]) {
            yield* simulator.endSessions
            yield* on(session)(Workbooks.list())
            expect(lines).toHaveLength(1 + times)
          }
          yield* simulator.endSessions
          for (let times = 0; times < 5; times++) {
            expect(yield* Effect.flip(on(session)(Workbooks.list()))).toMatchObject({ _tag: "SessionEvicted" })
          }
        })
      )
      const warnings = lines.filter((line) => !line.startsWith("INFO"))
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/^WARN .*a token of its own/)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has one line for a failed sign-out", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.status(500) })
      yield* Effect.scoped(open())
      expect(lines).toHaveLength(2)
      expect(lines[1]).toMatch(/^WARN Signing out failed/)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has no line for retries, which are events of the span and a metric", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 3 })
          yield* on(session)(Workbooks.list())
        })
      )
      expect(lines).toHaveLength(1)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })
})
