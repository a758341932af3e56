import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import { expectSignedOutOnce, server } from "../../../../test/support/session.js"
import { prompt } from "../../../../test/support/stepping.js"
import { clientLayer, enter, type Given, list, received } from "./clients.js"

const isRunning = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

describe("clients with the same personal access token", () => {
  it.effect("nested layers share a session, and each uses its own HttpClient", () =>
    Effect.gen(function* () {
      const inner = Effect.provide(list, clientLayer("inner"))
      yield* Effect.provide(Effect.all([list, inner, list]), clientLayer("outer"))
      expect(yield* received).toEqual([
        "outer signIn 200",
        "outer queryWorkbooksForSite 200",
        "inner queryWorkbooksForSite 200",
        "outer queryWorkbooksForSite 200",
        "outer signOut 204"
      ])
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("layers side by side share a session", () =>
    Effect.gen(function* () {
      const both = Effect.all([Effect.provide(list, clientLayer("a")), Effect.provide(list, clientLayer("b"))], {
        concurrency: "unbounded"
      })
      // This client stays, so that the first one to end is not the last one.
      yield* Effect.provide(both, clientLayer("c"))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("layers on several sites share a session, which switches between the sites", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const site = Effect.flatMap(TableauSession, ({ current }) => Effect.map(current, ({ site }) => site.contentUrl))
      const inner = Effect.provide(Effect.zipRight(list, site), clientLayer("inner", { site: "Finance" }))
      const outer = Effect.provide(Effect.all([inner, site]), clientLayer("outer", { site: "MarketingTeam" }))
      expect(yield* outer).toEqual(["Finance", "MarketingTeam"])
      expect(yield* simulator.count("switchSite")).toBe(2)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("independent runtimes share a session, and the last one to end signs out", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const runtime = (name: string) =>
        ManagedRuntime.make(Layer.provide(clientLayer(name), Layer.succeed(Simulator, simulator)))
      const [a, b] = [runtime("a"), runtime("b")]
      yield* Effect.promise(() => a.runPromise(list))
      yield* Effect.promise(() => b.runPromise(list))
      yield* Effect.promise(() => a.dispose())
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* Effect.promise(() => b.runPromise(list))
      yield* Effect.promise(() => b.dispose())
      expect(yield* received).toEqual([
        "a signIn 200",
        "a queryWorkbooksForSite 200",
        "b queryWorkbooksForSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("another client renews and signs out the session after the client that opened it has ended", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enter("a")
      const b = yield* enter("b")
      yield* a.end
      yield* simulator.endSessions
      yield* b.run(list)
      yield* b.run(TableauSession.withSite("Finance")(list))
      yield* b.end
      expect(yield* received).toEqual([
        "a signIn 200",
        "b queryWorkbooksForSite 401",
        "b signIn 200",
        "b queryWorkbooksForSite 200",
        "b switchSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("the session stays open for other clients when one calls signOut", () =>
    Effect.gen(function* () {
      const a = yield* enter("a")
      const b = yield* enter("b")
      yield* a.run(TableauSession.signOut)
      expect(yield* Effect.flip(a.run(list))).toMatchObject({ _tag: "SessionClosed", operation: "Workbooks.list" })
      expect(yield* Effect.flip(a.run(TableauSession.switchSite("Finance")))).toMatchObject({ _tag: "SessionClosed" })
      yield* b.run(list)
      yield* a.end
      yield* b.run(list)
      yield* b.end
      yield* expectSignedOutOnce
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect(
    "a lazy client whose site cannot be entered for a while fails with SessionExpired, and enters it later",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* enter("a", { site: "Finance" })
        const b = yield* enter("b", { site: "MarketingTeam", lazy: true })
        yield* simulator.inject({ operation: "switchSite", fault: Fault.status(401, { code: "401004" }) })
        expect(yield* Effect.flip(b.run(list))).toMatchObject({
          _tag: "SessionExpired",
          operation: "TableauSession.switchSite",
          code: "401004"
        })
        yield* b.run(list)
      }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a client whose site cannot be entered fails with SignInFailed, and does not affect the others", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enter("a", { site: "Finance" })
      expect(yield* Effect.flip(enter("b", { site: "Nowhere" }))).toMatchObject({
        _tag: "SignInFailed",
        site: "Nowhere",
        server: simulator.url,
        code: "401003"
      })
      yield* a.run(list)
      yield* a.end
      expect(yield* received).toEqual([
        "a signIn 200",
        "b switchSite 401",
        "a queryWorkbooksForSite 200",
        "a signOut 204"
      ])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})

describe("a client that has ended", () => {
  for (const [what, operation, needs] of [
    ["renewal", "signIn", list],
    ["switch", "switchSite", TableauSession.withSite("Finance")(list)]
  ] as const) {
    it.effect(`a client that ends waits for the ${what} it began, and its HttpClient is not used after that`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const latch = yield* Effect.makeLatch()
        const a = yield* enter("a")
        const b = yield* enter("b")
        if (operation === "signIn") yield* simulator.endSessions
        yield* simulator.inject({ operation, fault: Fault.hold(latch.await, { when: "after" }) })
        const caller = yield* Effect.fork(a.run(needs))
        yield* simulator.awaitSeen(operation, operation === "signIn" ? 2 : 1)
        yield* Fiber.interrupt(caller)
        const ending = yield* Effect.fork(a.end)
        yield* io
        expect(yield* isRunning(ending)).toBe(true)
        yield* latch.open
        yield* Fiber.join(ending)
        const before = (yield* received).length
        yield* b.run(needs)
        yield* b.end
        expect((yield* received).slice(before)).toEqual(["b queryWorkbooksForSite 200", "b signOut 204"])
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(server()))
    )
  }

  it.effect("a request of an ended client stops waiting for a site, and the session does not switch for it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const a = yield* enter("a")
      const b = yield* enter("b")
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.hold(latch.await) })
      const here = yield* Effect.fork(b.run(list))
      yield* simulator.awaitSeen("queryWorkbooksForSite")
      const there = yield* Effect.forkDaemon(a.run(TableauSession.withSite("Finance")(list)))
      yield* io
      yield* a.end
      expect(yield* prompt("what waits", Effect.flip(Fiber.join(there)))).toMatchObject({ _tag: "SessionClosed" })
      yield* latch.open
      yield* Fiber.join(here)
      yield* b.run(list)
      yield* b.end
      expect(yield* simulator.count("switchSite")).toBe(0)
      yield* expectSignedOutOnce
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("another client takes over a retry of an ended client at once, with its own HttpClient", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enter("a", { retry: {} })
      const b = yield* enter("b")
      yield* simulator.endSessions
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(429) })
      yield* Effect.forkDaemon(a.run(Effect.exit(TableauSession.withSite("Finance")(list))))
      yield* simulator.awaitSeen("signIn", 2)
      const also = yield* Effect.fork(b.run(TableauSession.withSite("Finance")(list)))
      yield* io
      yield* a.end
      yield* Fiber.join(also)
      yield* b.end
      expect(yield* received).toEqual([
        "a signIn 200",
        "a switchSite 401",
        "a signIn 429",
        "b switchSite 401",
        "b signIn 200",
        "b switchSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})

describe("opening a shared session", () => {
  it.effect("opening a session signs in again after a refused sign-in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(401, { code: "401001" }) })
      expect(yield* Effect.flip(enter("a"))).toMatchObject({ _tag: "SignInFailed" })
      const b = yield* enter("b")
      yield* b.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  const wrong = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("wrong") })

  /** Several clients open a session concurrently. The sign-in of the first is held until the others wait for it. */
  const together = (given: ReadonlyArray<Given>) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
      const fibers = yield* Effect.forEach(given, (options, index) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.either(enter(`${index}`, options)))
          if (index === 0) yield* simulator.awaitSeen("signIn")
          return fiber
        })
      )
      yield* simulator.awaitSeen("serverInfo", given.length)
      yield* io
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* latch.open
      return yield* Effect.forEach(fibers, Fiber.join)
    })

  it.effect("clients that open a session concurrently share one sign-in", () =>
    Effect.gen(function* () {
      const opened = yield* together([{}, {}, {}])
      expect(opened.map(({ _tag }) => _tag)).toEqual(["Right", "Right", "Right"])
      yield* Effect.forEach(opened, (each) => Effect.flatMap(each, ({ end }) => end))
      yield* expectSignedOutOnce
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("clients that open a session concurrently share the error of its refused sign-in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const given = { credentials: wrong }
      const opened = yield* together([given, given, given])
      expect(opened).toMatchObject(Array(3).fill({ left: { _tag: "SignInFailed" } }))
      expect(yield* simulator.count("signIn")).toBe(1)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a client on another site does not fail because of the site of the first client", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const opened = yield* together([{ site: "Nowhere" }, { site: "nowhere" }, { site: "Finance" }])
      expect(opened).toMatchObject([
        { left: { _tag: "SignInFailed", site: "Nowhere" } },
        { left: { _tag: "SignInFailed" } },
        { _tag: "Right" }
      ])
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a client waits for the end of a session that is closing, can be interrupted, and then signs in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      const a = yield* enter("a")
      yield* simulator.inject({ operation: "signOut", fault: Fault.hold(latch.await) })
      const ending = yield* Effect.fork(a.end)
      yield* simulator.awaitSeen("signOut")
      const [left, stays] = [yield* Effect.fork(enter("left")), yield* Effect.fork(enter("stays"))]
      yield* simulator.awaitSeen("serverInfo", 3)
      yield* io
      expect(Exit.isInterrupted(yield* Fiber.interrupt(left))).toBe(true)
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* latch.open
      yield* Fiber.join(ending)
      yield* (yield* Fiber.join(stays)).end
      expect(yield* received).toEqual(["a signIn 200", "a signOut 204", "stays signIn 200", "stays signOut 204"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("opening a session continues when a waiting client is interrupted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await) })
      const opening = yield* Effect.fork(enter("a"))
      yield* simulator.awaitSeen("signIn")
      const waiting = yield* Effect.fork(enter("b"))
      yield* simulator.awaitSeen("serverInfo", 2)
      yield* io
      expect(Exit.isInterrupted(yield* Fiber.interrupt(waiting))).toBe(true)
      yield* latch.open
      yield* (yield* Fiber.join(opening)).end
      // The interrupted client does not count.
      yield* expectSignedOutOnce
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("opening a session is taken over when the first client is interrupted between two attempts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(429) })
      const opening = yield* Effect.fork(enter("a", { retry: {} }))
      yield* simulator.awaitSeen("signIn")
      const waiting = yield* Effect.fork(enter("b"))
      yield* simulator.awaitSeen("serverInfo", 2)
      yield* io
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(Exit.isInterrupted(yield* Fiber.interrupt(opening))).toBe(true)
      yield* (yield* Fiber.join(waiting)).end
      expect(yield* received).toEqual(["a signIn 429", "b signIn 200", "b signOut 204"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("opening a session is retried once for all waiting clients", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(429) })
      const opening = yield* Effect.fork(enter("a", { retry: {} }))
      yield* simulator.awaitSeen("signIn")
      const waiting = yield* Effect.fork(enter("b"))
      yield* simulator.awaitSeen("serverInfo", 2)
      yield* io
      yield* TestClock.adjust("1 seconds")
      const [a, b] = [yield* Fiber.join(opening), yield* Fiber.join(waiting)]
      yield* Effect.all([a.end, b.end])
      expect(yield* received).toEqual(["a signIn 429", "a signIn 200", "b signOut 204"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})
