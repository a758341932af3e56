/** The protocol of members over a store in memory. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Box from "../src/internal/box.js"
import * as Protocol from "../src/internal/protocol.js"
import { identity, need, run, settings, setUp, tokenOf } from "./members.js"

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
          Effect.andThen(
            Effect.all([Deferred.succeed(begun, undefined), Deferred.await(latch)]),
            server.signOut(session)
          )
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
})
