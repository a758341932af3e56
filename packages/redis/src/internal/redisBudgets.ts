/**
 * The buckets and places of the rate limiter in Redis. The token buckets of `@effect/experimental/RateLimiter/Redis` go by
 * the clocks of the hosts: one that is an hour ahead fills a bucket, and the others then wait for an hour. They also use
 * two keys, which a cluster refuses, and stay in Redis for ever. These go by the clock of Redis, and expire.
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { StoreFailure } from "./backend.js"
import type { Connection } from "./redis.js"
import { scriptOf } from "./script.js"

/** Each command has one key, and is atomic. */
const script = scriptOf(`
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

if op == 'take' then
  local count, limit, refill, overflow = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
  local bucket = redis.call('HMGET', key, 'tokens', 'at')
  local tokens, at = tonumber(bucket[1] or limit), tonumber(bucket[2] or now)
  tokens = math.min(limit, tokens + math.max(0, now - at) / refill)
  local left = math.min(limit, tokens - count)
  if left >= 0 or overflow then tokens = left end
  redis.call('HSET', key, 'tokens', string.format('%.17g', tokens), 'at', string.format('%.3f', now))
  redis.call('PEXPIRE', key, string.format('%.0f', math.ceil((limit - tokens) * refill) + 1000))
  return string.format('%.17g', left)
end

local lease = ARGV[2]
if op == 'free' then
  redis.call('ZREM', key, lease)
  return '1'
end

local atOnce, millis = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
if redis.call('ZREM', key, lease) == 0 and redis.call('ZCARD', key) >= atOnce then return '0' end
redis.call('ZADD', key, string.format('%.0f', now + millis), lease)
redis.call('PEXPIRE', key, string.format('%.0f', millis + 1000))
return '1'
`)

const runWith = (connection: Connection, key: string, ...values: ReadonlyArray<string | number>) =>
  connection.run([key], values.map(String), script)

/** The number of tokens that are left: negative if they are to come. */
const tokensOf = (reply: unknown): Effect.Effect<number, StoreFailure> => {
  const tokens = typeof reply === "string" ? Number(reply) : Number.NaN
  return Number.isFinite(tokens)
    ? Effect.succeed(tokens)
    : new StoreFailure({ detail: "Redis returned a reply that this version does not know" })
}

/** The store of the token buckets. It has no fixed windows, which nothing here uses. */
export const buckets = (connection: Connection): typeof RateLimiter.RateLimiterStore.Service => {
  const failure = ({ detail }: Pick<StoreFailure, "detail">) => new RateLimiter.RateLimitStoreError({ message: detail })
  return {
    fixedWindow: () => failure({ detail: "there are token buckets only" }),
    tokenBucket: ({ allowOverflow, key, limit, refillRate, tokens }) =>
      runWith(connection, key, "take", tokens, limit, Duration.toMillis(refillRate), allowOverflow ? 1 : 0).pipe(
        Effect.flatMap(tokensOf),
        Effect.mapError(failure)
      )
  }
}

/** A place among those that may be at work at once. */
export interface PlaceId {
  readonly key: string
  readonly id: string
}

/** Takes a place, or keeps it. Returns false if there is no room. One that is not kept is free after `lease`. */
export const takePlace = (
  connection: Connection,
  { id, key }: PlaceId,
  atOnce: number,
  lease: number
): Effect.Effect<boolean, StoreFailure> =>
  Effect.map(runWith(connection, key, "hold", id, atOnce, lease), (reply) => reply === "1")

export const freePlace = (connection: Connection, { id, key }: PlaceId): Effect.Effect<void, StoreFailure> =>
  Effect.asVoid(runWith(connection, key, "free", id))
