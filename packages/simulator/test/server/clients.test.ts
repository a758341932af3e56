import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { attribute, code, send, speak } from "../support/http.js"

/** Requests as other clients of Tableau send them, with the bytes that differ from ours. */

it.scoped("the Python client negotiates the version, signs in without a content type, lists and signs out", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const info = yield* send(`${url}/api/2.4/serverInfo`, { headers: { "Content-Type": "text/xml" } })
    expect(info.text).toContain("<restApiVersion>3.29</restApiVersion>")
    // The client sends no XML declaration and no namespace, and character references. It looks for `<?xml` in responses.
    const signIn = yield* send(`${url}/api/3.29/auth/signin`, {
      body:
        '<tsRequest><credentials name="viewer" password="p@ss&quot;w&amp;rd&lt;&#233;">' +
        '<site contentUrl="marketingteam" /></credentials></tsRequest>'
    })
    expect(signIn.text).toMatch(
      /^<\?xml version='1.0' encoding='UTF-8'\?><tsResponse xmlns="http:\/\/tableau.com\/api"/
    )
    const token = attribute(signIn.text, "credentials", "token")
    const site = `${url}/api/3.29/sites/${attribute(signIn.text, "site", "id")}`
    const headers = {
      "x-tableau-auth": token,
      "Content-Type": "text/xml",
      "User-Agent": "Tableau Server Client/0.40"
    }
    const list = yield* send(
      `${site}/workbooks?sort=createdAt%3Aasc%2Cname%3Adesc&filter=createdAt%3Agt%3A2024-01-01+00%3A00%3A00%2C` +
        "name%3Aeq%3AWorkbook+7&pageNumber=1&pageSize=100",
      { headers }
    )
    expect(attribute(list.text, "workbook", "name")).toBe("Workbook 7")
    // The client parses no other format of date.
    expect(attribute(list.text, "workbook", "createdAt")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const ampersand = yield* send(`${site}/workbooks?filter=name%3Aeq%3ACheck+%26+Balance`, { headers })
    expect(code(ampersand)).toBe("400000")
    const self = yield* send(`${site}/users/${attribute(signIn.text, "user", "id")}`, { headers })
    expect(attribute(self.text, "user", "name")).toBe("viewer")
    const signOut = yield* send(`${url}/api/3.29/auth/signout`, { method: "POST", headers, body: "" })
    expect([signOut.status, signOut.text]).toEqual([204, ""])
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("the Python client finds summary and detail in an error response", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { text } = yield* send(`${url}/api/3.29/auth/signin`, { body: "<tsRequest/>" })
    expect(text).toMatch(/<error code="400000"><summary>[^<]+<\/summary><detail>[^<]+<\/detail><\/error>/)
  })
)

it.scoped("tabcmd finds the project default in any case", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const signIn = yield* send(`${url}/api/3.24/auth/signin`, {
      body:
        '<tsRequest><credentials personalAccessTokenName="demo-token" personalAccessTokenSecret="demo-secret">' +
        '<site contentUrl="" /></credentials></tsRequest>'
    })
    const site = `${url}/api/3.24/sites/${attribute(signIn.text, "site", "id")}`
    const token = attribute(signIn.text, "credentials", "token")
    const projects = yield* send(`${site}/projects?filter=name:eq:Default`, { token })
    expect(attribute(projects.text, "project", "name")).toBe("default")
    const users = yield* send(`${site}/users?fields=_all_&filter=name:eq:ADMIN`, { token })
    expect(attribute(users.text, "user", "name")).toBe("admin")
    const view = yield* send(`${site}/views?filter=contentUrl:eq:Superstore/sheets/Overview`, { token })
    expect(attribute(view.text, "view", "name")).toBe("Overview")
  })
)

it.scoped("a JSON client signs out with an empty form", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const json = { accept: "application/json", "content-type": "application/json" }
    const { text } = yield* send(`${url}/api/3.24/auth/signin`, {
      headers: json,
      body: JSON.stringify({
        credentials: {
          personalAccessTokenName: "demo-token",
          personalAccessTokenSecret: "demo-secret",
          site: { contentUrl: "Finance" }
        }
      })
    })
    const { token } = JSON.parse(text).credentials
    const signOut = yield* send(`${url}/api/3.24/auth/signout`, {
      method: "POST",
      token,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" }
    })
    expect([signOut.status, signOut.headers["content-type"]]).toEqual([204, undefined])
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("pipelined requests get their responses in order", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const received = yield* speak(
      url,
      "GET /api/3.29/serverinfo HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    expect([...received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "404"])
  })
)
