import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, demoToken, open, server } from "../../../../test/support/session.js"
import { immediateRetries, list, measuring, on } from "./observing.js"

describe("metrics", () => {
  it.effect("metrics count requests and their durations by operation and outcome", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const changes = yield* measuring
      const during = yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          yield* simulator.inject({ operation: list, fault: Fault.delay("3 seconds") })
          const fiber = yield* Effect.fork(on(session)(Workbooks.list()))
          yield* simulator.awaitSeen(list)
          yield* TestClock.adjust("3 seconds")
          const { items } = yield* Fiber.join(fiber)
          yield* Stream.runDrain(items)
          yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 2 })
          yield* on(session)(Workbooks.list())
          yield* simulator.endSessions
          yield* on(session)(TableauSession.withSite("Finance")(Workbooks.list()))
          yield* Effect.exit(on(session)(TableauSession.withSite("Nowhere")(Workbooks.list())))
          return yield* changes
        })
      )
      expect(during).toMatchObject({ tableau_sessions: 1 })
      const after = yield* changes
      const counted = Object.fromEntries(Object.entries(after).filter(([name]) => !name.includes("duration")))
      expect(counted).toEqual({
        "tableau_requests operation=TableauSession.open outcome=Success": 1,
        "tableau_requests operation=TableauSession.signIn outcome=Success": 2,
        "tableau_requests operation=TableauSession.signOut outcome=Success": 1,
        "tableau_requests operation=TableauSession.switchSite outcome=SessionExpired": 2,
        "tableau_requests operation=TableauSession.switchSite outcome=Success": 1,
        "tableau_requests operation=Workbooks.list outcome=ServerFault": 2,
        "tableau_requests operation=Workbooks.list outcome=Success": 4,
        "tableau_retries operation=Workbooks.list": 2,
        tableau_renewals: 1,
        tableau_site_switches: 1
      })
      const took = "tableau_request_duration operation=Workbooks.list outcome=Success time_unit=milliseconds"
      expect(after).toMatchObject({ [`${took} count`]: 4, [`${took} sum`]: 3000 })
      const sent = Object.entries(counted).filter(([name]) => name.startsWith("tableau_requests "))
      expect((yield* simulator.requests).length).toBe(sent.reduce((sum, [, times]) => sum + times, 0))
    }).pipe(Effect.provide(server()))
  )

  it.effect("the duration of a request does not include the wait for another site", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const changes = yield* measuring
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await) })
          const fiber = yield* Effect.fork(on(session.withSite("Finance"))(Workbooks.list()))
          yield* simulator.awaitSeen("switchSite")
          yield* TestClock.adjust("9 seconds")
          yield* latch.open
          yield* Fiber.join(fiber)
        })
      )
      const sums = Object.entries(yield* changes).filter(([name]) => name.endsWith(" sum"))
      expect(sums).toEqual([
        [
          "tableau_request_duration operation=TableauSession.switchSite outcome=Success time_unit=milliseconds sum",
          9000
        ]
      ])
    }).pipe(Effect.provide(server()))
  )

  for (const [what, fault] of [
    ["succeeds", undefined],
    ["fails", Fault.status(500)]
  ] as const) {
    it.effect(`tableau_sessions counts no open session after a sign-out that ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const changes = yield* measuring
        if (fault !== undefined) yield* simulator.inject({ operation: "signOut", fault, times: 2 })
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* open({ credentials: demoToken })
            yield* open({ credentials: demoToken })
            expect(yield* changes).toMatchObject({ tableau_sessions: 1 })
            const session = yield* open({ credentials: admin })
            expect(yield* changes).toMatchObject({ tableau_sessions: 2 })
            yield* session.signOut
            expect(yield* changes).toMatchObject({ tableau_sessions: 1 })
          })
        )
        expect(yield* changes).not.toHaveProperty("tableau_sessions")
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(503) })
        yield* Effect.exit(Effect.scoped(open()))
        expect(yield* changes).not.toHaveProperty("tableau_sessions")
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("metrics have tags of low cardinality: operations and outcomes, no sites, ids or messages", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ site: "Finance" })
          yield* simulator.inject({ operation: list, fault: Fault.status(418, { code: "418001", summary: "Odd" }) })
          yield* Effect.exit(on(session)(Workbooks.list()))
        })
      )
      const pairs = (yield* Metric.snapshot).filter(({ metricKey }) => metricKey.name.startsWith("tableau_"))
      for (const { metricKey } of pairs) {
        for (const { key, value } of metricKey.tags) {
          expect(["budget", "operation", "outcome", "time_unit"]).toContain(key)
          expect(value).toMatch(/^[A-Za-z.]+$/)
        }
      }
    }).pipe(Effect.provide(server()))
  )
})
