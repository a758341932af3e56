/** The requests of tabcmd 2, which names things as people do. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { archive, tds, twb, twbx } from "../support/files.js"
import { attribute, client, code, ids, type Response } from "../support/http.js"
import { multipart, type Part } from "../support/multipart.js"

const part = (name: string, fileName: string, content: string | Uint8Array): Part => ({
  disposition: `form-data; name="${name}"; filename="${fileName}"`,
  content
})

const session = Effect.gen(function* () {
  const { url } = yield* Simulator.make()
  const { post, remove, request } = yield* client(url)
  const first = (response: Response, element: string) => ids(response, element)[0]
  const project = (name: string, parent?: string) =>
    Effect.map(
      request(`projects?filter=name:eq:${name}${parent === undefined ? "" : `,parentProjectId:eq:${parent}`}`),
      (found) => first(found, "project") ?? ""
    )
  const publish = (
    kind: "workbook" | "datasource",
    name: string,
    fileName: string,
    content: string | Uint8Array,
    options: { readonly projectId: string; readonly overwrite?: boolean }
  ) =>
    request(`${kind}s?${kind}Type=${fileName.split(".").at(-1)}${options.overwrite ? "&overwrite=true" : ""}`, {
      method: "POST",
      ...multipart([
        part(
          "request_payload",
          "",
          `<tsRequest><${kind} name="${name}"><project id="${options.projectId}" /></${kind}></tsRequest>`
        ),
        part(`tableau_${kind}`, fileName, content)
      ])
    })
  /** `get /workbooks/NAME.twbx`: by content URL, or by name. */
  const find = (kind: "workbook" | "datasource", name: string) =>
    Effect.gen(function* () {
      const byUrl = first(yield* request(`${kind}s?filter=contentUrl:eq:${name}`), kind)
      return byUrl ?? first(yield* request(`${kind}s?filter=name:eq:${name}`), kind)
    })
  return { post, remove, request, project, publish, find }
})

const book = twbx({ worksheets: ["Sheet 1"] })

it.scoped("publish: into the default and into a nested project, again only with --overwrite", () =>
  Effect.gen(function* () {
    const { post, project, publish } = yield* session
    const standard = yield* project("Default")
    expect((yield* publish("workbook", "Book", "Book.twbx", book, { projectId: standard })).status).toBe(201)
    const again = yield* publish("workbook", "Book", "Book.twbx", book, { projectId: standard })
    // tabcmd prints the code, and `continue if exists` looks for its beginning.
    expect(code(again)).toMatch(/^409/)
    expect(
      (yield* publish("workbook", "Book", "Book.twbx", book, { projectId: standard, overwrite: true })).status
    ).toBe(201)
    const parent = yield* project("Sales")
    yield* post("projects", `<project name="Nested" parentProjectId="${parent}"/>`)
    const nested = yield* project("Nested", parent)
    const document = twb({ worksheets: ["Sheet 1"] })
    const inNested = yield* publish("workbook", "Book", "Book.twb", document, { projectId: nested })
    expect([inNested.status, attribute(inNested.text, "project", "name")]).toEqual([201, "Nested"])
    const packaged = archive({ "Rows.tds": tds("postgres", "db.example.com") })
    expect((yield* publish("datasource", "Rows", "Rows.tdsx", packaged, { projectId: standard })).status).toBe(201)
    expect(code(yield* publish("datasource", "Rows", "Rows.tdsx", packaged, { projectId: standard }))).toMatch(/^409/)
  })
)

it.scoped("get and delete: a workbook and a data source are found by URL, downloaded and deleted once", () =>
  Effect.gen(function* () {
    const { find, project, publish, remove, request } = yield* session
    const projectId = yield* project("default")
    yield* publish("workbook", "Monthly Book", "Book.twbx", book, { projectId })
    yield* publish("datasource", "Rows", "Rows.tdsx", archive({ "Rows.tds": tds("postgres", "db.example.com") }), {
      projectId
    })
    for (const [kind, name, extension, notFound] of [
      ["workbook", "MonthlyBook", "twbx", "404006"],
      ["datasource", "Rows", "tdsx", "404004"]
    ] as const) {
      const id = yield* find(kind, name)
      const download = yield* request(`${kind}s/${id}/content`)
      expect([name, download.bytes.subarray(0, 2).toString()]).toEqual([name, "PK"])
      expect(download.headers["content-disposition"]).toContain(`.${extension}"`)
      expect((yield* remove(`${kind}s/${id}`)).status).toBe(204)
      expect(yield* find(kind, name)).toBe(undefined)
      expect(code(yield* remove(`${kind}s/${id}`))).toBe(notFound)
    }
    // `get /views/Book/Sheet1.png?:refresh=yes`.
    const [view = ""] = ids(yield* request("views"), "view")
    const image = yield* request(`views/${view}/image?maxAge=0&vizWidth=640&vizHeight=480`)
    expect([image.status, image.headers["content-type"]]).toEqual([200, "image/png"])
  })
)

it.scoped("refreshextracts: of a workbook, of a data source, and of an unknown workbook", () =>
  Effect.gen(function* () {
    const { find, project, publish, request } = yield* session
    const projectId = yield* project("default")
    yield* publish("workbook", "Book", "Book.twbx", book, { projectId })
    yield* publish("datasource", "Rows", "Rows.hyper", "rows", { projectId })
    const refresh = (path: string) => request(`${path}/refresh`, { method: "POST", body: "<tsRequest />" })
    for (const [kind, name] of [
      ["workbook", "Book"],
      ["datasource", "Rows"]
    ] as const) {
      const started = yield* refresh(`${kind}s/${yield* find(kind, name)}`)
      expect([name, started.status, attribute(started.text, "job", "type")]).toEqual([name, 202, "RefreshExtract"])
    }
    expect(code(yield* refresh("workbooks/00000000-0000-0000-0000-000000000000"))).toBe("404006")
  })
)
