/**
 * Single-flight renewal of an expired token: one sign-in per expired token, shared by all waiters. No HTTP here.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import { elapsed } from "../clock.js"

/** Why a token is renewed. */
export type Reason =
  /** The server has ended it, and no request of ours explains that. */
  | "expired"
  /** The server has ended it, and a request of ours did that, or may have done it. */
  | "ended"
  /** A gateway has refused it and does not say why. */
  | "refused"
  /** It still works. */
  | "aboutToExpire"

/** A token that expires within this many milliseconds after a renewal did not expire because of its age. */
export const evictionWindow = 60_000

/** Expired tokens in a row after which we conclude that another program uses the same credentials. */
const evictionLimit = 2

/** A client that needs the token, until it closes. */
interface Closable {
  readonly closed: boolean
}

/** Who needs another token, for which operation, and why. */
interface Need<Client> {
  readonly client: Client
  readonly operation: string
  readonly reason: Reason
}

export interface Renewal<Token, E, Client extends Closable> {
  readonly current: () => Token
  /** Sets the token that the session has received for another site. */
  readonly replace: (token: Token) => void
  /**
   * Completes when the failed token is no longer the current one. `begin` must be interruptible. The error of a closed
   * client names the operation.
   */
  readonly renew: (failed: Token, need: Need<Client>, begin: () => Effect.Effect<Token, E>) => Effect.Effect<void, E>
  /** Completes when no renewal is in flight. */
  readonly settled: Effect.Effect<void>
  /** Cancels the client's renewal; the next waiter starts a new one. */
  readonly leave: (client: Client) => Effect.Effect<void>
  /** Ends all renewals, also later ones. */
  readonly close: Effect.Effect<void>
}

interface Attempt<Token, E, Client> {
  readonly of: Token
  readonly client: Client
  /** False if it was canceled: then another waiter may try. */
  readonly result: Deferred.Deferred<boolean, E>
  fiber: Fiber.RuntimeFiber<boolean> | undefined
}

export const make = <Token, E, Client extends Closable>(options: {
  readonly first: Token
  /** Whether another attempt could do harm, such as locking an account: then the token keeps its failure. */
  readonly isFinal: (error: E) => boolean
  /** Runs once for each token with which the session is given up. */
  readonly onEviction: Effect.Effect<void>
  readonly evicted: Effect.Effect<never, E>
  readonly closed: (operation: string) => Effect.Effect<never, E>
}): Renewal<Token, E, Client> => {
  let token = options.first
  let attempt: Attempt<Token, E, Client> | undefined
  let closed = false
  // Only of tokens that expired for no reason that we know: another program may have ended those.
  let renewedAt = Number.NEGATIVE_INFINITY
  let expiredInARow = 0
  let evictedFrom: Token | undefined

  const evict = Effect.suspend(() => {
    const known = evictedFrom === token
    evictedFrom = token
    return Effect.andThen(known ? Effect.void : options.onEviction, options.evicted)
  })

  /** How many tokens have expired in a row, with this one. */
  const expiredWith = (reason: Reason, now: number): number => {
    if (reason !== "expired") return 0
    return now - renewedAt < evictionWindow ? expiredInARow + 1 : 1
  }

  const finish = (finished: Attempt<Token, E, Client>, expired: number, exit: Exit.Exit<Token, E>) =>
    Effect.clockWith((clock) => {
      if (Exit.isSuccess(exit)) {
        token = exit.value
        if (expired > 0) {
          expiredInARow = expired
          renewedAt = elapsed(clock)
        }
      }
      const isFinal = Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), options.isFinal)
      if (!isFinal) attempt = undefined
      const canceled = Exit.isFailure(exit) && !isFinal && (finished.client.closed || Cause.isInterrupted(exit.cause))
      return Deferred.done(finished.result, canceled ? Exit.succeed(false) : Exit.as(exit, true))
    })

  const cancel = (matches: (attempt: Attempt<Token, E, Client>) => boolean) =>
    Effect.suspend(() =>
      attempt?.fiber !== undefined && matches(attempt)
        ? Effect.asVoid(Fiber.interruptAsFork(attempt.fiber, FiberId.none))
        : Effect.void
    )

  const renew: Renewal<Token, E, Client>["renew"] = (failed, need, begin) =>
    Effect.uninterruptibleMask((restore) => {
      const wait = ({ result }: Attempt<Token, E, Client>) =>
        restore(Effect.flatMap(Deferred.await(result), (ended) => (ended ? Effect.void : renew(failed, need, begin))))

      // No yield between this check and the update below: they must be atomic.
      return Effect.clockWith((clock) => {
        const { client, operation, reason } = need
        if (token !== failed) return Effect.void
        if (attempt?.of === failed) return wait(attempt)
        if (closed || client.closed) return options.closed(operation)
        const expired = expiredWith(reason, elapsed(clock))
        if (expired > evictionLimit) return evict
        const begun: Attempt<Token, E, Client> = {
          of: failed,
          client,
          result: Deferred.unsafeMake(FiberId.none),
          fiber: undefined
        }
        attempt = begun
        // Forked as a daemon, so that interrupting one caller does not cancel it for the others.
        return begin().pipe(
          Effect.exit,
          Effect.flatMap((exit) => finish(begun, expired, exit)),
          Effect.forkDaemon,
          Effect.flatMap((fiber) => {
            begun.fiber = fiber
            // A client that closed before this assignment had no fiber to cancel.
            const cancelLate = closed || client.closed ? cancel((current) => current === begun) : Effect.void
            return Effect.andThen(cancelLate, wait(begun))
          })
        )
      })
    })

  return {
    current: () => token,
    replace: (next) => {
      token = next
    },
    renew,
    settled: Effect.suspend(() =>
      attempt === undefined ? Effect.void : Effect.asVoid(Effect.exit(Deferred.await(attempt.result)))
    ),
    leave: (client) => cancel((begun) => begun.client === client),
    close: Effect.suspend(() => {
      closed = true
      return cancel(() => true)
    })
  }
}
