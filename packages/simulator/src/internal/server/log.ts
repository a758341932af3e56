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

/**
 * Bytes to keep. Older entries are dropped, because a simulator can run for months, and a request can have 16 KB of
 * headers; `count` includes them.
 */
const limit = 32 * 1024 * 1024

/** An estimate: a character has up to two bytes, and an entry and each of its headers some of their own. */
const sizeOf = ({ headers, path, query }: Entry<unknown>): number => {
  let characters = path.length + query.length
  let count = 0
  for (const name in headers) {
    characters += name.length + (headers[name]?.length ?? 0)
    count++
  }
  return 2 * characters + 64 * count + 256
}

export const make = <Operation>(): Log<Operation> => {
  let entries: Array<Entry<Operation>> = []
  let size = 0
  const counts = new Map<Operation, number>()
  const waiters = new Set<Waiter<Operation>>()

  const count = (operation: Operation): number => counts.get(operation) ?? 0

  return {
    arrived: (entry) =>
      Effect.suspend(() => {
        entries.push(entry)
        size += sizeOf(entry)
        // A quarter at once, so that the array is seldom copied.
        if (size > limit) {
          let dropped = 0
          while (size > 0.75 * limit) size -= sizeOf(entries[dropped++] ?? entry)
          entries = entries.slice(dropped)
        }
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
