import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Datasources, Ids, Projects, Recipes, TableauSession, Upload, Workbooks } from "effect-tableau"
import { type Content, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, type Script, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin, type OnSession, onSession, timeless } from "../../../../test/support/session.js"
import { element } from "../../../../test/support/xml.js"
import { archive, tds, twbx } from "../../../simulator/test/support/files.js"
import { listed } from "../jobs/polling.js"

const content: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [
    {
      contentUrl: "",
      projects: [{ name: "Nested" }, { name: "Default", parent: "Nested" }],
      workbooks: [{ name: "Sales", hasExtracts: true }],
      datasources: [{ name: "Orders" }]
    },
    { contentUrl: "Other" }
  ]
}

const simulated: OnSession = { simulator: { content, jobWait: "1 minute", jobRun: "1 minute" }, session: timeless }

const sales = Upload.bytes("Sales.twbx", twbx({ worksheets: ["One"] }))

const orders = Upload.bytes(
  "Orders.tdsx",
  archive({ "Orders.tds": tds("postgres", "db.example.com"), "Data/orders.hyper": "rows" })
)

const every: Recipes.RefreshAndWaitOptions = { await: { schedule: Schedule.spaced("30 seconds") } }

/** Moves the clock until the effect has ended. */
const elapsing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.status(fiber))._tag !== "Done") {
      yield* TestClock.adjust("10 seconds")
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
    }
    return yield* Fiber.join(fiber)
  })

const jobsStarted = Effect.gen(function* () {
  const simulator = yield* Simulator
  return (yield* simulator.requests).filter(
    ({ operation, status }) => /^update.*Now$/.test(operation) && status === 202
  ).length
})

onSession(
  "publishAndRefreshWorkbook publishes, refreshes, and returns the workbook and the job that ended",
  simulated,
  () =>
    Effect.gen(function* () {
      const { job, workbook } = yield* elapsing(
        Recipes.publishAndRefreshWorkbook(sales, { ...every, mode: "overwrite" })
      )
      expect(workbook).toMatchObject({ name: "Sales" })
      expect(job).toMatchObject({ finishCode: 0, extractRefreshJob: { workbook: { id: workbook.id } } })
      expect(job.completedAt).toBeDefined()
      expect((yield* Workbooks.get(workbook.id)).views).toMatchObject([{ name: "One" }])
      expect(yield* jobsStarted).toBe(1)
    })
)

onSession("publishAndRefreshDatasource publishes, refreshes, and returns the data source and the job", simulated, () =>
  Effect.gen(function* () {
    const { datasource, job } = yield* elapsing(
      Recipes.publishAndRefreshDatasource(orders, { ...every, mode: "overwrite" })
    )
    expect(datasource).toMatchObject({ name: "Orders" })
    expect(job).toMatchObject({ finishCode: 0, extractRefreshJob: { datasource: { id: datasource.id } } })
  })
)

onSession("a refresh that began before the content was published is followed by another one", simulated, () =>
  Effect.gen(function* () {
    const before = yield* Effect.flatten(Stream.runHead(Datasources.stream()))
    const earlier = yield* Datasources.refresh(before.id)
    yield* TestClock.adjust("5 seconds")
    const { datasource, job } = yield* elapsing(
      Recipes.publishAndRefreshDatasource(orders, { ...every, mode: "overwrite" })
    )
    expect(datasource.id).toBe(before.id)
    expect(job.id).not.toBe(earlier.id)
    expect(yield* jobsStarted).toBe(2)
  })
)

onSession("a refresh that fails is JobFailed, and the content is published", simulated, (simulator) =>
  Effect.gen(function* () {
    yield* simulator.planJobs({ end: "Failed", notes: "The database does not respond." })
    const error = yield* Effect.flip(
      elapsing(Recipes.publishAndRefreshWorkbook(sales, { ...every, mode: "overwrite" }))
    )
    expect(error).toMatchObject({ _tag: "JobFailed", operation: "Jobs.await" })
    expect(yield* simulator.count("publishWorkbook")).toBe(1)
  })
)

onSession("publishAndRefreshWorkbook stays on its site if another fiber switches the session", simulated, (simulator) =>
  Effect.gen(function* () {
    const session = yield* TableauSession
    const upload = { onProgress: () => Effect.orDie(session.switchSite("Other")) }
    const { job } = yield* elapsing(Recipes.publishAndRefreshWorkbook(sales, { ...every, mode: "overwrite", upload }))
    expect(job).toMatchObject({ finishCode: 0 })
    expect(yield* session.contentUrl).toBe("Other")
    expect((yield* simulator.requests).find(({ operation }) => operation === "updateWorkbookNow")?.site).toBe("")
  })
)

onSession("a dry run of a publication refuses what the publication refuses", simulated, (simulator) =>
  Effect.gen(function* () {
    const refused = (file: Upload.File, options: Recipes.PublishAndRefreshWorkbookOptions = {}) =>
      Effect.flip(Recipes.publishAndRefreshWorkbook.dryRun(file, options))
    expect(yield* refused(Upload.bytes("Sales.csv", new Uint8Array(1)))).toMatchObject({
      _tag: "BadRequest",
      acted: "no"
    })
    expect(yield* refused(sales, { name: " " })).toMatchObject({ _tag: "BadRequest" })
    expect(String(yield* refused(Upload.bytes("empty.twbx", new Uint8Array())))).toContain('"empty.twbx" is empty')
    expect(yield* refused(sales, { upload: { blockSize: 0 } })).toMatchObject({ _tag: "BadRequest" })
    expect(yield* refused(sales, { upload: { singleRequestLimit: -1 } })).toMatchObject({ _tag: "BadRequest" })
    expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual(["serverInfo", "signIn"])
    const projectId = Ids.ProjectId.make("none")
    const missing = { _tag: "NotFound", operation: "Recipes.publishAndRefreshWorkbook", acted: "no" }
    expect(yield* refused(sales, { projectId })).toMatchObject(missing)
  })
)

onSession(
  "a dry run of a publication compares names as servers do, and normalizes the name of the file",
  simulated,
  () =>
    Effect.gen(function* () {
      const { dryRun } = Recipes.publishAndRefreshWorkbook
      expect(yield* dryRun(sales, { name: "SALES" })).toMatchObject({ action: "refuse" })
      expect(yield* dryRun(Upload.bytes("Vertra\u0308ge.twbx", new Uint8Array(1)))).toMatchObject({
        name: "Vertr\u00e4ge"
      })
      // Content of a project that is only named like the default one.
      const projects = yield* Stream.runCollect(Projects.stream())
      const projectId = [...projects].find(({ parentProjectId }) => parentProjectId !== undefined)?.id
      const lines = yield* Datasources.publish(orders, { name: "Lines", projectId })
      expect(lines.project?.id).toBe(projectId)
      const planned = Recipes.publishAndRefreshDatasource.dryRun
      expect(yield* planned(orders, { name: "Lines" })).toMatchObject({ action: "create", existingId: undefined })
      expect(yield* planned(orders, { name: "lines ", projectId })).toMatchObject({
        action: "refuse",
        existingId: lines.id
      })
    })
)

onSession("a dry run of a publication sends only reads, and says what would happen", simulated, (simulator) =>
  Effect.gen(function* () {
    const { dryRun } = Recipes.publishAndRefreshWorkbook
    expect(yield* dryRun(sales, { mode: "overwrite", incremental: true })).toMatchObject({
      name: "Sales",
      action: "overwrite",
      refresh: "incremental",
      size: sales.size
    })
    expect(yield* dryRun(sales)).toMatchObject({ action: "refuse" })
    expect(yield* dryRun(sales, { name: "New", mode: "overwrite" })).toMatchObject({
      action: "create",
      existingId: undefined
    })
    expect(yield* Recipes.publishAndRefreshDatasource.dryRun(orders, { mode: "append" })).toMatchObject({
      action: "append"
    })
    const sent = (yield* simulator.requests).filter(({ operation }) => operation !== "signIn")
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(["GET"]))
  })
)

const secret = "s3cret-w0rd"

/** What a server that repeats the password of the publication responds after it. */
const repeating: Readonly<Record<string, Script>> = {
  "refuses the refresh": {
    "POST /sites/s/workbooks/w1/refresh": errorResponse(403, "403999", "Refused", `with ${secret}`)
  },
  "reports that the refresh failed": {
    "POST /sites/s/workbooks/w1/refresh": { ...xml(element("job", { id: "j1" })), status: 202 },
    "GET /sites/s/jobs/j1": xml(
      element(
        "job",
        { id: "j1", completedAt: "2026-01-01T00:00:01Z", finishCode: 1 },
        element("extractRefreshJob", {}, element("notes", {}, `with ${secret}`)),
        element("statusNotes", {}, element("statusNote", { type: "Failed", text: secret }))
      )
    )
  }
}

/** Runs an effect on a session with a scripted server. */
const onServer = <A, E>(
  script: Script,
  body: (calls: () => ReadonlyArray<string>) => Effect.Effect<A, E, TableauSession>
) =>
  Effect.gen(function* () {
    const published = xml(element("workbook", { id: "w1", name: "Sales", updatedAt: "2026-01-01T10:00:03Z" }))
    const { calls, url } = yield* scriptedServer({
      "POST /sites/s/workbooks": { ...published, status: 201 },
      ...script
    })
    const session = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    const lines = () => calls.map(({ line }) => line.replace("/api/3.29", ""))
    return yield* Effect.provideService(body(lines), TableauSession, session)
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient), Logger.withMinimumLogLevel(LogLevel.None))

const refreshLine = "POST /sites/s/workbooks/w1/refresh"

it.live(
  "a refresh that this call has started is not followed by another one, whatever the clocks of the server say",
  () =>
    onServer(
      {
        [refreshLine]: { ...xml(element("job", { id: "j1", createdAt: "2026-01-01T10:00:01Z" })), status: 202 },
        "GET /sites/s/jobs/j1": xml(element("job", { id: "j1", completedAt: "2026-01-01T10:00:05Z", finishCode: 0 }))
      },
      (calls) =>
        Effect.gen(function* () {
          const { job } = yield* Recipes.publishAndRefreshWorkbook(sales)
          expect(job).toMatchObject({ id: "j1", finishCode: 0 })
          expect(calls().filter((line) => line === refreshLine)).toHaveLength(1)
        })
    )
)

for (const [name, reply, cancels] of [
  ["has started", { ...xml(element("job", { id: "j1" })), status: 202 }, ["PUT /sites/s/jobs/j1"]],
  ["has joined", errorResponse(409, "409093"), []]
] as const) {
  it.live(
    `an interruption with "cancel", of a refresh that the call ${name}, cancels ${cancels.length} refreshes`,
    () =>
      onServer(
        {
          [refreshLine]: reply,
          "GET /sites/s/workbooks/w1": xml(element("workbook", { id: "w1", name: "Sales" })),
          "GET /sites/s/jobs?filter=status:eq:Pending": listed(),
          "GET /sites/s/jobs?filter=status:eq:InProgress": listed({
            id: "j1",
            title: "Sales",
            jobType: "refresh_extracts"
          }),
          "GET /sites/s/jobs/j1": xml(
            element("job", { id: "j1" }, element("extractRefreshJob", {}, element("workbook", { id: "w1" })))
          ),
          "PUT /sites/s/jobs/j1": {}
        },
        (calls) =>
          Effect.gen(function* () {
            const options = { await: { schedule: Schedule.spaced("10 millis"), onInterrupt: "cancel" } } as const
            const fiber = yield* Effect.fork(Recipes.publishAndRefreshWorkbook(sales, options))
            while (calls().filter((line) => line === "GET /sites/s/jobs/j1").length < 3) yield* Effect.sleep("5 millis")
            yield* Fiber.interrupt(fiber)
            expect(calls().filter((line) => line.startsWith("PUT"))).toEqual(cancels)
          })
      )
  )
}

for (const [name, script] of Object.entries(repeating)) {
  it.live(`the error after a server ${name} does not show the password of the publication`, () =>
    onServer(script, () =>
      Effect.gen(function* () {
        const credentials = { name: "ana", password: Redacted.make(secret), embed: true }
        for (const options of [
          { credentials },
          { connections: [{ serverAddress: "db.example.com", credentials }] }
        ] satisfies ReadonlyArray<Recipes.PublishAndRefreshWorkbookOptions>) {
          const error = yield* Effect.flip(Recipes.publishAndRefreshWorkbook(sales, options))
          const text = `${error.message} ${JSON.stringify(error)}`
          expect(text).toContain("with <redacted>")
          expect(text).not.toContain("w0rd")
        }
      })
    )
  )
}
