/** The protocol over a store in memory, by the clock of the test. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Ids, type SessionStore, TableauError } from "effect-tableau"
import { StoreFailure } from "../src/internal/backend.js"
import * as Box from "../src/internal/box.js"
import * as Protocol from "../src/internal/protocol.js"
import * as Memory from "./memoryBackend.js"

const identity: SessionStore.Identity = {
  origin: "https://tableau.example.com",
  name: "nightly",
  secret: Redacted.make("the-secret"),
  site: "Sales",
  impersonate: undefined
}

const settings: Protocol.Settings = {
  lease: 1000,
  heartbeat: 1000,
  poll: 100,
  evictionWindow: 60_000,
  onStoreFailure: "wait",
  signOut: "lastMember"
}

/** A server that gives one session to the token: the newest. */
const makeServer = () => {
  const server = {
    signIns: 0,
    signedOut: new Set<string>(),
    live: undefined as string | undefined,
    signIn: Effect.sync((): SessionStore.Session => {
      server.signIns += 1
      const token = `token-${server.signIns}`
      server.live = token
      return {
        token: Redacted.make(token),
        site: { id: Ids.SiteId.make("site"), contentUrl: "Sales" },
        user: { id: Ids.UserId.make("user") },
        renewIn: undefined
      }
    }),
    signOut: ({ token }: SessionStore.Session) =>
      Effect.sync(() => {
        server.signedOut.add(Redacted.value(token))
        if (server.live === Redacted.value(token)) server.live = undefined
      })
  }
  return server
}

const setUp = (given: Partial<Protocol.Settings> = {}) => {
  const memory = Memory.make(3000)
  const server = makeServer()
  const member = (name: string, more: Partial<Protocol.Settings> = {}, site = identity.site) =>
    Protocol.join(memory.backend(name), Box.make(identity), { ...settings, ...given, ...more }, site)
  return { memory, server, member }
}

const need = (
  failed: number | undefined = undefined,
  reason: SessionStore.Reason = failed === undefined ? "none" : "expired"
): SessionStore.Need => ({
  operation: "test",
  reason,
  failed,
  deadline: Duration.seconds(3),
  onWait: () => Effect.void
})

/** Runs while the clock moves on, in small steps. */
const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.poll(fiber))._tag === "None") {
      yield* TestClock.adjust(100)
      yield* Effect.yieldNow()
    }
    return yield* Fiber.join(fiber)
  })

const tokenOf = ({ token }: SessionStore.Session) => Redacted.value(token)

describe("members of one session", () => {
  it.scoped("several at once, one signs in and the others wait for its session", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const members = yield* Effect.forEach(["a", "b", "c"], (name) => member(name))
      const slow = Effect.delay(server.signIn, 400)
      const sessions = yield* run(
        Effect.forEach(members, ({ acquire }) => acquire(need(), slow, server.signOut), { concurrency: "unbounded" })
      )
      expect(sessions.map(tokenOf)).toEqual(["token-1", "token-1", "token-1"])
      expect(server.signIns).toBe(1)
    })
  )

  it.scoped("an older generation, the session of the store without asking the server", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      const first = yield* a.acquire(need(), server.signIn, server.signOut)
      yield* b.acquire(need(), server.signIn, server.signOut)
      const second = yield* a.acquire(need(first.generation), server.signIn, server.signOut)
      expect(second.generation).toBeGreaterThan(first.generation)
      const adopted = yield* b.acquire(need(first.generation), Effect.die("asks the server"), server.signOut)
      expect(tokenOf(adopted)).toBe("token-2")
    })
  )

  it.scoped("a sign-in longer than the lease, the lease is extended", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      const sessions = yield* run(
        Effect.all(
          [
            a.acquire(need(), Effect.delay(server.signIn, 2600), server.signOut),
            Effect.delay(b.acquire(need(), server.signIn, server.signOut), 100)
          ],
          { concurrency: "unbounded" }
        )
      )
      expect(sessions.map(tokenOf)).toEqual(["token-1", "token-1"])
      expect(memory.log.filter((line) => line === "a extend").length).toBeGreaterThan(5)
    })
  )

  it.scoped("a holder that cannot extend its lease, its session is refused and signed out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const hung = memory.backend("a")
      // Its commands do not arrive while it holds the lease.
      const cut = yield* Protocol.join(
        { ...hung, run: (command) => (command.op === "extend" ? Effect.never : hung.run(command)) },
        Box.make(identity),
        settings,
        identity.site
      )
      const b = yield* member("b")
      const [mine, other] = yield* run(
        Effect.all(
          [
            cut.acquire(need(), Effect.delay(server.signIn, 2500), server.signOut),
            Effect.delay(b.acquire(need(), server.signIn, server.signOut), 100)
          ],
          { concurrency: "unbounded" }
        )
      )
      expect(tokenOf(other)).toBe("token-1")
      expect(tokenOf(mine)).toBe("token-1")
      expect([...server.signedOut]).toEqual(["token-2"])
      // That is no eviction.
      const again = yield* b.acquire(need(other.generation), server.signIn, server.signOut)
      expect(tokenOf(again)).toBe("token-3")
    })
  )

  it.scoped("a holder that stops between its lease and its sign-in, it does not sign in", () =>
    Effect.gen(function* () {
      const { memory, server } = setUp()
      const backend = memory.backend("a")
      let stops = true
      const a = yield* Protocol.join(
        {
          ...backend,
          run: (command) =>
            command.op === "take" && stops
              ? Effect.tap(backend.run(command), () => {
                  stops = false
                  return Effect.sleep(900)
                })
              : backend.run(command)
        },
        Box.make(identity),
        settings,
        identity.site
      )
      yield* run(a.acquire(need(), server.signIn, server.signOut))
      expect(memory.log.filter((line) => line === "a take")).toHaveLength(2)
      expect(server.signIns).toBe(1)
    })
  )

  it.scoped("the holder crashed, another member signs in after the lease", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      yield* memory.backend("crashed").run({ op: "take", lease: 1000 })
      const b = yield* member("b")
      const stored = yield* run(b.acquire(need(), server.signIn, server.signOut))
      expect(tokenOf(stored)).toBe("token-1")
      expect(yield* TestClock.currentTimeMillis).toBeGreaterThanOrEqual(1000)
    })
  )

  it.scoped("three sessions in a row end for no known reason, SessionEvicted, also for other members", () =>
    Effect.gen(function* () {
      const { member, server } = setUp({ heartbeat: 1_000_000 })
      const a = yield* member("a")
      const b = yield* member("b")
      let { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      for (const who of [a, b])
        generation = (yield* who.acquire(need(generation), server.signIn, server.signOut)).generation
      for (const who of [b, a]) {
        const error = yield* Effect.flip(who.acquire(need(generation), server.signIn, server.signOut))
        expect(error._tag).toBe("SessionEvicted")
      }
      expect(server.signIns).toBe(3)
      yield* TestClock.adjust("1 minute")
      yield* a.acquire(need(generation), server.signIn, server.signOut)
    })
  )

  it.scoped("three holders of the lease crash within a minute, and each ends the session, no SessionEvicted", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      let { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      for (const name of ["first", "second", "third"]) {
        const crashed = memory.backend(name)
        yield* crashed.run({ op: "take", lease: 1000 })
        yield* server.signIn
        generation = (yield* run(a.acquire(need(generation), server.signIn, server.signOut))).generation
      }
      expect(yield* TestClock.currentTimeMillis).toBeLessThan(60_000)
      expect(server.signIns).toBe(7)
    })
  )

  it.scoped(
    "a holder of the lease crashed, it explains two ends of a session, and those after them are evictions",
    () =>
      Effect.gen(function* () {
        const { member, memory, server } = setUp()
        const a = yield* member("a")
        let { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
        yield* memory.backend("crashed").run({ op: "take", lease: 1000 })
        // Its sign-in before it crashed, and a late one if it was only stopped. Then two of another program.
        for (let n = 0; n < 4; n++) {
          generation = (yield* run(a.acquire(need(generation), server.signIn, server.signOut))).generation
        }
        const error = yield* Effect.flip(a.acquire(need(generation), server.signIn, server.signOut))
        expect(error._tag).toBe("SessionEvicted")
        expect(server.signIns).toBe(5)
      })
  )

  it.scoped("sessions that requests of members have ended, no SessionEvicted", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      let { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      for (let n = 0; n < 6; n++) {
        generation = (yield* a.acquire(need(generation, "ended"), server.signIn, server.signOut)).generation
      }
      expect(server.signIns).toBe(7)
    })
  )

  it.scoped("members leave, the last one signs out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      yield* a.acquire(need(), server.signIn, server.signOut)
      yield* b.acquire(need(), server.signIn, server.signOut)
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual([])
      yield* b.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
      expect(memory.record()).toBeUndefined()
    })
  )

  it.scoped("a member that crashed, the last of the others signs out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      yield* memory.backend("crashed").run({ op: "beat" })
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      yield* TestClock.adjust(3500)
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("a member joins while the last one signs out, it waits and gets a session of its own", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const begun = yield* Deferred.make<void>()
      const latch = yield* Deferred.make<void>()
      const leaving = yield* Effect.fork(
        a.leave((session) =>
          Effect.all([Deferred.succeed(begun, undefined), Deferred.await(latch), server.signOut(session)], {
            discard: true
          })
        )
      )
      yield* Deferred.await(begun)
      const joining = yield* Effect.fork(b.acquire(need(), server.signIn, server.signOut))
      yield* TestClock.adjust(200)
      expect(server.signIns).toBe(1)
      yield* Deferred.succeed(latch, undefined)
      yield* leaving
      expect(tokenOf(yield* run(Fiber.join(joining)))).toBe("token-2")
    })
  )

  it.scoped("signOut never, the session stays for the next member", () =>
    Effect.gen(function* () {
      const { member, server } = setUp({ signOut: "never" })
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      yield* a.leave(server.signOut)
      const b = yield* member("b")
      expect(tokenOf(yield* b.acquire(need(), Effect.die("signs in"), server.signOut))).toBe("token-1")
      expect([...server.signedOut]).toEqual([])
    })
  )

  it.scoped("the store lost its data, a heartbeat gives the session back", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      memory.flush()
      yield* TestClock.adjust(1100)
      expect(memory.record()?.generation).toBe(generation)
      const b = yield* member("b")
      expect(tokenOf(yield* b.acquire(need(), Effect.die("signs in"), server.signOut))).toBe("token-1")
    })
  )

  it.scoped("the response to a write is lost, the session is that of the store and the last member signs out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const backend = memory.backend("a")
      const a = yield* Protocol.join(
        {
          ...backend,
          run: (command) =>
            command.op === "write"
              ? Effect.andThen(backend.run(command), new StoreFailure({ detail: "lost" }))
              : backend.run(command)
        },
        Box.make(identity),
        settings,
        identity.site
      )
      const b = yield* member("b")
      yield* run(a.acquire(need(), server.signIn, server.signOut))
      yield* b.acquire(need(), Effect.die("signs in"), server.signOut)
      const { fence, settled } = yield* backend.run({ op: "read" })
      expect([fence, settled]).toEqual([1, 1])
      yield* TestClock.adjust(1100)
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual([])
      yield* b.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("an early renewal fails, the session that the store never got is signed out at the end", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      memory.down = true
      const a = yield* member("a")
      const { generation } = yield* run(a.acquire(need(), server.signIn, server.signOut))
      const failure = new TableauError.TimedOut({ operation: "test", acted: "no", after: 1 })
      yield* Effect.flip(run(a.acquire(need(generation, "aboutToExpire"), failure, server.signOut)))
      yield* run(a.leave(server.signOut))
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("taking a lease takes most of it, SessionStoreUnavailable at the deadline without a sign-in", () =>
    Effect.gen(function* () {
      const { memory, server } = setUp()
      const backend = memory.backend("a")
      const slow = yield* Protocol.join(
        { ...backend, run: (command) => Effect.delay(backend.run(command), command.op === "take" ? 600 : 0) },
        Box.make(identity),
        settings,
        identity.site
      )
      const error = yield* Effect.flip(run(slow.acquire(need(), server.signIn, server.signOut)))
      expect(error._tag).toBe("SessionStoreUnavailable")
      expect(yield* TestClock.currentTimeMillis).toBeLessThan(5000)
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("the store lost its data and the last member leaves, its session is signed out", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      memory.flush()
      yield* run(a.leave(server.signOut))
      expect([...server.signedOut]).toEqual(["token-1"])
      expect(memory.record()).toBeUndefined()
    })
  )

  it.scoped("the store fails until the deadline, SessionStoreUnavailable without a sign-in", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      memory.down = true
      const a = yield* member("a")
      const error = yield* Effect.flip(run(a.acquire(need(), server.signIn, server.signOut)))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable", detail: "down", acted: "no" })
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("another member has the lease until the deadline, SessionStoreBusy", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      yield* memory.backend("other").run({ op: "take", lease: 60_000 })
      const a = yield* member("a")
      const error = yield* Effect.flip(run(a.acquire(need(), server.signIn, server.signOut)))
      expect(error._tag).toBe("SessionStoreBusy")
      expect(server.signIns).toBe(0)
    })
  )

  it.scoped("the policy alone, a session without the store, which gets it later", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      memory.down = true
      const a = yield* member("a")
      const { generation } = yield* run(a.acquire(need(), server.signIn, server.signOut))
      expect(generation).toBeLessThan(0)
      memory.down = false
      yield* TestClock.adjust(1100)
      const b = yield* member("b")
      expect(tokenOf(yield* b.acquire(need(), Effect.die("signs in"), server.signOut))).toBe("token-1")
      yield* a.leave(server.signOut)
      expect([...server.signedOut]).toEqual([])
      yield* b.leave(server.signOut)
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("the policy alone and one command that fails, the session of the store", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const backend = memory.backend("b")
      let hasFailed = false
      const b = yield* Protocol.join(
        {
          ...backend,
          run: (command) => {
            if (hasFailed) return backend.run(command)
            hasFailed = true
            return new StoreFailure({ detail: "Connection is closed." })
          }
        },
        Box.make(identity),
        { ...settings, onStoreFailure: "alone" },
        identity.site
      )
      const stored = yield* run(b.acquire(need(), Effect.die("signs in"), server.signOut))
      expect(tokenOf(stored)).toBe("token-1")
    })
  )

  it.scoped("another site, SessionPinned while there are other members", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b", {}, "Finance")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const error = yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))
      expect(error).toMatchObject({ _tag: "SessionPinned", site: "Finance", pinnedTo: "Sales" })
    })
  )

  it.scoped("refused credentials, the others are refused without a sign-in", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      const refused = new TableauError.SignInFailed({
        operation: "test",
        acted: "no",
        code: "401001",
        server: identity.origin,
        site: "Sales",
        credentialType: "PersonalAccessToken"
      })
      yield* Effect.flip(a.acquire(need(), refused, server.signOut))
      const error = yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))
      expect(error).toEqual(refused)
      expect(server.signIns).toBe(0)
    })
  )

  for (const [what, failure, forgotten] of [
    [
      "429 with Retry-After",
      new TableauError.RateLimited({ operation: "test", acted: "no", retryAfter: Duration.seconds(2) }),
      2000
    ],
    ["429", new TableauError.RateLimited({ operation: "test", acted: "no" }), 5000],
    ["503", new TableauError.ServerFault({ operation: "test", acted: "unknown", status: 503 }), 5000]
  ] as const) {
    it.scoped(`${what} as response to a sign-in, the others fail with it without one until its time is over`, () =>
      Effect.gen(function* () {
        const { member, server } = setUp()
        const [a, b] = yield* Effect.all([member("a"), member("b")])
        yield* Effect.flip(a.acquire(need(), Effect.fail(failure), server.signOut))
        yield* TestClock.adjust(forgotten - 1)
        expect(yield* Effect.flip(b.acquire(need(), server.signIn, server.signOut))).toEqual(failure)
        expect(server.signIns).toBe(0)
        yield* TestClock.adjust(1)
        yield* b.acquire(need(), server.signIn, server.signOut)
      })
    )
  }

  it.scoped("a record that was changed, it is not used", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      const b = yield* member("b")
      yield* a.acquire(need(), server.signIn, server.signOut)
      const { box = "" } = memory.record() ?? {}
      yield* memory.backend("mallory").run({
        ...{ op: "restore", generation: 5, box, renewIn: undefined },
        replaces: memory.record()?.generation
      })
      expect(tokenOf(yield* b.acquire(need(), server.signIn, server.signOut))).toBe("token-2")
    })
  )

  it.scoped("no secret is in the log", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => lines.push(JSON.stringify(message)))
      yield* Effect.gen(function* () {
        const a = yield* member("a")
        yield* a.acquire(need(), server.signIn, server.signOut)
        memory.down = true
        yield* Effect.flip(run(a.acquire(need(1), server.signIn, server.signOut)))
        yield* run(a.leave(server.signOut))
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.join("\n")).not.toMatch(/the-secret|token-1/)
    })
  )
})
