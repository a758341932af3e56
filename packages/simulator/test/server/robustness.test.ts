import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, code, credentials, send, signIn, speak } from "../support/http.js"

const isWell = (url: string) => Effect.map(send(`${url}/api/3.29/serverinfo`), ({ status }) => status === 200)

const json = { "content-type": "application/json" }

const deep = (open: string, inner: string, close: string, times: number) =>
  open.repeat(times) + inner + close.repeat(times)

it.scoped("malformed requests get Tableau's error XML, without details of the implementation", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { siteId, token } = yield* signIn(url)
    const at = (path: string) => `${url}/api/3.29/${path}`
    const requests: ReadonlyArray<readonly [expected: string, ...Parameters<typeof send>]> = [
      ["400000", at("auth/signin"), { body: "<tsRequest><credentials" }],
      ["400000", at("auth/signin"), { body: "<tsRequest><!-- unclosed" }],
      ["400000", at("auth/signin"), { body: '<!DOCTYPE a [<!ENTITY b "c">]><tsRequest>&b;</tsRequest>' }],
      ["400000", at("auth/signin"), { body: "<tsRequest><surprise/></tsRequest>" }],
      ["400000", at("auth/signin"), { body: "{", headers: json }],
      ["400000", at("auth/signin"), { body: "[]", headers: json }],
      ["400000", at("auth/signin"), { body: new Uint8Array([0xff, 0xfe, 0x00]) }],
      ["400000", at("auth/signin"), { body: `<tsRequest>${"<a>".repeat(50_000)}` }],
      ["400000", at("auth/signin"), { body: `<tsRequest>${"<a>".repeat(500)}${"</a>".repeat(500)}</tsRequest>` }],
      ["400000", at("auth/signin"), { body: deep('{"a":', "1", "}", 20_000), headers: json }],
      ["400000", at("auth/signin"), { body: `{"credentials":${deep("[", "", "]", 400_000)}}`, headers: json }],
      ["413000", at("auth/signin"), { body: "x".repeat(5 * 1024 * 1024) }],
      ["405000", at("auth/signin"), { method: "DELETE" }],
      ["405000", at("serverinfo"), { method: "POST", body: "x" }],
      ["404003", at("nowhere"), {}],
      ["404003", `${url}/`, {}],
      ["404003", `${url}/api/banana/serverinfo`, {}],
      ["404003", at("%E0%A4%A"), {}],
      ["404003", at(`sites/${siteId}/workbooks/a/b/c`), { token }],
      ["404006", at(`sites/${siteId}/workbooks/${"9".repeat(2000)}`), { token }],
      ["404006", at(`sites/${siteId}/workbooks/__proto__`), { token }],
      ["400000", at(`sites/${siteId}/projects`), { token, body: "<tsRequest/>" }],
      ["401002", at(`sites/${siteId}/workbooks`), { token: "é".repeat(100) }]
    ]
    for (const [expected, target, options] of requests) {
      const response = yield* send(target, options)
      const what = `${target.slice(0, 80)} ${String(options?.body).slice(0, 40)}`
      expect([what, code(response)]).toEqual([what, expected])
      expect(response.text).not.toMatch(/\n\s+at |node_modules|\.ts:/)
    }
    expect(yield* isWell(url)).toBe(true)
  })
)

it.scoped("bytes that are not HTTP, or have a wrong length, close the connection", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const head = "POST /api/3.29/auth/signin HTTP/1.1\r\nHost: a\r\n"
    expect(yield* speak(url, "gibberish\r\n\r\n")).toMatch(/^HTTP\/1.1 400 .*<error code="400000">/s)
    // TLS to a listener without TLS.
    expect(yield* speak(url, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")).toBe("")
    // A body shorter than its Content-Length.
    expect(yield* speak(url, `${head}Content-Length: 1000\r\n\r\n<tsRequest/>`, { close: true })).not.toContain(
      "200 OK"
    )
    // A body longer than its Content-Length: the rest is not a valid request.
    const body = credentials(admin, "")
    const responses = yield* speak(url, `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}rest\r\n\r\n`)
    expect(responses).toContain("HTTP/1.1 400 Bad Request")
    expect(yield* speak(url, `${head}Content-Length: -1\r\n\r\n`)).toContain("400 Bad Request")
    expect(yield* speak(url, `${head}X: ${"a".repeat(100_000)}\r\n\r\n`)).not.toContain("200 OK")
    const secure = yield* Simulator.make({ tls: true })
    expect(yield* speak(secure.url, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("")
    expect(yield* isWell(url)).toBe(true)
  })
)

it.scoped("10,000 concurrent requests get their responses", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, url } = yield* Simulator.make()
    const gate = yield* Effect.makeLatch()
    yield* inject({ operation: "serverInfo", times: 10_000, fault: Fault.hold(gate.await) })
    const request = "GET /api/3.29/serverinfo HTTP/1.1\r\nHost: a\r\n\r\n"
    const last = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
    const connections = yield* Effect.forkAll(Array.from({ length: 100 }, () => speak(url, request.repeat(99) + last)))
    yield* awaitSeen("serverInfo", 10_000)
    yield* gate.open
    const received = (yield* Fiber.join(connections)).join("")
    expect(received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(10_000)
  })
)

it.scoped("responses to clients that disconnected are dropped", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, requests, url } = yield* Simulator.make()
    const gate = yield* Effect.makeLatch()
    const faults = [Fault.hold(gate.await), Fault.hold(gate.await, { when: "after" }), Fault.stall(9)]
    for (const [times, fault] of faults.entries()) {
      yield* inject({ operation: "serverInfo", fault })
      const pending = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
      yield* awaitSeen("serverInfo", times + 1)
      yield* Fiber.interrupt(pending)
    }
    // After this request the server has noticed that the first two clients disconnected.
    expect(yield* isWell(url)).toBe(true)
    yield* gate.open
    expect(yield* isWell(url)).toBe(true)
    expect((yield* requests).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })
)

it.scoped("a client that disconnects during a partial response does no harm", () =>
  Effect.gen(function* () {
    const { awaitSeen, inject, url } = yield* Simulator.make({ latency: "1 second" })
    yield* inject({ operation: "serverInfo", fault: Fault.stall(9) })
    const pending = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
    yield* awaitSeen("serverInfo")
    yield* Fiber.interrupt(pending)
    // Inspection has no latency. After it the server has noticed that the client disconnected.
    yield* send(`${url}/simulator/sessions`)
    yield* TestClock.adjust("1 second")
    expect((yield* send(`${url}/simulator/sessions`)).status).toBe(200)
  })
)

it.scoped("an incomplete request of a client that disconnects is dropped", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    yield* speak(url, "POST /api/3.29/auth/signin HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", {
      close: true
    })
    yield* speak(url, "GET /api/3.29/serverinfo HTTP/1.1\r\nHost: a\r\n\r\n", { close: true })
    expect(yield* isWell(url)).toBe(true)
  })
)
