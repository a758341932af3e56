/** Takes budgets: in Redis, and in memory without Redis or while it fails. */
import { randomUUID } from "node:crypto"
import * as Limiter from "@effect/experimental/RateLimiter"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { StoreFailure } from "./backend.js"
import type { Connection } from "./redis.js"
import * as RedisBudgets from "./redisBudgets.js"

/** A token bucket: so many at once, and then one each so many milliseconds. */
interface Bucket {
  readonly burst: number
  readonly spacing: number
}

/** Sleeps until it is worth asking again. It is given how often this caller has been refused. */
type Later = (tries: number) => Effect.Effect<void>

/** Where budgets are. Nothing waits there, so that each request reads the budget where it is at this time. */
interface Place {
  /** Takes one token if it is there, with `sent` also if not. */
  readonly take: (key: string, bucket: Bucket, sent: boolean) => Effect.Effect<Later | undefined, StoreFailure>
  /** Takes a place until the scope closes, if there is one. */
  readonly hold: (
    key: string,
    id: string,
    atOnce: number
  ) => Effect.Effect<Later | undefined, StoreFailure, Scope.Scope>
}

/** The longest sleep, in milliseconds: Redis can come back, or lose its data, meanwhile. */
const longest = 10_000

const sleep = (millis: number): Effect.Effect<void> =>
  Effect.sleep(Duration.millis(Math.min(longest, Math.ceil(millis))))

const takeFrom =
  (limiter: Limiter.RateLimiter, later: (retryAfter: number, bucket: Bucket) => Later): Place["take"] =>
  (key, bucket, sent) => {
    const { burst: limit, spacing } = bucket
    const window = Duration.millis(limit * spacing)
    return limiter
      .consume({ algorithm: "token-bucket", onExceeded: sent ? "delay" : "fail", limit, window, key, tokens: 1 })
      .pipe(
        Effect.as(undefined),
        Effect.catchAll((error) =>
          error.reason === "Exceeded"
            ? Effect.succeed(later(Duration.toMillis(error.retryAfter), bucket))
            : new StoreFailure({ detail: error.message })
        )
      )
  }

/** The limiter in memory goes by the time of day, which can be set back: then no token would come until it is reached. */
const byMonotonicTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    const now = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6
    const monotonic: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      sleep: (duration) => clock.sleep(duration),
      unsafeCurrentTimeMillis: now,
      currentTimeMillis: Effect.sync(now),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeNanos: clock.currentTimeNanos
    }
    return Effect.withClock(effect, monotonic)
  })

const inMemory: Effect.Effect<Place> = Effect.map(Effect.provide(Limiter.make, Limiter.layerStoreMemory), (limiter) => {
  // A timer can end a millisecond early.
  const take = takeFrom(limiter, (retryAfter) => () => sleep(retryAfter + 1))
  const places = new Map<string, { free: number; readonly freed: Effect.Latch }>()
  return {
    take: (...taken) => byMonotonicTime(take(...taken)),
    hold: (key, _, atOnce) =>
      Effect.gen(function* () {
        const place = places.get(key) ?? { free: atOnce, freed: Effect.unsafeMakeLatch() }
        places.set(key, place)
        if (place.free === 0) {
          place.freed.unsafeClose()
          return () => place.freed.await
        }
        place.free--
        yield* Effect.addFinalizer(() => {
          place.free++
          return place.freed.open
        })
        return undefined
      })
  }
})

/** How often a process looks for a place: the mean, in milliseconds. */
const poll = 250

const inRedis = (connection: Connection, lease: number): Effect.Effect<Place> =>
  Effect.map(
    Effect.provideService(Limiter.make, Limiter.RateLimiterStore, RedisBudgets.buckets(connection)),
    (limiter) => ({
      // Processes wait for the same token. The jitter is random, and smaller for a call that was late before.
      take: takeFrom(
        limiter,
        (retryAfter, { spacing }) =>
          (tries) =>
            Effect.flatMap(Random.nextRange(0, Math.min(poll, spacing / 4) / tries), (jitter) =>
              sleep(retryAfter + jitter)
            )
      ),
      hold: (key, id, atOnce) =>
        Effect.gen(function* () {
          const own = { key, id }
          const taking = RedisBudgets.takePlace(connection, own, atOnce, lease)
          // One whose response was lost may have taken a place.
          const asked = Effect.tapError(taking, () =>
            Effect.forkDaemon(Effect.ignore(RedisBudgets.freePlace(connection, own)))
          )
          if (!(yield* asked)) return () => Effect.flatMap(Random.nextRange(poll / 2, (3 * poll) / 2), sleep)
          yield* Effect.addFinalizer(() => Effect.ignore(RedisBudgets.freePlace(connection, own)))
          // An export can take longer than a lease.
          yield* Effect.sleep(Duration.millis(lease / 3)).pipe(
            Effect.andThen(Effect.ignore(taking)),
            Effect.forever,
            Effect.interruptible,
            Effect.forkScoped
          )
          return undefined
        })
    })
  )

/** After a failure, how long a process limits itself before it tries Redis again, in nanoseconds. */
const aloneFor = 5_000_000_000n

/** While Redis fails, a process limits itself: waiting for Redis would stop all calls, and no limit would exceed it. */
const withFallback = (shared: Place, alone: Place): Place => {
  let aloneUntil: bigint | undefined

  const guarded = <R>(
    inShared: Effect.Effect<Later | undefined, StoreFailure, R>,
    inAlone: Effect.Effect<Later | undefined, StoreFailure, R>
  ): Effect.Effect<Later | undefined, StoreFailure, R> =>
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
    hold: (...held) => guarded(shared.hold(...held), alone.hold(...held))
  }
}

/**
 * Asks until it is taken. Of the calls of a process that wait for the same budget, only the first one asks, so that they are
 * in order, and that no more commands are sent the more calls wait.
 */
const makeWait = () => {
  const queues = new Map<string, { readonly turn: Effect.Semaphore; length: number }>()

  const untilTaken = <R>(ask: Effect.Effect<Later | undefined, never, R>): Effect.Effect<void, never, R> =>
    Effect.gen(function* () {
      for (let tries = 1; ; tries++) {
        const later = yield* ask
        if (later === undefined) return
        yield* later(tries)
      }
    })

  const inTurn = <R>(key: string, effect: Effect.Effect<void, never, R>): Effect.Effect<void, never, R> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const queue = queues.get(key) ?? { turn: Effect.unsafeMakeSemaphore(1), length: 0 }
        queue.length++
        queues.set(key, queue)
        return queue
      }),
      ({ turn }) => turn.withPermits(1)(effect),
      (queue) =>
        Effect.sync(() => {
          queue.length--
          if (queue.length === 0) queues.delete(key)
        })
    )

  return <R>(key: string, ask: Effect.Effect<Later | undefined, never, R>): Effect.Effect<void, never, R> =>
    Effect.gen(function* () {
      // While there is room, calls need not wait for each other's commands.
      if (!queues.has(key) && (yield* ask) === undefined) return
      yield* inTurn(key, untilTaken(ask))
    })
}

/** What takes budgets, and waits until it has. */
export interface Budgets {
  /** With `sent` it does not wait. */
  readonly take: (key: string, weight: number, bucket: Bucket, sent: boolean) => Effect.Effect<void>
  readonly hold: (key: string, atOnce: number) => Effect.Effect<void, never, Scope.Scope>
}

/** Never fails: memory does not. */
export const make = (
  redis: { readonly connection: Connection; readonly lease: number } | undefined
): Effect.Effect<Budgets> =>
  Effect.gen(function* () {
    const alone = yield* inMemory
    const place = redis === undefined ? alone : withFallback(yield* inRedis(redis.connection, redis.lease), alone)
    const wait = makeWait()
    return {
      take: (key, weight, bucket, sent) => {
        const ask = Effect.uninterruptible(Effect.orDie(place.take(key, bucket, sent)))
        // One by one: a call that needs several at once would never find them while others take each that comes.
        const takeAll = Effect.gen(function* () {
          for (let taken = 0; taken < weight; taken++) yield* sent ? ask : wait(key, ask)
        })
        return sent ? Effect.uninterruptible(takeAll) : takeAll
      },
      hold: (key, atOnce) =>
        Effect.suspend(() => wait(key, Effect.uninterruptible(Effect.orDie(place.hold(key, randomUUID(), atOnce)))))
    }
  })
