import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Body from "../../src/internal/http/body.js"

const collect = (chunks: ReadonlyArray<Uint8Array>) => {
  const collected = new Body.Collected()
  for (const chunk of chunks) collected.add(chunk)
  return collected
}

describe("the chunks of a body", () => {
  it.effect("chunks of any sizes are joined to the bytes that were received", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.oneof(FastCheck.nat(40), FastCheck.nat(70_000)), { maxLength: 60 }),
          async (sizes) => {
            let next = 0
            const chunks = sizes.map((size) => Uint8Array.from({ length: size }, () => next++ % 251))
            const { chunks: kept, size } = collect(chunks)
            const bytes = await Effect.runPromise(Body.joined(kept, size))
            expect(Buffer.from(bytes).equals(Buffer.concat(chunks))).toBe(true)
          }
        ),
        { numRuns: 100 }
      )
    )
  )

  it("a million chunks of one byte use memory for a million bytes, and keep none of the reads", () => {
    const read = new Uint8Array(65_536).fill(7)
    const { chunks, size } = collect(
      Array.from({ length: 1_000_000 }, (_, index) => read.subarray(index % 1000, (index % 1000) + 1))
    )
    expect(size).toBe(1_000_000)
    expect(chunks.length).toBeLessThan(100)
    const held = new Set(chunks.slice(1).map(({ buffer }) => buffer))
    expect([...held].reduce((total, { byteLength }) => total + byteLength, 0)).toBeLessThan(1_200_000)
    expect(held.has(read.buffer)).toBe(false)
  })
})
