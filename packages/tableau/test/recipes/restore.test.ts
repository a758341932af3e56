import { readdirSync } from "node:fs"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Datasources, Filter, Flows, Projects, type Recipes, TableauSession, Upload, Workbooks } from "effect-tableau"
import { Fault } from "effect-tableau-simulator"
import { admin, onSession } from "../../../../test/support/session.js"
import { tds, twbx } from "../../../simulator/test/support/files.js"
import {
  all,
  backup,
  bytesOf,
  inProject,
  names,
  outcomes,
  plan,
  projectId,
  publications,
  restore,
  simulated
} from "./restoring.js"

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

onSession("an overwrite that is refused does not forget the restore before it", simulated, (simulator) =>
  Effect.gen(function* () {
    const directory = yield* backup
    const target = yield* projectId("Target")
    yield* restore(target, { directory })
    yield* simulator.inject({ operation: "publishDataSource", fault: Fault.status(403, { code: "403004" }) })
    const result = yield* restore(target, { directory, mode: "overwrite" })
    expect(outcomes(result)).toEqual([`${names[0]}: failed`, ...all("published").slice(1)])
    expect((yield* plan(target, { directory })).items.map(({ action }) => action)).toEqual(names.map(() => "keep"))
  })
)
