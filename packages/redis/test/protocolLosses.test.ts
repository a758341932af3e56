/** Commands whose effect or response is lost, and sign-outs that fail. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { TableauError } from "effect-tableau"
import { type Backend, StoreFailure } from "../src/internal/backend.js"
import * as Box from "../src/internal/box.js"
import * as Protocol from "../src/internal/protocol.js"
import { identity, need, run, settings, setUp, tokenOf } from "./members.js"

const joinWith = (backend: Backend, change: Backend["run"], given: Partial<Protocol.Settings> = {}) =>
  Protocol.join({ ...backend, run: change }, Box.make(identity), { ...settings, ...given }, identity.site)

const lost = new StoreFailure({ detail: "lost" })

describe("members of one session whose commands are lost", () => {
  it.scoped(
    "writes that never arrive, the heartbeat stores the session under the lease and there is no second sign-in",
    () =>
      Effect.gen(function* () {
        const { member, memory, server } = setUp()
        const long = { lease: 60_000 }
        const backend = memory.backend("a")
        const a = yield* joinWith(backend, (command) => (command.op === "write" ? lost : backend.run(command)), long)
        const b = yield* member("b", long)
        const [first, second] = yield* run(
          Effect.all(
            [
              a.acquire(need(), server.signIn, server.signOut),
              Effect.delay(b.acquire(need(), server.signIn, server.signOut), 200)
            ],
            { concurrency: "unbounded" }
          )
        )
        expect([tokenOf(first), tokenOf(second)]).toEqual(["token-1", "token-1"])
        expect(server.signIns).toBe(1)
        const state = yield* backend.run({ op: "read" })
        expect(state.settled).toBe(state.fence)
      })
  )

  it.scoped("a heartbeat falls into the outage of the write, the session is offered before its lease ends", () =>
    Effect.gen(function* () {
      const given = { lease: 15_000, heartbeat: 10_000, poll: 250 }
      const { member, memory, server } = setUp(given)
      const backend = memory.backend("a")
      const a = yield* joinWith(
        backend,
        (command) =>
          Effect.flatMap(TestClock.currentTimeMillis, (now) =>
            now > 4900 && now < 12_000 ? Effect.delay(lost, 2000) : backend.run(command)
          ),
        given
      )
      const b = yield* member("b")
      const patient = { ...need(), deadline: Duration.minutes(1) }
      const [first, second] = yield* run(
        Effect.all(
          [
            a.acquire(patient, Effect.delay(server.signIn, 4950), server.signOut),
            Effect.delay(b.acquire(patient, server.signIn, server.signOut), 200)
          ],
          { concurrency: "unbounded" }
        )
      )
      expect([tokenOf(first), tokenOf(second)]).toEqual(["token-1", "token-1"])
    })
  )

  it.scoped("a member cannot sign out the session that the store never got, the record stays for a sweep", () =>
    Effect.gen(function* () {
      const { memory, server } = setUp()
      const backend = memory.backend("a")
      let isLost = false
      const a = yield* joinWith(
        backend,
        (command) => (isLost && ["write", "restore"].includes(command.op) ? lost : backend.run(command)),
        { heartbeat: 60_000 }
      )
      const { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      isLost = true
      yield* run(a.acquire(need(generation), server.signIn, server.signOut))
      yield* run(a.leave((session) => Effect.succeed(tokenOf(session) === "token-1")))
      expect(memory.record()).toMatchObject({ closing: true })
    })
  )

  it.scoped("the response to a write is lost and the member leaves at once, the others keep the session", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const backend = memory.backend("a")
      const a = yield* joinWith(backend, (command) =>
        command.op === "write" ? Effect.andThen(backend.run(command), lost) : backend.run(command)
      )
      const b = yield* member("b")
      yield* run(a.acquire(need(), server.signIn, server.signOut))
      yield* b.acquire(need(), Effect.die("signs in"), server.signOut)
      yield* run(a.leave(server.signOut))
      expect([...server.signedOut]).toEqual([])
      yield* run(b.leave(server.signOut))
      expect([...server.signedOut]).toEqual(["token-1"])
    })
  )

  it.scoped("a write from before a loss of data, it does not replace the session of a later sign-in", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const backend = memory.backend("a")
      const a = yield* joinWith(backend, (command) =>
        command.op === "write" ? Effect.delay(backend.run(command), 2000) : backend.run(command)
      )
      const b = yield* member("b")
      yield* run(
        Effect.all(
          [
            a.acquire(need(), server.signIn, server.signOut),
            Effect.delay(
              Effect.suspend(() => {
                memory.flush()
                return b.acquire(need(), server.signIn, server.signOut)
              }),
              500
            )
          ],
          { concurrency: "unbounded" }
        )
      )
      const c = yield* member("c")
      expect(tokenOf(yield* c.acquire(need(), Effect.die("signs in"), server.signOut))).toBe(server.live)
    })
  )

  it.scoped("the last member cannot sign out, the record stays for a sweep", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const a = yield* member("a")
      yield* a.acquire(need(), server.signIn, server.signOut)
      yield* run(a.leave(() => Effect.succeed(false)))
      expect(memory.record()).toMatchObject({ closing: true })
      // What a sweep does: its sign-in ends that session.
      const b = yield* member("b")
      yield* b.acquire(need(), server.signIn, server.signOut)
      yield* run(b.leave(server.signOut))
      expect(server.live).toBeUndefined()
      expect(memory.record()).toBeUndefined()
    })
  )

  it.scoped("commands without a response, leaving takes five seconds", () =>
    Effect.gen(function* () {
      const { memory, server } = setUp()
      const backend = memory.backend("a")
      let isFrozen = false
      const a = yield* joinWith(backend, (command) =>
        isFrozen ? Effect.uninterruptible(Effect.delay(lost, 4000)) : backend.run(command)
      )
      yield* a.acquire(need(), server.signIn, server.signOut)
      isFrozen = true
      // A heartbeat is in flight.
      yield* TestClock.adjust(1500)
      const before = yield* TestClock.currentTimeMillis
      yield* run(a.leave(server.signOut))
      expect((yield* TestClock.currentTimeMillis) - before).toBeLessThanOrEqual(5200)
    })
  )
})

describe("members of one session whose sign-ins are lost", () => {
  it.scoped("sign-ins without a response before each end of the session, no SessionEvicted", () =>
    Effect.gen(function* () {
      const { member, server } = setUp()
      const a = yield* member("a")
      const unknown = new TableauError.TimedOut({ operation: "test", acted: "unknown", after: 1000 })
      let { generation } = yield* a.acquire(need(), server.signIn, server.signOut)
      for (let i = 0; i < 5; i++) {
        expect(yield* Effect.flip(a.acquire(need(generation), unknown, server.signOut))).toBe(unknown)
        generation = (yield* run(a.acquire(need(generation), server.signIn, server.signOut))).generation
      }
    })
  )

  it.scoped("the lease is lost between the attempts of a sign-in, the session of another member", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const [a, b] = yield* Effect.all([member("a"), member("b")])
      const begun = yield* Deferred.make<void>()
      const waiting = Effect.andThen(Deferred.succeed(begun, undefined), Effect.interruptible(Effect.never))
      const acquiring = yield* Effect.fork(a.acquire(need(), waiting, server.signOut))
      yield* Deferred.await(begun)
      memory.down = true
      yield* TestClock.adjust(1000)
      memory.down = false
      const ofB = yield* run(b.acquire(need(), server.signIn, server.signOut))
      expect(yield* run(Fiber.join(acquiring))).toEqual(ofB)
    })
  )

  it.scoped("a member whose scope closes, it counts no longer", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp()
      const b = yield* member("b")
      yield* Effect.scoped(Effect.flatMap(member("a"), (a) => a.acquire(need(), server.signIn, server.signOut)))
      yield* b.acquire(need(), Effect.die("signs in"), server.signOut)
      expect(yield* memory.backend("b").run({ op: "read" })).toMatchObject({ members: 1 })
    })
  )
})

describe("members with the policy alone", () => {
  it.scoped("a store that refuses each command at once, one sign-in in each pause", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      memory.down = true
      const a = yield* member("a")
      let { generation } = yield* run(a.acquire(need(), server.signIn, server.signOut))
      const before = yield* TestClock.currentTimeMillis
      for (let i = 0; i < 4; i++) {
        generation = (yield* run(a.acquire(need(generation), server.signIn, server.signOut))).generation
      }
      expect((yield* TestClock.currentTimeMillis) - before).toBeGreaterThanOrEqual(4 * settings.alonePause - 300)
    })
  )

  it.scoped("a member without the store ends the session again and again, no SessionEvicted", () =>
    Effect.gen(function* () {
      const { member, memory, server } = setUp({ onStoreFailure: "alone" })
      const a = yield* member("a")
      const b = yield* joinWith(memory.backend("b"), () => lost, { onStoreFailure: "alone" })
      let ofA = yield* a.acquire(need(), server.signIn, server.signOut)
      let ofB = yield* run(b.acquire(need(), server.signIn, server.signOut))
      const before = yield* TestClock.currentTimeMillis
      for (let i = 0; i < 6; i++) {
        ofA = yield* run(a.acquire(need(ofA.generation), server.signIn, server.signOut))
        ofB = yield* run(b.acquire(need(ofB.generation), server.signIn, server.signOut))
      }
      expect(server.signIns).toBe(14)
      expect((yield* TestClock.currentTimeMillis) - before).toBeGreaterThan(6 * settings.alonePause - 300)
    })
  )
})
