/**
 * Limits of time. With the usual clock one timer of the process serves all of them: a sleeping fiber for each costs more
 * than a request. Other clocks, such as `TestClock`, are asked to sleep.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { elapsed } from "./clock.js"

/** A limit that is in force between `arm` and `disarm`. It may be moved meanwhile. */
export class Limit {
  /** Changes when something was received. */
  progress = 0
  armed = false

  constructor(
    /** An instant of the monotonic clock, as `elapsed` returns it. */
    public at: number,
    readonly expire: () => void
  ) {}
}

const usualClock = Clock.make()
const usualPrototype: unknown = Object.getPrototypeOf(usualClock)

const isUsual = (clock: Clock.Clock): boolean => Object.getPrototypeOf(clock) === usualPrototype

const limits = new Set<Limit>()
let timer: ReturnType<typeof setTimeout> | undefined
let timerAt = Number.POSITIVE_INFINITY
let timerSetBy: typeof setTimeout | undefined

/** The longest delay of a timer in JavaScript. */
const maxDelay = 2 ** 31 - 1

/** Runs after the event loop has read its sockets once more. Browsers have no `setImmediate`. */
const afterSockets = (run: () => void): void => {
  if (typeof setImmediate === "function") setImmediate(run)
  else setTimeout(run, 0)
}

/** How long, in milliseconds, what lies in the sockets may take to be read after a limit. */
const grace = 1000

/**
 * After a pause of the process, timers run before the sockets are read: a response that has been received must not be
 * a timeout. So a limit expires only after a turn of the event loop without progress, or when the grace has passed.
 */
const expireWithoutProgress = (limit: Limit, until = elapsed(usualClock) + grace): void => {
  const { progress } = limit
  afterSockets(() => {
    if (!limit.armed) return
    const now = elapsed(usualClock)
    if (limit.progress !== progress) {
      if (limit.at > now) return setTimerFor(limit)
      if (now < until) return expireWithoutProgress(limit, until)
    }
    limits.delete(limit)
    limit.armed = false
    limit.expire()
  })
}

const setTimer = (at: number): void => {
  clearTimeout(timer)
  timerAt = at
  timerSetBy = globalThis.setTimeout
  timer = setTimeout(checkLimits, Math.min(maxDelay, Math.max(1, Math.ceil(at - elapsed(usualClock)))))
}

const setTimerFor = ({ at }: Limit): void => {
  // Fake timers of a test have gone with the timer that was set: all limits need a new one.
  if (timerSetBy !== globalThis.setTimeout) setTimer(Math.min(at, ...Array.from(limits, (limit) => limit.at)))
  else if (at < timerAt) setTimer(at)
}

const checkLimits = (): void => {
  timer = undefined
  timerAt = Number.POSITIVE_INFINITY
  const now = elapsed(usualClock)
  let next = Number.POSITIVE_INFINITY
  for (const limit of limits) {
    if (limit.at <= now) expireWithoutProgress(limit)
    else next = Math.min(next, limit.at)
  }
  if (next < timerAt) setTimer(next)
}

/** Node and Bun exit when only timers without a reference are left. */
const hold = (held: boolean): void => {
  if (typeof timer !== "object" || !("ref" in timer)) return
  if (held) timer.ref()
  else timer.unref()
}

const add = (limit: Limit): void => {
  limits.add(limit)
  if (limits.size === 1) hold(true)
  setTimerFor(limit)
}

/** Ends the limit. */
export const disarm = (limit: Limit): void => {
  if (!limit.armed) return
  limit.armed = false
  limits.delete(limit)
  // The timer stays: setting it for each request would cost more than one that fires without need.
  if (limits.size === 0) hold(false)
}

const sleepUntil = (clock: Clock.Clock, limit: Limit): Effect.Effect<void> =>
  Effect.suspend(() => {
    const left = limit.at - elapsed(clock)
    if (left > 0) return Effect.andThen(clock.sleep(Duration.millis(left)), sleepUntil(clock, limit))
    if (limit.armed) {
      limit.armed = false
      limit.expire()
    }
    return Effect.void
  })

/** Arms the limit, and runs the effect, which disarms it. A limit must not be moved to an earlier instant. */
export const arm = <A, E, R>(
  clock: Clock.Clock,
  limit: Limit,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  limit.armed = true
  if (isUsual(clock)) {
    add(limit)
    return effect
  }
  return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(sleepUntil(clock, limit))), (sleeping) =>
    Effect.ensuring(effect, Fiber.interruptFork(sleeping))
  )
}

/** A turn of the event loop. `Effect.yieldNow` is a microtask: timers and sockets wait until all of those are done. */
export const turn: Effect.Effect<void> = Effect.async((resume) => afterSockets(() => resume(Effect.void)))

/**
 * A few milliseconds, at whose end what lies in the sockets has been read. With other clocks it is two turns of the event
 * loop: a test that moves its clock by hand need not know of this.
 */
export const pause: Effect.Effect<void> = Effect.clockWith((clock) =>
  Effect.andThen(isUsual(clock) ? clock.sleep(Duration.millis(4)) : turn, turn)
)
