import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Function from "effect/Function"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { server, session } from "../../../../test/support/session.js"
import { prompt } from "../../../../test/support/stepping.js"
import * as SiteLock from "../../src/internal/session/siteLock.js"
import { ana, expectNoneOnWrongSite, names, withSite } from "./fourSites.js"
import { turn } from "./retrying.js"

const client = { closed: false }

const turns = (count: number) => Effect.replicateEffect(turn, count, { discard: true })

/** A lock, and the requests and switches in the order in which they entered. */
const make = () => {
  const log: Array<string> = []
  const lock = SiteLock.make<never, typeof client>({
    site: "A",
    switchTo: (site) =>
      Effect.andThen(
        turn,
        Effect.sync(() => log.push(`to ${site}`))
      ),
    closed: () => {
      throw new Error("closed")
    }
  })
  /** The response has headers after `head`, and its body is read in `body`. */
  const request = (site: string, body: Effect.Effect<void> = turn, head: Effect.Effect<void> = turn) =>
    lock.enter(site, client, "read", Function.identity, ({ leave }, restore) =>
      restore(head).pipe(
        Effect.andThen(Effect.sync(() => log.push(site))),
        Effect.andThen(leave),
        Effect.andThen(restore(body))
      )
    )
  return { lock, log, request }
}

const switchesOf = (log: ReadonlyArray<string>) => log.filter((entry) => entry.startsWith("to ")).length

describe("requests of two sites", () => {
  for (const body of [0, 1, 3, 20]) {
    it.effect(`two programs that send one request after the other cause few switches, bodies after ${body} turns`, () =>
      Effect.gen(function* () {
        const { log, request } = make()
        const program = (site: string) => Effect.repeatN(request(site, turns(body)), 36)
        yield* prompt("two programs", Effect.all([program("A"), program("B")], { concurrency: 2 }))
        expect(log.filter((entry) => entry === "A").length).toBe(37)
        expect(log.filter((entry) => entry === "B").length).toBe(37)
        expect(switchesOf(log)).toBeLessThanOrEqual(3)
      })
    )
  }

  it.effect("a request for another site is sent after 64 of a program that never ends", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      yield* request("A")
      const endless = yield* Effect.fork(Effect.forever(request("A")))
      yield* turns(2)
      yield* prompt("B", request("B"))
      yield* Fiber.interrupt(endless)
      // One was inside when it arrived, and one before.
      const before = log.indexOf("to B")
      expect(before).toBeGreaterThanOrEqual(64)
      expect(before).toBeLessThanOrEqual(64 + 3)
    })
  )

  it.effect("a request for another site that has waited for five seconds is next", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      yield* request("A")
      const endless = yield* Effect.fork(Effect.forever(request("A", turn, TestClock.adjust("1 second"))))
      yield* turns(1)
      yield* prompt("B", request("B"))
      yield* Fiber.interrupt(endless)
      const before = log.indexOf("to B")
      expect(before).toBeGreaterThanOrEqual(5)
      expect(before).toBeLessThanOrEqual(8)
    })
  )

  it.effect("after five seconds no request overtakes one for another site, also while another one is in flight", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      const headers = yield* Deferred.make<void>()
      const first = yield* Effect.fork(request("A", turn, Deferred.await(headers)))
      yield* turns(2)
      const waiting = yield* Effect.fork(request("B"))
      yield* turns(2)
      yield* TestClock.adjust("6 seconds")
      const late = yield* Effect.fork(request("A"))
      yield* turns(10)
      expect(log).toEqual([])
      yield* Deferred.succeed(headers, undefined)
      yield* prompt("all requests", Effect.all([Fiber.join(first), Fiber.join(waiting), Fiber.join(late)]))
      expect(log).toEqual(["A", "to B", "B", "to A", "A"])
    })
  )

  it.effect("a request for another site causes a switch at once when none has used the current site", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      const fiber = yield* Effect.fork(request("B"))
      yield* turns(2)
      expect(log).toEqual(["to B"])
      yield* Fiber.join(fiber)
    })
  )

  it.effect(
    "a request for another site waits a few milliseconds for an idle site, without time of the test's clock",
    () =>
      Effect.gen(function* () {
        const { log, request } = make()
        yield* request("A")
        yield* turns(10)
        const fiber = yield* Effect.fork(request("B"))
        yield* Effect.yieldNow()
        expect(log).toEqual(["A"])
        expect(Array.from(yield* TestClock.sleeps())).toEqual([])
        yield* turns(6)
        expect(log).toEqual(["A", "to B", "B"])
        yield* Fiber.join(fiber)
      })
  )

  it.effect("a request for another site is sent while a body of the current site is stalled", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      const stalled = yield* Effect.fork(request("A", Effect.never))
      yield* turns(3)
      const fiber = yield* Effect.fork(request("B"))
      yield* turns(20)
      expect(log).toEqual(["A"])
      yield* turns(60)
      expect(log).toEqual(["A", "to B", "B"])
      yield* Fiber.join(fiber)
      // Back on site A, that response no longer counts.
      yield* request("A")
      yield* turns(10)
      const again = yield* Effect.fork(request("B"))
      yield* turns(6)
      expect(log).toEqual(["A", "to B", "B", "to A", "A", "to B", "B"])
      yield* Fiber.join(again)
      yield* Fiber.interrupt(stalled)
    })
  )

  it.effect("an interruption of the request that waits leaves the session on its site, and the lock usable", () =>
    Effect.gen(function* () {
      const { log, request } = make()
      yield* request("A")
      const fiber = yield* Effect.fork(request("B"))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      yield* turns(10)
      yield* request("A")
      expect(log).toEqual(["A", "A"])
      yield* prompt("C", request("C"))
      expect(log).toEqual(["A", "A", "to C", "C"])
    })
  )

  it.effect("closing the lock fails the request that waits, and nothing switches later", () =>
    Effect.gen(function* () {
      const lock = SiteLock.make<string, typeof client>({
        site: "A",
        switchTo: () => Effect.dieMessage("must not switch"),
        closed: (operation) => `${operation} closed`
      })
      const request = (site: string) => lock.enter(site, client, site, Function.identity, () => Effect.void)
      yield* request("A")
      const fiber = yield* Effect.fork(Effect.flip(request("B")))
      yield* Effect.yieldNow()
      yield* lock.close
      expect(yield* Fiber.join(fiber)).toBe("B closed")
      yield* turns(10)
    })
  )
})

const content: Content.Content = {
  users: [{ name: "ana", password: "secret", siteRole: "ServerAdministrator" }],
  sites: ["", "Finance", "Sales"].map((contentUrl) => ({
    contentUrl,
    workbooks: Array.from({ length: 37 * 3 }, (_, index) => ({ name: `${contentUrl}/${index}` }))
  }))
}

describe("two streams on two sites with one token", () => {
  for (const latency of ["0 millis", "10 millis"] as const) {
    it.live(`74 pages cause at most ten switches, at a latency of ${latency}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const list = (site: string) =>
          Effect.gen(function* () {
            const { items } = yield* Workbooks.list({ pageSize: 3 })
            const found = names(yield* Stream.runCollect(items))
            expect(found.length).toBe(37 * 3)
            expect(found.every((name) => name.startsWith(`${site}/`))).toBe(true)
          }).pipe(withSite(site))
        const both = Effect.all([list("Finance"), list("Sales")], { concurrency: 2 })
        yield* prompt("two streams", Effect.provide(both, session(ana)))
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(74)
        expect(yield* simulator.count("switchSite")).toBeLessThanOrEqual(10)
        yield* expectNoneOnWrongSite
      }).pipe(Effect.provide(server({ content, latency })))
    )
  }
})
