/**
 * A lock by site. A token is bound to one site: requests of one site run concurrently, those of another wait until they
 * have finished, then the session switches. The lock is held for one request and never over user code, so what waits
 * here cannot hold what others wait for. No HTTP here.
 *
 * State is read and changed in the same synchronous step.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/** How many requests of the current site may overtake one that waits for another site. */
const overtakeLimit = 64

/** A client that sends requests, until it closes. */
interface Closable {
  readonly closed: boolean
}

/** Whether a request holds the lock. */
export interface Place {
  /** Leaves the lock without an effect, or returns false if others wait for that: then `leave` is necessary. */
  readonly leaveNow: () => boolean
  /** Leaves the lock. The end of the request does so, too. */
  readonly leave: Effect.Effect<void>
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export interface SiteLock<E, Client extends Closable> {
  /**
   * Uses the session while it is on the site. `use` runs uninterruptible; `restore` marks the interruptible parts. Fails
   * with the error of the switch, or of a closed lock, which names the operation. `limit` is applied to the wait.
   */
  readonly enter: <A, E2, R>(
    site: string,
    client: Client,
    operation: string,
    limit: (wait: Effect.Effect<void, E>) => Effect.Effect<void, E | E2>,
    use: (place: Place, restore: Restore) => Effect.Effect<A, E2, R>
  ) => Effect.Effect<A, E | E2, R>
  /** Fails the client's waiters, and no longer uses its connection to switch. */
  readonly leave: (client: Client) => Effect.Effect<void>
  /** Fails all waiters, also later ones, and waits for a switch that is in flight. */
  readonly close: Effect.Effect<void>
}

/** Content URLs are case-insensitive. */
const keyOf = (contentUrl: string): string => contentUrl.toLowerCase()

interface Waiter<E, Client> {
  readonly site: string
  readonly client: Client
  readonly operation: string
  readonly key: string
  readonly admitted: Deferred.Deferred<void, E>
  inside: boolean
  overtaken: number
}

export const make = <E, Client extends Closable>(options: {
  readonly site: string
  /** Switches over the connection of the client that has waited longest. */
  readonly switchTo: (site: string, client: Client) => Effect.Effect<void, E>
  readonly closed: (operation: string) => E
}): SiteLock<E, Client> => {
  let current = keyOf(options.site)
  let running = 0
  let closed = false
  let switching: Deferred.Deferred<void> | undefined
  // In order of arrival. There can be thousands: adding and deleting takes constant time.
  const waiters = new Set<Waiter<E, Client>>()
  const firstWaiter = (): Waiter<E, Client> | undefined => waiters.values().next().value

  const remove = (matches: (waiter: Waiter<E, Client>) => boolean) => {
    const removed = [...waiters].filter(matches)
    for (const waiter of removed) waiters.delete(waiter)
    return removed
  }

  /** Completes the matching waiters. State changes now; the returned effect resumes them. */
  const complete = (matches: (waiter: Waiter<E, Client>) => boolean, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    const completed = remove(matches)
    if (Exit.isSuccess(exit)) running += completed.length
    for (const waiter of completed) waiter.inside = Exit.isSuccess(exit)
    return Effect.forEach(completed, (waiter) => Deferred.done(waiter.admitted, exit), { discard: true })
  }

  /** Fails the matching waiters, because the lock or their client is closed. */
  const close = (matches: (waiter: Waiter<E, Client>) => boolean): Effect.Effect<void> =>
    Effect.forEach(remove(matches), ({ admitted, operation }) => Deferred.fail(admitted, options.closed(operation)), {
      discard: true
    })

  const closeAll = () => close(() => true)

  const finishSwitch = ({ client, key }: Waiter<E, Client>, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    switching = undefined
    if (Exit.isSuccess(exit)) current = key
    if (closed) return closeAll()
    // A closed client's failure is not passed on: another client may still be able to switch.
    return Exit.isFailure(exit) && client.closed ? Effect.void : complete((waiter) => waiter.key === key, exit)
  }

  // Forked as a daemon, so that interrupting one caller does not cancel the switch for the others.
  const switchFor = (first: Waiter<E, Client>): Effect.Effect<void> => {
    const done = Deferred.unsafeMake<void>(FiberId.none)
    switching = done
    return options.switchTo(first.site, first.client).pipe(
      Effect.exit,
      Effect.flatMap((exit) => finishSwitch(first, exit)),
      Effect.andThen(Deferred.succeed(done, undefined)),
      Effect.andThen(Effect.suspend(() => advance)),
      Effect.forkDaemon
    )
  }

  const advance: Effect.Effect<void> = Effect.suspend(() => {
    const first = firstWaiter()
    if (first === undefined || switching !== undefined) return Effect.void
    if (closed) return closeAll()
    if (first.key === current) {
      return Effect.andThen(
        complete((waiter) => waiter.key === current, Exit.void),
        advance
      )
    }
    return running === 0 ? switchFor(first) : Effect.void
  })

  const canEnterNow = (site: string): boolean => {
    const first = firstWaiter()
    if (switching !== undefined || keyOf(site) !== current) return false
    if (first === undefined) return true
    first.overtaken += 1
    return first.overtaken <= overtakeLimit
  }

  const exitLock = Effect.suspend(() => {
    running -= 1
    return advance
  })

  const wait = <E2>(
    site: string,
    client: Client,
    operation: string,
    restore: (wait: Effect.Effect<void, E>) => Effect.Effect<void, E | E2>
  ): Effect.Effect<void, E | E2> => {
    const admitted = Deferred.unsafeMake<void, E>(FiberId.none)
    const waiter: Waiter<E, Client> = {
      site,
      client,
      operation,
      key: keyOf(site),
      admitted,
      inside: false,
      overtaken: 0
    }
    waiters.add(waiter)
    // An interruption, or an error of the limit.
    const stopWaiting = Effect.suspend(() => {
      if (waiter.inside) return exitLock
      waiters.delete(waiter)
      return advance
    })
    return Effect.andThen(
      advance,
      Effect.onExit(restore(Deferred.await(admitted)), (exit) => (Exit.isSuccess(exit) ? Effect.void : stopWaiting))
    )
  }

  const makePlace = (): Place => {
    let inside = true
    return {
      leaveNow: () => {
        if (inside && waiters.size > 0) return false
        if (inside) running -= 1
        inside = false
        return true
      },
      leave: Effect.suspend(() => {
        if (!inside) return Effect.void
        inside = false
        return exitLock
      })
    }
  }

  return {
    enter: (site, client, operation, limit, use) =>
      Effect.uninterruptibleMask((restore) => {
        if (closed || client.closed) return Effect.fail(options.closed(operation))
        const run = () => {
          const place = makePlace()
          return Effect.matchCauseEffect(use(place, restore), {
            onFailure: (cause) => Effect.andThen(place.leave, Effect.failCause(cause)),
            onSuccess: (value) => (place.leaveNow() ? Effect.succeed(value) : Effect.as(place.leave, value))
          })
        }
        if (!canEnterNow(site)) {
          return Effect.flatMap(
            wait(site, client, operation, (waiting) => restore(limit(waiting))),
            run
          )
        }
        running += 1
        return run()
      }),
    leave: (client) =>
      Effect.suspend(() =>
        Effect.andThen(
          close((waiter) => waiter.client === client),
          advance
        )
      ),
    close: Effect.suspend(() => {
      closed = true
      return switching === undefined ? advance : Deferred.await(switching)
    })
  }
}
