/** Redirects: refused or followed, on each backend and under each change that user code makes to requests. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Fault, Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway, type Pair } from "../../../../test/support/certificates.js"
import { layerHttpClient, layerPlatformTrusting } from "../../../../test/support/httpClient.js"
import { scriptedServer } from "../../../../test/support/scriptedServer.js"
import { demoToken } from "../../../../test/support/session.js"

/** The backends, each trusting one certificate. */
const backends = {
  "the package's own": (ca: string) => Layer.orDie(TableauNode.layerHttpClient({ ca, proxy: false })),
  undici: layerPlatformTrusting,
  "node:http": (ca: string) =>
    NodeHttpClient.layerWithoutAgent.pipe(Layer.provide(NodeHttpClient.makeAgentLayer({ ca }))),
  fetch: (ca: string) => {
    const dispatcher = new Undici.Agent({ connect: { ca } })
    const init: Record<string, unknown> = { dispatcher }
    return Layer.merge(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, init))
  }
}

const stages = { probe: "serverInfo", "sign-in": "signIn", list: "queryWorkbooksForSite" } as const

const statuses = [301, 302, 303, 307, 308] as const

/** A simulator with a certificate of a trusted authority. */
const secured = (ca: Pair, host = "127.0.0.1") =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make({ workbooks: 2 })
    const { url } = yield* gateway(simulator.url, yield* certificate({ host, authority: ca }))
    return { ...simulator, url: url.replace("127.0.0.1", host) }
  })

/** Two simulators, one over TLS, and another server that must receive nothing. */
const servers = Effect.gen(function* () {
  const ca = yield* authority
  const plain = yield* Simulator.make({ workbooks: 1 })
  const secure = yield* secured(ca)
  const elsewhere = yield* scriptedServer({}, { defaults: false })
  const otherHost = elsewhere.url.replace("127.0.0.1", "localhost")
  return { ca, plain, secure, elsewhere, otherHost }
})

const listed = (options: Omit<TableauSession.Options, "credentials">) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* TableauSession.make({ credentials: demoToken, ...options })
      const { totalAvailable } = yield* Effect.provideService(Workbooks.list(), TableauSession, session)
      return { totalAvailable, server: session.server }
    })
  )

describe.each(Object.entries(backends))("on %s", (_, backend) => {
  describe.each(Object.entries(stages))("a redirect of the %s", (_, operation) => {
    it.scoped.each(statuses)(
      `a redirect of ${operation} with status %i is refused, and its target receives nothing`,
      (status) =>
        Effect.gen(function* () {
          const { ca, elsewhere, otherHost, plain, secure } = yield* servers
          const from = secure.url
          const cases: ReadonlyArray<readonly [Fault.Fault, object]> = [
            [Fault.redirect(status, otherHost, { keepPath: true }), { reason: "it leads from https to http" }],
            [Fault.redirect(status, elsewhere.url, { keepPath: true }), { reason: "it leads from https to http" }],
            [
              Fault.redirect(status, secure.url.replace("127.0.0.1", "localhost"), { keepPath: true }),
              { reason: "it leads to another server" }
            ],
            [
              Fault.redirect(status, "https://127.0.0.1:1", { keepPath: true }),
              { reason: "it leads to another port of the same host" }
            ],
            [
              Fault.redirect(status, "/login?secret=1"),
              { location: `${from}/login`, reason: expect.stringContaining("login page") }
            ],
            [Fault.redirect(status, from, { keepPath: true }), { reason: "it leads in a circle" }],
            [Fault.redirect(status, "mailto:admin@example.com"), { reason: "it does not lead to an HTTP address" }],
            [Fault.raw({ status, body: "" }), { reason: "the server does not say where it leads" }],
            [
              Fault.raw({ status, body: "", headers: { location: "http://[" } }),
              { reason: "the server does not say where it leads" }
            ]
          ]
          const isWrite = operation === "signIn"
          for (const [fault, expected] of cases) {
            yield* secure.inject({ operation, fault })
            const error = yield* Effect.flip(listed({ server: from })).pipe(Effect.provide(backend(ca.cert)))
            expect(error).toMatchObject({ _tag: "RedirectRefused", status, ...expected })
            const toElsewhere =
              status === 303 && isWrite && error._tag === "RedirectRefused" && error.location !== undefined
            expect(error).toMatchObject({ acted: toElsewhere ? "unknown" : "no" })
            expect(JSON.stringify(error)).not.toContain("secret=1")
          }
          // From http to https it is Tableau's 405000, with the address to use.
          yield* plain.inject({ operation, fault: Fault.redirect(status, secure.url, { keepPath: true }) })
          const upgrade = yield* Effect.flip(listed({ server: plain.url })).pipe(Effect.provide(backend(ca.cert)))
          expect(upgrade).toMatchObject({ _tag: "MethodNotAllowed", status, code: "405000", suggestedUrl: secure.url })
          expect(elsewhere.requests).toEqual([])
          expect(yield* secure.sessions).toEqual([])
          expect(yield* plain.sessions).toEqual([])
        })
    )
  })

  describe("with `redirects: upgrade`", () => {
    it.scoped.each(statuses)(
      "a redirect with status %i from http to https is followed before the sign-in, and the session stays there",
      (status) =>
        Effect.gen(function* () {
          const { ca, plain, secure } = yield* servers
          yield* plain.inject({
            operation: "serverInfo",
            fault: Fault.redirect(status, secure.url, { keepPath: true })
          })
          const found = yield* listed({ server: plain.url, redirects: "upgrade" }).pipe(
            Effect.provide(backend(ca.cert))
          )
          expect(found).toEqual({ totalAvailable: 2, server: secure.url })
          // Only the request for the version is not encrypted.
          expect((yield* plain.requests).map((request) => request.operation)).toEqual(["serverInfo"])
          expect((yield* secure.requests).map((request) => `${request.method} ${request.operation}`)).toEqual([
            "GET serverInfo",
            "POST signIn",
            "GET queryWorkbooksForSite",
            "POST signOut"
          ])
        })
    )

    it.scoped.each(statuses)(
      "a redirect with status %i of the sign-in to an allowed host repeats the POST, and the session stays there",
      (status) =>
        Effect.gen(function* () {
          const { ca, secure } = yield* servers
          const pod = yield* secured(ca, "localhost")
          yield* secure.inject({ operation: "signIn", fault: Fault.redirect(status, pod.url, { keepPath: true }) })
          const found = yield* listed({ server: secure.url, redirects: "upgrade", redirectHosts: ["localhost"] }).pipe(
            Effect.provide(backend(ca.cert))
          )
          expect(found).toEqual({ totalAvailable: 2, server: pod.url })
          expect((yield* pod.requests).map((request) => `${request.method} ${request.operation}`)).toEqual([
            "POST signIn",
            "GET queryWorkbooksForSite",
            "POST signOut"
          ])
          expect(yield* secure.count("queryWorkbooksForSite")).toBe(0)
        })
    )

    it.scoped(
      "a redirect to another host, to http, to another path or in a circle is refused despite `redirects: upgrade`",
      () =>
        Effect.gen(function* () {
          const { ca, elsewhere, otherHost, plain, secure } = yield* servers
          const localhost = secure.url.replace("127.0.0.1", "localhost")
          const back = yield* secured(ca)
          yield* back.inject({
            operation: "serverInfo",
            times: Number.POSITIVE_INFINITY,
            fault: Fault.redirect(301, secure.url, { keepPath: true })
          })
          const cases: ReadonlyArray<readonly [Fault.Fault, object]> = [
            [Fault.redirect(301, localhost, { keepPath: true }), { reason: "it leads to another server" }],
            [Fault.redirect(301, elsewhere.url, { keepPath: true }), { reason: "it leads from https to http" }],
            [Fault.redirect(301, otherHost, { keepPath: true }), { reason: "it leads from https to http" }],
            [Fault.redirect(302, "/login"), { reason: expect.stringContaining("login page") }],
            [Fault.redirect(302, `${localhost}/login`), { reason: "it leads to another server" }],
            [Fault.redirect(301, back.url, { keepPath: true }), { reason: "the redirects lead in a circle" }],
            [Fault.redirect(301, secure.url, { keepPath: true }), { reason: "the redirects lead in a circle" }],
            [Fault.redirect(301, `https://user:word@127.0.0.1:${new URL(back.url).port}`, { keepPath: true }), {}],
            [Fault.raw({ status: 301, body: "" }), { reason: "the server does not say where it leads" }]
          ]
          for (const [fault, expected] of cases) {
            yield* secure.inject({ operation: "serverInfo", fault })
            const error = yield* Effect.flip(
              listed({ server: secure.url, redirects: "upgrade", redirectHosts: ["tableau.example.com"] })
            ).pipe(Effect.provide(backend(ca.cert)))
            expect(error).toMatchObject({ _tag: "RedirectRefused", acted: "no", ...expected })
            expect(error.message).not.toContain("word")
          }
          expect(elsewhere.requests).toEqual([])
          expect(yield* plain.requests).toEqual([])
          expect(yield* secure.count("signIn")).toBe(0)
        })
    )
  })
})

describe("redirectHosts", () => {
  const refused = (options: Partial<TableauSession.Options>) =>
    Effect.flip(
      TableauSession.make({ server: "https://tableau.example.com", credentials: demoToken, ...options })
    ).pipe(Effect.provide(layerHttpClient))

  it.scoped.each(["https://10ax.online.tableau.com", "*", "", "a b", "*.*.example.com", "example.com/api"])(
    "redirectHosts fails with BadRequest for the host %j",
    (host) =>
      Effect.gen(function* () {
        const error = yield* refused({ redirects: "upgrade", redirectHosts: [host] })
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(error.message).toContain(`\`redirectHosts\` has ${JSON.stringify(host)}`)
      })
  )

  it.scoped("redirectHosts fails with BadRequest without `redirects: upgrade`", () =>
    Effect.gen(function* () {
      const error = yield* refused({ redirectHosts: ["10ax.online.tableau.com"] })
      expect(error.message).toContain('without `redirects: "upgrade"`')
    })
  )
})

describe("transformClient", () => {
  /** The requests that another server received from a session with this transform. */
  const run = (
    transformClient: (
      other: string,
      spy: HttpClient.HttpClient
    ) => (client: HttpClient.HttpClient) => HttpClient.HttpClient
  ) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ workbooks: 1 })
      const other = yield* scriptedServer({}, { defaults: false })
      const spy = yield* HttpClient.HttpClient
      const result = yield* Effect.either(
        listed({ server: simulator.url, transformClient: transformClient(other.url, spy) })
      )
      return { result, received: other.requests }
    }).pipe(Effect.provide(layerHttpClient))

  const secrets = ["demo-secret", "x-tableau-auth"]

  it.scoped.each([
    [
      "that changes the address",
      (other: string) => HttpClient.mapRequest(HttpClientRequest.setUrl(`${other}/api/2.4/serverinfo`))
    ],
    [
      "that changes the address after the sign-in",
      (other: string) =>
        HttpClient.mapRequest((request) =>
          request.url.includes("/workbooks") ? HttpClientRequest.setUrl(request, other) : request
        )
    ],
    [
      "that returns another client",
      (other: string, spy: HttpClient.HttpClient) => () =>
        HttpClient.mapRequest(spy, (request) =>
          HttpClientRequest.setUrl(request, request.url.replace(/^http:..[^/]+/, other))
        )
    ],
    [
      "that sends a copy to another server",
      (other: string, spy: HttpClient.HttpClient) => (client: HttpClient.HttpClient) =>
        HttpClient.tapRequest(client, (request) =>
          Effect.ignore(Effect.scoped(spy.execute(HttpClientRequest.setUrl(request, other))))
        )
    ]
  ] as const)(
    "the other server of a transformClient %s receives neither the token nor the credentials",
    ([, transform]) =>
      Effect.gen(function* () {
        const { received } = yield* run(transform)
        for (const { body, headers } of received) {
          for (const secret of secrets) expect(JSON.stringify({ body, headers })).not.toContain(secret)
        }
      })
  )

  it.scoped("a transformClient that follows redirects cannot send a request to another origin", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ workbooks: 1 })
      const other = yield* scriptedServer({}, { defaults: false })
      for (const operation of Object.values(stages)) {
        yield* simulator.inject({ operation, fault: Fault.redirect(307, other.url, { keepPath: true }) })
        const error = yield* Effect.flip(
          listed({ server: simulator.url, transformClient: HttpClient.followRedirects() })
        )
        expect(error).toMatchObject({ _tag: "RedirectRefused", acted: "no", location: other.url })
      }
      expect(other.requests).toEqual([])
    }).pipe(Effect.provide(layerHttpClient))
  )

  it.scoped("transformClient sees no secret, and the headers that it adds are sent", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const home = yield* Simulator.make({ workbooks: 1 })
      yield* listed({
        server: home.url,
        transformClient: (client) =>
          client.pipe(
            HttpClient.mapRequest(HttpClientRequest.setHeader("x-request-id", "42")),
            HttpClient.tapRequest((request) =>
              Effect.sync(() => {
                const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
                seen.push(JSON.stringify(request.headers) + body)
              })
            )
          )
      })
      expect(seen).toHaveLength(4)
      for (const secret of secrets) expect(seen.join()).not.toContain(secret)
      expect((yield* home.requests).map(({ headers }) => headers["x-request-id"])).toEqual(["42", "42", "42", "42"])
    }).pipe(Effect.provide(layerHttpClient))
  )
})
