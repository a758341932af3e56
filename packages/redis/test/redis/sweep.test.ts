/** `effect-tableau-redis sweep` as a process. */
import { spawn } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { Credentials, TableauSession } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { RedisSessionStore } from "effect-tableau-redis"
import { Simulator } from "effect-tableau-simulator"
import { Redis } from "ioredis"
import { entering, type Given, list } from "./clients.js"
import { isInstalled, redisServer } from "./server.js"
import { bundleOf } from "./workers.js"

const setUp = Effect.gen(function* () {
  const simulator = yield* Simulator.make()
  const redis = yield* redisServer
  const program = yield* bundleOf("../../src/main.ts")
  const environment = {
    REDIS_URL: redis.url,
    TABLEAU_SERVER_URL: simulator.url,
    TABLEAU_TOKEN_NAME: "demo-token",
    TABLEAU_TOKEN_VALUE: "demo-secret"
  }
  const command = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = environment) =>
    Effect.promise(
      () =>
        new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
          const child = spawn(process.execPath, [program, ...args], { env: { ...env, NO_PROXY: "127.0.0.1" } })
          let out = ""
          let err = ""
          child.stdout.on("data", (chunk) => {
            out += String(chunk)
          })
          child.stderr.on("data", (chunk) => {
            err += String(chunk)
          })
          child.on("close", (code) => resolve({ code, out, err }))
        })
    )
  return {
    simulator,
    redis,
    environment,
    command,
    enter: (given: Given = {}) =>
      entering(simulator.url, redis.url)({ commandTimeout: "10 seconds", deadline: "1 minute", ...given })
  }
})

describe.skipIf(!isInstalled)("the command sweep", () => {
  it.scopedLive("a session in use and one that was left, only the latter is signed out", () =>
    Effect.gen(function* () {
      const { command, enter, simulator } = yield* setUp
      expect(yield* command(["sweep"])).toEqual({
        code: 0,
        out: "Redis has no session of this token, with this value, on this server.\n",
        err: ""
      })
      const client = yield* enter({ signOut: "never", site: "MarketingTeam" })
      expect((yield* command(["sweep"])).out).toContain("in use")
      expect(yield* simulator.sessions).toHaveLength(1)
      yield* client.leave
      const swept = yield* command(["sweep"])
      expect(swept).toMatchObject({ code: 0, out: 'Signed out the session on site "MarketingTeam".\n' })
      // What the session logs is apart from the output.
      expect(swept.err).toContain("Shares the session")
      expect(swept.err).not.toContain("demo-secret")
      expect(yield* simulator.sessions).toEqual([])
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  it.scopedLive("a session of an impersonated user, it is found and signed out with TABLEAU_IMPERSONATE_USER_ID", () =>
    Effect.gen(function* () {
      const { command, enter, environment, simulator } = yield* setUp
      const id = yield* Effect.gen(function* () {
        const { user } = yield* (yield* TableauSession.make({
          server: simulator.url,
          credentials: Credentials.password({ username: "viewer", password: Redacted.make(`p@ss"w&rd<é`) })
        })).current
        return user.id
      }).pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient()))
      const client = yield* enter({ signOut: "never", impersonate: id })
      yield* client.leave
      expect((yield* command(["sweep"])).out).toContain("no session")
      const swept = yield* command(["sweep"], { ...environment, TABLEAU_IMPERSONATE_USER_ID: id })
      expect(swept).toMatchObject({ code: 0, out: 'Signed out the session on site "".\n' })
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("a process joins while a sweep is at work, its session stays and is in use", () =>
    Effect.gen(function* () {
      const { enter, redis, simulator } = yield* setUp
      const left = yield* enter({ signOut: "never" })
      yield* left.leave
      const joins = yield* Deferred.make<void>()
      const hasJoined = yield* Deferred.make<void>()
      const runtime = yield* Effect.runtime()
      // The sweep is about to leave, as the last one.
      const connect = () => {
        const client = new Redis(redis.url, {
          lazyConnect: true,
          enableOfflineQueue: false,
          autoResendUnfulfilledCommands: false
        })
        const { evalsha } = client
        client.evalsha = function (this: Redis, ...args: Array<never>) {
          const send = () => Reflect.apply(evalsha, this, args)
          if (String(args[7]) !== "leave") return send()
          return Runtime.runPromise(runtime)(
            Effect.andThen(Deferred.succeed(joins, undefined), Deferred.await(hasJoined))
          ).then(send)
        } as typeof evalsha
        return client
      }
      const credentials = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
      const sweeping = yield* RedisSessionStore.sweep(
        { redis: connect, commandTimeout: "1 minute" },
        { server: simulator.url, credentials }
      ).pipe(Effect.provide(TableauNode.layerHttpClient()), Effect.fork)
      yield* Deferred.await(joins)
      const client = yield* enter({ heartbeat: "1 minute" })
      yield* Deferred.succeed(hasJoined, undefined)
      expect(yield* Fiber.join(sweeping)).toEqual({ _tag: "InUse", members: 1 })
      yield* client.run(list)
      expect(yield* simulator.count("signIn")).toBe(1)
    })
  )

  it.scopedLive("two at once, both end and no session is left", () =>
    Effect.gen(function* () {
      const { command, enter, simulator } = yield* setUp
      const client = yield* enter({ signOut: "never" })
      yield* client.leave
      const both = yield* Effect.all([command(["sweep"]), command(["sweep"])], { concurrency: "unbounded" })
      expect(both.map(({ code }) => code)).toEqual([0, 0])
      expect(yield* simulator.sessions).toEqual([])
    })
  )

  it.scopedLive("help is status 0, and wrong arguments or variables are status 1 with one line", () =>
    Effect.gen(function* () {
      const { command, environment } = yield* setUp
      const { TABLEAU_TOKEN_NAME: _name, TABLEAU_TOKEN_VALUE: _value, ...withoutToken } = environment
      for (const args of [[], ["help"], ["--help"], ["sweep", "--help"]]) {
        expect(yield* command(args, {})).toMatchObject({ code: 0, err: "" })
      }
      const failures = [
        [
          ["sweep"],
          { ...withoutToken, TABLEAU_USERNAME: "admin", TABLEAU_PASSWORD: "admin-password" },
          "only tokens are shared"
        ],
        [["swep"], environment, "Unknown arguments: swep"],
        [["sweep"], {}, "REDIS_URL"],
        [["sweep"], { ...environment, REDIS_URL: "http://:redis-secret@127.0.0.1" }, "rediss://"],
        [["sweep"], { ...environment, REDIS_URL: "redis://:redis-secret@127.0.0.1:1" }, "ECONNREFUSED"]
      ] as const
      for (const [args, env, said] of failures) {
        const { code, err } = yield* command(args, env)
        expect(code).toBe(1)
        expect(err).toContain(said)
        expect(err.trim().split("\n")).toHaveLength(1)
        expect(err).not.toContain("redis-secret")
      }
    })
  )
})
