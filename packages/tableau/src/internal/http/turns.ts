/** Lets the event loop turn while a large body is processed, so that timers, sockets and other fibers get their time. */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import { turn } from "../timers.js"

/** Characters, or bytes, that are processed at once: a few milliseconds. A body that is not larger takes one step. */
export const turnSize = 2 ** 17

/** Repeats a step until it returns a result. The event loop turns between two steps, and the fiber can be interrupted. */
export const inTurns = <A, E>(step: () => Either.Either<A, E> | undefined): Effect.Effect<A, E> => {
  const next = (): Effect.Effect<A, E> => step() ?? Effect.flatMap(turn, next)
  return Effect.suspend(next)
}
