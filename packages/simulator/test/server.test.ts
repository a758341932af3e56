import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, attribute, code, credentials, demoToken, send, signIn } from "./http.js"

describe("server info", () => {
  it.scoped("needs no credentials, in both spellings, at any version", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ apiVersion: "3.21", productVersion: "2023.3.1" })
      for (const path of ["2.4/serverInfo", "3.29/serverinfo", "9.99/serverInfo"]) {
        const { status, text } = yield* send(`${url}/api/${path}`)
        expect(status).toBe(200)
        expect(text).toContain("<restApiVersion>3.21</restApiVersion>")
        expect(text).toMatch(/<productVersion build="[\d.]+">2023\.3\.1<\/productVersion>/)
      }
    })
  )

  it.scoped("tells Cloud", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ cloud: true })
      expect((yield* send(`${url}/api/2.4/serverinfo`)).text).toContain("<restApiVersion>3.30</restApiVersion>")
    })
  )
})

describe("workbooks", () => {
  it.scoped("come in pages, each once, and by id", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 250 })
      const { siteId, token } = yield* signIn(url)
      const path = `${url}/api/3.29/sites/${siteId}/workbooks`
      const pages = yield* Effect.all([1, 2, 3].map((page) => send(`${path}?pageNumber=${page}`, { token })))
      const ids = pages.map(({ text }) => [...text.matchAll(/<workbook id="([^"]*)"/g)].map(([, id = ""]) => id))
      expect(ids.map(({ length }) => length)).toEqual([100, 100, 50])
      expect(new Set(ids.flat()).size).toBe(250)
      expect(pages[0]?.text).toContain('<pagination pageNumber="1" pageSize="100" totalAvailable="250"/>')
      for (const name of ["Superstore", "O'Brien, A &amp; B", "Été 売上"]) expect(pages[0]?.text).toContain(`"${name}"`)
      const last = ids[2]?.[49] ?? ""
      const { text } = yield* send(`${path}/${last}`, { token })
      expect(attribute(text, "workbook", "id")).toBe(last)
      expect(attribute(text, "workbook", "name")).toBe("Workbook 250")
      const unknown = yield* send(`${path}/${last.replace(/.$/, "0")}`, { token })
      expect([unknown.status, code(unknown)]).toEqual([404, "404006"])
    })
  )

  it.scoped("are refused in pages that there are not", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 200 })
      const { siteId, token } = yield* signIn(url)
      const answer = (query: string) =>
        Effect.map(send(`${url}/api/3.29/sites/${siteId}/workbooks?${query}`, { token }), (answer) => [
          answer.status,
          code(answer)
        ])
      expect(yield* answer("pageSize=1000")).toEqual([200, ""])
      expect(yield* answer("pageSize=1001")).toEqual([403, "403014"])
      expect(yield* answer("pageSize=0")).toEqual([400, "400007"])
      expect(yield* answer("pageSize=ten")).toEqual([400, "400007"])
      expect(yield* answer("pageNumber=2")).toEqual([200, ""])
      expect(yield* answer("pageNumber=3")).toEqual([400, "400006"])
      expect(yield* answer("pageNumber=-1")).toEqual([400, "400006"])
    })
  )

  it.scoped("can be a million, made as they are asked for", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 1_000_000 })
      const { siteId, token } = yield* signIn(url)
      const { text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks?pageSize=1000&pageNumber=1000`, { token })
      expect(text).toContain('totalAvailable="1000000"')
      expect(text).toContain('name="Workbook 1000000"')
    })
  )

  it.scoped("without workbooks are an empty list", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 0 })
      const { siteId, token } = yield* signIn(url)
      const { status, text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token })
      expect([status, attribute(text, "pagination", "totalAvailable")]).toEqual([200, "0"])
      expect(text).toContain("<workbooks/>")
    })
  )
})

describe("listeners", () => {
  it.scoped("speak HTTPS with a certificate that is valid for loopback", () =>
    Effect.gen(function* () {
      const { certificate, url } = yield* Simulator.make({ tls: true })
      expect(url).toMatch(/^https:/)
      const port = new URL(url).port
      for (const host of ["127.0.0.1", "localhost"]) {
        expect((yield* send(`https://${host}:${port}/api/3.29/serverinfo`, { ca: certificate })).status).toBe(200)
      }
      const distrust = yield* Effect.flip(send(`${url}/api/3.29/serverinfo`))
      expect(distrust.message).toMatch(/self.signed/)
    })
  )

  it.scoped("that only redirect send everything to the same path on the main one", () =>
    Effect.gen(function* () {
      const { count, redirectUrl = "", requests, url } = yield* Simulator.make({ tls: true, redirectFrom: 0 })
      const path = "/api/3.29/auth/signin?a=b"
      const answer = yield* send(redirectUrl + path, { body: credentials(admin, "") })
      expect([answer.status, answer.headers.location]).toEqual([301, url + path])
      expect(yield* requests).toMatchObject([{ operation: "signIn", listener: "redirect", status: 301 }])
      expect(yield* count("signIn")).toBe(1)
    })
  )

  it.scoped("are closed with the scope", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Effect.map(Simulator.make(), ({ url }) => url))
      expect((yield* Effect.flip(send(url))).message).toContain("ECONNREFUSED")
    })
  )

  it.scoped("do not start on a port that is taken", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const port = Number(new URL(url).port)
      const error = yield* Effect.flip(Effect.scoped(Simulator.make({ port })))
      expect([error._tag, error.message]).toEqual([
        "StartFailed",
        `The simulator did not start: port ${port} is taken.`
      ])
    })
  )

  it.scoped("take their time, by the clock of whoever started them", () =>
    Effect.gen(function* () {
      const { awaitSeen, url } = yield* Simulator.make({ latency: "50 millis" })
      const asking = yield* Effect.fork(send(`${url}/api/3.29/serverinfo`))
      yield* awaitSeen("serverInfo")
      expect(yield* Fiber.poll(asking)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("50 millis")
      expect((yield* Fiber.join(asking)).status).toBe(200)
    })
  )

  it.scoped("let web pages in with CORS only", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ cors: true })
      const preflight = yield* send(`${url}/api/3.29/auth/signin`, {
        method: "OPTIONS",
        headers: { "access-control-request-headers": "x-tableau-auth" }
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers["access-control-allow-headers"]).toBe("x-tableau-auth")
      expect((yield* send(`${url}/api/3.29/serverinfo`)).headers["access-control-allow-origin"]).toBe("*")
      const strict = yield* Simulator.make()
      const answer = yield* send(`${strict.url}/api/3.29/serverinfo`)
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined()
    })
  )
})

describe("inspection", () => {
  it.scoped("shows who asked what, in order, and no secret", () =>
    Effect.gen(function* () {
      const { count, requests, url } = yield* Simulator.make()
      const { siteId, token } = yield* signIn(url, demoToken, "Finance")
      yield* send(`${url}/api/3.29/sites/${siteId}/workbooks?pageSize=1`, { token, headers: { "user-agent": "test" } })
      yield* send(`${url}/nowhere`)
      yield* send(`${url}/api/3.29/auth/signout`, { method: "POST", token })
      const seen = yield* requests
      expect(seen.map(({ operation, site, status, user }) => [operation, user, site, status])).toEqual([
        ["signIn", "admin", "Finance", 200],
        ["queryWorkbooksForSite", "admin", "Finance", 200],
        ["unknown", undefined, undefined, 404],
        ["signOut", "admin", "Finance", 204]
      ])
      expect(seen[1]).toMatchObject({ method: "GET", query: "pageSize=1", headers: { "user-agent": "test" } })
      expect(yield* count("signIn")).toBe(1)
      expect(JSON.stringify(seen)).not.toContain(token)
      expect(JSON.stringify(seen)).not.toContain("demo-secret")
    })
  )

  it.scoped("waits until a request has arrived", () =>
    Effect.gen(function* () {
      const { awaitSeen, url } = yield* Simulator.make()
      const waiting = yield* Effect.fork(awaitSeen("serverInfo", 2))
      yield* send(`${url}/api/3.29/serverinfo`)
      expect(yield* Fiber.poll(waiting)).toMatchObject({ _tag: "None" })
      yield* send(`${url}/api/3.29/serverinfo`)
      yield* Fiber.join(waiting)
      yield* awaitSeen("serverInfo", 2)
    })
  )

  it.scoped("is there for other processes, too", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Simulator.make()
      yield* signIn(url)
      const { text } = yield* send(`${url}/simulator/sessions`)
      expect(JSON.parse(text)).toMatchObject({ sessions: [{ user: "admin", site: "" }] })
      expect(JSON.parse((yield* send(`${url}/simulator/requests`)).text)).toMatchObject({
        requests: [{ operation: "signIn" }]
      })
      expect(yield* requests).toHaveLength(1)
    })
  )
})

describe("faults", () => {
  it.scoped("hold a request before it is acted on, or after", () =>
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
      const fault = Fault.hold(Effect.zipRight(Deferred.succeed(acted, undefined), Effect.never), { when: "after" })
      yield* inject({ operation: "signIn", fault })
      const second = yield* Effect.fork(signIn(url, admin))
      yield* Deferred.await(acted)
      expect(yield* sessions).toHaveLength(2)
      yield* Fiber.interrupt(second)
    })
  )

  it.scoped("come as often as they were asked for, and only for their operation", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* Simulator.make()
      yield* inject({ operation: "serverInfo", times: 2, fault: Fault.status(503) })
      yield* signIn(url)
      const statuses = yield* Effect.all([1, 2, 3].map(() => send(`${url}/api/3.29/serverinfo`)))
      expect(statuses.map(({ status }) => status)).toEqual([503, 503, 200])
    })
  )

  it.scoped("answer with any status and with XML, HTML, nothing or anything", () =>
    Effect.gen(function* () {
      const { inject, url } = yield* Simulator.make()
      const answer = (fault: Fault.Fault) =>
        Effect.zipRight(inject({ operation: "any", fault }), send(`${url}/api/3.29/serverinfo`))
      const xml = yield* answer(Fault.status(404, { code: "405000", detail: "<no>" }))
      expect([xml.status, code(xml)]).toEqual([404, "405000"])
      expect(xml.text).toContain("<detail>&lt;no&gt;</detail>")
      const html = yield* answer(Fault.status(502, { body: "html" }))
      expect([html.status, html.headers["content-type"]]).toEqual([502, "text/html;charset=utf-8"])
      expect((yield* answer(Fault.status(200, { body: "empty" }))).text).toBe("")
      const raw = yield* answer(Fault.raw({ body: "{}", contentType: "application/json", headers: { "x-a": "b" } }))
      expect([raw.status, raw.text, raw.headers["content-type"], raw.headers["x-a"]]).toEqual([
        200,
        "{}",
        "application/json",
        "b"
      ])
    })
  )

  it.scoped("reset the connection before the request is acted on, or after", () =>
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

  it.scoped("delay by the clock, and hang for ever", () =>
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
})
