import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Ids, type TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  type Script,
  type ScriptedResponse,
  type ScriptedServerOptions,
  xml
} from "../../../../test/support/scriptedServer.js"
import { timeless } from "../../../../test/support/session.js"
import { type Attributes, element, pagination } from "../../../../test/support/xml.js"
import { onScript } from "../operation/onScript.js"

export const id = Ids.JobId.make("j1")

const ended = { completedAt: "2026-01-31T12:30:00Z", progress: 100 }

/** A response with the job `j1`. */
export const job = (attributes: Attributes = {}, ...content: ReadonlyArray<string>): ScriptedResponse =>
  xml(element("job", { id, ...attributes }, ...content))

export const running = job({ progress: 0, finishCode: 1 })
export const succeeded = job({ ...ended, finishCode: 0 })
export const failed = (...content: ReadonlyArray<string>) => job({ ...ended, finishCode: 1 }, ...content)
export const cancelled = job({ ...ended, finishCode: 2 })
export const completed = job(ended)

/** A page of the list of jobs. */
export const listed = (...jobs: ReadonlyArray<Attributes>): ScriptedResponse =>
  xml(
    pagination({ total: jobs.length }),
    element("backgroundJobs", {}, ...jobs.map((attributes) => element("backgroundJob", attributes)))
  )

export const getJob = "GET /sites/s/jobs/j1"
export const listJobs = "GET /sites/s/jobs"
export const cancelJob = "PUT /sites/s/jobs/j1"

export const polls = (...replies: ReadonlyArray<ScriptedResponse>): Script => ({ [getJob]: replies })

/** Lets sockets make progress. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** The milliseconds until the first sleep ends, once no fiber starts another one. */
const nextWake = Effect.gen(function* () {
  for (let last = Number.NaN; ; ) {
    const now = yield* Clock.currentTimeMillis
    const next = Math.min(...Array.from(yield* TestClock.sleeps(), (until) => until - now))
    if (next === last) return next
    last = next
    yield* Effect.repeatN(turn, 2)
  }
})

/**
 * Runs an effect and moves the clock to the end of each sleep of at most `limit`. Longer ones are timeouts of what is in
 * flight. Returns for how long, in milliseconds, the effect slept each time.
 */
export const throughTime = <A, E, R>(effect: Effect.Effect<A, E, R>, limit: Duration.DurationInput = "40 seconds") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const slept: Array<number> = []
    for (;;) {
      const done = yield* Fiber.poll(fiber)
      if (done._tag === "Some") return { value: yield* done.value, slept }
      const next = yield* nextWake
      if (next <= Duration.toMillis(limit)) {
        slept.push(next)
        yield* TestClock.adjust(next)
      }
    }
  })

/** Runs an effect on a session with a scripted server, and moves the clock. */
export const onServer = <A, E>(
  effect: Effect.Effect<A, E, TableauSession>,
  script: Script,
  options: Partial<TableauSession.Options> = {},
  server: ScriptedServerOptions = {},
  limit?: Duration.DurationInput
) =>
  Effect.map(
    throughTime(onScript(effect, script, { ...timeless, signOutTimeout: "9000 hours", ...options }, server), limit),
    ({ slept, value: { calls, exit, logged } }) => ({
      slept,
      logged,
      lines: calls.map(({ line }) => line.replace("/api/3.29", "")),
      calls,
      exit,
      value: Exit.isSuccess(exit) ? exit.value : undefined,
      error: Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    })
  ).pipe(Effect.provide(layerHttpClient))
