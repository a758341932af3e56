/**
 * Whose site's requests may run now. A token is bound to one site: requests of one site run together, a request for
 * another waits until they have left, then the gate has the session switched. It is held for one request, never over
 * code of the user's, so nothing that waits here can hold what others wait for. No HTTP in it.
 *
 * Between a look at what is and what is made of it no other fiber may come: both are one step.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/** How many requests of the current site may go before one that waits for another. */
const overtakeLimit = 64

/** Somebody who has requests, until they leave. */
interface Somebody {
  readonly closed: boolean
}

export interface SiteGate<E, By extends Somebody> {
  /** Runs the effect when the session is on the site. Fails as the switch does, or with the closing error. */
  readonly enter: <A, E2, R>(site: string, by: By, effect: Effect.Effect<A, E2, R>) => Effect.Effect<A, E | E2, R>
  /** Who has left waits no longer, and switches no longer for others. */
  readonly leave: (by: By) => Effect.Effect<void>
  /** Lets nobody in any more, and waits for a switch that is on its way. */
  readonly close: Effect.Effect<void>
}

/** Content URLs are the same in any case. */
const key = (contentUrl: string): string => contentUrl.toLowerCase()

interface Waiter<E, By> {
  readonly site: string
  readonly by: By
  readonly key: string
  readonly admitted: Deferred.Deferred<void, E>
  inside: boolean
  overtaken: number
}

export const make = <E, By extends Somebody>(options: {
  readonly site: string
  /** By the way of the one who has waited longest. What it gives is run. */
  readonly switchTo: (site: string, by: By) => Effect.Effect<void, E>
  readonly closed: () => E
}): SiteGate<E, By> => {
  let current = key(options.site)
  let running = 0
  let closed = false
  let switching: Deferred.Deferred<void> | undefined
  // In the order of their arrival. There can be thousands: each comes and goes in constant time.
  const waiters = new Set<Waiter<E, By>>()
  const firstWaiter = (): Waiter<E, By> | undefined => waiters.values().next().value

  /** Tells those of whom it is true, now; the effect only wakes them. */
  const answer = (of: (waiter: Waiter<E, By>) => boolean, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    const served = [...waiters].filter(of)
    for (const waiter of served) {
      waiters.delete(waiter)
      waiter.inside = Exit.isSuccess(exit)
    }
    if (Exit.isSuccess(exit)) running += served.length
    return Effect.forEach(served, (waiter) => Deferred.done(waiter.admitted, exit), { discard: true })
  }

  const refuseAll = () => answer(() => true, Exit.fail(options.closed()))

  const arrived = ({ by, key }: Waiter<E, By>, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    switching = undefined
    if (Exit.isSuccess(exit)) current = key
    if (closed) return refuseAll()
    // Others may have a better way than one who had to give up.
    return Exit.isFailure(exit) && by.closed ? Effect.void : answer((waiter) => waiter.key === key, exit)
  }

  // Run by the session and not by whoever waits: to interrupt a caller harms nobody.
  const switchFor = (first: Waiter<E, By>): Effect.Effect<void> => {
    const done = Deferred.unsafeMake<void>(FiberId.none)
    switching = done
    return options.switchTo(first.site, first.by).pipe(
      Effect.exit,
      Effect.flatMap((exit) => arrived(first, exit)),
      Effect.zipRight(Deferred.succeed(done, undefined)),
      Effect.zipRight(Effect.suspend(() => advance)),
      Effect.forkDaemon
    )
  }

  const advance: Effect.Effect<void> = Effect.suspend(() => {
    const first = firstWaiter()
    if (first === undefined || switching !== undefined) return Effect.void
    if (closed) return refuseAll()
    if (first.key === current) {
      return Effect.zipRight(
        answer((waiter) => waiter.key === current, Exit.void),
        advance
      )
    }
    return running === 0 ? switchFor(first) : Effect.void
  })

  const mayPass = (site: string): boolean => {
    const first = firstWaiter()
    if (switching !== undefined || key(site) !== current) return false
    if (first === undefined) return true
    first.overtaken += 1
    return first.overtaken <= overtakeLimit
  }

  const leave = Effect.suspend(() => {
    running -= 1
    return advance
  })

  type Restore = <A, E2, R>(effect: Effect.Effect<A, E2, R>) => Effect.Effect<A, E2, R>

  const wait = (site: string, by: By, restore: Restore): Effect.Effect<void, E> => {
    const admitted = Deferred.unsafeMake<void, E>(FiberId.none)
    const waiter: Waiter<E, By> = { site, by, key: key(site), admitted, inside: false, overtaken: 0 }
    waiters.add(waiter)
    return Effect.zipRight(
      advance,
      Effect.onInterrupt(restore(Deferred.await(admitted)), () =>
        Effect.suspend(() => {
          if (waiter.inside) return leave
          waiters.delete(waiter)
          return advance
        })
      )
    )
  }

  const admit = (site: string, by: By, restore: Restore): Effect.Effect<void, E> =>
    Effect.suspend(() => {
      if (closed || by.closed) return Effect.fail(options.closed())
      if (!mayPass(site)) return wait(site, by, restore)
      running += 1
      return Effect.void
    })

  return {
    enter: (site, by, effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(
          admit(site, by, restore),
          Effect.matchCauseEffect(restore(effect), {
            onFailure: (cause) => Effect.zipRight(leave, Effect.failCause(cause)),
            onSuccess: (value) => Effect.as(leave, value)
          })
        )
      ),
    leave: (by) =>
      Effect.suspend(() =>
        Effect.zipRight(
          answer((waiter) => waiter.by === by, Exit.fail(options.closed())),
          advance
        )
      ),
    close: Effect.suspend(() => {
      closed = true
      return switching === undefined ? advance : Deferred.await(switching)
    })
  }
}
