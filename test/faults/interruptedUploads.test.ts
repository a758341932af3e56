/** An interruption at each stage of a publish leaves no open file, no request in flight, and no part of the content. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { Datasources, Jobs, TableauSession, type Upload, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Fault, Simulator } from "effect-tableau-simulator"
import { io } from "../support/io.js"
import { open, server } from "../support/session.js"
import { prompt, stepped } from "../support/stepping.js"
import { contentOf, copies, name, requestsInFlight, strike, timesOpen, toTheEnd } from "./publishing.js"
import { first } from "./scenario.js"

const MiB = 1024 * 1024

/** A file on the disk, alone in its folder. */
const onDisk = (content: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "published-"))
      const path = join(folder, `${name}.hyper`)
      writeFileSync(path, content)
      return { folder, path }
    }),
    ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

/** A publish of a file on the disk, and what must hold after its end. */
const publishing = (content: string, options: Parameters<typeof Datasources.publish>[1]) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    const inFlight = yield* requestsInFlight
    const published = yield* copies(simulator)
    const { folder, path } = yield* onDisk(content)
    const session = yield* open({ retry: undefined })
    const file = yield* TableauNode.file(path)
    const publish = Effect.provideService(Datasources.publish(file, { name, ...options }), TableauSession, session)
    const nothingIsLeft = Effect.gen(function* () {
      expect(yield* inFlight, "requests in flight").toBe(0)
      expect(timesOpen(path), "open files").toBe(0)
      expect(readdirSync(folder)).toEqual([`${name}.hyper`])
      const there = yield* published
      expect(there.length).toBeLessThanOrEqual(1)
      for (const copy of there) expect(copy === content, "the bytes are those of the file").toBe(true)
      return there.length
    })
    return { simulator, publish, path, nothingIsLeft }
  })

interface Stage {
  readonly title: string
  readonly content: string
  readonly upload: Upload.Options
  readonly operation: Simulator.Operation
  readonly request: number
}

const large = { content: contentOf(6 * MiB), upload: { blockSize: 2 * MiB, singleRequestLimit: 0 } }
const parallel = { ...large, upload: { ...large.upload, concurrency: 2 } }
const whole = { content: contentOf(5 * MiB), upload: {} }

const stages: ReadonlyArray<Stage> = [
  { title: "the start", ...large, operation: "initiateFileUpload", request: 1 },
  { title: "the first block", ...large, operation: "appendToFileUpload", request: 1 },
  { title: "a later block", ...large, operation: "appendToFileUpload", request: 2 },
  { title: "the last block", ...large, operation: "appendToFileUpload", request: 3 },
  { title: "parallel blocks", ...parallel, operation: "appendToFileUpload", request: 2 },
  { title: "the commit", ...large, operation: "publishDataSource", request: 1 },
  { title: "one request", ...whole, operation: "publishDataSource", request: 1 }
]

describe("an interrupted publish", () => {
  for (const { content, operation, request, title, upload } of stages) {
    for (const when of ["before", "after"] as const) {
      it.scoped(`interrupted ${when} the server processes ${title} leaves nothing`, () =>
        Effect.gen(function* () {
          const { nothingIsLeft, publish, simulator } = yield* publishing(content, { upload })
          // The server has not read the body, or has processed it.
          const there = yield* Deferred.make<void>()
          const never = Effect.andThen(Deferred.succeed(there, undefined), Effect.never)
          yield* strike(simulator, operation, request, Fault.hold(never, { when }))
          const fiber = yield* Effect.fork(publish)
          yield* Deferred.await(there)
          yield* io
          const exit = yield* prompt("the interruption", Fiber.interrupt(fiber))
          expect(Exit.isInterrupted(exit)).toBe(true)
          const count = yield* nothingIsLeft
          expect(count).toBe(operation === "publishDataSource" && when === "after" ? 1 : 0)
        }).pipe(Effect.provide(server()))
      )
    }
  }

  // Every step of a fiber is too many.
  const samples = 24
  for (const concurrency of [1, 2]) {
    it.scoped(`interrupted at any step with ${concurrency} blocks at a time leaves nothing`, () =>
      Effect.gen(function* () {
        const content = contentOf(40 * 1024)
        const options = { upload: { blockSize: 16 * 1024, singleRequestLimit: 0, concurrency } }
        const run = (step: number) =>
          Effect.gen(function* () {
            const { nothingIsLeft, publish } = yield* publishing(content, options)
            const { exit, taken } = yield* stepped(publish, { step, happens: "interrupt" })
            expect(Exit.isSuccess(exit) || Exit.isInterrupted(exit)).toBe(true)
            const there = yield* nothingIsLeft
            if (Exit.isSuccess(exit)) expect(there).toBe(1)
            return { taken, interrupted: Exit.isInterrupted(exit) }
          }).pipe(Effect.scoped, Effect.provide(server()))
        const { taken } = yield* run(Number.POSITIVE_INFINITY)
        const ends = yield* Effect.forEach(Array.from({ length: samples }), (_, index) =>
          run(1 + Math.floor((index * taken) / samples))
        )
        expect(ends.filter(({ interrupted }) => interrupted).length).toBeGreaterThan(samples / 2)
      })
    )
  }
})

describe("an interrupted wait for a job", () => {
  for (const onInterrupt of ["leave", "cancel"] as const) {
    it.scoped(`${onInterrupt}: the refresh goes on or is cancelled, and no request is in flight`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const inFlight = yield* requestsInFlight
        yield* simulator.planJobs({ run: "1 hour" })
        const session = yield* open()
        const program = Effect.gen(function* () {
          const { id } = yield* first(Workbooks.list())
          const job = yield* Workbooks.refresh(id)
          yield* simulator.inject({ operation: "queryJob", fault: Fault.hang() })
          const fiber = yield* Effect.fork(Jobs.await(job, { onInterrupt }))
          yield* toTheEnd(simulator.awaitSeen("queryJob"))
          yield* io
          yield* prompt("the interruption", Fiber.interrupt(fiber))
          expect(yield* inFlight).toBe(0)
          return (yield* Jobs.get(job.id)).completedAt !== undefined
        })
        expect(yield* Effect.provideService(program, TableauSession, session)).toBe(onInterrupt === "cancel")
        expect(yield* simulator.count("cancelJob")).toBe(onInterrupt === "cancel" ? 1 : 0)
      }).pipe(Effect.provide(server()))
    )
  }
})
