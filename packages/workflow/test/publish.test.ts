/** Publications and backups, in memory and with processes that are killed. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Download, type Ids, Projects, Upload, Workbooks } from "effect-tableau"
import { Fault, type Simulator } from "effect-tableau-simulator"
import { TableauWorkflow } from "effect-tableau-workflow"
import { document, file, folder } from "./support/files.js"
import { empty, type Kill } from "./support/journal.js"
import { inProcess, throughKills } from "./support/processes.js"
import { executed, inMemory, logTo, onServer, workbookId } from "./support/setting.js"
import { throughTime } from "./support/time.js"

const projectId = (name: string) =>
  Projects.list().pipe(
    Effect.flatMap(({ items }) => Stream.runHead(Stream.filter(items, (item) => item.name === name))),
    Effect.flatten,
    Effect.map(({ id }) => id)
  )

const named = (name: string) =>
  Effect.gen(function* () {
    // Until lists have all.
    yield* TestClock.adjust("10 minutes")
    const { items } = yield* Workbooks.list()
    return [...(yield* Stream.runCollect(Stream.filter(items, (item) => item.name === name)))]
  })

/** How often content was published, with its first time. */
const revisions = (id: Ids.WorkbookId) => Effect.map(Workbooks.revisions(id), ({ totalAvailable }) => totalAvailable)

const lagging = { listLag: "1 minute", jobRun: "5 minutes" } as const

describe("publishWorkbook", () => {
  inMemory(
    "a file is uploaded and published by a job, and the content is found when lists have it",
    { simulator: lagging },
    (simulator) =>
      Effect.gen(function* () {
        const path = yield* file("Budget.twb")
        const project = yield* projectId("Sales")
        const payload = { site: "", path, projectId: project, key: "k" }
        const lines: Array<string> = []
        const publishing = throughTime(simulator, executed(TableauWorkflow.publishWorkbook, payload))
        const result = yield* publishing.pipe(logTo(lines))
        const subject = `publishWorkbook of ${JSON.stringify(path)}, key "k"`
        expect(lines).toEqual([`${subject}: started job ${result.job}.`, `${subject}: has ended.`])
        expect(result).toMatchObject({ name: "Budget", projectId: project, start: "started", job: expect.any(String) })
        const bytes = Download.stream(Workbooks.download(result.id))
        expect(yield* Stream.mkString(Stream.decodeText(bytes))).toBe(document("One"))
        expect(yield* simulator.count("publishWorkbook")).toBe(1)
      })
  )

  inMemory(
    "without a project it is published to the default project, and an existing one is overwritten",
    {},
    (simulator) =>
      Effect.gen(function* () {
        const path = yield* file("Budget.twb")
        const payload = { site: "", path, name: "Plan", key: "one" }
        const first = yield* throughTime(simulator, executed(TableauWorkflow.publishWorkbook, payload))
        expect(first).toMatchObject({ name: "Plan", projectId: yield* projectId("default") })
        const conflict = executed(TableauWorkflow.publishWorkbook, { ...payload, key: "two" })
        expect(yield* throughTime(simulator, Effect.flip(conflict))).toMatchObject({ _tag: "Conflict", acted: "no" })
        const again = executed(TableauWorkflow.publishWorkbook, { ...payload, mode: "overwrite", key: "three" })
        expect(yield* throughTime(simulator, again)).toMatchObject({ id: first.id, start: "started" })
      })
  )

  inMemory("a file that cannot be published or read fails before anything is sent to publish it", {}, (simulator) =>
    Effect.gen(function* () {
      const failure = (path: string) =>
        throughTime(simulator, Effect.flip(executed(TableauWorkflow.publishWorkbook, { site: "", path, key: "k" })))
      expect(yield* failure(yield* file("Budget.pdf"))).toMatchObject({ _tag: "BadRequest", acted: "no" })
      const absent = yield* failure("/no/such/Budget.twb")
      expect(absent).toMatchObject({ _tag: "FileUnavailable", detail: "There is no such file or folder." })
      expect(absent.message).toMatch(/^\/no\/such\/Budget.twb: .*take another `key`\.$/)
      expect(yield* failure(Path.dirname(yield* file("a"))).pipe(Effect.map(({ _tag }) => _tag))).toBe("BadRequest")
      expect(yield* simulator.count("initiateFileUpload")).toBe(0)
    })
  )

  inMemory("a job that fails is JobFailed", {}, (simulator) =>
    Effect.gen(function* () {
      yield* simulator.planJobs({ end: "Failed", notes: "No disk" })
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      const error = yield* throughTime(simulator, Effect.flip(executed(TableauWorkflow.publishWorkbook, payload)))
      expect(error).toMatchObject({ _tag: "JobFailed" })
    })
  )

  inMemory("an upload that the server has forgotten is sent again, and the file is published once", {}, (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({
        operation: "publishWorkbook",
        fault: Fault.raw({
          status: 404,
          body: '<tsResponse xmlns="http://tableau.com/api"><error code="404015"><summary>Not Found</summary><detail>No upload</detail></error></tsResponse>',
          contentType: "application/xml"
        })
      })
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      yield* throughTime(simulator, executed(TableauWorkflow.publishWorkbook, payload))
      expect(yield* simulator.count("initiateFileUpload")).toBe(2)
      expect(yield* named("Budget")).toHaveLength(1)
    })
  )
})

onServer(
  "a publication that was refused with 401 before the session could not be renewed is sent again",
  {},
  (simulator) =>
    Effect.gen(function* () {
      const payload = { site: "", path: yield* file("Budget.twb"), key: "k" }
      yield* simulator.inject({ operation: "publishWorkbook", fault: Fault.endSession })
      yield* simulator.inject({ operation: "signIn", fault: Fault.status(503) })
      const journal = empty()
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
      expect(yield* throughKills(simulator, journal, execution, [])).toMatchObject({ start: "started" })
      expect(journal.begun.filter((name) => name.startsWith("look"))).toEqual([])
    })
)

const kill =
  (at: Kill["at"]) =>
  (activity: string): Kill => ({ activity, at })

describe("a publication whose process is killed", () => {
  const single = ["begin", "upload 1", "prepare 1", "publish 1", "job 1", "find 1"].flatMap((activity) => [
    [kill("before")(activity)],
    [kill("after")(activity)]
  ])
  const several = [
    ["upload 1", "prepare 1", "publish 1", "look 1.1", "look 1.2"].map(kill("after")),
    [kill("before")("publish 1"), kill("after")("publish 2")]
  ]
  for (const kills of [...single, ...several]) {
    const name = kills.map(({ activity, at }) => `${at} "${activity}"`).join(", ")
    onServer(`${name}, publishes once, also if lists lag behind`, lagging, (simulator) =>
      Effect.gen(function* () {
        const path = yield* file("Forecast.twb")
        const id = yield* workbookId("Forecast")
        const before = yield* revisions(id)
        const payload = { site: "", path, projectId: yield* projectId("Sales"), mode: "overwrite", key: "k" }
        const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
        const result = yield* throughKills(simulator, empty(), execution, kills)
        expect(result).toMatchObject({ id, name: "Forecast" })
        expect((yield* revisions(id)) - before).toBe(1)
        // The file is uploaded again only if the upload itself was not stored.
        const again = kills.some(({ activity, at }) => activity === "upload 1" && at === "after") ? 2 : 1
        expect(yield* simulator.count("initiateFileUpload")).toBe(again)
      })
    )
  }

  for (const kills of [[kill("after")("publish 1")], [kill("before")("publish 1")]]) {
    onServer(`${kills[0]?.at} its request, creates one workbook`, lagging, (simulator) =>
      Effect.gen(function* () {
        const payload = { site: "", path: yield* file("New.twb"), key: "k" }
        const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
        const result = yield* throughKills(simulator, empty(), execution, kills)
        const all = yield* named("New")
        expect(all).toMatchObject([{ name: "New" }])
        expect(result).toMatchObject({ id: all[0]?.id })
      })
    )
  }

  onServer(
    "after its request, if no list has it, is OutcomeUnknown, and there is one workbook",
    { listLag: "1 day", jobRun: "5 seconds" },
    (simulator) =>
      Effect.gen(function* () {
        const payload = { site: "", path: yield* file("New.twb"), key: "k" }
        const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
        const kills = [kill("after")("publish 1")]
        const error = yield* Effect.flip(throughKills(simulator, empty(), execution, kills))
        expect(error).toMatchObject({ _tag: "OutcomeUnknown", acted: "unknown" })
        yield* TestClock.adjust("1 day")
        expect(yield* named("New")).toHaveLength(1)
      })
  )

  onServer("between two activities is FileChanged if the file has changed meanwhile", {}, (simulator) =>
    Effect.gen(function* () {
      const path = yield* file("New.twb")
      const journal = empty()
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload: { site: "", path, key: "k" } }
      yield* inProcess(simulator, journal, execution, kill("before")("upload 1"))
      yield* Effect.promise(() => Fs.utimes(path, 1000, 1000))
      const error = yield* Effect.flip(throughKills(simulator, journal, execution, []))
      expect(error).toMatchObject({ _tag: "FileChanged", path })
      expect(yield* simulator.count("initiateFileUpload")).toBe(0)
    })
  )

  for (const [mode, name, outcome] of [
    ["create", "Merge", { _tag: "Success", value: { name: "Merge", start: "found" } }],
    // Nothing says by what it was changed: flows have no revisions.
    ["overwrite", "Clean", { _tag: "Failure", cause: { error: { _tag: "OutcomeUnknown" } } }]
  ] as const) {
    onServer(`after its request, a flow (${mode}) is published once`, { listLag: "1 minute" }, (simulator) =>
      Effect.gen(function* () {
        const path = yield* file(`${name}.tfl`, "flow")
        const payload = { site: "", path, projectId: yield* projectId("Sales"), mode, key: "k" }
        const execution = { workflow: TableauWorkflow.publishFlow, payload }
        const result = throughKills(simulator, empty(), execution, [kill("after")("publish 1")])
        expect(yield* Effect.exit(result)).toMatchObject(outcome)
        expect(yield* simulator.count("publishFlow")).toBe(1)
      })
    )
  }
})

describe("a publication that was not sent, or whose outcome is unknown,", () => {
  /** A process is killed before it publishes over a workbook. Returns how the next one ends after something else happened. */
  const killedBefore = <E, R>(
    simulator: Simulator.Service,
    meanwhile: (path: string) => Effect.Effect<unknown, E, R>
  ) =>
    Effect.gen(function* () {
      const journal = empty()
      const path = yield* file("Forecast.twb")
      const payload = { site: "", path, projectId: yield* projectId("Sales"), mode: "overwrite", key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
      yield* inProcess(simulator, journal, execution, kill("before")("publish 1"))
      yield* TestClock.adjust("10 seconds")
      yield* meanwhile(path)
      const others = yield* simulator.count("publishWorkbook")
      yield* TestClock.adjust("5 minutes")
      const exit = yield* Effect.exit(throughKills(simulator, journal, execution, []))
      return { exit, sent: (yield* simulator.count("publishWorkbook")) - others }
    })

  const unknown = { _tag: "Failure", cause: { error: { _tag: "OutcomeUnknown", acted: "unknown" } } }

  onServer("while others refresh the extract, is no success and is not sent", {}, (simulator) =>
    Effect.gen(function* () {
      const { exit, sent } = yield* killedBefore(simulator, () =>
        Effect.flatMap(workbookId("Forecast"), Workbooks.refresh)
      )
      expect(exit).toMatchObject(unknown)
      expect(sent).toBe(0)
    })
  )

  onServer("while a file of its name is published to another project, is no success and is not sent", {}, (simulator) =>
    Effect.gen(function* () {
      const { exit, sent } = yield* killedBefore(simulator, (path) =>
        throughKills(
          simulator,
          empty(),
          { workflow: TableauWorkflow.publishWorkbook, payload: { site: "", path, key: "other" } },
          []
        )
      )
      expect(exit).toMatchObject(unknown)
      expect(sent).toBe(0)
    })
  )

  onServer("while nothing else happens, is sent and succeeds", {}, (simulator) =>
    Effect.gen(function* () {
      const { exit, sent } = yield* killedBefore(simulator, () => Effect.void)
      expect(exit).toMatchObject({ _tag: "Success", value: { start: "started" } })
      expect(sent).toBe(1)
    })
  )

  /** A process is killed after its request. Returns how the next one ends. */
  const killedAfter = (simulator: Simulator.Service) =>
    Effect.gen(function* () {
      const payload = { site: "", path: yield* file("Forecast.twb"), projectId: yield* projectId("Sales"), key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload: { ...payload, mode: "overwrite" } }
      const exit = yield* Effect.exit(throughKills(simulator, empty(), execution, [kill("after")("publish 1")]))
      expect(yield* simulator.count("publishWorkbook")).toBe(1)
      return exit
    })

  onServer("if another user has published the newer revision, is no success", {}, (simulator) =>
    Effect.gen(function* () {
      const byOthers = Fault.alter((response) => ({
        ...response,
        body: String(response.body).replace(/<publisher id="[^"]*"/g, '<publisher id="other"')
      }))
      yield* simulator.inject({ operation: "getWorkbookRevisions", times: 99, fault: byOthers })
      expect(yield* killedAfter(simulator)).toMatchObject(unknown)
    })
  )

  // Names of job types are not documented.
  for (const jobType of ["publish_workbook", "PublishContent", ""]) {
    onServer(`if a job of its name (${jobType}) has failed, is no JobFailed`, lagging, (simulator) =>
      Effect.gen(function* () {
        const renamed = Fault.alter((response) => ({
          ...response,
          body: String(response.body).replaceAll("publish_workbook", jobType)
        }))
        yield* simulator.inject({ operation: "queryJobs", times: 99, fault: renamed })
        yield* simulator.planJobs({ end: "Failed", notes: "No disk" })
        expect(yield* killedAfter(simulator)).toMatchObject(unknown)
      })
    )
  }

  onServer(
    "over a workbook that lists do not have yet, is not taken for that one",
    { listLag: "1 minute" },
    (simulator) =>
      Effect.gen(function* () {
        const content = Stream.make(new TextEncoder().encode(document("One")))
        const size = document("One").length
        yield* Workbooks.publish(Upload.file({ name: "New.twb", size, content }), {
          projectId: yield* projectId("Sales")
        })
        yield* TestClock.adjust("10 seconds")
        const payload = { site: "", path: yield* file("New.twb"), projectId: yield* projectId("Sales"), key: "k" }
        const execution = { workflow: TableauWorkflow.publishWorkbook, payload: { ...payload, mode: "overwrite" } }
        const kills = [kill("before")("publish 1")]
        expect(yield* Effect.exit(throughKills(simulator, empty(), execution, kills))).toMatchObject(unknown)
      })
  )

  onServer("if the response to its request cannot be read, is not sent again", { listLag: "1 day" }, (simulator) =>
    Effect.gen(function* () {
      const withoutId = Fault.alter((response) => ({
        ...response,
        body: String(response.body).replace(/ id="[^"]*"/, "")
      }))
      yield* simulator.inject({ operation: "publishWorkbook", fault: withoutId })
      const payload = { site: "", path: yield* file("New.twb"), key: "k" }
      const execution = { workflow: TableauWorkflow.publishWorkbook, payload }
      expect(yield* Effect.exit(throughKills(simulator, empty(), execution, []))).toMatchObject(unknown)
      expect(yield* simulator.count("publishWorkbook")).toBe(1)
    })
  )
})

it.effect("a key is one execution however the site is written, and another one in another mode", () =>
  Effect.gen(function* () {
    const given = { site: "Marketing", path: "/Budget.twb", key: "k" }
    const idOf = TableauWorkflow.publishWorkbook.executionId
    expect(yield* idOf({ ...given, site: "MARKETING", mode: "create" })).toBe(yield* idOf(given))
    expect(yield* idOf({ ...given, mode: "overwrite" })).not.toBe(yield* idOf(given))
  })
)

inMemory("publishDatasource publishes a data source, and publishFlow a flow without a job", {}, (simulator) =>
  Effect.gen(function* () {
    const payload = { site: "", path: yield* file("Costs.hyper", "HyPe"), key: "k" }
    const datasource = yield* throughTime(simulator, executed(TableauWorkflow.publishDatasource, payload))
    expect(datasource).toMatchObject({ name: "Costs", start: "started", job: expect.any(String) })
    const flow = { site: "", path: yield* file("Merge.tfl", "flow"), key: "k" }
    const result = yield* throughTime(simulator, executed(TableauWorkflow.publishFlow, flow))
    expect(result).toMatchObject({ name: "Merge", start: "started", job: undefined })
  })
)

describe("backupProject", () => {
  onServer("a process that is killed leaves files that the next one keeps", {}, (simulator) =>
    Effect.gen(function* () {
      const payload = { site: "", project: yield* projectId("Sales"), folder: yield* folder, key: "k" }
      const execution = { workflow: TableauWorkflow.backupProject, payload }
      const result = yield* throughKills(simulator, empty(), execution, [kill("after")("backup")])
      expect(result).toEqual({ folder: payload.folder, downloaded: 0, kept: 3, failed: [], absent: 0 })
      expect(yield* simulator.count("downloadWorkbook")).toBe(1)
    })
  )

  inMemory("items that cannot be downloaded are in the result, and do not fail the others", {}, (simulator) =>
    Effect.gen(function* () {
      yield* simulator.inject({ operation: "downloadFlow", times: 9, fault: Fault.status(403) })
      const payload = { site: "", project: yield* projectId("Sales"), folder: yield* folder, key: "k" }
      const lines: Array<string> = []
      const backup = throughTime(simulator, executed(TableauWorkflow.backupProject, payload))
      const result = yield* backup.pipe(logTo(lines))
      expect(lines).toContainEqual(expect.stringMatching(/^backupProject of .*, key "k": begins, in ".*"\.$/))
      expect(lines).toContainEqual(expect.stringMatching(/^backupProject of .*, key "k": has ended\.$/))
      expect(result).toMatchObject({ downloaded: 2, kept: 0, failed: [{ type: "flow", name: "Clean" }] })
    })
  )

  inMemory("the folder of another project is BackupInvalid", {}, (simulator) =>
    Effect.gen(function* () {
      const directory = yield* folder
      const payload = { site: "", project: yield* projectId("Sales"), folder: directory, key: "k" }
      yield* throughTime(simulator, executed(TableauWorkflow.backupProject, payload))
      const other = { ...payload, project: yield* projectId("default") }
      const error = yield* throughTime(simulator, Effect.flip(executed(TableauWorkflow.backupProject, other)))
      expect(error).toMatchObject({ _tag: "BackupInvalid" })
    })
  )
})
