/**
 * The token of a session, which dies after a while: one renewal for each token that died, whose result goes to all who
 * hold that token. No HTTP in it.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import { elapsed } from "../clock.js"

/** A renewed token that dies within this time was not ended by its age; in milliseconds. */
const evictionWindow = 60_000

/** So many renewals in a row, each of which died within the window, and somebody else is using the credentials. */
const evictionLimit = 2

/** Somebody who needs the token, until they leave. */
interface Somebody {
  readonly closed: boolean
}

export interface Renewal<Token, E, By extends Somebody> {
  readonly current: () => Token
  /** The session has moved to another token by itself. */
  readonly replace: (token: Token) => void
  /** Completes when the failed token is not the current one any more. What is begun runs, and may be interrupted. */
  readonly renew: (failed: Token, by: By, begin: () => Effect.Effect<Token, E>) => Effect.Effect<void, E>
  /** Completes when no renewal is on its way. */
  readonly settled: Effect.Effect<void>
  /** Who has left renews nothing any more: another who needs it does. */
  readonly leave: (by: By) => Effect.Effect<void>
  /** From now on nothing is renewed. */
  readonly close: Effect.Effect<void>
}

interface Attempt<Token, E, By> {
  readonly of: Token
  readonly by: By
  /** Whether it came to an end; otherwise others may try. */
  readonly result: Deferred.Deferred<boolean, E>
  fiber: Fiber.RuntimeFiber<boolean> | undefined
}

export const make = <Token, E, By extends Somebody>(options: {
  readonly first: Token
  /** Whether to try again could do harm, such as locking an account: then the failure stays for the same token. */
  readonly isRefusal: (error: E) => boolean
  /** Runs once for each token with which the session is given up. */
  readonly onEviction: Effect.Effect<void>
  readonly evicted: Effect.Effect<never, E>
  readonly closed: Effect.Effect<never, E>
}): Renewal<Token, E, By> => {
  let token = options.first
  let attempt: Attempt<Token, E, By> | undefined
  let closed = false
  let renewedAt = Number.NEGATIVE_INFINITY
  let inARow = 0
  let evictedFrom: Token | undefined

  const evict = Effect.suspend(() => {
    const known = evictedFrom === token
    evictedFrom = token
    return Effect.zipRight(known ? Effect.void : options.onEviction, options.evicted)
  })

  const finish = (begun: Attempt<Token, E, By>, soon: boolean, exit: Exit.Exit<Token, E>) =>
    Effect.clockWith((clock) => {
      const now = elapsed(clock)
      if (Exit.isSuccess(exit)) {
        token = exit.value
        inARow = soon ? inARow + 1 : 1
        renewedAt = now
      }
      const refused = Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), options.isRefusal)
      if (!refused) attempt = undefined
      const abandoned = Exit.isFailure(exit) && !refused && (begun.by.closed || Cause.isInterrupted(exit.cause))
      return Deferred.done(begun.result, abandoned ? Exit.succeed(false) : Exit.as(exit, true))
    })

  const giveUp = (of: (begun: Attempt<Token, E, By>) => boolean) =>
    Effect.suspend(() =>
      attempt?.fiber !== undefined && of(attempt)
        ? Effect.asVoid(Fiber.interruptAsFork(attempt.fiber, FiberId.none))
        : Effect.void
    )

  const renew: Renewal<Token, E, By>["renew"] = (failed, by, begin) =>
    Effect.uninterruptibleMask((restore) => {
      const wait = ({ result }: Attempt<Token, E, By>) =>
        restore(Effect.flatMap(Deferred.await(result), (ended) => (ended ? Effect.void : renew(failed, by, begin))))

      // From here on all at once: nothing comes between a look at what is and the attempt that is made of it.
      return Effect.clockWith((clock) => {
        const now = elapsed(clock)
        if (token !== failed) return Effect.void
        if (attempt?.of === failed) return wait(attempt)
        if (closed || by.closed) return options.closed
        const soon = now - renewedAt < evictionWindow
        if (soon && inARow >= evictionLimit) return evict
        const begun: Attempt<Token, E, By> = {
          of: failed,
          by,
          result: Deferred.unsafeMake(FiberId.none),
          fiber: undefined
        }
        attempt = begun
        // Run by the session and not by whoever needs it: to interrupt a caller harms nobody.
        return begin().pipe(
          Effect.exit,
          Effect.flatMap((exit) => finish(begun, soon, exit)),
          Effect.forkDaemon,
          Effect.flatMap((fiber) => {
            begun.fiber = fiber
            // Who left as it was begun had nothing yet to give up.
            const late = closed || by.closed ? giveUp((current) => current === begun) : Effect.void
            return Effect.zipRight(late, wait(begun))
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
    leave: (by) => giveUp((begun) => begun.by === by),
    close: Effect.suspend(() => {
      closed = true
      return giveUp(() => true)
    })
  }
}
