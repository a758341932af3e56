import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Projects, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { expectSignedOutOnce, session } from "../../../../test/support/session.js"
import {
  allOf,
  ana,
  collect,
  expectNoneOnWrongSite,
  here,
  names,
  siteOfList,
  sites,
  size,
  switchSite,
  withSite
} from "./fourSites.js"

/** The sites of the requests for workbooks, in order. */
const visited = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).flatMap(({ operation, site = "?" }) =>
    operation === "queryWorkbooksForSite" ? [site] : []
  )
})

/** Responses are delayed by a few turns of the event loop, so that requests interleave in every order. */
const shaken = Fault.hold(
  Effect.flatMap(Random.nextIntBetween(0, 5), (turns) =>
    Effect.repeatN(
      Effect.async<void>((resume) => {
        setImmediate(() => resume(Effect.void))
      }),
      turns
    )
  )
)

const shake = Effect.flatMap(Simulator, ({ inject }) => inject({ operation: "any", times: 1_000_000, fault: shaken }))

describe("withSite", () => {
  it.effect("withSite runs an effect on a site, and later requests are on the previous one", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const outer = yield* TableauSession
        expect(yield* siteOfList).toBe("Marketing")
        const inner = yield* withSite("Finance")(
          Effect.gen(function* () {
            const current = yield* TableauSession
            expect(yield* current.contentUrl).toBe("Finance")
            expect(names(yield* collect)).toEqual(allOf("Finance"))
            return yield* withSite("")(Effect.zip(siteOfList, withSite("Sales")(siteOfList)))
          })
        )
        expect(inner).toEqual(["", "Sales"])
        expect(yield* outer.contentUrl).toBe("Marketing")
        expect(names(yield* collect)).toEqual(allOf("Marketing"))
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* visited).toEqual([
        "Marketing",
        ...["Finance", "Finance", "Finance"],
        "",
        "Sales",
        ...["Marketing", "Marketing", "Marketing"]
      ])
      // One switch for each change of the site.
      expect(yield* simulator.count("switchSite")).toBe(4)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("withSite fails with the error of the effect, and the session stays usable", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        expect(yield* Effect.exit(withSite("Finance")(Effect.fail("trouble")))).toEqual(Exit.fail("trouble"))
        expect(yield* Effect.exit(withSite("Finance")(Effect.die("defect")))).toEqual(Exit.die("defect"))
        expect(yield* siteOfList).toBe("")
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("withSite is not affected by a switch outside, and a switch within it does not affect the outside", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const outer = yield* TableauSession
        yield* withSite("Finance")(
          Effect.gen(function* () {
            yield* outer.switchSite("Sales")
            expect(yield* siteOfList).toBe("Finance")
            yield* switchSite("Marketing")
            expect(yield* siteOfList).toBe("Marketing")
          })
        )
        expect(yield* siteOfList).toBe("Sales")
      })
      yield* Effect.provide(program, session(ana))
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("a call whose deadline ends while another site is in use has not acted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hang() })
        const held = yield* Effect.fork(siteOfList)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        const elsewhere = (yield* TableauSession).withSite("Finance")
        const calling = yield* Projects.create({ name: "once" }).pipe(
          TableauSession.withRetry({ deadline: "10 seconds", requestTimeout: "10 seconds" }),
          Effect.provideService(TableauSession, elsewhere),
          Effect.flip,
          Effect.fork
        )
        let result = yield* Fiber.poll(calling)
        while (result._tag === "None") {
          yield* TestClock.adjust("5 seconds")
          result = yield* Fiber.poll(calling)
        }
        expect(yield* Fiber.join(calling)).toMatchObject({ _tag: "TimedOut", acted: "no" })
        yield* Fiber.interrupt(held)
      })
      yield* Effect.provide(program, session(ana))
    }).pipe(Effect.provide(here))
  )

  it.effect("two fibers on two sites send many requests concurrently", () =>
    Effect.gen(function* () {
      yield* shake
      // More requests than may overtake one that waits for the other site.
      const rounds = 30
      const work = (site: string) =>
        Effect.gen(function* () {
          for (let round = 0; round < rounds; round++) expect(names(yield* collect)).toEqual(allOf(site))
        })
      const program = Effect.all([withSite("Finance")(work("Finance")), withSite("Sales")(work("Sales"))], {
        concurrency: "unbounded"
      })
      yield* Effect.provide(program, session(ana))
      yield* expectNoneOnWrongSite
      const seen = yield* visited
      for (const site of ["Finance", "Sales"]) expect(seen.filter((one) => one === site).length).toBe(3 * rounds)
      // Their requests have interleaved.
      expect(seen.slice(0, seen.length / 2)).toContain("Sales")
      expect(seen.slice(0, seen.length / 2)).toContain("Finance")
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("many fibers on many sites send requests concurrently", () =>
    Effect.gen(function* () {
      yield* shake
      const program = Effect.forEach(
        Array.from({ length: 60 }, (_, index) => sites[index % sites.length] ?? ""),
        (site) => Effect.map(withSite(site)(collect), (items) => expect(names(items)).toEqual(allOf(site))),
        { concurrency: "unbounded" }
      )
      yield* Effect.provide(program, session(ana))
      expect((yield* visited).length).toBe(60 * 3)
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("requests of one site run concurrently", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", times: 10, fault: Fault.hold(latch.await) })
      const program = Effect.all(
        Array.from({ length: 10 }, () => withSite("Finance")(siteOfList)),
        { concurrency: "unbounded" }
      )
      const fiber = yield* Effect.fork(Effect.provide(program, session(ana)))
      yield* simulator.awaitSeen("queryWorkbooksForSite", 10)
      yield* latch.open
      expect(new Set(yield* Fiber.join(fiber))).toEqual(new Set(["Finance"]))
    }).pipe(Effect.provide(here))
  )

  for (const concurrency of [1, 8] as const) {
    it.effect(`a stream of one site is copied to another one, ${concurrency} at a time`, () =>
      Effect.gen(function* () {
        yield* shake
        const program = Effect.gen(function* () {
          // The pages of the stream are requested on Finance, and each item is processed on Sales.
          const { items } = yield* withSite("Finance")(Workbooks.list({ pageSize: 3 }))
          return yield* withSite("Sales")(
            items.pipe(
              Stream.mapEffect(({ name = "" }) => Effect.map(siteOfList, (site) => [name, site] as const), {
                concurrency
              }),
              Stream.runCollect
            )
          )
        })
        const copied = Array.from(yield* Effect.provide(program, session(ana)))
        expect(copied).toEqual(allOf("Finance").map((name) => [name, "Sales"]))
        const seen = yield* visited
        expect(seen.filter((site) => site === "Finance").length).toBe(size / 3)
        expect(seen.filter((site) => site === "Sales").length).toBe(size)
        yield* expectNoneOnWrongSite
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here))
    )
  }

  it.effect("an effect in withSite can wait for a fiber outside, and that fiber for another site", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const asked = yield* Deferred.make<void>()
        const answered = yield* Deferred.make<string>()
        const outer = yield* Effect.fork(
          Effect.gen(function* () {
            yield* Deferred.await(asked)
            yield* Deferred.succeed(answered, `${yield* siteOfList}, ${yield* withSite("Sales")(siteOfList)}`)
          })
        )
        const heard = yield* withSite("Finance")(
          Effect.gen(function* () {
            const before = yield* siteOfList
            yield* Deferred.succeed(asked, undefined)
            return [before, yield* Deferred.await(answered), yield* siteOfList]
          })
        )
        yield* Fiber.join(outer)
        return heard
      })
      expect(yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))).toEqual([
        "Finance",
        "Marketing, Sales",
        "Finance"
      ])
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("two fibers on two sites can wait for each other", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const left = yield* Deferred.make<string>()
        const right = yield* Deferred.make<string>()
        const side = (site: string, mine: Deferred.Deferred<string>, yours: Deferred.Deferred<string>) =>
          withSite(site)(
            Effect.gen(function* () {
              yield* Deferred.succeed(mine, yield* siteOfList)
              return [yield* Deferred.await(yours), yield* siteOfList]
            })
          )
        return yield* Effect.all([side("Finance", left, right), side("Sales", right, left)], {
          concurrency: "unbounded"
        })
      })
      expect(yield* Effect.provide(program, session(ana))).toEqual([
        ["Sales", "Finance"],
        ["Finance", "Sales"]
      ])
    }).pipe(Effect.provide(here))
  )

  it.effect("a switch waits for the headers of requests in flight, and not for their bodies", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      // The body never ends, and its reader does not hold the lock.
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.stall(20) })
      const program = Effect.gen(function* () {
        const stalled = yield* Effect.fork(siteOfList)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        expect(yield* withSite("Finance")(siteOfList)).toBe("Finance")
        yield* Fiber.interrupt(stalled)
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("a request for another site is sent although the current site always has requests", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const busy = yield* Effect.forkAll(Array.from({ length: 8 }, () => Effect.forever(siteOfList)))
        yield* simulator.awaitSeen("queryWorkbooksForSite", 20)
        const before = (yield* visited).length
        expect(yield* withSite("Finance")(siteOfList)).toBe("Finance")
        yield* Fiber.interrupt(busy)
        return before
      })
      const before = yield* Effect.provide(program, session(ana))
      // It waits twice: for the switch of withSite, then for its request. Each time the 8 can be before it and 64 can
      // overtake it; some were in flight when it arrived.
      expect((yield* visited).indexOf("Finance") - before).toBeLessThanOrEqual(2 * (8 + 64) + 16)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )
})

describe("a stream", () => {
  it.effect("a stream stays on the site where it began when the session switches", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 10 })
        yield* switchSite("Sales")
        expect(names(yield* Stream.runCollect(items))).toEqual(allOf("Marketing"))
        expect(yield* siteOfList).toBe("Sales")
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* visited).toEqual(["Marketing", "Marketing", "Marketing", "Sales"])
    }).pipe(Effect.provide(here))
  )

  it.effect("streams that began in withSite can be read outside, and in turns", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const finance = yield* withSite("Finance")(Workbooks.list({ pageSize: 10 }))
        const sales = yield* withSite("Sales")(Workbooks.list({ pageSize: 10 }))
        return yield* Stream.runCollect(Stream.zip(finance.items, sales.items))
      })
      const pairs = Array.from(yield* Effect.provide(program, session(ana)))
      expect(pairs.map(([{ name = "" }]) => name)).toEqual(allOf("Finance"))
      expect(pairs.map(([, { name = "" }]) => name)).toEqual(allOf("Sales"))
      yield* expectNoneOnWrongSite
    }).pipe(Effect.provide(here))
  )
})

describe("an interruption", () => {
  it.effect("an interruption of a request that waits for another site removes it from the queue", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hold(latch.await) })
      const program = Effect.gen(function* () {
        const holding = yield* Effect.fork(siteOfList)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        const waiting = yield* Effect.fork(withSite("Finance")(siteOfList))
        // Until the request waits for the lock.
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        expect(yield* simulator.count("switchSite")).toBe(0)
        expect(Exit.isInterrupted(yield* Fiber.interrupt(waiting))).toBe(true)
        yield* latch.open
        expect(yield* Fiber.join(holding)).toBe("")
        expect(yield* siteOfList).toBe("")
        expect(yield* simulator.count("switchSite")).toBe(0)
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  for (const when of ["before", "after"] as const) {
    it.effect(
      `an interruption of the request that caused a switch affects no other request, ${when} the server has switched`,
      () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await, { when }) })
          const program = Effect.gen(function* () {
            const leaving = yield* Effect.fork(withSite("Finance")(siteOfList))
            yield* simulator.awaitSeen("switchSite")
            // The request ends at once; the switch continues.
            expect(Exit.isInterrupted(yield* Fiber.interrupt(leaving))).toBe(true)
            const others = yield* Effect.fork(
              Effect.zip(siteOfList, withSite("Sales")(siteOfList), { concurrent: true })
            )
            yield* latch.open
            expect(yield* Fiber.join(others)).toEqual(["", "Sales"])
          })
          yield* Effect.provide(program, session(ana))
          yield* expectNoneOnWrongSite
          yield* expectSignedOutOnce
        }).pipe(Effect.provide(here))
    )
  }

  for (const seed of Array.from({ length: 12 }, (_, index) => index)) {
    it.effect(`interruptions at any time leave the session and its lock usable (seed ${seed})`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* shake
        const site = Random.choice(sites).pipe(Effect.orDie)
        /** Lists a site, sometimes from within another one, sometimes while the session switches. */
        const visit = Effect.gen(function* () {
          const wanted = yield* site
          const listed = withSite(wanted)(Effect.map(collect, (items) => expect(names(items)).toEqual(allOf(wanted))))
          switch (yield* Random.nextIntBetween(0, 4)) {
            case 0:
              return yield* Effect.asVoid(switchSite(yield* site))
            case 1:
              return yield* withSite(yield* site)(listed)
            case 2:
              return yield* Effect.asVoid(siteOfList)
            default:
              return yield* listed
          }
        })
        const program = Effect.gen(function* () {
          const outcomes = yield* Effect.forEach(
            Array.from({ length: 40 }),
            () =>
              Effect.gen(function* () {
                const fiber = yield* Effect.fork(visit)
                const seen = (yield* simulator.requests).length
                if (yield* Random.nextBoolean) {
                  // After the server has received a few more requests, or at once.
                  const more = yield* Random.nextIntBetween(0, 4)
                  yield* Effect.raceFirst(
                    Fiber.await(fiber),
                    Effect.repeat(
                      Effect.zipRight(
                        Effect.async<void>((resume) => {
                          setImmediate(() => resume(Effect.void))
                        }),
                        Effect.map(simulator.requests, ({ length }) => length >= seen + more)
                      ),
                      Schedule.recurUntil((enough: boolean) => enough)
                    )
                  )
                  yield* Fiber.interrupt(fiber)
                }
                const exit = yield* Fiber.await(fiber)
                return Exit.isFailure(exit) && !Exit.isInterrupted(exit) ? Either.left(exit.cause) : Either.right(exit)
              }),
            { concurrency: 10 }
          )
          expect(outcomes.filter(Either.isLeft)).toEqual([])
          expect(outcomes.some((outcome) => Either.isRight(outcome) && Exit.isInterrupted(outcome.right))).toBe(true)
          // No request waits for the lock, and every site can be entered.
          for (const wanted of sites) expect(names(yield* withSite(wanted)(collect))).toEqual(allOf(wanted))
          expect((yield* simulator.sessions).length).toBe(1)
        })
        yield* Effect.provide(program, session(ana))
        for (const { operation, status } of yield* simulator.requests) {
          // The server may check an interrupted request after its token was replaced, but never one on a wrong site.
          if (operation === "queryWorkbooksForSite") expect([200, 401, undefined]).toContain(status)
        }
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here), Effect.withRandom(Random.make(`seed ${seed}`)))
    )
  }
})
