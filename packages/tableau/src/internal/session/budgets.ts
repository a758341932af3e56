/** The budgets of a session. Without a rate limiter a call takes no step here. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type * as RateLimiter from "../../RateLimiter.js"
import { TimedOut } from "../../TableauError.js"
import { elapsed } from "../clock.js"
import { scopedUntilClose } from "../http/scopes.js"
import { beforeDeadline, limited, type Timing } from "../http/timeouts.js"
import * as Telemetry from "../telemetry.js"
import type { Current } from "./authentication.js"

/** The budget that a request takes beside `calls`. */
export type OwnBudget = Exclude<RateLimiter.Budget, "calls">

interface Limited {
  readonly transport: { readonly origin: string }
  readonly rateLimiter: RateLimiter.RateLimiter | undefined
}

interface Request {
  readonly rateLimiter: RateLimiter.RateLimiter
  readonly client: Limited
  readonly site: string
  readonly call: { readonly operation: string; readonly budget?: OwnBudget | undefined }
  readonly timing: Timing
  /** With a scope, the response body stays open until the scope closes. */
  readonly scope: Scope.Scope | undefined
}

export interface Budgets {
  /**
   * Runs an attempt when its budgets have room, and gives back what the rate limiter holds for it: with a scope not before
   * that closes, or the attempt fails. It waits outside of the site lock, until the deadline.
   */
  readonly within: <A, E, R>(
    request: Request,
    /** Switches to the site, and returns the user's id there: users have another one on each site. */
    visit: Effect.Effect<Current, E>,
    attempt: (scope: Scope.Scope | undefined) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | TimedOut, R>
  /** Takes calls without waiting: for requests that others wait for. */
  readonly debit: (client: Limited, current: Current, weight: number) => Effect.Effect<void>
  /** Ends what still waits. Run it after the sign-out, so that a session that closes at once has taken its calls. */
  readonly close: Effect.Effect<void>
}

/** Content URLs are case-insensitive. */
const siteKeyOf = (contentUrl: string): string => contentUrl.toLowerCase()

const keyOf = (budget: RateLimiter.Budget, { transport }: Limited, { site, user }: Current): RateLimiter.Key =>
  `${budget}:${transport.origin}/${encodeURIComponent(siteKeyOf(site.contentUrl))}/${encodeURIComponent(user.id)}`

/** A rate limiter that cannot be interrupted must not hold up the call: what it acquires later is released at once. */
const consume = (
  rateLimiter: RateLimiter.RateLimiter,
  client: Limited,
  current: Current,
  budget: RateLimiter.Budget,
  weight: number,
  sent = false
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.disconnect(Effect.suspend(() => rateLimiter.consume(keyOf(budget, client, current), weight, sent)))

const before = (timing: Timing, operation: string, budget: RateLimiter.Budget): Timing => {
  const { sending } = timing
  if (sending === undefined) return timing
  const error = () =>
    new TimedOut({
      operation,
      acted: "no",
      after: sending.after,
      phase: "rateLimiter",
      detail: `The budget \`${budget}\` had no room, and the request was not sent.`
    })
  return { ...timing, deadline: { at: sending.at, error } }
}

/** In milliseconds: a call that waits longer is logged, and in this time one for each budget. */
const silentWait = 10_000
const logInterval = 60_000

/** In milliseconds. */
const releaseTimeout = 5000

/** A release that does not end must not hold up the call. */
const release = (operation: string, held: Scope.CloseableScope, exit: Exit.Exit<unknown, unknown>) =>
  limited(
    { timeout: releaseTimeout, deadline: undefined },
    () => new TimedOut({ operation, acted: "no", after: releaseTimeout }),
    Effect.disconnect(Scope.close(held, exit))
  ).pipe(Effect.catchAll(() => Effect.logWarning(`${operation}: the rate limiter did not release what it held.`)))

export const make: Effect.Effect<Budgets> = Effect.map(Scope.make(), (debits) => {
  const known = new Map<string, Current>()
  const loggedAt = new Map<RateLimiter.Budget, number>()

  /** A call that waits for minutes looks like one that hangs. */
  const logged = <A, E, R>(operation: string, budget: RateLimiter.Budget, waiting: Effect.Effect<A, E, R>) => {
    const log = Effect.clockWith((clock) => {
      const now = elapsed(clock)
      if (now - (loggedAt.get(budget) ?? Number.NEGATIVE_INFINITY) < logInterval) return Effect.void
      loggedAt.set(budget, now)
      return Effect.logInfo(`${operation} waits for the rate limiter: the budget \`${budget}\` has no room.`)
    })
    return Effect.acquireUseRelease(
      Effect.fork(Effect.interruptible(Effect.delay(log, Duration.millis(silentWait)))),
      () => waiting,
      Fiber.interruptFork
    )
  }

  const identify = <E>(site: string, visit: Effect.Effect<Current, E>): Effect.Effect<Current, E> => {
    const current = known.get(siteKeyOf(site))
    if (current !== undefined) return Effect.succeed(current)
    return Effect.tap(visit, (visited) => Effect.sync(() => known.set(siteKeyOf(site), visited)))
  }

  return {
    within: ({ call: { budget, operation }, client, rateLimiter, scope, site, timing }, visit, attempt) =>
      scopedUntilClose(scope, (own) =>
        Effect.gen(function* () {
          const current = yield* identify(site, visit)
          const held = yield* Scope.make()
          yield* Scope.addFinalizerExit(own, (exit) => release(operation, held, exit))
          // `calls` last: what waits for its own budget must not use up that of other calls.
          for (const name of budget === undefined ? (["calls"] as const) : ([budget, "calls"] as const)) {
            const taken = Scope.extend(consume(rateLimiter, client, current, name, 1), held)
            const waiting = beforeDeadline(before(timing, operation, name), taken)
            yield* Telemetry.waiting(name, logged(operation, name, waiting))
          }
          return yield* attempt(scope === undefined ? undefined : own)
        })
      ),
    debit: (client, current, weight) => {
      const { rateLimiter } = client
      if (rateLimiter === undefined) return Effect.void
      return Effect.scoped(consume(rateLimiter, client, current, "calls", weight, true)).pipe(
        Effect.disconnect,
        Effect.catchAllCause((cause) => Effect.logWarning("The rate limiter failed.", cause)),
        Effect.interruptible,
        Effect.forkIn(debits),
        Effect.asVoid
      )
    },
    close: Scope.close(debits, Exit.void)
  }
})
