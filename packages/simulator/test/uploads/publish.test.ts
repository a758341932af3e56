import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { archive, federated, tds, twb, twbx } from "../support/files.js"
import { admin, attribute, client, errorOf, ids, type Response, total, viewer } from "../support/http.js"
import { block, file, multipart, type Part, payload } from "../support/multipart.js"

type Client = Effect.Effect.Success<ReturnType<typeof client>>

const kinds = {
  workbook: { part: "tableau_workbook", type: "workbookType" },
  datasource: { part: "tableau_datasource", type: "datasourceType" },
  flow: { part: "tableau_flow", type: "flowType" }
} as const

type Kind = keyof typeof kinds

/** Publishes a file by one request. `attributes` are those of the item in the payload. */
const publish = (
  { request }: Client,
  kind: Kind,
  fileName: string,
  content: string | Uint8Array,
  options: { readonly attributes?: string; readonly inner?: string; readonly query?: string } = {}
) => {
  const { attributes = 'name="Published"', inner = "", query = "" } = options
  return request(`${kind}s${query}`, {
    method: "POST",
    ...multipart([
      payload(`<tsRequest><${kind} ${attributes}>${inner}</${kind}></tsRequest>`),
      file(kinds[kind].part, fileName, content)
    ])
  })
}

const names = ({ text }: Response, element: string) =>
  [...text.matchAll(new RegExp(`<${element} [^>]*?\\bname="([^"]*)"`, "g"))].map(([, name]) => name)

const sheets = { worksheets: ["Sales", "Été 売上", "Secret"], dashboards: ["Overview"], stories: ["Tale"] }

it.scoped("a published workbook has the views of its file, and its download has the same bytes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    yield* TestClock.setTime(Date.UTC(2026, 0, 31, 12))
    const session = yield* client(url)
    const { request, siteId, userId } = session
    for (const [fileName, content] of [
      ["Book.twbx", twbx({ ...sheets, hidden: ["Secret"] })],
      ["Book.twb", twb({ ...sheets, hidden: ["Secret"] })]
    ] as const) {
      const name = `Été 売上 ${fileName}`
      const published = yield* publish(session, "workbook", fileName, content, {
        attributes: `name="${name}" showTabs="true" description="What &lt;it&gt; shows"`
      })
      expect(published.status).toBe(201)
      const id = attribute(published.text, "workbook", "id")
      expect(published.headers.location).toBe(`/api/3.29/sites/${siteId}/workbooks/${id}`)
      const value = (attributeName: string) => attribute(published.text, "workbook", attributeName)
      expect([value("name"), value("showTabs"), value("size"), value("createdAt"), value("updatedAt")]).toEqual([
        ...[name, "true", "1", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"]
      ])
      expect(value("description")).toBe("What &lt;it&gt; shows")
      expect(attribute(published.text, "project", "name")).toBe("default")
      expect(attribute(published.text, "owner", "id")).toBe(userId)
      // In the order of the windows, without the hidden one.
      expect(names(published, "view")).toEqual(["Tale", "Overview", "Sales", "Été 売上"])
      const views = yield* request(`workbooks/${id}/views`)
      expect(ids(views, "view")).toEqual(ids(published, "view"))
      expect(value("defaultViewId")).toBe(ids(views, "view")[0])
      const [first = ""] = ids(views, "view")
      expect((yield* request(`views/${first}/data`)).text).toContain("Region")
      const list = yield* request(`workbooks?filter=name:eq:${encodeURIComponent(name)}`)
      expect(ids(list, "workbook")).toEqual([id])
      const download = yield* request(`workbooks/${id}/content`)
      expect(Buffer.compare(download.bytes, Buffer.from(content))).toBe(0)
      expect(download.headers["content-disposition"]).toContain(encodeURIComponent(name))
      expect(Number(download.headers["content-length"])).toBe(Buffer.byteLength(content))
    }
  })
)

it.scoped("sheets that the request hides have no view, and not all may be hidden", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const hide = (...hidden: ReadonlyArray<string>) => ({
      query: "?overwrite=true",
      inner: `<views>${hidden.map((name) => `<view name="${name}" hidden="true"/>`).join("")}<view name="Sales"/></views>`
    })
    const some = yield* publish(session, "workbook", "a.twbx", twbx(sheets), hide("Secret", "Tale"))
    expect(names(some, "view")).toEqual(["Overview", "Sales", "Été 売上"])
    const all = yield* publish(
      session,
      "workbook",
      "a.twbx",
      twbx(sheets),
      hide("Secret", "Tale", "Overview", "Sales", "Été 売上")
    )
    expect(errorOf(all)).toEqual([400, "400011"])
  })
)

it.scoped("a workbook of an existing name needs overwrite, which keeps ids and adds a revision", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const session = yield* client(url)
    const { request } = session
    const before = total(yield* request("workbooks"))
    const old = twbx(sheets, Buffer.from("old"))
    const first = yield* publish(session, "workbook", "a.twbx", old)
    const id = attribute(first.text, "workbook", "id")
    yield* session.put(`workbooks/${id}/tags`, '<tags><tag label="kept"/></tags>')
    // Names are compared without regard to case, within a project.
    const again = yield* publish(session, "workbook", "a.twbx", old, { attributes: 'name="PUBLISHED"' })
    expect([again.status, errorOf(again)[1]]).toEqual([409, "409012"])
    yield* TestClock.adjust("1 hour")
    const changed = twb({ worksheets: ["Sales", "New"] })
    const second = yield* publish(session, "workbook", "b.twb", changed, { query: "?overwrite=True" })
    expect([second.status, attribute(second.text, "workbook", "id")]).toEqual([201, id])
    expect([attribute(second.text, "workbook", "createdAt"), attribute(second.text, "workbook", "updatedAt")]).toEqual([
      ...["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]
    ])
    expect(attribute(second.text, "tag", "label")).toBe("kept")
    expect(names(second, "view")).toEqual(["Sales", "New"])
    const viewId = (response: Response) => ids(response, "view")[names(response, "view").indexOf("Sales")]
    expect(viewId(second)).toBe(viewId(first))
    expect(total(yield* request("workbooks"))).toBe(before + 1)
    expect(ids(yield* request("views?filter=workbookName:eq:Published"), "view")).toHaveLength(2)
    const revisions = yield* request(`workbooks/${id}/revisions`)
    const values = (name: string) =>
      [...revisions.text.matchAll(new RegExp(` ${name}="([^"]*)"`, "g"))].map(([, value]) => value)
    expect(values("revisionNumber")).toEqual(["1", "2"])
    expect(values("sizeInBytes")).toEqual([String(old.length), String(Buffer.byteLength(changed))])
    expect(values("publishedAt")).toEqual(["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"])
    const revision = (number: number) =>
      Effect.map(request(`workbooks/${id}/revisions/${number}/content`), ({ bytes }) => bytes)
    expect(Buffer.compare(yield* revision(1), old)).toBe(0)
    expect((yield* revision(2)).toString()).toBe(changed)
    const current = yield* request(`workbooks/${id}/content`)
    expect([current.text, current.headers["content-disposition"]]).toEqual([changed, expect.stringContaining('.twb"')])
    // The same name in another project is another workbook, with another content URL.
    const [, sales = ""] = ids(yield* request("projects"), "project")
    const elsewhere = yield* publish(session, "workbook", "a.twbx", old, { inner: `<project id="${sales}"/>` })
    expect([elsewhere.status, attribute(elsewhere.text, "workbook", "contentUrl")]).toEqual([201, "Published_0"])
  })
)

it.scoped("an overwritten workbook of the initial content keeps its generated revisions", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({
      content: {
        users: [{ name: "admin", password: "admin-password" }],
        sites: [{ contentUrl: "", workbooks: [{ name: "Forecast" }] }]
      }
    })
    const session = yield* client(url)
    const [id = ""] = ids(yield* session.request("workbooks"), "workbook")
    const published = yield* publish(session, "workbook", "a.twbx", twbx(sheets), {
      attributes: 'name="forecast"',
      query: "?overwrite=true"
    })
    expect(attribute(published.text, "workbook", "id")).toBe(id)
    expect(attribute(published.text, "workbook", "name")).toBe("Forecast")
    expect(ids(yield* session.request("views"), "view")).toHaveLength(5)
    expect((yield* session.request(`workbooks/${id}/revisions/1/content`)).bytes.subarray(0, 2).toString()).toBe("PK")
    expect(Buffer.compare((yield* session.request(`workbooks/${id}/content`)).bytes, twbx(sheets))).toBe(0)
    expect((yield* session.remove(`workbooks/${id}`)).status).toBe(204)
    expect(total(yield* session.request("views"))).toBe(0)
  })
)

it.scoped("data sources are created, overwritten, replaced and appended to", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const send = (content: string, query: string, fileName = "a.hyper") =>
      publish(session, "datasource", fileName, content, { query })
    const missing = yield* send("0", "?append=true")
    expect(errorOf(missing)).toEqual([404, "404004"])
    expect(missing.text).toContain("The data source name in the request body")
    expect(errorOf(yield* send("0", "?replace=true"))).toEqual([404, "404004"])
    // The Python client names this mode too.
    const created = yield* send("one", "?createnew=true")
    expect(created.status).toBe(201)
    const id = attribute(created.text, "datasource", "id")
    expect(attribute(created.text, "datasource", "type")).toBe("hyper")
    const content = Effect.map(session.request(`datasources/${id}/content`), ({ text }) => text)
    expect(errorOf(yield* send("x", "?overwrite=false"))).toEqual([409, "409015"])
    expect((yield* send("-two", "?append=true")).status).toBe(201)
    expect(yield* content).toBe("one-two")
    expect((yield* send("three", "?replace=true")).status).toBe(201)
    expect((yield* send("four", "?overwrite=true", "a.parquet")).status).toBe(201)
    const download = yield* session.request(`datasources/${id}/content`)
    expect([download.text, download.headers["content-disposition"]]).toEqual([
      "four",
      expect.stringContaining(".parquet")
    ])
    expect((yield* session.request(`datasources/${id}/revisions/2/content`)).text).toBe("one-two")
    expect(errorOf(yield* send("x", "?overwrite=true&append=true"))).toEqual([400, "400055"])
    expect(errorOf(yield* send("x", "?overwrite=perhaps"))).toEqual([400, "400008"])
    const file = tds("postgres", "db.example.com")
    expect(errorOf(yield* send(file, "?append=true", "a.tds"))).toEqual([400, "400054"])
    const attributes = 'name="Live" isCertified="true" certificationNote="good"'
    const live = yield* publish(session, "datasource", "a.tds", file, { attributes })
    expect([attribute(live.text, "datasource", "type"), attribute(live.text, "datasource", "isCertified")]).toEqual([
      ...["postgres", "true"]
    ])
    const packaged = archive({ "a.tds": file, "Data/a.hyper": "rows" })
    const extracted = yield* publish(session, "datasource", "a.tdsx", packaged, { attributes: 'name="Packaged"' })
    expect(attribute(extracted.text, "datasource", "hasExtracts")).toBe("true")
  })
)

it.scoped("flows are published and overwritten, with their connections beside or inside", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const created = yield* publish(session, "flow", "a.tfl", "steps")
    expect([created.status, attribute(created.text, "flow", "fileType")]).toEqual([201, "tfl"])
    const id = attribute(created.text, "flow", "id")
    expect(errorOf(yield* publish(session, "flow", "a.tfl", "steps"))).toEqual([409, "409041"])
    const connections = '<connections><connection serverAddress="db.example.com"/></connections>'
    const body = (inside: string, beside: string): ReadonlyArray<Part> => [
      payload(`<tsRequest><flow name="published">${inside}</flow>${beside}</tsRequest>`),
      file("tableau_flow", "a.tflx", "more")
    ]
    for (const parts of [body(connections, ""), body("", connections)]) {
      const changed = yield* session.request("flows?overwrite=true", { method: "POST", ...multipart(parts) })
      expect([changed.status, attribute(changed.text, "flow", "id")]).toEqual([201, id])
      const found = yield* session.request(`flows/${id}/connections`)
      expect(attribute(found.text, "connection", "serverAddress")).toBe("db.example.com")
    }
    const download = yield* session.request(`flows/${id}/content`)
    expect([download.text, download.headers["content-disposition"]]).toEqual(["more", expect.stringContaining(".tflx")])
  })
)

it.scoped("connections are those of the file, with the credentials of the request, and no password comes back", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const connections =
      federated("postgres", "db.example.com", 5432) +
      federated("sqlserver", "other.example.com", 1433) +
      "<datasource><connection class='sqlproxy' server='localhost' port='80'/>" +
      "<repository-location id='Datasource3' path='/datasources'/></datasource>"
    const credentials = '<connectionCredentials name="writer" password="hunter2" embed="true"/>'
    const given =
      `<connections><connection serverAddress="DB.example.com" serverPort="5432">${credentials}</connection>` +
      `<connection serverAddress="third.example.com"/></connections>`
    const published = yield* publish(session, "workbook", "a.twbx", twbx({ ...sheets, connections }), { inner: given })
    expect(published.text).not.toContain("hunter2")
    const path = `workbooks/${attribute(published.text, "workbook", "id")}/connections`
    const list = yield* session.request(path)
    expect(list.text).not.toContain("hunter2")
    const values = (name: string) =>
      [...list.text.matchAll(new RegExp(` ${name}="([^"]*)"`, "g"))].map(([, value]) => value)
    expect(values("serverAddress")).toEqual([
      ...["db.example.com", "other.example.com", "localhost", "third.example.com"]
    ])
    expect(values("userName")).toEqual(["writer", "reader", "", ""])
    expect(values("embedPassword")).toEqual(["true", "false", "false", "false"])
    expect(attribute(list.text, "datasource", "name")).toBe("Data source 3")
    expect(new Set(ids(list, "connection")).size).toBe(4)
    // Ids stay when the workbook is overwritten. Credentials have to be given again.
    yield* publish(session, "workbook", "a.twbx", twbx({ ...sheets, connections }), { query: "?overwrite=true" })
    const again = yield* session.request(path)
    expect(ids(again, "connection")).toEqual(ids(list, "connection").slice(0, 3))
    expect(attribute(again.text, "connection", "userName")).toBe("reader")
    const embed = '<connectionCredentials name="a" password="b" embed="maybe"/>'
    expect(errorOf(yield* publish(session, "datasource", "a.hyper", "x", { inner: embed }))).toEqual([400, "400008"])
    const silent = twbx({ ...sheets, connections: federated("postgres", "db.invalid", 5432) })
    const attributes = 'name="Silent"'
    expect(errorOf(yield* publish(session, "workbook", "a.twbx", silent, { attributes }))).toEqual([403, "403132"])
    const skipped = yield* publish(session, "workbook", "a.twbx", silent, {
      attributes,
      query: "?skipConnectionCheck=true"
    })
    expect(skipped.status).toBe(201)
  })
)

it.scoped("who may not publish, or not there, is refused", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const vera = yield* client(url, viewer)
    const book = twbx(sheets)
    expect(errorOf(yield* publish(vera, "workbook", "a.twbx", book))).toEqual([403, "403007"])
    const added = yield* session.post("users", '<user name="cassie" siteRole="Creator"/>')
    yield* session.put(`users/${attribute(added.text, "user", "id")}`, '<user password="pw"/>')
    const cassie = yield* client(url, { name: "cassie", password: "pw" })
    const projects = yield* session.request("projects")
    const at = (name: string) => ids(projects, "project")[names(projects, "project").indexOf(name)] ?? ""
    const to = (name: string) => ({ inner: `<project id="${at(name)}"/>`, query: "?overwrite=true" })
    expect(errorOf(yield* publish(cassie, "workbook", "a.twbx", book, to("Sales")))).toEqual([403, "403007"])
    expect(errorOf(yield* publish(cassie, "workbook", "a.twbx", book, to("Board only")))).toEqual([404, "404005"])
    const grant = (item: string) =>
      session.put(
        `${item}/permissions`,
        `<permissions><granteeCapabilities><user id="${cassie.userId}"/><capabilities>` +
          `<capability name="Write" mode="Allow"/><capability name="Read" mode="Allow"/></capabilities>` +
          "</granteeCapabilities></permissions>"
      )
    yield* grant(`projects/${at("Sales")}`)
    expect((yield* publish(cassie, "workbook", "a.twbx", book, to("Sales"))).status).toBe(201)
    expect((yield* publish(cassie, "workbook", "a.twbx", book, to("Sales"))).status).toBe(201)
    // A workbook of another user needs a permission of its own.
    const others = { ...to("Sales"), attributes: 'name="Of the administrator"' }
    const own = yield* publish(session, "workbook", "a.twbx", book, others)
    expect(errorOf(yield* publish(cassie, "workbook", "a.twbx", book, others))).toEqual([403, "403007"])
    yield* grant(`workbooks/${attribute(own.text, "workbook", "id")}`)
    const granted = yield* publish(cassie, "workbook", "a.twbx", book, others)
    expect([granted.status, attribute(granted.text, "owner", "id")]).toEqual([201, session.userId])
  })
)

it.scoped("requests that cannot be published get Tableau's codes, and publish nothing", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ requestLimit: 5000 })
    const session = yield* client(url)
    const before = yield* Effect.forEach(["workbooks", "datasources", "flows", "views"], (path) =>
      session.request(path)
    )
    const started = yield* session.request("fileUploads", { method: "POST" })
    const upload = `?uploadSessionId=${attribute(started.text, "fileUpload", "uploadSessionId")}`
    const book = twbx({ worksheets: ["Sales"] })
    const parts = (...parts: ReadonlyArray<Part>) => multipart(parts)
    const named = (kind: Kind, inner = "") => payload(`<tsRequest><${kind} name="a">${inner}</${kind}></tsRequest>`)
    const bookFile = file("tableau_workbook", "a.twbx", book)
    for (const [expected, path, body] of [
      ["400000", "workbooks", parts(named("workbook"))],
      ["400000", "workbooks", parts(bookFile)],
      ["400000", "workbooks", parts(payload("<tsRequest>"), bookFile)],
      ["400000", "workbooks", parts(payload("<tsRequest/>"), bookFile)],
      ["400000", "workbooks", parts(named("workbook"), file("tableau_datasource", "a.twbx", book))],
      ["400000", "workbooks", parts(named("workbook"), bookFile, bookFile)],
      ["400000", `workbooks${upload}&workbookType=twbx`, parts(named("workbook"), bookFile)],
      ["400000", "workbooks", { ...parts(named("workbook"), bookFile), headers: { "content-type": "text/xml" } }],
      ["400008", "workbooks?overwrite=yes", parts(named("workbook"), bookFile)],
      ["400008", "workbooks?asJob=1", parts(named("workbook"), bookFile)],
      ["400035", "workbooks", parts(payload("<tsRequest><workbook/></tsRequest>"), bookFile)],
      ["400035", "workbooks", parts(payload(`<tsRequest><workbook name="${"n".repeat(256)}"/></tsRequest>`), bookFile)],
      ["400035", `workbooks${upload}`, parts(named("workbook"))],
      ["400035", `workbooks${upload}&workbookType=tdsx`, parts(named("workbook"))],
      ["400020", "workbooks", parts(named("workbook"), file("tableau_workbook", "a.tdsx", book))],
      ["400020", "workbooks", parts(named("workbook"), file("tableau_workbook", "twbx", book))],
      ["400011", "workbooks", parts(named("workbook"), file("tableau_workbook", "a.twbx", Buffer.alloc(5001)))],
      ["400011", `workbooks${upload}&workbookType=twbx`, parts(named("workbook"))],
      ["404005", "workbooks", parts(named("workbook", '<project id="nowhere"/>'), bookFile)],
      ["404015", "workbooks?uploadSessionId=1:A-0:0&workbookType=twbx", parts(named("workbook"))],
      [
        "404002",
        "workbooks",
        parts(payload('<tsRequest><workbook name="a" thumbnailsUserId="x"/></tsRequest>'), bookFile)
      ],
      ["400019", "datasources", parts(payload("<tsRequest/>"), file("tableau_datasource", "a.hyper", "x"))],
      [
        "400008",
        "datasources",
        parts(payload("<tsRequest><datasource/></tsRequest>"), file("tableau_datasource", "a.hyper", "x"))
      ],
      ["400010", "datasources", parts(named("datasource"), file("tableau_datasource", "a.csv", "x"))],
      ["400010", `datasources${upload}`, parts(named("datasource"))],
      [
        "400010",
        `datasources${upload}&datasourceType=hyper`,
        parts(named("datasource"), file("tableau_datasource", "a.hyper", "x"))
      ],
      ["400086", "flows", parts(named("flow"), file("tableau_flow", "a.twb", "x"))],
      ["400086", `flows${upload}&flowType=zip`, parts(named("flow"))],
      ["400089", "flows", parts(payload("<tsRequest><flow/></tsRequest>"), file("tableau_flow", "a.tfl", "x"))],
      ["400090", "flows", parts(payload("<tsRequest/>"), file("tableau_flow", "a.tfl", "x"))]
    ] as const) {
      const response = yield* session.request(path, { method: "POST", ...body })
      expect([path, body.body.toString("utf8", 0, 300), errorOf(response)[1]]).toEqual([
        path,
        body.body.toString("utf8", 0, 300),
        expected
      ])
    }
    const after = yield* Effect.forEach(["workbooks", "datasources", "flows", "views"], (path) => session.request(path))
    expect(after.map(total)).toEqual(before.map(total))
  })
)

it.scoped("an upload that could not be published can be published again", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const { request } = session
    const started = yield* request("fileUploads", { method: "POST" })
    const id = attribute(started.text, "fileUpload", "uploadSessionId")
    const book = twbx(sheets)
    for (const part of [book.subarray(0, 300), book.subarray(300)]) {
      yield* request(`fileUploads/${id}`, { method: "PUT", ...block(part) })
    }
    const commit = (name: string, type: string) =>
      request(`workbooks?uploadSessionId=${id}&workbookType=${type}`, {
        method: "POST",
        ...multipart([payload(`<tsRequest><workbook name="${name}"/></tsRequest>`)])
      })
    expect(errorOf(yield* commit("Superstore", "twbx"))).toEqual([409, "409012"])
    // An archive is no document.
    expect(errorOf(yield* commit("Uploaded", "twb"))).toEqual([400, "400011"])
    const published = yield* commit("Uploaded", "twbx")
    expect(published.status).toBe(201)
    const download = yield* request(`workbooks/${attribute(published.text, "workbook", "id")}/content`)
    expect(Buffer.compare(download.bytes, book)).toBe(0)
    expect(errorOf(yield* commit("Twice", "twbx"))).toEqual([404, "404015"])
  })
)

it.scoped("a publication as a job exists when the job has ended, and fails if the name was taken meanwhile", () =>
  Effect.gen(function* () {
    const { planJobs, url } = yield* Simulator.make({ jobWait: "1 second", jobRun: "1 second" })
    const session = yield* client(url)
    const { request } = session
    const found = Effect.map(request("workbooks?filter=name:eq:Published"), total)
    const book = twbx(sheets)
    const start = (name = "Published") =>
      publish(session, "workbook", "a.twbx", book, { query: "?asJob=true", attributes: `name="${name}"` })
    const first = yield* start()
    expect([first.status, attribute(first.text, "job", "type"), attribute(first.text, "job", "finishCode")]).toEqual([
      ...[202, "PublishWorkbook", "1"]
    ])
    const second = yield* start()
    expect([second.status, yield* found]).toEqual([202, 0])
    yield* TestClock.adjust("2 seconds")
    const state = (started: Response) =>
      Effect.map(request(`jobs/${attribute(started.text, "job", "id")}`), ({ text }) => [
        attribute(text, "job", "finishCode"),
        attribute(text, "job", "completedAt") !== ""
      ])
    expect(yield* state(first)).toEqual(["0", true])
    expect(yield* state(second)).toEqual(["1", true])
    expect(yield* found).toBe(1)
    expect(errorOf(yield* start())).toEqual([409, "409012"])
    yield* planJobs({ type: "PublishWorkbook", end: "Failed" })
    const failed = yield* start("Never")
    yield* TestClock.adjust("2 seconds")
    expect(yield* state(failed)).toEqual(["1", true])
    expect(total(yield* request("workbooks?filter=name:eq:Never"))).toBe(0)
    const datasource = yield* publish(session, "datasource", "a.hyper", "rows", { query: "?asJob=true" })
    expect(attribute(datasource.text, "job", "type")).toBe("PublishDatasource")
    yield* TestClock.adjust("2 seconds")
    const [id = ""] = ids(yield* request("datasources?filter=name:eq:Published"), "datasource")
    expect((yield* request(`datasources/${id}/content`)).text).toBe("rows")
  })
)

it.scoped("a session of another site sees nothing of a publication", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const published = yield* publish(session, "workbook", "a.twbx", twbx(sheets))
    const elsewhere = yield* client(url, admin, "MarketingTeam")
    const path = `workbooks/${attribute(published.text, "workbook", "id")}`
    expect(errorOf(yield* elsewhere.request(path))).toEqual([404, "404006"])
  })
)

it.scoped("a generated workbook has the same views after it is downloaded and published again", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* client(url)
    const [id = ""] = ids(yield* session.request("workbooks"), "workbook")
    const { bytes } = yield* session.request(`workbooks/${id}/content`)
    const published = yield* publish(session, "workbook", "a.twbx", bytes)
    expect(names(published, "view")).toEqual(names(yield* session.request(`workbooks/${id}`), "view"))
  })
)
