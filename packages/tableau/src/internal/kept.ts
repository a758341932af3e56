import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

const requests = new WeakMap<Scope.Scope, number>()

/** A request goes out, whose answer belongs to the scope. */
export const count = (scope: Scope.Scope): void => {
  requests.set(scope, (requests.get(scope) ?? 0) + 1)
}

/**
 * What an effect opens is closed with it when it fails. When it succeeds, with the scope around it. Without one the
 * answer was read to its end, and to close it would cost more than to get it; but if there were more, as of attempts of
 * the user's own or behind a redirect, nobody has read the others.
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
          around === undefined && (requests.get(scope) ?? 0) > 1
            ? Effect.as(Scope.close(scope, Exit.void), value)
            : Effect.succeed(value)
      })
    )
  )
