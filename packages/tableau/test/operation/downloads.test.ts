import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Credentials, Datasources, Flows, Ids, TableauSession, Views, Workbooks } from "effect-tableau"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { admin, onSession, onSimulator, open, session, viewer } from "../../../../test/support/session.js"
import {
  asAdmin,
  bytesOf,
  type Downloading,
  entries,
  firstView,
  large,
  last,
  pngSize,
  read,
  superstore,
  textOf,
  unit
} from "./downloading.js"

describe("downloads", () => {
  it.effect("each file operation requests its path and query, and returns a file of its type", () =>
    asAdmin(
      Effect.gen(function* () {
        const workbook = yield* superstore
        const view = yield* firstView
        const datasource = yield* Effect.flatten(
          Stream.runHead(Stream.filter((yield* Datasources.list()).items, ({ hasExtracts }) => hasExtracts === true))
        )
        const flow = yield* Effect.flatten(Stream.runHead((yield* Flows.list()).items))
        const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        const slides = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        const binary = "application/octet-stream"
        const rows: ReadonlyArray<
          readonly [Downloading, requested: string, name: string, type: string, begins: string]
        > = [
          [Views.image(view), "views/ID/image", `${view}.png`, "image/png", "\x89PNG"],
          [
            Views.image(view, { resolution: "high" }),
            "views/ID/image?resolution=high",
            `${view}.png`,
            "image/png",
            "\x89PNG"
          ],
          [
            Views.pdf(view, { type: "a4", orientation: "landscape", maxAge: "2 hours", language: "de-DE" }),
            "views/ID/pdf?language=de-DE&type=a4&orientation=landscape&maxAge=120",
            "Overview.pdf",
            "application/pdf",
            "%PDF-"
          ],
          [
            Views.data(view, { maxAge: "1 minute" }),
            "views/ID/data?maxAge=1",
            `${view}.csv`,
            "text/csv;charset=utf-8",
            "Region,"
          ],
          [Views.crosstab(view), "views/ID/crosstab/excel", "Overview.xlsx", sheet, "PK"],
          [
            Views.previewImage(workbook, view),
            "workbooks/ID/views/ID/previewImage",
            `${view}.png`,
            "image/png",
            "\x89PNG"
          ],
          [
            Workbooks.pdf(workbook, { type: "letter", maxAge: "5 minutes" }),
            "workbooks/ID/pdf?type=letter&maxAge=5",
            "Superstore.pdf",
            "application/pdf",
            "%PDF-"
          ],
          [
            Workbooks.powerpoint(workbook, { maxAge: "5 minutes" }),
            "workbooks/ID/powerpoint?maxAge=5",
            "Superstore.pptx",
            slides,
            "PK"
          ],
          [Workbooks.previewImage(workbook), "workbooks/ID/previewImage", `${workbook}.png`, "image/png", "\x89PNG"],
          [Workbooks.download(workbook), "workbooks/ID/content", "Superstore.twbx", binary, "PK"],
          [
            Workbooks.downloadRevision(workbook, 1),
            "workbooks/ID/revisions/1/content",
            "Superstore.twbx",
            binary,
            "PK"
          ],
          [Datasources.download(datasource.id), "datasources/ID/content", "Data source 4.tdsx", binary, "PK"],
          [
            Datasources.downloadRevision(datasource.id, 1, { includeExtract: false }),
            "datasources/ID/revisions/1/content?includeExtract=False",
            "Data source 4.tdsx",
            binary,
            "PK"
          ],
          [Flows.download(flow.id), "flows/ID/content", "Flow 1.tflx", binary, "PK"]
        ]
        for (const [downloading, requested, fileName, contentType, begins] of rows) {
          const { content, ...facts } = yield* downloading
          const bytes = yield* bytesOf(content)
          expect(yield* last).toBe(requested)
          expect(facts, requested).toEqual({ fileName, contentType, size: bytes.length })
          expect(bytes.toString("latin1").startsWith(begins), requested).toBe(true)
        }
      }).pipe(Effect.scoped)
    )
  )

  it.effect("an image has the requested size, and a download its extract only if requested", () =>
    asAdmin(
      Effect.gen(function* () {
        const view = yield* firstView
        expect(pngSize(yield* read(Views.image(view)))).toEqual(["PNG", 400, 300])
        expect(pngSize(yield* read(Views.image(view, { resolution: "high" })))).toEqual(["PNG", 800, 600])
        expect(pngSize(yield* read(Views.image(view, { vizWidth: 640, vizHeight: 480 })))).toEqual(["PNG", 640, 480])
        const { id } = yield* Effect.flatten(
          Stream.runHead(Stream.filter((yield* Datasources.list()).items, ({ hasExtracts }) => hasExtracts === true))
        )
        expect(entries(yield* read(Datasources.download(id)))).toEqual([
          "Data source 4.tds",
          "Data/Extracts/sales.hyper"
        ])
        expect(entries(yield* read(Datasources.download(id, { includeExtract: false })))).toEqual(["Data source 4.tds"])
      })
    )
  )

  it.effect("a download is requested again after a renewal and after transient failures", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "downloadWorkbook", times: 2, fault: Fault.status(503, { body: "html" }) })
        expect(entries(yield* read(Workbooks.download(id)))).toEqual(["Superstore.twb", "Data/Extracts/sales.hyper"])
        expect(yield* simulator.count("signIn")).toBe(2)
        // Two faults, an expired token, and the file.
        expect(yield* simulator.count("downloadWorkbook")).toBe(4)
      }),
      {},
      { retry: { schedule: Schedule.recurs(3) } }
    )
  )

  it.effect("a download fails with the server's error or UnexpectedResponse when the response is no file", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        const failure = (fault: Fault.Fault) =>
          Effect.zipRight(
            simulator.inject({ operation: "downloadWorkbook", fault }),
            Effect.flip(read(Workbooks.download(id)))
          )
        const refused = { operation: "Workbooks.download", acted: "no" }
        expect(yield* failure(Fault.status(200, { code: "404006", detail: "Gone." }))).toMatchObject({
          ...refused,
          _tag: "NotFound",
          code: "404006",
          detail: "Gone."
        })
        expect(yield* failure(Fault.status(403, { code: "403019" }))).toMatchObject({ ...refused, _tag: "Forbidden" })
        expect(yield* failure(Fault.status(200, { body: "html" }))).toMatchObject({
          ...refused,
          _tag: "UnexpectedResponse",
          kind: "Html"
        })
        const kinds = [
          [{ body: "", contentType: "application/octet-stream" }, "Empty"],
          [{ body: "  <!-- x --><HTML>", contentType: "text/plain" }, "Html"],
          [{ body: "<!doctype html><title>x</title>", contentType: "application/octet-stream" }, "Html"],
          [{ body: `${"<!---->".repeat(50)}<html>`, contentType: "application/octet-stream" }, "Html"],
          [{ body: '{"error":1}', contentType: "application/json" }, "Json"],
          [{ body: `<tsResponse><workbook/></tsResponse>`, contentType: "application/octet-stream" }, "Malformed"],
          [{ body: `<?xml version="1.0"?><t:tsResponse xmlns:t="http://tableau.com/api">` }, "Malformed"]
        ] as const
        for (const [answer, kind] of kinds) {
          expect(yield* failure(Fault.raw(answer)), answer.body).toMatchObject({ _tag: "UnexpectedResponse", kind })
        }
        expect(yield* failure(Fault.loginPage)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
        expect(yield* failure(Fault.redirect(302, "https://sso.example.com/"))).toMatchObject({
          _tag: "RedirectRefused"
        })
        expect(yield* failure(Fault.reset())).toMatchObject({ ...refused, _tag: "ConnectionFailed", reason: "Broken" })
      })
    )
  )

  onSession(
    "a download fails with the server's error when the user lacks the capability or the view does not exist",
    { session: { credentials: viewer } },
    () =>
      Effect.gen(function* () {
        const { id, view } = yield* Effect.all({ id: superstore, view: firstView })
        expect(yield* Effect.flip(read(Workbooks.download(id)))).toMatchObject({ _tag: "Forbidden", code: "403019" })
        expect((yield* read(Views.data(view))).length).toBeGreaterThan(0)
        const nothing = Ids.ViewId.make("none")
        expect(yield* Effect.flip(read(Views.pdf(nothing)))).toMatchObject({ _tag: "BadRequest", code: "400080" })
        expect(yield* Effect.flip(read(Views.image(nothing)))).toMatchObject({ _tag: "NotFound", code: "404011" })
      })
  )

  onSimulator("a download fails with MissingScope when the JWT lacks its scope", () =>
    Effect.gen(function* () {
      const credentials = Credentials.connectedApp({
        clientId: "demo-client",
        secretId: "demo-key",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "admin",
        scopes: ["tableau:content:read", "tableau:workbooks:download"]
      })
      yield* Effect.gen(function* () {
        const id = yield* superstore
        expect((yield* read(Workbooks.download(id))).length).toBeGreaterThan(0)
        expect(yield* Effect.flip(read(Workbooks.pdf(id)))).toMatchObject({
          _tag: "MissingScope",
          scope: "tableau:views:download"
        })
      }).pipe(Effect.provide(session({ credentials })))
    })
  )
})

describe("invalid arguments", () => {
  it.effect("a download with invalid arguments fails before a request", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const view = yield* firstView
        const workbook = yield* superstore
        const before = (yield* simulator.requests).length
        const bad: ReadonlyArray<readonly [Downloading, detail: string]> = [
          [Views.image(view, { vizWidth: 100 }), "go together"],
          [Views.pdf(view, { vizHeight: 100 }), "go together"],
          [Views.image(view, { vizWidth: 0, vizHeight: 10 }), "pixels"],
          [Views.image(view, { vizWidth: 1.5, vizHeight: 10 }), "pixels"],
          [Views.data(view, { maxAge: "30 seconds" }), "whole minutes"],
          [Views.data(view, { maxAge: "90 seconds" }), "whole minutes"],
          [Views.data(view, { maxAge: 0 }), "whole minutes"],
          [Workbooks.pdf(workbook, { maxAge: "Infinity" as never }), "whole minutes"],
          [Views.data(view, { filters: { "": "x" } }), "no name"],
          [Views.data(view, { filters: { "Parameters.A": 1 }, parameters: { A: 2 } }), "given twice"],
          [Views.data(view, { filters: { Region: "\ud800" } }), "well-formed"],
          [Views.data(view, { filters: { "\udfff": "x" } }), "well-formed"],
          [Workbooks.downloadRevision(workbook, 0), "counted from 1"],
          [Datasources.downloadRevision(Ids.DatasourceId.make("x"), Number.NaN), "counted from 1"],
          [Workbooks.download(Ids.WorkbookId.make("..")), "not an id"]
        ]
        for (const [downloading, detail] of bad) {
          const error = yield* Effect.flip(read(downloading))
          expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
          expect(error.message).toContain(detail)
        }
        for (const value of ["", Number.NaN, Number.POSITIVE_INFINITY, 1e21]) {
          expect(yield* Effect.flip(read(Views.data(view, { filters: { Region: value } })))).toMatchObject({
            _tag: "UnfilterableValue",
            operation: "Views.data",
            field: "Region",
            acted: "no"
          })
          const parameters = { "Top N": value }
          expect(yield* Effect.flip(read(Views.image(view, { parameters })))).toMatchObject({ field: "Top N" })
        }
        expect(yield* Effect.flip(read(Views.data(view, { filters: { Region: [] } })))).toMatchObject({
          _tag: "UnfilterableValue"
        })
        expect((yield* simulator.requests).length).toBe(before)
      })
    )
  )

  it.effect("an option fails with VersionUnsupported when the server is too old for it", () =>
    asAdmin(
      Effect.gen(function* () {
        const view = yield* firstView
        expect((yield* read(Views.image(view))).length).toBeGreaterThan(0)
        expect(yield* Effect.flip(read(Views.image(view, { vizWidth: 10, vizHeight: 10 })))).toMatchObject({
          _tag: "VersionUnsupported",
          operation: "Views.image",
          required: "3.23",
          actual: "3.22"
        })
      }),
      { apiVersion: "3.22" }
    )
  )
})

/** Parses CSV (RFC 4180). */
const parseCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines: Array<Array<string>> = [[]]
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/gy)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === "\n") lines.push([])
    if (end === "") break
  }
  return lines.slice(0, -1)
}

const texts = (seed: number, count: number) => [
  ...new Set(FastCheck.sample(FastCheck.string({ unit, minLength: 1, maxLength: 6 }), { seed, numRuns: count }))
]

const showing = (rows: NonNullable<Content.View["rows"]>): Content.Content => ({
  users: [{ name: "admin", password: "admin-password", siteRole: "ServerAdministrator" }],
  sites: [{ contentUrl: "", workbooks: [{ name: "Superstore", views: [{ name: "Data", rows }] }] }]
})

describe("view filter", () => {
  const values = texts(1, 150)

  it.effect("a view filter selects exactly the rows with one of its values, whatever characters they have", () =>
    asAdmin(
      Effect.gen(function* () {
        const view = yield* firstView
        for (const [index, value] of values.entries()) {
          const wanted = [value, values[(index * 7 + 3) % values.length] ?? ""]
          const text = yield* textOf(Views.data(view, { filters: { Key: wanted } }))
          const [, ...rows] = parseCsv(text)
          expect(rows).toEqual(values.flatMap((text, row) => (wanted.includes(text) ? [[text, String(row)]] : [])))
        }
        expect(values.filter((text) => /[,\\]/.test(text)).length).toBeGreaterThan(20)
        yield* textOf(Views.data(view, { filters: { Key: ["C:\\a, b", "c"] } }))
        expect(new URLSearchParams((yield* last).split("?")[1]).get("vf_Key")).toBe("C:\\\\a\\, b,c")
      }),
      { content: showing(values.map((Key, row) => ({ Key, Row: String(row) }))) }
    )
  )

  it.effect("a view filter applies to the named field, whatever characters the name has", () => {
    const names = texts(2, 80).filter((name) => name !== "Row")
    return asAdmin(
      Effect.gen(function* () {
        const view = yield* firstView
        for (const [row, name] of names.entries()) {
          const [, ...rows] = parseCsv(yield* textOf(Views.data(view, { filters: { [name]: "here" } })))
          expect(rows.map((cells) => cells[0])).toEqual([String(row)])
        }
      }),
      { content: showing(names.map((name, row) => ({ Row: String(row), [name]: "here" }))) }
    )
  })

  it.effect("view filters combine with each other and with parameters", () =>
    asAdmin(
      Effect.gen(function* () {
        const view = yield* firstView
        const csv = yield* textOf(
          Views.data(view, {
            filters: { Region: ["East", "A+B & C=D"], "Ship Mode": "50% off", Year: 2025 },
            parameters: { "Top N": 5, Détail: true }
          })
        )
        expect(csv).toBe("Region,Ship Mode,Year,Sales\nEast,50% off,2025,1201\nA+B & C=D,50% off,2025,4201\n")
        const query = new URLSearchParams((yield* last).split("?")[1])
        expect(Object.fromEntries(query)).toMatchObject({ "vf_Parameters.Top N": "5", "vf_Parameters.Détail": "true" })
      })
    )
  )
})

onSimulator("a session signs out after a download that was stopped in the middle", (simulator) =>
  Effect.gen(function* () {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const signedIn = yield* open({ credentials: admin })
        yield* Effect.provideService(
          Effect.gen(function* () {
            const { content } = yield* Workbooks.download(yield* large)
            expect(Chunk.size(yield* Stream.runCollect(Stream.take(content, 1)))).toBe(1)
            yield* Workbooks.download(yield* large)
          }),
          TableauSession,
          signedIn
        )
      })
    )
    expect(yield* simulator.sessions).toEqual([])
  })
)
