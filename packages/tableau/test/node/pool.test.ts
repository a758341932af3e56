import type * as Http from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { Fault, Simulator } from "effect-tableau-simulator"
import { authority, certificate, gateway } from "../../../../test/support/certificates.js"
import { failure, listWorkbooks } from "../../../../test/support/network.js"
import { type ScriptedRequest, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { demoToken } from "../../../../test/support/session.js"
import { silentServer } from "../../../../test/support/silentServer.js"

/** A server that counts its connections. */
const countingServer = Effect.gen(function* () {
  const { url } = yield* Simulator.make()
  const company = yield* authority
  const { seen, url: secure } = yield* gateway(url, yield* certificate({ authority: company }))
  return { ca: company.cert, seen, url: secure }
})

/** Twelve concurrent requests, between sign-in and sign-out. */
const concurrentRequests = (url: string, options: TableauNode.HttpClientOptions) =>
  Effect.gen(function* () {
    const session = yield* TableauSession.make({ server: url, credentials: demoToken })
    const request = Effect.provideService(Workbooks.list(), TableauSession, session)
    yield* Effect.all(
      Array.from({ length: 12 }, () => request),
      { concurrency: "unbounded" }
    )
  }).pipe(Effect.scoped, Effect.provide(TableauNode.layerHttpClient(options)))

describe("connections", () => {
  it.scoped("the client opens at most its maximum of connections and completes all requests", () =>
    Effect.gen(function* () {
      for (const connections of [1, 3]) {
        const { ca, seen, url } = yield* countingServer
        yield* concurrentRequests(url, { ca, connections })
        expect([seen.connections, seen.requests]).toEqual([connections, 15])
      }
    })
  )

  const retrying = (client: HttpClient.HttpClient) => HttpClient.retryTransient(client, { times: 1 })
  const client = TableauNode.layerHttpClient({ connections: 2 })
  it.scoped.each([
    ["transformClient", { transformClient: retrying }, client],
    [
      "HttpClient",
      {},
      Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, retrying)), client)
    ]
  ] as const)("connections are free again after responses that a retrying %s did not read", ([, options, client]) =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make()
      const session = yield* TableauSession.make({
        server: simulator.url,
        credentials: demoToken,
        retry: "never",
        ...options
      })
      // Larger than the read-ahead buffers, so that an unread body occupies its connection.
      const fault = Fault.raw({ status: 503, body: `<html>${"x".repeat(1_000_000)}` })
      for (let call = 0; call < 4; call++) {
        yield* simulator.inject({ operation: "queryWorkbooksForSite", fault })
        yield* Effect.provideService(Workbooks.list(), TableauSession, session)
      }
      expect(yield* simulator.count("queryWorkbooksForSite")).toBe(8)
    }).pipe(Effect.provide(client))
  )

  it.scoped("the client opens as many connections as are needed by default", () =>
    Effect.gen(function* () {
      const { ca, seen, url } = yield* countingServer
      yield* concurrentRequests(url, { ca })
      expect(seen.connections).toBeGreaterThan(3)
    })
  )
})

describe("keepAlive", () => {
  it.scoped("the client with keepAlive: false closes each connection after its request", () =>
    Effect.gen(function* () {
      const { ca, seen, url } = yield* countingServer
      expect(yield* listWorkbooks(url, { ca, keepAlive: false })).toBe(120)
      expect(seen.connections).toBe(seen.requests)
      expect(seen.requests).toBeGreaterThan(3)
    })
  )

  it.scoped("the client with a keepAlive closes an idle connection after that time", () =>
    Effect.gen(function* () {
      const closed: Array<string> = []
      const defaultClosed = yield* Deferred.make<void>()
      const respond = ({ path }: ScriptedRequest, raw: Http.ServerResponse) => {
        raw.req.socket.on("close", () => {
          closed.push(path)
          if (path === "/default") Deferred.unsafeDone(defaultClosed, Effect.void)
        })
        return { body: "ok" }
      }
      // The server itself closes no connection and announces no timeout.
      const { url } = yield* scriptedServer({ "*": respond }, { defaults: false, keepAliveTimeout: 0 })
      const get = (path: string, options: TableauNode.HttpClientOptions) =>
        Effect.gen(function* () {
          const client = Context.get(yield* Layer.build(TableauNode.layerHttpClient(options)), HttpClient.HttpClient)
          const response = yield* client.get(`${url}/${path}`)
          expect(yield* response.text).toBe("ok")
        })
      yield* get("default", {})
      yield* get("long", { keepAlive: "1 hour" })
      yield* get("short", { keepAlive: "20 millis" })
      yield* Deferred.await(defaultClosed)
      expect(closed).toEqual(["/short", "/default"])
    })
  )
})

describe("timeouts", () => {
  it.scoped("a session fails after timeouts.connect when a TLS handshake has no reply", () =>
    Effect.gen(function* () {
      const { url } = yield* silentServer
      const options = { timeouts: { connect: "60 millis" } } as const
      const error = yield* failure(listWorkbooks(url, options))
      expect(error).toMatchObject({ _tag: "TimedOut", phase: "connect", after: 60, acted: "no" })
      for (const part of ["60 milliseconds", "`proxy`", "`timeouts.connect`"]) expect(error.message).toContain(part)
    })
  )

  it.scoped("a TLS handshake in progress is aborted when the program is interrupted", () =>
    Effect.gen(function* () {
      const { connected, disconnected, url } = yield* silentServer
      const options = { timeouts: { connect: Infinity } } as const
      const fiber = yield* Effect.fork(listWorkbooks(url, options))
      yield* connected
      yield* Fiber.interrupt(fiber)
      yield* disconnected
    })
  )

  it.scoped("a session fails after timeouts.firstByte when a request has no response", () =>
    Effect.gen(function* () {
      const { inject, sessions, url } = yield* Simulator.make()
      yield* inject({ operation: "serverInfo", fault: Fault.hang() })
      const options = { timeouts: { firstByte: "70 millis" } } as const
      const error = yield* failure(listWorkbooks(url, options))
      expect(error).toMatchObject({ _tag: "TimedOut", phase: "firstByte", after: 70, acted: "no" })
      for (const part of ["70 milliseconds", "`timeouts.firstByte`"]) expect(error.message).toContain(part)
      expect(yield* sessions).toEqual([])
    })
  )

  it.scoped("a sign-in fails with acted unknown after timeouts.firstByte", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* Simulator.make({ tls: true })
      yield* inject({ operation: "signIn", fault: Fault.hang() })
      const program = TableauSession.make({ server: url, credentials: demoToken, apiVersion: "3.20" }).pipe(
        Effect.scoped,
        Effect.provide(TableauNode.layerHttpClient({ rejectUnauthorized: false, timeouts: { firstByte: "70 millis" } }))
      )
      expect(yield* failure(program)).toMatchObject({
        _tag: "TimedOut",
        operation: "TableauSession.signIn",
        phase: "firstByte",
        acted: "unknown"
      })
    })
  )

  it.scoped("a session fails after timeouts.stall when a response stops in the middle", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* Simulator.make()
      yield* inject({ operation: "serverInfo", fault: Fault.stall(30) })
      const error = yield* failure(listWorkbooks(url, { timeouts: { stall: "80 millis" } }))
      expect(error).toMatchObject({ _tag: "TimedOut", phase: "stall", after: 80, acted: "no" })
      for (const part of ["80 milliseconds", "`timeouts.stall`"]) expect(error.message).toContain(part)
    })
  )

  it.scoped("the client with infinite and very long timeouts completes requests", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const timeouts = { connect: Infinity, firstByte: "1000 days", stall: Infinity } as const
      expect(yield* listWorkbooks(url, { timeouts, keepAlive: Infinity })).toBe(120)
    })
  )
})

describe("an invalid option", () => {
  const cases: ReadonlyArray<readonly [option: string, TableauNode.HttpClientOptions]> = [
    ["connections", { connections: 0 }],
    ["connections", { connections: -1 }],
    ["connections", { connections: 1.5 }],
    ["connections", { connections: Number.NaN }],
    ["keepAlive", { keepAlive: 0 }],
    ["timeouts.connect", { timeouts: { connect: "0 seconds" } }],
    ["timeouts.firstByte", { timeouts: { firstByte: -1 } }],
    ["timeouts.stall", { timeouts: { stall: Number.NaN } }]
  ]
  for (const [option, options] of cases) {
    it.effect(`the layer fails with the name of the option for ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const error = yield* failure(listWorkbooks("http://127.0.0.1:1", options))
        expect(error).toMatchObject({ _tag: "HttpClientOptionInvalid", option })
        expect(error.message).toContain(`\`${option}\``)
      })
    )
  }
})
