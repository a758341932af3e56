import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { guarded } from "../../src/internal/recipes/folder.js"

const parts = ["one", "", "two", "three"].map((text) => Buffer.from(text))
const bytes = Buffer.concat(parts)
const expected = { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }

/** The bytes, and the exit. */
const read = (content: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function* () {
    const received: Array<Uint8Array> = []
    const stream = guarded("file", Stream.fromIterable(content), expected)
    const run = Stream.runForEach(stream, (part) => Effect.sync(() => received.push(part)))
    const result = yield* Effect.either(run)
    // A second read is checked by itself.
    expect((yield* Effect.either(Stream.runDrain(stream)))._tag).toBe(result._tag)
    return { error: result._tag === "Left" ? result.left._tag : undefined, text: Buffer.concat(received).toString() }
  })

it.effect("a file with the expected hash is sent as a whole", () =>
  Effect.gen(function* () {
    expect(yield* read(parts)).toEqual({ error: undefined, text: "onetwothree" })
    expect(yield* read([bytes])).toEqual({ error: undefined, text: "onetwothree" })
  })
)

it.effect("a file with another hash fails, and its last bytes are not sent", () =>
  Effect.gen(function* () {
    const changed = parts.map((part, index) => (index === 0 ? Buffer.from("ONE") : part))
    expect(yield* read(changed)).toEqual({ error: "BackupDamaged", text: "ONEtwo" })
    expect(yield* read([Buffer.from("ONEtwothree")])).toEqual({ error: "BackupDamaged", text: "" })
    expect(yield* read([...parts, Buffer.from("more")])).toEqual({ error: "BackupDamaged", text: "onetwo" })
    expect(yield* read([...changed, Buffer.from("")])).toEqual({ error: "BackupDamaged", text: "ONEtwo" })
  })
)
