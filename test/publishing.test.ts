/** Files from the client to the simulator and back, at every boundary of how they are sent. */
import { createHash } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Download, Upload } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import type { Simulator } from "effect-tableau-simulator"
import { generate } from "./large/generated.js"
import { onSession, operations, server, session, timeless } from "./support/session.js"

const MiB = 1024 * 1024
const KiB = 1024

/** Bytes of which no two parts are equal. */
const bytesOf = (length: number): Uint8Array => {
  const words = new Uint32Array(Math.ceil(length / 4)).map((_, index) => index)
  return new Uint8Array(words.buffer, 0, length)
}

const fileOf = (length: number, size: number | undefined, name = "boundary.hyper") =>
  Upload.file({ name, size, content: Stream.make(bytesOf(length)) })

const downloaded = ({ id }: Pick<Datasources.Datasource, "id">) =>
  Effect.map(Stream.runCollect(Download.stream(Datasources.download(id))), (chunks) => Buffer.concat([...chunks]))

const sent = Effect.map(operations, (all) => ({
  uploads: all.filter((operation) => operation === "initiateFileUpload").length,
  blocks: all.filter((operation) => operation === "appendToFileUpload").length,
  publishes: all.filter((operation) => operation === "publishDataSource").length
}))

const block = 16 * KiB

interface Boundary {
  readonly title: string
  readonly length: number
  /** Whether the file says its length. By default it does. */
  readonly isSized?: boolean
  readonly upload: Upload.Options
  readonly simulator?: Simulator.Options
  /** The number of blocks; 0 if the file is sent in one request. */
  readonly blocks: number
}

const inBlocks = { blockSize: block, singleRequestLimit: 0 }
const single = { blockSize: block, singleRequestLimit: 40 * KiB }

const boundaries: ReadonlyArray<Boundary> = [
  { title: "as large as one request may be", length: 40 * KiB, upload: single, blocks: 0 },
  { title: "a byte larger than one request may be", length: 40 * KiB + 1, upload: single, blocks: 3 },
  { title: "of unknown size", length: 40 * KiB, isSized: false, upload: single, blocks: 3 },
  { title: "of one byte", length: 1, upload: inBlocks, blocks: 1 },
  { title: "a byte smaller than a block", length: block - 1, upload: inBlocks, blocks: 1 },
  { title: "as large as a block", length: block, upload: inBlocks, blocks: 1 },
  { title: "a byte larger than a block", length: block + 1, upload: inBlocks, blocks: 2 },
  { title: "as large as three blocks", length: 3 * block, upload: inBlocks, blocks: 3 },
  {
    title: "as large as three blocks, of unknown size",
    length: 3 * block,
    isSized: false,
    upload: inBlocks,
    blocks: 3
  },
  { title: "a byte larger than three blocks", length: 3 * block + 1, upload: inBlocks, blocks: 4 },
  {
    title: "of as many blocks as the server accepts",
    length: 4 * block,
    upload: inBlocks,
    simulator: { maxFileChunkCount: 4 },
    blocks: 4
  },
  {
    title: "a byte larger than the blocks that the server accepts, so that they grow",
    length: 4 * block + 1,
    upload: inBlocks,
    simulator: { maxFileChunkCount: 4 },
    blocks: 4
  },
  {
    title: "of 1,000 blocks",
    length: 1000 * KiB,
    upload: { ...inBlocks, blockSize: KiB, concurrency: 8 },
    blocks: 1000
  }
]

describe("a published file", () => {
  for (const { blocks, isSized = true, length, simulator = {}, title, upload } of boundaries) {
    for (const concurrency of upload.concurrency === undefined ? [1, 3] : [upload.concurrency]) {
      const how = { ...upload, concurrency }
      onSession(
        `${title} has the same bytes after ${blocks === 0 ? "one request" : `${blocks} blocks`}, ${concurrency} at a time`,
        { session: timeless, simulator: { ...simulator, blockLimit: 2 * block, requestLimit: 40 * KiB } },
        () =>
          Effect.gen(function* () {
            const file = fileOf(length, isSized ? length : undefined)
            const datasource = yield* Datasources.publish(file, { upload: how })
            expect(datasource.name).toBe("boundary")
            expect((yield* downloaded(datasource)).equals(bytesOf(length))).toBe(true)
            expect(yield* sent).toEqual({ uploads: Math.min(1, blocks), blocks, publishes: 1 })
          })
      )
    }
  }

  onSession("of more than 1,000 blocks is sent in at most 1,000", { session: timeless }, () =>
    Effect.gen(function* () {
      const length = 1000 * KiB + 1
      const upload = { singleRequestLimit: 0, blockSize: KiB, concurrency: 8 }
      const datasource = yield* Datasources.publish(fileOf(length, length), { upload })
      expect((yield* downloaded(datasource)).equals(bytesOf(length))).toBe(true)
      expect((yield* sent).blocks).toBeLessThanOrEqual(1000)
    })
  )

  for (const apiVersion of ["3.26", "3.27"]) {
    onSession(
      `is sent in ${apiVersion === "3.27" ? "numbered" : "unnumbered"} blocks to a server with API version ${apiVersion}`,
      { session: timeless, simulator: { apiVersion } },
      (simulator) =>
        Effect.gen(function* () {
          const upload = { ...inBlocks, concurrency: 3 }
          const datasource = yield* Datasources.publish(fileOf(5 * block, 5 * block), { upload })
          expect((yield* downloaded(datasource)).equals(bytesOf(5 * block))).toBe(true)
          const blocks = (yield* simulator.requests).filter(({ operation }) => operation === "appendToFileUpload")
          expect(blocks).toHaveLength(5)
          expect(blocks.filter(({ query }) => query.includes("sequenceID="))).toHaveLength(
            apiVersion === "3.27" ? 5 : 0
          )
        })
    )
  }

  onSession("keeps a name of any letters", { session: timeless }, () =>
    Effect.gen(function* () {
      for (const upload of [{}, inBlocks]) {
        const name = `Übersicht ${Object.keys(upload).length} — 売上 & <Größe> "q"`
        const datasource = yield* Datasources.publish(
          fileOf(block + 1, block + 1, `${name.replaceAll(/[<>"]/g, "")}.hyper`),
          {
            name,
            upload
          }
        )
        expect((yield* Datasources.get(datasource.id)).name).toBe(name)
        expect((yield* downloaded(datasource)).equals(bytesOf(block + 1))).toBe(true)
      }
    })
  )
})

describe("a file that cannot be sent", () => {
  const tooLarge = 62.5 * 1024 * MiB + 1
  onSession("larger than 62.5 GiB fails before the first byte", () =>
    Effect.gen(function* () {
      const content = Stream.dieMessage("It was read.")
      const file = Upload.file({ name: "huge.hyper", size: tooLarge, content })
      expect(yield* Effect.flip(Datasources.publish(file, {}))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(yield* sent).toMatchObject({ blocks: 0, publishes: 0 })
    })
  )

  onSession(
    "larger than the blocks that the server accepts fails before the first byte",
    {
      simulator: { maxFileChunkCount: 2 }
    },
    () =>
      Effect.gen(function* () {
        const content = Stream.dieMessage("It was read.")
        const file = Upload.file({ name: "huge.hyper", size: 128 * MiB + 1, content })
        expect(yield* Effect.flip(Datasources.publish(file, {}))).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(yield* sent).toMatchObject({ blocks: 0, publishes: 0 })
      })
  )

  for (const [title, size] of [
    ["shorter", 3 * block + 1],
    ["longer", 3 * block - 1]
  ] as const) {
    for (const upload of [inBlocks, { singleRequestLimit: 10 * block }]) {
      const how = upload === inBlocks ? "in blocks" : "in one request"
      onSession(`${title} than it says, sent ${how}, is not published`, () =>
        Effect.gen(function* () {
          const { totalAvailable: before } = yield* Datasources.list()
          const error = yield* Effect.flip(Datasources.publish(fileOf(3 * block, size), { upload }))
          expect(error).toMatchObject({ acted: "no" })
          expect((yield* Datasources.list()).totalAvailable).toBe(before)
        })
      )
    }
  }
})

describe("a file of 65 MB", () => {
  it.scopedLive("is published over the real limits with default options, and downloaded with the same bytes", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      const path = `${folder}/large.hyper`
      const sha256 = yield* generate(path, 65_000_000)
      const datasource = yield* Datasources.publish(yield* TableauNode.file(path), {})
      // Blocks of 16 MiB.
      expect(yield* sent).toEqual({ uploads: 1, blocks: 4, publishes: 1 })
      const hash = createHash("sha256")
      yield* Stream.runForEach(Download.stream(Datasources.download(datasource.id)), (chunk) =>
        Effect.sync(() => hash.update(chunk))
      )
      expect(hash.digest("hex")).toBe(sha256)
    }).pipe(Effect.provide(session()), Effect.provide(server()), Effect.provide(NodeContext.layer))
  )
})
