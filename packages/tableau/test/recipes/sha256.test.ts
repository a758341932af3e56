import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { make, portable } from "../../src/internal/recipes/sha256.js"

const bytes = new Uint8Array(70_000).map((_, index) => index * 7 + (index >> 8))
const expected = (content: Uint8Array) => createHash("sha256").update(content).digest("hex")

for (const [name, hash] of Object.entries({ make, portable })) {
  it(`${name} hashes like Node's crypto, whatever the length and the pieces`, () => {
    for (let length = 0; length < 200; length += 1) {
      const content = bytes.subarray(1, 1 + length)
      const cut = (length * 31) % (length + 1)
      const { add, digest } = hash()
      add(content.subarray(0, cut))
      add(content.subarray(cut))
      expect(digest(), `${length} bytes, cut at ${cut}`).toBe(expected(content))
    }
    const whole = hash()
    whole.add(bytes)
    expect(whole.digest()).toBe(expected(bytes))
  })
}
