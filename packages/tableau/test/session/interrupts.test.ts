import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Function from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, demoToken, session, timeless } from "../../../../test/support/session.js"
import { prompt, stepped } from "../../../../test/support/stepping.js"
import * as Renewal from "../../src/internal/session/renewal.js"
import * as SiteLock from "../../src/internal/session/siteLock.js"
import { here, list } from "./interrupting.js"

/**
 * A program over sockets takes thousands of steps, and most of them make no difference: by default one step in `stride`
 * is tested. EVERY_STEP=1 tests all of them in `stride` rounds, which takes half an hour.
 */
const oneOf = <E>(stride: number, name: string, test: (from: number, stride: number) => Effect.Effect<void, E>) => {
  const starts = process.env["EVERY_STEP"] === undefined ? 1 : stride
  for (let from = 1; from <= starts; from++) {
    it.effect(from === 1 ? name : `${name}, from step ${from} on`, () => test(from, stride), patience)
  }
}

/** In milliseconds, for a busy machine. */
const patience = 600_000

/** Interrupts an effect at later and later steps, until it ends before the interruption. */
const atSteps = <A, E, R, E2, R2>(
  from: number,
  stride: number,
  before: Effect.Effect<unknown>,
  effect: Effect.Effect<A, E, R>,
  check: (exit: Exit.Exit<A, E>, what: string) => Effect.Effect<void, E2, R2>
) =>
  Effect.gen(function* () {
    let interrupted = 0
    for (let step = from; ; step += stride) {
      const what = `interrupted at step ${step}`
      yield* before
      const { exit, taken } = yield* prompt(what, stepped(effect, { step, happens: "interrupt" }))
      yield* prompt(`what comes after it was ${what}`, check(exit, what))
      if (Exit.isInterrupted(exit)) interrupted += 1
      if (taken < step) break
    }
    expect(interrupted).toBeGreaterThan(10)
  })

const connectedApp = Credentials.connectedApp({
  clientId: "demo-client",
  secretId: "demo-key",
  secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
  username: "admin",
  scopes: ["tableau:content:read"]
})

describe.each([
  ["a personal access token", demoToken],
  ["a password", admin],
  ["a connected app", connectedApp]
])("an interruption at any step, with %s,", (_, credentials) => {
  oneOf(151, "of a session leaves no session on the server", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* atSteps(from, stride, Effect.void, Effect.provide(list, session({ credentials })), (_, what) =>
        Effect.gen(function* () {
          expect([what, yield* simulator.sessions]).toEqual([what, []])
          expect([what, yield* simulator.count("signOut")]).toEqual([what, yield* simulator.count("signIn")])
        })
      )
    }).pipe(Effect.provide(here))
  )

  oneOf(151, "of a lazy session leaves no session on the server", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const twice = Effect.all([list, list], { concurrency: "unbounded" })
      const lazy = session({ credentials, lazy: true })
      yield* atSteps(from, stride, Effect.void, Effect.provide(twice, lazy), (_, what) =>
        Effect.gen(function* () {
          expect([what, yield* simulator.sessions]).toEqual([what, []])
          expect([what, yield* simulator.count("signOut")]).toEqual([what, yield* simulator.count("signIn")])
        })
      )
    }).pipe(Effect.provide(here))
  )

  oneOf(307, "of a session that is renewed and switched leaves no session on the server", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const life = Effect.gen(function* () {
        // The token is still valid, so it must be signed out although the server said that it had expired.
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(401) })
        yield* list
        yield* TableauSession.withSite("Finance")(list)
      })
      yield* atSteps(from, stride, Effect.void, Effect.provide(life, session({ credentials })), (_, what) =>
        Effect.gen(function* () {
          expect([what, yield* simulator.sessions]).toEqual([what, []])
        })
      )
    }).pipe(Effect.provide(here))
  )

  oneOf(71, "of a request that renews the session does not affect other requests", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = atSteps(
        from,
        stride,
        Effect.zipRight(TestClock.adjust("2 minutes"), simulator.endSessions),
        list,
        (exit, what) =>
          Effect.gen(function* () {
            if (!Exit.isInterrupted(exit)) expect([what, Exit.isSuccess(exit)]).toEqual([what, true])
            yield* list
            expect([what, yield* simulator.sessions]).toEqual([what, [expect.anything()]])
          })
      )
      yield* Effect.provide(program, session({ ...timeless, credentials }))
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )

  oneOf(71, "of a request that switches the site leaves the session usable", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = atSteps(from, stride, Effect.void, TableauSession.withSite("Finance")(list), (_, what) =>
        Effect.gen(function* () {
          const { site } = yield* Effect.flatMap(TableauSession, ({ current }) => current)
          yield* list
          expect([what, site.contentUrl]).toEqual([what, ""])
          expect([what, yield* simulator.sessions]).toEqual([what, [expect.anything()]])
        })
      )
      yield* Effect.provide(program, session({ credentials }))
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(here))
  )
})

describe("an interruption at any step", () => {
  oneOf(151, "of a client that opens a shared session does not affect another client that opens it", (from, stride) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const used = Effect.provide(list, session())
      let other: Fiber.Fiber<unknown, unknown> | undefined
      const both = Effect.forkDaemon(used).pipe(
        Effect.tap((fiber) =>
          Effect.sync(() => {
            other = fiber
          })
        ),
        Effect.uninterruptible,
        Effect.zipRight(used)
      )
      yield* atSteps(from, stride, Effect.void, both, (_, what) =>
        Effect.gen(function* () {
          if (other !== undefined) expect([what, (yield* Fiber.await(other))._tag]).toEqual([what, "Success"])
          expect([what, yield* simulator.sessions]).toEqual([what, []])
          expect([what, yield* simulator.count("signOut")]).toEqual([what, yield* simulator.count("signIn")])
        })
      )
    }).pipe(Effect.provide(here))
  )
})

const rest = Effect.repeatN(Effect.yieldNow(), 3)

describe("renewal", () => {
  /** Tokens are numbers. Each sign-in returns the next one. */
  const make = () => {
    const state = { signIns: 0 }
    const renewal = Renewal.make<number, "closed" | "evicted", { closed: boolean }>({
      first: 0,
      isFinal: () => false,
      onEviction: Effect.void,
      evicted: Effect.fail("evicted"),
      closed: () => Effect.fail("closed")
    })
    const needBy = (client: { closed: boolean }) => ({ client, operation: "call", reason: "expired" as const })
    const signIn = () =>
      Effect.gen(function* () {
        yield* Effect.interruptible(rest)
        state.signIns += 1
        return state.signIns
      })
    return { needBy, renewal, signIn, state }
  }

  it.effect("a renewal completes for all waiters although one is interrupted at any step", () =>
    Effect.gen(function* () {
      for (let step = 1; ; step++) {
        const what = `interrupted at step ${step}`
        const { needBy, renewal, signIn, state } = make()
        const client = { closed: false }
        const needed = renewal.renew(0, needBy(client), signIn)
        const { taken } = yield* stepped(needed, { step, happens: "interrupt" })
        yield* prompt(what, Effect.all([needed, needed], { concurrency: "unbounded" }))
        expect([what, renewal.current(), state]).toEqual([what, 1, { signIns: 1 }])
        if (taken < step) break
      }
    })
  )

  it.effect("two waiters cause one renewal, in any order of their steps", () =>
    Effect.gen(function* () {
      for (let step = 1; ; step++) {
        const what = `in another order from step ${step}`
        const { needBy, renewal, signIn, state } = make()
        const needed = renewal.renew(0, needBy({ closed: false }), signIn)
        const both = Effect.all([needed, needed], { concurrency: "unbounded" })
        const { taken } = yield* prompt(what, stepped(both, { step, happens: "yield" }))
        expect([what, renewal.current(), state]).toEqual([what, 1, { signIns: 1 }])
        if (taken < step) break
      }
    })
  )

  it.effect("a renewal is taken over when its client leaves, and fails when the session closes", () =>
    Effect.gen(function* () {
      for (const end of ["leave", "close"] as const) {
        for (let step = 1; ; step++) {
          const what = `${end}, in another order from step ${step}`
          const { needBy, renewal, signIn } = make()
          const client = { closed: false }
          const leave = Effect.suspend(() => {
            client.closed = true
            return Effect.zipRight(end === "leave" ? renewal.leave(client) : renewal.close, renewal.settled)
          })
          const all = Effect.all(
            [
              Effect.exit(renewal.renew(0, needBy(client), signIn)),
              Effect.exit(renewal.renew(0, needBy({ closed: false }), signIn)),
              Effect.zipRight(Effect.yieldNow(), leave)
            ],
            { concurrency: "unbounded" }
          )
          const { exit, taken } = yield* prompt(what, stepped(all, { step, happens: "yield" }))
          const [own, others] = Exit.getOrElse(exit, () => [Exit.void, Exit.void] as const)
          const closed = Exit.fail("closed")
          // The renewal may have completed before its client left.
          expect([what, own]).toEqual([what, Exit.isSuccess(own) ? Exit.void : closed])
          if (end === "leave") expect([what, others]).toEqual([what, Exit.void])
          else expect([what, others]).toEqual([what, Exit.isSuccess(others) ? Exit.void : closed])
          if (taken < step) break
        }
      }
    })
  )
})

describe("site lock", () => {
  const sites = ["B", "C"]

  const make = () => {
    const state = { site: "A", moving: 0, wrong: 0 }
    const lock = SiteLock.make<"closed", { closed: boolean }>({
      site: "A",
      switchTo: (site) =>
        Effect.gen(function* () {
          state.moving += 1
          if (state.moving > 1) state.wrong += 1
          yield* rest
          state.site = site
          state.moving -= 1
        }),
      closed: () => "closed"
    })
    const visit = (site: string, client = { closed: false }) =>
      lock.enter(site, client, "call", Function.identity, (_, restore) =>
        restore(
          Effect.gen(function* () {
            if (state.site !== site || state.moving > 0) state.wrong += 1
            yield* rest
            if (state.site !== site || state.moving > 0) state.wrong += 1
          })
        )
      )
    return { lock, state, visit }
  }

  for (const happens of ["interrupt", "yield"] as const) {
    for (const site of ["A", "B", "C"]) {
      it.effect(
        `the lock admits requests of the right site only after ${happens === "yield" ? "a" : "an"} ${happens} of a request for site ${site}`,
        () =>
          Effect.gen(function* () {
            for (let step = 1; ; step++) {
              const what = `${happens} at step ${step}`
              const { state, visit } = make()
              const others = yield* Effect.fork(
                Effect.all([visit("A"), visit("B"), visit("A"), visit("B")], { concurrency: "unbounded" })
              )
              yield* Effect.yieldNow()
              const { taken } = yield* prompt(what, stepped(visit(site), { step, happens }))
              const after = Effect.all([visit("C"), visit("A"), visit("B")])
              yield* prompt(`after ${what}`, Effect.zipRight(Fiber.join(others), after))
              expect([what, state]).toEqual([what, { site: "B", moving: 0, wrong: 0 }])
              if (taken < step) break
            }
          })
      )
    }
  }

  it.effect("the lock admits requests of the right site only, in any order of their steps", () =>
    Effect.gen(function* () {
      for (let step = 1; ; step++) {
        const what = `in another order from step ${step}`
        const { state, visit } = make()
        const late = (turns: number, site: string) =>
          Effect.zipRight(Effect.repeatN(Effect.yieldNow(), turns), visit(site))
        // A request always enters while another leaves.
        const arrivals = Array.from({ length: 16 }, (_, turns) => late(turns, sites[turns % 2] ?? "A"))
        const all = Effect.all([visit("A"), ...arrivals], { concurrency: "unbounded" })
        const { exit, taken } = yield* prompt(what, stepped(all, { step, happens: "yield" }))
        expect([what, exit._tag, state.wrong, state.moving]).toEqual([what, "Success", 0, 0])
        if (taken < step) break
      }
    })
  )

  it.effect("the lock stays usable for other clients when one leaves", () =>
    Effect.gen(function* () {
      for (let step = 1; ; step++) {
        const what = `in another order from step ${step}`
        const { lock, state, visit } = make()
        const client = { closed: false }
        const leave = Effect.suspend(() => {
          client.closed = true
          return lock.leave(client)
        })
        const all = Effect.all(
          [
            Effect.exit(visit("A", client)),
            Effect.exit(visit("B", client)),
            Effect.zipRight(Effect.yieldNow(), leave),
            visit("B"),
            visit("A")
          ],
          { concurrency: "unbounded" }
        )
        const { exit, taken } = yield* prompt(what, stepped(all, { step, happens: "yield" }))
        expect([what, exit._tag]).toEqual([what, "Success"])
        expect([what, yield* Effect.exit(visit("A", client))]).toEqual([what, Exit.fail("closed")])
        expect([what, state.wrong, state.moving]).toEqual([what, 0, 0])
        if (taken < step) break
      }
    })
  )
})
