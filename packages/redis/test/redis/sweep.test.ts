/** `effect-tableau-redis sweep` as a process. */
import { spawn } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { entering } from "./clients.js"
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
  return { simulator, environment, command, enter: entering(simulator.url, redis.url) }
})

describe.skipIf(!isInstalled)("the command sweep", () => {
  it.scopedLive("a session in use and one that was left, only the latter is signed out", () =>
    Effect.gen(function* () {
      const { command, enter, simulator } = yield* setUp
      expect(yield* command(["sweep"])).toEqual({
        code: 0,
        out: "Redis has no session of this token on this server.\n",
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
      for (const args of [[], ["help"], ["--help"], ["sweep", "--help"]]) {
        expect(yield* command(args, {})).toMatchObject({ code: 0, err: "" })
      }
      const failures = [
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
