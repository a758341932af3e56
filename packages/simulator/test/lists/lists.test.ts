import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { admin, attribute, client, code, errorOf, type Response, send, signIn, total } from "../support/http.js"

const names = (response: Response) =>
  [...response.text.matchAll(/<workbook id="[^"]*" name="([^"]*)"/g)].map(([, n]) => n)

it.scoped("the filter parameter applies the operators of each field", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 50 })
    const { request } = yield* client(url)
    const filtered = (filter: string) => Effect.map(request(`workbooks?filter=${encodeURIComponent(filter)}`), names)
    expect(yield* filtered("name:eq:Superstore")).toEqual(["Superstore"])
    expect(yield* filtered("name:eq:superstore")).toEqual(["Superstore"])
    expect(yield* filtered("name:in:[Superstore,Été 売上,none]")).toEqual(["Superstore", "Été 売上"])
    expect(yield* filtered("name:eq:*ook 4*")).toEqual([
      "Workbook 40",
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `Workbook 4${n}`)
    ])
    expect(yield* filtered("name:eq:(.*)")).toEqual([])
    expect(yield* filtered("size:gt:38")).toEqual(["Workbook 39", "Workbook 40"])
    expect(yield* filtered("size:gte:39,size:lte:40")).toHaveLength(50)
    expect(yield* filtered("size:eq:40")).toEqual(["Workbook 40"])
    expect(yield* filtered("createdAt:lt:2024-01-03T00:00:00Z")).toEqual(["Superstore", "O'Brien, A &amp; B"])
    // The date format of the Python client.
    expect(yield* filtered("createdAt:lte:2024-01-02 09:00:00")).toEqual(["Superstore", "O'Brien, A &amp; B"])
    expect(yield* filtered("tags:eq:draft")).toHaveLength(16)
    expect(yield* filtered("tags:in:[draft,nothing]")).toHaveLength(16)
    expect(yield* filtered("projectName:eq:DEFAULT")).toHaveLength(10)
    expect(yield* filtered("ownerName:eq:陈伟,hasExtracts:eq:true")).toEqual([])
    expect(yield* filtered("hasExtracts:eq:TRUE,name:eq:Superstore")).toEqual(["Superstore"])
    expect(names(yield* request("workbooks?filter=&pageSize=3"))).toHaveLength(3)
    expect(names(yield* request("workbooks?filter=name:eq:Workbook+5"))).toEqual(["Workbook 5"])
  })
)

it.scoped("an asterisk is a wildcard with `like`, and with `eq` and `in` unless the simulator takes it literally", () =>
  Effect.gen(function* () {
    const sites = [
      { contentUrl: "", groups: [{ name: "A*B" }, { name: "A, B" }], workbooks: [{ name: "A*B" }, { name: "A, B" }] }
    ]
    const users = [{ name: "admin", password: "admin-password", siteRole: "ServerAdministrator" as const }]
    const found = (asterisk: "wildcard" | "literal" | undefined) =>
      Effect.gen(function* () {
        const { url } = yield* Simulator.make({ asterisk, content: { users, sites } })
        const { request } = yield* client(url)
        const count = (path: string) =>
          Effect.map(request(path), ({ text }) => text.match(/name="A(?:\*|, )B"/g)?.length ?? 0)
        return [
          yield* count("workbooks?filter=name:eq:A*B"),
          yield* count("workbooks?filter=name:in:[A*,x]"),
          yield* count("groups?filter=name:like:A*B")
        ]
      })
    expect(yield* found(undefined)).toEqual([2, 2, 2])
    expect(yield* found("wildcard")).toEqual([2, 2, 2])
    expect(yield* found("literal")).toEqual([1, 0, 2])
  })
)

it.scoped("the filter parameter fails with 400000 for unknown fields, operators and values", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    for (const filter of [
      "name:eq:O'Brien, A",
      "name:eq:A & B",
      "name:gt:A",
      "shoeSize:eq:44",
      "size:gt:many",
      "createdAt:gt:yesterday",
      "hasExtracts:eq:perhaps",
      "__proto__:eq:a",
      "name"
    ]) {
      const response = yield* request(`workbooks?filter=${encodeURIComponent(filter)}`)
      expect([filter, ...errorOf(response)]).toEqual([filter, 400, "400000"])
    }
  })
)

it.scoped("the sort parameter orders by several keys, the first one first", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 8 })
    const { request } = yield* client(url)
    const sorted = (sort: string) => Effect.map(request(`workbooks?sort=${sort}`), names)
    const byName = yield* sorted("name:desc")
    expect(byName).toEqual([...(yield* sorted("name:asc"))].reverse())
    expect(byName[0]).toBe("Été 売上")
    const tabsFirst = yield* sorted("displayTabs:desc,size:desc")
    expect(tabsFirst).toEqual([
      ...["Workbook 7", "Workbook 5", "Été 売上", "Superstore"],
      ...["Workbook 8", "Workbook 6", "Loose Ends", "O'Brien, A &amp; B"]
    ])
    expect(yield* sorted("size:asc")).toEqual(yield* sorted("size"))
    for (const sort of ["shoeSize:asc", "name:up", "tags:asc"]) {
      expect(errorOf(yield* request(`workbooks?sort=${sort}`))).toEqual([400, "400000"])
    }
  })
)

it.scoped("the parameters filter, sort and page apply together", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 60 })
    const { request } = yield* client(url)
    const response = yield* request(
      "workbooks?filter=name:eq:Workbook*&sort=size:desc,name:asc&pageSize=20&pageNumber=3"
    )
    expect(total(response)).toBe(56)
    expect(names(response)).toHaveLength(16)
    expect(errorOf(yield* request("workbooks?filter=name:eq:Workbook*&pageSize=20&pageNumber=4"))).toEqual([
      400,
      "400006"
    ])
  })
)

it.scoped("the fields parameter selects the properties of each item", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 1 })
    const { request } = yield* client(url)
    const item = (fields: string) =>
      Effect.map(request(`workbooks?fields=${fields}`), ({ text }) => /<workbook .*(?=<\/workbooks>)/.exec(text)?.[0])
    expect(yield* item("name,owner.name")).toBe('<workbook name="Superstore"><owner name="admin"/></workbook>')
    expect(yield* item("workbook.size")).toBe('<workbook size="1"/>')
    expect(yield* item("_default_,sheetCount")).toMatch(/contentUrl="Superstore".* sheetCount="2"/)
    expect(yield* item("_all_")).toMatch(/ sheetCount="2".*<owner [^>]*email="admin@example.com"/)
    expect((yield* request("workbooks")).text).not.toMatch(/sheetCount|email/)
    expect(errorOf(yield* request("workbooks?fields=shoeSize"))).toEqual([400, "400000"])
  })
)

it.scoped("a response is JSON when the Accept header names JSON", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const signedIn = yield* send(`${url}/api/3.29/auth/signin`, {
      body: JSON.stringify({ credentials: { ...admin, site: { contentUrl: "" } } }),
      headers: { accept: "application/json", "content-type": "application/json" }
    })
    expect(signedIn.headers["content-type"]).toBe("application/json;charset=utf-8")
    const { credentials } = JSON.parse(signedIn.text)
    expect(credentials).toMatchObject({ token: expect.any(String), site: { contentUrl: "" } })
    const request = (path: string) =>
      Effect.map(
        send(`${url}/api/3.29/${path}`, {
          token: credentials.token,
          headers: { accept: "application/json, text/plain", "content-type": "application/x-www-form-urlencoded" }
        }),
        ({ text }): unknown => JSON.parse(text)
      )
    const site = `sites/${credentials.site.id}`
    expect(yield* request(`${site}/workbooks?pageSize=2`)).toMatchObject({
      pagination: { pageNumber: "1", pageSize: "2", totalAvailable: "120" },
      workbooks: {
        workbook: [
          { name: "Superstore", size: "1", showTabs: true, contentUrl: "Superstore", tags: {} },
          { tags: { tag: [{ label: "quarterly" }] } }
        ]
      }
    })
    expect(yield* request(`${site}/workbooks?filter=name:eq:nothing`)).toMatchObject({ workbooks: {} })
    expect(yield* request(`${site}/jobs?pageSize=1`)).toMatchObject({ backgroundJobs: { backgroundJob: [{}] } })
    expect(yield* request(`${site}/tasks/extractRefreshes`)).toMatchObject({
      tasks: { task: expect.arrayContaining([{ extractRefresh: expect.objectContaining({ priority: "50" }) }]) }
    })
    expect(yield* request("serverinfo")).toMatchObject({
      serverInfo: { productVersion: { value: "2026.2.0", build: expect.any(String) }, restApiVersion: "3.29" }
    })
    expect(yield* request("nowhere")).toMatchObject({ error: { code: "404003" } })
  })
)

it.scoped("the filter parameter finds items among 200,000", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 200_000 })
    const { request } = yield* client(url)
    expect(total(yield* request("workbooks?filter=name:eq:Workbook 19999*"))).toBe(11)
  })
)

it.scoped("a list of several pages has each item once", () =>
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

it.scoped("page numbers and page sizes out of range fail with their codes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 200 })
    const { siteId, token } = yield* signIn(url)
    const response = (query: string) =>
      Effect.map(send(`${url}/api/3.29/sites/${siteId}/workbooks?${query}`, { token }), (response) => [
        response.status,
        code(response)
      ])
    expect(yield* response("pageSize=1000")).toEqual([200, ""])
    expect(yield* response("pageSize=1001")).toEqual([403, "403014"])
    expect(yield* response("pageSize=0")).toEqual([400, "400007"])
    expect(yield* response("pageSize=ten")).toEqual([400, "400007"])
    expect(yield* response("pageNumber=2")).toEqual([200, ""])
    expect(yield* response("pageNumber=3")).toEqual([400, "400006"])
    expect(yield* response("pageNumber=-1")).toEqual([400, "400006"])
  })
)

it.scoped("the last page of a million workbooks is found", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 1_000_000 })
    const { siteId, token } = yield* signIn(url)
    const { text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks?pageSize=1000&pageNumber=1000`, { token })
    expect(text).toContain('totalAvailable="1000000"')
    expect(text).toContain('name="Workbook 1000000"')
  })
)

it.scoped("a list without items is an empty element", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 0 })
    const { siteId, token } = yield* signIn(url)
    const { status, text } = yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token })
    expect([status, attribute(text, "pagination", "totalAvailable")]).toEqual([200, "0"])
    expect(text).toContain("<workbooks/>")
  })
)
