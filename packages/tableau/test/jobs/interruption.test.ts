import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Ids, Jobs, TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, type Script, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin, timeless } from "../../../../test/support/session.js"
import { cancelJob, failed, getJob, id, job, onServer, polls, running, succeeded } from "./polling.js"

/** Lets sockets make progress. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Interrupts an effect after its first poll. */
const interrupted = <A, E>(effect: Effect.Effect<A, E, TableauSession>, script: Script) =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer(script)
    const session = yield* TableauSession.make({
      server: url,
      credentials: admin,
      ...timeless,
      signOutTimeout: "9000 hours"
    })
    const fiber = yield* Effect.fork(Effect.provideService(effect, TableauSession, session))
    while (calls.length < 1) yield* turn
    // The response is read, and the wait for the next poll begins.
    yield* Effect.repeatN(turn, 20)
    const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
    return { interruption, lines: () => calls.map(({ line }) => line.replace("/api/3.29", "")) }
  })

const both: ReadonlyArray<
  readonly [name: string, (options?: Jobs.AwaitOptions) => Effect.Effect<unknown, unknown, TableauSession>]
> = [
  ["await", (options) => Jobs.await(id, options)],
  ["watch", (options) => Stream.runDrain(Jobs.watch(id, options))]
]

describe("interruptions", () => {
  it.scoped.each(both)("%s leaves the job when it is interrupted", ([, run]) =>
    Effect.gen(function* () {
      const { interruption, lines } = yield* interrupted(run(), { ...polls(running), [cancelJob]: {} })
      expect(Exit.isInterrupted(yield* Fiber.join(interruption))).toBe(true)
      expect(lines()).toEqual([getJob])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped.each(both)("%s cancels the job when it is interrupted and the caller chose that", ([, run]) =>
    Effect.gen(function* () {
      const script = { ...polls(running), [cancelJob]: {} }
      const { interruption, lines } = yield* interrupted(run({ onInterrupt: "cancel" }), script)
      expect(Exit.isInterrupted(yield* Fiber.join(interruption))).toBe(true)
      expect(lines()).toEqual([getJob, cancelJob])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped.each(both)("a cancellation of %s that fails does not change the result", ([, run]) =>
    Effect.gen(function* () {
      const script = { ...polls(running), [cancelJob]: errorResponse(403, "403091") }
      const { interruption, lines } = yield* interrupted(run({ onInterrupt: "cancel" }), script)
      const exit = yield* Fiber.join(interruption)
      expect(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)).toBe(true)
      expect(lines()).toEqual([getJob, cancelJob])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped.each(both)("a cancellation of %s without a response ends after ten seconds", ([, run]) =>
    Effect.gen(function* () {
      const script = { ...polls(running), [cancelJob]: { delay: "9000 hours" } } as const
      const { interruption, lines } = yield* interrupted(run({ onInterrupt: "cancel" }), script)
      while (lines().length < 2) yield* turn
      yield* TestClock.adjust("9 seconds")
      yield* Effect.repeatN(turn, 5)
      expect((yield* Fiber.poll(interruption))._tag).toBe("None")
      yield* TestClock.adjust("1 second")
      expect(Exit.isInterrupted(yield* Fiber.join(interruption))).toBe(true)
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped("cancel takes an id, or a job, whose second id it prefers", () =>
    Effect.gen(function* () {
      const inner = Ids.JobId.make("j2")
      const script = { [cancelJob]: {}, "PUT /sites/s/jobs/j2": {} }
      const cancelled = [
        Jobs.cancel(id),
        Jobs.cancel({ id }),
        Jobs.cancel({ id, extractCreationJob: { jobLuid: inner } }),
        Jobs.cancel({ id, thumbnailsRefreshJob: { jobLuid: inner } })
      ]
      const { lines } = yield* onServer(Effect.all(cancelled), script)
      expect(lines).toEqual([cancelJob, cancelJob, "PUT /sites/s/jobs/j2", "PUT /sites/s/jobs/j2"])
    })
  )

  it.scoped("a job that ends is not cancelled", () =>
    Effect.gen(function* () {
      const script = { ...polls(succeeded), [cancelJob]: {} }
      const { lines } = yield* onServer(Jobs.await(id, { onInterrupt: "cancel" }), script)
      expect(lines).toEqual([getJob])
      const watched = yield* onServer(Stream.runDrain(Jobs.watch(id, { onInterrupt: "cancel" })), script)
      expect(watched.lines).toEqual([getJob])
    })
  )

  it.scoped("a job that has not ended at the deadline is not cancelled", () =>
    Effect.gen(function* () {
      const script = { ...polls(running), [cancelJob]: {} }
      const options = { onInterrupt: "cancel", deadline: "1 second" } as const
      const { error, lines } = yield* onServer(Jobs.await(id, options), script)
      expect(error).toMatchObject({ _tag: "JobTimedOut" })
      expect(lines).not.toContain(cancelJob)
    })
  )

  it.scoped("a stream of a job from which a part is taken leaves the job", () =>
    Effect.gen(function* () {
      const script = { ...polls(running), [cancelJob]: {} }
      const states = Stream.runCollect(Stream.take(Jobs.watch(id, { onInterrupt: "cancel" }), 2))
      const { lines } = yield* onServer(states, script)
      expect(lines).toEqual([getJob, getJob])
    })
  )
})

describe("watch", () => {
  const at = (progress: number) => job({ progress })

  it.scoped("watch emits the job of each poll, and ends after the completed one", () =>
    Effect.gen(function* () {
      const states = Effect.map(Stream.runCollect(Jobs.watch(id)), (jobs) => [...jobs])
      const { value } = yield* onServer(states, polls(at(0), at(40), succeeded))
      expect(value?.map(({ progress }) => progress)).toEqual([0, 40, 100])
      expect(value?.at(-1)).toMatchObject({ finishCode: 0 })
    })
  )

  it.scoped("watch emits a job that has failed, and then fails", () =>
    Effect.gen(function* () {
      const seen: Array<number | undefined> = []
      const states = Stream.runForEach(Jobs.watch(id), (state) =>
        Effect.sync(() => {
          seen.push(state.finishCode)
        })
      )
      const { error } = yield* onServer(states, polls(at(10), failed()))
      expect(seen).toEqual([undefined, 1])
      expect(error).toMatchObject({ _tag: "JobFailed", job: { id } })
    })
  )
})
