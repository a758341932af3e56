/** Budgets in Redis. Each client has a connection of its own, as if it were a process. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { type RateLimiter as Client, Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RateLimiter } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"
import { isInstalled, network, redisServer, untilTokens } from "./server.js"

const key = (budget: Client.Budget): Client.Key => `${budget}:https://tableau.example.com/sales/u1`

/** Counts what a rate limiter lets pass, until the fiber is interrupted. */
const sending = (limiter: Client.RateLimiter, times: Array<number>) =>
  Effect.fork(
    Effect.forever(
      Effect.andThen(
        Effect.scoped(limiter.consume(key("calls"), 1)),
        Effect.sync(() => times.push(performance.now()))
      )
    )
  )

/** A clock that is wrong by an hour. */
const anHourAhead = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    const now = () => clock.unsafeCurrentTimeMillis() + Duration.toMillis("1 hour")
    const wrong: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      sleep: (duration) => clock.sleep(duration),
      unsafeCurrentTimeMillis: now,
      currentTimeMillis: Effect.sync(now),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeNanos: clock.currentTimeNanos
    }
    return Effect.withClock(effect, wrong)
  })

const logging = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    const line = `${logLevel.label} ${String(message)}`
    if (line.includes("rate limiter")) lines.push(line)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

/** How many scripts have run. */
const commandsOf = ({ client }: { readonly client: { readonly info: (section: string) => Promise<string> } }) =>
  Effect.map(
    Effect.promise(() => client.info("commandstats")),
    (text) => Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(text)?.[1] ?? expect.fail("no scripts"))
  )

const took = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([time]) => Duration.toMillis(time))

describe.skipIf(!isInstalled)("a rate limiter in Redis", () => {
  it.scopedLive("two clients whose clocks are an hour apart share one rate", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const limits = { calls: { limit: 30, window: "3 seconds", burst: 10 } } as const
      const clients = [
        yield* RateLimiter.make(limits, { redis: redis.url }),
        yield* RateLimiter.make(limits, { redis: redis.url })
      ]
      const counts: ReadonlyArray<Array<number>> = [[], []]
      const fibers = yield* Effect.forEach(clients, (client, i) =>
        i === 0 ? sending(client, counts[0] ?? []) : anHourAhead(sending(client, counts[1] ?? []))
      )
      yield* Effect.sleep("6 seconds")
      yield* Fiber.interruptAll(fibers)
      const times = counts.flat().sort((a, b) => a - b)
      const most = Math.max(
        ...times.map((start) => times.filter((time) => time >= start && time < start + 2990).length)
      )
      // Both wait for their turn, so that one send may be late and the next one on time.
      expect(most).toBeLessThanOrEqual(32)
      expect(times.length).toBeGreaterThan(30)
      expect(times.length).toBeLessThanOrEqual(10 + 2 * 21 + 2)
      for (const each of counts) expect(each.length).toBeGreaterThan(5)
    })
  )

  it.scopedLive("a process is killed while hundreds of its calls wait, the others have the whole budget", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const proxy = yield* network(redis.port)
      const limits = { calls: { limit: 10, window: "2 seconds", burst: 1 } } as const
      const killed = yield* RateLimiter.make(limits, { redis: proxy.url })
      const other = yield* RateLimiter.make(limits, { redis: redis.url })
      yield* killed.consume(key("calls"), 1)
      yield* Effect.forEach(Array.from({ length: 300 }), () => Effect.fork(killed.consume(key("calls"), 1)))
      yield* Effect.sleep("300 millis")
      proxy.cut()
      // The others would have waited for a minute together.
      expect(yield* took(Effect.repeatN(other.consume(key("calls"), 1), 4))).toBeLessThan(20_000)
      const [name = ""] = yield* Effect.promise(() => redis.client.keys("*"))
      expect(Number(yield* Effect.promise(() => redis.client.hget(name, "tokens")))).toBeGreaterThanOrEqual(0)
      expect(yield* Effect.promise(() => redis.client.pttl(name))).toBeLessThan(2000)
      proxy.mend()
    })
  )

  it.scopedLive("hundreds of calls wait in each process, all have their share, and few commands are sent", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const limits = { calls: { limit: 32, window: "1 second", burst: 3 } } as const
      const clients = yield* Effect.replicateEffect(RateLimiter.make(limits, { redis: redis.url }), 3)
      const passed = clients.map(() => 0)
      // Two have hundreds that wait. The third one begins later, and its calls come one after the other.
      const sending = (n: number) =>
        Effect.andThen(
          clients[n]?.consume(key("calls"), 1) ?? expect.fail("no client"),
          Effect.sync(() => {
            passed[n] = (passed[n] ?? 0) + 1
          })
        )
      const waiting = yield* Effect.forEach([0, 1], (n) =>
        Effect.fork(
          Effect.all(
            Array.from({ length: 300 }, () => sending(n)),
            { concurrency: "unbounded" }
          )
        )
      )
      yield* Effect.sleep("500 millis")
      const before = [...passed]
      const commands = yield* commandsOf(redis)
      const later = yield* Effect.fork(Effect.forever(sending(2)))
      yield* Effect.sleep("4 seconds")
      yield* Fiber.interruptAll(waiting)
      yield* Fiber.interrupt(later)
      const shares = passed.map((count, n) => count - (before[n] ?? 0))
      const all = shares.reduce((sum, share) => sum + share, 0)
      expect(all).toBeGreaterThan(40)
      for (const share of shares) expect(share).toBeGreaterThan(all / 10)
      // Each process asks at most twice for each token that comes.
      expect((yield* commandsOf(redis)) - commands).toBeLessThanOrEqual(2 * 3 * all + 20)
    })
  )

  it.scopedLive("two clients share the places of exports, which are held as long as they are used", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const make = RateLimiter.make({ exports: { atOnce: 2 } }, { redis: redis.url, lease: "2 seconds" })
      const [one, other] = [yield* make, yield* make]
      const first = yield* Scope.make()
      yield* Scope.extend(one.consume(key("exports"), 1), first)
      yield* one.consume(key("exports"), 1)
      const waiting = yield* Effect.fork(other.consume(key("exports"), 1))
      yield* Effect.sleep("5 seconds")
      expect(waiting.unsafePoll()).toBeNull()
      yield* Scope.close(first, Exit.void)
      yield* Fiber.join(waiting)
    })
  )

  it.scopedLive("a lease without an end, places are in Redis all the same", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const redis = yield* redisServer
      const make = RateLimiter.make(
        { exports: { atOnce: 1 } },
        { redis: redis.url, lease: Duration.infinity, commandTimeout: "1 minute" }
      )
      yield* (yield* make).consume(key("exports"), 1)
      expect(lines).toEqual([])
      expect(yield* Effect.promise(() => redis.client.keys("*"))).toHaveLength(1)
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("the places of a client that has crashed are free after its lease", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const proxy = yield* network(redis.port)
      const make = (url: string) => RateLimiter.make({ exports: { atOnce: 1 } }, { redis: url, lease: "5 seconds" })
      const crashed = yield* make(proxy.url)
      const other = yield* make(redis.url)
      yield* crashed.consume(key("exports"), 1)
      proxy.cut()
      const time = yield* took(other.consume(key("exports"), 1))
      expect(time).toBeGreaterThan(300)
      expect(time).toBeLessThan(30_000)
      proxy.mend()
    })
  )

  it.scopedLive("while Redis is stopped each process limits itself, and uses Redis again afterwards", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const redis = yield* redisServer
      const limiter = yield* RateLimiter.make(
        { calls: { limit: 10, window: "1 hour", burst: 3 }, exports: { atOnce: 1 } },
        { redis: redis.url, commandTimeout: "2 seconds" }
      )
      yield* limiter.consume(key("calls"), 1)
      yield* redis.kill
      // The first one finds out. The bucket of the process is full.
      for (let i = 0; i < 3; i++) expect(yield* took(limiter.consume(key("calls"), 1))).toBeLessThan(15_000)
      const fourth = yield* Effect.fork(limiter.consume(key("calls"), 1))
      yield* Effect.scoped(limiter.consume(key("exports"), 1))
      yield* Effect.scoped(limiter.consume(key("exports"), 1))
      expect(fourth.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(fourth)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(
        /^WARN The rate limiter cannot use Redis: this process limits itself meanwhile\. Redis: /
      )
      yield* redis.start
      yield* Effect.sleep("6 seconds")
      // Redis has lost its data: its bucket is full.
      yield* limiter.consume(key("calls"), 1)
      expect(lines.slice(1)).toEqual(["INFO The rate limiter uses Redis again."])
      expect(yield* Effect.promise(() => redis.client.keys("*"))).toHaveLength(1)
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("Redis that accepts connections and is silent delays a call by the timeout of a command", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const limiter = yield* RateLimiter.make(RateLimiter.unverified, {
        redis: redis.url,
        commandTimeout: "3 seconds"
      })
      yield* redis.freeze
      expect(yield* took(limiter.consume(key("calls"), 1))).toBeLessThan(15_000)
      expect(yield* took(limiter.consume(key("calls"), 1))).toBeLessThan(2900)
      expect(yield* took(Effect.scoped(limiter.consume(key("exports"), 1)))).toBeLessThan(2900)
      yield* redis.thaw
    })
  )

  it.scopedLive("Redis is back while there is no room, the process uses it again and does not send beside it", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const redis = yield* redisServer
      const limits = { refreshes: { limit: 10, window: "1 hour", burst: 5 }, exports: { atOnce: 2 } } as const
      const make = RateLimiter.make(limits, { redis: redis.url, commandTimeout: "1 second" })
      const other = yield* make
      yield* other.consume(key("refreshes"), 5)
      const held = yield* Scope.make()
      yield* Effect.repeatN(Scope.extend(other.consume(key("exports"), 1), held), 1)
      const limiter = yield* make
      yield* redis.freeze
      // Finds out that Redis does not respond, and takes its own.
      yield* limiter.consume(key("refreshes"), 1)
      // One more than this process allows: its wait began while Redis did not respond.
      const waited = yield* Effect.fork(limiter.consume(key("refreshes"), 5))
      yield* redis.thaw
      yield* Effect.sleep("6 seconds")
      const probe = yield* Effect.fork(Effect.scoped(limiter.consume(key("exports"), 1)))
      yield* Effect.sleep("500 millis")
      expect(lines.slice(1)).toEqual(["INFO The rate limiter uses Redis again."])
      const exports = yield* Effect.forEach(Array.from({ length: 5 }), () =>
        Effect.fork(Effect.scoped(limiter.consume(key("exports"), 1)))
      )
      const refreshes = yield* Effect.forEach(Array.from({ length: 5 }), () =>
        Effect.fork(limiter.consume(key("refreshes"), 1))
      )
      yield* Effect.sleep("6 seconds")
      for (const call of [waited, probe, ...exports, ...refreshes]) expect(call.unsafePoll()).toBeNull()
      yield* Scope.close(held, Exit.void)
      yield* Fiber.joinAll(exports)
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("Redis that was never there does not stop a program", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make(RateLimiter.unverified, {
        redis: Redacted.make("redis://127.0.0.1:1"),
        commandTimeout: "200 millis"
      })
      expect(yield* took(limiter.consume(key("calls"), 1))).toBeLessThan(15_000)
    })
  )

  it.scopedLive("sessions of two clients share the budget of their user, and all keys in Redis expire", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const simulator = yield* Simulator.make()
      const limits = { calls: { limit: 10, window: "1 hour", burst: 10 }, exports: { atOnce: 1 } } as const
      const open = Effect.gen(function* () {
        return yield* TableauSession.make({
          server: simulator.url,
          credentials: Credentials.password({ username: "admin", password: Redacted.make("admin-password") }),
          rateLimiter: yield* RateLimiter.make(limits, { redis: redis.url, commandTimeout: "1 minute" })
        })
      })
      const list = Workbooks.list({ pageSize: 1 })
      const sessions = [yield* open, yield* open]
      // Sign-ins take two for each of the two sessions.
      yield* untilTokens(redis, 6)
      const calls = yield* Effect.forEach(Array.from({ length: 10 }), (_, i) =>
        Effect.fork(Effect.provideService(list, TableauSession, sessions[i % 2] ?? expect.fail("no session")))
      )
      while (calls.filter((call) => call.unsafePoll() !== null).length < 6) yield* Effect.sleep("20 millis")
      yield* Effect.sleep("500 millis")
      expect(yield* simulator.count("queryWorkbooksForSite")).toBe(6)
      expect(calls.filter((call) => call.unsafePoll() === null)).toHaveLength(4)
      yield* Fiber.interruptAll(calls)
      const keys = yield* Effect.promise(() => redis.client.keys("*"))
      expect(keys).toHaveLength(1)
      for (const name of keys) expect(yield* Effect.promise(() => redis.client.pttl(name))).toBeGreaterThan(0)
      const dump = yield* redis.dump
      expect(dump).not.toContain("admin-password")
    }).pipe(Effect.scoped, Effect.provide(Layer.fresh(TableauNode.layerHttpClient())))
  )
})
