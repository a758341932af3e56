/** Takes budgets: in Redis, and in memory without Redis or while it fails. */
import { randomUUID } from "node:crypto"
import * as Limiter from "@effect/experimental/RateLimiter"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { StoreFailure } from "./backend.js"
import * as Limits from "./limits.js"
import type { Connection } from "./redis.js"

/** A token bucket: so many at once, and then one each so many milliseconds. */
interface Bucket {
  readonly burst: number
  readonly spacing: number
}

/** Where budgets are. */
interface Place<E> {
  /** With `sent` it does not wait. */
  readonly take: (key: string, weight: number, bucket: Bucket, sent: boolean) => Effect.Effect<void, E>
  readonly hold: (key: string, atOnce: number) => Effect.Effect<void, E, Scope.Scope>
}

/** Takes tokens, and waits until they have come. A wait that is interrupted puts them back, so that no debt remains. */
const takeFrom =
  (limiter: Limiter.RateLimiter): Place<StoreFailure>["take"] =>
  (key, weight, { burst, spacing }, sent) => {
    const consume = (tokens: number): Effect.Effect<number, StoreFailure> => {
      const window = Duration.millis(burst * spacing)
      return limiter
        .consume({ algorithm: "token-bucket", onExceeded: "delay", limit: burst, window, key, tokens })
        .pipe(
          Effect.map(({ delay }) => Math.ceil(Duration.toMillis(delay))),
          Effect.mapError(({ message }) => new StoreFailure({ detail: message }))
        )
    }
    // A limiter does not take more at once than the bucket can hold.
    const takeAll = (tokens: number): Effect.Effect<number, StoreFailure> =>
      tokens <= burst
        ? consume(tokens)
        : Effect.andThen(
            consume(burst),
            Effect.suspend(() => takeAll(tokens - burst))
          )
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(takeAll(weight), (delay) =>
        delay === 0 || sent
          ? Effect.void
          : restore(Effect.sleep(Duration.millis(delay))).pipe(
              Effect.onInterrupt(() => Effect.ignore(consume(-weight)))
            )
      )
    )
  }

const inMemory: Effect.Effect<Place<StoreFailure>> = Effect.map(
  Effect.provide(Limiter.make, Limiter.layerStoreMemory),
  (limiter) => {
    const semaphores = new Map<string, Effect.Semaphore>()
    return {
      take: takeFrom(limiter),
      hold: (key, atOnce) =>
        Effect.uninterruptibleMask((restore) => {
          const semaphore = semaphores.get(key) ?? Effect.unsafeMakeSemaphore(atOnce)
          semaphores.set(key, semaphore)
          return Effect.andThen(
            restore(semaphore.take(1)),
            Effect.addFinalizer(() => semaphore.release(1))
          )
        })
    }
  }
)

/** How often a process looks for room: the mean, in milliseconds. */
const poll = 250

const inRedis = (connection: Connection, lease: number): Effect.Effect<Place<StoreFailure>> =>
  Effect.map(Effect.provideService(Limiter.make, Limiter.RateLimiterStore, Limits.buckets(connection)), (limiter) => ({
    take: takeFrom(limiter),
    hold: (key, atOnce) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const own = { key, id: randomUUID() }
          const hold = Limits.hold(connection, own, atOnce, lease)
          const free = Effect.ignore(Limits.free(connection, own))
          while (!(yield* hold)) {
            yield* restore(Effect.sleep(Duration.millis(Math.ceil(yield* Random.nextRange(poll / 2, (3 * poll) / 2)))))
          }
          yield* Effect.addFinalizer(() => free)
          // An export can take longer than a lease.
          yield* Effect.sleep(Duration.millis(lease / 3)).pipe(
            Effect.andThen(Effect.ignore(hold)),
            Effect.forever,
            Effect.interruptible,
            Effect.forkScoped
          )
        })
      )
  }))

/** After a failure, how long a process limits itself before it tries Redis again, in nanoseconds. */
const aloneFor = 5_000_000_000n

/** While Redis fails, a process limits itself: waiting for Redis would stop all calls, and no limit would exceed it. */
const withFallback = (shared: Place<StoreFailure>, alone: Place<StoreFailure>): Place<StoreFailure> => {
  let aloneUntil: bigint | undefined

  const guarded = <R>(
    inShared: Effect.Effect<void, StoreFailure, R>,
    inAlone: Effect.Effect<void, StoreFailure, R>
  ): Effect.Effect<void, StoreFailure, R> =>
    Effect.flatMap(Clock.currentTimeNanos, (now) => {
      if (aloneUntil !== undefined) {
        if (now < aloneUntil) return inAlone
        // One call finds out whether Redis works again.
        aloneUntil = now + aloneFor
      }
      return inShared.pipe(
        Effect.tap(() => {
          if (aloneUntil === undefined) return Effect.void
          aloneUntil = undefined
          return Effect.logInfo("The rate limiter uses Redis again.")
        }),
        Effect.catchAll(({ detail }) =>
          Effect.flatMap(Clock.currentTimeNanos, (failedAt) => {
            const isFirst = aloneUntil === undefined
            aloneUntil = failedAt + aloneFor
            const log = isFirst
              ? Effect.logWarning(`The rate limiter cannot use Redis: this process limits itself meanwhile. ${detail}.`)
              : Effect.void
            return Effect.andThen(log, inAlone)
          })
        )
      )
    })

  return {
    take: (...taken) => guarded(shared.take(...taken), alone.take(...taken)),
    hold: (key, atOnce) => guarded(shared.hold(key, atOnce), alone.hold(key, atOnce))
  }
}

/** Never fails: memory does not. */
export const make = (
  redis: { readonly connection: Connection; readonly lease: number } | undefined
): Effect.Effect<Place<never>> =>
  Effect.gen(function* () {
    const alone = yield* inMemory
    const place = redis === undefined ? alone : withFallback(yield* inRedis(redis.connection, redis.lease), alone)
    return {
      take: (...taken) => Effect.orDie(place.take(...taken)),
      hold: (key, atOnce) => Effect.orDie(place.hold(key, atOnce))
    }
  })
