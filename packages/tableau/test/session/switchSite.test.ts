import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { expectSignedOutOnce, operations, server, session } from "../../../../test/support/session.js"
import {
  allOf,
  ana,
  collect,
  expectNoneOnWrongSite,
  here,
  names,
  siteOfList,
  switchSite,
  user,
  withSite
} from "./fourSites.js"

const bob = { credentials: user("bob") }

describe("switchSite", () => {
  it.effect("switchSite moves all fibers that share the session, without a sign-in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const current = yield* TableauSession
        const moved = yield* Deferred.make<void>()
        const other = yield* Effect.fork(Effect.zipRight(Deferred.await(moved), siteOfList))
        expect(yield* siteOfList).toBe("")
        yield* switchSite("Marketing")
        yield* Deferred.succeed(moved, undefined)
        expect(yield* Fiber.join(other)).toBe("Marketing")
        expect(names(yield* collect)).toEqual(allOf("Marketing"))
        expect(yield* current.contentUrl).toBe("Marketing")
        expect((yield* current.current).site.contentUrl).toBe("Marketing")
        expect(yield* simulator.sessions).toMatchObject([{ user: "ana", site: "Marketing" }])
        yield* switchSite("")
        expect(yield* siteOfList).toBe("")
        expect(yield* simulator.sessions).toMatchObject([{ site: "" }])
      })
      yield* Effect.provide(program, session(ana))
      expect(yield* simulator.count("switchSite")).toBe(2)
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("switchSite to the current site succeeds without a request, and ignores case", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* switchSite("Marketing")
        yield* switchSite("marketing")
        yield* withSite("MARKETING")(switchSite("Marketing"))
        expect(yield* siteOfList).toBe("Marketing")
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* operations).toEqual(["serverInfo", "signIn", "queryWorkbooksForSite", "signOut"])
    }).pipe(Effect.provide(here))
  )

  for (const [what, site] of [
    ["a site that the user may not enter", "Finance"],
    ["a site that does not exist", "Nowhere"]
  ] as const) {
    it.effect(`switchSite to ${what} fails with SiteSwitchFailed, and the session stays on its site`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const program = Effect.gen(function* () {
          const current = yield* TableauSession
          yield* switchSite("Marketing")
          const ran = yield* Ref.make(false)
          for (const attempt of [switchSite(site), withSite(site)(Ref.set(ran, true))]) {
            expect(yield* Effect.flip(attempt)).toMatchObject({
              _tag: "SiteSwitchFailed",
              category: "session",
              site,
              status: 401,
              code: "401003",
              acted: "no"
            })
            expect(yield* current.contentUrl).toBe("Marketing")
            expect(yield* siteOfList).toBe("Marketing")
            expect(yield* simulator.sessions).toMatchObject([{ user: "bob", site: "Marketing" }])
          }
          expect(yield* Ref.get(ran)).toBe(false)
          yield* switchSite("")
          expect(yield* siteOfList).toBe("")
        })
        yield* Effect.provide(program, session(bob))
        expect(yield* simulator.count("switchSite")).toBe(4)
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here))
    )
  }

  it.effect("switchSite to an invalid content URL is rejected before a request", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        for (const site of ["Sales Team", "https://tableau.example.com/#/site/Sales/home", "a/b"]) {
          for (const attempt of [switchSite(site), withSite(site)(Effect.void)]) {
            expect(yield* Effect.flip(attempt)).toMatchObject({ _tag: "BadRequest", acted: "no" })
          }
        }
      })
      yield* Effect.provide(program, session(ana))
      expect(yield* operations).toEqual(["serverInfo", "signIn", "signOut"])
    }).pipe(Effect.provide(here))
  )

  it.effect("switchSite on Cloud fails with SiteSwitchUnavailable, and the session stays usable", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const ran = yield* Ref.make(false)
        for (const attempt of [switchSite("Finance"), withSite("Finance")(Ref.set(ran, true))]) {
          expect(yield* Effect.flip(attempt)).toMatchObject({
            _tag: "SiteSwitchUnavailable",
            category: "session",
            site: "Finance",
            acted: "no"
          })
        }
        expect(yield* Ref.get(ran)).toBe(false)
        expect((yield* Workbooks.list()).totalAvailable).toBeGreaterThan(0)
      })
      yield* Effect.provide(program, session({ site: "MarketingTeam" }))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server({ cloud: true })))
  )

  it.effect("switchSite without a response fails with TimedOut, and the session still signs out", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "switchSite", fault: Fault.hang() })
      const fiber = yield* Effect.fork(
        Effect.provide(Effect.flip(switchSite("Finance")), session({ ...ana, signInTimeout: "7 seconds" }))
      )
      yield* simulator.awaitSeen("switchSite")
      yield* TestClock.adjust("7 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "TimedOut", after: 7000, acted: "unknown" })
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("a switch whose response arrives after an interruption leaves no session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await) })
      const fiber = yield* Effect.fork(Effect.provide(switchSite("Finance"), session(ana)))
      yield* simulator.awaitSeen("switchSite")
      const ending = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      // The old token must not be signed out while the server replaces it.
      expect(yield* simulator.count("signOut")).toBe(0)
      yield* latch.open
      yield* Fiber.join(ending)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )
})
