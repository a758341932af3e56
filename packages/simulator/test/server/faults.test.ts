import * as Http from "node:http"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, attribute, code, credentials, send, signIn, speak, viewer } from "../support/http.js"

/** A simulator, a session, and a list request that receives the fault. */
const withFault = (fault: Fault.Fault, options: Simulator.Options = {}) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make(options)
    const { siteId, token } = yield* signIn(simulator.url)
    yield* simulator.inject({ operation: "queryWorkbooksForSite", fault })
    const list = (query = "") => send(`${simulator.url}/api/3.29/sites/${siteId}/workbooks${query}`, { token })
    return { ...simulator, list, siteId, token }
  })

it.scoped("Fault.hold delays the request before or after it is processed", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, sessions, url } = yield* Simulator.make()
    const gate = yield* Effect.makeLatch()
    yield* inject({ operation: "signIn", fault: Fault.hold(gate.await) })
    const first = yield* Effect.fork(signIn(url, admin))
    yield* awaitSeen("signIn")
    expect(yield* sessions).toEqual([])
    yield* gate.open
    yield* Fiber.join(first)
    expect(yield* sessions).toHaveLength(1)

    const acted = yield* Deferred.make<void>()
    const fault = Fault.hold(Effect.andThen(Deferred.succeed(acted, undefined), Effect.never), { when: "after" })
    yield* inject({ operation: "signIn", fault })
    const second = yield* Effect.fork(signIn(url, admin))
    yield* Deferred.await(acted)
    expect(yield* sessions).toHaveLength(2)
    yield* Fiber.interrupt(second)
  })
)

it.scoped("simulator.inject applies a fault to the given number of requests of its operation", () =>
  Effect.gen(function* () {
    const { inject, url } = yield* Simulator.make()
    yield* inject({ operation: "serverInfo", times: 2, fault: Fault.status(503) })
    yield* signIn(url)
    const statuses = yield* Effect.all([1, 2, 3].map(() => send(`${url}/api/3.29/serverinfo`)))
    expect(statuses.map(({ status }) => status)).toEqual([503, 503, 200])
  })
)

it.scoped("Fault.status and Fault.raw respond with any status and body", () =>
  Effect.gen(function* () {
    const { inject, url } = yield* Simulator.make()
    const response = (fault: Fault.Fault) =>
      Effect.andThen(inject({ operation: "any", fault }), send(`${url}/api/3.29/serverinfo`))
    const xml = yield* response(Fault.status(404, { code: "405000", detail: "<no>" }))
    expect([xml.status, code(xml)]).toEqual([404, "405000"])
    expect(xml.text).toContain("<detail>&lt;no&gt;</detail>")
    const html = yield* response(Fault.status(502, { body: "html" }))
    expect([html.status, html.headers["content-type"]]).toEqual([502, "text/html;charset=utf-8"])
    expect((yield* response(Fault.status(200, { body: "empty" }))).text).toBe("")
    const raw = yield* response(Fault.raw({ body: "{}", contentType: "application/json", headers: { "x-a": "b" } }))
    expect([raw.status, raw.text, raw.headers["content-type"], raw.headers["x-a"]]).toEqual([
      200,
      "{}",
      "application/json",
      "b"
    ])
  })
)

it.scoped("Fault.reset closes the connection before or after the request is processed", () =>
  Effect.gen(function* () {
    for (const tls of [false, true]) {
      const { certificate, inject, sessions, url } = yield* Simulator.make({ tls })
      const post = send(`${url}/api/3.29/auth/signin`, { body: credentials(admin, ""), ca: certificate })
      yield* inject({ operation: "signIn", fault: Fault.reset() })
      expect((yield* Effect.flip(post)).message).toMatch(/ECONNRESET|socket hang up/)
      expect(yield* sessions).toEqual([])
      yield* inject({ operation: "signIn", fault: Fault.reset({ when: "after" }) })
      expect((yield* Effect.flip(post)).message).toMatch(/ECONNRESET|socket hang up/)
      expect(yield* sessions).toHaveLength(1)
    }
  })
)

it.scoped("Fault.delay follows the clock, and Fault.hang never responds", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, url } = yield* Simulator.make()
    yield* inject({ operation: "serverInfo", fault: Fault.delay("1 hour") })
    const late = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
    yield* awaitSeen("serverInfo")
    yield* TestClock.adjust("1 hour")
    expect((yield* Fiber.join(late)).status).toBe(200)
    yield* inject({ operation: "serverInfo", fault: Fault.hang() })
    const never = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
    yield* awaitSeen("serverInfo", 2)
    yield* TestClock.adjust("1000 days")
    expect(yield* Fiber.poll(never)).toMatchObject({ _tag: "None" })
  })
)

it.scoped("Fault.delay with after responds late to a processed request", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, sessions, url } = yield* Simulator.make()
    yield* inject({ operation: "signIn", fault: Fault.delay("1 minute", { when: "after" }) })
    const late = yield* Effect.fork(signIn(url))
    yield* awaitSeen("signIn")
    yield* TestClock.adjust("30 seconds")
    expect(yield* Fiber.poll(late)).toMatchObject({ _tag: "None" })
    yield* TestClock.adjust("30 seconds")
    yield* Fiber.join(late)
    expect(yield* sessions).toHaveLength(1)
  })
)

it.scoped("Fault.stall stops in the body while other requests get responses", () =>
  Effect.gen(function* () {
    const { list, url } = yield* withFault(Fault.stall(100))
    const reached = yield* Effect.makeLatch()
    const stalled = yield* Effect.fork(Effect.ensuring(list(), reached.open))
    // The server handles other requests meanwhile.
    expect((yield* send(`${url}/api/3.29/serverinfo`)).status).toBe(200)
    expect(yield* Fiber.poll(stalled)).toMatchObject({ _tag: "None" })
    yield* Fiber.interrupt(stalled)
    yield* reached.await
  })
)

it.scoped("Fault.stall beyond the end of the body keeps the connection usable", () =>
  Effect.gen(function* () {
    for (const [operation, method, path] of [
      ["signOut", "POST", "auth/signout"],
      ["serverInfo", "GET", "serverinfo"]
    ] as const) {
      const { inject, url } = yield* Simulator.make()
      const { token } = yield* signIn(url)
      yield* inject({ operation, fault: Fault.stall(100_000) })
      const received = yield* speak(
        url,
        `${method} /api/3.29/${path} HTTP/1.1\r\nHost: a\r\nX-Tableau-Auth: ${token}\r\nContent-Length: 0\r\n\r\n` +
          "GET /api/3.29/serverinfo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      )
      expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual([
        operation === "signOut" ? "HTTP/1.1 204" : "HTTP/1.1 200",
        "HTTP/1.1 200"
      ])
    }
  })
)

it.scoped("Fault.truncate closes the connection in the body", () =>
  Effect.gen(function* () {
    for (const tls of [false, true]) {
      const { certificate, inject, url } = yield* Simulator.make({ tls })
      yield* inject({ operation: "serverInfo", fault: Fault.truncate(100) })
      const error = yield* Effect.flip(send(`${url}/api/3.29/serverinfo`, { ca: certificate }))
      expect(error.message).toBe("aborted")
    }
  })
)

it.scoped("Fault.falseLength increases or decreases the Content-Length", () =>
  Effect.gen(function* () {
    const long = yield* withFault(Fault.falseLength(10))
    expect((yield* Effect.flip(long.list())).message).toBe("aborted")
    const short = yield* withFault(Fault.falseLength(-10))
    const received = yield* speak(
      short.url,
      `GET /api/3.29/sites/${short.siteId}/workbooks HTTP/1.1\r\nHost: a\r\nX-Tableau-Auth: ${short.token}\r\n\r\n`
    )
    const [, length = "", body = ""] = /content-length: (\d+).*\r\n\r\n(.*)$/is.exec(received) ?? []
    expect(Buffer.byteLength(body)).toBe(Number(length) + 10)
  })
)

it.scoped("Fault.loginPage and Fault.redirect replace the response", () =>
  Effect.gen(function* () {
    const { inject, list, url } = yield* withFault(Fault.loginPage)
    const page = yield* list()
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html;charset=utf-8"])
    for (const status of [301, 302, 303, 307, 308] as const) {
      for (const to of ["/login", "https://elsewhere.example.com/x", "http://127.0.0.1:1/"]) {
        yield* inject({ operation: "queryWorkbooksForSite", fault: Fault.redirect(status, to) })
        const response = yield* list()
        expect([response.status, response.headers.location]).toEqual([status, to])
      }
    }
    yield* inject({ operation: "serverInfo", fault: Fault.redirect(301, "https://a.example", { keepPath: true }) })
    const moved = yield* send(`${url}/api/3.29/serverinfo?a=b`)
    expect(moved.headers.location).toBe("https://a.example/api/3.29/serverinfo?a=b")
  })
)

it.scoped("Fault.namespace changes the XML namespace", () =>
  Effect.gen(function* () {
    const { list } = yield* withFault(Fault.namespace("http://tableausoftware.com/api"))
    const { text } = yield* list()
    expect(text).toContain('xmlns="http://tableausoftware.com/api"')
    expect(text).not.toContain('"http://tableau.com/api"')
  })
)

it.scoped("Fault.alter changes status and body of the response", () =>
  Effect.gen(function* () {
    const { list } = yield* withFault(
      Fault.alter((response) => ({ ...response, status: 203, body: Buffer.from(response.body.toString(), "utf16le") }))
    )
    const { status, text } = yield* list()
    expect(status).toBe(203)
    expect(text).toContain([..."<workbook "].join("\0"))
  })
)

it.scoped("Fault.flood sends data until the client disconnects, and with after it processes the request first", () =>
  Effect.gen(function* () {
    const { inject, sessions, url } = yield* withFault(Fault.flood())
    yield* inject({ operation: "signIn", fault: Fault.flood({ when: "after" }) })
    const received = yield* Effect.async<number>((resume) => {
      let size = 0
      const request = Http.request(`${url}/api/3.29/auth/signin`, { method: "POST", agent: false }, (response) => {
        response.on("error", () => resume(Effect.succeed(size)))
        response.on("data", (chunk: Uint8Array) => {
          size += chunk.byteLength
          if (size > 10_000_000) request.destroy()
        })
      })
      request.end(credentials(viewer, ""))
    })
    expect(received).toBeGreaterThan(10_000_000)
    expect(yield* sessions).toHaveLength(2)
  })
)

it.scoped("Fault.rateLimited sends Retry-After in seconds or as a date", () =>
  Effect.gen(function* () {
    const { inject, list } = yield* withFault(Fault.rateLimited("90 seconds"))
    const seconds = yield* list()
    expect([seconds.status, code(seconds), seconds.headers["retry-after"]]).toEqual([429, "429000", "90"])
    yield* inject({ operation: "any", fault: Fault.rateLimited(new Date("2026-01-02T03:04:05Z")) })
    expect((yield* list()).headers["retry-after"]).toBe("Fri, 02 Jan 2026 03:04:05 GMT")
  })
)

it.scoped("Fault.endSession ends the session before the request is processed", () =>
  Effect.gen(function* () {
    const { list, sessions } = yield* withFault(Fault.endSession)
    const response = yield* list()
    expect([response.status, code(response)]).toEqual([401, "401002"])
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("Fault.shiftItems repeats or skips items at the start of a page", () =>
  Effect.gen(function* () {
    const { inject, list } = yield* withFault(Fault.shiftItems(1), { workbooks: 100 })
    const page = (number: number) =>
      Effect.map(list(`?pageSize=10&pageNumber=${number}`), ({ text }) => ({
        total: attribute(text, "pagination", "totalAvailable"),
        ids: [...text.matchAll(/<workbook id="([^"]*)"/g)].map(([, id]) => id)
      }))
    const added = yield* page(2)
    const [first, second] = [yield* page(1), yield* page(2)]
    expect(added.total).toBe("101")
    expect(added.ids).toEqual([first.ids[9], ...second.ids.slice(0, 9)])
    yield* inject({ operation: "queryWorkbooksForSite", fault: Fault.shiftItems(-1) })
    const deleted = yield* page(2)
    expect(deleted.total).toBe("99")
    expect(deleted.ids.slice(0, 9)).toEqual(second.ids.slice(1))
  })
)

it.scoped("a fault that cannot be sent, throws or has a defect ends the request with 500 or a closed connection", () =>
  Effect.gen(function* () {
    const { inject, list, url } = yield* withFault(Fault.redirect(302, "http://tableau.example.com/\u58f2\u4e0a"))
    const broken = [
      Fault.redirect(307, "http://tableau.example.com/\r\nx: y"),
      Fault.raw({ body: "", headers: { "x-note": "line\nbreak" } }),
      Fault.raw({ body: "", headers: { "": "no name" } }),
      Fault.status(99),
      Fault.alter((response) => ({ ...response, headers: { ...response.headers, "x-note": "\u20ac" } })),
      Fault.alter(() => {
        throw new Error("the test's own mistake")
      }),
      Fault.hold(Effect.die("the test's own mistake")),
      Fault.hold(Effect.interrupt, { when: "after" })
    ]
    const statuses = [(yield* list()).status]
    for (const fault of broken) {
      yield* inject({ operation: "queryWorkbooksForSite", fault })
      const response = yield* list()
      expect(code(response)).toBe("500000")
      statuses.push(response.status)
    }
    expect(statuses).toEqual(statuses.map(() => 500))
    expect((yield* send(`${url}/api/3.29/serverinfo`)).status).toBe(200)
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
)
