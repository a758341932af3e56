import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scheduler from "effect/Scheduler"

/** What shall happen at one step of many: a step is the smallest thing that a fiber does without looking around. */
interface At {
  readonly step: number
  /** By default nothing but that the steps are counted. */
  readonly happens?: "interrupt" | "yield"
}

/**
 * Runs an effect; at the given step of its fibers it is interrupted, or the fiber that takes it stands back for all
 * others. Gives how it ended, and how many steps there were.
 */
export const stepped = <A, E, R>(effect: Effect.Effect<A, E, R>, { happens, step }: At) =>
  Effect.gen(function* () {
    let taken = 0
    let target: Fiber.RuntimeFiber<A, E> | undefined
    const scheduler: Scheduler.Scheduler = {
      scheduleTask: (task, priority) => Scheduler.defaultScheduler.scheduleTask(task, priority),
      shouldYield: (fiber) => {
        taken += 1
        if (taken === step && happens === "interrupt") target?.unsafeInterruptAsFork(FiberId.none)
        return taken === step && happens === "yield" ? 0 : Scheduler.defaultShouldYield(fiber)
      }
    }
    target = yield* Effect.fork(Effect.withScheduler(effect, scheduler))
    const exit = yield* Fiber.await(target)
    return { exit, taken }
  })

/** Fails when it takes longer than anything in a test does: what hangs is told by its name, and not by the runner. */
export const prompt = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    // What cannot be interrupted hangs, too.
    Effect.disconnect(effect),
    Effect.async<never>((resume) => {
      const timer = setTimeout(() => resume(Effect.dieMessage(`This hangs: ${what}`)), 50_000)
      return Effect.sync(() => clearTimeout(timer))
    })
  )
