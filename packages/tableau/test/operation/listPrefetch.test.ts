import type * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { keyOf, type ScriptedRequest, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin, onSession } from "../../../../test/support/session.js"
import { ended, operation, pageOf, pages, read, settle } from "./listing.js"

describe("prefetched pages", () => {
  /** A reader that takes one page per step. */
  const stepping = (options: Workbooks.ListOptions) =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list(options)
      return yield* Stream.toPull(Stream.rechunk(items, options.pageSize ?? 100))
    })

  onSession("pages are prefetched up to the limit, and items stay in order", (simulator) =>
    Effect.gen(function* () {
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, times: 3, fault: Fault.hold(latch.await) })
      const { items } = yield* Workbooks.list({ pageSize: 10, prefetchPages: 3 })
      const names: Array<string> = []
      const step = yield* Effect.makeSemaphore(0)
      const reader = yield* Effect.fork(
        Stream.runForEach(Stream.chunks(items), (chunk) =>
          Effect.zipRight(
            Effect.sync(() => names.push(...Chunk.map(chunk, ({ name = "" }) => name))),
            step.take(1)
          )
        )
      )
      // The reader holds the first page; three are in flight, without a response.
      yield* simulator.awaitSeen(operation, 4)
      yield* settle
      expect(yield* pages).toHaveLength(4)
      expect(names).toHaveLength(10)
      // The responses arrive. The reader has not moved, so no further page is requested.
      yield* latch.open
      yield* settle
      expect(yield* pages).toHaveLength(4)
      // One more for each page that the reader takes.
      yield* step.release(1)
      yield* simulator.awaitSeen(operation, 5)
      yield* settle
      expect(names).toHaveLength(20)
      expect((yield* pages).slice(4)).toEqual([5])
      yield* step.release(100)
      yield* Fiber.join(reader)
      expect([...(yield* pages)].sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      const inOrder = yield* Effect.flatMap(Workbooks.list({ pageSize: 1000 }), ({ items }) => Stream.runCollect(items))
      expect(names).toEqual([...Chunk.map(inOrder, ({ name }) => name)])
    })
  )

  onSession("no page is prefetched by default", () =>
    Effect.gen(function* () {
      const pull = yield* stepping({ pageSize: 50 })
      yield* pull
      yield* settle
      expect(yield* pages).toEqual([1])
      yield* pull
      expect(yield* pages).toEqual([1, 2])
    })
  )

  it.scoped("prefetching stops when the reader is interrupted", () =>
    Effect.gen(function* () {
      const arrived = yield* Effect.makeSemaphore(0)
      const lost = yield* Effect.makeSemaphore(0)
      const { calls, url } = yield* scriptedServer({
        [keyOf(Workbooks.list)]: ({ query }: ScriptedRequest, raw: Http.ServerResponse) => {
          if (query.get("pageNumber") === "1") return xml(pageOf(1, 2, 100, ["a", "b"]))
          // No response to any other page.
          raw.on("close", () => Effect.runSync(lost.release(1)))
          return arrived.release(1)
        }
      })
      const session = yield* TableauSession.make({
        server: url,
        credentials: admin,
        retry: "never",
        signOutTimeout: "1 minute"
      })
      const { items } = yield* Workbooks.list({ pageSize: 2, prefetchPages: 3 }).pipe(
        Effect.provideService(TableauSession, session)
      )
      const reader = yield* Effect.fork(Stream.runDrain(items))
      yield* arrived.take(3)
      yield* Fiber.interrupt(reader)
      yield* lost.take(3)
      // What was in flight before this request has arrived before it.
      yield* Effect.promise(() => fetch(url).then((response) => response.text()))
      expect(calls.filter(({ query }) => Number(query.get("pageNumber")) > 1)).toHaveLength(3)
      // It also stops when the reader takes no more. Prefetching begins before the first page is emitted.
      const enough = yield* Effect.fork(
        Stream.runCount(
          Stream.take(
            Stream.tap(items, () => arrived.take(1)),
            2
          )
        )
      )
      expect(yield* Fiber.join(enough)).toBe(2)
      yield* lost.take(2)
    }).pipe(Effect.provide(layerHttpClient))
  )

  onSession("a prefetched page that fails ends the stream at its place", (simulator) =>
    Effect.gen(function* () {
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
      yield* simulator.inject({ operation, fault: Fault.status(500) })
      const reading = yield* Effect.fork(read({ pageSize: 10, prefetchPages: 2 }))
      yield* simulator.awaitSeen(operation, 3)
      yield* latch.open
      const { ids, result } = yield* Fiber.join(reading)
      expect(result).toMatchObject({ left: { _tag: "ServerFault" } })
      expect(ids.length === 10 || ids.length === 20).toBe(true)
    })
  )

  onSession("prefetched pages survive the end of the session in mid-stream", (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
      yield* simulator.inject({ operation, fault: Fault.endSession })
      const { ids, result } = yield* read({ pageSize: 10, prefetchPages: 4, strict: true })
      expect(result).toMatchObject(ended)
      expect(ids).toHaveLength(120)
      expect(new Set(ids).size).toBe(120)
      expect(yield* simulator.count("signIn")).toBe(2)
    })
  )

  const passing = {
    "a 503": Fault.status(503),
    "a connection that is reset": Fault.reset(),
    "a connection that is reset after the request was processed": Fault.reset({ when: "after" }),
    "a truncated response": Fault.truncate(300),
    "an expired token": Fault.endSession
  }
  for (const [name, fault] of Object.entries(passing)) {
    onSession(
      `prefetched pages stay complete and in order after ${name}`,
      { session: { retry: { schedule: Schedule.recurs(2) } } },
      (simulator) =>
        Effect.gen(function* () {
          const whole = (yield* read({ pageSize: 120 })).ids
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation, fault: Fault.hold(Effect.void) })
          yield* simulator.inject({ operation, fault: Fault.hold(latch.await) })
          yield* simulator.inject({ operation, fault })
          yield* simulator.inject({ operation, times: 2, fault: Fault.hold(latch.await) })
          const reading = yield* Effect.fork(read({ pageSize: 10, prefetchPages: 4, strict: true }))
          // The list before, the first page and four prefetched; then one of them again, while three have no response.
          yield* simulator.awaitSeen(operation, 7)
          const requested = (yield* pages).slice(2)
          expect([...new Set(requested)].sort()).toEqual([2, 3, 4, 5])
          expect(requested).toHaveLength(5)
          yield* latch.open
          const { ids, reports, result } = yield* Fiber.join(reading)
          expect(result).toMatchObject(ended)
          expect(ids).toEqual(whole)
          expect(reports).toEqual([{ expected: 120, received: 120, duplicates: 0, malformed: 0 }])
          expect(yield* simulator.count("signIn")).toBe(name === "an expired token" ? 2 : 1)
        })
    )
  }

  onSession("prefetching does not leak fiber refs", () =>
    Effect.gen(function* () {
      const depth = Effect.map(Effect.getFiberRefs, ({ locals }) =>
        Math.max(...Array.from(locals.values(), (values) => values.length))
      )
      yield* read({ pageSize: 60 })
      const before = yield* depth
      for (const prefetchPages of [0, 3]) yield* read({ pageSize: 10, prefetchPages })
      expect(yield* depth).toBe(before)
    })
  )

  onSession("a prefetch limit outside 0 to 100 fails with BadRequest", () =>
    Effect.gen(function* () {
      for (const prefetchPages of [-1, 1.5, 101, Number.NaN]) {
        expect(yield* Effect.flip(Workbooks.list({ prefetchPages }))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      }
      expect(yield* pages).toEqual([])
    })
  )
})
