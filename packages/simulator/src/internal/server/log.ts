import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** A request as it is shown to a test: who asked what, and nothing that opens a door. */
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
  readonly seen: Deferred.Deferred<void>
}

export interface Log<Operation> {
  readonly arrived: (entry: Entry<Operation>) => Effect.Effect<void>
  readonly entries: Effect.Effect<ReadonlyArray<Entry<Operation>>>
  readonly count: (operation: Operation) => Effect.Effect<number>
  readonly awaitSeen: (operation: Operation, times: number) => Effect.Effect<void>
}

/** A program may run for months: the oldest entries go. Counts stay right. */
const kept = 100_000

export const make = <Operation>(): Log<Operation> => {
  const entries: Array<Entry<Operation>> = []
  const counts = new Map<Operation, number>()
  const waiters = new Set<Waiter<Operation>>()

  const count = (operation: Operation): number => counts.get(operation) ?? 0

  return {
    arrived: (entry) =>
      Effect.suspend(() => {
        entries.push(entry)
        if (entries.length > 2 * kept) entries.splice(0, kept)
        counts.set(entry.operation, count(entry.operation) + 1)
        const served = [...waiters].filter(
          ({ operation, times }) => operation === entry.operation && times <= count(operation)
        )
        return Effect.forEach(
          served,
          (waiter) => {
            waiters.delete(waiter)
            return Deferred.succeed(waiter.seen, undefined)
          },
          { discard: true }
        )
      }),
    entries: Effect.sync(() => entries.map((entry) => ({ ...entry }))),
    count: (operation) => Effect.sync(() => count(operation)),
    awaitSeen: (operation, times) =>
      Effect.gen(function* () {
        if (count(operation) >= times) return
        const waiter = { operation, times, seen: yield* Deferred.make<void>() }
        waiters.add(waiter)
        yield* Effect.ensuring(
          Deferred.await(waiter.seen),
          Effect.sync(() => waiters.delete(waiter))
        )
      })
  }
}

const secret = /auth|cookie|token|secret|password|key|jwt/i

/** The request's headers without those that can hold a secret. */
export const publicHeaders = (
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Record<string, string> => {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !secret.test(name)) shown[name] = typeof value === "string" ? value : value.join(", ")
  }
  return shown
}
