import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Download, Filter, type Ids, Projects, Recipes, Upload, Workbooks } from "effect-tableau"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { temporary } from "../../../../test/programs.js"
import { scriptedServer, xml, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { type OnSession, onSession } from "../../../../test/support/session.js"
import { element, page } from "../../../../test/support/xml.js"
import { twbx } from "../../../simulator/test/support/files.js"
import { onServer } from "./onServer.js"

const content: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "Sales" }, { name: "Forecasts", parent: "Sales" }, { name: "Other" }],
      workbooks: [
        { name: "Region", project: "Sales", tags: ["q3", "east, west"], description: "By region" },
        { name: "region", project: "Forecasts" },
        { name: 'CON: a/b\\c "d" *?', project: "Sales" },
        { name: "Region", project: "Other" }
      ],
      datasources: [{ name: "Region", project: "Sales" }],
      flows: [{ name: "Clean", project: "Sales" }]
    }
  ]
}

const simulated: OnSession = { simulator: { content } }

const projectId = (name: string) =>
  Projects.stream({ filter: [Filter.eq("name", name)] }).pipe(
    Stream.runHead,
    Effect.flatten,
    Effect.map(({ id }) => id)
  )

const sales = projectId("Sales")

const workbook = Workbooks.stream().pipe(
  Stream.runHead,
  Effect.flatten,
  Effect.map(({ id }) => id)
)

const backup = (id: Ids.ProjectId, options: Recipes.BackupOptions) =>
  Effect.provide(Recipes.backupProject(id, options), NodeContext.layer)

const plan = (id: Ids.ProjectId, options: Recipes.BackupOptions) =>
  Effect.provide(Recipes.backupProject.dryRun(id, options), NodeContext.layer)

const outcomes = ({ items }: Recipes.BackupResult) => items.map(({ name, outcome, type }) => [type, name, outcome])

/** Items are in the order in which they were completed. */
const manifestOf = (directory: string) => {
  const manifest = JSON.parse(readFileSync(join(directory, "backup.json"), "utf8"))
  const order = ({ name, type }: { name: string; type: string }) => `${type} ${name}`
  manifest.items.sort((a: { name: string; type: string }, b: { name: string; type: string }) =>
    order(a) < order(b) ? -1 : 1
  )
  return manifest
}

const downloads = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (
    (yield* simulator.count("downloadWorkbook")) +
    (yield* simulator.count("downloadDataSource")) +
    (yield* simulator.count("downloadFlow"))
  )
})

onSession("backupProject downloads the content of one project, and the manifest describes each file", simulated, () =>
  Effect.gen(function* () {
    const directory = join(yield* temporary, "new", "folder")
    const result = yield* backup(yield* sales, { directory })
    expect(outcomes(result)).toEqual([
      ["datasource", "Region", "downloaded"],
      ["workbook", "Region", "downloaded"],
      ["workbook", 'CON: a/b\\c "d" *?', "downloaded"],
      ["flow", "Clean", "downloaded"]
    ])
    const { items, projects } = manifestOf(directory)
    expect(projects).toMatchObject([{ name: "Sales" }])
    expect(items).toHaveLength(4)
    for (const { file, id, sha256, size, type } of items) {
      const bytes = readFileSync(join(directory, file))
      expect(file).toMatch(new RegExp(`^${type}-${id}\\.(twbx|tdsx|tflx|tfl)$`))
      expect(bytes).toHaveLength(size)
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256)
    }
    expect(items[3]).toMatchObject({ name: "Region", tags: ["q3", "east, west"], description: "By region" })
    expect(readdirSync(directory).sort()).toEqual(
      ["backup.json", ...items.map(({ file }: { file: string }) => file)].sort()
    )
  })
)

onSession("backupProject with nested projects has items of equal names, and names that differ in case", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const result = yield* backup(yield* sales, { directory, nested: true, types: ["workbook"] })
    expect(outcomes(result).map(([, name]) => name)).toEqual(["Region", "region", 'CON: a/b\\c "d" *?'])
    expect(readdirSync(directory)).toHaveLength(4)
    const [root, nested] = manifestOf(directory).projects
    expect(nested).toMatchObject({ name: "Forecasts", parentProjectId: root.id })
  })
)

onSession("a second backup downloads nothing that is complete, and again what was changed or damaged", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    yield* backup(id, { directory })
    expect(yield* downloads).toBe(4)
    expect(outcomes(yield* backup(id, { directory })).map(([, , outcome]) => outcome)).toEqual(Array(4).fill("kept"))
    expect(yield* downloads).toBe(4)

    const [datasource, flow, other, workbook] = manifestOf(directory).items
    rmSync(join(directory, datasource.file))
    // The same size with other bytes.
    writeFileSync(join(directory, workbook.file), Buffer.alloc(workbook.size, 1))
    // An old file, as if the server had changed since.
    const changed = manifestOf(directory)
    changed.items[2].updatedAt = "2020-01-01T00:00:00Z"
    writeFileSync(join(directory, "backup.json"), JSON.stringify(changed))
    const planned = yield* plan(id, { directory })
    expect(planned.items.map(({ action }) => action)).toEqual(["download", "download", "download", "keep"])
    expect(yield* downloads).toBe(4)
    expect(outcomes(yield* backup(id, { directory })).map(([, , outcome]) => outcome)).toEqual([
      "downloaded",
      "downloaded",
      "downloaded",
      "kept"
    ])
    expect(manifestOf(directory).items).toEqual([datasource, flow, other, workbook])
    expect(statSync(join(directory, workbook.file)).size).toBe(workbook.size)
  })
)

onSession("content that changed just before its backup is downloaded again by the next one", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    const publish = (sheet: string) =>
      Workbooks.publish(Upload.bytes("Region.twbx", twbx({ worksheets: [sheet] })), {
        projectId: id,
        mode: "overwrite"
      })
    yield* publish("First")
    yield* backup(id, { directory })
    // Within the same second.
    const changed = yield* publish("Second")
    yield* TestClock.adjust("2 minutes")
    const isChanged = ({ id }: Recipes.ContentItem) => id === changed.id
    expect((yield* backup(id, { directory })).items.find(isChanged)).toMatchObject({ outcome: "downloaded" })
    expect((yield* backup(id, { directory })).items.find(isChanged)).toMatchObject({ outcome: "kept" })
  })
)

onSession("files without extracts are not kept by a backup with extracts, nor the other way round", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    const actions = (includeExtract: boolean) =>
      Effect.map(plan(id, { directory, includeExtract }), ({ items }) =>
        items.map(({ action, type }) => `${type} ${action}`)
      )
    const keeping = ["datasource keep", "workbook keep", "workbook keep", "flow keep"]
    const downloading = ["datasource download", "workbook download", "workbook download", "flow keep"]
    yield* backup(id, { directory, includeExtract: false })
    expect(
      manifestOf(directory).items.map(({ includeExtract }: { includeExtract?: boolean }) => includeExtract)
    ).toEqual([false, undefined, false, false])
    expect(yield* actions(false)).toEqual(keeping)
    expect(yield* actions(true)).toEqual(downloading)
    yield* backup(id, { directory })
    expect(yield* downloads).toBe(7)
    expect(yield* actions(true)).toEqual(keeping)
    expect(yield* actions(false)).toEqual(downloading)
  })
)

onSession("a dry run of a backup sends only reads, and writes nothing", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = join(yield* temporary, "none")
    const planned = yield* plan(yield* sales, { directory })
    expect(planned.items.map(({ action }) => action)).toEqual(Array(4).fill("download"))
    expect(readdirSync(join(directory, ".."))).toEqual([])
    const methods = (yield* simulator.requests).filter(({ operation }) => operation !== "signIn")
    expect(new Set(methods.map(({ method }) => method))).toEqual(new Set(["GET"]))
    expect(yield* downloads).toBe(0)
  })
)

onSession("a backup that was interrupted goes on, and keeps what was complete", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    const options = { directory, concurrency: 1, types: ["workbook" as const] }
    const latch = yield* Effect.makeLatch()
    yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.hold(Effect.void) })
    yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.hold(latch.await) })
    const fiber = yield* Effect.fork(backup(id, options))
    yield* simulator.awaitSeen("downloadWorkbook", 2)
    yield* Fiber.interrupt(fiber)
    expect(manifestOf(directory).items).toHaveLength(1)
    expect(readdirSync(directory).filter((name) => name.endsWith(".part"))).toEqual([])
    yield* latch.open
    expect(outcomes(yield* backup(id, options)).map(([, , outcome]) => outcome)).toEqual(["kept", "downloaded"])
  })
)

onSession("an item that cannot be downloaded is reported, and the others are complete", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    yield* simulator.inject({ operation: "downloadDataSource", fault: Fault.status(403) })
    const result = yield* backup(yield* sales, { directory })
    expect(outcomes(result).map(([, , outcome]) => outcome)).toEqual([
      "failed",
      "downloaded",
      "downloaded",
      "downloaded"
    ])
    expect(result.items[0]).toMatchObject({ name: "Region", error: { operation: "Datasources.download" } })
    expect(manifestOf(directory).items).toHaveLength(3)
  })
)

onSession("content that is no longer in the project stays in the folder, and is marked as absent", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    const options = { directory, types: ["workbook" as const] }
    yield* backup(id, options)
    const [con, region] = manifestOf(directory).items
    yield* Workbooks.delete(region.id)
    const result = yield* backup(id, options)
    expect(result.absent).toMatchObject([{ id: region.id, name: "Region" }])
    expect(outcomes(result)).toEqual([["workbook", con.name, "kept"]])
    expect(manifestOf(directory).items).toEqual([con, { ...region, absent: true }])
    expect(readdirSync(directory)).toContain(region.file)
    const target = yield* projectId("Other")
    const restored = yield* Effect.provide(Recipes.restoreProject.dryRun(target, { directory }), NodeContext.layer)
    expect(restored.items.map(({ name }) => name)).toEqual([con.name])
  })
)

onSession("a concurrency of none is a BadRequest, and not a recipe that never ends", simulated, () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(backup(yield* sales, { directory: yield* temporary, concurrency: 0 }))
    expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
  })
)

onSession("a link in the folder is not taken for a complete file", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    yield* backup(id, { directory, types: ["flow"] })
    const [{ file }] = manifestOf(directory).items
    const elsewhere = join(yield* temporary, "elsewhere")
    writeFileSync(elsewhere, readFileSync(join(directory, file)))
    rmSync(join(directory, file))
    symlinkSync(elsewhere, join(directory, file))
    expect((yield* plan(id, { directory, types: ["flow"] })).items[0]?.action).toBe("download")
  })
)

onSession("a folder with the backup of another project is refused, and nothing is downloaded", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    yield* backup(yield* projectId("Other"), { directory })
    const before = yield* downloads
    const error = yield* Effect.flip(backup(yield* sales, { directory }))
    expect(error).toMatchObject({ _tag: "BackupInvalid", path: join(directory, "backup.json") })
    expect(yield* downloads).toBe(before)
  })
)

const manifest = (file: string) =>
  JSON.stringify({
    format: "effect-tableau backup",
    version: 1,
    server: "",
    site: "",
    projects: [{ id: "p", name: "Sales" }],
    items: [
      {
        type: "workbook",
        id: "w",
        name: "W",
        projectId: "p",
        tags: [],
        connections: [],
        file,
        size: 0,
        sha256: "0".repeat(64)
      }
    ]
  })

const invalid: Readonly<Record<string, string>> = {
  "text that is not JSON": "{",
  "a document of another format": "{}",
  "a path above the folder": manifest("../workbook-w.twbx"),
  "an absolute path": manifest("/etc/passwd"),
  "a path with a backslash": manifest("workbook-w\\..\\..\\x.twbx"),
  "a hidden file": manifest(".ssh")
}

for (const [name, text] of Object.entries(invalid)) {
  onSession(`a manifest with ${name} is BackupInvalid`, simulated, () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      writeFileSync(join(directory, "backup.json"), text)
      const error = yield* Effect.flip(backup(yield* sales, { directory }))
      expect(error).toMatchObject({ _tag: "BackupInvalid" })
      expect(yield* downloads).toBe(0)
    })
  )
}

it.scoped("an id with any characters gets a file of its own in the folder", () =>
  Effect.gen(function* () {
    const ids = ["../../a", "A", "a", "é", "a_41_", "con"]
    const server = yield* scriptedServer({
      "GET /sites/s/projects": xmlDocument(
        page({ total: 1 }, element("projects", {}, element("project", { id: "p", name: "P" })))
      ),
      "GET /sites/s/workbooks": xmlDocument(
        page(
          { total: ids.length },
          element(
            "workbooks",
            {},
            ...ids.map((id) => element("workbook", { id, name: "W" }, element("project", { id: "p" })))
          )
        )
      ),
      "GET /sites/s/workbooks/{id}/connections": xml(element("connections")),
      "GET /sites/s/workbooks/{id}/content": ({ path }) => ({
        headers: {
          "content-type": "application/octet-stream",
          "content-disposition": 'attachment; filename="../x.TWB"'
        },
        body: path
      })
    })
    const directory = join(yield* temporary, "backup")
    const projects = yield* onServer(server, Projects.stream().pipe(Stream.runCollect))
    const [project] = [...projects]
    const result = yield* onServer(
      server,
      Effect.flatMap(Effect.fromNullable(project), ({ id }) => backup(id, { directory, types: ["workbook"] }))
    )
    expect(result.items.map(({ outcome }) => outcome)).toEqual(ids.map(() => "downloaded"))
    expect(readdirSync(join(directory, ".."))).toEqual(["backup"])
    const names = readdirSync(directory).filter((file) => file !== "backup.json")
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length)
    expect(names).toEqual(names.filter((name) => /^workbook-[a-z0-9_-]+\.twb$/.test(name)))
  })
)

const many: OnSession = {
  simulator: {
    content: {
      ...content,
      sites: [
        {
          contentUrl: "",
          projects: [{ name: "Sales" }],
          workbooks: Array.from({ length: 24 }, (_, index) => ({ name: `Region ${index}`, project: "Sales" }))
        }
      ]
    }
  }
}

onSession("a backup of many items does not write its manifest after each one", many, () =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const id = yield* sales
    const files = yield* FileSystem.FileSystem
    let writes = 0
    const slow = {
      ...files,
      rename: (from: string, to: string) =>
        Effect.andThen(
          to.endsWith("backup.json")
            ? Effect.delay(
                Effect.sync(() => writes++),
                "300 millis"
              )
            : Effect.void,
          files.rename(from, to)
        )
    }
    const { items } = yield* Recipes.backupProject(id, { directory }).pipe(
      Effect.provideService(FileSystem.FileSystem, slow),
      Effect.withClock(Clock.make())
    )
    expect(items).toHaveLength(24)
    expect(manifestOf(directory).items).toHaveLength(24)
    // With one for each item, four at once, there are at least seven.
    expect(writes).toBeLessThan(6)
  }).pipe(Effect.provide(NodeContext.layer))
)

// Only Linux has a device that is always full.
if (existsSync("/dev/full")) {
  onSession("a full disk is reported with the path of the file", simulated, () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const files = yield* FileSystem.FileSystem
      const full = {
        ...files,
        open: (path: string, options?: FileSystem.OpenFileOptions) =>
          files.open(path.endsWith(".part") ? "/dev/full" : path, { ...options, flag: "w" })
      }
      const error = yield* Effect.flip(
        Effect.provideService(Recipes.backupProject(yield* sales, { directory }), FileSystem.FileSystem, full)
      )
      expect(error).toMatchObject({ _tag: "SystemError", pathOrDescriptor: join(directory, "backup.json") })
      expect(error.message).toContain("ENOSPC")
      const toDevice = Download.toFile(Workbooks.download(yield* workbook), "/dev/full")
      expect(yield* Effect.flip(toDevice)).toMatchObject({ _tag: "SystemError", pathOrDescriptor: "/dev/full" })
    }).pipe(Effect.provide(NodeContext.layer))
  )
}
