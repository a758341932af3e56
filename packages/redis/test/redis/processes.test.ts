/** Processes that share one token through a real Redis, against the simulator. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Credentials } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RedisSessionStore } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"
import * as Box from "../../src/internal/box.js"
import { isInstalled, redisServer, untilTokens } from "./server.js"
import { bundle, type Result, start, type Told } from "./workers.js"

const name = "demo-token"
const secret = "demo-secret"
const site = "MarketingTeam"
const hour = 3_600_000

const quick = { lease: "1 second", heartbeat: "200 millis" } as const

const setUp = Effect.gen(function* () {
  const simulator = yield* Simulator.make()
  const redis = yield* redisServer
  const file = yield* bundle
  const told: Told = {
    id: "worker",
    redis: redis.url,
    server: simulator.url,
    site,
    name,
    secret,
    requests: Number.MAX_SAFE_INTEGER,
    concurrency: 2,
    pause: 5,
    clockOffset: 0,
    waits: false,
    idle: false,
    budget: undefined,
    at: undefined,
    does: "kill",
    options: quick
  }
  const sweep = RedisSessionStore.sweep(
    { ...quick, redis: redis.url },
    {
      server: simulator.url,
      site,
      credentials: Credentials.personalAccessToken({ name, value: Redacted.make(secret) })
    }
  ).pipe(Effect.provide(TableauNode.layerHttpClient()))
  return {
    simulator,
    redis,
    sweep,
    worker: (id: string, given: Partial<Told> = {}) => start(file, { ...told, id, ...given })
  }
})

/** No request was for another site, and none that changes something was sent again after the server had acted. */
const expectSafe = (simulator: Simulator.Service, results: ReadonlyArray<Result | undefined>) =>
  Effect.gen(function* () {
    for (const result of results) if (result !== undefined) expect(result.failures).toEqual({})
    const requests = yield* simulator.requests
    const sites = new Set(requests.filter(({ site }) => site !== undefined).map((request) => request.site))
    expect([...sites]).toEqual([site])
    // The name of a project is used once: a repeated request would be 409.
    expect(requests.filter(({ status }) => status === 409)).toEqual([])
  })

describe.skipIf(!isInstalled)("processes with one personal access token", () => {
  for (const count of [4, 16]) {
    it.scopedLive(`${count} processes, sessions ended at random, one sign-in for each session that ended`, () =>
      Effect.gen(function* () {
        const { redis, simulator, worker } = yield* setUp
        const each = 10_000 / count
        const workers = yield* Effect.forEach(
          Array.from({ length: count }, (_, n) => n),
          (n) =>
            worker(`w${n}`, {
              requests: each,
              concurrency: 4,
              pause: 0,
              // Two hosts, whose clocks differ by an hour.
              clockOffset: n % 2 === 0 ? 0 : hour,
              // The test is the other program.
              options: { ...quick, evictionWindow: "1 millis" }
            })
        )
        yield* Effect.forEach(workers, ({ opened }) => opened)
        let ended = 0
        let dump = ""
        while (ended < 25) {
          yield* Effect.sleep(200 + Math.random() * 800)
          yield* simulator.endSessions
          ended += 1
          if (ended === 3) dump = yield* redis.dump
        }
        const results = yield* Effect.forEach(workers, ({ result }) => result)
        yield* expectSafe(simulator, results)
        expect(results.map((result) => result?.ok)).toEqual(workers.map(() => each))
        expect(yield* simulator.count("signIn")).toBeLessThanOrEqual(1 + ended)
        expect(yield* simulator.sessions).toEqual([])
        expect(dump).toContain(":session")
        for (const value of [secret, name, site, simulator.url]) expect(dump).not.toContain(value)
        for (const { log } of workers) expect(log()).not.toContain(secret)
        process.stdout.write(
          `${count} processes: ${ended} sessions ended, ${yield* simulator.count("signIn")} sign-ins\n`
        )
      })
    )
  }

  it.scopedLive("a session in Redis, the token of its requests is not in a dump", () =>
    Effect.gen(function* () {
      const { redis, simulator, worker } = yield* setUp
      const one = yield* worker("one")
      yield* one.opened
      const dump = yield* redis.dump
      const box = Box.make({ origin: simulator.url, name, secret: Redacted.make(secret), impersonate: undefined })
      const record = yield* Effect.promise(() => redis.client.hgetall(`tableau:{${box.name}}:session`))
      const session = box.open(record["box"] ?? "", Number(record["generation"]))
      expect(session._tag).toBe("Some")
      const token = session._tag === "Some" ? Redacted.value(session.value.token) : ""
      expect(token.length).toBeGreaterThan(10)
      for (const value of [token, secret, name, site, simulator.url]) expect(dump).not.toContain(value)
      expect(one.log()).not.toContain(token)
      yield* one.leave
      yield* one.result
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  const steps = [
    "beat:after",
    "take:before",
    "take:after",
    "signin:before",
    "signin:after",
    "write:before",
    "write:after"
  ]
  for (const step of steps) {
    it.scopedLive(`the first process is killed at ${step}, the others go on`, () =>
      Effect.gen(function* () {
        const { simulator, worker } = yield* setUp
        const first = yield* worker("first", { at: step })
        yield* first.reached
        yield* first.result
        const others = yield* Effect.all([worker("a"), worker("b"), worker("c")])
        yield* Effect.forEach(others, ({ opened }) => opened)
        // One for the killed process at most, and one for the others.
        expect(yield* simulator.count("signIn")).toBeLessThanOrEqual(2)
        // Until the killed process no longer counts as a member.
        yield* Effect.sleep(1500)
        yield* Effect.forEach(others, ({ leave }) => leave)
        yield* expectSafe(simulator, yield* Effect.forEach(others, ({ result }) => result))
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  for (const step of ["take:after", "signin:before", "signin:after", "write:before", "write:after"]) {
    it.scopedLive(`processes that renew are killed at ${step}, the others go on without SessionEvicted`, () =>
      Effect.gen(function* () {
        const { simulator, worker } = yield* setUp
        const others = [yield* worker("a", { idle: true }), yield* worker("b", { idle: true })]
        yield* Effect.forEach(others, ({ opened }) => opened)
        // Three sessions in a row are an eviction, unless a process that was killed explains their end.
        for (const id of step === "write:after" ? ["first"] : ["first", "second", "third"]) {
          // Only this one sends requests, so that it is the one that renews.
          const killed = yield* worker(id, { at: step, idle: true, requests: 1 })
          yield* killed.opened
          yield* simulator.endSessions
          yield* killed.go
          yield* killed.reached
          // With SessionEvicted it would not be killed.
          expect(yield* killed.result).toBeUndefined()
          const next = yield* worker(`after the ${id}`, { requests: 1 })
          yield* expectSafe(simulator, [yield* next.result])
        }
        yield* Effect.forEach(others, ({ go }) => go)
        yield* Effect.sleep(1500)
        yield* Effect.forEach(others, ({ leave }) => leave)
        const results = yield* Effect.forEach(others, ({ result }) => result)
        yield* expectSafe(simulator, results)
        for (const result of results) expect(result?.ok).toBeGreaterThan(0)
        // The first one, one of each process that was killed, and one that replaces each.
        expect(yield* simulator.count("signIn")).toBeLessThanOrEqual(7)
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  for (const step of ["leave:before", "leave:after", "signout:before", "signout:after", "forget:before"]) {
    it.scopedLive(`the last process is killed at ${step}, a sweep leaves no session`, () =>
      Effect.gen(function* () {
        const { simulator, sweep, worker } = yield* setUp
        const last = yield* worker("last", { at: step })
        yield* last.opened
        yield* last.leave
        yield* last.result
        yield* Effect.sleep(1500)
        yield* sweep
        expect(yield* simulator.sessions).toEqual([])
        expect(yield* sweep).toEqual({ _tag: "Nothing" })
      })
    )
  }

  it.scopedLive("all processes are killed, a sweep signs their session out, and not before", () =>
    Effect.gen(function* () {
      const { simulator, sweep, worker } = yield* setUp
      const workers = yield* Effect.all([worker("a"), worker("b")])
      yield* Effect.forEach(workers, ({ opened }) => opened)
      expect(yield* sweep).toEqual({ _tag: "InUse", members: 2 })
      yield* Effect.forEach(workers, ({ kill }) => kill)
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* Effect.sleep(1000)
      expect(yield* sweep).toEqual({ _tag: "SignedOut", site })
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  it.scopedLive("a process killed after its sign-in and before its record, a sweep ends that session too", () =>
    Effect.gen(function* () {
      const { simulator, sweep, worker } = yield* setUp
      const one = yield* worker("one", { at: "write:before" })
      yield* one.result
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* Effect.sleep(1500)
      expect(yield* sweep).toEqual({ _tag: "SignedOut", site })
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  for (const [step, more] of [
    ["signin:before", "its late sign-in ends the session of the others, which sign in once more"],
    ["signin:after", "its session is refused, and the others keep theirs"]
  ] as const) {
    it.scopedLive(`the holder of the lease stops for longer than its lease at ${step}, ${more}`, () =>
      Effect.gen(function* () {
        const { simulator, worker } = yield* setUp
        const others = yield* Effect.forEach(["a", "b", "c"], (id) => worker(id, { waits: true }))
        yield* Effect.forEach(others, ({ started }) => started)
        const stopped = yield* worker("stopped", { at: step, does: 5000 })
        yield* stopped.reached
        yield* Effect.forEach(others, ({ go }) => go)
        yield* Effect.forEach(others, ({ opened }) => opened)
        yield* stopped.opened
        yield* Effect.sleep(2000)
        const all = [stopped, ...others]
        yield* Effect.forEach(all, ({ leave }) => leave)
        const results = yield* Effect.forEach(all, ({ result }) => result)
        yield* expectSafe(simulator, results)
        for (const result of results) expect(result?.ok).toBeGreaterThan(0)
        expect(stopped.log()).toContain("longer than its lease")
        // Its own, that of the others, and one to replace what the late sign-in ended.
        expect(yield* simulator.count("signIn")).toBe(step === "signin:before" ? 3 : 2)
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  it.scopedLive("another program uses the token, SessionEvicted in every process", () =>
    Effect.gen(function* () {
      const { simulator, worker } = yield* setUp
      const workers = yield* Effect.all([worker("a"), worker("b")])
      yield* Effect.forEach(workers, ({ opened }) => opened)
      for (let n = 0; n < 2; n++) {
        yield* simulator.endSessions
        while ((yield* simulator.count("signIn")) < n + 2) yield* Effect.sleep(50)
      }
      yield* Effect.sleep(500)
      yield* simulator.endSessions
      yield* Effect.sleep(3000)
      yield* Effect.forEach(workers, ({ leave }) => leave)
      const results = yield* Effect.forEach(workers, ({ result }) => result)
      expect(results.map((result) => Object.keys(result?.failures ?? {}))).toEqual([
        ["SessionEvicted"],
        ["SessionEvicted"]
      ])
      expect(yield* simulator.count("signIn")).toBe(3)
    })
  )

  it.scopedLive("two processes with one budget, together they send what it allows", () =>
    Effect.gen(function* () {
      const { redis, simulator, worker } = yield* setUp
      const given = { budget: 20, idle: true, pause: 0 }
      const workers = yield* Effect.all([worker("a", given), worker("b", given)])
      yield* Effect.forEach(workers, ({ opened }) => opened)
      yield* untilTokens(redis, 18)
      yield* Effect.forEach(workers, ({ go }) => go)
      yield* untilTokens(redis, 0)
      yield* Effect.sleep("1 second")
      const sent = yield* simulator.count("queryWorkbooksForSite")
      // The sign-in has taken two, and one call in ten creates a project.
      expect(sent + (yield* simulator.count("createProject"))).toBe(18)
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )
})
