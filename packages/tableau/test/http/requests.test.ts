import { brotliCompressSync, gzipSync } from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
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
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { handwritten } from "../../../../test/support/handwritten.js"
import { demoToken, open, server, session } from "../../../../test/support/session.js"
import { element, write } from "../../src/internal/xml/writer.js"

describe("what is written", () => {
  it("is what a parser reads, whatever the text", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
        const written = write("test", element("site", { contentUrl: text, absent: undefined }))
        const possible = !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)
        expect(Either.isRight(written)).toBe(possible)
        if (Either.isLeft(written)) return
        const [site] = parseXml(written.right).root?.children ?? []
        expect(site instanceof XmlElement && site.attributes).toEqual({ contentUrl: text })
      }),
      { numRuns: 500 }
    )
  })

  it.scoped("by any user with any password signs in", () =>
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
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("cannot be written at all: a control character is refused before it is sent, and not told", () =>
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
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer,
  fetch: FetchHttpClient.layer
}

for (const [name, backend] of Object.entries(backends)) {
  const here = (options?: Simulator.Options) => Layer.merge(Simulator.layer(options), backend)

  describe(`on the ${name} backend`, () => {
    it.effect("everything works, over one site and another", () =>
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

    it.effect("a redirect is not followed, at no stage, and nothing secret arrives where it leads", () =>
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

    it.effect("from http to https is MethodNotAllowed with the address to use", () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const error = yield* Effect.flip(Effect.scoped(open({ server: simulator.redirectUrl ?? "" })))
        expect(error).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: simulator.url })
        expect(yield* simulator.count("signIn")).toBe(0)
      }).pipe(Effect.provide(here({ tls: true, redirectFrom: 0 })))
    )
  })
}

it.scoped("a server whose answers were written by hand is sent what Tableau's pages say, header by header", () =>
  Effect.gen(function* () {
    const headers = { "content-type": "application/xml;charset=utf-8" }
    const answer = (content: string) => ({
      headers,
      body: `<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns="http://tableausoftware.com/api">${content}</tsResponse>`
    })
    const { asked, url } = yield* handwritten({
      "/api/2.4/serverinfo": answer(
        `<serverInfo><productVersion build="20191.19.0215.0259">2019.1.0</productVersion><restApiVersion>3.10</restApiVersion></serverInfo>`
      ),
      "/api/3.10/auth/signin": answer(
        `<credentials token="tok|en=="><site id="s-1" contentUrl="MarketingSite"/><user id="u-1"/></credentials>`
      ),
      "/api/3.10/sites/s-1/workbooks": answer(
        `<pagination pageNumber="1" pageSize="100" totalAvailable="1"/><workbooks><workbook id="w-1" name="Sales"/></workbooks>`
      ),
      "/api/3.10/auth/signout": { status: 204 }
    })
    const credentials = Credentials.personalAccessToken({ name: `a"b`, value: Redacted.make("<s&cret>") })
    const options = { server: url, site: "MarketingSite", credentials, userAgent: "nightly/2" }
    // What the user's HttpClient says of tracing is for the user's own requests.
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
    expect(asked.map(({ headers, method, url }) => [method, url?.split("?")[0], headers["x-tableau-auth"]])).toEqual([
      ["GET", "/api/2.4/serverinfo", undefined],
      ["POST", "/api/3.10/auth/signin", undefined],
      ["GET", "/api/3.10/sites/s-1/workbooks", "tok|en=="],
      ["POST", "/api/3.10/auth/signout", "tok|en=="]
    ])
    for (const { headers } of asked) {
      expect(headers["user-agent"]).toMatch(/^effect-tableau\/\d+\.\d+\.\d+\S* nightly\/2$/)
      expect(headers.accept).toBe("application/xml")
      expect(Object.keys(headers).filter((name) => /^(?:traceparent|b3|authorization|cookie)/.test(name))).toEqual([])
    }
    const signIn = asked[1]
    expect(signIn?.headers["content-type"]).toBe("text/xml; charset=utf-8")
    expect(signIn?.headers["content-length"]).toBe(String(Buffer.byteLength(signIn?.body ?? "")))
    expect(signIn?.body).toBe(
      '<tsRequest><credentials personalAccessTokenName="a&quot;b" personalAccessTokenSecret="&lt;s&amp;cret&gt;">' +
        '<site contentUrl="MarketingSite" /></credentials></tsRequest>'
    )
  }).pipe(Effect.provide(NodeHttpClient.layerUndici))
)

describe("an answer that is packed, which is not asked for", () => {
  it.effect.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync]
  ] as const)("by %s is read by fetch, and otherwise told", ([encoding, pack]) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const body = `<tsResponse><pagination pageNumber="1" pageSize="100" totalAvailable="1"/><workbooks><workbook id="w"/></workbooks></tsResponse>`
      const fault = Fault.raw({ body: pack(body), headers: { "content-encoding": encoding } })
      yield* simulator.inject({ operation: "queryWorkbooksForSite", times: 2, fault })
      const options = { server: simulator.url, credentials: demoToken }
      const list = Effect.either(Effect.provide(Workbooks.list(), TableauSession.layer(options)))
      expect(yield* Effect.provide(list, FetchHttpClient.layer)).toMatchObject({ right: { totalAvailable: 1 } })
      const told = yield* Effect.provide(list, NodeHttpClient.layerUndici)
      expect(told).toMatchObject({ left: { _tag: "UnexpectedResponse", kind: "Other" } })
      expect(String(Either.getLeft(told))).toContain(`compressed (${encoding})`)
      expect((yield* simulator.requests).map(({ headers }) => headers["accept-encoding"])).toContain("identity")
    }).pipe(Effect.provide(server()))
  )
})

describe("what the user's transform does", () => {
  const astray: Readonly<Record<string, (url: string) => (client: HttpClient.HttpClient) => HttpClient.HttpClient>> = {
    "follows redirects": () => HttpClient.followRedirects(5),
    "sends requests elsewhere": (url) =>
      HttpClient.mapRequest((request) =>
        HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, url))
      ),
    "sends requests elsewhere at last": (url) =>
      HttpClient.mapRequestInput((request) =>
        HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, url))
      )
  }
  for (const [what, transform] of Object.entries(astray)) {
    it.effect(`${what}: nothing reaches another origin`, () =>
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
    "and the user's HttpClient to a request comes before token and credentials, and cannot carry them elsewhere",
    () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const other = yield* Simulator.make()
        const seen: Array<string> = []
        const look = HttpClient.tapRequest(({ body, headers }) =>
          Effect.sync(() => {
            seen.push(JSON.stringify([headers, body]))
          })
        )
        const elsewhere = HttpClient.mapRequest((request) =>
          request.url.includes("/workbooks")
            ? HttpClientRequest.setUrl(request, request.url.replace(/^https?:\/\/[^/]+/, other.url))
            : request
        )
        const client = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, flow(look, elsewhere)))
        const opened = TableauSession.layer({ server: simulator.url, credentials: demoToken })
        const layer = opened.pipe(Layer.provide(client), Layer.provide(NodeHttpClient.layerUndici))
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

  it.effect("with statuses leaves the error that the server meant", () =>
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
