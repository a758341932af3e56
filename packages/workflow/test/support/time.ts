/** Moves the test's clock while workflows wait. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Simulator } from "effect-tableau-simulator"

const moment = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))

/** Waits until no request is in flight, and no fiber has started another sleep. */
const makeIdle = (simulator: Simulator.Service) => {
  // A request whose connection was reset never has a status.
  let dead = 0
  const stateOf = Effect.gen(function* () {
    const requests = yield* simulator.requests
    const open = requests.filter(({ status }) => status === undefined).length
    return { open, all: `${requests.length} ${open} ${Array.from(yield* TestClock.sleeps()).join()}` }
  })
  return Effect.gen(function* () {
    let last = yield* stateOf
    for (let same = 0; same < (last.open === dead ? 3 : 30); ) {
      yield* moment
      const next = yield* stateOf
      same = next.all === last.all ? same + 1 : 0
      last = next
    }
    dead = last.open
  })
}

/**
 * Waits for an effect, and moves the clock to the end of each sleep, but not of those that are longer than `limit`: they are
 * timeouts of what is in flight.
 */
export const throughTime = <A, E, R>(
  simulator: Simulator.Service,
  effect: Effect.Effect<A, E, R>,
  limit: Duration.DurationInput = "3 hours"
) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const idle = makeIdle(simulator)
    for (;;) {
      yield* idle
      const done = yield* Fiber.poll(fiber)
      if (done._tag === "Some") return yield* done.value
      const now = yield* Clock.currentTimeMillis
      const next = Math.min(...Array.from(yield* TestClock.sleeps(), (until) => until - now))
      if (next <= Duration.toMillis(limit)) {
        // The clock of tests takes whole milliseconds only.
        yield* TestClock.adjust(Math.max(0, Math.ceil(next)))
      }
    }
  })
