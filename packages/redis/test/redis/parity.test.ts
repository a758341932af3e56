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

/** A command with numbers that often fit. A fence is one of those that were taken. */
const anyCommand = (fences: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const fence = fences[yield* Random.nextIntBetween(0, fences.length)] ?? 0
    const generation = yield* Random.nextIntBetween(1, 5)
    const session = { generation, box: `box ${generation}`, renewIn: undefined }
    const commands: ReadonlyArray<Command> = [
      { op: "read" },
      { op: "beat" },
      { op: "take", lease: life },
      { op: "extend", fence, lease: life },
      { op: "write", fence, ...session, expired: (yield* flip) ? 2 : undefined, explains: yield* flip },
      { op: "release", fence, settled: yield* flip, signInError: (yield* flip) ? { box: "error", life } : undefined },
      { op: "restore", ...session, replaces: yield* otherGeneration, fence: (yield* flip) ? fence : undefined },
      { op: "leave", lease: life },
      { op: "quit" },
      { op: "settle" },
      { op: "forget", fence }
    ]
    return commands[yield* Random.nextIntBetween(0, commands.length)] ?? { op: "read" }
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
        let first: readonly [number, number] | undefined
        const taken: Array<number> = []
        for (let i = 0; i < commandsOfRound; i++) {
          const index = yield* Random.nextIntBetween(0, members.length)
          const member = members[index]
          if (member === undefined) continue
          const command = yield* anyCommand(taken)
          const ofRedis: Command =
            "fence" in command && command.fence !== undefined && first !== undefined
              ? { ...command, fence: command.fence - first[0] + first[1] }
              : command
          log.push(`${index} ${JSON.stringify(command)}`)
          const a = yield* member.inMemory.run(command)
          const b = yield* member.inRedis.run(ofRedis)
          if (first === undefined && a.fence > 0) first = [a.fence - 1, b.fence - 1]
          if (!taken.includes(a.fence)) taken.push(a.fence)
          const [ofMemory, inRedis] = first ?? [0, 0]
          expect({ log, ...seen(b, inRedis) }).toEqual({ log, ...seen(a, ofMemory) })
        }
      }
    }).pipe(Effect.withRandom(Random.make("parity")))
  )
})
