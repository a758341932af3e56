import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { server, session, timeless } from "../../../../test/support/session.js"
import { prompt } from "../../../../test/support/stepping.js"
import * as Observe from "../../src/internal/telemetry.js"
import { turn } from "./retrying.js"

const sites = ["", "Marketing", "Finance"] as const

/** The name of each workbook contains its site. */
const content: Content.Content = {
  users: [{ name: "ana", password: "secret", siteRole: "ServerAdministrator" }],
  sites: sites.map((contentUrl) => ({ contentUrl, workbooks: [{ name: `on ${contentUrl}` }] })),
  personalAccessTokens: [{ name: "token", secret: "secret", user: "ana" }]
}

const value = Redacted.make("secret")
/** Credentials and the number of rounds, each of a hundred reads. */
const cases = [
  ["a personal access token", Credentials.personalAccessToken({ name: "token", value }), 10],
  ["a password", Credentials.password({ username: "ana", password: value }), 3]
] as const

const read = (site: string) =>
  Workbooks.list().pipe(
    Effect.flatMap(({ items }) => Stream.runCollect(items)),
    Effect.map((found) => Array.from(found, ({ name }) => name)),
    TableauSession.withSite(site)
  )

describe("a session under load", () => {
  for (const [kind, credentials, rounds] of cases) {
    it.effect(
      `${rounds}00 reads of three sites with interruptions and expiries see the right site, end, and leave no session, with ${kind}`,
      () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const before = yield* Metric.value(Observe.switches)
          const totals = { read: 0, interrupted: 0 }
          const round = Effect.gen(function* () {
            const readers = yield* Effect.forEach(Array.from({ length: 100 }), () =>
              Effect.gen(function* () {
                const site = yield* Random.choice(sites)
                const fiber = yield* Effect.fork(read(site))
                if ((yield* Random.nextIntBetween(0, 10)) === 0) yield* Effect.yieldNow()
                return { fiber, site, victim: (yield* Random.nextIntBetween(0, 5)) === 0 }
              })
            )
            // Some turns of the event loop: enough for a part of the reads.
            const turns = yield* Random.nextIntBetween(0, 20)
            yield* Effect.replicateEffect(turn, turns)
            yield* simulator.endSessions
            yield* Effect.forEach(readers, ({ fiber, victim }) => (victim ? Fiber.interruptFork(fiber) : Effect.void))
            for (const { fiber, site, victim } of readers) {
              const exit = yield* prompt("a read", Fiber.await(fiber))
              if (victim && Exit.isInterrupted(exit)) totals.interrupted += 1
              else {
                expect(exit).toEqual(Exit.succeed([`on ${site}`]))
                totals.read += 1
              }
            }
          })
          // Rounds are a minute apart, or the session would be evicted.
          const all = Effect.repeatN(Effect.zipRight(TestClock.adjust("2 minutes"), round), rounds - 1)
          yield* Effect.provide(all, session({ ...timeless, credentials }))

          expect(totals.read + totals.interrupted).toBe(rounds * 100)
          expect(totals.interrupted).toBeGreaterThan(rounds)
          const requests = yield* simulator.requests
          const switched = requests.filter(({ operation, status }) => operation === "switchSite" && status === 200)
          expect(switched.length).toBeGreaterThan(2 * rounds)
          const { count } = yield* Metric.value(Observe.switches)
          expect(count - before.count).toBe(switched.length)
          expect(yield* simulator.count("signIn")).toBeGreaterThan(rounds / 2)
          // The server responds with 403 if the token belongs to another site.
          expect(requests.filter(({ status = 0 }) => status >= 400 && status !== 401)).toEqual([])
          expect(yield* simulator.sessions).toEqual([])
          // A session with a password signs the old token out after each renewal.
          const tokens = kind === "a password" ? yield* simulator.count("signIn") : 1
          expect(yield* simulator.count("signOut")).toBe(tokens)
        }).pipe(Effect.withRandom(Random.make(kind)), Effect.provide(server({ content, idleLimit: "1000 hours" }))),
      // For a busy machine.
      300_000
    )
  }
})
