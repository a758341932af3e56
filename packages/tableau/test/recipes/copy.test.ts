import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Ids, Recipes, TableauSession, Workbooks } from "effect-tableau"
import type { Content } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  type Script,
  type ScriptedRequest,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin, onSession, timeless } from "../../../../test/support/session.js"
import { element, page } from "../../../../test/support/xml.js"

const id = Ids.WorkbookId.make("w1")

const workbook = (attributes: Record<string, string>, ...content: ReadonlyArray<string>) =>
  element("workbook", attributes, ...content)

const tagged = (...labels: ReadonlyArray<string>) =>
  element("tags", {}, ...labels.map((label) => element("tag", { label })))

const bytes = Buffer.alloc(3_000_000, "workbook ")

const download = (content: Uint8Array) => ({
  headers: {
    "content-type": "application/octet-stream",
    "content-length": content.length,
    "content-disposition": 'attachment; filename="Sales.twbx"'
  },
  body: content
})

const source = {
  "GET /sites/s/workbooks/w1": xml(
    workbook({ id: "w1", name: "Sales", description: "By region", showTabs: "true" }, tagged("q3", "east, west"))
  ),
  "GET /sites/s/workbooks/w1/connections": xml(
    element(
      "connections",
      {},
      element("connection", {
        id: "c1",
        type: "postgres",
        serverAddress: "DB.example.com",
        serverPort: 5432,
        userName: "ana",
        embedPassword: true
      }),
      element("connection", {
        id: "c2",
        type: "sqlserver",
        serverAddress: "other.example.com",
        userName: "ben",
        embedPassword: true
      }),
      element("connection", { id: "c3", type: "sqlproxy", serverAddress: "localhost", serverPort: 80 }),
      element("connection", { id: "c4", type: "excel-direct", serverAddress: "" })
    )
  ),
  "GET /sites/s/workbooks/w1/content": download(bytes)
} satisfies Script

/** The default project, and one that is named like it. */
const projects = xmlDocument(
  page(
    { total: 2 },
    element(
      "projects",
      {},
      element("project", { id: "p2", name: "default" }),
      element("project", { id: "p3", name: "Default", parentProjectId: "p2" })
    )
  )
)

const noWorkbooks = xmlDocument(page({ total: 0 }, element("workbooks")))

/** A target that accepts everything. */
const accepting = {
  "GET /sites/s/projects": projects,
  "GET /sites/s/workbooks": noWorkbooks,
  "POST /sites/s/fileUploads": xml(element("fileUpload", { uploadSessionId: "u:1", fileSize: 0 })),
  "PUT /sites/s/fileUploads/{id}": xml(element("fileUpload", { uploadSessionId: "u:1", fileSize: 3 })),
  "POST /sites/s/workbooks": { ...xml(workbook({ id: "w9", name: "Sales" })), status: 201 },
  "PUT /sites/s/workbooks/w9/tags": xml(tagged("q3", "east, west"))
} satisfies Script

const uploaded = (calls: ReadonlyArray<ScriptedRequest>) =>
  Buffer.concat(
    calls
      .filter(({ method, path }) => method === "PUT" && path.includes("/fileUploads/"))
      .map(({ bytes }) => {
        const begin = bytes.indexOf("\r\n\r\n", bytes.indexOf('name="tableau_file"')) + 4
        return bytes.subarray(begin, bytes.lastIndexOf("\r\n--"))
      })
  )

const sessions = (from: { readonly url: string }, to: { readonly url: string }) =>
  Effect.all({
    from: TableauSession.make({ server: from.url, credentials: admin, retry: "never" }),
    to: TableauSession.make({ server: to.url, credentials: admin, retry: "never" })
  })

const test = <A, E>(name: string, body: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof sessions>>>) =>
  it.live(name, () =>
    Effect.provide(Effect.scoped(body), layerHttpClient).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )

test(
  "copyWorkbook publishes the bytes on another server, with tags, description, and the passwords that were given",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer(accepting)
    const { connections, copy, tags } = yield* Recipes.copyWorkbook(id, {
      ...(yield* sessions(a, b)),
      // Ids are case-insensitive.
      projectId: Ids.ProjectId.make("P2"),
      passwords: [{ serverAddress: "db.example.com", password: Redacted.make("s3cret") }]
    })
    expect(copy).toMatchObject({ id: "w9" })
    expect(tags).toEqual(["q3", "east, west"])
    expect(connections.map(({ credentials, serverAddress }) => [serverAddress, credentials])).toEqual([
      ["DB.example.com", "given"],
      ["other.example.com", "missing"],
      ["localhost", "publishedDatasource"],
      ["", "notNeeded"]
    ])
    expect(uploaded(b.calls).equals(bytes)).toBe(true)
    const publication = b.calls.find(({ line }) => line.startsWith("POST /api/3.29/sites/s/workbooks"))
    expect(publication?.query.get("workbookType")).toBe("twbx")
    expect(publication?.query.get("uploadSessionId")).toBe("u:1")
    expect(publication?.body).toContain('name="Sales"')
    expect(publication?.body).toContain('description="By region"')
    expect(publication?.body).toContain('showTabs="true"')
    expect(publication?.body).toContain('<project id="P2"')
    expect(publication?.body).toMatch(
      /<connection serverAddress="DB.example.com" serverPort="5432"><connectionCredentials name="ana" password="s3cret" embed="true"/
    )
    expect(publication?.body).not.toContain("other.example.com")
    expect(b.calls.at(-1)?.body).toContain("q3")
    expect(a.calls.every(({ method }) => method === "GET")).toBe(true)
    expect(a.count("GET /sites/s/workbooks/w1/content")).toBe(1)
  })
)

test(
  "a copy into a project that does not exist fails before the content is downloaded",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer(accepting)
    const options = { ...(yield* sessions(a, b)), projectId: Ids.ProjectId.make("none") }
    const missing = { _tag: "NotFound", operation: "Recipes.copyWorkbook", acted: "no" }
    expect(yield* Effect.flip(Recipes.copyWorkbook.dryRun(id, options))).toMatchObject(missing)
    expect(yield* Effect.flip(Recipes.copyWorkbook(id, options))).toMatchObject(missing)
    expect(a.calls.some(({ path }) => path.endsWith("/content"))).toBe(false)
  })
)

test(
  "the error of the tags of a copy does not show a password of the copy",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer({
      ...accepting,
      "PUT /sites/s/workbooks/w9/tags": errorResponse(403, "403004", "Refused", "with s3cret-w0rd")
    })
    const error = yield* Effect.flip(
      Recipes.copyWorkbook(id, {
        ...(yield* sessions(a, b)),
        projectId: Ids.ProjectId.make("p2"),
        passwords: [{ serverAddress: "db.example.com", password: Redacted.make("s3cret-w0rd") }]
      })
    )
    expect(error).toMatchObject({ _tag: "CopyIncomplete" })
    expect(error.message).toContain("with <redacted>")
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("w0rd")
  })
)

test(
  "a copied connection stores its password only if the original does, or the caller says so",
  Effect.gen(function* () {
    const embedded = (embed: boolean | undefined) =>
      Effect.gen(function* () {
        const a = yield* scriptedServer({
          ...source,
          "GET /sites/s/workbooks/w1/connections": xml(
            element(
              "connections",
              {},
              element("connection", {
                id: "c1",
                type: "postgres",
                serverAddress: "db.example.com",
                userName: "ana",
                embedPassword: false
              })
            )
          )
        })
        const b = yield* scriptedServer(accepting)
        const passwords = [{ serverAddress: "db.example.com", password: Redacted.make("s3cret"), embed }]
        yield* Recipes.copyWorkbook(id, { ...(yield* sessions(a, b)), passwords })
        const publication = b.calls.find(({ line }) => line.startsWith("POST /api/3.29/sites/s/workbooks"))
        return /embed="(\w+)"/.exec(publication?.body ?? "")?.[1]
      })
    expect(yield* embedded(undefined)).toBe("false")
    expect(yield* embedded(true)).toBe("true")
  })
)

test(
  "a dry run of a copy sends only reads, and says what would be copied",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer({
      "GET /sites/s/projects": projects,
      "GET /sites/s/workbooks": xmlDocument(
        page(
          { total: 1 },
          element("workbooks", {}, workbook({ id: "old", name: "Sales" }, element("project", { id: "p2" })))
        )
      )
    })
    const options = { ...(yield* sessions(a, b)), projectId: Ids.ProjectId.make("p2") }
    const planned = yield* Recipes.copyWorkbook.dryRun(id, { ...options, mode: "overwrite" })
    expect(planned).toMatchObject({ action: "overwrite", existingId: "old", name: "Sales", tags: ["q3", "east, west"] })
    expect(yield* Recipes.copyWorkbook.dryRun(id, options)).toMatchObject({ action: "refuse" })
    expect([...a.calls, ...b.calls].every(({ method }) => method === "GET")).toBe(true)
    expect(a.count("GET /sites/s/workbooks/w1/content")).toBe(0)
  })
)

test(
  "a copy over existing content is a Conflict before the download, unless the mode is overwrite",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer({
      ...accepting,
      "GET /sites/s/workbooks": xmlDocument(
        page(
          { total: 1 },
          element(
            "workbooks",
            {},
            workbook({ id: "w9", name: "Sales" }, element("project", { id: "p2", name: "default" }))
          )
        )
      )
    })
    const options = yield* sessions(a, b)
    const error = yield* Effect.flip(Recipes.copyWorkbook(id, options))
    expect(error).toMatchObject({ _tag: "Conflict", acted: "no", operation: "Recipes.copyWorkbook" })
    expect(a.count("GET /sites/s/workbooks/w1/content")).toBe(0)
    expect(yield* Recipes.copyWorkbook(id, { ...options, mode: "overwrite" })).toMatchObject({ copy: { id: "w9" } })
    const publication = b.calls.find(({ line }) => line.startsWith("POST /api/3.29/sites/s/workbooks"))
    expect(publication?.query.get("overwrite")).toBe("true")
  })
)

test(
  "tags that cannot be added are CopyIncomplete, with the id of the copy",
  Effect.gen(function* () {
    const a = yield* scriptedServer(source)
    const b = yield* scriptedServer({ ...accepting, "PUT /sites/s/workbooks/w9/tags": errorResponse(403, "403004") })
    const error = yield* Effect.flip(Recipes.copyWorkbook(id, yield* sessions(a, b)))
    expect(error).toMatchObject({
      _tag: "CopyIncomplete",
      id: "w9",
      missingTags: ["q3", "east, west"],
      error: { _tag: "Forbidden", operation: "Workbooks.addTags" }
    })
    expect(error.message).toContain("w9")
  })
)

test(
  "a download that breaks off again and again publishes nothing",
  Effect.gen(function* () {
    const a = yield* scriptedServer({
      ...source,
      "GET /sites/s/workbooks/w1/content": {
        ...download(bytes),
        body: bytes.subarray(0, 1_000_000),
        ending: "close"
      }
    })
    const b = yield* scriptedServer(accepting)
    const error = yield* Effect.flip(Recipes.copyWorkbook(id, yield* sessions(a, b)))
    expect(error).toMatchObject({ _tag: "ConnectionFailed", operation: "Workbooks.download" })
    expect(a.count("GET /sites/s/workbooks/w1/content")).toBe(3)
    expect(b.count("POST /sites/s/workbooks")).toBe(0)
  })
)

test(
  "a copy whose download breaks off once begins again",
  Effect.gen(function* () {
    const broken = { ...download(bytes), body: bytes.subarray(0, 1_000_000), ending: "close" as const }
    const a = yield* scriptedServer({
      ...source,
      "GET /sites/s/workbooks/w1/content": [broken, download(bytes)]
    })
    const b = yield* scriptedServer(accepting)
    expect(yield* Recipes.copyWorkbook(id, yield* sessions(a, b))).toMatchObject({ copy: { id: "w9" } })
    expect(uploaded(b.calls).subarray(-bytes.length).equals(bytes)).toBe(true)
    expect(b.count("POST /sites/s/workbooks")).toBe(1)
  })
)

test(
  "a copy over the content itself is a Conflict, also with mode overwrite",
  Effect.gen(function* () {
    const existing = workbook({ id: "w1", name: "Sales" }, element("project", { id: "p2", name: "default" }))
    const server = yield* scriptedServer({
      ...source,
      ...accepting,
      "GET /sites/s/workbooks": xmlDocument(page({ total: 1 }, element("workbooks", {}, existing)))
    })
    const options = { ...(yield* sessions(server, server)), mode: "overwrite" } as const
    expect(yield* Recipes.copyWorkbook.dryRun(id, options)).toMatchObject({ action: "refuse", existingId: "w1" })
    const error = yield* Effect.flip(Recipes.copyWorkbook(id, options))
    expect(error).toMatchObject({ _tag: "Conflict", acted: "no" })
    expect(String(error)).toContain("another `name` or `projectId`")
    expect(server.calls.every(({ method }) => method === "GET")).toBe(true)
  })
)

test(
  "a copy that is interrupted ends both requests, and publishes nothing",
  Effect.gen(function* () {
    const seen = yield* Deferred.make<void>()
    const sourceClosed = yield* Deferred.make<void>()
    const targetClosed = yield* Deferred.make<void>()
    const a = yield* scriptedServer({
      ...source,
      "GET /sites/s/workbooks/w1/content": (_, raw) => {
        raw.on("close", () => Deferred.unsafeDone(sourceClosed, Effect.void))
        raw.writeHead(200, { ...download(bytes).headers, "content-length": 50_000_000 }).write(bytes)
      }
    })
    const b = yield* scriptedServer({
      ...accepting,
      "PUT /sites/s/fileUploads/{id}": (_, raw) => {
        raw.on("close", () => Deferred.unsafeDone(targetClosed, Effect.void))
        Deferred.unsafeDone(seen, Effect.void)
      }
    })
    const options = { ...(yield* sessions(a, b)), upload: { blockSize: 2_000_000 } }
    const fiber = yield* Effect.fork(Recipes.copyWorkbook(id, options))
    yield* Deferred.await(seen)
    yield* Fiber.interrupt(fiber)
    yield* Effect.timeout(Effect.all([Deferred.await(sourceClosed), Deferred.await(targetClosed)]), "5 seconds")
    expect(b.count("POST /sites/s/workbooks")).toBe(0)
  })
)

/** The response of the first block is lost; the block that is sent again is there twice; then all is well. */
const appended = (megabytes: number) => xml(element("fileUpload", { uploadSessionId: "u:1", fileSize: megabytes }))
const troubled = [{ ending: "reset" as const }, appended(18), appended(9)]

const large = Buffer.alloc(9_000_000, "workbook ")

for (const [name, again, outcome] of [
  ["the same size", large, "w9"],
  ["another size", large.subarray(1), "SourceChanged"]
] as const) {
  test(
    `an upload that begins again reads the source again, on two sites of one session: ${name}`,
    Effect.gen(function* () {
      const server = yield* scriptedServer({
        ...source,
        ...accepting,
        "GET /sites/s/workbooks/w1/content": [download(large), download(again)],
        "PUT /sites/s/fileUploads/{id}": troubled
      })
      const from = yield* TableauSession.make({
        server: server.url,
        credentials: admin,
        retry: { schedule: Schedule.recurs(2) }
      })
      const copied = Recipes.copyWorkbook(id, { from, to: from.withSite("Other") })
      const result = yield* Effect.either(copied).pipe(Effect.timeout("10 seconds"))
      if (outcome === "w9") expect(result).toMatchObject({ _tag: "Right", right: { copy: { id: "w9" } } })
      else expect(result).toMatchObject({ _tag: "Left", left: { _tag: outcome } })
      expect(server.count("GET /sites/s/workbooks/w1/content")).toBe(2)
      expect(server.count("POST /sites/s/workbooks")).toBe(outcome === "w9" ? 1 : 0)
    })
  )
}

const twoSites: Content.Content = {
  users: [{ name: "admin", siteRole: "ServerAdministrator" }],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  sites: [{ contentUrl: "", workbooks: [{ name: "Sales", tags: ["q3"] }] }, { contentUrl: "Other" }]
}

onSession(
  "a copy stays on its sites if another fiber switches the sessions",
  { simulator: { content: twoSites }, session: timeless },
  (simulator) =>
    Effect.gen(function* () {
      const from = yield* TableauSession
      const to = from.withSite("Other")
      const original = yield* Effect.flatten(Stream.runHead(Workbooks.stream()))
      const switched = Effect.all([from.switchSite("Other"), to.switchSite("")])
      const upload = { onProgress: () => Effect.orDie(Effect.asVoid(switched)) }
      const { copy } = yield* Recipes.copyWorkbook(original.id, { from, to, upload })
      expect([yield* from.contentUrl, yield* to.contentUrl]).toEqual(["Other", ""])
      const sent = (yield* simulator.requests).filter(({ operation }) => /^(publish|addTags)/.test(operation))
      expect(sent.map(({ site }) => site)).toEqual(["Other", "Other"])
      expect((yield* Effect.provideService(Workbooks.get(copy.id), TableauSession, from)).tags).toMatchObject([
        { label: "q3" }
      ])
    })
)
