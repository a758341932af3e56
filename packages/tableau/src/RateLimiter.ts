/**
 * A budget that sessions keep to, so that the server does not refuse them: Tableau Cloud limits calls by the hour, and
 * then refuses all of them for half an hour. Without the option `rateLimiter` of a session nothing is limited. The package
 * `effect-tableau-redis` has an implementation, for one process or for many.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * What is limited.
 *
 * - `calls`: each request of an operation, also one that is sent again. A sign-in that succeeds takes 2, for itself and for its
 *   sign-out, and a switch of the site takes 1: these do not wait, and later calls wait the longer
 * - `refreshes`: `Workbooks.refresh`, `Datasources.refresh` and `Tasks.run`
 * - `jobPolls`: `Jobs.get`, also while `Jobs.await` polls
 * - `publishes`: the requests that publish content, without the blocks of a file
 * - `exports`: images, PDF, data, crosstabs and PowerPoint of views and workbooks, until their content has been read
 *
 * A request of the last four takes 1 of its own budget, and then 1 of `calls`.
 *
 * @since 0.1.0
 * @category models
 */
export type Budget = "calls" | "refreshes" | "jobPolls" | "publishes" | "exports"

/**
 * A budget of one user on one site of one server, such as
 * `calls:https://tableau.example.com/marketingteam/9f9e9d9c-8b8a-8f8e-7d7c-7b7a6f6d6e6d`. It contains no secret, and can be
 * the name of a bucket as it is.
 *
 * @since 0.1.0
 * @category models
 */
export type Key = `${Budget}:${string}`

/**
 * Says when a request may be sent.
 *
 * @example
 * ```ts
 * import { Credentials, type RateLimiter, TableauSession } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const semaphore = yield* Effect.makeSemaphore(4)
 *   const rateLimiter: RateLimiter.RateLimiter = {
 *     consume: (key) =>
 *       key.startsWith("exports:")
 *         ? Effect.uninterruptibleMask((restore) =>
 *             Effect.andThen(
 *               restore(semaphore.take(1)),
 *               Effect.addFinalizer(() => semaphore.release(1))
 *             )
 *           )
 *         : Effect.void
 *   }
 *   return yield* TableauSession.make({
 *     server: "https://tableau.example.com",
 *     credentials: yield* Credentials.environment,
 *     rateLimiter
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimiter {
  /**
   * Completes when the budget has room for so many requests, and takes them. It is interrupted at the deadline of the
   * call, which then fails with `TimedOut`. What it adds to the scope is released when the request has ended: for a file,
   * when its content has been read.
   *
   * `sent` is true for requests that do not wait, such as a sign-in: they are taken although there is no room. What has
   * been taken for them must stay taken if it is interrupted, because the server has counted them.
   */
  readonly consume: (key: Key, weight: number, sent?: boolean) => Effect.Effect<void, never, Scope.Scope>
}
