/** What of a payload is in the requests. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Projects } from "effect-tableau"
import { TableauWorkflow } from "effect-tableau-workflow"
import { executed, inMemory, workbookId } from "./support/setting.js"
import { throughTime } from "./support/time.js"

interface Recorded {
  readonly line: string
  readonly body: string
}

const textOf = ({ body }: HttpClientRequest.HttpClientRequest) => {
  if (body._tag === "Uint8Array") return Effect.succeed(new TextDecoder().decode(body.body))
  return body._tag === "Stream" ? Stream.mkString(Stream.decodeText(body.stream)) : Effect.succeed("")
}

/** Records the requests of a session. */
const recorder = () => {
  const requests: Array<Recorded> = []
  const transformClient = HttpClient.tapRequest((request) =>
    Effect.map(Effect.orDie(textOf(request)), (body) => {
      const query = request.urlParams.map(([name, value]) => `${name}=${value}`).join("&")
      requests.push({ line: `${request.method} ${request.url}?${query}`, body })
    })
  )
  /** The only request whose method, path and query fit. */
  const the = (line: RegExp): Recorded => {
    const [found, ...more] = requests.filter((request) => line.test(request.line))
    expect(more).toEqual([])
    return found ?? { line: requests.map(({ line }) => line).join("\n"), body: "" }
  }
  return { requests, session: { transformClient }, the }
}

const file = (name: string, content: string) =>
  Effect.gen(function* () {
    const folder = yield* temporary
    yield* Effect.promise(() => Fs.writeFile(Path.join(folder, name), content))
    return Path.join(folder, name)
  })

const temporary = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "payloads-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

const project = Effect.flatMap(Projects.list(), ({ items }) =>
  Stream.runHead(Stream.filter(items, ({ name }) => name === "Sales"))
).pipe(
  Effect.flatten,
  Effect.map(({ id }) => id)
)

const workbookRequests = recorder()

inMemory(
  "an incremental refresh of a workbook is requested as one",
  { session: workbookRequests.session },
  (simulator) =>
    Effect.gen(function* () {
      const id = yield* workbookId("Forecast")
      const payload = { site: "", id, incremental: true, key: "k" }
      yield* throughTime(simulator, executed(TableauWorkflow.refreshWorkbook, payload))
      expect(workbookRequests.the(/^POST .*\/workbooks\/[^/]*\/refresh/).body).toContain(
        '<extractRefresh incremental="true"'
      )
    })
)

const datasourceRequests = recorder()

inMemory(
  "an incremental refresh of a data source is requested as one",
  { session: datasourceRequests.session },
  (simulator) =>
    Effect.gen(function* () {
      const { items } = yield* Datasources.list()
      const { id } = yield* Effect.flatten(Stream.runHead(items))
      const payload = { site: "", id, incremental: true, key: "k" }
      yield* throughTime(simulator, executed(TableauWorkflow.refreshDatasource, payload))
      expect(datasourceRequests.the(/^POST .*\/datasources\/[^/]*\/refresh/).body).toContain(
        '<extractRefresh incremental="true"'
      )
    })
)

const publishedWorkbook = recorder()

inMemory(
  "a workbook is published with all that its payload says",
  { session: publishedWorkbook.session },
  (simulator) =>
    Effect.gen(function* () {
      const payload = {
        site: "",
        path: yield* file(
          "Budget.twb",
          '<?xml version="1.0"?><workbook><worksheets><worksheet name="One"/><worksheet name="Two"/></worksheets></workbook>'
        ),
        name: "Plan",
        projectId: yield* project,
        description: "The plan",
        mode: "overwrite" as const,
        showTabs: true,
        hiddenViews: ["Two"],
        skipConnectionCheck: true,
        key: "k"
      }
      yield* throughTime(simulator, executed(TableauWorkflow.publishWorkbook, payload))
      const { body, line } = publishedWorkbook.the(/^POST .*\/workbooks\?/)
      expect(line).toContain("overwrite=true")
      expect(line).toContain("skipConnectionCheck=true")
      for (const part of [
        'name="Plan"',
        'description="The plan"',
        'showTabs="true"',
        `<project id="${payload.projectId}"`
      ]) {
        expect(body).toContain(part)
      }
      expect(body).toMatch(/<view (?=[^>]*name="Two")(?=[^>]*hidden="true")/)
    })
)

const publishedDatasource = recorder()

inMemory(
  "a data source is published with all that its payload says",
  { session: publishedDatasource.session },
  (simulator) =>
    Effect.gen(function* () {
      const payload = {
        site: "",
        path: yield* file("Costs.hyper", "HyPe"),
        name: "All costs",
        projectId: yield* project,
        description: "The costs",
        mode: "overwrite" as const,
        isCertified: true,
        certificationNote: "Checked",
        useRemoteQueryAgent: true,
        key: "k"
      }
      yield* throughTime(simulator, executed(TableauWorkflow.publishDatasource, payload))
      const { body, line } = publishedDatasource.the(/^POST .*\/datasources\?/)
      expect(line).toContain("overwrite=true")
      const parts = ['name="All costs"', 'description="The costs"', 'isCertified="true"', 'certificationNote="Checked"']
      for (const part of [...parts, 'useRemoteQueryAgent="true"', `<project id="${payload.projectId}"`]) {
        expect(body).toContain(part)
      }
    })
)

for (const mode of ["append", "replace"] as const) {
  const requests = recorder()
  inMemory(`a data source with mode ${mode} is published in that mode`, { session: requests.session }, (simulator) =>
    Effect.gen(function* () {
      const path = yield* file("Orders.hyper", "HyPe")
      const payload = { site: "", path, projectId: yield* project, mode, key: "k" }
      yield* Effect.exit(throughTime(simulator, executed(TableauWorkflow.publishDatasource, payload)))
      expect(requests.the(/^POST .*\/datasources\?/).line).toContain(`${mode}=true`)
    })
  )
}

const publishedFlow = recorder()

inMemory("a flow is published with all that its payload says", { session: publishedFlow.session }, (simulator) =>
  Effect.gen(function* () {
    const payload = {
      site: "",
      path: yield* file("Merge.tfl", "flow"),
      name: "Join",
      projectId: yield* project,
      description: "The flow",
      mode: "overwrite" as const,
      key: "k"
    }
    yield* throughTime(simulator, executed(TableauWorkflow.publishFlow, payload))
    const { body, line } = publishedFlow.the(/^POST .*\/flows\?/)
    expect(line).toContain("overwrite=true")
    for (const part of ['name="Join"', 'description="The flow"', `<project id="${payload.projectId}"`]) {
      expect(body).toContain(part)
    }
  })
)

const backedUp = recorder()

inMemory(
  "a backup takes projects below the project, and files without extracts",
  { session: backedUp.session },
  (simulator) =>
    Effect.gen(function* () {
      const id = yield* project
      const below = yield* Projects.create({ name: "Below", parentProjectId: id })
      yield* throughTime(
        simulator,
        executed(TableauWorkflow.publishWorkbook, {
          site: "",
          path: yield* file("Inner.twb", '<?xml version="1.0"?><workbook><worksheets/></workbook>'),
          projectId: below.id,
          key: "k"
        })
      )
      const payload = { site: "", project: id, folder: yield* temporary, key: "k" }
      const flat = yield* throughTime(simulator, executed(TableauWorkflow.backupProject, payload))
      backedUp.requests.length = 0
      const nested = yield* throughTime(
        simulator,
        executed(TableauWorkflow.backupProject, {
          ...payload,
          folder: yield* temporary,
          nested: true,
          includeExtract: false,
          key: "nested"
        })
      )
      expect(nested.downloaded).toBe(flat.downloaded + 1)
      const downloads = backedUp.requests.filter(({ line }) => /\/(workbooks|datasources)\/[^/]*\/content/.test(line))
      expect(downloads.length).toBeGreaterThan(0)
      for (const { line } of downloads) expect(line).toContain("includeExtract=False")
    })
)
