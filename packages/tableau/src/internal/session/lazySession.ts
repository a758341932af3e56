/** When a session opens: at once, or at its first call. No HTTP here. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { SessionClosed } from "../../TableauError.js"
import { scopedUntilClose } from "../http/scopes.js"

export interface Opening<A, E> {
  /** The session, which is opened if it is not open. The name is for the error of a closed one. */
  readonly get: (operation: string) => Effect.Effect<A, E | SessionClosed>
  /** Idempotent. Releases the session if it is open, and cancels opening it otherwise. */
  readonly close: Effect.Effect<void>
}

const closedError = (operation: string) => new SessionClosed({ operation, acted: "no" })

/** Opens at once. */
export const eager = <A extends { readonly release: Effect.Effect<void> }, E>(
  open: Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<Opening<A, never>, E, Scope.Scope> =>
  Effect.map(open, (opened) => {
    const succeeded = Effect.succeed(opened)
    return { get: () => succeeded, close: opened.release }
  })

interface Attempt<A, E> {
  /** `None` if it was canceled because the session is closed. */
  readonly result: Deferred.Deferred<Option.Option<A>, E>
  fiber: Fiber.RuntimeFiber<unknown> | undefined
}

/**
 * Opens at the first call: once for concurrent calls. A failure is that of the calls that wait for it, and the next call
 * tries again, unless another attempt could do harm (`isFinal`): then all calls have this failure.
 */
export const lazy = <A, E>(
  open: Effect.Effect<A, E, Scope.Scope>,
  isFinal: (error: E) => boolean
): Effect.Effect<Opening<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const openInScope = scopedUntilClose(scope, (child) => Scope.extend(open, child))
    let settled: Effect.Effect<A, E> | undefined
    let attempt: Attempt<A, E> | undefined
    let closed = false

    const finish = ({ result }: Attempt<A, E>, exit: Exit.Exit<A, E>) =>
      Effect.suspend(() => {
        attempt = undefined
        const isSettled = Exit.isSuccess(exit) || Option.exists(Cause.failureOption(exit.cause), isFinal)
        if (isSettled) settled = exit
        return Deferred.done(
          result,
          closed && Exit.isFailure(exit) && Cause.isInterrupted(exit.cause)
            ? Exit.succeed(Option.none())
            : Exit.map(exit, Option.some)
        )
      })

    const cancel = (canceled: Attempt<A, E>): Effect.Effect<void> =>
      canceled.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interruptAsFork(canceled.fiber, FiberId.none))

    // Forked as a daemon, so that interrupting one caller does not cancel it for the others.
    const begin = (begun: Attempt<A, E>) => {
      attempt = begun
      return Effect.interruptible(openInScope).pipe(
        Effect.exit,
        Effect.flatMap((exit) => finish(begun, exit)),
        Effect.forkDaemon,
        Effect.flatMap((fiber) => {
          begun.fiber = fiber
          // A session that closed before this assignment had no fiber to cancel.
          return closed ? cancel(begun) : Effect.void
        })
      )
    }

    const join = (operation: string): Effect.Effect<A, E | SessionClosed> =>
      Effect.uninterruptibleMask((restore) => {
        // The fiber may have yielded since the check in `get`. From here on it does not.
        if (closed) return closedError(operation)
        if (settled !== undefined) return settled
        const wait = ({ result }: Attempt<A, E>) =>
          Effect.flatMap(
            restore(Deferred.await(result)),
            Option.match({ onNone: () => closedError(operation), onSome: Effect.succeed })
          )
        if (attempt !== undefined) return wait(attempt)
        const begun: Attempt<A, E> = { result: Deferred.unsafeMake(FiberId.none), fiber: undefined }
        return Effect.flatMap(begin(begun), () => wait(begun))
      })

    const get = (operation: string): Effect.Effect<A, E | SessionClosed> =>
      Effect.suspend(() => (closed ? closedError(operation) : (settled ?? join(operation))))

    const close = yield* Effect.cached(
      Effect.suspend(() => {
        closed = true
        const canceled =
          attempt === undefined
            ? Effect.void
            : Effect.andThen(cancel(attempt), Effect.exit(Deferred.await(attempt.result)))
        return Effect.andThen(canceled, Scope.close(scope, Exit.void))
      })
    )
    yield* Effect.addFinalizer(() => close)
    return { get, close: Effect.uninterruptible(close) }
  })
