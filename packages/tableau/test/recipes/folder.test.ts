import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Ids } from "effect-tableau"
import { temporary } from "../../../../test/programs.js"
import { guarded, journaled, read as readDocument } from "../../src/internal/recipes/folder.js"
import { Manifest, ManifestItem } from "../../src/internal/recipes/manifest.js"

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

const item = (id: string, size: number): ManifestItem => ({
  type: "workbook",
  id,
  name: `Name of ${id}`,
  projectId: Ids.ProjectId.make("p"),
  tags: [],
  connections: [],
  file: `workbook-${id}.twbx`,
  size,
  sha256: "0".repeat(64)
})

const format = { document: Manifest, item: ManifestItem }

const empty: Manifest = {
  format: "effect-tableau backup",
  version: 1,
  server: "",
  site: "",
  projects: [{ id: Ids.ProjectId.make("p"), name: "P" }],
  items: []
}

const sizes = (path: string) =>
  Effect.map(readDocument(path, format), (document) => (document?.items ?? []).map(({ id, size }) => `${id} ${size}`))

it.scoped("a document whose process is killed has each change that has returned, wherever the journal ends", () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const path = join(directory, "backup.json")
    const journal = `${path}.journal`
    const whole = yield* journaled(path, format, empty, ({ remove, set }) =>
      Effect.gen(function* () {
        yield* set([item("a", 1)])
        expect(yield* sizes(path)).toEqual(["a 1"])
        yield* set([item("b", 1), item("c", 1)])
        yield* set([item("a", 2)])
        expect(yield* sizes(path)).toEqual(["a 2", "b 1", "c 1"])
        yield* remove("workbook b")
        expect(yield* sizes(path)).toEqual(["a 2", "c 1"])
        const bytes = readFileSync(journal)
        const states = new Set<string>()
        for (let length = 0; length <= bytes.length; length++) {
          writeFileSync(journal, bytes.subarray(0, length))
          states.add((yield* sizes(path)).join())
        }
        expect([...states]).toEqual(["a 1", "a 1,b 1", "a 1,b 1,c 1", "a 2,b 1,c 1", "a 2,c 1"])
        // The disk was full within a line, and then had room again.
        writeFileSync(journal, bytes.subarray(0, bytes.length - 5))
        yield* set([item("d", 1)])
        expect(yield* sizes(path)).toEqual(["a 2", "b 1", "c 1", "d 1"])
        return bytes
      })
    )
    expect(yield* sizes(path)).toEqual(["a 2", "c 1", "d 1"])
    expect(readdirSync(directory)).toEqual(["backup.json"])
    // As if the process had been killed before it removed the journal.
    writeFileSync(journal, whole)
    expect(yield* sizes(path)).toEqual(["a 2", "c 1", "d 1"])
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scoped(
  "a journal with a path to elsewhere is BackupInvalid, and one that is a link is neither read nor written into",
  () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "backup.json")
      const journal = `${path}.journal`
      yield* journaled(path, format, empty, ({ set }) =>
        Effect.gen(function* () {
          yield* set([item("a", 1)])
          const hash = readFileSync(journal, "utf8")
          writeFileSync(
            journal,
            `${hash}{"key":"workbook b","item":${JSON.stringify({ ...item("b", 1), file: "../b.twbx" })}}\n`
          )
          expect(yield* Effect.flip(readDocument(path, format))).toMatchObject({ _tag: "BackupInvalid", path: journal })
        })
      )
      const elsewhere = join(yield* temporary, "elsewhere")
      writeFileSync(elsewhere, "precious")
      symlinkSync(elsewhere, journal)
      expect(yield* Effect.flip(readDocument(path, format))).toMatchObject({ _tag: "BackupInvalid", path: journal })
      yield* journaled(path, format, empty, ({ set }) => Effect.andThen(set([item("a", 1)]), set([item("b", 1)])))
      expect(readFileSync(elsewhere, "utf8")).toBe("precious")
      expect(yield* sizes(path)).toEqual(["a 1", "b 1"])
    }).pipe(Effect.provide(NodeContext.layer))
)

it.scoped("another process ends with the same document, what this one has done is still on the disk", () =>
  Effect.gen(function* () {
    const path = join(yield* temporary, "backup.json")
    const other = journaled(path, format, empty, ({ set }) => set([item("b", 1)]))
    yield* journaled(path, format, empty, ({ set }) =>
      Effect.gen(function* () {
        yield* set([item("a", 1)])
        yield* other
        yield* set([item("a", 2)])
        expect(yield* sizes(path)).toEqual(["a 2"])
      })
    )
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scoped("each item of a document costs the same, however many there are", () =>
  Effect.gen(function* () {
    const path = join(yield* temporary, "backup.json")
    let written = 0
    const files = yield* FileSystem.FileSystem
    const counting: FileSystem.FileSystem = {
      ...files,
      open: (path, options) =>
        Effect.map(files.open(path, options), (file) => ({
          ...file,
          sync: file.sync,
          writeAll: (bytes: Uint8Array) => {
            written += bytes.length
            return file.writeAll(bytes)
          }
        }))
    }
    const count = 300
    yield* journaled(path, format, empty, ({ set }) =>
      Effect.forEach(Array.from({ length: count }), (_, index) => set([item(`i${index}`, index)]), { discard: true })
    ).pipe(Effect.provideService(FileSystem.FileSystem, counting))
    const { size } = statSync(path)
    expect(yield* sizes(path)).toHaveLength(count)
    expect(written).toBeGreaterThan(size)
    expect(written).toBeLessThan(3 * size)
  }).pipe(Effect.provide(NodeContext.layer))
)
