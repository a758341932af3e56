import * as FileSystem from "@effect/platform/FileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Download, type Progress, Workbooks } from "effect-tableau"
import { asAdmin, large } from "./downloading.js"

/** Records what is reported. */
const recording = () => {
  const seen: Array<Progress.Progress> = []
  return { seen, onProgress: (progress: Progress.Progress) => Effect.sync(() => void seen.push(progress)) }
}

const increases = (seen: ReadonlyArray<Progress.Progress>): boolean =>
  seen.every(({ bytes }, index) => index === 0 || bytes > (seen[index - 1]?.bytes ?? 0))

describe("the progress of a download", () => {
  it.scopedLive("a file that is written reports each part, up to its size", () =>
    asAdmin(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${yield* files.makeTempDirectoryScoped()}/x.twbx`
        const { onProgress, seen } = recording()
        yield* Workbooks.download(yield* large).pipe(Download.toFile(path, { onProgress }))
        const size = Number((yield* files.stat(path)).size)
        expect(seen.length).toBeGreaterThan(1)
        expect(increases(seen)).toBe(true)
        expect(seen.at(-1)).toEqual({ bytes: size, total: size })
      }).pipe(Effect.scoped)
    )
  )

  it.scopedLive("a stream reports the same, with the operation as first argument", () =>
    asAdmin(
      Effect.gen(function* () {
        const { onProgress, seen } = recording()
        const chunks = yield* Stream.runCollect(Download.stream(Workbooks.download(yield* large), { onProgress }))
        const size = Buffer.concat([...chunks]).length
        expect(increases(seen)).toBe(true)
        expect(seen.at(-1)?.bytes).toBe(size)
      })
    )
  )

  it.scopedLive("a stream that ends early reports no more than was received", () =>
    asAdmin(
      Effect.gen(function* () {
        const { onProgress, seen } = recording()
        yield* Stream.runDrain(Stream.take(Download.stream(Workbooks.download(yield* large), { onProgress }), 1))
        expect(seen.length).toBeLessThanOrEqual(1)
      })
    )
  )
})
