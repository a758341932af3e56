import * as Effect from "effect/Effect"
import type { Fault } from "../../Fault.js"
import type { Operation } from "../operations/table.js"

/** A fault for the next requests of an operation. */
export interface Injection {
  readonly operation: Operation | "unknown" | "any"
  readonly times: number
  readonly fault: Fault
}

export interface Faults {
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** Takes the fault for a request of an operation: the oldest injection that has times left. */
  readonly take: (operation: Operation | "unknown") => Effect.Effect<Fault | undefined>
}

export const make = (): Faults => {
  let pending: ReadonlyArray<Injection> = []
  return {
    inject: (injection) =>
      Effect.sync(() => {
        pending = [...pending, injection]
      }),
    take: (operation) =>
      Effect.sync(() => {
        const next = pending.find((injection) => injection.operation === operation || injection.operation === "any")
        pending = pending.flatMap((injection) => {
          if (injection !== next) return [injection]
          return injection.times > 1 ? [{ ...injection, times: injection.times - 1 }] : []
        })
        return next?.fault
      })
  }
}
