import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { client, ids, total, viewer } from "../support/http.js"

it.scoped("a user without permissions does not see content of a restricted project", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const vera = yield* client(url, viewer)
    for (const [path, element] of [
      ["projects", "project"],
      ["workbooks", "workbook"],
      ["views", "view"],
      ["datasources", "datasource"],
      ["flows", "flow"]
    ] as const) {
      const all = ids(yield* request(`${path}?pageSize=1000`), element)
      const list = yield* vera.request(`${path}?pageSize=1000`)
      const visible = ids(list, element)
      expect(visible.length).toBeGreaterThan(0)
      expect(visible.length).toBeLessThan(all.length)
      expect(total(list)).toBe(visible.length)
      const hidden = all.find((id) => !visible.includes(id)) ?? ""
      if (path !== "projects") expect((yield* vera.request(`${path}/${hidden}`)).status).toBe(404)
    }
    const own = yield* vera.request(`users/${vera.userId}/workbooks`)
    expect(total(own)).toBe(total(yield* vera.request("workbooks")))
    const tasks = [yield* request("tasks/extractRefreshes"), yield* vera.request("tasks/extractRefreshes")]
    expect(tasks.map((response) => ids(response, "extractRefresh").length)).toEqual([6, 5])
  })
)

it.scoped("operations for administrators fail with 403 for other users", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, post, put, remove, userId } = yield* client(url, viewer)
    const [project = ""] = ids(yield* request("projects"), "project")
    const [workbook = ""] = ids(yield* request("workbooks"), "workbook")
    const [someone = ""] = ids(yield* (yield* client(url)).request("users"), "user")
    const responses = yield* Effect.all([
      request("users"),
      request(`users/${someone}`),
      request(`users/${someone}/groups`),
      request("groups"),
      request("jobs"),
      request("/sites"),
      post("users", '<user name="x" siteRole="Viewer"/>'),
      put(`users/${userId}`, '<user siteRole="Creator"/>'),
      remove(`users/${userId}`),
      post("groups", '<group name="x"/>'),
      post("projects", '<project name="x"/>'),
      put(`projects/${project}`, '<project name="x"/>'),
      remove(`projects/${project}`),
      put(`workbooks/${workbook}/tags`, '<tags><tag label="x"/></tags>'),
      request(`workbooks/${workbook}/permissions`),
      put(`workbooks/${workbook}/permissions`, "<permissions/>")
    ])
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 403))
    expect((yield* request(`users/${userId}`)).status).toBe(200)
    expect((yield* request(`users/${userId}/groups`)).status).toBe(200)
  })
)
