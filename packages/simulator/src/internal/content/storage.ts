/** Files that clients have uploaded, in a temporary folder of the server. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { finished } from "node:stream/promises"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Segment {
  readonly path: string
  readonly size: number
}

/** A file of one or more segments. The blocks of an upload stay as they are, so that joining them copies nothing. */
export interface StoredFile {
  readonly segments: ReadonlyArray<Segment>
  readonly size: number
}

export interface Writer {
  /** A promise means that the disk is slower than the client. */
  readonly write: (chunk: Uint8Array) => Promise<void> | void
  readonly close: () => Promise<StoredFile>
  readonly discard: () => Promise<void>
}

export interface Storage {
  readonly open: () => Writer
  readonly remove: (file: StoredFile) => Effect.Effect<void>
}

const chunkSize = 1024 * 1024

export const concat = (files: ReadonlyArray<StoredFile>): StoredFile => ({
  segments: files.flatMap(({ segments }) => segments),
  size: files.reduce((sum, { size }) => sum + size, 0)
})

/** The bytes from `start` to before `end`. */
export const read = async function* (file: StoredFile, start = 0, end = file.size): AsyncGenerator<Buffer> {
  let offset = 0
  for (const { path, size } of file.segments) {
    const from = Math.max(0, start - offset)
    const to = Math.min(size, end - offset)
    offset += size
    if (from < to) yield* createReadStream(path, { start: from, end: to - 1, highWaterMark: chunkSize })
  }
}

const openFile = (path: string): Writer => {
  const stream = createWriteStream(path, { highWaterMark: chunkSize })
  let size = 0
  let problem: Error | undefined
  stream.on("error", (error) => {
    problem = error
  })
  const drained = () =>
    new Promise<void>((resolve, reject) => {
      const settle = () => {
        stream.off("drain", settle).off("close", settle)
        if (problem === undefined) resolve()
        else reject(problem)
      }
      stream.on("drain", settle).on("close", settle)
    })
  return {
    write: (chunk) => {
      size += chunk.byteLength
      if (problem !== undefined) return Promise.reject(problem)
      return stream.write(chunk) ? undefined : drained()
    },
    close: async () => {
      stream.end()
      await finished(stream)
      return { segments: size === 0 ? [] : [{ path, size }], size }
    },
    discard: async () => {
      stream.destroy()
      await rm(path, { force: true })
    }
  }
}

const folders = new Set<string>()

const removeFolder = (folder: string): void => {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true })
}

let watching = false

const makeFolder = (): string => {
  // A process that ends at once closes no scope.
  if (!watching) process.once("exit", () => folders.forEach(removeFolder))
  watching = true
  const folder = mkdtempSync(join(tmpdir(), "effect-tableau-simulator-"))
  folders.add(folder)
  return folder
}

/** The folder is created for the first file. It is removed when the scope closes, or when the process ends. */
export const make: Effect.Effect<Storage, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync((): { path?: string } => ({})),
    (folder) => Effect.sync(() => folder.path !== undefined && removeFolder(folder.path))
  ),
  (folder): Storage => {
    let count = 0
    return {
      open: () => {
        folder.path ??= makeFolder()
        count += 1
        return openFile(join(folder.path, String(count)))
      },
      remove: ({ segments }) => Effect.promise(() => Promise.all(segments.map(({ path }) => rm(path, { force: true }))))
    }
  }
)
