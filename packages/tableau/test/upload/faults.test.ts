import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { FileUploads, Upload } from "effect-tableau"
import { at, bytes, upload } from "./uploading.js"
import {
  type Append,
  bytesOf,
  type Fault,
  onServer,
  type ServerOptions,
  streamed,
  uploadServer
} from "./uploadServer.js"

const faults: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ["a connection that breaks before the block", "before"],
  ["a connection that breaks during the block", "during"],
  ["a connection that breaks after the block", "after"],
  ["a block that gets no response", "silence"],
  ["a 500 of a block that is not stored", { status: 500, code: "500000" }],
  ["a 500 of a block that is stored", { status: 500, code: "500000", isStored: true }],
  ["a 503 of a block that is stored", { status: 503, code: "503000", isStored: true }],
  ["a 429", { status: 429, code: "429000" }]
]

const behaviours = ["replace", "append", "refuse"] as const
const blocks = [1, 2, 3, 4, 5] as const

describe("a fault at one block", () => {
  for (const retry of [undefined, "never"] as const) {
    for (const [name, fault] of faults) {
      it.scopedLive(`${name}, at each block, with retries ${retry ?? "by default"}: the right bytes arrive`, () =>
        Effect.forEach(
          blocks,
          (number) =>
            Effect.gen(function* () {
              const fast: Upload.Options = { stallTimeout: fault === "silence" ? "1500 millis" : "10 seconds" }
              const { content, failure } = yield* upload({ fault: at(number, fault) }, fast, undefined, { retry })
              expect(failure).toBeUndefined()
              expect(content?.equals(bytes)).toBe(true)
            }),
          { concurrency: 5 }
        )
      )

      it.scopedLive.each(behaviours)(
        `${name}, at each of several parallel blocks, with retries ${retry ?? "by default"}, on a server that would %s a repeated number: the right bytes arrive`,
        (repeated) =>
          Effect.forEach(
            blocks,
            (number) =>
              Effect.gen(function* () {
                const options: Upload.Options = {
                  concurrency: 3,
                  stallTimeout: fault === "silence" ? "1500 millis" : "10 seconds"
                }
                const { content, failure } = yield* upload({ fault: at(number, fault), repeated }, options, undefined, {
                  retry
                })
                expect(failure).toBeUndefined()
                expect(content?.equals(bytes)).toBe(true)
              }),
            { concurrency: 5 }
          )
      )
    }
  }
})

describe("what the server holds", () => {
  it.scopedLive("a block that is there twice begins the upload again", () =>
    Effect.gen(function* () {
      const { appends, begun, content } = yield* upload({ fault: at(2, "after") })
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(2)
      // The block is sent again, and its response says that the server has it twice.
      expect(appends.map(({ uploadSessionId }) => uploadSessionId.slice(7, 8)).join("")).toBe("11122222")
    })
  )

  it.scopedLive.each([
    ["the last block", 5, 2],
    ["an earlier block", 4, 1]
  ] as const)("a 504 of %s, whose first copy may still be stored, leads to the right upload", ([, number, uploads]) =>
    Effect.gen(function* () {
      const { begun, content } = yield* upload({ fault: at(number, { status: 504, code: "504000" }) })
      expect(content?.equals(bytes)).toBe(true)
      // After an earlier block a later total shows whether there are two copies; after the last one nothing does.
      expect(begun()).toBe(uploads)
    })
  )

  it.scopedLive("a block that was lost is sent again in the same upload", () =>
    Effect.gen(function* () {
      const { begun, content, sizes } = yield* upload({ fault: at(2, "during") })
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(1)
      expect(sizes()).toEqual([380, 0, 380, 380, 380, 380])
    })
  )

  it.scopedLive("the last block is as large as the others, and is sent again in the same upload", () =>
    Effect.gen(function* () {
      const file = streamed(bytesOf(1601), { size: 1601 })
      const { begun, content } = yield* upload({ fault: at(5, "during") }, {}, file)
      expect(content?.equals(bytesOf(1601))).toBe(true)
      expect(begun()).toBe(1)
    })
  )

  it.scopedLive("a block that is too small to be verified begins the upload again without being sent again", () =>
    Effect.gen(function* () {
      const options = { blockSize: 199 }
      const { appends, begun, content } = yield* upload(
        { fault: at(2, "during") },
        options,
        streamed(bytesOf(500), { size: 500 })
      )
      expect(content?.equals(bytesOf(500))).toBe(true)
      expect(begun()).toBe(2)
      expect(appends.length).toBe(5)
    })
  )

  it.scopedLive("content that cannot be read again fails with UploadMismatch, and is not used", () =>
    Effect.gen(function* () {
      const file = streamed(bytes, { size: bytes.length, replayable: false })
      const { begun, failure } = yield* upload({ fault: at(2, "after") }, {}, file)
      expect(failure).toMatchObject({ _tag: "UploadMismatch", acted: "no", sent: 760, acknowledged: 11 })
      expect(begun()).toBe(1)
    })
  )

  it.scopedLive("content of unknown size is read again only if the caller says that this is possible", () =>
    Effect.gen(function* () {
      const chunks = Array.from({ length: 19 }, (_, index) => bytes.subarray(index * 100, (index + 1) * 100))
      const rest = chunks[Symbol.iterator]()
      const next = Effect.suspend(() => {
        const { done, value } = rest.next()
        return done === true ? Effect.fail(Option.none()) : Effect.succeed(value)
      })
      const content = Stream.repeatEffectOption(next)
      const lost: ServerOptions = { fault: at(2, { status: 404, code: "404015" }) }
      const once = yield* upload(lost, {}, Upload.file({ name: "x.hyper", content }))
      expect(once.failure).toMatchObject({ _tag: "NotFound", acted: "no" })
      expect(once.begun()).toBe(1)
      const again = yield* upload(lost, {}, streamed(bytes, { replayable: true }))
      expect(again.content?.equals(bytes)).toBe(true)
      expect(again.begun()).toBe(2)
    })
  )

  it.scopedLive("content that cannot be read again succeeds if no more than its block was lost", () =>
    Effect.gen(function* () {
      const file = streamed(bytes, { size: bytes.length, replayable: false })
      const { content } = yield* upload({ fault: at(2, "during") }, {}, file)
      expect(content?.equals(bytes)).toBe(true)
    })
  )

  it.scopedLive(
    "a small block of unknown outcome of content that cannot be read again fails with the error of the block",
    () =>
      Effect.gen(function* () {
        const file = streamed(bytesOf(500), { replayable: false })
        const { failure } = yield* upload({ fault: at(2, "after") }, { blockSize: 150 }, file)
        expect(failure).toMatchObject({ _tag: "ConnectionFailed", acted: "no" })
      })
  )

  it.scopedLive("after as many uploads as allowed it fails with UploadMismatch", () =>
    Effect.gen(function* () {
      // The first response of each upload is lost.
      const seen = new Set<string>()
      const fault = ({ uploadSessionId }: Append) => {
        if (seen.has(uploadSessionId)) return undefined
        seen.add(uploadSessionId)
        return "after" as const
      }
      const { begun, failure } = yield* upload({ fault })
      expect(failure).toMatchObject({ _tag: "UploadMismatch", acted: "no" })
      expect(begun()).toBe(4)
    })
  )

  it.scopedLive("a server that does not say what it holds is not believed after a block of unknown outcome", () =>
    Effect.gen(function* () {
      const { begun, content } = yield* upload({ fault: at(2, "after"), says: () => undefined })
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(2)
    })
  )

  it.scopedLive.each([
    ["has twice as much", (held: number) => held * 2],
    ["lacks a block", (held: number) => Math.max(1, held - 4)]
  ] as const)("a server that %s is not believed, although it has acknowledged each block", ([, says]) =>
    Effect.gen(function* () {
      const { begun, failure } = yield* upload({ says })
      expect(failure).toMatchObject({ _tag: "UploadMismatch", acted: "no", sent: bytes.length })
      expect(begun()).toBe(4)
    })
  )

  it.scopedLive.each([
    ["counts in units of a million bytes", (held: number) => Math.floor((held * 2 ** 20) / 1_000_000)],
    ["does not say what it holds", () => undefined]
  ] as const)("a server that %s is believed, if it has acknowledged each block", ([, says]) =>
    Effect.gen(function* () {
      const { begun, content } = yield* upload({ says })
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(1)
    })
  )

  it.scopedLive.each([
    [1, 9, 4000],
    [4, 8, 4000],
    [4, 9, 4000],
    [8, 5, 4000],
    [8, 9, undefined],
    [4, 10, undefined]
  ] as const)(
    "a server that loses what it has, with concurrency %i at block %i of a file of size %s, is not believed",
    ([concurrency, number, size]) =>
      Effect.gen(function* () {
        const content = bytesOf(4000)
        const server: ServerOptions = {
          forgets: (append) => append.number === number,
          latency: 3,
          maxFileChunkCount: 100
        }
        const uploaded = yield* upload(server, { concurrency }, streamed(content, { size, replayable: true }))
        expect(uploaded.failure).toBeUndefined()
        expect(uploaded.content?.equals(content)).toBe(true)
        expect(uploaded.begun()).toBe(2)
      })
  )

  it.scopedLive.each(["up", "down"] as const)(
    "parallel totals that lack blocks in flight, rounded %s, do not begin the upload again",
    (rounding) =>
      Effect.gen(function* () {
        const content = bytesOf(3990)
        const server: ServerOptions = {
          latency: 3,
          maxFileChunkCount: 100,
          // The first responses of each upload lack what is in flight with them.
          says: (held) => (held < 35 ? 1 : rounding === "up" ? held + 1 : held)
        }
        const { begun, content: sent } = yield* upload(server, { concurrency: 4 }, streamed(content, { size: 3990 }))
        expect(sent?.equals(content)).toBe(true)
        expect(begun()).toBe(1)
      })
  )

  it.scopedLive("a lost block in parallel is found, whatever the server does with repeated numbers", () =>
    Effect.gen(function* () {
      // One response is lost, and another block gets lost although it is acknowledged.
      const server: ServerOptions = {
        fault: at(1, "after"),
        repeated: "replace",
        // By its number in the first upload: the third request can also be the lost one that is sent again.
        loses: ({ sequence, uploadSessionId }) => sequence === 3 && uploadSessionId.startsWith("1234:0A1")
      }
      const { begun, content, failure } = yield* upload(server, { concurrency: 2 })
      expect(failure).toBeUndefined()
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(2)
    })
  )
})

describe("a server that is not available for a while", () => {
  const never = { retry: "never" } as const

  it.scopedLive.each([
    [1, 400],
    [1, 150],
    [3, 400]
  ] as const)(
    "that accepts no connection between two blocks, with concurrency %i and blocks of up to %i bytes: the same upload continues",
    ([concurrency, blockSize]) =>
      Effect.gen(function* () {
        const server = { fault: at(2, { downFor: 300, isAcknowledged: true }), maxFileChunkCount: 100 }
        const { begun, content, failure } = yield* upload(server, { blockSize, concurrency }, undefined, never)
        expect(failure).toBeUndefined()
        expect(content?.equals(bytes)).toBe(true)
        expect(begun()).toBe(1)
      })
  )

  it.scopedLive.each([400, 150])(
    "that accepts no connection after a block of up to %i bytes whose response is lost: the upload begins again",
    (blockSize) =>
      Effect.gen(function* () {
        const server = { fault: at(2, { downFor: 300, isAcknowledged: false }), maxFileChunkCount: 100 }
        const { begun, content, failure } = yield* upload(server, { blockSize }, undefined, never)
        expect(failure).toBeUndefined()
        expect(content?.equals(bytes)).toBe(true)
        expect(begun()).toBe(2)
      })
  )

  it.scopedLive.each([
    [503, "503000"],
    [502, "502000"],
    [429, "429000"]
  ] as const)("that responds with %i more often than a block is resent otherwise: the bytes arrive", ([status, code]) =>
    Effect.gen(function* () {
      const fault = ({ number }: Append) => (number >= 2 && number <= 8 ? { status, code } : undefined)
      const { begun, content, failure } = yield* upload({ fault }, {}, undefined, never)
      expect(failure).toBeUndefined()
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(1)
    })
  )

  it.scopedLive.each([true, false])(
    "that accepts no connection for longer than the limit, the last block being acknowledged: %s, ends the upload",
    (isAcknowledged) =>
      Effect.gen(function* () {
        const started = Date.now()
        const fault = at(2, { downFor: Number.POSITIVE_INFINITY, isAcknowledged })
        const { failure } = yield* upload({ fault }, {}, undefined, never, { maxOutage: 400 })
        expect(failure).toMatchObject({ _tag: "ConnectionFailed", reason: "Refused", acted: "no" })
        expect(Date.now() - started).toBeGreaterThan(200)
      })
  )

  it.scopedLive("that is unavailable when the upload begins is not waited for", () =>
    Effect.gen(function* () {
      const { begun, failure } = yield* upload({ beginStatus: 503 }, {}, undefined, never)
      expect(failure).toMatchObject({ _tag: "ServerFault", status: 503, acted: "no" })
      expect(begun()).toBe(1)
    })
  )

  const impatient = { retry: { retryAfterLimit: "10 millis" } } as const

  it.scopedLive("its Retry-After is waited for, also beyond the limit of the session", () =>
    Effect.gen(function* () {
      const started = Date.now()
      const fault = at(2, { status: 429, code: "429000", retryAfter: "1" })
      const { content } = yield* upload({ fault }, {}, undefined, impatient)
      expect(content?.equals(bytes)).toBe(true)
      expect(Date.now() - started).toBeGreaterThanOrEqual(1000)
    })
  )

  it.scopedLive("a Retry-After that is longer than the limit of uploads ends the upload at once", () =>
    Effect.gen(function* () {
      const fault = at(2, { status: 429, code: "429000", retryAfter: "3600" })
      const { appends, failure } = yield* upload({ fault }, {}, undefined, impatient)
      expect(failure).toMatchObject({ _tag: "RateLimited", acted: "no" })
      expect(appends.length).toBe(2)
    })
  )
})

describe("an upload that cannot succeed", () => {
  it.scopedLive("a refused block ends it with the server's error, without another request", () =>
    Effect.gen(function* () {
      const { appends, failure } = yield* upload({ fault: at(2, { status: 400, code: "400016" }) })
      expect(failure).toMatchObject({ _tag: "BadRequest", code: "400016", acted: "no" })
      expect(appends.length).toBe(2)
    })
  )

  it.scopedLive("a block that never succeeds is sent a bounded number of times", () =>
    Effect.gen(function* () {
      const { appends, failure } = yield* upload({ fault: () => ({ status: 500, code: "500000" }) })
      expect(failure).toMatchObject({ _tag: "ServerFault", acted: "no" })
      expect(appends.length).toBe(4)
    })
  )

  it.scopedLive("an upload that the server has forgotten begins again", () =>
    Effect.gen(function* () {
      const { begun, content } = yield* upload({ fault: at(3, { status: 404, code: "404015" }) })
      expect(content?.equals(bytes)).toBe(true)
      expect(begun()).toBe(2)
    })
  )

  it.scopedLive("a stream that fails ends it with the error of the stream", () =>
    Effect.gen(function* () {
      const running = yield* uploadServer()
      const content = Stream.concat(Stream.make(bytesOf(1000)), Stream.fail("unreadable" as const))
      const file = Upload.file({ name: "x.hyper", content })
      const exit = yield* Effect.exit(onServer(FileUploads.upload(file), running.url))
      expect(exit).toEqual(Exit.fail("unreadable"))
      expect(running.sizes()).toEqual([400, 400])
    })
  )
})
