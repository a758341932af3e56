import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  Credentials,
  Datasources,
  Download,
  Flows,
  Ids,
  type TableauError,
  TableauSession,
  Views,
  Workbooks
} from "effect-tableau"
import { type Content, Fault, Simulator } from "effect-tableau-simulator"
import { fileServer } from "../../../../test/support/fileServer.js"
import { io } from "../../../../test/support/io.js"
import { admin, onSession, onSimulator, open, server, session, viewer } from "../../../../test/support/session.js"

type Downloading = Effect.Effect<Download.Download, TableauError.OperationError, TableauSession | Scope.Scope>

const bytesOf = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat([...chunks]))

const read = (downloading: Downloading) => bytesOf(Download.stream(downloading))

const textOf = (downloading: Downloading) => Effect.map(read(downloading), (bytes) => bytes.toString())

/** The numbers of these workbooks are their places in the demo content. */
const named = (name: string) =>
  Effect.flatMap(Workbooks.list({ filter: [], pageSize: 10 }), ({ items }) =>
    Effect.flatten(Stream.runHead(Stream.filter(items, (workbook) => workbook.name === name)))
  ).pipe(Effect.orDie)

const superstore = Effect.map(named("Superstore"), ({ id }) => id)

/** Two megabytes and a little. */
const large = Effect.map(named("Été 売上"), ({ id }) => id)

const firstView = Effect.flatMap(superstore, Views.listForWorkbook).pipe(
  Effect.flatMap(([view]) => Effect.fromNullable(view)),
  Effect.map(({ id }) => id),
  Effect.orDie
)

const asAdmin = <A, E>(
  program: Effect.Effect<A, E, TableauSession | Simulator | FileSystem.FileSystem | NodeContext.NodeContext>,
  options: Simulator.Options = {},
  given: Partial<TableauSession.Options> = {}
) =>
  program.pipe(
    Effect.provide(session({ credentials: admin, ...given })),
    Effect.provide(server(options)),
    Effect.provide(NodeContext.layer)
  )

const last = Effect.gen(function* () {
  const { path, query } = (yield* (yield* Simulator).requests).at(-1) ?? { path: "", query: "" }
  return `${path.replace(/^.*\/sites\/[^/]*\//, "").replaceAll(/[0-9a-f-]{36}/g, "ID")}${query === "" ? "" : `?${query}`}`
})

const pngSize = (bytes: Buffer) => [bytes.subarray(1, 4).toString(), bytes.readUInt32BE(16), bytes.readUInt32BE(20)]

/** The names in a zip archive, from the list at its end. */
const entries = (bytes: Buffer): ReadonlyArray<string> => {
  const names: Array<string> = []
  let at = bytes.readUInt32LE(bytes.length - 6)
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const length = bytes.readUInt16LE(at + 28)
    names.push(bytes.subarray(at + 46, at + 46 + length).toString())
    at += 46 + length
  }
  return names
}

describe("what is downloaded", () => {
  it.effect("is asked for by Tableau's names, and comes as a file of its kind", () =>
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
        const rows: ReadonlyArray<readonly [Downloading, asked: string, name: string, type: string, begins: string]> = [
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
        for (const [downloading, asked, fileName, contentType, begins] of rows) {
          const { content, ...told } = yield* downloading
          const bytes = yield* bytesOf(content)
          expect(yield* last).toBe(asked)
          expect(told, asked).toEqual({ fileName, contentType, size: bytes.length })
          expect(bytes.toString("latin1").startsWith(begins), asked).toBe(true)
        }
      }).pipe(Effect.scoped)
    )
  )

  it.effect("is as large as was asked for, and has its extract or not", () =>
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

  it.effect("is asked for after a renewal when the token is dead, and again after what may pass", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "downloadWorkbook", times: 2, fault: Fault.status(503, { body: "html" }) })
        expect(entries(yield* read(Workbooks.download(id)))).toEqual(["Superstore.twb"])
        expect(yield* simulator.count("signIn")).toBe(2)
        // Two faults, a dead token, and the file.
        expect(yield* simulator.count("downloadWorkbook")).toBe(4)
      }),
      {},
      { retry: { schedule: Schedule.recurs(3) } }
    )
  )

  it.effect("is refused with what the server says, whatever the status", () =>
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
    "is not for everybody: what a user may not have, and what there is not",
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

  onSimulator("needs its scope of a JWT", () =>
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

describe("what cannot be asked for", () => {
  it.effect("is refused before anything is sent", () =>
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
        for (const value of ["a,b", "a\\b", "", Number.NaN, Number.POSITIVE_INFINITY, 1e21]) {
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

  it.effect("is told where the server is too old for it", () =>
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

/** The fields of CSV, by RFC 4180. */
const parseCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines: Array<Array<string>> = [[]]
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/gy)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === "\n") lines.push([])
    if (end === "") break
  }
  return lines.slice(0, -1)
}

// Whatever people name things, and worse.
const unit = FastCheck.oneof(
  { arbitrary: FastCheck.constantFrom(..."+%&,*[]\"'<>=:;/\\?#|() aAbBéÉ売𝒳\t\n\r\u00a0"), weight: 4 },
  { arbitrary: FastCheck.string({ unit: "binary", minLength: 1, maxLength: 1 }), weight: 1 }
)
const texts = (seed: number, count: number) => [
  ...new Set(FastCheck.sample(FastCheck.string({ unit, minLength: 1, maxLength: 6 }), { seed, numRuns: count }))
]

const showing = (rows: NonNullable<Content.View["rows"]>): Content.Content => ({
  users: [{ name: "admin", password: "admin-password", siteRole: "ServerAdministrator" }],
  sites: [{ contentUrl: "", workbooks: [{ name: "Superstore", views: [{ name: "Data", rows }] }] }]
})

describe("a view filter", () => {
  const values = texts(1, 150)

  it.effect("lets exactly the rows through that have one of its values, whatever is in them", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const view = yield* firstView
        let found = 0
        for (const [index, value] of values.entries()) {
          const wanted = [value, values[(index * 7 + 3) % values.length] ?? ""]
          const result = yield* Effect.either(textOf(Views.data(view, { filters: { Key: wanted } })))
          if (wanted.some((text) => /[,\\]/.test(text))) {
            expect(result).toMatchObject({ _tag: "Left", left: { _tag: "UnfilterableValue", field: "Key" } })
            continue
          }
          const [, ...rows] = parseCsv(result._tag === "Right" ? result.right : "")
          expect(rows).toEqual(values.flatMap((text, row) => (wanted.includes(text) ? [[text, String(row)]] : [])))
          found += 1
        }
        expect(found).toBeGreaterThan(50)
        expect(yield* simulator.count("queryViewData")).toBe(found)
      }),
      { content: showing(values.map((Key, row) => ({ Key, Row: String(row) }))) }
    )
  )

  it.effect("is of the field that it names, whatever is in the name", () => {
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

  it.effect("goes together with others, and with parameters", () =>
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

const backends: ReadonlyArray<readonly [name: string, client: Layer.Layer<HttpClient.HttpClient>]> = [
  ["undici", NodeHttpClient.layerUndici],
  ["node:http", NodeHttpClient.layer],
  ["fetch", FetchHttpClient.layer]
]

const someWorkbook = Ids.WorkbookId.make("w")

/** The download of a workbook from a server that answers like this. */
const from = (answer: Parameters<typeof fileServer>[0], client = NodeHttpClient.layerUndici) =>
  Effect.gen(function* () {
    const url = yield* fileServer(answer)
    const signedIn = yield* TableauSession.make({ server: url, credentials: admin, retry: "never" })
    return Workbooks.download(someWorkbook).pipe(Effect.provideService(TableauSession, signedIn))
  }).pipe((made) => Effect.flatMap(Layer.build(client), (context) => Effect.provide(made, context)))

describe.each(backends)("over %s, content", (_, client) => {
  it.scoped("is what the server sends, to the byte, and is asked for as it is", () =>
    Effect.gen(function* () {
      const sent = Buffer.from(
        FastCheck.sample(FastCheck.uint8Array({ minLength: 200_000, maxLength: 200_000 }), 1)[0] ?? []
      )
      let headers: unknown
      const download = yield* from((response, request) => {
        headers = request.headers
        response.writeHead(200, { "content-length": sent.length })
        response.end(sent)
      }, client)
      const { content, contentType, fileName, size } = yield* download
      expect((yield* bytesOf(content)).equals(sent)).toBe(true)
      expect({ contentType, fileName, size }).toEqual({ contentType: undefined, fileName: "w", size: 200_000 })
      expect(headers).toMatchObject({ accept: "*/*", "accept-encoding": "identity" })
      expect(yield* Effect.flip(bytesOf(content))).toMatchObject({
        _tag: "BadRequest",
        operation: "Workbooks.download"
      })
    })
  )

  it.scoped("that ends too early is a broken connection, however that is", () =>
    Effect.gen(function* () {
      const early: ReadonlyArray<Parameters<typeof fileServer>[0]> = [
        (response) => {
          response.writeHead(200, { "content-length": 100_000 })
          response.write("PK".repeat(10_000), () => response.socket?.end())
        },
        (response) => {
          response.writeHead(200)
          response.write("PK".repeat(10_000), () => response.socket?.end())
        },
        (response) => {
          response.writeHead(200)
          response.write("PK".repeat(10_000), () => response.socket?.resetAndDestroy())
        }
      ]
      for (const answer of early) {
        const download = yield* from(answer, client)
        expect(yield* Effect.flip(Stream.runDrain(Download.stream(download)))).toMatchObject({
          _tag: "ConnectionFailed",
          operation: "Workbooks.download",
          reason: "Broken",
          acted: "no"
        })
      }
    })
  )

  it.scoped(
    "is read within the scope that it was asked for in: what comes after that is no part that looks whole",
    () =>
      Effect.gen(function* () {
        const download = yield* from((response) => {
          response.writeHead(200)
          for (let times = 0; times < 500; times++) response.write("PK".repeat(5000))
          response.end()
        }, client)
        const { content } = yield* Effect.scoped(download)
        const late = { _tag: "BadRequest", operation: "Workbooks.download", acted: "no" }
        expect(yield* Effect.flip(bytesOf(content))).toMatchObject(late)
        const scope = yield* Scope.make()
        const begun = yield* Scope.extend(download, scope)
        const closing = Stream.tap(begun.content, () => Scope.close(scope, Exit.void))
        expect(yield* Effect.flip(Stream.runDrain(closing))).toMatchObject(late)
      })
  )

  it.scoped("that comes packed is unpacked, or no file", () =>
    Effect.gen(function* () {
      const packed = gzipSync("PK".repeat(5000))
      const download = yield* from((response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length })
        response.end(packed)
      }, client)
      const result = yield* Effect.either(bytesOf(Download.stream(download)))
      if (Either.isRight(result)) expect(result.right.toString()).toBe("PK".repeat(5000))
      else expect(result.left).toMatchObject({ _tag: "UnexpectedResponse", kind: "Other", acted: "no" })
      expect(Either.isRight(result)).toBe(client === FetchHttpClient.layer)
    })
  )

  it.scoped("that is said to be packed in another way is unpacked, or no file", () =>
    Effect.gen(function* () {
      const plain = "PK".repeat(5000)
      const unpacked = client === FetchHttpClient.layer ? ["br", "deflate", "gzip, br", "gzip"] : []
      const packings = {
        br: brotliCompressSync(plain),
        deflate: deflateSync(plain),
        // A file of this kind, packed for the way.
        gzip: gzipSync(gzipSync(plain)),
        // A frame of four bytes as they are.
        zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x21, 0, 0, ...Buffer.from("PKPK")]),
        compress: plain,
        "gzip, br": brotliCompressSync(gzipSync(plain))
      }
      let sent: [encoding: string, bytes: string | Buffer] = ["", ""]
      const download = yield* from((response) => {
        response.writeHead(200, { "content-encoding": sent[0], "content-type": "application/octet-stream" })
        response.end(sent[1])
      }, client)
      for (sent of Object.entries(packings)) {
        if (unpacked.includes(sent[0])) {
          const bytes = yield* bytesOf(Download.stream(download))
          expect(bytes.toString(), sent[0]).toBe((sent[0] === "gzip" ? gzipSync(plain) : plain).toString())
          continue
        }
        expect(yield* Effect.flip(bytesOf(Download.stream(download))), sent[0]).toMatchObject({
          _tag: "UnexpectedResponse",
          kind: "Other",
          acted: "no",
          detail: expect.stringContaining(`(${sent[0]})`)
        })
      }
      // These pack nothing, though they are no names of the kind.
      for (const encoding of ["identity", "utf-8", "none", "binary"]) {
        sent = [encoding, plain]
        expect((yield* bytesOf(Download.stream(download))).toString(), encoding).toBe(plain)
      }
    })
  )

  it.scoped("of no bytes is none", () =>
    Effect.gen(function* () {
      const download = yield* from((response) => response.writeHead(200, { "content-length": 0 }).end(), client)
      expect(yield* Effect.flip(Effect.scoped(download))).toMatchObject({ _tag: "UnexpectedResponse", kind: "Empty" })
    })
  )

  it.scoped("that nobody wants any more ends on the server, too", () =>
    Effect.gen(function* () {
      const left = yield* Deferred.make<void>()
      const download = yield* from((response) => {
        response.on("close", () => Deferred.unsafeDone(left, Effect.void))
        response.writeHead(200, { "content-length": 1_000_000 })
        response.write("PK".repeat(1000))
      }, client)
      // The scope stays open: it is the stream's end that counts.
      const { content } = yield* download
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Stream.runForEach(content, () => Deferred.succeed(begun, undefined)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(left)
    })
  )

  it.scoped("is sent no faster than it is taken, and is never held whole", () =>
    Effect.gen(function* () {
      const total = 200 * 1024 * 1024
      const chunk = Buffer.alloc(64 * 1024, "PK")
      let sent = 0
      const download = yield* from((response) => {
        response.writeHead(200, { "content-length": total })
        const pour = () => {
          while (sent < total) {
            sent += chunk.length
            if (!response.write(chunk)) return
          }
          response.end()
        }
        response.on("drain", pour)
        pour()
      }, client)
      const bound = 32 * 1024 * 1024
      let taken = 0
      yield* Stream.runForEach(Download.stream(download), (bytes) =>
        Effect.gen(function* () {
          if (taken === 0) {
            // Whoever stops stops the server, which then has put into the network what goes into it.
            for (let before = -1; before !== sent; yield* io) before = sent
            expect(sent).toBeLessThan(bound)
          }
          taken += bytes.length
          if (sent - taken > bound) return yield* Effect.dieMessage(`${sent} were sent, and ${taken} taken.`)
        })
      )
      expect([taken, sent]).toEqual([total, total])
    })
  )
})

describe("content", () => {
  it.scoped("may be XML, and begin in pieces: it is known by its root", () =>
    Effect.gen(function* () {
      const begin = `\ufeff<?xml version='1.0' encoding='utf-8' ?>\r\n\r\n`
      const workbook = `${begin}<!-- <tsResponse><error code="404006"/> -->\r\n<workbook>${"<x/>".repeat(50_000)}</workbook>`
      const refusal = `${begin}<!-- <workbook> -->\r\n<tsResponse xmlns="http://tableau.com/api"><error code="404006"/></tsResponse>`
      let sent = workbook
      const download = yield* from((response) => {
        response.writeHead(200, {
          "content-type": "application/xml",
          "content-disposition": `name="tableau_workbook"; filename="a.twb"`
        })
        const pieces = [...sent.slice(0, 150), sent.slice(150)]
        const next = (index: number): void => {
          const piece = pieces[index]
          if (piece === undefined) response.end()
          else response.write(piece, () => setImmediate(next, index + 1))
        }
        next(0)
      })
      const { content, fileName } = yield* download
      expect((yield* bytesOf(content)).toString()).toBe(workbook)
      expect(fileName).toBe("a.twb")
      sent = refusal
      expect(yield* Effect.flip(download)).toMatchObject({ _tag: "NotFound", code: "404006" })
    })
  )

  it.scoped("may be text in UTF-16; a page or a refusal in it is none", () =>
    Effect.gen(function* () {
      let sent: Buffer = Buffer.alloc(0)
      const download = yield* from((response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" })
        // A byte order mark may come in two pieces.
        response.write(sent.subarray(0, 1), () => setImmediate(() => response.end(sent.subarray(1))))
      })
      const forms: ReadonlyArray<(text: string) => Buffer> = [
        (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
        (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16()
      ]
      for (const form of forms) {
        for (const text of ["Region\tÉté\r\n", `<?xml version="1.0" encoding="utf-16"?><workbook/>`]) {
          sent = form(text)
          expect((yield* bytesOf(Download.stream(download))).equals(sent)).toBe(true)
        }
        sent = form(" <!-- x -->\r\n<html><body>Sign in, s'il vous plaît</body></html>")
        expect(yield* Effect.flip(download)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
        sent = form('<tsResponse xmlns="http://tableau.com/api"><error code="404006"/></tsResponse>')
        expect(yield* Effect.flip(download)).toMatchObject({ _tag: "NotFound", code: "404006" })
      }
    })
  )

  it.scoped("is as long as the server says, also where the HttpClient does not look", () =>
    Effect.gen(function* () {
      let length = 0
      const url = yield* fileServer((response) => response.end())
      const lax = (client: HttpClient.HttpClient) =>
        HttpClient.transform(client, (response, request) => {
          const headers = { "content-length": String(length) }
          return request.url.endsWith("/content")
            ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response("PK..", { headers })))
            : response
        })
      const signedIn = yield* TableauSession.make({ server: url, credentials: admin, transformClient: lax })
      const download = Effect.provideService(read(Workbooks.download(someWorkbook)), TableauSession, signedIn)
      length = 4
      expect((yield* download).toString()).toBe("PK..")
      for (length of [3, 5]) {
        const error = yield* Effect.flip(download)
        expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Broken", acted: "no" })
        expect(error.message).toContain(`announced ${length} bytes, and 4 were received`)
      }
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.scoped("that is no file is not read to its end", () =>
    Effect.gen(function* () {
      const left = yield* Deferred.make<void>()
      const download = yield* from((response) => {
        response.on("close", () => Deferred.unsafeDone(left, Effect.void))
        response.writeHead(200, { "content-type": "application/xml" })
        const pour = () => {
          while (!response.destroyed && response.write(`<tsResponse>${" ".repeat(64 * 1024)}`)) {
            // Until the socket is full.
          }
        }
        response.on("drain", pour)
        pour()
      })
      expect(yield* Effect.flip(download)).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed" })
      yield* Deferred.await(left)
    })
  )

  it.effect("is waited for as long as `requestTimeout`, and whoever takes it may be slow", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const begun = yield* Deferred.make<void>()
        let slow = 0
        const drained = yield* Effect.fork(
          Stream.runForEach(Download.stream(Workbooks.download(id)), () =>
            slow++ === 0 ? Effect.zipRight(Deferred.succeed(begun, undefined), Effect.sleep("5 hours")) : Effect.void
          )
        )
        yield* Deferred.await(begun)
        yield* io
        yield* TestClock.adjust("5 hours")
        yield* Fiber.join(drained)
        expect(slow).toBeGreaterThan(1)

        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(1_000_000) })
        let came = 0
        const stalled = yield* Effect.fork(
          Stream.runForEach(Download.stream(Workbooks.download(id)), ({ length }) =>
            Effect.sync(() => {
              came += length
            })
          )
        )
        while (came < 1_000_000) yield* io
        yield* io
        yield* TestClock.adjust("59 seconds")
        yield* io
        expect(stalled.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(Fiber.join(stalled))
        expect(error).toMatchObject({ _tag: "TimedOut", operation: "Workbooks.download", acted: "no", after: 60_000 })
        expect(error.message).toContain("had begun")
      }),
      {},
      { requestTimeout: "1 minute" }
    )
  )

  it.effect("is not asked for again once it has begun", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.truncate(1_000_000) })
        expect(yield* Effect.flip(read(Workbooks.download(id)))).toMatchObject({ _tag: "ConnectionFailed" })
        expect(yield* simulator.count("downloadWorkbook")).toBe(1)
      }),
      {},
      { retry: { schedule: Schedule.recurs(3) } }
    )
  )

  it.effect("comes from the site where it was asked for, also when the session goes on elsewhere", () =>
    asAdmin(
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const download = yield* Workbooks.download(yield* large)
        const elsewhere = yield* TableauSession.withSite("Finance")(Workbooks.list())
        expect(elsewhere.totalAvailable).toBe(120)
        expect((yield* bytesOf(download.content)).length).toBe(download.size)
        const sites = (yield* simulator.requests).map(({ operation, site }) => [operation, site])
        expect(sites).toContainEqual(["downloadWorkbook", ""])
      }).pipe(Effect.scoped)
    )
  )
})

describe("the name of a file", () => {
  const rows: ReadonlyArray<readonly [disposition: string, name: string]> = [
    ['name="tableau_workbook"; filename="RESTAPISample.twbx"', "RESTAPISample.twbx"],
    [`name="tableau_datasource"; filename*=UTF-8''"Sample datasource.tds"`, "Sample datasource.tds"],
    ["attachment; filename=plain.pdf", "plain.pdf"],
    ['attachment; FileName = "a\\"b;c.pdf"', "a_b;c.pdf"],
    [`attachment; filename="fallback.twbx"; filename*=UTF-8''%C3%89t%C3%A9%20%E5%A3%B2%E4%B8%8A.twbx`, "Été 売上.twbx"],
    [`attachment; filename*=utf-8'fr'100%25%20%E2%82%AC.csv`, "100% €.csv"],
    [`attachment; filename*=iso-8859-1''%A3.csv`, "£.csv"],
    [`attachment; filename*=klingon''%A3.csv; filename="good.csv"`, "good.csv"],
    [`attachment; filename*=UTF-8''%ZZ%E5.csv`, "%ZZ\ufffd.csv"],
    [`attachment; filename="${Buffer.from("Été 売上.twbx").toString("latin1")}"`, "Été 売上.twbx"],
    [`attachment; filename="\u00c9t\u00e9.twbx"`, "Été.twbx"],
    ['attachment; filename="../../etc/passwd"', "passwd"],
    ['attachment; filename="C:\\\\Users\\\\x\\\\a.txt"', "a.txt"],
    [`attachment; filename*=UTF-8''..%2F..%2F.ssh%2Fauthorized_keys`, "authorized_keys"],
    [`attachment; filename*=UTF-8''.bashrc`, "bashrc"],
    [`attachment; filename*=UTF-8''a%00b%0D%0Ac%1B%5B31m%E2%80%AEgpj.exe`, "abc[31mgpj.exe"],
    ['attachment; filename="a<b>:c|d?*.csv. "', "a_b__c_d__.csv"],
    ['attachment; filename="NUL.txt"', "_NUL.txt"],
    [`attachment; filename="${"x".repeat(400)}.twbx"`, `${"x".repeat(195)}.twbx`],
    ['attachment; filename=".."', "w"],
    ['attachment; filename=""', "w"],
    ["attachment", "w"],
    ["", "w"]
  ]

  it.scoped("is what the server calls it, and no path", () =>
    Effect.gen(function* () {
      let disposition = ""
      const download = yield* from((response) => {
        response.writeHead(200, disposition === "" ? {} : { "content-disposition": disposition })
        response.end("PK")
      })
      for (const [given, name] of rows) {
        disposition = given
        expect((yield* Effect.scoped(download)).fileName, given).toBe(name)
      }
    })
  )

  it.scoped("fits a disk, whatever the server says", () =>
    Effect.gen(function* () {
      let disposition = ""
      const download = yield* from((response) => {
        response.writeHead(200, { "content-disposition": disposition })
        response.end("PK")
      })
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      for (const name of FastCheck.sample(FastCheck.string({ unit, maxLength: 80 }), { seed: 3, numRuns: 200 })) {
        disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`
        const path = yield* Download.toFile(download, directory)
        expect((yield* files.readDirectory(directory)).map((entry) => `${directory}/${entry}`)).toEqual([path])
        yield* files.remove(path)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a file on a disk", () => {
  const inDirectory = <A, E>(
    program: (
      directory: string,
      files: FileSystem.FileSystem
    ) => Effect.Effect<A, E, TableauSession | Simulator | NodeContext.NodeContext | Scope.Scope>,
    given: Partial<TableauSession.Options> = {}
  ) =>
    asAdmin(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        return yield* program(yield* files.makeTempDirectoryScoped(), files)
      }).pipe(Effect.scoped),
      {},
      given
    )

  it.effect("has the name that it was given, or the server's in a directory, and replaces an older one", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const id = yield* large
        const whole = yield* read(Workbooks.download(id))
        yield* files.writeFileString(`${directory}/Été 売上.twbx`, "old")
        for (const [path, written] of [
          [`${directory}/mine.zip`, `${directory}/mine.zip`],
          [directory, `${directory}/Été 売上.twbx`],
          [`${directory}/`, `${directory}/Été 売上.twbx`]
        ] as const) {
          expect(yield* Workbooks.download(id).pipe(Download.toFile(path))).toBe(written)
          expect(Buffer.from(yield* files.readFile(written)).equals(whole)).toBe(true)
        }
        expect((yield* files.readDirectory(directory)).sort()).toEqual(["mine.zip", "Été 売上.twbx"].sort())
      })
    )
  )

  it.effect.skipIf(process.platform === "win32")(
    "is for those who might read and write what it replaces, also while it comes",
    () =>
      inDirectory((directory, files) =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          const id = yield* superstore
          const modeOf = (name: string) =>
            Effect.map(files.stat(`${directory}/${name}`), ({ mode }) => (mode & 0o7777).toString(8))
          yield* files.writeFileString(`${directory}/fresh`, "")
          const usual = yield* modeOf("fresh")
          for (const [name, mode, kept] of [
            ["secret", 0o600, "600"],
            ["shared", 0o666, "666"],
            ["readonly", 0o444, "444"],
            ["program", 0o4755, "755"]
          ] as const) {
            yield* files.writeFileString(`${directory}/${name}`, "old")
            yield* files.chmod(`${directory}/${name}`, mode)
            yield* Download.toFile(Workbooks.download(id), `${directory}/${name}`)
            expect(yield* modeOf(name)).toBe(kept)
          }
          yield* Download.toFile(Workbooks.download(id), `${directory}/new`)
          expect(yield* modeOf("new")).toBe(usual)

          yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(100) })
          const coming = yield* Effect.fork(Download.toFile(Workbooks.download(id), `${directory}/secret`))
          const parts = Effect.map(files.readDirectory(directory), (names) =>
            names.filter((name) => name.endsWith(".part"))
          )
          while ((yield* parts).length === 0) yield* io
          for (const part of yield* parts) expect(yield* modeOf(part)).toBe("600")
          yield* Fiber.interrupt(coming)
        })
      )
  )

  it.effect("is there whole, or not at all: what was there before stays", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const path = `${directory}/a.twbx`
        yield* files.writeFileString(path, "old")
        for (const fault of [Fault.truncate(1_000_000), Fault.falseLength(10), Fault.loginPage, Fault.status(404)]) {
          yield* simulator.inject({ operation: "downloadWorkbook", fault })
          yield* Effect.flip(Download.toFile(Workbooks.download(id), path))
          expect(yield* files.readDirectory(directory)).toEqual(["a.twbx"])
          expect(yield* files.readFileString(path)).toBe("old")
        }
      })
    )
  )

  it.effect("is not there when it was interrupted", () =>
    inDirectory((directory, files) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* large
        const path = `${directory}/a.twbx`
        yield* files.writeFileString(path, "old")
        yield* simulator.inject({ operation: "downloadWorkbook", fault: Fault.stall(1_000_000) })
        const fiber = yield* Effect.fork(Download.toFile(Workbooks.download(id), path))
        const part = Effect.map(files.readDirectory(directory), (names) => names.find((name) => name.endsWith(".part")))
        let size = 0
        while (size < 1_000_000) {
          yield* io
          const name = yield* part
          if (name !== undefined) size = Number((yield* files.stat(`${directory}/${name}`)).size)
        }
        yield* Fiber.interrupt(fiber)
        expect(yield* files.readDirectory(directory)).toEqual(["a.twbx"])
        expect(yield* files.readFileString(path)).toBe("old")
      })
    )
  )

  it.effect("has a directory, before the server is asked for anything", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const id = yield* superstore
        for (const path of [`${directory}/none/a.twbx`, `${directory}/none/`]) {
          expect(yield* Effect.flip(Download.toFile(Workbooks.download(id), path))).toMatchObject({
            _tag: "SystemError",
            reason: "NotFound"
          })
        }
        expect(yield* simulator.count("downloadWorkbook")).toBe(0)
      })
    )
  )
})

onSimulator("a session is given back when a download was left in the middle", (simulator) =>
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
