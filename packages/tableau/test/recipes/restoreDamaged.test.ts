import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Filter, Recipes } from "effect-tableau"
import { temporary } from "../../../../test/programs.js"
import { onSession } from "../../../../test/support/session.js"
import { all, backup, outcomes, plan, projectId, restore, simulated } from "./restoring.js"

const files = (directory: string) => readdirSync(directory).filter((name) => /^workbook-/.test(name))

const damages: Readonly<Record<string, (path: string, elsewhere: string) => void>> = {
  "with other bytes": (path) => writeFileSync(path, Buffer.alloc(readFileSync(path).length, 1)),
  "that is shorter": (path) => writeFileSync(path, "PK"),
  "that is missing": (path) => rmSync(path),
  "that is a link out of the folder": (path, elsewhere) => {
    copyFileSync(path, elsewhere)
    rmSync(path)
    symlinkSync(elsewhere, path)
  }
}

for (const [name, damage] of Object.entries(damages)) {
  onSession(`a file ${name} is not published`, simulated, (simulator) =>
    Effect.gen(function* () {
      const directory = yield* backup
      const elsewhere = join(yield* temporary, "elsewhere.twbx")
      for (const file of files(directory)) damage(join(directory, file), elsewhere)
      const result = yield* restore(yield* projectId("Target"), { directory })
      expect(outcomes(result)).toEqual([...all("published").slice(0, 2), ...all("failed").slice(2)])
      expect(result.items.at(1)).toMatchObject({ error: { _tag: "BackupDamaged" } })
      expect(yield* simulator.count("publishWorkbook")).toBe(0)
    })
  )
}

onSession("a folder without a backup is BackupInvalid", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const error = yield* Effect.flip(restore(yield* projectId("Target"), { directory }))
    expect(error).toMatchObject({ _tag: "BackupInvalid", path: join(directory, "backup.json") })
  })
)

/** Overwrites files of the folder when a restore reads them after it has recorded that it sends them. */
const overwriting = (directory: string) =>
  Effect.map(FileSystem.FileSystem, (files) => ({
    ...files,
    stream: (path: string, options?: FileSystem.StreamOptions) =>
      Stream.suspend(() => {
        const progress = readdirSync(directory).find((name) => name.startsWith("restore-"))
        if (progress !== undefined && readFileSync(join(directory, progress), "utf8").includes('"started"')) {
          writeFileSync(path, Buffer.alloc(readFileSync(path).length, 1))
        }
        return files.stream(path, options)
      })
  }))

for (const [name, upload] of [
  ["in one request", {}],
  ["in blocks", { singleRequestLimit: 0 }]
] as const) {
  onSession(`a file that is overwritten after its check, and sent ${name}, is not published`, simulated, () =>
    Effect.gen(function* () {
      const directory = yield* backup
      const target = yield* projectId("Target")
      const options = { directory, types: ["datasource" as const], upload }
      const file = readdirSync(directory).find((name) => name.startsWith("datasource-")) ?? ""
      const bytes = readFileSync(join(directory, file))
      const files = yield* Effect.provide(overwriting(directory), NodeContext.layer)
      const result = yield* Recipes.restoreProject(target, options).pipe(
        Effect.provideService(FileSystem.FileSystem, files),
        Effect.provide(NodeContext.layer)
      )
      expect(result.items).toMatchObject([
        { outcome: "failed", error: { _tag: "BackupDamaged", path: join(directory, file) } }
      ])
      const published = Stream.runCollect(Datasources.stream({ filter: [Filter.eq("projectName", "Target")] }))
      expect([...(yield* published)]).toEqual([])
      // The next run does not take content of this name for what this run has sent.
      writeFileSync(join(directory, file), bytes)
      expect((yield* plan(target, options)).items).toMatchObject([{ action: "create" }])
      expect(readdirSync(directory).filter((name) => name.startsWith("restore-"))).toHaveLength(1)
      expect(outcomes(yield* restore(target, options))).toEqual(["datasource Orders: published"])
    })
  )
}

interface Document {
  projects: Array<Record<string, unknown>>
  items: Array<Record<string, unknown>>
}

const manifests: Readonly<Record<string, (manifest: Document) => void>> = {
  "with an item twice": ({ items }) => items.push(...items.slice(0, 1)),
  "with a file twice": ({ items }) => items.push({ ...items[0], id: "other", name: "Other" }),
  "with two items of one name in a project": ({ items }) =>
    items.push({ ...items[0], id: "other", file: `other-${items[0]?.["file"]}`.replace(/^other-(\w+)/, "$1-other") }),
  "with projects that are each other's parents": ({ projects }) =>
    projects.push({ id: "p1", name: "One", parentProjectId: "p2" }, { id: "p2", name: "Two", parentProjectId: "p1" }),
  "with a project that is its own parent": ({ projects }) =>
    projects.push({ id: "p1", name: "One", parentProjectId: "p1" }),
  "with a project below one that it does not have": ({ projects }) =>
    projects.push({ id: "p1", name: "One", parentProjectId: "p2" }),
  "with a project twice": ({ projects }) => projects.push(...projects.slice(1))
}

for (const [name, change] of Object.entries(manifests)) {
  onSession(`a manifest ${name} is BackupInvalid before anything is sent`, simulated, (simulator) =>
    Effect.gen(function* () {
      const directory = yield* backup
      const target = yield* projectId("Target")
      const path = join(directory, "backup.json")
      const manifest: Document = JSON.parse(readFileSync(path, "utf8"))
      change(manifest)
      writeFileSync(path, JSON.stringify(manifest))
      const before = (yield* simulator.requests).length
      const options = { directory, mode: "overwrite" as const }
      const invalid = { _tag: "BackupInvalid", path }
      expect(yield* Effect.flip(restore(target, options))).toMatchObject(invalid)
      expect(yield* Effect.flip(plan(target, options))).toMatchObject(invalid)
      expect((yield* simulator.requests).slice(before)).toEqual([])
    })
  )
}

const documents: Readonly<Record<string, (path: string) => void>> = {
  "a named pipe": (path) => execFileSync("mkfifo", [path]),
  "a link to a device without an end": (path) => symlinkSync("/dev/urandom", path),
  "a link to a file": (path) => {
    writeFileSync(`${path}.elsewhere`, "{}")
    symlinkSync(`${path}.elsewhere`, path)
  },
  "a file of many megabytes": (path) => {
    writeFileSync(path, "")
    truncateSync(path, 2 ** 40)
  }
}

// Windows has no named pipes in folders, and no /dev.
const unreadable = process.platform === "win32" ? [] : Object.entries(documents)

for (const [name, replace] of unreadable) {
  for (const document of ["backup.json", "the progress file"]) {
    onSession(`a restore does not read ${document} that is ${name}`, simulated, () =>
      Effect.gen(function* () {
        const directory = yield* backup
        const target = yield* projectId("Target")
        const options = { directory, types: ["datasource" as const] }
        if (document !== "backup.json") yield* restore(target, options)
        const file = readdirSync(directory).find((name) => name === document || name.startsWith("restore-")) ?? ""
        const path = join(directory, file)
        expect(existsSync(path)).toBe(true)
        rmSync(path)
        replace(path)
        expect(yield* Effect.flip(restore(target, options))).toMatchObject({ _tag: "BackupInvalid", path })
      })
    )
  }
}
