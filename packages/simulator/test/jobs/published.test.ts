import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { tds, twbx } from "../support/files.js"
import { attribute, client, errorOf, ids, total } from "../support/http.js"
import { block, file, multipart, payload } from "../support/multipart.js"

const setting = (options: Simulator.Options = {}) =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make(options)
    const { request, ...others } = yield* client(url)
    const publish = (path: string, given: string, part: string, fileName: string, content: string | Uint8Array) =>
      request(path, {
        method: "POST",
        ...multipart([payload(`<tsRequest>${given}</tsRequest>`), file(part, fileName, content)])
      })
    return { ...others, request, publish }
  })

it.scoped("a published workbook is refreshed, and loses a revision and its last view", () =>
  Effect.gen(function* () {
    const { post, publish, put, remove, request } = yield* setting()
    const book = twbx({ worksheets: ["One"] })
    const published = yield* publish("workbooks", '<workbook name="Book"/>', "tableau_workbook", "Book.twbx", book)
    const id = attribute(published.text, "workbook", "id")
    const job = attribute((yield* post(`workbooks/${id}/refresh`, "")).text, "job", "id")
    yield* TestClock.adjust("1 second")
    expect(attribute((yield* request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
    yield* publish("workbooks?overwrite=true", '<workbook name="Book"/>', "tableau_workbook", "Book.twbx", book)
    expect((yield* remove(`workbooks/${id}/revisions/1`)).status).toBe(204)
    expect(errorOf(yield* request(`workbooks/${id}/revisions/1/content`))).toEqual([404, "404024"])
    expect((yield* request(`workbooks/${id}/content`)).status).toBe(200)
    // The name is taken for other workbooks of the project.
    const project = attribute(published.text, "project", "id")
    const [other = ""] = ids(yield* request("workbooks"), "workbook")
    const rename = `<workbook name="book"><project id="${project}"/></workbook>`
    expect(errorOf(yield* put(`workbooks/${other}`, rename))).toEqual([409, "409012"])
    const [view = ""] = ids(yield* request(`workbooks/${id}/views`), "view")
    expect((yield* remove(`views/${view}`)).status).toBe(204)
    expect(errorOf(yield* request(`workbooks/${id}`))).toEqual([404, "404006"])
  })
)

it.scoped("a file of the demo content is refreshed after it is published again", () =>
  Effect.gen(function* () {
    const { post, publish, request } = yield* setting()
    for (const [kind, name] of [
      ["workbook", "Superstore"],
      ["workbook", "Workbook 41"],
      ["datasource", "Data source 2"]
    ] as const) {
      const [original] = ids(yield* request(`${kind}s?filter=name:eq:${name}`), kind)
      const { bytes } = yield* request(`${kind}s/${original}/content`)
      const fileName = kind === "workbook" ? "Copy.twbx" : "Copy.tdsx"
      const published = yield* publish(`${kind}s`, `<${kind} name="${name} 2"/>`, `tableau_${kind}`, fileName, bytes)
      const id = attribute(published.text, kind, "id")
      expect([name, (yield* post(`${kind}s/${id}/refresh`, "")).status]).toEqual([name, 202])
    }
  })
)

it.scoped("rows of a published Hyper file are changed with an upload, and those of another data source are not", () =>
  Effect.gen(function* () {
    const { publish, request } = yield* setting()
    const publishSource = (name: string, content: string) =>
      Effect.map(
        publish("datasources", `<datasource name="${name}"/>`, "tableau_datasource", name, content),
        ({ text }) => attribute(text, "datasource", "id")
      )
    const upload = Effect.gen(function* () {
      const started = yield* request("fileUploads", { method: "POST" })
      const id = attribute(started.text, "fileUpload", "uploadSessionId")
      yield* request(`fileUploads/${id}`, { method: "PUT", ...block("rows") })
      return id
    })
    const change = (id: string, uploadSessionId: string) =>
      request(`datasources/${id}/data?uploadSessionId=${uploadSessionId}`, {
        method: "PATCH",
        body: '{"actions":[{"action":"replace","source-table":"a","target-table":"b"}]}',
        headers: { "content-type": "application/json" }
      })
    expect((yield* change(yield* publishSource("A.hyper", "HyPe"), yield* upload)).status).toBe(202)
    const live = yield* publishSource("B.tds", tds("postgres", "db"))
    expect(errorOf(yield* change(live, yield* upload))).toEqual([404, "404008"])
  })
)

it.scoped("a published workbook is missing from lists that lag behind, and found by its id", () =>
  Effect.gen(function* () {
    const { publish, request } = yield* setting({ listLag: "5 seconds" })
    const book = twbx({ worksheets: ["One"] })
    const published = yield* publish("workbooks", '<workbook name="Book"/>', "tableau_workbook", "Book.twbx", book)
    expect((yield* request(`workbooks/${attribute(published.text, "workbook", "id")}`)).status).toBe(200)
    const count = Effect.map(request("workbooks?filter=name:eq:Book"), total)
    expect(yield* count).toBe(0)
    yield* TestClock.adjust("5 seconds")
    expect(yield* count).toBe(1)
  })
)
