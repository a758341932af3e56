/** Redis as it is run: with a user who may do little, with a wrong password, and as a cluster. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { RateLimiter } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"
import { Cluster, type RedisOptions } from "ioredis"
import { warnings } from "../../../../test/support/warnings.js"
import { entering, list } from "./clients.js"
import { isInstalled, redisServer, redisServerWith } from "./server.js"

/** Those in the guide. */
const options: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  socketTimeout: 2000,
  reconnectOnError: ({ message }) => message.includes("READONLY")
}

/** The permissions in the guide. */
const aclOfGuide = () => {
  const guide = readFileSync(new URL("../../../../docs/MANY-WORKERS.md", import.meta.url), "utf8")
  const line = /^ACL SETUSER (.*)$/m.exec(guide)?.[1] ?? ""
  return line.split(" ")
}

/** Several clients share a session, it ends, they share the next one, and the last one signs out. */
const shareSessions = (redis: Parameters<typeof entering>[1]) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make()
    const enter = entering(simulator.url, redis)
    const clients = yield* Effect.all([enter(), enter(), enter()], { concurrency: "unbounded" })
    const all = Effect.forEach(clients, ({ run }) => run(list), { concurrency: "unbounded" })
    yield* all
    expect(yield* simulator.count("signIn")).toBe(1)
    yield* simulator.endSessions
    yield* all
    expect(yield* simulator.count("signIn")).toBe(2)
    yield* Effect.sleep(500)
    yield* Effect.forEach(clients, ({ leave }) => leave)
    expect(yield* simulator.sessions).toEqual([])
  })

describe.skipIf(!isInstalled)("Redis as it is run", () => {
  it.scopedLive("a user with the commands of the guide only, clients share sessions and no command is refused", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const acl = aclOfGuide()
      const [user = ""] = acl
      yield* Effect.promise(() => redis.client.call("ACL", "SETUSER", ...acl))
      const password = acl.find((rule) => rule.startsWith(">"))?.slice(1)
      const url = `redis://${user}:${password}@127.0.0.1:${redis.port}`
      yield* shareSessions(url)
      const limiter = yield* RateLimiter.make(RateLimiter.unverified, { redis: url })
      yield* Effect.scoped(limiter.consume("calls:user", 1))
      yield* Effect.scoped(limiter.consume("exports:user", 1))
      const refused = yield* Effect.promise(() => redis.client.call("ACL", "LOG"))
      // ioredis says its name, and goes on without.
      expect(Array.isArray(refused) && refused.filter((entry) => !entry.includes("client|setinfo"))).toEqual([])
    })
  )

  it.scopedLive("a wrong password, the first open fails at once with what Redis said and no sign-in is sent", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      yield* Effect.promise(() => redis.client.config("SET", "requirepass", "right"))
      const simulator = yield* Simulator.make()
      const enter = entering(simulator.url, `redis://:wrong@127.0.0.1:${redis.port}`)
      const [took, error] = yield* Effect.timed(Effect.flip(enter({ deadline: "1 minute" })))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable" })
      expect(error.message).toMatch(/WRONGPASS/)
      expect(Duration.toSeconds(took)).toBeLessThan(20)
      expect(error.message).not.toContain("wrong@")
      expect(yield* simulator.count("signIn")).toBe(0)
    })
  )

  it.scopedLive(
    "no password, too few rights, or no such database, the first open fails at once with what Redis said",
    () =>
      Effect.gen(function* () {
        const redis = yield* redisServer
        const simulator = yield* Simulator.make()
        yield* Effect.promise(() => redis.client.acl("SETUSER", "reader", "on", ">pw", "~*", "-@all", "+get", "+info"))
        yield* Effect.promise(() => redis.client.config("SET", "requirepass", "right"))
        for (const [user, said, database] of [
          ["", "NOAUTH", ""],
          ["reader:pw@", "NOPERM", ""],
          [":right@", "DB index is out of range", "/99"]
        ] as const) {
          const enter = entering(simulator.url, `redis://${user}127.0.0.1:${redis.port}${database}`)
          const [took, error] = yield* Effect.timed(Effect.flip(enter({ deadline: "1 minute" })))
          expect(error.message).toContain(said)
          expect(Duration.toSeconds(took)).toBeLessThan(20)
        }
      })
  )

  it.scopedLive("TLS to a port without it, the error asks for that, and the warning says for how long it waits", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const simulator = yield* Simulator.make()
      const enter = entering(simulator.url, `rediss://127.0.0.1:${redis.port}`)
      const lines = yield* warnings(Effect.flip(enter({ deadline: "2 seconds" })))
      expect(lines).toEqual([
        expect.stringMatching(/does its port speak TLS\?\)\. Waiting for it, for [12]s at most\./)
      ])
    })
  )

  it.scopedLive("a server that is no Redis, the error says so and no sign-in is sent", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const enter = entering(simulator.url, simulator.url.replace("http:", "redis:"))
      const error = yield* Effect.flip(enter({ deadline: "2 seconds" }))
      expect(error).toMatchObject({ _tag: "SessionStoreUnavailable" })
      expect(error.message).toContain("the server is not Redis")
      expect(yield* simulator.count("signIn")).toBe(0)
    })
  )

  it.scopedLive("a cluster of three nodes, clients share sessions and a budget", () =>
    Effect.gen(function* () {
      const node = redisServerWith({ "cluster-enabled": "yes", "cluster-node-timeout": "2000" })
      const nodes = yield* Effect.all([node, node, node])
      yield* Effect.promise(async () => {
        const size = Math.ceil(16_384 / nodes.length)
        for (const [n, { client }] of nodes.entries()) {
          const slots = Array.from({ length: Math.min(size, 16_384 - n * size) }, (_, slot) => n * size + slot)
          await client.cluster("ADDSLOTS", ...slots)
          await client.cluster("MEET", "127.0.0.1", nodes[0].port)
        }
        for (;;) {
          const infos = await Promise.all(nodes.map(({ client }) => client.cluster("INFO")))
          if (infos.every((info) => info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3"))) return
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      })
      const cluster = () =>
        new Cluster(
          nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
          { lazyConnect: true, enableOfflineQueue: false, redisOptions: options }
        )
      yield* shareSessions(cluster)
      const limiter = yield* RateLimiter.make(RateLimiter.unverified, { redis: cluster })
      const users = Array.from({ length: 10 }, (_, n) => `user ${n}`)
      for (const user of users) yield* Effect.scoped(limiter.consume(`calls:${user}`, 1))
      const keys = yield* Effect.promise(() => Promise.all(nodes.map(({ client }) => client.keys("tableau:limit:*"))))
      expect(keys.flat()).toHaveLength(users.length)
    })
  )
})
