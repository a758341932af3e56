import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Function from "effect/Function"
import * as Random from "effect/Random"
import * as SiteLock from "../../src/internal/session/siteLock.js"

const sites = ["A", "B", "C"] as const
const client = { closed: false }
const operation = "Workbooks.list"

/** Yields a random number of times. */
const turns = (limit: number) =>
  Effect.flatMap(Random.nextIntBetween(0, limit), (count) => Effect.repeatN(Effect.yieldNow(), count))

/** A lock for a session that counts the requests inside, and those on the wrong site. */
const make = () => {
  const state = { site: "A", inside: 0, switches: 0, wrong: 0 }
  const lock = SiteLock.make<"refused" | "closed", typeof client>({
    site: "A",
    switchTo: (site) =>
      Effect.gen(function* () {
        if (state.inside > 0) state.wrong += 1
        yield* turns(4)
        if (site === "Forbidden") return yield* Effect.fail("refused" as const)
        if (state.inside > 0) state.wrong += 1
        state.switches += 1
        state.site = site
      }),
    closed: () => "closed"
  })
  const request = (site: string) =>
    lock.enter(site, client, operation, Function.identity, (_, restore) =>
      restore(
        Effect.acquireUseRelease(
          Effect.sync(() => {
            state.inside += 1
          }),
          () =>
            Effect.gen(function* () {
              if (state.site !== site) state.wrong += 1
              yield* turns(4)
              if (state.site !== site) state.wrong += 1
            }),
          () =>
            Effect.sync(() => {
              state.inside -= 1
            })
        )
      )
    )
  return { lock, request, state }
}

describe("site lock", () => {
  for (const seed of Array.from({ length: 50 }, (_, index) => index)) {
    it.effect(`the lock admits requests of one site only, and stays usable after interruptions (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { request, state } = make()
        const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () =>
          Effect.gen(function* () {
            const site = yield* Random.choice(sites)
            const refused = (yield* Random.nextIntBetween(0, 10)) === 0
            const fiber = yield* Effect.fork(request(refused ? "Forbidden" : site))
            yield* turns(3)
            if (yield* Random.nextBoolean) {
              yield* Effect.fork(Effect.zipRight(turns(8), Fiber.interrupt(fiber)))
            }
            return { fiber, expected: refused ? Exit.fail("refused") : Exit.void }
          })
        )
        let interrupted = 0
        for (const { expected, fiber } of fibers) {
          const exit = yield* Fiber.await(fiber)
          if (Exit.isInterrupted(exit)) interrupted += 1
          else expect(exit).toEqual(expected)
        }
        expect(interrupted).toBeGreaterThan(0)
        // Interrupted requests are not counted as inside: every site can still be entered.
        for (const site of sites) yield* request(site)
        expect(state).toMatchObject({ site: "C", inside: 0, wrong: 0 })
        expect(state.switches).toBeGreaterThan(2)
      }).pipe(Effect.withRandom(Random.make(`seed ${seed}`)))
    )
  }

  it.effect(
    "closing the lock fails new and waiting requests with errors that name them, and waits for a switch in flight",
    () =>
      Effect.gen(function* () {
        const latch = yield* Effect.makeLatch()
        const order: Array<string> = []
        const lock = SiteLock.make<string, typeof client>({
          site: "A",
          switchTo: () =>
            Effect.zipRight(
              latch.await,
              Effect.sync(() => order.push("switched"))
            ),
          closed: (operation) => `${operation} closed`
        })
        const waiting = yield* Effect.fork(
          Effect.exit(
            lock.enter("B", client, "first", Function.identity, () => Effect.sync(() => order.push("entered")))
          )
        )
        const behind = yield* Effect.fork(
          Effect.exit(
            lock.enter("A", client, "second", Function.identity, () => Effect.sync(() => order.push("entered")))
          )
        )
        yield* Effect.repeatN(Effect.yieldNow(), 10)
        const closing = yield* Effect.fork(
          Effect.zipRight(
            lock.close,
            Effect.sync(() => order.push("closed"))
          )
        )
        yield* Effect.repeatN(Effect.yieldNow(), 10)
        expect(yield* Effect.exit(lock.enter("A", client, "late", Function.identity, () => Effect.void))).toEqual(
          Exit.fail("late closed")
        )
        expect(order).toEqual([])
        yield* latch.open
        yield* Fiber.join(closing)
        expect(yield* Fiber.join(waiting)).toEqual(Exit.fail("first closed"))
        expect(yield* Fiber.join(behind)).toEqual(Exit.fail("second closed"))
        expect(order).toEqual(["switched", "closed"])
      })
  )
})
