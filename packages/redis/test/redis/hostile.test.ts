/** Redis that refuses commands, is slow, or has data that no member wrote. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { RedisSessionStore } from "effect-tableau-redis"
import { Fault, Simulator } from "effect-tableau-simulator"
import { entering, list, tagOf } from "./clients.js"
import { isInstalled, network, redisServerWith, replying } from "./server.js"

const setUpWith = (options: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make()
    const redis = yield* redisServerWith(options)
    return { simulator, redis, enter: entering(simulator.url, redis.url) }
  })

const setUp = setUpWith({})

/** The lines that an effect logs. */
const logged = <A, E, R>(lines: Array<string>, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    effect,
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => lines.push(String(message)))
    )
  )

describe.skipIf(!isInstalled)("Redis with damaged data", () => {
  it.scopedLive("Redis flushed and the only client leaves at once, no session is left", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter({ heartbeat: "1 minute" })
      yield* Effect.promise(() => redis.client.flushall())
      yield* client.leave
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  for (const [field, value] of [
    ["generation", "NaN"],
    ["generation", "9e99"],
    ["generation", "-0"],
    ["generation", ""],
    ["box", "!"],
    ["renewAt", "never"],
    ["expired", "9e99"],
    ["expiredAt", "x"],
    ["fence", "x"]
  ] as const) {
    it.scopedLive(`a record whose ${field} is "${value}", sessions are renewed, and none is left`, () =>
      Effect.gen(function* () {
        const { enter, redis, simulator } = yield* setUp
        const first = yield* enter({ heartbeat: "1 minute" })
        const [key = ""] = yield* Effect.promise(() => redis.client.keys("*:session"))
        yield* Effect.promise(() => redis.client.hset(key, field, value))
        const second = yield* enter({ heartbeat: "1 minute" })
        for (const { run } of [first, second, first]) yield* run(list)
        yield* simulator.endSessions
        for (const { run } of [first, second, first]) yield* run(list)
        expect(yield* simulator.count("signIn")).toBeLessThanOrEqual(3)
        yield* first.leave
        yield* second.leave
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  it.scopedLive("a record that cannot be read when the last client leaves, its session is signed out", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter({ heartbeat: "1 minute" })
      const [key = ""] = yield* Effect.promise(() => redis.client.keys("*:session"))
      yield* Effect.promise(() => redis.client.hset(key, "box", "damaged"))
      yield* client.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("counters that are no numbers, sessions are renewed, and none is left", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter()
      const [key = ""] = yield* Effect.promise(() => redis.client.keys("*:counters"))
      yield* Effect.promise(() => redis.client.hset(key, "taken", "x", "settled", "y"))
      yield* simulator.endSessions
      yield* client.run(list)
      yield* client.leave
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("keys of other types, SessionStoreUnavailable says so, and leaving ends", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const lines: Array<string> = []
      const client = yield* logged(lines, enter())
      for (const key of yield* Effect.promise(() => redis.client.keys("*"))) {
        yield* Effect.promise(() => redis.client.set(key, "x"))
      }
      const error = yield* Effect.flip(enter({ deadline: "2 seconds" }))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable" })
      expect(error.message).toContain("WRONGTYPE")
      yield* client.run(list)
      yield* client.leave
      expect(lines.filter((line) => line.includes("may be left on the server"))).toHaveLength(1)
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )
})

describe.skipIf(!isInstalled)("Redis that refuses commands", () => {
  const password = "redis-password"
  it.scopedLive("Redis without AUTH, its password is not in the error", () =>
    Effect.gen(function* () {
      const { enter, redis } = yield* setUpWith({ "rename-command": "AUTH nothing" })
      const lines: Array<string> = []
      const url = `redis://:${password}@127.0.0.1:${redis.port}`
      const error = yield* logged(lines, Effect.flip(enter({ redis: url, deadline: "2 seconds" })))
      expect(error.message).toContain("unknown command")
      expect(`${error.message}${JSON.stringify(error)}${lines.join()}`).not.toContain(password)
    })
  )

  it.scopedLive("a proxy that repeats the password of AUTH, it is not in the error", () =>
    Effect.gen(function* () {
      const { enter } = yield* setUp
      const { port } = yield* replying(
        (command) => `-${/^auth/i.test(command) ? "ERR no user for" : "NOAUTH"} ${command}`
      )
      const lines: Array<string> = []
      const url = `redis://:${password}@127.0.0.1:${port}`
      const error = yield* logged(lines, Effect.flip(enter({ redis: url, deadline: "2 seconds" })))
      expect(error.message).toContain("<redacted>")
      expect(`${error.message}${JSON.stringify(error)}${lines.join()}`).not.toContain(password)
    })
  )

  it.scopedLive("a user who may no longer subscribe, nothing is rejected and the session is shared", () =>
    Effect.gen(function* () {
      const rejections: Array<unknown> = []
      const onRejection = (reason: unknown) => rejections.push(reason)
      process.on("unhandledRejection", onRejection)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.off("unhandledRejection", onRejection)))
      const { enter, redis, simulator } = yield* setUp
      yield* Effect.promise(() => redis.client.acl("SETUSER", "worker", "on", ">pw", "~*", "&*", "+@all"))
      yield* simulator.inject({ operation: "signIn", fault: Fault.delay("500 millis") })
      const url = `redis://worker:pw@127.0.0.1:${redis.port}`
      // One of them waits for the other, and subscribes.
      const clients = yield* Effect.all([enter({ redis: url }), enter({ redis: url })], { concurrency: "unbounded" })
      // Redis closes the connections that are subscribed to another channel than is allowed.
      yield* Effect.promise(() => redis.client.acl("SETUSER", "worker", "resetchannels"))
      yield* Effect.sleep(1000)
      yield* Effect.forEach(clients, ({ run }) => run(list))
      yield* Effect.forEach(clients, ({ leave }) => leave)
      expect(rejections).toEqual([])
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("a user who may not publish, the session is shared nevertheless", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* Effect.promise(() => redis.client.acl("SETUSER", "quiet", "on", ">pw", "~*", "resetchannels", "+@all"))
      const url = `redis://quiet:pw@127.0.0.1:${redis.port}`
      const entered = enter({ redis: url, lease: "1 minute" })
      const clients = yield* Effect.all([entered, entered, entered], { concurrency: "unbounded" })
      // The script did not stop halfway.
      expect(yield* Effect.promise(() => redis.client.keys("*:lease"))).toEqual([])
      yield* simulator.endSessions
      yield* Effect.forEach(clients, ({ run }) => run(list), { concurrency: "unbounded" })
      expect(yield* simulator.count("signIn")).toBe(2)
      yield* Effect.forEach(clients, ({ leave }) => leave)
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  /** A client whose user may not use one command. */
  const enterWithout = (command: string) =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      yield* Effect.promise(() => redis.client.acl("SETUSER", "less", "on", ">pw", "~*", "&*", "+@all", `-${command}`))
      const url = `redis://less:pw@127.0.0.1:${redis.port}`
      return { simulator, entered: enter({ redis: url, deadline: "2 seconds" }) }
    })

  for (const command of ["evalsha", "eval", "time", "zadd"]) {
    it.scopedLive(`a user without ${command}, SessionStoreUnavailable says that it is refused`, () =>
      Effect.gen(function* () {
        const { entered, simulator } = yield* enterWithout(command)
        const error = yield* Effect.flip(entered)
        expect(error._tag).toBe("SessionStoreUnavailable")
        expect(error.message).toMatch(/NOPERM|can't run this command/)
        expect(yield* simulator.count("signIn")).toBe(0)
      })
    )
  }

  for (const command of ["info", "subscribe", "client"]) {
    it.scopedLive(`a user without ${command}, the session is shared nevertheless`, () =>
      Effect.gen(function* () {
        const { entered, simulator } = yield* enterWithout(command)
        const clients = yield* Effect.all([entered, entered], { concurrency: "unbounded" })
        yield* Effect.forEach(clients, ({ run }) => run(list))
        yield* Effect.forEach(clients, ({ leave }) => leave)
        expect(yield* simulator.count("signIn")).toBe(1)
        expect(yield* simulator.sessions).toEqual([])
      })
    )
  }

  it.scopedLive("a server that becomes a replica and another one that becomes the primary, it connects again", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter()
      const connected = async () => /total_connections_received:(\d+)/.exec(await redis.client.info("stats"))?.[1]
      yield* Effect.promise(() => redis.client.replicaof("127.0.0.1", 1))
      yield* client.run(list)
      const before = Number(yield* Effect.promise(connected))
      const error = yield* Effect.flip(enter({ deadline: "2 seconds" }))
      expect(error.message).toContain("READONLY")
      // A name that leads to the new primary is resolved again.
      expect(Number(yield* Effect.promise(connected))).toBeGreaterThan(before + 2)
      yield* Effect.promise(() => redis.client.replicaof("NO", "ONE"))
      yield* client.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("SCRIPT FLUSH before each command, nothing is noticed", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter()
      yield* Effect.promise(() => redis.client.script("FLUSH"))
      yield* simulator.endSessions
      yield* client.run(list)
      yield* Effect.promise(() => redis.client.script("FLUSH"))
      yield* client.leave
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    })
  )
})

describe.skipIf(!isInstalled)("Redis that is slow", () => {
  it.scopedLive("commands that take most of a lease, an error at the deadline", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const wire = yield* network(redis.port, 400)
      const [took, tag] = yield* Effect.timed(
        tagOf(enter({ redis: wire.url, lease: "600 millis", commandTimeout: "3 seconds", deadline: "6 seconds" })).pipe(
          Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => "hangs" })
        )
      )
      expect(tag).toBe("SessionStoreUnavailable")
      expect(Duration.toSeconds(took)).toBeLessThan(15)
      expect(yield* simulator.count("signIn")).toBe(0)
    })
  )

  it.scopedLive("a connection whose other end has vanished, another one is made", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const wire = yield* network(redis.port)
      const client = yield* enter({ redis: wire.url })
      wire.cut()
      yield* Effect.sleep(500)
      wire.mendNew()
      yield* simulator.endSessions
      yield* client.run(list)
      expect(yield* simulator.count("signIn")).toBe(2)
      yield* client.leave
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("a call that waits for Redis until its deadline, SessionStoreUnavailable", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const client = yield* enter({ deadline: "2 seconds" })
      yield* redis.kill
      yield* simulator.endSessions
      const error = yield* Effect.flip(client.run(list))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable", acted: "no" })
      yield* redis.start
      yield* client.leave
    })
  )

  it.scopedLive("many sessions in one process while Redis is down, no warning of Node", () =>
    Effect.gen(function* () {
      const { redis } = yield* setUp
      yield* redis.kill
      const warnings: Array<string> = []
      const onWarning = ({ message }: Error) => warnings.push(message)
      process.on("warning", onWarning)
      const store = yield* RedisSessionStore.make({ redis: redis.url, commandTimeout: "300 millis" })
      const leave = (n: number) =>
        Effect.flatMap(
          store.join({
            origin: "https://a",
            name: `${n}`,
            secret: Redacted.make("s"),
            site: "",
            impersonate: undefined
          }),
          (member) => member.leave(() => Effect.succeed(true))
        )
      yield* Effect.scoped(
        Effect.forEach(
          Array.from({ length: 30 }, (_, n) => n),
          leave,
          { concurrency: "unbounded" }
        )
      )
      process.off("warning", onWarning)
      expect(warnings).toEqual([])
    })
  )

  it.scopedLive("the store closes before its members, their commands fail and no connection is left", () =>
    Effect.gen(function* () {
      const { redis } = yield* setUp
      const scope = yield* Scope.make()
      const store = yield* Scope.extend(RedisSessionStore.make({ redis: redis.url }), scope)
      const identity = { origin: "https://a", name: "n", secret: Redacted.make("s"), site: "", impersonate: undefined }
      const member = yield* store.join(identity)
      yield* Scope.close(scope, Exit.void)
      yield* member.leave(() => Effect.succeed(true))
      const clients = String(yield* Effect.promise(() => redis.client.client("LIST")))
      expect(clients.trim().split("\n")).toHaveLength(1)
    })
  )
})
