/** Requests on the wire, on each backend and under each change that user code makes to them. */
import { brotliCompressSync, gzipSync } from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import { parseXml, XmlElement } from "@rgrove/parse-xml"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { constFalse, flow } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, Download, TableauSession, Upload, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Fault, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { noContent, scriptedServer, xmlDocument } from "../../../../test/support/scriptedServer.js"
import { demoToken, open, server, session } from "../../../../test/support/session.js"
import { twbx } from "../../../simulator/test/support/files.js"
import { element, write } from "../../src/internal/xml/writer.js"

describe("a request body", () => {
  it("an XML request body is parsed to the same string, for every string that XML can hold", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
        const written = write("test", element("site", { contentUrl: text, absent: undefined }))
        const isWritable = !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)
        expect(Either.isRight(written)).toBe(isWritable)
        if (Either.isLeft(written)) return
        const [site] = parseXml(written.right).root?.children ?? []
        expect(site instanceof XmlElement && site.attributes).toEqual({ contentUrl: text })
      }),
      { numRuns: 500 }
    )
  })

  it.scoped("a sign-in sends any user name and password unchanged", () =>
    Effect.gen(function* () {
      const awkward = ['p@ss"w&rd<é>', "tab\tand\nline", "'single' & \"double\"", "売上 😀", "]]>", "&amp;", " spaces "]
      const content = {
        users: awkward.map((password, index) => ({ name: `user ${index} <&"'>`, password })),
        sites: [{ contentUrl: "" }]
      }
      const { sessions, url } = yield* Simulator.make({ content })
      for (const [index, password] of awkward.entries()) {
        const credentials = Credentials.password({
          username: `user ${index} <&"'>`,
          password: Redacted.make(password)
        })
        yield* TableauSession.make({ server: url, credentials })
      }
      expect((yield* sessions).length).toBe(awkward.length)
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.effect("a request body with a control character fails before it is sent, and the error does not quote it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const credentials = Credentials.password({ username: "ana", password: Redacted.make("bell\u0007") })
      const error = yield* Effect.flip(Effect.scoped(open({ credentials })))
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.signIn", acted: "no" })
      expect(error.message).toContain("password of <credentials>")
      expect(error.message).not.toContain("bell")
      expect(yield* simulator.count("signIn")).toBe(0)
    }).pipe(Effect.provide(server()))
  )
})

const backends = {
  "package's own": Layer.orDie(TableauNode.layerHttpClient({ proxy: false })),
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer,
  fetch: FetchHttpClient.layer
}

for (const [name, backend] of Object.entries(backends)) {
  const here = (options?: Simulator.Options) => Layer.merge(Simulator.layer(options), backend)

  describe(`on the ${name} backend`, () => {
    it.effect("a session lists workbooks on two sites, and signs out", () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* Effect.provide(
          Effect.gen(function* () {
            const { items } = yield* Workbooks.list({ pageSize: 50 })
            expect(Chunk.size(yield* Stream.runCollect(items))).toBe(120)
            yield* TableauSession.withSite("Finance")(Workbooks.list())
          }),
          session()
        )
        expect(yield* simulator.sessions).toEqual([])
        expect(yield* simulator.count("signOut")).toBe(1)
      }).pipe(Effect.provide(here()))
    )

    it.scoped("a file of the disk is published with the length of its request", () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = `${yield* files.makeTempDirectoryScoped()}/Sales.twbx`
        const content = twbx({ worksheets: ["Sales"] })
        yield* files.writeFile(path, content)
        const program = Effect.gen(function* () {
          const { id } = yield* Workbooks.publish(yield* TableauNode.file(path))
          const chunks = yield* Stream.runCollect(Download.stream(Workbooks.download(id)))
          expect(Buffer.concat([...chunks])).toEqual(Buffer.from(content))
          const broken = Upload.file({ name: "Broken.twbx", size: 9, content: Stream.fail("broken") })
          expect(yield* Effect.flip(Workbooks.publish(broken))).toBe("broken")
        })
        yield* Effect.provide(program, session())
      }).pipe(Effect.provide(here()), Effect.provide(NodeContext.layer))
    )

    it.effect("no request follows a redirect", () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const other = yield* Simulator.make()
        for (const status of [301, 302, 303, 307, 308] as const) {
          for (const operation of ["serverInfo", "signIn", "queryWorkbooksForSite"] as const) {
            const fault = Fault.redirect(status, other.url, { keepPath: true })
            yield* simulator.inject({ operation, fault })
            const error = yield* Effect.flip(Effect.provide(Workbooks.list(), session()))
            expect([operation, status, error._tag]).toEqual([operation, status, "RedirectRefused"])
          }
        }
        expect(yield* other.requests).toEqual([])
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(here()))
    )

    it.effect("a redirect from http to https is MethodNotAllowed with the address to use", () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const error = yield* Effect.flip(Effect.scoped(open({ server: simulator.redirectUrl ?? "" })))
        expect(error).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: simulator.url })
        expect(yield* simulator.count("signIn")).toBe(0)
      }).pipe(Effect.provide(here({ tls: true, redirectFrom: 0 })))
    )
  })
}

it.scoped("each request has the headers and the body that Tableau documents", () =>
  Effect.gen(function* () {
    const response = (content: string) =>
      xmlDocument(
        `<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns="http://tableausoftware.com/api">${content}</tsResponse>`
      )
    const { requests, url } = yield* scriptedServer({
      "/api/2.4/serverinfo": response(
        `<serverInfo><productVersion build="20191.19.0215.0259">2019.1.0</productVersion><restApiVersion>3.10</restApiVersion></serverInfo>`
      ),
      "/api/3.10/auth/signin": response(
        `<credentials token="tok|en=="><site id="s-1" contentUrl="MarketingSite"/><user id="u-1"/></credentials>`
      ),
      "/api/3.10/sites/s-1/workbooks": response(
        `<pagination pageNumber="1" pageSize="100" totalAvailable="1"/><workbooks><workbook id="w-1" name="Sales"/></workbooks>`
      ),
      "/api/3.10/auth/signout": noContent
    })
    const credentials = Credentials.personalAccessToken({ name: `a"b`, value: Redacted.make("<s&cret>") })
    const options = { server: url, site: "MarketingSite", credentials, userAgent: "nightly/2" }
    // The tracing settings of the user's HttpClient are for the user's own requests.
    const traced = Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, HttpClient.withTracerDisabledWhen(constFalse))
    )
    const found = yield* Workbooks.list().pipe(
      Effect.flatMap(({ items }) => Stream.runCollect(items)),
      Effect.withSpan("mine"),
      Effect.provide(Layer.provide(TableauSession.layer(options), traced))
    )
    expect(Chunk.toReadonlyArray(found)).toMatchObject([{ id: "w-1", name: "Sales" }])
    expect(requests.map(({ headers, method, path }) => [method, path, headers["x-tableau-auth"]])).toEqual([
      ["GET", "/api/2.4/serverinfo", undefined],
      ["POST", "/api/3.10/auth/signin", undefined],
      ["GET", "/api/3.10/sites/s-1/workbooks", "tok|en=="],
      ["POST", "/api/3.10/auth/signout", "tok|en=="]
    ])
    for (const { headers } of requests) {
      expect(headers["user-agent"]).toMatch(/^effect-tableau\/\d+\.\d+\.\d+\S* nightly\/2$/)
      expect(headers.accept).toBe("application/xml")
      expect(Object.keys(headers).filter((name) => /^(?:traceparent|b3|authorization|cookie)/.test(name))).toEqual([])
    }
    const signIn = requests[1]
    expect(signIn?.headers["content-type"]).toBe("text/xml; charset=utf-8")
    expect(signIn?.headers["content-length"]).toBe(String(Buffer.byteLength(signIn?.body ?? "")))
    expect(signIn?.body).toBe(
      '<tsRequest><credentials personalAccessTokenName="a&quot;b" personalAccessTokenSecret="&lt;s&amp;cret&gt;">' +
        '<site contentUrl="MarketingSite" /></credentials></tsRequest>'
    )
  }).pipe(Effect.provide(layerHttpClient))
)

describe("a compressed response, which was not requested", () => {
  it.effect.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync]
  ] as const)(
    "a response compressed by %s, which was not requested, is decoded by fetch and fails on other backends",
    ([encoding, compress]) =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const body = `<tsResponse><pagination pageNumber="1" pageSize="100" totalAvailable="1"/><workbooks><workbook id="w"/></workbooks></tsResponse>`
        const fault = Fault.raw({ body: compress(body), headers: { "content-encoding": encoding } })
        yield* simulator.inject({ operation: "queryWorkbooksForSite", times: 2, fault })
        const options = { server: simulator.url, credentials: demoToken }
        const list = Effect.either(Effect.provide(Workbooks.list(), TableauSession.layer(options)))
        expect(yield* Effect.provide(list, FetchHttpClient.layer)).toMatchObject({ right: { totalAvailable: 1 } })
        const result = yield* Effect.provide(list, layerHttpClient)
        expect(result).toMatchObject({ left: { _tag: "UnexpectedResponse", kind: "Other" } })
        expect(String(Either.getLeft(result))).toContain(`compressed (${encoding})`)
        expect((yield* simulator.requests).map(({ headers }) => headers["accept-encoding"])).toContain("identity")
      }).pipe(Effect.provide(server()))
  )
})

describe("transformClient", () => {
  const transforms: Readonly<
    Record<string, (url: string) => (client: HttpClient.HttpClient) => HttpClient.HttpClient>
  > = {
    "that follows redirects": () => HttpClient.followRedirects(5),
    "that sends requests to another server": (url) =>
      HttpClient.mapRequest((request) =>
        HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, url))
      ),
    "that sends requests to another server after all other changes": (url) =>
      HttpClient.mapRequestInput((request) =>
        HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, url))
      )
  }
  for (const [what, transform] of Object.entries(transforms)) {
    it.effect(`a transformClient ${what} cannot send a request to another origin`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const other = yield* Simulator.make()
        for (const operation of ["serverInfo", "signIn", "queryWorkbooksForSite"] as const) {
          yield* simulator.inject({ operation, fault: Fault.redirect(307, other.url, { keepPath: true }) })
          const error = yield* Effect.flip(
            Effect.provide(Workbooks.list(), session({ transformClient: transform(other.url) }))
          )
          expect(error._tag).toBe("RedirectRefused")
        }
        expect(yield* other.requests).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(server()))
    )
  }

  it.effect(
    "transformClient and the user's HttpClient see neither token nor credentials, and cannot send them to another server",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const other = yield* Simulator.make()
        const seen: Array<string> = []
        const record = HttpClient.tapRequest(({ body, headers }) =>
          Effect.sync(() => {
            seen.push(JSON.stringify([headers, body]))
          })
        )
        const elsewhere = HttpClient.mapRequest((request) =>
          request.url.includes("/workbooks")
            ? HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, other.url))
            : request
        )
        const client = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, flow(record, elsewhere)))
        const opened = TableauSession.layer({ server: simulator.url, credentials: demoToken })
        const layer = opened.pipe(Layer.provide(client), Layer.provide(layerHttpClient))
        const error = yield* Effect.flip(Effect.provide(Workbooks.list(), layer))
        expect(error._tag).toBe("RedirectRefused")
        expect(yield* other.requests).toEqual([])
        expect(seen).toHaveLength(4)
        for (const request of seen) expect(request).not.toMatch(/x-tableau-auth|credentials/i)
        expect((yield* simulator.requests).map(({ operation }) => operation)).toEqual([
          "serverInfo",
          "signIn",
          "signOut"
        ])
      }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a transformClient that fails for error statuses keeps the error of the response", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "queryWorkbooksForSite", fault: Fault.status(403, { code: "403004" }) })
      const error = yield* Effect.flip(
        Effect.provide(Workbooks.list(), session({ transformClient: HttpClient.filterStatusOk }))
      )
      expect(error).toMatchObject({ _tag: "Forbidden", code: "403004" })
    }).pipe(Effect.provide(server()))
  )
})
