import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** A request as tests see it, without secrets. */
export interface Entry<Operation> {
  readonly operation: Operation
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly listener: "main" | "redirect"
  user: string | undefined
  site: string | undefined
  status: number | undefined
}

interface Waiter<Operation> {
  readonly operation: Operation
  readonly times: number
  readonly arrived: Deferred.Deferred<void>
}

export interface Log<Operation> {
  readonly arrived: (entry: Entry<Operation>) => Effect.Effect<void>
  readonly entries: Effect.Effect<ReadonlyArray<Entry<Operation>>>
  readonly count: (operation: Operation) => Effect.Effect<number>
  readonly awaitSeen: (operation: Operation, times: number) => Effect.Effect<void>
}

/** Entries to keep. Older ones are dropped, because a simulator can run for months; `count` includes them. */
const minimumKept = 100_000

export const make = <Operation>(): Log<Operation> => {
  const entries: Array<Entry<Operation>> = []
  const counts = new Map<Operation, number>()
  const waiters = new Set<Waiter<Operation>>()

  const count = (operation: Operation): number => counts.get(operation) ?? 0

  return {
    arrived: (entry) =>
      Effect.suspend(() => {
        entries.push(entry)
        if (entries.length > 2 * minimumKept) entries.splice(0, minimumKept)
        counts.set(entry.operation, count(entry.operation) + 1)
        const completed = [...waiters].filter(
          ({ operation, times }) => operation === entry.operation && times <= count(operation)
        )
        return Effect.forEach(
          completed,
          (waiter) => {
            waiters.delete(waiter)
            return Deferred.succeed(waiter.arrived, undefined)
          },
          { discard: true }
        )
      }),
    entries: Effect.sync(() => entries.map((entry) => ({ ...entry }))),
    count: (operation) => Effect.sync(() => count(operation)),
    awaitSeen: (operation, times) =>
      Effect.gen(function* () {
        if (count(operation) >= times) return
        const waiter = { operation, times, arrived: yield* Deferred.make<void>() }
        waiters.add(waiter)
        yield* Effect.ensuring(
          Deferred.await(waiter.arrived),
          Effect.sync(() => waiters.delete(waiter))
        )
      })
  }
}

const secret = /auth|cookie|token|secret|password|key|jwt/i

/** The request's headers without those that can contain a secret. */
export const publicHeaders = (
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !secret.test(name)) result[name] = typeof value === "string" ? value : value.join(", ")
  }
  return result
}
