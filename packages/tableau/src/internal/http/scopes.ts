import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/**
 * Runs `open` in a child scope. If it fails, the child closes. If it succeeds, the child closes with the parent, or at
 * once without a parent: a response whose body was not read would hold its connection.
 */
export const scopedUntilClose = <A, E, R>(
  parent: Scope.Scope | undefined,
  open: (scope: Scope.CloseableScope) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(parent === undefined ? Scope.make() : Scope.fork(parent, ExecutionStrategy.sequential), (scope) =>
      Effect.matchCauseEffect(restore(open(scope)), {
        onFailure: (cause) => Effect.andThen(Scope.close(scope, Exit.failCause(cause)), Effect.failCause(cause)),
        onSuccess: (value) =>
          parent === undefined ? Effect.as(Scope.close(scope, Exit.void), value) : Effect.succeed(value)
      })
    )
  )
