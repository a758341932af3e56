import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { TableauSession, Workbooks } from "effect-tableau"
import { open } from "../../../../test/support/session.js"

/** Lets sockets make progress. */
export const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Waits until a fiber sleeps for at most `limit`. Returns for how long it sleeps. */
export const asleepFor = (limit: Duration.DurationInput, least: Duration.DurationInput = 0) =>
  Effect.gen(function* () {
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const [first] = [...(yield* TestClock.sleeps())]
        .map((until) => until - now)
        .filter((left) => left >= Duration.toMillis(least))
        .sort((a, b) => a - b)
      if (first !== undefined && first <= Duration.toMillis(limit)) return first
      yield* turn
    }
  })

/** The same, and moves the clock past it. Timeouts of requests in flight are longer, or shorter than `least`. */
export const sleepOver = (limit: Duration.DurationInput, least?: Duration.DurationInput) =>
  Effect.tap(asleepFor(limit, least), TestClock.adjust)

export const list = "queryWorkbooksForSite"

export const count = Effect.map(Workbooks.list(), ({ totalAvailable }) => totalAvailable)

/** Opens a session with the default retries. */
export const opened = (
  retry: TableauSession.RetryOptions | "never" = {},
  given: Partial<TableauSession.Options> = {}
) => open({ ...given, retry })

export const on = (session: TableauSession.Service) => Effect.provideService(TableauSession, session)

export const failed = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.flip(Fiber.join(fiber))
