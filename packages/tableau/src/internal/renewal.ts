/**
 * The token of a session, which dies after a while: one renewal for each token that died, whose result goes to all who
 * hold that token. No HTTP in it.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"

/** A renewed token that dies within this time was not ended by its age; in milliseconds. */
const evictionWindow = 60_000

/** So many renewals in a row, each of which died within the window, and somebody else is using the credentials. */
const evictionLimit = 2

export interface Renewal<Token, E> {
  readonly current: () => Token
  /** The session has moved to another token by itself. */
  readonly replace: (token: Token) => void
  /** Completes when the failed token is not the current one any more. */
  readonly renew: (failed: Token, signIn: Effect.Effect<Token, E>) => Effect.Effect<void, E>
  /** Completes when no renewal is on its way. */
  readonly settled: Effect.Effect<void>
  /** From now on nothing is renewed. */
  readonly close: Effect.Effect<void>
}

interface Attempt<Token, E> {
  readonly of: Token
  readonly result: Deferred.Deferred<void, E>
}

export const make = <Token, E>(options: {
  readonly first: Token
  /** Whether to try again could do harm, such as locking an account: then the failure stays for the same token. */
  readonly isRefusal: (error: E) => boolean
  readonly evicted: Effect.Effect<never, E>
  readonly closed: Effect.Effect<never, E>
}): Renewal<Token, E> => {
  let token = options.first
  let attempt: Attempt<Token, E> | undefined
  let closed = false
  let renewedAt = Number.NEGATIVE_INFINITY
  let inARow = 0

  const signInAnew = (signIn: Effect.Effect<Token, E>): Effect.Effect<void, E> =>
    Effect.gen(function* () {
      const soon = (yield* Clock.currentTimeMillis) - renewedAt < evictionWindow
      if (soon && inARow >= evictionLimit) return yield* options.evicted
      const next = yield* signIn
      token = next
      inARow = soon ? inARow + 1 : 1
      renewedAt = yield* Clock.currentTimeMillis
    })

  const finish = (begun: Attempt<Token, E>, exit: Exit.Exit<void, E>) =>
    Effect.suspend(() => {
      const refused = Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), options.isRefusal)
      if (!refused) attempt = undefined
      return Deferred.done(begun.result, exit)
    })

  return {
    current: () => token,
    replace: (next) => {
      token = next
    },
    renew: (failed, signIn) =>
      Effect.suspend(() => {
        if (token !== failed) return Effect.void
        if (attempt?.of === failed) return Deferred.await(attempt.result)
        if (closed) return options.closed
        const begun = { of: failed, result: Deferred.unsafeMake<void, E>(FiberId.none) }
        attempt = begun
        // Run by the session and not by whoever needs it: to interrupt a caller harms nobody.
        return signInAnew(signIn).pipe(
          Effect.exit,
          Effect.flatMap((exit) => finish(begun, exit)),
          Effect.forkDaemon,
          Effect.zipRight(Deferred.await(begun.result))
        )
      }),
    settled: Effect.suspend(() =>
      attempt === undefined ? Effect.void : Effect.asVoid(Effect.exit(Deferred.await(attempt.result)))
    ),
    close: Effect.sync(() => {
      closed = true
    })
  }
}
