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
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { element, write } from "../packages/tableau/src/internal/writer.js"
import { open, server, session } from "./support/session.js"

describe("what is written", () => {
  it("is what a parser reads, whatever the text", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
        const written = write(element("site", { contentUrl: text, absent: undefined }))
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
