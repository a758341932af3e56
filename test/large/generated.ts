/** A large file of bytes that can be computed again: no two parts are equal, and nothing compresses them. */
import { createCipheriv, createHash } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const partSize = 4 * 1024 * 1024

/** Writes the file once, part by part, and returns the SHA-256 of what was written. `size` is in bytes. */
export const generate = (path: string, size: number) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    // The key stream of a cipher is the cheapest of Node's own sources of such bytes. Its key is a constant.
    const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16))
    const zeros = Buffer.alloc(partSize)
    const hash = createHash("sha256")
    const parts = Stream.unfold(size, (left) => {
      if (left === 0) return Option.none()
      const part = cipher.update(zeros.subarray(0, Math.min(partSize, left)))
      hash.update(part)
      return Option.some([part, left - part.length])
    })
    yield* Stream.run(parts, files.sink(path))
    return hash.digest("hex")
  })
