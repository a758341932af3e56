import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { FileUploads, Upload } from "effect-tableau"
import { bytes, failureOf, upload } from "./uploading.js"
import { type Append, bytesOf, type Fault, onServer, streamed, uploadServer } from "./uploadServer.js"

describe("time", () => {
  it.scopedLive("a server that accepts no block ends the upload after the stall timeout", () =>
    Effect.gen(function* () {
      const options: Upload.Options = { stallTimeout: "50 millis" }
      const { failure } = yield* upload(
        { fault: () => "silence" },
        options,
        undefined,
        {},
        { maxResends: 1, maxOutage: 0 }
      )
      expect(failure).toMatchObject({ _tag: "TimedOut", acted: "no", after: 50 })
    })
  )

  it.scopedLive(
    "a schedule of the session that never ends is ended by its deadline",
    () =>
      Effect.gen(function* () {
        const retry = {
          schedule: Schedule.spaced("10 millis"),
          requestTimeout: "1 second",
          deadline: "1 second"
        } as const
        const fault = () => ({ status: 429, code: "429000" })
        const limits = { maxResends: 1, maxOutage: 0 }
        const { appends, failure } = yield* upload({ fault }, {}, undefined, { retry }, limits)
        // Whether the deadline passes between two attempts or within one depends on the computer.
        expect(failure?._tag).toMatch(/^(RateLimited|TimedOut)$/)
        expect(failure).toHaveProperty("acted", "no")
        // Otherwise the schedule of the session has not been used.
        expect(appends.length).toBeGreaterThan(4)
      }),
    10_000
  )

  it.scopedLive("a stall timeout that is longer than the deadline of the session is used", () =>
    Effect.gen(function* () {
      const retry = { requestTimeout: "300 millis", deadline: "300 millis" } as const
      const { content } = yield* upload({ beginLatency: 600 }, { stallTimeout: "10 seconds" }, undefined, { retry })
      expect(content?.equals(bytes)).toBe(true)
    })
  )

  it.scopedLive("the deadline ends all of it, and no request is left", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer({ latency: 100 })
      const file = streamed(bytesOf(1900), { size: 1900 })
      const exit = yield* Effect.exit(onServer(FileUploads.upload(file, { deadline: "150 millis" }), running.url))
      expect(failureOf(exit)).toMatchObject({ _tag: "TimedOut", acted: "no", after: 150 })
      yield* Effect.sleep("20 millis")
      expect(running.inFlight()).toBe(0)
    })
  )

  it.scopedLive.each(["stallTimeout", "deadline"])("an invalid %s fails before a request", (name) =>
    Effect.gen(function* () {
      const { begun, failure } = yield* upload({}, { [name]: "-1 seconds" })
      expect(failure).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(begun()).toBe(0)
    })
  )
})

describe("the session of an upload", () => {
  it.scopedLive.each([1, 3])("an expired token in the middle is renewed, with concurrency %i", (concurrency) =>
    Effect.gen(function* () {
      const fault = ({ number, token }: Append): Fault | undefined =>
        number >= 3 && token === "token1" ? { status: 401, code: "401002" } : undefined
      const { appends, begun, content, failure } = yield* upload({ fault }, { concurrency })
      expect(failure).toBeUndefined()
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(1)
      expect(appends.at(-1)?.token).toBe("token2")
    })
  )
})

describe("interruption", () => {
  it.scopedLive.each([1, 3])("with concurrency %i no request is left, and the stream is closed", (concurrency) =>
    Effect.gen(function* () {
      const running = yield* uploadServer({ fault: ({ number }) => (number > 1 ? "silence" : undefined) })
      let closed = 0
      const content = Stream.ensuring(
        Stream.fromIterable(Array.from({ length: 50 }, () => bytesOf(100))),
        Effect.sync(() => {
          closed += 1
        })
      )
      const file = Upload.file({ name: "x.hyper", content })
      const fiber = yield* Effect.fork(
        onServer(
          Effect.gen(function* () {
            const upload = yield* Effect.fork(FileUploads.upload(file, { concurrency }))
            while (running.inFlight() < concurrency) yield* Effect.sleep("5 millis")
            yield* Fiber.interrupt(upload)
            yield* Effect.sleep("20 millis")
            return running.inFlight()
          }),
          running.url
        )
      )
      expect(yield* Fiber.join(fiber)).toBe(0)
      expect(closed).toBe(1)
    })
  )
})
