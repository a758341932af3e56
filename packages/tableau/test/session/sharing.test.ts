import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { pipe } from "effect/Function"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../../../../test/support/io.js"
import { admin, demoToken, expectSignedOutOnce, server, session, viewer } from "../../../../test/support/session.js"
import { prompt } from "../../../../test/support/stepping.js"

type Given = Partial<TableauSession.Options>

const list = Workbooks.list({ pageSize: 1 })

/** Puts a name on each request, so that the server sees by whose client it came. */
const named = (name: string): Given => ({
  transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-holder", name))
})

const holder = (name: string, given: Given = {}, client = NodeHttpClient.layerUndici) =>
  Layer.provide(session({ ...named(name), ...given }), Layer.fresh(client))

/** Somebody with a session and a client of their own, which is destroyed when they end. */
const enter = (name: string, given: Given = {}, client = NodeHttpClient.layerUndici) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope, { _tag: "Sequential" })
    const context = yield* Layer.buildWithScope(holder(name, given, client), scope)
    return {
      run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context),
      end: Scope.close(scope, Exit.void)
    }
  })

/** Who asked what. */
const asked = Effect.map(
  Effect.flatMap(Simulator, ({ requests }) => requests),
  (requests) =>
    requests
      .filter(({ operation }) => operation !== "serverInfo")
      .map(({ headers, operation, status }) => `${headers["x-holder"]} ${operation} ${status}`)
)

const isRunning = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

describe("a personal access token has one session in the process", () => {
  it.effect("for layers that lie in each other, and each asks by its own client", () =>
    Effect.gen(function* () {
      const inner = Effect.provide(list, holder("inner"))
      yield* Effect.provide(Effect.all([list, inner, list]), holder("outer"))
      expect(yield* asked).toEqual([
        "outer signIn 200",
        "outer queryWorkbooksForSite 200",
        "inner queryWorkbooksForSite 200",
        "outer queryWorkbooksForSite 200",
        "outer signOut 204"
      ])
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("for layers side by side", () =>
    Effect.gen(function* () {
      const both = Effect.all([Effect.provide(list, holder("a")), Effect.provide(list, holder("b"))], {
        concurrency: "unbounded"
      })
      // Somebody who stays, so that the first to end is not the last.
      yield* Effect.provide(both, holder("c"))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("for layers on several sites, which it visits", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const site = Effect.flatMap(TableauSession, ({ current }) => Effect.map(current, ({ site }) => site.contentUrl))
      const inner = Effect.provide(Effect.zipRight(list, site), holder("inner", { site: "Finance" }))
      const outer = Effect.provide(Effect.all([inner, site]), holder("outer", { site: "MarketingTeam" }))
      expect(yield* outer).toEqual(["Finance", "MarketingTeam"])
      expect(yield* simulator.count("switchSite")).toBe(2)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.effect("for runtimes that know nothing of each other, and the last to end signs out", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const runtime = (name: string) =>
        ManagedRuntime.make(Layer.provide(holder(name), Layer.succeed(Simulator, simulator)))
      const [a, b] = [runtime("a"), runtime("b")]
      yield* Effect.promise(() => a.runPromise(list))
      yield* Effect.promise(() => b.runPromise(list))
      yield* Effect.promise(() => a.dispose())
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* Effect.promise(() => b.runPromise(list))
      yield* Effect.promise(() => b.dispose())
      expect(yield* asked).toEqual([
        "a signIn 200",
        "a queryWorkbooksForSite 200",
        "b queryWorkbooksForSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.scoped("which another holder renews and signs out when the one who opened it has ended", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const a = yield* enter("a")
      const b = yield* enter("b")
      yield* a.end
      yield* simulator.endSessions
      yield* b.run(list)
      yield* b.run(TableauSession.withSite("Finance")(list))
      yield* b.end
      expect(yield* asked).toEqual([
        "a signIn 200",
        "b queryWorkbooksForSite 401",
        "b signIn 200",
        "b queryWorkbooksForSite 200",
        "b switchSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("which goes on for others when one signs out explicitly", () =>
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
    }).pipe(Effect.provide(server()))
  )

  it.scoped("which one may join only for a site that one may enter, and others are left alone", () =>
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
      expect(yield* asked).toEqual(["a signIn 200", "b switchSite 401", "a queryWorkbooksForSite 200", "a signOut 204"])
    }).pipe(Effect.provide(server()))
  )
})

describe("who has ended", () => {
  for (const [what, operation, needs] of [
    ["renewal", "signIn", list],
    ["switch", "switchSite", TableauSession.withSite("Finance")(list)]
  ] as const) {
    it.scoped(`stays until the ${what} that they began is done, and their client is not used after that`, () =>
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
        const before = (yield* asked).length
        yield* b.run(needs)
        yield* b.end
        expect((yield* asked).slice(before)).toEqual(["b queryWorkbooksForSite 200", "b signOut 204"])
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("waits no longer for a site, and the session does not go there by their client", () =>
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
    }).pipe(Effect.provide(server()))
  )

  it.scoped("leaves to others what was to be tried again: they do it by their own clients, and no time passes", () =>
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
      expect(yield* asked).toEqual([
        "a signIn 200",
        "a switchSite 401",
        "a signIn 429",
        "b switchSite 401",
        "b signIn 200",
        "b switchSite 200",
        "b queryWorkbooksForSite 200",
        "b signOut 204"
      ])
    }).pipe(Effect.provide(server()))
  )
})

describe("opening", () => {
  it.scoped("tries anew after it was refused", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(401, { code: "401001" }) })
      expect(yield* Effect.flip(enter("a"))).toMatchObject({ _tag: "SignInFailed" })
      const b = yield* enter("b")
      yield* b.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  const wrong = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("wrong") })

  /** Several open at the same time; the sign-in of the first is held until the others wait for it. */
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

  it.scoped("at the same time shares one sign-in", () =>
    Effect.gen(function* () {
      const opened = yield* together([{}, {}, {}])
      expect(opened.map(({ _tag }) => _tag)).toEqual(["Right", "Right", "Right"])
      yield* Effect.forEach(opened, (each) => Effect.flatMap(each, ({ end }) => end))
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.scoped("at the same time shares its refusal", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const given = { credentials: wrong }
      const opened = yield* together([given, given, given])
      expect(opened).toMatchObject(Array(3).fill({ left: { _tag: "SignInFailed" } }))
      expect(yield* simulator.count("signIn")).toBe(1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("at the same time on another site is not refused because of the site of the first", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const opened = yield* together([{ site: "Nowhere" }, { site: "nowhere" }, { site: "Finance" }])
      expect(opened).toMatchObject([
        { left: { _tag: "SignInFailed", site: "Nowhere" } },
        { left: { _tag: "SignInFailed" } },
        { _tag: "Right" }
      ])
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("waits for a session that is being closed, can be interrupted in that, and signs in after it", () =>
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
      expect(yield* asked).toEqual(["a signIn 200", "a signOut 204", "stays signIn 200", "stays signOut 204"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("goes on when one who waits for it is interrupted", () =>
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
      // The one who was interrupted is not waited for.
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(server()))
  )

  it.scoped("is taken over when the one who does it is interrupted while waiting to try again", () =>
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
      expect(yield* asked).toEqual(["a signIn 429", "b signIn 200", "b signOut 204"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("tries again in its time, for all who wait for it", () =>
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
      expect(yield* asked).toEqual(["a signIn 429", "a signIn 200", "b signOut 204"])
    }).pipe(Effect.provide(server()))
  )
})

describe("a session is not shared", () => {
  it.scoped("with who has the name of the token and not its value", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* enter("a")
      const wrong = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("wrong") })
      expect(yield* Effect.flip(enter("b", { credentials: wrong }))).toMatchObject({ _tag: "SignInFailed" })
      expect(yield* simulator.count("signIn")).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("by tokens with other names, although they have the same value", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const token = (name: string) => ({
        credentials: Credentials.personalAccessToken({ name, value: Redacted.make("same") })
      })
      yield* enter("a", token("one"))
      yield* enter("b", token("other"))
      expect(yield* simulator.sessions).toMatchObject([{ user: "ana" }, { user: "bob" }])
    }).pipe(
      Effect.provide(
        server({
          content: {
            users: [{ name: "ana" }, { name: "bob" }],
            sites: [{ contentUrl: "" }],
            personalAccessTokens: [
              { name: "one", secret: "same", user: "ana" },
              { name: "other", secret: "same", user: "bob" }
            ]
          }
        })
      )
    )
  )

  it.scoped("by another server", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const other = yield* Simulator.make()
      yield* enter("a")
      yield* enter("b", { server: other.url })
      expect([yield* simulator.count("signIn"), yield* other.count("signIn")]).toEqual([1, 1])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("by another user, as whom the token signs in", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const other = yield* enter("viewer", { credentials: viewer })
      const { user } = yield* other.run(Effect.flatMap(TableauSession, ({ current }) => current))
      yield* enter("a")
      yield* enter("b", { credentials: pipe(demoToken, Credentials.impersonating(user.id)) })
      expect(yield* simulator.count("signIn")).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("by layers with a password", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const [a, b] = [yield* enter("a", { credentials: admin }), yield* enter("b", { credentials: admin })]
      expect(yield* simulator.sessions).toHaveLength(2)
      yield* a.end
      yield* b.run(list)
      expect(yield* simulator.sessions).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("by layers with a JWT", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* TestClock.setTime(Date.UTC(2030, 1, 1))
      const credentials = Credentials.connectedApp({
        clientId: "demo-client",
        secretId: "demo-key",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "viewer",
        scopes: ["tableau:content:read"]
      })
      yield* enter("a", { credentials })
      yield* enter("b", { credentials })
      expect(yield* simulator.sessions).toHaveLength(2)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("by two sites of Tableau Cloud, where it cannot switch", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { certificate: ca = "" } = simulator
      const trusting = Layer.provide(
        NodeHttpClient.layerUndiciWithoutDispatcher,
        Layer.scoped(
          NodeHttpClient.Dispatcher,
          Effect.acquireRelease(
            Effect.sync(() => new Undici.Agent({ connect: { ca } })),
            (agent) => Effect.promise(() => agent.destroy())
          )
        )
      )
      for (const site of ["Finance", "MarketingTeam", "finance"]) {
        yield* enter(site, { site, deployment: "Cloud" }, trusting)
      }
      expect(yield* asked).toEqual(["Finance signIn 200", "MarketingTeam signIn 200"])
    }).pipe(Effect.provide(server({ tls: true, cloud: true })))
  )
})
