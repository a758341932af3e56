import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { expectSignedOutOnce, operations, server, session } from "../../../../test/support/session.js"

const sites = ["", "Marketing", "Finance", "Sales"] as const
const size = 30

/** Each workbook tells by its name which site it is on. */
const content: Content.Content = {
  users: [
    { name: "ana", password: "secret", siteRole: "ServerAdministrator" },
    { name: "bob", password: "secret", sites: ["", "Marketing"] }
  ],
  sites: sites.map((contentUrl) => ({
    contentUrl,
    workbooks: Array.from({ length: size }, (_, index) => ({ name: `${contentUrl}/${index}` }))
  }))
}

const user = (username: string) => Credentials.password({ username, password: Redacted.make("secret") })
const ana = { credentials: user("ana") }
const bob = { credentials: user("bob") }
const here = server({ content })

const { withSite, switchSite } = TableauSession

const names = (items: Iterable<Workbooks.Workbook>) => Array.from(items, ({ name = "" }) => name)

const collect = Effect.flatMap(Workbooks.list({ pageSize: 10 }), ({ items }) => Stream.runCollect(items))

/** Which site one finds oneself on, by what is there. */
const whereIAm = Effect.map(
  Workbooks.list({ pageSize: 10 }).pipe(Effect.flatMap(({ items }) => Stream.runHead(items))),
  (found) => Option.match(found, { onNone: () => "nowhere", onSome: ({ name = "" }) => name.split("/")[0] ?? "" })
)

/** All workbooks of a site, and of no other. */
const whole = (site: string) => Array.from({ length: size }, (_, index) => `${site}/${index}`)

/** The sites that the workbooks were asked of, in order. */
const visited = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).flatMap(({ operation, site = "?" }) =>
    operation === "queryWorkbooksForSite" ? [site] : []
  )
})

/**
 * What the server saw: each request came with a token of the site in its path. A request on the wrong site would have
 * been refused with 403, one with the token of a site that was left, with 401.
 */
const expectNoneOnWrongSite = Effect.gen(function* () {
  const simulator = yield* Simulator
  const ids = new Map<string, string>()
  for (const { operation, path, site = "?", status } of yield* simulator.requests) {
    if (operation !== "queryWorkbooksForSite") continue
    expect([site, status]).toEqual([site, 200])
    const [, id = ""] = /\/sites\/([^/]+)/.exec(path) ?? []
    expect(ids.get(site) ?? id).toBe(id)
    ids.set(site, id)
  }
  expect(new Set(ids.values()).size).toBe(ids.size)
})

/** Answers come after some turns of the event loop, so that requests meet in every order. */
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

describe("switchSite", () => {
  it.effect("moves the session and all fibers that share it, without signing in again", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const current = yield* TableauSession
        const moved = yield* Deferred.make<void>()
        const other = yield* Effect.fork(Effect.zipRight(Deferred.await(moved), whereIAm))
        expect(yield* whereIAm).toBe("")
        yield* switchSite("Marketing")
        yield* Deferred.succeed(moved, undefined)
        expect(yield* Fiber.join(other)).toBe("Marketing")
        expect(names(yield* collect)).toEqual(whole("Marketing"))
        expect(yield* current.contentUrl).toBe("Marketing")
        expect((yield* current.current).site.contentUrl).toBe("Marketing")
        expect(yield* simulator.sessions).toMatchObject([{ user: "ana", site: "Marketing" }])
        yield* switchSite("")
        expect(yield* whereIAm).toBe("")
        expect(yield* simulator.sessions).toMatchObject([{ site: "" }])
      })
      yield* Effect.provide(program, session(ana))
      expect(yield* simulator.count("switchSite")).toBe(2)
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("to where one is, in any case, is no error and no request", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* switchSite("Marketing")
        yield* switchSite("marketing")
        yield* withSite("MARKETING")(switchSite("Marketing"))
        expect(yield* whereIAm).toBe("Marketing")
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* operations).toEqual(["serverInfo", "signIn", "queryWorkbooksForSite", "signOut"])
    }).pipe(Effect.provide(here))
  )

  for (const [what, site] of [
    ["that the user may not enter", "Finance"],
    ["that does not exist", "Nowhere"]
  ] as const) {
    it.effect(`to a site ${what} is SiteSwitchFailed, and the session stays where it was`, () =>
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
            expect(yield* whereIAm).toBe("Marketing")
            expect(yield* simulator.sessions).toMatchObject([{ user: "bob", site: "Marketing" }])
          }
          expect(yield* Ref.get(ran)).toBe(false)
          yield* switchSite("")
          expect(yield* whereIAm).toBe("")
        })
        yield* Effect.provide(program, session(bob))
        expect(yield* simulator.count("switchSite")).toBe(4)
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here))
    )
  }

  it.effect("to what is no content URL is refused before a request", () =>
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

  it.effect("on Cloud is SiteSwitchUnavailable, and the session goes on", () =>
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

  it.effect("that the server never answers fails in bounded time, and the sign-out is still sent", () =>
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

  it.effect("that the server answers after it is over leaves no session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await) })
      const fiber = yield* Effect.fork(Effect.provide(switchSite("Finance"), session(ana)))
      yield* simulator.awaitSeen("switchSite")
      const ending = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      // The old token may not be signed out while the server makes it a new one.
      expect(yield* simulator.count("signOut")).toBe(0)
      yield* latch.open
      yield* Fiber.join(ending)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )
})

describe("withSite", () => {
  it.effect("goes to a site and comes back", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const outer = yield* TableauSession
        expect(yield* whereIAm).toBe("Marketing")
        const inner = yield* withSite("Finance")(
          Effect.gen(function* () {
            const current = yield* TableauSession
            expect(yield* current.contentUrl).toBe("Finance")
            expect(names(yield* collect)).toEqual(whole("Finance"))
            return yield* withSite("")(Effect.zip(whereIAm, withSite("Sales")(whereIAm)))
          })
        )
        expect(inner).toEqual(["", "Sales"])
        expect(yield* outer.contentUrl).toBe("Marketing")
        expect(names(yield* collect)).toEqual(whole("Marketing"))
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* visited).toEqual([
        "Marketing",
        ...["Finance", "Finance", "Finance"],
        "",
        "Sales",
        ...["Marketing", "Marketing", "Marketing"]
      ])
      // One for each change of site, and none more.
      expect(yield* simulator.count("switchSite")).toBe(4)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("keeps what the effect fails with, and the session with it", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        expect(yield* Effect.exit(withSite("Finance")(Effect.fail("trouble")))).toEqual(Exit.fail("trouble"))
        expect(yield* Effect.exit(withSite("Finance")(Effect.die("defect")))).toEqual(Exit.die("defect"))
        expect(yield* whereIAm).toBe("")
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("is not moved by a switch outside, nor the outside by a switch in it", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const outer = yield* TableauSession
        yield* withSite("Finance")(
          Effect.gen(function* () {
            yield* outer.switchSite("Sales")
            expect(yield* whereIAm).toBe("Finance")
            yield* switchSite("Marketing")
            expect(yield* whereIAm).toBe("Marketing")
          })
        )
        expect(yield* whereIAm).toBe("Sales")
      })
      yield* Effect.provide(program, session(ana))
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("lets two fibers work on two sites at once, with many requests each", () =>
    Effect.gen(function* () {
      yield* shake
      const rounds = 12
      const work = (site: string) =>
        Effect.gen(function* () {
          for (let round = 0; round < rounds; round++) expect(names(yield* collect)).toEqual(whole(site))
        })
      const program = Effect.all([withSite("Finance")(work("Finance")), withSite("Sales")(work("Sales"))], {
        concurrency: "unbounded"
      })
      yield* Effect.provide(program, session(ana))
      yield* expectNoneOnWrongSite
      const seen = yield* visited
      for (const site of ["Finance", "Sales"]) expect(seen.filter((one) => one === site).length).toBe(3 * rounds)
      // They did work at the same time.
      expect(seen.slice(0, seen.length / 2)).toContain("Sales")
      expect(seen.slice(0, seen.length / 2)).toContain("Finance")
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("lets many fibers work on every site at once", () =>
    Effect.gen(function* () {
      yield* shake
      const program = Effect.forEach(
        Array.from({ length: 60 }, (_, index) => sites[index % sites.length] ?? ""),
        (site) => Effect.map(withSite(site)(collect), (items) => expect(names(items)).toEqual(whole(site))),
        { concurrency: "unbounded" }
      )
      yield* Effect.provide(program, session(ana))
      expect((yield* visited).length).toBe(60 * 3)
      yield* expectNoneOnWrongSite
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("lets requests of one site run together", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", times: 10, fault: Fault.hold(latch.await) })
      const program = Effect.all(
        Array.from({ length: 10 }, () => withSite("Finance")(whereIAm)),
        { concurrency: "unbounded" }
      )
      const fiber = yield* Effect.fork(Effect.provide(program, session(ana)))
      yield* simulator.awaitSeen("queryWorkbooksForSite", 10)
      yield* latch.open
      expect(new Set(yield* Fiber.join(fiber))).toEqual(new Set(["Finance"]))
    }).pipe(Effect.provide(here))
  )

  for (const concurrency of [1, 8] as const) {
    it.effect(`copies from one site to another, ${concurrency} at a time`, () =>
      Effect.gen(function* () {
        yield* shake
        const program = Effect.gen(function* () {
          // The stream's pages are asked for on Finance, what is done with each item is done on Sales.
          const { items } = yield* withSite("Finance")(Workbooks.list({ pageSize: 3 }))
          return yield* withSite("Sales")(
            items.pipe(
              Stream.mapEffect(({ name = "" }) => Effect.map(whereIAm, (site) => [name, site] as const), {
                concurrency
              }),
              Stream.runCollect
            )
          )
        })
        const copied = Array.from(yield* Effect.provide(program, session(ana)))
        expect(copied).toEqual(whole("Finance").map((name) => [name, "Sales"]))
        const seen = yield* visited
        expect(seen.filter((site) => site === "Finance").length).toBe(size / 3)
        expect(seen.filter((site) => site === "Sales").length).toBe(size)
        yield* expectNoneOnWrongSite
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here))
    )
  }

  it.effect("lets an inner effect wait for an outer fiber, and that for another site", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const asked = yield* Deferred.make<void>()
        const answered = yield* Deferred.make<string>()
        const outer = yield* Effect.fork(
          Effect.gen(function* () {
            yield* Deferred.await(asked)
            yield* Deferred.succeed(answered, `${yield* whereIAm}, ${yield* withSite("Sales")(whereIAm)}`)
          })
        )
        const heard = yield* withSite("Finance")(
          Effect.gen(function* () {
            const before = yield* whereIAm
            yield* Deferred.succeed(asked, undefined)
            return [before, yield* Deferred.await(answered), yield* whereIAm]
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

  it.effect("lets two fibers on two sites wait for each other", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const left = yield* Deferred.make<string>()
        const right = yield* Deferred.make<string>()
        const side = (site: string, mine: Deferred.Deferred<string>, yours: Deferred.Deferred<string>) =>
          withSite(site)(
            Effect.gen(function* () {
              yield* Deferred.succeed(mine, yield* whereIAm)
              return [yield* Deferred.await(yours), yield* whereIAm]
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

  it.effect("waits until the requests of the other site have their headers, not longer", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      // The body never ends: its reader holds nobody up.
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.stall(20) })
      const program = Effect.gen(function* () {
        const stalled = yield* Effect.fork(whereIAm)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        expect(yield* withSite("Finance")(whereIAm)).toBe("Finance")
        yield* Fiber.interrupt(stalled)
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  it.effect("does not wait for ever for a site that is never left alone", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const busy = yield* Effect.forkAll(Array.from({ length: 8 }, () => Effect.forever(whereIAm)))
        yield* simulator.awaitSeen("queryWorkbooksForSite", 20)
        const before = (yield* visited).length
        expect(yield* withSite("Finance")(whereIAm)).toBe("Finance")
        yield* Fiber.interrupt(busy)
        return before
      })
      const before = yield* Effect.provide(program, session(ana))
      // It waits twice, to see whether the site may be entered and then with its request. Each time the 8 may be before
      // it, and 64 may overtake it; some were on their way when it came.
      expect((yield* visited).indexOf("Finance") - before).toBeLessThanOrEqual(2 * (8 + 64) + 16)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )
})

describe("a stream", () => {
  it.effect("stays on the site where it began, wherever the session goes", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 10 })
        yield* switchSite("Sales")
        expect(names(yield* Stream.runCollect(items))).toEqual(whole("Marketing"))
        expect(yield* whereIAm).toBe("Sales")
      })
      yield* Effect.provide(program, session({ ...ana, site: "Marketing" }))
      expect(yield* visited).toEqual(["Marketing", "Marketing", "Marketing", "Sales"])
    }).pipe(Effect.provide(here))
  )

  it.effect("that began in withSite can be read outside, and two can be read in turns", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const finance = yield* withSite("Finance")(Workbooks.list({ pageSize: 10 }))
        const sales = yield* withSite("Sales")(Workbooks.list({ pageSize: 10 }))
        return yield* Stream.runCollect(Stream.zip(finance.items, sales.items))
      })
      const pairs = Array.from(yield* Effect.provide(program, session(ana)))
      expect(pairs.map(([{ name = "" }]) => name)).toEqual(whole("Finance"))
      expect(pairs.map(([, { name = "" }]) => name)).toEqual(whole("Sales"))
      yield* expectNoneOnWrongSite
    }).pipe(Effect.provide(here))
  )
})

describe("an interrupt", () => {
  it.effect("of one who waits for another site takes him out of the queue", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hold(latch.await) })
      const program = Effect.gen(function* () {
        const holding = yield* Effect.fork(whereIAm)
        yield* simulator.awaitSeen("queryWorkbooksForSite")
        const waiting = yield* Effect.fork(withSite("Finance")(whereIAm))
        // Until it stands at the gate.
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        expect(yield* simulator.count("switchSite")).toBe(0)
        expect(Exit.isInterrupted(yield* Fiber.interrupt(waiting))).toBe(true)
        yield* latch.open
        expect(yield* Fiber.join(holding)).toBe("")
        expect(yield* whereIAm).toBe("")
        expect(yield* simulator.count("switchSite")).toBe(0)
      })
      yield* Effect.provide(program, session(ana))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(here))
  )

  for (const when of ["before", "after"] as const) {
    it.effect(`of one for whom the session is switching harms nobody, ${when} the server has switched`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const latch = yield* Effect.makeLatch()
        yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await, { when }) })
        const program = Effect.gen(function* () {
          const leaving = yield* Effect.fork(withSite("Finance")(whereIAm))
          yield* simulator.awaitSeen("switchSite")
          // He goes at once; the switch goes on.
          expect(Exit.isInterrupted(yield* Fiber.interrupt(leaving))).toBe(true)
          const others = yield* Effect.fork(Effect.zip(whereIAm, withSite("Sales")(whereIAm), { concurrent: true }))
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
    it.effect(`at any moment leaves the session whole and the gate open (seed ${seed})`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* shake
        const site = Random.choice(sites).pipe(Effect.orDie)
        /** Lists a site, now and then from within another, now and then while the session moves. */
        const visit = Effect.gen(function* () {
          const wanted = yield* site
          const listed = withSite(wanted)(Effect.map(collect, (items) => expect(names(items)).toEqual(whole(wanted))))
          switch (yield* Random.nextIntBetween(0, 4)) {
            case 0:
              return yield* Effect.asVoid(switchSite(yield* site))
            case 1:
              return yield* withSite(yield* site)(listed)
            case 2:
              return yield* Effect.asVoid(whereIAm)
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
                  // In the midst of things: when the server has got some more requests, or at once.
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
          // Nobody is left at the gate, and every site can still be gone to.
          for (const wanted of sites) expect(names(yield* withSite(wanted)(collect))).toEqual(whole(wanted))
          expect((yield* simulator.sessions).length).toBe(1)
        })
        yield* Effect.provide(program, session(ana))
        for (const { operation, status } of yield* simulator.requests) {
          // A request that was given up may be looked at when its token is no more; it is never one on a wrong site.
          if (operation === "queryWorkbooksForSite") expect([200, 401, undefined]).toContain(status)
        }
        yield* expectSignedOutOnce
      }).pipe(Effect.provide(here), Effect.withRandom(Random.make(`seed ${seed}`)))
    )
  }
})
