/**
 * One Tableau session for many processes, in Redis.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as RedisSessionStore from "./RedisSessionStore.js"
