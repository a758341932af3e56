import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as SiteGate from "../../src/internal/session/siteLock.js"

const sites = ["A", "B", "C"] as const
const somebody = { closed: false }

/** Some turns of the scheduler. */
const turns = (limit: number) =>
  Effect.flatMap(Random.nextIntBetween(0, limit), (count) => Effect.repeatN(Effect.yieldNow(), count))

/** A gate before a session that knows on which site it is, and who is inside. */
const make = () => {
  const state = { site: "A", inside: 0, switches: 0, wrong: 0 }
  const gate = SiteGate.make<"refused" | "closed", typeof somebody>({
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
    gate.enter(
      site,
      somebody,
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
  return { gate, request, state }
}

describe("the gate", () => {
  for (const seed of Array.from({ length: 50 }, (_, index) => index)) {
    it.effect(`lets in requests of one site only, and stays open, whoever is interrupted when (seed ${seed})`, () =>
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
        // None is counted who is not inside: every site can still be gone to.
        for (const site of sites) yield* request(site)
        expect(state).toMatchObject({ site: "C", inside: 0, wrong: 0 })
        expect(state.switches).toBeGreaterThan(2)
      }).pipe(Effect.withRandom(Random.make(`seed ${seed}`)))
    )
  }

  it.effect("that is closed refuses those who come and those who wait, and waits for a switch", () =>
    Effect.gen(function* () {
      const latch = yield* Effect.makeLatch()
      const order: Array<string> = []
      const gate = SiteGate.make<"closed", typeof somebody>({
        site: "A",
        switchTo: () =>
          Effect.zipRight(
            latch.await,
            Effect.sync(() => order.push("switched"))
          ),
        closed: () => "closed"
      })
      const waiting = yield* Effect.fork(
        Effect.exit(
          gate.enter(
            "B",
            somebody,
            Effect.sync(() => order.push("entered"))
          )
        )
      )
      const behind = yield* Effect.fork(
        Effect.exit(
          gate.enter(
            "A",
            somebody,
            Effect.sync(() => order.push("entered"))
          )
        )
      )
      yield* Effect.repeatN(Effect.yieldNow(), 10)
      const closing = yield* Effect.fork(
        Effect.zipRight(
          gate.close,
          Effect.sync(() => order.push("closed"))
        )
      )
      yield* Effect.repeatN(Effect.yieldNow(), 10)
      expect(yield* Effect.exit(gate.enter("A", somebody, Effect.void))).toEqual(Exit.fail("closed"))
      expect(order).toEqual([])
      yield* latch.open
      yield* Fiber.join(closing)
      expect(yield* Fiber.join(waiting)).toEqual(Exit.fail("closed"))
      expect(yield* Fiber.join(behind)).toEqual(Exit.fail("closed"))
      expect(order).toEqual(["switched", "closed"])
    })
  )
})
