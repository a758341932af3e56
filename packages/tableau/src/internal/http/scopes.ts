import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * What an effect opens is closed with it when it fails. When it succeeds, with the scope around it, if there is one:
 * without one, at once, as an answer that nobody has read may still hold its connection.
 */
export const kept = <A, E, R>(
  around: Scope.Scope | undefined,
  open: (scope: Scope.CloseableScope) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(around === undefined ? Scope.make() : Scope.fork(around, ExecutionStrategy.sequential), (scope) =>
      Effect.matchCauseEffect(restore(open(scope)), {
        onFailure: (cause) => Effect.zipRight(Scope.close(scope, Exit.failCause(cause)), Effect.failCause(cause)),
        onSuccess: (value) =>
          around === undefined ? Effect.as(Scope.close(scope, Exit.void), value) : Effect.succeed(value)
      })
    )
  )
