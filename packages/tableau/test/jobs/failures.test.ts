import * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Credentials, Jobs, Operation, TableauSession } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  type Script,
  type ScriptedResponse,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin, timeless } from "../../../../test/support/session.js"
import { element, signInDocument } from "../../../../test/support/xml.js"
import { getJob, id, onServer, polls, running, succeeded, throughTime } from "./polling.js"

/** Lets sockets make progress. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** The same as `onServer`, with the time that has passed in milliseconds. */
const timed = (effect: ReturnType<typeof Jobs.await>, script: Script) =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const result = yield* onServer(effect, script, {}, {}, "2 hours")
    return { ...result, wait: (yield* Clock.currentTimeMillis) - before }
  })

const signedIn = xmlDocument(signInDocument())

const html = { headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><html><body>Maintenance</body></html>" }

const otherJob = xml(element("job", { id: "other", finishCode: 0, completedAt: "2026-01-31T12:30:00Z" }))

const transient: ReadonlyArray<readonly [name: string, response: ScriptedResponse]> = [
  ["500", errorResponse(500, "500000")],
  ["502 of a gateway", { ...html, status: 502 }],
  ["503", { status: 503 }],
  ["504 without a body", { status: 504 }],
  ["408", { status: 408 }],
  ["429", errorResponse(429, "429000")],
  ["a connection that breaks", { ending: "reset" }],
  ["a response that is cut off", { ...running, status: 200, ending: "close" }],
  ["a web page", html],
  ["an empty response", { status: 200 }],
  ["a redirect to a login page", { status: 302, headers: { location: "https://login.example.com/" } }],
  ["the end of another job", otherJob]
]

describe("transient failures", () => {
  it.scoped.each(transient)("a poll that fails with %s is followed by others", ([, response]) =>
    Effect.gen(function* () {
      const script = polls(running, response, response, response, response, response, succeeded)
      const { lines, value } = yield* onServer(Jobs.await(id), script)
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(lines).toHaveLength(7)
    })
  )

  it.scoped.each(transient)("a first poll that fails with %s is followed by others", ([, response]) =>
    Effect.gen(function* () {
      const { lines, value } = yield* onServer(Jobs.await(id), polls(response, response, succeeded))
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(lines).toHaveLength(3)
    })
  )

  it.scoped("a poll without a response in time is followed by others", () =>
    Effect.gen(function* () {
      const options = { requestTimeout: "30 seconds" } as const
      const script = polls(running, { delay: "9000 hours" }, succeeded)
      const { lines, slept, value } = yield* onServer(Jobs.await(id), script, options)
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(lines).toHaveLength(3)
      expect(slept).toContain(30_000)
    })
  )

  it.scoped("Retry-After is waited for, also when it is longer than the session waits", () =>
    Effect.gen(function* () {
      const limited = { ...errorResponse(429, "429000"), headers: { "retry-after": "600" } }
      const script = polls(running, limited, succeeded)
      const { value, wait } = yield* timed(Jobs.await(id), script)
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(wait).toBeGreaterThanOrEqual(600_000)
      expect(wait).toBeLessThan(700_000)
    })
  )

  it.scoped("Retry-After beyond the deadline is waited for until the deadline", () =>
    Effect.gen(function* () {
      const limited = { ...errorResponse(429, "429000"), headers: { "retry-after": "6000" } }
      const { error, wait } = yield* timed(Jobs.await(id, { deadline: "10 minutes" }), polls(running, limited))
      expect(error).toMatchObject({ _tag: "JobTimedOut", after: Duration.minutes(10) })
      expect(wait).toBeGreaterThanOrEqual(600_000)
      expect(wait).toBeLessThan(601_000)
    })
  )

  it.scoped("an expired token is renewed, and the job awaited", () =>
    Effect.gen(function* () {
      const expired = errorResponse(401, "401002")
      const { lines, value } = yield* onServer(Jobs.await(id), polls(running, expired, running, succeeded))
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(lines).toHaveLength(4)
    })
  )

  it.scoped("a sign-in that fails while the server restarts is tried again", () =>
    Effect.gen(function* () {
      let signIns = 0
      let polled = 0
      const script = {
        "POST /auth/signin": () => {
          signIns += 1
          return signIns === 2 || signIns === 3 ? { status: 503 } : signedIn
        },
        [getJob]: () => (signIns < 4 ? (polled++ === 0 ? running : errorResponse(401, "401002")) : succeeded)
      }
      const { value } = yield* onServer(Jobs.await(id), script)
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(signIns).toBe(4)
    })
  )
})

describe("a restart of the server", () => {
  /** A server on a port that can stop and start again. */
  const restartable = (listener: Http.RequestListener) =>
    Effect.gen(function* () {
      let server: Http.Server | undefined
      const listen = (port: number) =>
        Effect.async<number>((resume) => {
          server = Http.createServer(listener)
          server.listen(port, "127.0.0.1", () => {
            const address = server?.address()
            resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
          })
        })
      const stop = Effect.async<void>((resume) => {
        server?.close(() => resume(Effect.void))
        server?.closeAllConnections()
      })
      const port = yield* listen(0)
      yield* Effect.addFinalizer(() => stop)
      return { port, stop, start: listen(port) }
    })

  it.scoped("a job is awaited through minutes of refused connections", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* scriptedServer(polls(running, succeeded))
      let refused = 0
      const front = yield* restartable((request, response) => {
        const upstream = Http.request(`${url}${request.url}`, { method: request.method, headers: request.headers })
        request.pipe(upstream)
        upstream.on("response", (incoming) => {
          response.writeHead(incoming.statusCode ?? 500, incoming.headers)
          incoming.pipe(response)
        })
      })
      const scope = yield* Effect.scope
      const session = yield* TableauSession.make({
        server: `http://127.0.0.1:${front.port}`,
        credentials: admin,
        ...timeless
      }).pipe(Scope.extend(scope))
      const waiting = Jobs.await(id).pipe(
        Effect.provideService(TableauSession, session),
        Effect.onExit((exit) => Effect.sync(() => expect(Exit.isSuccess(exit)).toBe(true)))
      )
      const fiber = yield* Effect.fork(waiting)
      while (calls.length < 1) yield* turn
      yield* front.stop
      const away = yield* throughTime(
        Effect.gen(function* () {
          // Five minutes.
          for (let second = 0; second < 300; second++) {
            yield* Effect.sleep("1 second")
            refused += 1
          }
        })
      )
      expect(away.slept.length).toBeGreaterThan(10)
      expect(refused).toBe(300)
      yield* front.start
      const { value } = yield* throughTime(Fiber.join(fiber))
      expect(value).toMatchObject({ id, finishCode: 0 })
      expect(calls).toHaveLength(2)
    }).pipe(Effect.provide(layerHttpClient))
  )
})

describe("permanent failures", () => {
  const permanent: ReadonlyArray<readonly [name: string, response: ScriptedResponse, tag: string]> = [
    ["403", errorResponse(403, "403004"), "Forbidden"],
    ["another code of 400", errorResponse(400, "400000"), "BadRequest"],
    ["501", { status: 501 }, "ServerFault"]
  ]
  it.scoped.each(permanent)("a poll that fails with %s ends the wait at once", ([, response, tag]) =>
    Effect.gen(function* () {
      const { error, lines, slept } = yield* onServer(Jobs.await(id), polls(running, response))
      expect(error).toMatchObject({ _tag: tag, operation: "Jobs.get" })
      expect(lines).toHaveLength(2)
      expect(slept).toHaveLength(1)
    })
  )

  it.scoped("a web page for the sign-in of a lazy session ends the wait: the address may be wrong", () =>
    Effect.gen(function* () {
      const script = { "POST /auth/signin": html, ...polls(succeeded) }
      const { error, slept } = yield* onServer(Jobs.await(id), script, { lazy: true })
      expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Html" })
      expect(slept).toEqual([])
    })
  )

  it.scoped("a JWT without the scope of jobs ends the wait at once", () =>
    Effect.gen(function* () {
      const credentials = Credentials.connectedApp({
        clientId: "c",
        secretId: "k",
        secretValue: Redacted.make("demo-secret-value-0123456789abcdef"),
        username: "admin",
        scopes: ["tableau:content:read"]
      })
      const script = polls(errorResponse(401, "401002"))
      const { error, slept } = yield* onServer(Jobs.await(id), script, { credentials })
      expect(error).toMatchObject({ _tag: "MissingScope", scope: "tableau:jobs:read" })
      expect(slept).toEqual([])
    })
  )

  it("the scopes of awaiting a job are those of polls, the list and the cancellation", () => {
    expect(Operation.scopes(Jobs.await)).toEqual(["tableau:jobs:read", "tableau:jobs:update"])
    expect(Operation.scopes(Jobs.watch)).toEqual(["tableau:jobs:read", "tableau:jobs:update"])
  })

  const refused: ReadonlyArray<readonly [code: string, advice: string]> = [
    ["403091", "The job has ended, so there is nothing to cancel"],
    ["403081", "Jobs of this type cannot be cancelled"],
    ["403080", "An administrator has switched the cancellation of jobs off"]
  ]
  it.scoped.each(refused)("a cancellation that is refused with %s says what to do", ([code, advice]) =>
    Effect.gen(function* () {
      const { error } = yield* onServer(Jobs.cancel(id), { "PUT /sites/s/jobs/j1": errorResponse(403, code) })
      expect(error).toMatchObject({ _tag: "Forbidden", code })
      expect(String(error)).toContain(advice)
    })
  )
})
