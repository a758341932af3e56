import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { FileUploads, Upload } from "effect-tableau"
import { values } from "../../src/internal/upload/limits.js"
import * as Plan from "../../src/internal/upload/plan.js"
import { bytesOf, onServer, type ServerOptions, type small, streamed, uploadServer } from "./uploadServer.js"

/** Uploads a file and returns what the server has received. */
const upload = (
  file: Upload.File,
  options: Upload.Options = {},
  server: ServerOptions = {},
  limits: Partial<typeof small> = {}
) =>
  Effect.gen(function* () {
    const running = yield* uploadServer(server)
    const exit = yield* Effect.exit(onServer(FileUploads.upload(file, options), running.url, {}, limits))
    const content = Exit.isSuccess(exit) ? running.content(exit.value.uploadSessionId) : undefined
    return { ...running, exit, content }
  })

const failureOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined

/** A size, and the blocks that it must have. A block has 400 bytes, grows to 1600, and there are at most 8. */
const sizes: ReadonlyArray<readonly [size: number, blocks: ReadonlyArray<number>]> = [
  [1, [1]],
  [399, [399]],
  [400, [400]],
  [401, [201, 200]],
  [1900, Array(5).fill(380)],
  [3200, Array(8).fill(400)],
  [3201, [...Array(7).fill(401), 394]],
  [12799, [...Array(7).fill(1600), 1599]],
  [12800, Array(8).fill(1600)]
]

describe("the blocks of a file of known size", () => {
  it.scopedLive.each(sizes)(
    "%i bytes are sent in the expected blocks, from a stream and from memory",
    ([size, blocks]) =>
      Effect.gen(function* () {
        const bytes = bytesOf(size)
        for (const file of [streamed(bytes, { size }), Upload.bytes("x.hyper", bytes)]) {
          const { content, sizes, exit } = yield* upload(file)
          expect(failureOf(exit)).toBeUndefined()
          expect(sizes()).toEqual(blocks)
          expect(content?.equals(bytes)).toBe(true)
        }
      })
  )

  it.scopedLive(
    "a thousand blocks are sent, and one byte more makes larger blocks",
    () =>
      Effect.gen(function* () {
        const limits = { maxBlocks: 1000, defaultBlock: 4 }
        const full = yield* upload(Upload.bytes("x", bytesOf(4000)), {}, {}, limits)
        expect(full.sizes()).toEqual(Array(1000).fill(4))
        expect(full.content?.equals(bytesOf(4000))).toBe(true)
        const more = yield* upload(Upload.bytes("x", bytesOf(4001)), {}, {}, limits)
        expect(more.sizes()).toEqual([...Array(800).fill(5), 1])
        expect(more.content?.equals(bytesOf(4001))).toBe(true)
      }),
    180_000
  )

  it.scopedLive("a file that does not fit into the largest blocks fails before the first byte", () =>
    Effect.gen(function* () {
      const { appends, exit } = yield* upload(streamed(bytesOf(12801), { size: 12801 }))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(String(failureOf(exit))).toContain("12801 bytes")
      expect(appends).toEqual([])
    })
  )

  it.scopedLive("the server's own number of blocks has priority, if it is smaller and if it is larger", () =>
    Effect.gen(function* () {
      const few = yield* upload(Upload.bytes("x", bytesOf(2000)), {}, { maxFileChunkCount: 2 })
      expect(few.sizes()).toEqual([1000, 1000])
      const many = yield* upload(Upload.bytes("x", bytesOf(14000)), {}, { maxFileChunkCount: 100 })
      expect(many.sizes()).toEqual(Array(35).fill(400))
      const none = yield* upload(Upload.bytes("x", bytesOf(3201)), {}, { maxFileChunkCount: 2 })
      expect(failureOf(none.exit)).toMatchObject({ _tag: "BadRequest" })
      expect(none.appends).toEqual([])
    })
  )

  it.scopedLive("a block is at most as large as the call says", () =>
    Effect.gen(function* () {
      const { sizes } = yield* upload(Upload.bytes("x", bytesOf(1000)), { blockSize: 300 })
      expect(sizes()).toEqual([250, 250, 250, 250])
    })
  )

  const mebibyte = 2 ** 20

  it.each([
    [values.defaultBlock + 1, values.defaultBlock],
    [values.defaultBlock * 2 + 1, values.defaultBlock],
    [4 * mebibyte + 1, 4 * mebibyte],
    [values.defaultBlock * values.maxBlocks + 1, values.defaultBlock],
    [values.maxBlock * values.maxBlocks - 1, values.defaultBlock]
  ])("of %i bytes in blocks of %i each is large enough to be verified", (size, blockSize) => {
    const plan = Either.getOrThrow(Plan.make(values, { size, blockSize, serverMaxBlocks: undefined }))
    const block = plan.sizeOf(0) ?? 0
    const last = size % block
    expect(block).toBeGreaterThanOrEqual(2 * values.megabyte)
    expect(last === 0 ? block : last).toBeGreaterThanOrEqual(2 * values.megabyte)
    expect(Math.ceil(size / block)).toBeLessThanOrEqual(values.maxBlocks)
  })

  it.scopedLive.each([0, -1, 1.5, Number.NaN, 1601])("a block size of %d fails before a request", (blockSize) =>
    Effect.gen(function* () {
      const { begun, exit } = yield* upload(Upload.bytes("x", bytesOf(10)), { blockSize })
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(begun()).toBe(0)
    })
  )

  it.scopedLive.each([1.5, -1, Number.NaN])("a file of %d bytes fails before a request", (size) =>
    Effect.gen(function* () {
      const { begun, exit } = yield* upload(streamed(bytesOf(10), { size }))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(begun()).toBe(0)
    })
  )

  it.scopedLive.each([0, 1.5, Number.POSITIVE_INFINITY])("a concurrency of %d fails before a request", (concurrency) =>
    Effect.gen(function* () {
      const { begun, exit } = yield* upload(Upload.bytes("x", bytesOf(10)), { concurrency })
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(begun()).toBe(0)
    })
  )
})

describe("the blocks of a file of unknown size", () => {
  it.scopedLive.each([1, 399, 400, 401, 1600, 1601, 2400])("%i bytes arrive", (size) =>
    Effect.gen(function* () {
      const { content, exit } = yield* upload(streamed(bytesOf(size)))
      expect(failureOf(exit)).toBeUndefined()
      expect(content?.equals(bytesOf(size))).toBe(true)
    })
  )

  // Four of 400 bytes, two of 800, and two of 1600, which is the largest.
  const most = 4 * 400 + 2 * 800 + 2 * 1600

  it.scopedLive("blocks grow, so that a large file fits", () =>
    Effect.gen(function* () {
      const { content, sizes } = yield* upload(streamed(bytesOf(most)))
      expect(sizes()).toEqual([400, 400, 400, 400, 800, 800, 1600, 1600])
      expect(content?.equals(bytesOf(most))).toBe(true)
    })
  )

  it.scopedLive("a file that is larger than all blocks fails and says what to do", () =>
    Effect.gen(function* () {
      const { appends, exit } = yield* upload(streamed(bytesOf(most + 1)))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(String(failureOf(exit))).toContain("state its `size`")
      expect(appends.length).toBe(8)
    })
  )
})

describe("content that does not fit its file", () => {
  it.scopedLive.each([undefined, 0])("an empty file of size %s fails without a block", (size) =>
    Effect.gen(function* () {
      const { appends, exit } = yield* upload(streamed(new Uint8Array(), { size }))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(String(failureOf(exit))).toContain("is empty")
      expect(appends).toEqual([])
    })
  )

  it.scopedLive.each([
    [801, 800],
    [1000, 10],
    [400, 401],
    [799, 800],
    [800, 2000]
  ])("a file of %i bytes whose content has %i fails", ([size, actual]) =>
    Effect.gen(function* () {
      const { exit } = yield* upload(streamed(bytesOf(actual ?? 0), { size }))
      expect(failureOf(exit)).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(String(failureOf(exit))).toContain(`stated as ${size} bytes`)
    })
  )
})

describe("blocks in parallel", () => {
  it.scopedLive.each([undefined, 3000])(
    "of size %s they are in flight together, bounded, and joined in order",
    (size) =>
      Effect.gen(function* () {
        const server = { latency: 20, maxFileChunkCount: 100 }
        const options = { concurrency: 3, blockSize: 200 }
        const { appends, content, mostInFlight } = yield* upload(streamed(bytesOf(3000), { size }), options, server)
        expect(content?.equals(bytesOf(3000))).toBe(true)
        expect(mostInFlight()).toBe(3)
        expect(appends.map(({ sequence }) => sequence ?? 0).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 15 }, (_, index) => index + 1)
        )
      })
  )

  it.scopedLive("a server before 3.27 gets one block after the other, without numbers", () =>
    Effect.gen(function* () {
      const server = { latency: 5, apiVersion: "3.26" }
      const { appends, content, mostInFlight } = yield* upload(streamed(bytesOf(2000)), { concurrency: 4 }, server)
      expect(content?.equals(bytesOf(2000))).toBe(true)
      expect(mostInFlight()).toBe(1)
      expect(appends.every(({ sequence }) => sequence === undefined)).toBe(true)
    })
  )

  it.scopedLive("without the option one block is in flight, without numbers", () =>
    Effect.gen(function* () {
      const { appends, mostInFlight } = yield* upload(streamed(bytesOf(2000)), {}, { latency: 5 })
      expect(mostInFlight()).toBe(1)
      expect(appends.every(({ sequence }) => sequence === undefined)).toBe(true)
    })
  )
})

describe("progress", () => {
  it.scopedLive.each([1, 3])("with concurrency %i each acknowledged block is reported once, in order", (concurrency) =>
    Effect.gen(function* () {
      const reported: Array<number> = []
      const onProgress = ({ bytes }: { readonly bytes: number }) => Effect.sync(() => void reported.push(bytes))
      yield* upload(streamed(bytesOf(2000), { size: 2000 }), { concurrency, onProgress })
      expect(reported).toEqual([400, 800, 1200, 1600, 2000])
    })
  )
})
