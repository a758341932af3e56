/** Publishes a file under a fault, and observes everything that must hold whatever happens. */
import * as Diagnostics from "node:diagnostics_channel"
import { readdirSync, readlinkSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Upload } from "effect-tableau"
import { Fault, type Simulator } from "effect-tableau-simulator"
import { io } from "../support/io.js"
import { times, turn, watch } from "./cell.js"

export const name = "PublishedUnderAFault"

/** Text, so that the file can be compared as text. No two parts of it are equal. */
export const contentOf = (bytes: number): string => {
  const line = (index: number) => `row ${index}`.padEnd(31, ".").concat("\n")
  return Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => line(index))
    .join("")
    .slice(0, bytes)
}

/** A file of this text, and how often it was opened and closed. */
export const tracked = (text: string, options: { readonly replayable?: boolean; readonly sized?: boolean } = {}) => {
  const { replayable = true, sized = true } = options
  const bytes = new TextEncoder().encode(text)
  const seen = { opened: 0, closed: 0 }
  const part = 64 * 1024
  const content = Stream.unwrapScoped(
    Effect.as(
      Effect.acquireRelease(
        Effect.sync(() => {
          seen.opened += 1
        }),
        () =>
          Effect.sync(() => {
            seen.closed += 1
          })
      ),
      Stream.unfold(0, (start) =>
        start >= bytes.length ? Option.none() : Option.some([bytes.subarray(start, start + part), start + part])
      )
    )
  )
  const size = sized ? bytes.length : undefined
  return { file: Upload.file({ name: `${name}.hyper`, size, content, replayable }), seen }
}

/** The requests in flight of all clients in this process. */
export const requestsInFlight = Effect.acquireRelease(
  Effect.sync(() => {
    const open = new Set<unknown>()
    const requestOf = (message: unknown) => (Predicate.hasProperty(message, "request") ? message.request : undefined)
    const begin = (message: unknown) => open.add(requestOf(message))
    const end = (message: unknown) => open.delete(requestOf(message))
    const channels = [
      ["undici:request:create", begin],
      ["undici:request:trailers", end],
      ["undici:request:error", end]
    ] as const
    for (const [channel, listener] of channels) Diagnostics.subscribe(channel, listener)
    const stop = () => {
      for (const [channel, listener] of channels) Diagnostics.unsubscribe(channel, listener)
    }
    return { open, stop }
  }),
  ({ stop }) => Effect.sync(stop)
).pipe(Effect.map(({ open }) => Effect.map(io, () => open.size)))

const openFiles = "/proc/self/fd"

/** How often this process has a file open. Zero on systems that do not say it. */
export const timesOpen = (path: string): number => {
  if (process.platform !== "linux") return 0
  return readdirSync(openFiles).filter((entry) => {
    try {
      return readlinkSync(`${openFiles}/${entry}`) === path
    } catch {
      // It was that of the directory itself.
      return false
    }
  }).length
}

/** The data sources of the name, as their bytes: with a session of its own, which the faults do not concern. */
export const copies = (simulator: Simulator.Service) =>
  Effect.gen(function* () {
    const look = yield* watch(simulator)
    return Effect.gen(function* () {
      const found = yield* look("/datasources?pageSize=1000")
      const ids = [...found.matchAll(/<datasource [^>]*>/g)]
        .map(([tag]) => tag)
        .filter((tag) => times(`name="${name}"`)(tag) > 0)
        .flatMap((tag) => / id="([^"]*)"/.exec(tag)?.[1] ?? [])
      return yield* Effect.forEach(ids, (id) => look(`/datasources/${id}/content`))
    })
  })

/** Injects a fault into the request of this number, counted from now. */
export const strike = (
  simulator: Simulator.Service,
  operation: Simulator.Operation,
  request: number,
  fault: Fault.Fault
) =>
  Effect.gen(function* () {
    if (request > 1) yield* simulator.inject({ operation, fault: Fault.hold(Effect.void), times: request - 1 })
    yield* simulator.inject({ operation, fault })
  })

/** Longer than the pauses between attempts and between polls, and shorter than a timeout, in milliseconds. */
const pause = 45_000

/**
 * Runs a program to its end. The clock moves to the end of each pause, and while `timesOut` also to timeouts.
 */
export const toTheEnd = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  timesOut: Effect.Effect<boolean> = Effect.succeed(false)
) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(program)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* turn
      const now = yield* Clock.currentTimeMillis
      const waits = [...(yield* TestClock.sleeps())].map((end) => end - now).filter((wait) => wait > 0)
      const short = waits.find((wait) => wait <= pause)
      // In whole milliseconds: the test clock cannot convert others.
      if (short !== undefined) yield* TestClock.adjust(Math.ceil(short))
      else if (waits.length > 0 && (yield* timesOut)) {
        yield* io
        // Also the ends of waits that are over are listed: the least may be one of them.
        yield* TestClock.adjust(Math.ceil(Math.min(...waits)))
      }
    }
    return yield* Fiber.await(fiber)
  })

/** The tag of an error, and whether the server acted. */
export const ended = (exit: Exit.Exit<unknown, { readonly _tag: string; readonly acted?: string }>): string => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Option.getOrUndefined(
    Exit.causeOption(exit).pipe(
      Option.flatMap((cause) => Option.fromNullable(cause._tag === "Fail" ? cause.error : undefined))
    )
  )
  return error === undefined ? `a defect: ${exit.cause}` : `${error._tag}, acted: ${error.acted}`
}
