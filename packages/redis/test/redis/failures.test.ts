/** Redis that fails. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { entering, list, tagOf } from "./clients.js"
import { isInstalled, network, redisServer } from "./server.js"

const setUp = Effect.gen(function* () {
  const simulator = yield* Simulator.make()
  const redis = yield* redisServer
  const enter = entering(simulator.url, redis.url)
  return { simulator, redis, enter }
})

describe.skipIf(!isInstalled)("a store that fails", () => {
  it.scopedLive("Redis restarted without its data, the session in hand is used and given back", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const clients = yield* Effect.all([enter(), enter(), enter()])
      yield* redis.kill
      yield* Effect.forEach(clients, ({ run }) => run(list))
      yield* redis.start
      yield* Effect.sleep(1500)
      const late = yield* enter()
      yield* late.run(list)
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* Effect.forEach([...clients, late], ({ leave }) => leave)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("Redis flushed, the members give the session back and there is no further sign-in", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const clients = yield* Effect.all([enter(), enter(), enter()])
      yield* Effect.promise(() => redis.client.flushall())
      yield* Effect.sleep(600)
      const late = yield* enter()
      yield* Effect.forEach([...clients, late], ({ run }) => run(list), { concurrency: "unbounded" })
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* Effect.forEach([...clients, late], ({ leave }) => leave)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("Redis flushed and the session ended, one sign-in for all", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const clients = yield* Effect.forEach(Array.from({ length: 8 }), () => enter({ heartbeat: "1 minute" }))
      yield* Effect.promise(() => redis.client.flushall())
      yield* simulator.endSessions
      yield* Effect.forEach(clients, ({ run }) => run(list), { concurrency: "unbounded" })
      expect(yield* simulator.count("signIn")).toBe(2)
      yield* Effect.forEach(clients, ({ leave }) => leave)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("Redis unreachable when a session opens, it waits until the deadline and says so", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* redis.kill
      const [took, tag] = yield* Effect.timed(tagOf(enter({ deadline: "2 seconds" })))
      expect(tag).toBe("SessionStoreUnavailable")
      // The deadline, the last command, and leaving.
      expect(Duration.toSeconds(took)).toBeLessThan(12)
      expect(yield* simulator.count("signIn")).toBe(0)
    })
  )

  it.scopedLive("Redis comes back before the deadline, the session opens", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* redis.kill
      yield* Effect.fork(Effect.delay(redis.start, 1500))
      const client = yield* enter()
      yield* client.run(list)
      yield* client.leave
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("Redis stops answering, requests go on and a renewal fails at the deadline", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter({ deadline: "3 seconds" })
      yield* redis.freeze
      yield* client.run(list)
      yield* simulator.endSessions
      expect(yield* tagOf(client.run(list))).toBe("SessionStoreUnavailable")
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* redis.thaw
      yield* client.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
      yield* client.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("the policy alone, a process signs in without Redis and signs out", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* redis.kill
      const client = yield* enter({ onStoreFailure: "alone" })
      yield* client.run(list)
      yield* client.leave
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("the policy alone, Redis gets the session when it is back, and others use it", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* redis.kill
      const first = yield* enter({ onStoreFailure: "alone" })
      yield* redis.start
      yield* Effect.sleep(1500)
      const second = yield* enter()
      yield* second.run(list)
      yield* first.run(list)
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* first.leave
      yield* second.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("one client cut off from Redis, the others renew and it uses their session afterwards", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const wire = yield* network(redis.port)
      const far = yield* enter({ redis: wire.url })
      const near = yield* enter()
      wire.cut()
      yield* simulator.endSessions
      yield* near.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
      const waiting = yield* Effect.fork(far.run(list))
      yield* Effect.sleep(1000)
      wire.mend()
      yield* waiting
      expect(yield* simulator.count("signIn")).toBe(2)
      yield* far.leave
      yield* near.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("Redis out of memory, requests go on, and opening works again when there is memory", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter()
      yield* Effect.promise(() => redis.client.config("SET", "maxmemory", "1"))
      yield* client.run(list)
      expect(yield* tagOf(enter({ deadline: "2 seconds" }))).toBe("SessionStoreUnavailable")
      yield* Effect.promise(() => redis.client.config("SET", "maxmemory", "0"))
      const late = yield* enter()
      yield* late.run(list)
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* client.leave
      yield* late.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("another process holds the lease until the deadline, SessionStoreBusy", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter()
      const [key = ""] = yield* Effect.promise(() => redis.client.keys("*:counters"))
      yield* Effect.promise(() => redis.client.set(key.replace(":counters", ":lease"), "another", "PX", 60_000))
      yield* simulator.endSessions
      const late = yield* enter({ deadline: "2 seconds" })
      expect(yield* tagOf(late.run(list))).toBe("SessionStoreBusy")
      expect(yield* simulator.count("signIn")).toBe(1)
      yield* Effect.promise(() => redis.client.del(key.replace(":counters", ":lease")))
      yield* client.run(list)
      yield* client.leave
    })
  )

  it.scopedLive("clients with heartbeats of their own, one that is seldom heard of is not taken for crashed", () =>
    Effect.gen(function* () {
      const { enter, simulator } = yield* setUp
      const quiet = yield* enter({ heartbeat: "1 minute" })
      const other = yield* enter()
      yield* Effect.sleep(1000)
      yield* other.leave
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* quiet.run(list)
      yield* quiet.leave
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("signOut never, the next process uses the session without a sign-in", () =>
    Effect.gen(function* () {
      const { enter, simulator } = yield* setUp
      for (let n = 0; n < 3; n++) {
        const client = yield* enter({ signOut: "never" })
        yield* client.run(list)
        yield* client.leave
      }
      expect(yield* simulator.count("signIn")).toBe(1)
      expect(yield* simulator.sessions).toHaveLength(1)
    })
  )

  it.scopedLive("a shared session, another site is SessionPinned for a new process and for withSite", () =>
    Effect.gen(function* () {
      const { enter, simulator } = yield* setUp
      const client = yield* enter({ site: "MarketingTeam" })
      expect(yield* tagOf(enter({ site: "Finance" }))).toBe("SessionPinned")
      expect(yield* tagOf(client.run(TableauSession.withSite("Finance")(list)))).toBe("SessionPinned")
      yield* client.run(list)
      yield* client.leave
      // Without members the other site is no longer in use.
      const next = yield* enter({ site: "Finance" })
      yield* next.run(list)
      yield* next.leave
      expect(yield* simulator.count("switchSite")).toBe(0)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  for (const [status, fault, tag] of [
    [429, Fault.rateLimited("20 seconds"), "RateLimited"],
    [503, Fault.status(503), "ServerFault"]
  ] as const) {
    it.scopedLive(`${status} as response to a sign-in, the other processes do not try`, () =>
      Effect.gen(function* () {
        const { enter, simulator } = yield* setUp
        yield* simulator.inject({ operation: "signIn", fault, times: 100 })
        const first = yield* tagOf(enter({ commandTimeout: "2 seconds" }))
        const attempts = yield* simulator.count("signIn")
        const tags = yield* Effect.forEach(
          Array.from({ length: 5 }),
          () => tagOf(enter({ commandTimeout: "2 seconds" })),
          { concurrency: "unbounded" }
        )
        expect(new Set([first, ...tags])).toEqual(new Set([tag]))
        // One more, if so much time has passed that the failure is forgotten.
        expect(yield* simulator.count("signIn")).toBeLessThanOrEqual(attempts + 1)
      })
    )
  }

  it.scopedLive("refused credentials, one attempt for all processes", () =>
    Effect.gen(function* () {
      const { enter, simulator } = yield* setUp
      const tags = yield* Effect.forEach(Array.from({ length: 6 }), () => tagOf(enter({ site: "NoSuchSite" })), {
        concurrency: "unbounded"
      })
      expect(new Set(tags)).toEqual(new Set(["SignInFailed"]))
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )
})
