/**
 * A lock by site. A token is bound to one site: requests of one site run concurrently, those of another wait until they
 * have finished, then the session switches. The lock is held for one request and never over user code, so what waits
 * here cannot hold what others wait for. No HTTP here.
 *
 * A stream requests its next page as soon as it has the previous one. If the session switched at once when no request is
 * inside, two streams on two sites would cause a switch for each page. So the lock first pauses for the next request
 * of the current site, as disk schedulers do ("anticipatory scheduling"). This costs nothing while no request
 * waits for another site.
 *
 * State is read and changed in the same synchronous step.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { elapsed } from "../clock.js"
import { pause } from "../timers.js"

/** How many requests of the current site may overtake one that waits for another site. */
const overtakeLimit = 64

/**
 * A request that has waited for so many milliseconds does not wait for further requests of the current site: 64 of a slow
 * server could take longer than its deadline. At 100 ms for each response, this is a switch for about fifty requests.
 */
const waitLimit = 5000

/**
 * For how many pauses the lock waits while a response is read whose headers have been received. The next request comes
 * only after the body. This is about 100 ms, the price of a switch: a body that takes longer does not block other sites.
 */
const pausesOfReading = 25

/** A client that sends requests, until it closes. */
interface Closable {
  readonly closed: boolean
}

/** Whether a request holds the lock. */
export interface Place {
  /** Leaves the lock without an effect, or returns false if others wait for that: then `leave` is necessary. */
  readonly leaveNow: () => boolean
  /** Leaves the lock: the response is read outside. The end of the request does so, too. */
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
  /** When it arrived, by the monotonic clock. */
  readonly since: number
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
  /** The time on the current site: its requests that have left the lock and whose responses are being read. */
  let stay = { reading: 0 }
  /** Changes whenever a request enters, leaves or ends. */
  let activity = 0
  /** The activity after which the current site was idle: until the next one there is nothing to wait for. */
  let idleSince = 0
  let isWatching = false
  /** The last activity that was seen when a watch began, and for how many pauses there has been none since. */
  let watched = 0
  let pauses = 0
  let closed = false
  let switching: Deferred.Deferred<void> | undefined
  // In order of arrival. There can be thousands: adding and deleting takes constant time.
  const waiters = new Set<Waiter<E, Client>>()
  const firstWaiter = (): Waiter<E, Client> | undefined => waiters.values().next().value

  const enterNow = (count: number): void => {
    running += count
    activity += 1
  }

  const remove = (matches: (waiter: Waiter<E, Client>) => boolean) => {
    const removed = [...waiters].filter(matches)
    for (const waiter of removed) waiters.delete(waiter)
    return removed
  }

  /** Completes the matching waiters. State changes now; the returned effect resumes them. */
  const complete = (matches: (waiter: Waiter<E, Client>) => boolean, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    const completed = remove(matches)
    if (Exit.isSuccess(exit) && completed.length > 0) enterNow(completed.length)
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
    if (Exit.isSuccess(exit)) {
      current = key
      stay = { reading: 0 }
    }
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

  /** Whether the current site must not have further requests before this one. */
  const isDue = ({ overtaken, since }: Waiter<E, Client>, clock: Clock.Clock): boolean =>
    overtaken >= overtakeLimit || elapsed(clock) - since >= waitLimit

  /**
   * Waits until the current site is idle. The pause begins now and not at the site's last response, because that
   * would need the time of each response: a single request for another site waits that long, too, which is little beside
   * its switch. A daemon, so that an interruption of one request does not end the wait of the others.
   */
  const watch = (): Effect.Effect<void> => {
    isWatching = true
    if (watched !== activity) pauses = 0
    watched = activity
    return pause.pipe(
      Effect.andThen(
        Effect.suspend(() => {
          isWatching = false
          pauses += 1
          if (watched === activity && pauses >= (stay.reading > 0 ? pausesOfReading : 1)) idleSince = activity
          return advance
        })
      ),
      Effect.forkDaemon
    )
  }

  const advance: Effect.Effect<void> = Effect.clockWith((clock) => {
    const first = firstWaiter()
    if (first === undefined || switching !== undefined) return Effect.void
    if (closed) return closeAll()
    if (first.key === current) {
      return Effect.andThen(
        complete((waiter) => waiter.key === current, Exit.void),
        advance
      )
    }
    if (running > 0) return Effect.void
    if (idleSince === activity || isDue(first, clock)) return switchFor(first)
    return isWatching ? Effect.void : watch()
  })

  const isHere = (site: string): boolean => switching === undefined && keyOf(site) === current

  /** Whether a request of the current site may overtake those that wait for another one. */
  const mayOvertake = (first: Waiter<E, Client>, clock: Clock.Clock): boolean => {
    if (isDue(first, clock)) return false
    first.overtaken += 1
    return true
  }

  const exitLock = Effect.suspend(() => {
    running -= 1
    return advance
  })

  const wait = <E2>(
    clock: Clock.Clock,
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
      since: elapsed(clock),
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

  /** Admits a request that is inside, until its effect ends. */
  const during = <A, E2, R>(use: (place: Place) => Effect.Effect<A, E2, R>): Effect.Effect<A, E2, R> => {
    const own = stay
    let inside = true
    const leave = (): void => {
      inside = false
      running -= 1
      own.reading += 1
      activity += 1
    }
    /** Returns whether others wait for that. */
    const end = (): boolean => {
      const isLeaving = inside
      if (isLeaving) leave()
      own.reading -= 1
      activity += 1
      return isLeaving && waiters.size > 0
    }
    const place: Place = {
      leaveNow: () => {
        if (inside && waiters.size > 0) return false
        if (inside) leave()
        return true
      },
      leave: Effect.suspend(() => {
        if (!inside) return Effect.void
        leave()
        return advance
      })
    }
    return Effect.matchCauseEffect(use(place), {
      onFailure: (cause) => (end() ? Effect.andThen(advance, Effect.failCause(cause)) : Effect.failCause(cause)),
      onSuccess: (value) => (end() ? Effect.as(advance, value) : Effect.succeed(value))
    })
  }

  return {
    enter: (site, client, operation, limit, use) =>
      Effect.uninterruptibleMask((restore) => {
        const run = () => during((place) => use(place, restore))
        const enterAtOnce = () => {
          enterNow(1)
          return run()
        }
        if (closed || client.closed) return Effect.fail(options.closed(operation))
        // Nearly always: without the clock, which would be two steps of each call.
        if (isHere(site) && waiters.size === 0) return enterAtOnce()
        return Effect.clockWith((clock) => {
          const first = firstWaiter()
          if (isHere(site) && (first === undefined || mayOvertake(first, clock))) return enterAtOnce()
          return Effect.flatMap(
            wait(clock, site, client, operation, (waiting) => restore(limit(waiting))),
            run
          )
        })
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
