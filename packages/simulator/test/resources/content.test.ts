import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { admin, attribute, client, errorOf, ids, send, signIn, total, viewer } from "../support/http.js"

it.scoped("every kind of item of the demo content is listed without duplicates and found by id", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    for (const site of ["", "MarketingTeam", "Finance"]) {
      const { request } = yield* client(url, admin, site)
      for (const [path, element, least] of [
        ["workbooks", "workbook", 101],
        ["views", "view", 101],
        ["datasources", "datasource", 5],
        ["flows", "flow", 5],
        ["projects", "project", 5],
        ["groups", "group", 2],
        ["users", "user", 5]
      ] as const) {
        const list = yield* request(`${path}?pageSize=1000`)
        expect([path, list.status, total(list) >= least]).toEqual([path, 200, true])
        const all = ids(list, element)
        expect(new Set(all).size).toBe(total(list))
        if (path === "groups") continue
        const last = all.at(-1) ?? ""
        const one = yield* request(`${path}/${last}`)
        const found = path === "projects" ? last : attribute(one.text, element, "id")
        expect(found).toBe(last)
      }
    }
  })
)

it.scoped("every workbook has views and connections, and one has neither project nor owner", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const [superstore = "", , , loose = ""] = ids(yield* request("workbooks"), "workbook")
    const { text } = yield* request(`workbooks/${superstore}`)
    expect(text).toContain('<project id="')
    expect(text.match(/<view /g)).toHaveLength(2)
    expect((yield* request(`workbooks/${loose}`)).text).not.toMatch(/<(project|owner) /)
    const views = yield* request(`workbooks/${superstore}/views?includeUsageStatistics=true`)
    expect(views.text).toMatch(/<usage totalViewCount="\d+"\/>/)
    expect(ids(views, "view")).toEqual(ids(yield* request(`workbooks/${superstore}`), "view"))
    expect(errorOf(yield* request("views?includeUsageStatistics=maybe"))).toEqual([400, "400008"])
    const connections = yield* request(`workbooks/${superstore}/connections`)
    expect(connections.text).toMatch(/<connection id="[^"]+" type="sqlproxy"[^>]*><datasource id=/)
    for (const kind of ["datasource", "flow"]) {
      const [id = ""] = ids(yield* request(`${kind}s`), kind)
      expect((yield* request(`${kind}s/${id}/connections`)).text).toContain("<connection ")
    }
  })
)

it.scoped("jobs, schedules and extract refresh tasks are listed and found by id", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const jobs = yield* request("jobs")
    for (const id of ids(jobs, "backgroundJob")) {
      const { text } = yield* request(`jobs/${id}`)
      // A client that waits for a job needs both attributes or none.
      expect(/ finishCode="[012]"/.test(text)).toBe(/ completedAt="2/.test(text))
    }
    const failed = yield* request("jobs?filter=status:eq:Failed,title:has:work")
    expect(ids(failed, "backgroundJob").length).toBeGreaterThan(0)
    const schedules = yield* request("/schedules")
    const [schedule = ""] = ids(schedules, "schedule")
    expect((yield* request(`/schedules/${schedule}`)).text).toContain('<frequencyDetails start="06:00:00"><intervals>')
    const tasks = yield* request("tasks/extractRefreshes")
    const [task = ""] = ids(tasks, "extractRefresh")
    expect(attribute((yield* request(`tasks/extractRefreshes/${task}`)).text, "extractRefresh", "id")).toBe(task)
    expect(ids(yield* request(`schedules/${schedule}/extracts`), "extract")).toContain(task)
    for (const [path, expected] of [
      ["jobs/x", "404018"],
      ["/schedules/x", "404023"],
      ["tasks/extractRefreshes/x", "404026"]
    ] as const) {
      expect(errorOf(yield* request(path))).toEqual([404, expected])
    }
  })
)

it.scoped("workbooks and data sources have revisions, and users have favorites", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, userId } = yield* client(url)
    const vera = yield* client(url, viewer)
    for (const kind of ["workbook", "datasource"]) {
      const [, , third = ""] = ids(yield* request(`${kind}s`), kind)
      const revisions = yield* request(`${kind}s/${third}/revisions`)
      expect(total(revisions)).toBe(3)
      expect([...revisions.text.matchAll(/revisionNumber="(\d)".*?current="(\w+)"/g)].map(([, ...all]) => all)).toEqual(
        [
          ["1", "false"],
          ["2", "false"],
          ["3", "true"]
        ]
      )
      expect(revisions.text).toMatch(/<publisher id="[^"]+" name="admin"\/>/)
      expect((yield* request(`${kind}s/${third}/revisions?pageSize=2&pageNumber=2`)).text).toContain('pageNumber="2"')
      expect((yield* request(`${kind}s/x/revisions`)).status).toBe(404)
    }
    const favorites = yield* request(`favorites/${userId}`)
    expect(total(favorites)).toBe(5)
    expect(favorites.text).toMatch(
      /<favorite label="My workbook" position="0" [^>]*><workbook id="[^"]+" name="Superstore"\/>/
    )
    expect(total(yield* request(`favorites/${vera.userId}`))).toBe(5)
    expect((yield* vera.request(`favorites/${vera.userId}`)).status).toBe(200)
    expect((yield* vera.request(`favorites/${userId}`)).status).toBe(403)
    expect(errorOf(yield* request("favorites/x"))).toEqual([404, "404002"])
  })
)

it.scoped("sites are listed for server administrators only, and not on Cloud", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, siteId } = yield* client(url, admin, "MarketingTeam")
    expect(total(yield* request("/sites"))).toBe(3)
    for (const path of [siteId, "marketingteam?key=contentUrl", "Marketing%20Team?key=name"]) {
      expect(attribute((yield* request(`/sites/${path}`)).text, "site", "contentUrl")).toBe("MarketingTeam")
    }
    expect((yield* request("/sites/Finance?key=contentUrl")).status).toBe(403)
    expect(errorOf(yield* request("/sites/Nowhere?key=name"))).toEqual([404, "404000"])
    expect((yield* request("/sessions/current")).text).toContain('name="admin"')
    const cloud = yield* Simulator.make({ cloud: true })
    const there = yield* client(cloud.url, admin, "Finance")
    expect(errorOf(yield* there.request("/sites"))).toEqual([403, "403069"])
  })
)

it.scoped("an operation fails with 404001, tags with 404008, at an older API version", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { siteId, token } = yield* signIn(url)
    const at = (path: string, method = "GET") => Effect.map(send(`${url}/api/${path}`, { token, method }), errorOf)
    expect(yield* at(`3.2/sites/${siteId}/flows`)).toEqual([404, "404001"])
    expect(yield* at(`3.3/sites/${siteId}/flows`)).toEqual([200, ""])
    // 3.10 is later than 3.3.
    expect(yield* at(`3.10/sites/${siteId}/flows`)).toEqual([200, ""])
    expect(yield* at(`2.5/sites/${siteId}/flows/x/tags/y`, "DELETE")).toEqual([404, "404008"])
    expect(yield* at("2.5/auth/switchSite", "POST")).toEqual([404, "404001"])
  })
)
