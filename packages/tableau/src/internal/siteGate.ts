/**
 * Whose site's requests may run now. A token is bound to one site: requests of one site run together, a request for
 * another waits until they have left, then the gate has the session switched. It is held for one request, never over
 * code of the user's, so nothing that waits here can hold what others wait for. No HTTP in it.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** How many requests of the current site may go before one that waits for another. */
const overtakeLimit = 64

export interface SiteGate<E, By> {
  /** Runs the effect when the session is on the site. Fails as the switch does, or with the closing error. */
  readonly enter: <A, E2, R>(site: string, by: By, effect: Effect.Effect<A, E2, R>) => Effect.Effect<A, E | E2, R>
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

export const make = <E, By>(options: {
  readonly site: string
  /** By the way of the one who has waited longest. */
  readonly switchTo: (site: string, by: By) => Effect.Effect<void, E>
  readonly closed: Effect.Effect<never, E>
}): SiteGate<E, By> => {
  let current = key(options.site)
  let running = 0
  let closed = false
  let switching: Deferred.Deferred<void> | undefined
  // In the order of their arrival. There can be thousands: each comes and goes in constant time.
  const waiters = new Set<Waiter<E, By>>()
  const firstWaiter = (): Waiter<E, By> | undefined => waiters.values().next().value

  const answer = (served: ReadonlyArray<Waiter<E, By>>, exit: Exit.Exit<void, E>): Effect.Effect<void> => {
    for (const waiter of served) {
      waiters.delete(waiter)
      waiter.inside = Exit.isSuccess(exit)
    }
    if (Exit.isSuccess(exit)) running += served.length
    return Effect.forEach(served, (waiter) => Deferred.done(waiter.admitted, exit), { discard: true })
  }

  const settle = (site: string, exit: Exit.Exit<void, E>): Effect.Effect<void> =>
    Effect.suspend(() =>
      closed
        ? Effect.flatMap(Effect.exit(options.closed), (refusal) => answer([...waiters], refusal))
        : answer(
            [...waiters].filter((waiter) => waiter.key === key(site)),
            exit
          )
    )

  // Run by the session and not by whoever waits: to interrupt a caller harms nobody.
  const switchFor = ({ by, site }: Waiter<E, By>): Effect.Effect<void> =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      switching = done
      yield* options.switchTo(site, by).pipe(
        Effect.exit,
        Effect.flatMap((exit) => {
          if (Exit.isSuccess(exit)) current = key(site)
          switching = undefined
          return settle(site, exit)
        }),
        Effect.zipRight(Deferred.succeed(done, undefined)),
        Effect.zipRight(Effect.suspend(() => advance)),
        Effect.forkDaemon
      )
    })

  const advance: Effect.Effect<void> = Effect.suspend(() => {
    const first = firstWaiter()
    if (first === undefined || switching !== undefined) return Effect.void
    if (closed || first.key === current) return Effect.zipRight(settle(current, Exit.void), advance)
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

  const wait = (site: string, by: By): Effect.Effect<void, E> =>
    Effect.gen(function* () {
      const admitted = yield* Deferred.make<void, E>()
      const waiter: Waiter<E, By> = { site, by, key: key(site), admitted, inside: false, overtaken: 0 }
      waiters.add(waiter)
      yield* advance
      yield* Effect.onInterrupt(Effect.interruptible(Deferred.await(admitted)), () =>
        Effect.suspend(() => {
          if (waiter.inside) return leave
          waiters.delete(waiter)
          return advance
        })
      )
    })

  const admit = (site: string, by: By): Effect.Effect<void, E> =>
    Effect.suspend(() => {
      if (closed) return options.closed
      if (!mayPass(site)) return wait(site, by)
      running += 1
      return Effect.void
    })

  return {
    enter: (site, by, effect) =>
      Effect.acquireUseRelease(
        admit(site, by),
        () => effect,
        () => leave
      ),
    close: Effect.suspend(() => {
      closed = true
      return switching === undefined ? advance : Deferred.await(switching)
    })
  }
}
