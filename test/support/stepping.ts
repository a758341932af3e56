import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Scheduler from "effect/Scheduler"

/** What happens at one step of the fibers. A step is one operation of the fiber runtime. */
interface At {
  readonly step: number
  /** By default the steps are only counted. */
  readonly happens?: "interrupt" | "yield"
}

/**
 * Runs an effect, and at the given step interrupts it, or makes the fiber yield to all others. Returns the exit and the number
 * of steps.
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

/** Fails with a defect of this name if the effect hangs, before the test runner's timeout. */
export const prompt = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    // Uninterruptible effects can hang, too.
    Effect.disconnect(effect),
    Effect.async<never>((resume) => {
      const timer = setTimeout(() => resume(Effect.dieMessage(`This hangs: ${what}`)), 50_000)
      return Effect.sync(() => clearTimeout(timer))
    })
  )
