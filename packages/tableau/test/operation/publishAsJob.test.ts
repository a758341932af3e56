/** Publications that a job does in the background, and how the published content is found. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Datasources, type Jobs, Workbooks } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  type Reply,
  type Script,
  type ScriptedResponse,
  xml
} from "../../../../test/support/scriptedServer.js"
import { type Attributes, pagination, element as tag } from "../../../../test/support/xml.js"
import { onScript } from "./onScript.js"
import { commits, file, project, publishing, soon, uploads } from "./publishing.js"
import { failure, site, test, value } from "./requestTests.js"

interface Item {
  readonly id: string
  readonly name?: string
  readonly project?: string
  readonly projectName?: string
  readonly updatedAt?: string
  readonly owner?: string
}

const early = "2026-03-01T09:00:00Z"
const late = "2026-03-01T10:00:00Z"

const element = (
  kind: string,
  { id, name = "Sales", project = "p1", projectName = "Finance", updatedAt = late, owner = "u" }: Item
) =>
  `<${kind} id="${id}" name="${name}" updatedAt="${updatedAt}"><project id="${project}" name="${projectName}"/><owner id="${owner}"/></${kind}>`

const listOf =
  (kind: string) =>
  (...items: ReadonlyArray<Item>): ScriptedResponse =>
    xml(
      pagination({ total: items.length }),
      `<${kind}s>${items.map((item) => element(kind, item)).join("")}</${kind}s>`
    )

const list = listOf("workbook")

const projects = (...items: ReadonlyArray<Attributes>): ScriptedResponse =>
  xml(pagination({ total: items.length }), tag("projects", {}, ...items.map((item) => tag("project", item))))

const startedJob = {
  ...xml('<job id="j1" mode="Asynchronous" type="PublishWorkbook" progress="0" finishCode="1"/>'),
  status: 202
}

const endedJob = (finishCode = 0) =>
  xml(
    `<job id="j1" type="PublishWorkbook" progress="100" completedAt="2026-03-01T10:00:05Z" finishCode="${finishCode}"/>`
  )

const script = (lists: ReadonlyArray<ScriptedResponse>, more: Readonly<Record<string, Reply>> = {}): Script => ({
  ...publishing(startedJob),
  "GET /sites/s/jobs/j1": endedJob(),
  "GET /sites/s/workbooks": lists,
  ...more
})

const often: Jobs.AwaitOptions = { schedule: Schedule.spaced("5 millis") }

const inProject = Workbooks.publish(file("Sales.twbx"), { projectId: project, asJob: often })
const overwriting = Workbooks.publish(file("Sales.twbx"), { projectId: project, mode: "overwrite", asJob: often })
const inDefault = Workbooks.publish(file("Sales.twbx"), { asJob: often })

describe("publishAsJob", () => {
  test("publishAsJob returns the job at once, and awaits nothing", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Workbooks.publishAsJob(file("Sales.twbx"), { mode: "overwrite" }),
        script([])
      )
      expect(value(exit)).toMatchObject({ id: "j1", type: "PublishWorkbook" })
      expect(calls.map(({ line }) => line)).toEqual([`POST ${site}/workbooks?overwrite=true&asJob=true`])
    }))

  test("an uploaded file is published by a job", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        Datasources.publishAsJob(file("a.hyper"), { upload: { singleRequestLimit: 0 } }),
        { ...uploads, "POST /sites/s/datasources": startedJob }
      )
      expect(value(exit).id).toBe("j1")
      expect(calls.at(-1)?.line).toBe(
        `POST ${site}/datasources?asJob=true&uploadSessionId=1234%3A0A1B-0%3A0&datasourceType=hyper`
      )
    }))
})

describe("publish with asJob", () => {
  test("publish awaits the job, and returns the workbook that is new in the project", () =>
    Effect.gen(function* () {
      const before = { id: "other", project: "p2" }
      const { calls, exit } = yield* onScript(
        inProject,
        script([list(before), list(before, { id: "new" })], {
          "GET /sites/s/jobs/j1": [startedJob, startedJob, endedJob()]
        })
      )
      expect(value(exit)).toMatchObject({ id: "new", name: "Sales", project: { id: "p1" } })
      const named = `GET ${site}/workbooks?filter=name%3Aeq%3ASales&sort=createdAt%3Aasc&pageNumber=1&pageSize=100`
      expect(calls.map(({ line }) => line)).toEqual([
        named,
        `POST ${site}/workbooks?asJob=true`,
        ...Array.from({ length: 3 }, () => `GET ${site}/jobs/j1`),
        named
      ])
    }))

  test("publish returns the data source that a job has published", () =>
    Effect.gen(function* () {
      const lists = [listOf("datasource")(), listOf("datasource")({ id: "d1", name: "Orders" })]
      const { exit } = yield* onScript(
        Datasources.publish(file("a.hyper"), { name: "Orders", projectId: project, mode: "append", asJob: often }),
        {
          "POST /sites/s/datasources": startedJob,
          "GET /sites/s/jobs/j1": endedJob(),
          "GET /sites/s/datasources": lists
        }
      )
      expect(value(exit)).toMatchObject({ id: "d1", name: "Orders" })
    }))

  test("publish returns the workbook that has changed, not one of the same name in another project", () =>
    Effect.gen(function* () {
      const other = { id: "other", project: "p2", updatedAt: "2027-01-01T00:00:00Z" }
      const { exit } = yield* onScript(
        overwriting,
        script([
          list({ ...other, updatedAt: early }, { id: "w1", updatedAt: early }),
          // The other one was changed at the same time.
          list(other, { id: "w1", updatedAt: late })
        ])
      )
      expect(value(exit).id).toBe("w1")
    }))

  test("publish without a project returns the workbook in the default project", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(
        inDefault,
        script(
          [
            list({ id: "other", project: "p2", updatedAt: early }),
            list({ id: "other", project: "p2" }, { id: "w1", project: "p0", projectName: "Default" })
          ],
          { "GET /sites/s/projects": projects({ id: "p0", name: "default" }) }
        )
      )
      expect(value(exit).id).toBe("w1")
    }))

  test("publish returns the workbook whose name the server has trimmed, or has in another case", () =>
    Effect.gen(function* () {
      const publish = Workbooks.publish(file("a.twbx"), { name: " SALES", projectId: project, asJob: often })
      const { exit } = yield* onScript(publish, script([list(), list({ id: "w1" })]))
      expect(value(exit)).toMatchObject({ id: "w1", name: "Sales" })
    }))

  test("a workbook that a strict filter of the server does not find is searched in its project", () =>
    Effect.gen(function* () {
      const publish = Workbooks.publish(file("a.twbx"), { name: "SALES", projectId: project, asJob: often })
      const { calls, exit } = yield* onScript(publish, {
        ...script([]),
        "GET /sites/s/projects": projects({ id: "p0", name: "Default" }, { id: "p1", name: "Finance" }),
        "GET /sites/s/workbooks": ({ query }) =>
          query.get("filter") === "projectName:eq:Finance" ? list({ id: "other", project: "p2" }, { id: "w1" }) : list()
      })
      expect(value(exit)).toMatchObject({ id: "w1", name: "Sales" })
      expect(calls.filter(({ path }) => path.endsWith("/projects"))).toHaveLength(1)
    }))

  test("a new workbook in a nested project named like the default one is not that of the default project", () =>
    Effect.gen(function* () {
      const nested = { id: "other", project: "p9", projectName: "Default" }
      const { exit } = yield* onScript(inDefault, {
        ...script([list(), list(nested, { id: "w1", project: "p0", projectName: "Default" })]),
        "GET /sites/s/projects": projects(
          { id: "p9", name: "Default", parentProjectId: "p2" },
          { id: "p0", name: "Default" }
        )
      })
      expect(value(exit).id).toBe("w1")
    }))

  test("publish without a project returns the only workbook that is new, whatever the default project is named", () =>
    Effect.gen(function* () {
      const old = { id: "other", project: "p2", updatedAt: early }
      const { exit } = yield* onScript(
        inDefault,
        script([list(old), list(old, { id: "w1", project: "p0", projectName: "Standard" })])
      )
      expect(value(exit).id).toBe("w1")
    }))

  test("what another user publishes meanwhile is not the workbook of a project that the user does not see", () =>
    Effect.gen(function* () {
      const foreign = { id: "foreign", project: "p2", owner: "another" }
      const { exit } = yield* onScript(
        inDefault,
        script([list(), list(foreign), list(foreign, { id: "w1", project: "p0", projectName: "Standard" })])
      )
      expect(value(exit).id).toBe("w1")
    }))

  test("publish looks again while the list does not contain the workbook yet, and when it fails", () =>
    Effect.gen(function* () {
      const old = { id: "other", project: "p2", updatedAt: early }
      const { calls, exit } = yield* onScript(
        inProject,
        script([list(old), list(old), errorResponse(503, "503000"), list(old, { id: "w1" })])
      )
      expect(value(exit).id).toBe("w1")
      expect(calls.filter(({ path }) => path.endsWith("/workbooks"))).toHaveLength(5)
      expect(commits(calls)).toHaveLength(1)
    }))

  test("a name that cannot be filtered is found by reading the whole list", () =>
    Effect.gen(function* () {
      const name = "Sales, all & more"
      const { exit } = yield* onScript(
        Workbooks.publish(file("a.twbx"), { name, projectId: project, asJob: often }),
        script([
          list({ id: "x", name: "Sales" }),
          list({ id: "x", name: "Sales" }, { id: "w1", name: "Sales, all &amp; more" })
        ])
      )
      expect(value(exit)).toMatchObject({ id: "w1", name })
    }))
})

describe("publish with asJob, faults", () => {
  test("a list that fails before the publication fails the call, and nothing is published", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(inProject, script([errorResponse(403, "403004", "Forbidden")]))
      expect(failure(exit)).toMatchObject({ _tag: "Forbidden", operation: "Workbooks.list", acted: "no" })
      expect(commits(calls)).toEqual([])
    }))

  test("a job that fails or is cancelled is the error, with the job", () =>
    Effect.gen(function* () {
      for (const [finishCode, _tag] of [
        [1, "JobFailed"],
        [2, "JobCancelled"]
      ] as const) {
        const { calls, exit } = yield* onScript(
          inProject,
          script([list()], { "GET /sites/s/jobs/j1": endedJob(finishCode) })
        )
        expect(failure(exit)).toMatchObject({ _tag, acted: "yes", job: { id: "j1" } })
        expect(commits(calls)).toHaveLength(1)
      }
    }))

  test("a job that cannot be polled is JobTimedOut with the job and the error of the poll", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(
        inProject,
        script([list()], { "GET /sites/s/jobs/j1": errorResponse(403, "403004", "Forbidden") })
      )
      const error = failure(exit)
      expect(error).toMatchObject({
        _tag: "JobTimedOut",
        operation: "Workbooks.publish",
        acted: "yes",
        job: { id: "j1", type: "PublishWorkbook" },
        lastError: expect.stringContaining("403004")
      })
      expect(String(error)).toContain("It may still run on the server. The last poll failed: Jobs.get")
      expect(commits(calls)).toHaveLength(1)
    }))

  test("the options of asJob are those of Jobs.await", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(
        Workbooks.publish(file("Sales.twbx"), { asJob: { ...often, deadline: Duration.millis(50) } }),
        script([list()], { "GET /sites/s/jobs/j1": startedJob })
      )
      expect(failure(exit)).toMatchObject({ _tag: "JobTimedOut", acted: "yes", job: { id: "j1" } })
    }))

  it.effect("a workbook that no list contains fails with NotFound, which says that it is published", () =>
    Effect.gen(function* () {
      const { calls, exit } = yield* onScript(soon(inProject), script([list(), list({ id: "x", project: "p2" })]))
      const error = failure(exit)
      expect(error).toMatchObject({ _tag: "NotFound", operation: "Workbooks.publish", acted: "yes" })
      expect(String(error)).toContain(
        'Job j1 has published "Sales", and no list contains it yet. Do not publish it again'
      )
      expect(commits(calls)).toHaveLength(1)
      expect(calls.filter(({ method, path }) => method === "GET" && path.endsWith("/workbooks"))).toHaveLength(8)
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a list that fails after the job fails with NotFound, which contains its error", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(soon(inProject), script([list(), errorResponse(500, "500000")]))
      const error = failure(exit)
      expect(error).toMatchObject({ _tag: "NotFound", acted: "yes" })
      expect(String(error)).toContain("500000")
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a workbook that was overwritten within a second is returned, although no timestamp has changed", () =>
    Effect.gen(function* () {
      const { exit } = yield* onScript(soon(overwriting), script([list({ id: "w1" }, { id: "w2", project: "p2" })]))
      expect(value(exit).id).toBe("w1")
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("without a project, several new workbooks in unknown projects are not guessed", () =>
    Effect.gen(function* () {
      const found = list({ id: "w1", project: "p2" }, { id: "w2", project: "p3" })
      const { exit } = yield* onScript(soon(inDefault), script([list(), found]))
      expect(failure(exit)).toMatchObject({ _tag: "NotFound", acted: "yes" })
    }).pipe(Effect.provide(layerHttpClient))
  )

  test("an interruption while the job runs leaves it, because jobs that publish cannot be cancelled", () =>
    Effect.gen(function* () {
      // JavaScript can pass options that the types do not have.
      const cancelling = { ...often, onInterrupt: "cancel" } as const
      const publish = Workbooks.publish(file("Sales.twbx"), { asJob: cancelling })
      const { calls } = yield* onScript(
        Effect.timeoutOption(publish, "300 millis"),
        script([list()], { "GET /sites/s/jobs/j1": startedJob, "PUT /sites/s/jobs/j1": xml("") })
      )
      expect(calls.filter(({ line }) => line === `PUT ${site}/jobs/j1`)).toEqual([])
      expect(commits(calls)).toHaveLength(1)
    }))
})
