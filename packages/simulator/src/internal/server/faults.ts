import * as Effect from "effect/Effect"
import type { Fault } from "../../Fault.js"
import type { Operation } from "../resources/routes.js"

/** A fault that waits for its request. */
export interface Injection {
  readonly operation: Operation | "any"
  readonly times: number
  readonly fault: Fault
}

export interface Faults {
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** The fault for the next request of an operation: the oldest that has times left. */
  readonly take: (operation: Operation) => Effect.Effect<Fault | undefined>
}

export const make = (): Faults => {
  let waiting: ReadonlyArray<Injection> = []
  return {
    inject: (injection) =>
      Effect.sync(() => {
        waiting = [...waiting, injection]
      }),
    take: (operation) =>
      Effect.sync(() => {
        const next = waiting.find((injection) => injection.operation === operation || injection.operation === "any")
        waiting = waiting.flatMap((injection) => {
          if (injection !== next) return [injection]
          return injection.times > 1 ? [{ ...injection, times: injection.times - 1 }] : []
        })
        return next?.fault
      })
  }
}
