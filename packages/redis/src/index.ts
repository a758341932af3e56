/**
 * One Tableau session and one budget for many processes, in Redis.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as RateLimiter from "./RateLimiter.js"

/**
 * @since 0.1.0
 */
export * as RedisSessionStore from "./RedisSessionStore.js"
