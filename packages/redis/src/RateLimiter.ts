/**
 * Budgets of calls, for the option `rateLimiter` of a session: in the memory of one process, or in Redis for many.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { TableauError, type RateLimiter as TableauRateLimiter } from "effect-tableau"
import * as Limiter from "./internal/limiter.js"
import { connect, longestTimer } from "./internal/redis.js"
import type { Options as StoreOptions } from "./RedisSessionStore.js"

/**
 * So many requests in a time, by a token bucket: `burst` at once after a pause, and the rest of `limit` spread evenly over
 * the window. In no window there are more than `limit`, because the server counts a burst, too. A larger `burst` lowers the
 * steady rate, `limit - burst + 1` in each window.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rate {
  /** At most so many in a window. */
  readonly limit: number
  readonly window: Duration.DurationInput
  /** So many of them at once. By default a tenth. */
  readonly burst?: number | undefined
}

/**
 * So many requests at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface AtOnce {
  readonly atOnce: number
}

/**
 * The limit of each budget, for each user on each site. A budget without one is not limited.
 *
 * @since 0.1.0
 * @category models
 */
export type Limits = { readonly [B in TableauRateLimiter.Budget]?: Rate | AtOnce | undefined }

/**
 * Limits that people report of Tableau Cloud. **Tableau does not publish them, and this package has not verified them.**
 * For each user on each site: 40,000 calls an hour, of which 4,000 at once and then 10 a second; 60 refreshes an hour, of
 * which 30 at once and then one every two minutes; 20,000 job polls a day, of which 2,000 at once and then one every 5
 * seconds; 600 publishes an hour, of which 60 at once and then one every 7 seconds; 20 exports at once.
 *
 * @example
 * ```ts
 * import { RateLimiter } from "effect-tableau-redis"
 *
 * const limits: RateLimiter.Limits = {
 *   ...RateLimiter.unverified,
 *   calls: { limit: 20_000, window: "1 hour", burst: 1000 },
 *   publishes: undefined
 * }
 * ```
 *
 * @since 0.1.0
 * @category limits
 */
export const unverified = {
  calls: { limit: 40_000, window: "1 hour", burst: 4000 },
  refreshes: { limit: 60, window: "1 hour", burst: 30 },
  jobPolls: { limit: 20_000, window: "1 day", burst: 2000 },
  publishes: { limit: 600, window: "1 hour", burst: 60 },
  exports: { atOnce: 20 }
} as const satisfies Limits

/**
 * Where the budgets are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Redis, as for `RedisSessionStore`. Without it the budgets are in the memory of this process. */
  readonly redis?: StoreOptions["redis"] | undefined
  /** What the names of all keys begin with. By default `tableau:`. */
  readonly prefix?: string | undefined
  /** How long Redis may take for a command, connecting included. By default 2 seconds. */
  readonly commandTimeout?: Duration.DurationInput | undefined
  /**
   * For how long a place of `atOnce` is held for a process that has crashed. A process that works extends it. By default
   * 30 seconds.
   */
  readonly lease?: Duration.DurationInput | undefined
}

const operation = "RateLimiter.make"

const badRequest = (detail: string) => new TableauError.BadRequest({ operation, acted: "no", detail })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

type Take = (key: string, weight: number, sent: boolean) => Effect.Effect<void, never, Scope.Scope>

/** How a limit is taken, or what is wrong with it. */
const takeOf = (
  budget: string,
  limit: Rate | AtOnce,
  { hold, take }: Limiter.Budgets
): Effect.Effect<Take, TableauError.BadRequest> => {
  if ("atOnce" in limit) {
    const { atOnce } = limit
    return isCount(atOnce)
      ? Effect.succeed((key) => hold(`${key}:atOnce`, atOnce))
      : badRequest(`\`atOnce\` of ${budget} is ${atOnce}; it is a whole number above zero.`)
  }
  const window = Duration.toMillis(limit.window)
  const { burst = Math.max(1, Math.floor(limit.limit / 10)) } = limit
  if (!isCount(limit.limit))
    return badRequest(`\`limit\` of ${budget} is ${limit.limit}; it is a whole number above zero.`)
  if (!isCount(burst) || burst > limit.limit) {
    return badRequest(
      `\`burst\` of ${budget} is ${burst}; it is a whole number from 1 to ${limit.limit}, its \`limit\`.`
    )
  }
  if (!(window > 0 && Number.isFinite(window))) {
    return badRequest(`\`window\` of ${budget} is ${Duration.format(window)}; it is a time such as "1 hour".`)
  }
  // In a window that begins with a full bucket, the last token comes when it ends.
  const bucket = { burst, spacing: window / (limit.limit - burst + 1) }
  return Effect.succeed((key, weight, sent) => take(key, weight, bucket, sent))
}

/**
 * A rate limiter for the option `rateLimiter` of sessions, in memory or in Redis. Sessions with the same one share their
 * budgets, in Redis also those of other processes and hosts with the same limits and prefix.
 *
 * Calls take only what is there, and those that wait take nothing: a process that is killed leaves no debt. In one process
 * they pass in their order; between processes chance decides. However many wait, a process sends at most two commands for each
 * request that the budget allows, and one more for each call that comes; for a place of `atOnce`, four a second.
 *
 * While Redis fails, each process limits itself with the same numbers, which is logged. A call waits for Redis at most for
 * `commandTimeout` at a time. Redis' clock decides, so that those of hosts may differ; in memory it is one that is not set back.
 * A Redis that loses its data begins with full buckets. Fails with `BadRequest` if a number is wrong.
 *
 * @example
 * ```ts
 * import { Credentials, TableauSession } from "effect-tableau"
 * import { RateLimiter } from "effect-tableau-redis"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const Session = Layer.unwrapScoped(
 *   Effect.gen(function* () {
 *     const rateLimiter = yield* RateLimiter.make(RateLimiter.unverified, { redis: "redis://127.0.0.1:6379" })
 *     return TableauSession.layer({
 *       server: "https://tableau.example.com",
 *       credentials: yield* Credentials.environment,
 *       rateLimiter
 *     })
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  limits: Limits,
  options: Options = {}
): Effect.Effect<TableauRateLimiter.RateLimiter, TableauError.BadRequest, Scope.Scope> =>
  Effect.gen(function* () {
    const { redis } = options
    const connection =
      redis === undefined
        ? undefined
        : yield* connect({
            operation,
            client: Redacted.isRedacted(redis) ? Redacted.value(redis) : redis,
            commandTimeout: options.commandTimeout ?? "2 seconds"
          })
    const lease = Math.min(Math.max(100, Math.round(Duration.toMillis(options.lease ?? "30 seconds"))), longestTimer)
    const limiter = yield* Limiter.make(connection && { connection, lease })
    const takes = new Map<string, Take>()
    for (const [budget, limit] of Object.entries(limits)) {
      if (limit !== undefined) takes.set(budget, yield* takeOf(budget, limit, limiter))
    }
    const prefix = `${options.prefix ?? "tableau:"}limit:`
    return {
      consume: (key, weight, sent = false) =>
        takes.get(key.slice(0, key.indexOf(":")))?.(`${prefix}${key}`, weight, sent) ?? Effect.void
    }
  })
