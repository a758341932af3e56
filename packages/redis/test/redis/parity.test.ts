/** The store in memory of the other tests, beside the script that Redis runs. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Command, Reply } from "../../src/internal/backend.js"
import * as Redis from "../../src/internal/redis.js"
import * as Memory from "../memoryBackend.js"
import { isInstalled, redisServer } from "./server.js"

const rounds = 100
const commandsOfRound = 25
const life = 600_000

const flip = Effect.map(Random.nextIntBetween(0, 2), (n) => n === 1)

const otherGeneration = Effect.flatMap(flip, (is) => (is ? Random.nextIntBetween(1, 5) : Effect.succeed(undefined)))

/** A command with numbers that often fit, for a store whose count of leases begins at `base`. */
const anyCommand = (taken: number) =>
  Effect.gen(function* () {
    const lease = yield* Random.nextIntBetween(0, taken + 2)
    const generation = yield* Random.nextIntBetween(1, 5)
    const session = { generation, box: `box ${generation}`, renewIn: undefined }
    const expired = (yield* flip) ? 2 : undefined
    const [explains, settled, hasFailed, hasFence] = yield* Effect.all([flip, flip, flip, flip])
    const signInError = hasFailed ? { box: "error", life } : undefined
    const replaces = yield* otherGeneration
    const choice = yield* Random.nextIntBetween(0, 11)
    return (base: number): Command => {
      const fence = base + lease
      const commands: ReadonlyArray<Command> = [
        { op: "read" },
        { op: "beat" },
        { op: "take", lease: life },
        { op: "extend", fence, lease: life },
        { op: "write", fence, ...session, expired, explains },
        { op: "release", fence, settled, signInError },
        { op: "restore", ...session, replaces, fence: hasFence ? fence : undefined },
        { op: "leave", lease: life },
        { op: "quit" },
        { op: "settle" },
        { op: "forget", fence }
      ]
      return commands[choice] ?? { op: "read" }
    }
  })

/** What both must agree on. The numbers of leases begin at the time of each store. */
const seen = (reply: Reply, first: number) => {
  const { record } = reply
  return {
    ...{
      ok: reply.ok,
      members: reply.members,
      elsewhere: reply.elsewhere,
      lease: reply.lease,
      signInError: reply.signInError
    },
    fence: Math.max(0, reply.fence - first),
    settled: Math.max(0, reply.settled - first),
    record: record && {
      ...{ generation: record.generation, box: record.box, closing: record.closing, expired: record.expired },
      fence: Math.max(0, record.fence - first)
    }
  }
}

describe.skipIf(!isInstalled)("the store in memory", () => {
  it.scopedLive("random commands of three members, the same replies as from Redis", () =>
    Effect.gen(function* () {
      const redis = yield* redisServer
      const connection = yield* Redis.connect({ operation: "test", client: redis.url, commandTimeout: 5000 })
      for (let round = 0; round < rounds; round++) {
        yield* Effect.promise(() => redis.client.flushall())
        const memory = Memory.make(life)
        const members = ["a:1", "b:1", "c:2"].map((member) => ({
          inMemory: memory.backend(member),
          inRedis: Redis.backend(connection, { name: "n", prefix: "t:", member, memberLife: life, recordLife: life })
        }))
        const log: Array<string> = []
        /** What the count of leases of each store begins from. */
        let bases: readonly [number, number] | undefined
        let taken = 0
        for (let i = 0; i < commandsOfRound; i++) {
          const member = members[yield* Random.nextIntBetween(0, members.length)]
          if (member === undefined) continue
          const command = yield* anyCommand(taken)
          const [inMemory, inRedis] = bases ?? [0, 0]
          log.push(JSON.stringify(command(inMemory)))
          const a = yield* member.inMemory.run(command(inMemory))
          const b = yield* member.inRedis.run(command(inRedis))
          if (bases === undefined && a.fence > 0) bases = [a.fence - 1, b.fence - 1]
          const [ofMemory, ofRedis] = bases ?? [0, 0]
          taken = a.fence - ofMemory
          expect({ log, ...seen(b, ofRedis) }).toEqual({ log, ...seen(a, ofMemory) })
        }
      }
    }).pipe(Effect.withRandom(Random.make("parity")))
  )
})
