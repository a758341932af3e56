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
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  Datasources,
  Filter,
  Flows,
  type Ids,
  Projects,
  Recipes,
  TableauSession,
  Upload,
  Workbooks
} from "effect-tableau"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { temporary } from "../../../../test/programs.js"
import { admin, type OnSession, onSession, timeless } from "../../../../test/support/session.js"
import { tds, twbx } from "../../../simulator/test/support/files.js"

const content: Content.Content = {
  users: [{ name: "admin", password: "admin-password", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "Sales" }, { name: "Forecasts", parent: "Sales" }, { name: "Target" }],
      workbooks: [
        { name: "Region", project: "Sales", tags: ["q3", "east, west"], description: "By region", showTabs: true },
        { name: "Region", project: "Forecasts" }
      ],
      datasources: [{ name: "Orders", project: "Sales", tags: ["raw"] }],
      flows: [{ name: "Clean", project: "Sales" }]
    },
    { contentUrl: "Other", projects: [{ name: "Target" }] }
  ]
}

const simulated: OnSession = { simulator: { content }, session: timeless }

const projectId = (name: string) =>
  Projects.stream({ filter: [Filter.eq("name", name)] }).pipe(
    Stream.runHead,
    Effect.flatten,
    Effect.map(({ id }) => id)
  )

const backup = Effect.gen(function* () {
  const directory = yield* temporary
  yield* Recipes.backupProject(yield* projectId("Sales"), { directory, nested: true })
  return directory
}).pipe(Effect.provide(NodeContext.layer))

const restore = (id: Ids.ProjectId, options: Recipes.RestoreOptions) =>
  Effect.provide(Recipes.restoreProject(id, options), NodeContext.layer)

const plan = (id: Ids.ProjectId, options: Recipes.RestoreOptions) =>
  Effect.provide(Recipes.restoreProject.dryRun(id, options), NodeContext.layer)

const outcomes = ({ items }: Recipes.RestoreResult) =>
  items.map(({ name, outcome, type }) => `${type} ${name}: ${outcome}`).sort()

const names = ["datasource Orders", "flow Clean", "workbook Region", "workbook Region"]

const all = (outcome: string) => names.map((name) => `${name}: ${outcome}`)

const publications = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (
    (yield* simulator.count("publishWorkbook")) +
    (yield* simulator.count("publishDataSource")) +
    (yield* simulator.count("publishFlow"))
  )
})

const inProject = (project: string) =>
  Workbooks.stream({ filter: [Filter.eq("projectName", project)] }).pipe(
    Stream.runCollect,
    Effect.map((items) => [...items])
  )

/** The content of a file of Tableau, whatever archive it is in. */
const bytesOf = (id: Ids.WorkbookId) =>
  Effect.scoped(
    Effect.flatMap(Workbooks.download(id), ({ content }) =>
      Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]))
    )
  )

onSession("a dry run of a restore sends only reads, and writes nothing", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const before = readdirSync(directory)
    yield* plan(yield* projectId("Target"), { directory })
    const sent = (yield* simulator.requests).filter(({ operation }) => operation !== "signIn")
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(["GET"]))
    expect(readdirSync(directory)).toEqual(before)
  })
)

onSession("restoreProject publishes a backup on another site, with projects, tags and the same bytes", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* backup
    const sources = yield* Effect.forEach(yield* inProject("Sales"), ({ id }) => bytesOf(id))
    yield* Effect.gen(function* () {
      const target = yield* projectId("Target")
      const planned = yield* plan(target, { directory })
      expect(planned.newProjects).toEqual(["Forecasts"])
      expect(planned.items.map(({ action }) => action)).toEqual(Array(4).fill("create"))
      expect(outcomes(yield* restore(target, { directory }))).toEqual(all("published"))

      const [region] = yield* inProject("Target")
      expect(region).toMatchObject({ name: "Region", description: "By region" })
      expect(region?.tags?.map(({ label }) => label).sort()).toEqual(["east, west", "q3"])
      expect(yield* inProject("Forecasts")).toMatchObject([{ name: "Region" }])
      expect([...(yield* Stream.runCollect(Datasources.stream()))]).toMatchObject([
        { name: "Orders", tags: [{ label: "raw" }] }
      ])
      expect([...(yield* Stream.runCollect(Flows.stream()))]).toMatchObject([{ name: "Clean" }])
      const copies = yield* Effect.forEach(region === undefined ? [] : [region], ({ id }) => bytesOf(id))
      expect(copies.map((copy, index) => sources[index]?.equals(copy))).toEqual([true])
    }).pipe(TableauSession.withSite("Other"))
  })
)

onSession("a restore stays on its site if another fiber switches the session", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    const session = yield* TableauSession
    const upload = { onProgress: () => Effect.orDie(session.switchSite("Other")) }
    expect(outcomes(yield* restore(target, { directory, concurrency: 1, upload }))).toEqual(all("published"))
    expect(yield* session.contentUrl).toBe("Other")
    const sent = (yield* simulator.requests).filter(
      ({ method, operation }) => method !== "GET" && /publish|Tags/.test(operation)
    )
    expect(new Set(sent.map(({ site }) => site))).toEqual(new Set([""]))
  })
)

onSession("names of content and projects are compared without case, as servers do", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    const nested = yield* Projects.create({ name: "FORECASTS", parentProjectId: target })
    const [region] = yield* inProject("Sales")
    const file = Upload.bytes("region.twbx", region === undefined ? new Uint8Array() : yield* bytesOf(region.id))
    for (const projectId of [target, nested.id]) yield* Workbooks.publish(file, { name: "REGION", projectId })
    const planned = yield* plan(target, { directory })
    expect(planned.newProjects).toEqual([])
    expect(planned.items.map(({ action, type }) => `${type} ${action}`)).toEqual([
      "datasource create",
      "workbook exists",
      "workbook exists",
      "flow create"
    ])
  })
)

onSession("a second restore publishes nothing, and what was deleted meanwhile again", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    yield* restore(target, { directory })
    expect(yield* publications).toBe(4)
    expect(outcomes(yield* restore(target, { directory }))).toEqual(all("kept"))
    expect(yield* publications).toBe(4)
    for (const { id } of yield* inProject("Target")) yield* Workbooks.delete(id)
    expect(outcomes(yield* restore(target, { directory })).filter((line) => line.endsWith("published"))).toEqual([
      "workbook Region: published"
    ])
    expect(yield* publications).toBe(5)
  })
)

onSession("content that exists stays as it is, unless the mode is overwrite", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* backup
    const id = yield* projectId("Sales")
    expect(outcomes(yield* restore(id, { directory }))).toEqual(all("exists"))
    expect(yield* publications).toBe(0)
    const before = yield* inProject("Sales")
    expect(outcomes(yield* restore(id, { directory, mode: "overwrite" }))).toEqual(all("published"))
    expect((yield* inProject("Sales")).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  })
)

onSession(
  "a restore that was interrupted goes on: nothing is published twice, and no tags are missing",
  simulated,
  (simulator) =>
    Effect.gen(function* () {
      const directory = yield* backup
      const target = yield* projectId("Target")
      const options = { directory, concurrency: 1 }
      // The server has the data source, and the program ends before it knows that.
      yield* simulator.inject({ operation: "addTagsToDataSource", fault: Fault.hold(Effect.never) })
      const fiber = yield* Effect.fork(restore(target, options))
      yield* simulator.awaitSeen("addTagsToDataSource")
      yield* Fiber.interrupt(fiber)
      expect(yield* publications).toBe(1)

      const planned = yield* plan(target, options)
      expect(planned.items.map(({ action }) => action)).toEqual(["finish", "create", "create", "create"])
      expect(outcomes(yield* restore(target, options))).toEqual(all("published"))
      expect(yield* publications).toBe(4)
      const orders = yield* Stream.runCollect(Datasources.stream({ filter: [Filter.eq("projectName", "Target")] }))
      expect([...orders]).toMatchObject([{ name: "Orders", tags: [{ label: "raw" }] }])
    })
)

for (const [mode, action, sent] of [
  ["create", "finish", 4],
  ["overwrite", "overwrite", 5]
] as const) {
  onSession(
    `a restore that was interrupted after an unknown publication, with mode ${mode}, has one copy with its tags`,
    simulated,
    (simulator) =>
      Effect.gen(function* () {
        const directory = yield* backup
        const target = yield* projectId("Target")
        const options = { directory, mode, concurrency: 1 }
        const published = yield* Effect.makeLatch()
        const until = Effect.andThen(published.open, Effect.never)
        yield* simulator.inject({ operation: "publishDataSource", fault: Fault.hold(until, { when: "after" }) })
        const fiber = yield* Effect.fork(restore(target, options))
        yield* published.await
        yield* Fiber.interrupt(fiber)

        const planned = yield* plan(target, options)
        expect(planned.items.map(({ action }) => action)).toEqual([action, "create", "create", "create"])
        expect(outcomes(yield* restore(target, options))).toEqual(all("published"))
        expect(yield* publications).toBe(sent)
        const orders = yield* Stream.runCollect(Datasources.stream({ filter: [Filter.eq("projectName", "Target")] }))
        expect([...orders]).toMatchObject([{ name: "Orders", tags: [{ label: "raw" }] }])
      })
  )
}

const otherBytes = Upload.bytes("Region.twbx", twbx({ worksheets: ["Other"] }))

onSession("a restore with mode overwrite replaces what changed after a complete restore", simulated, () =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    yield* restore(target, { directory })
    const [region] = yield* inProject("Target")
    const id = yield* Effect.fromNullable(region?.id)
    const restored = yield* bytesOf(id)
    // Within the same second.
    yield* Workbooks.publish(otherBytes, { name: "Region", projectId: target, mode: "overwrite" })
    expect((yield* bytesOf(id)).equals(restored)).toBe(false)
    expect(outcomes(yield* restore(target, { directory, mode: "overwrite" }))).toEqual(all("published"))
    expect((yield* bytesOf(id)).equals(restored)).toBe(true)
  })
)

onSession("a restore with mode overwrite that goes on keeps what has not changed since", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    const options = { directory, mode: "overwrite" as const }
    yield* simulator.inject({ operation: "publishFlow", fault: Fault.status(403) })
    yield* restore(target, options)
    yield* TestClock.adjust("1 minute")
    yield* Workbooks.publish(otherBytes, { name: "Region", projectId: target, mode: "overwrite" })
    const result = yield* restore(target, options)
    expect(outcomes(result)).toEqual([
      "datasource Orders: kept",
      "flow Clean: published",
      "workbook Region: kept",
      "workbook Region: published"
    ])
    // That was complete: the next one begins anew.
    expect(outcomes(yield* restore(target, options))).toEqual(all("published"))
  })
)

onSession("content of an item whose publication never arrived is not taken for the item", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    const options = { directory, types: ["datasource" as const] }
    yield* simulator.inject({ operation: "publishDataSource", fault: Fault.reset({ when: "before" }) })
    expect(outcomes(yield* restore(target, options))).toEqual(["datasource Orders: failed"])
    const file = Upload.bytes("Orders.tds", new TextEncoder().encode(tds("postgres", "db.example.com")))
    const other = yield* Datasources.publish(file, { projectId: target })
    expect((yield* restore(target, options)).items).toMatchObject([
      { outcome: "exists", contentId: other.id, connections: [] }
    ])
    expect((yield* Datasources.get(other.id)).tags ?? []).toEqual([])
    expect(outcomes(yield* restore(target, { ...options, mode: "overwrite" }))).toEqual([
      "datasource Orders: published"
    ])
  })
)

onSession("a restore reports the credentials with which its content was published", simulated, () =>
  Effect.gen(function* () {
    const file = Upload.bytes("Lines.tds", new TextEncoder().encode(tds("postgres", "db.example.com")))
    yield* Datasources.publish(file, { projectId: yield* projectId("Sales") })
    const directory = yield* backup
    const target = yield* projectId("Target")
    const options = { directory, types: ["datasource" as const] }
    const password = { serverAddress: "db.example.com", newUserName: "tableau", password: Redacted.make("s3cret") }
    const given = { ...options, passwords: [password] }
    const lines = ({ items }: Recipes.RestoreResult) =>
      items.flatMap((item) =>
        item.name === "Lines" && "connections" in item
          ? item.connections.map(({ credentials }) => `${item.outcome} ${credentials}`)
          : []
      )
    const [before] = lines(yield* restore(target, options))
    expect(before).toMatch(/^published (?:missing|notNeeded)$/)
    expect(lines(yield* restore(target, given))).toEqual([before?.replace("published", "kept")])
    expect(lines(yield* restore(target, { ...given, mode: "overwrite" }))).toEqual(["published given"])
    expect(lines(yield* restore(target, options))).toEqual(["kept given"])
  })
)

onSession("content that an interrupted run was to overwrite is not reported as restored", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const sales = yield* projectId("Sales")
    const options = { directory, types: ["datasource" as const] }
    yield* simulator.inject({ operation: "publishDataSource", fault: Fault.hold(Effect.never) })
    const fiber = yield* Effect.fork(restore(sales, { ...options, mode: "overwrite" }))
    yield* simulator.awaitSeen("publishDataSource")
    yield* Fiber.interrupt(fiber)
    expect(outcomes(yield* restore(sales, options))).toEqual(["datasource Orders: exists"])
    expect(outcomes(yield* restore(sales, { ...options, mode: "overwrite" }))).toEqual(["datasource Orders: published"])
  })
)

onSession("flows of a backup are reported by a restore on a server without flows", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const old = yield* TableauSession.make({
      server: simulator.url,
      credentials: admin,
      apiVersion: "3.2",
      retry: "never"
    })
    yield* Effect.gen(function* () {
      const target = yield* projectId("Target")
      const planned = yield* plan(target, { directory })
      expect(planned.items.map(({ action, type }) => `${type} ${action}`).at(-1)).toBe("flow create")
      const result = yield* restore(target, { directory })
      expect(outcomes(result)).toEqual(
        all("published").map((line) => (line.startsWith("flow") ? "flow Clean: failed" : line))
      )
      expect(result.items.at(-1)).toMatchObject({ error: { _tag: "VersionUnsupported", operation: "Flows.publish" } })
    }).pipe(Effect.provideService(TableauSession, old))
  })
)

onSession("an item that cannot be published is reported and published by the next run", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    yield* simulator.inject({ operation: "publishDataSource", fault: Fault.status(403) })
    const result = yield* restore(target, { directory })
    expect(outcomes(result)).toEqual([`${names[0]}: failed`, ...all("published").slice(1)])
    expect(result.items[0]).toMatchObject({ error: { operation: "Datasources.publish" } })
    expect(outcomes(yield* restore(target, { directory }))).toEqual([`${names[0]}: published`, ...all("kept").slice(1)])
  })
)

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
