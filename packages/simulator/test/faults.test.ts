import * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Fault, Simulator } from "effect-tableau-simulator"
import { parseFault } from "../src/internal/program/faultText.js"
import { attribute, code, credentials, send, signIn, speak, viewer } from "./http.js"

/** A simulator, somebody who is signed in, and a request that something goes wrong with. */
const broken = (fault: Fault.Fault, options: Simulator.Options = {}) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make(options)
    const { siteId, token } = yield* signIn(simulator.url)
    yield* simulator.inject({ operation: "queryWorkbooksForSite", fault })
    const list = (query = "") => send(`${simulator.url}/api/3.29/sites/${siteId}/workbooks${query}`, { token })
    return { ...simulator, list, siteId, token }
  })

describe("an answer", () => {
  it.scoped("can come late, after what was asked is done", () =>
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

  it.scoped("can stop in the middle, and never go on", () =>
    Effect.gen(function* () {
      const { list, url } = yield* broken(Fault.stall(100))
      const reached = yield* Effect.makeLatch()
      const stalled = yield* Effect.fork(Effect.ensuring(list(), reached.open))
      // Others are answered meanwhile.
      expect((yield* send(`${url}/api/3.29/serverinfo`)).status).toBe(200)
      expect(yield* Fiber.poll(stalled)).toMatchObject({ _tag: "None" })
      yield* Fiber.interrupt(stalled)
      yield* reached.await
    })
  )

  it.scoped("does not stop where there is nothing more to say: the next one comes on the same connection", () =>
    Effect.gen(function* () {
      for (const [operation, method, path] of [
        ["signOut", "POST", "auth/signout"],
        ["serverInfo", "GET", "serverinfo"]
      ] as const) {
        const { inject, url } = yield* Simulator.make()
        const { token } = yield* signIn(url)
        yield* inject({ operation, fault: Fault.stall(100_000) })
        const heard = yield* speak(
          url,
          `${method} /api/3.29/${path} HTTP/1.1\r\nHost: a\r\nX-Tableau-Auth: ${token}\r\nContent-Length: 0\r\n\r\n` +
            "GET /api/3.29/serverinfo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual([
          operation === "signOut" ? "HTTP/1.1 204" : "HTTP/1.1 200",
          "HTTP/1.1 200"
        ])
      }
    })
  )

  it.scoped("can end in the middle", () =>
    Effect.gen(function* () {
      for (const tls of [false, true]) {
        const { certificate, inject, url } = yield* Simulator.make({ tls })
        yield* inject({ operation: "serverInfo", fault: Fault.truncate(100) })
        const error = yield* Effect.flip(send(`${url}/api/3.29/serverinfo`, { ca: certificate }))
        expect(error.message).toBe("aborted")
      }
    })
  )

  it.scoped("can lie about its length, both ways", () =>
    Effect.gen(function* () {
      const long = yield* broken(Fault.falseLength(10))
      expect((yield* Effect.flip(long.list())).message).toBe("aborted")
      const short = yield* broken(Fault.falseLength(-10))
      const heard = yield* speak(
        short.url,
        `GET /api/3.29/sites/${short.siteId}/workbooks HTTP/1.1\r\nHost: a\r\nX-Tableau-Auth: ${short.token}\r\n\r\n`
      )
      const [, length = "", body = ""] = /content-length: (\d+).*\r\n\r\n(.*)$/is.exec(heard) ?? []
      expect(Buffer.byteLength(body)).toBe(Number(length) + 10)
    })
  )

  it.scoped("can be a login page, or a redirect of any kind to anywhere", () =>
    Effect.gen(function* () {
      const { inject, list, url } = yield* broken(Fault.loginPage)
      const page = yield* list()
      expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html;charset=utf-8"])
      for (const status of [301, 302, 303, 307, 308] as const) {
        for (const to of ["/login", "https://elsewhere.example.com/x", "http://127.0.0.1:1/"]) {
          yield* inject({ operation: "queryWorkbooksForSite", fault: Fault.redirect(status, to) })
          const answer = yield* list()
          expect([answer.status, answer.headers.location]).toEqual([status, to])
        }
      }
      yield* inject({ operation: "serverInfo", fault: Fault.redirect(301, "https://a.example", { keepPath: true }) })
      const moved = yield* send(`${url}/api/3.29/serverinfo?a=b`)
      expect(moved.headers.location).toBe("https://a.example/api/3.29/serverinfo?a=b")
    })
  )

  it.scoped("can be in another namespace", () =>
    Effect.gen(function* () {
      const { list } = yield* broken(Fault.namespace("http://tableausoftware.com/api"))
      const { text } = yield* list()
      expect(text).toContain('xmlns="http://tableausoftware.com/api"')
      expect(text).not.toContain('"http://tableau.com/api"')
    })
  )

  it.scoped("can be the true one, changed", () =>
    Effect.gen(function* () {
      const { list } = yield* broken(
        Fault.alter((answer) => ({ ...answer, status: 203, body: Buffer.from(answer.body.toString(), "utf16le") }))
      )
      const { status, text } = yield* list()
      expect(status).toBe(203)
      expect(text).toContain([..."<workbook "].join("\0"))
    })
  )

  it.scoped("can have no end, until the client hangs up, whatever was done before", () =>
    Effect.gen(function* () {
      const { inject, sessions, url } = yield* broken(Fault.flood())
      yield* inject({ operation: "signIn", fault: Fault.flood({ when: "after" }) })
      const heard = yield* Effect.async<number>((resume) => {
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
      expect(heard).toBeGreaterThan(10_000_000)
      expect(yield* sessions).toHaveLength(2)
    })
  )

  it.scoped("can ask for patience, in seconds or until a date", () =>
    Effect.gen(function* () {
      const { inject, list } = yield* broken(Fault.rateLimited("90 seconds"))
      const seconds = yield* list()
      expect([seconds.status, code(seconds), seconds.headers["retry-after"]]).toEqual([429, "429000", "90"])
      yield* inject({ operation: "any", fault: Fault.rateLimited(new Date("2026-01-02T03:04:05Z")) })
      expect((yield* list()).headers["retry-after"]).toBe("Fri, 02 Jan 2026 03:04:05 GMT")
    })
  )

  it.scoped("can tell that the session was ended by somebody else", () =>
    Effect.gen(function* () {
      const { list, sessions } = yield* broken(Fault.endSession)
      const answer = yield* list()
      expect([answer.status, code(answer)]).toEqual([401, "401002"])
      expect(yield* sessions).toEqual([])
    })
  )

  it.scoped("can have items that moved since the page before", () =>
    Effect.gen(function* () {
      const { inject, list } = yield* broken(Fault.shiftItems(1), { workbooks: 100 })
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
})

describe("faults as text, for the command line", () => {
  it("name the operation, how often, and what", () => {
    for (const [text, expected] of [
      ["signIn=reset:after", { operation: "signIn", times: 1, fault: Fault.reset({ when: "after" }) }],
      ["any**=status:503:html", { operation: "any", times: Infinity, fault: Fault.status(503, { body: "html" }) }],
      ["serverInfo*3=delay:2s", { times: 3, fault: Fault.delay("2 seconds") }],
      ["signIn=flood:after", { fault: Fault.flood({ when: "after" }) }],
      ["signOut=hang", { fault: Fault.hang() }],
      ["signOut=stall:10", { fault: Fault.stall(10) }],
      ["signOut=truncate:10", { fault: Fault.truncate(10) }],
      ["signOut=false-length:-3", { fault: Fault.falseLength(-3) }],
      ["signOut=login-page", { fault: Fault.loginPage }],
      ["signOut=namespace:http://a.example/b", { fault: Fault.namespace("http://a.example/b") }],
      ["signOut=end-session", { fault: Fault.endSession }],
      ["queryJobs=shift-items:-1", { fault: Fault.shiftItems(-1) }],
      ["queryJobs=retry-after:30s", { fault: Fault.rateLimited("30 seconds") }],
      ["queryJobs=retry-after:2026-01-02T03:04:05Z", { fault: Fault.rateLimited(new Date("2026-01-02T03:04:05Z")) }],
      ["queryJobs=redirect:307:https://a.example:8/b", { fault: Fault.redirect(307, "https://a.example:8/b") }]
    ] as const) {
      expect(Either.getOrThrow(parseFault(text))).toMatchObject(expected)
    }
  })

  it("are refused when they name nothing", () => {
    for (const text of ["signIn", "sing=hang", "signIn=explode", "signIn=status:9", "signIn=redirect:304:/", "=hang"]) {
      expect([text, Either.isLeft(parseFault(text))]).toEqual([text, true])
    }
  })
})
