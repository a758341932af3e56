/** Lets the event loop turn while a large body is processed, so that timers, sockets and other fibers get their time. */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"

/** Characters, or bytes, that are processed at once: a few milliseconds. A body that is not larger takes one step. */
export const turnSize = 2 ** 17

/**
 * A macrotask. `Effect.yieldNow` is a microtask: timers and sockets wait until all of them are done. Browsers have no
 * `setImmediate`.
 */
const turn: Effect.Effect<void> = Effect.async((resume) => {
  const resumed = () => resume(Effect.void)
  if (typeof setImmediate === "function") {
    const immediate = setImmediate(resumed)
    return Effect.sync(() => clearImmediate(immediate))
  }
  const timer = setTimeout(resumed, 0)
  return Effect.sync(() => clearTimeout(timer))
})

/** Repeats a step until it returns a result. The event loop turns between two steps, and the fiber can be interrupted. */
export const inTurns = <A, E>(step: () => Either.Either<A, E> | undefined): Effect.Effect<A, E> => {
  const next = (): Effect.Effect<A, E> => step() ?? Effect.flatMap(turn, next)
  return Effect.suspend(next)
}
