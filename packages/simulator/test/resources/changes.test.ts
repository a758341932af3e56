import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, code, errorOf, ids, total, viewer } from "../support/http.js"

it.scoped("tags are added to content and removed from it", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, put, remove } = yield* client(url)
    for (const kind of ["workbook", "view", "datasource", "flow"]) {
      const [id = ""] = ids(yield* request(`${kind}s`), kind)
      const path = `${kind}s/${id}/tags`
      const added = yield* put(path, '<tags><tag label="&quot;a/b &amp; c&quot;"/><tag label="été"/></tags>')
      expect(added.text).toContain('<tags><tag label="a/b &amp; c"/><tag label="été"/></tags>')
      expect((yield* request(`${kind}s/${id}`)).text).toContain('<tag label="été"/>')
      expect((yield* remove(`${path}/${encodeURIComponent("a/b & c")}`)).status).toBe(204)
      expect((yield* request(`${kind}s/${id}`)).text).not.toContain("a/b")
      expect(errorOf(yield* remove(`${path}/nothing`))).toEqual([404, "404007"])
      expect(errorOf(yield* put(path, "<tags><tag/></tags>"))).toEqual([400, "400000"])
    }
  })
)

it.scoped("a label of a tag is split at spaces and commas that are not in double quotes", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { put, request } = yield* client(url)
    const [id = ""] = ids(yield* request("flows"), "flow")
    const added = yield* put(`flows/${id}/tags`, `<tags><tag label='x y,z "p, q" "" r"s'/><tag label="y"/></tags>`)
    expect([...added.text.matchAll(/<tag label="([^"]*)"/g)].map(([, label]) => label)).toEqual([
      "x",
      "y",
      "z",
      "p, q",
      "r",
      "s"
    ])
  })
)

it.scoped("projects are created, changed, moved and deleted with their content", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ workbooks: 100 })
    const { request, post, put, remove } = yield* client(url)
    const [defaultProject = "", sales = "", europe = ""] = ids(yield* request("projects"), "project")
    const created = yield* post("projects", `<project name="Über" parentProjectId="${sales}"/>`)
    expect([created.status, attribute(created.text, "project", "parentProjectId")]).toEqual([201, sales])
    const id = attribute(created.text, "project", "id")
    expect(errorOf(yield* post("projects", `<project name="über" parentProjectId="${sales}"/>`))).toEqual([
      409,
      "409006"
    ])
    expect(errorOf(yield* post("projects", "<project/>"))).toEqual([400, "400000"])
    expect(errorOf(yield* post("projects", '<project name="a" parentProjectId="x"/>'))).toEqual([404, "404005"])
    const updated = yield* put(`projects/${id}?publishSamples=False`, '<project name="New" parentProjectId=""/>')
    expect(attribute(updated.text, "project", "name")).toBe("New")
    expect(updated.text).not.toContain("parentProjectId")
    // The Python client reads a project by this request.
    expect(attribute((yield* put(`projects/${id}`, "<project/>")).text, "project", "name")).toBe("New")
    expect(errorOf(yield* put(`projects/${sales}`, `<project parentProjectId="${europe}"/>`))).toEqual([400, "400000"])
    expect(total(yield* request(`projects?filter=parentProjectId:eq:${sales}`))).toBe(1)
    // A project is deleted with its content and the projects below it.
    expect((yield* remove(`projects/${sales}`)).status).toBe(204)
    expect(total(yield* request("projects"))).toBe(3)
    expect(total(yield* request("workbooks"))).toBe(41)
    expect(new Set(ids(yield* request("workbooks"), "workbook")).size).toBe(41)
    expect(errorOf(yield* remove(`projects/${sales}`))).toEqual([404, "404005"])
    expect(errorOf(yield* remove(`projects/${defaultProject}`))).toEqual([403, "403003"])
  })
)

it.scoped("groups are created, changed and deleted, and their members added and removed", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, post, put, remove, userId } = yield* client(url)
    const created = yield* post("groups", '<group name="Friends" minimumSiteRole="Viewer"/>')
    expect(created.status).toBe(201)
    const id = attribute(created.text, "group", "id")
    expect(errorOf(yield* post("groups", '<group name="friends"/>'))).toEqual([409, "409009"])
    expect(errorOf(yield* post("groups", '<group name="b" minimumSiteRole="King"/>'))).toEqual([400, "400013"])
    expect(errorOf(yield* post("groups", '<group><import source="ActiveDirectory"/></group>'))).toEqual([403, "403011"])
    expect(attribute((yield* put(`groups/${id}`, '<group name="Foes"/>')).text, "group", "name")).toBe("Foes")
    const added = yield* post(`groups/${id}/users`, `<user id="${userId}"/>`)
    expect(attribute(added.text, "user", "name")).toBe("admin")
    expect(errorOf(yield* post(`groups/${id}/users`, `<user id="${userId}"/>`))).toEqual([409, "409011"])
    const [, other = "", third = ""] = ids(yield* request("users"), "user")
    const users = `<users><user id="${other}"/><user id="${third}"/></users>`
    expect((yield* post(`groups/${id}/users`, users)).text).toContain("<users><user ")
    expect(ids(yield* request(`groups/${id}/users?filter=name:eq:viewer`), "user")).toEqual([other])
    expect((yield* request(`users/${userId}/groups`)).text).toContain('name="Foes"')
    expect((yield* put(`groups/${id}/users/remove`, users)).status).toBe(204)
    expect(total(yield* request(`groups/${id}/users`))).toBe(1)
    expect((yield* remove(`groups/${id}/users/${userId}`)).status).toBe(204)
    expect(errorOf(yield* remove(`groups/${id}/users/${userId}`))).toEqual([404, "404002"])
    expect((yield* remove(`groups/${id}`)).status).toBe(204)
    expect(errorOf(yield* request(`groups/${id}/users`))).toEqual([404, "404012"])
    const [everybody = ""] = ids(yield* request("groups?filter=name:eq:All+Users"), "group")
    expect(total(yield* request(`groups/${everybody}/users`))).toBe(total(yield* request("users")))
    expect((yield* remove(`groups/${everybody}`)).status).toBe(403)
  })
)

it.scoped("users are added, changed and removed, and their content is assigned to another user", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, post, put, remove, userId } = yield* client(url)
    const added = yield* post("users", '<user name="Cassie" siteRole="Explorer" authSetting="ServerDefault"/>')
    expect(added.status).toBe(201)
    const id = attribute(added.text, "user", "id")
    expect(errorOf(yield* post("users", '<user name="cassie" siteRole="Viewer"/>'))).toEqual([409, "409017"])
    expect(errorOf(yield* post("users", '<user name="x" siteRole="King"/>'))).toEqual([400, "400013"])
    expect(errorOf(yield* post("users", '<user name="x"/>'))).toEqual([400, "400000"])
    const changed = yield* put(`users/${id}`, '<user fullName="Cassie C." email="c@example.com" password="new"/>')
    expect(attribute(changed.text, "user", "fullName")).toBe("Cassie C.")
    expect(errorOf(yield* put(`users/${id}`, '<user email="nonsense"/>'))).toEqual([400, "400000"])
    const cassie = yield* client(url, { name: "cassie", password: "new" })
    expect(attribute((yield* cassie.request(`users/${id}`)).text, "user", "name")).toBe("Cassie")
    expect((yield* remove(`users/${id}`)).status).toBe(204)
    expect(code(yield* cassie.request("workbooks"))).toBe("401002")
    expect(errorOf(yield* request(`users/${id}`))).toEqual([404, "404002"])
    expect((yield* post("users", '<user name="Cassie" siteRole="Explorer"/>')).status).toBe(201)
    // A user who owns content can be removed only if another user gets the content.
    const [chen = ""] = ids(yield* request("users?filter=name:eq:chen.wei"), "user")
    expect(errorOf(yield* remove(`users/${chen}`))).toEqual([409, "409003"])
    const owned = total(yield* request(`users/${chen}/workbooks?ownedBy=true`))
    const before = total(yield* request(`users/${userId}/workbooks?ownedBy=true`))
    expect((yield* remove(`users/${chen}?mapAssetsTo=${userId}`)).status).toBe(204)
    expect(total(yield* request(`users/${userId}/workbooks?ownedBy=true`))).toBe(before + owned)
  })
)

it.scoped("permission rules of a user are added, replaced and deleted, and decide what the user sees", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, put, remove } = yield* client(url)
    const vera = yield* client(url, viewer)
    for (const kind of ["workbook", "view", "datasource", "flow", "project"]) {
      const path = `${kind}s`
      const all = ids(yield* request(path), kind)
      const visible = ids(yield* vera.request(path), kind)
      const hidden = all.find((id) => !visible.includes(id)) ?? ""
      const permissions = `${path}/${hidden}/permissions`
      expect((yield* request(permissions)).text).not.toContain("granteeCapabilities")
      const grant = (capability: string, mode: string) =>
        put(
          permissions,
          `<permissions><granteeCapabilities><user id="${vera.userId}"/><capabilities>` +
            `<capability name="${capability}" mode="${mode}"/></capabilities></granteeCapabilities></permissions>`
        )
      const granted = yield* grant("Read", "Allow")
      expect(granted.text).toMatch(`<user id="${vera.userId}"/><capabilities><capability name="Read" mode="Allow"/>`)
      expect(ids(yield* vera.request(path), kind)).toContain(hidden)
      yield* grant("Read", "Deny")
      expect((yield* request(permissions)).text.match(/<capability /g)).toHaveLength(1)
      expect(ids(yield* vera.request(path), kind)).not.toContain(hidden)
      expect(errorOf(yield* grant("Fly", "Allow"))).toEqual([400, "400009"])
      expect(errorOf(yield* grant("Read", "Perhaps"))).toEqual([400, "400000"])
      const rule = `${permissions}/users/${vera.userId}/Read`
      expect(errorOf(yield* remove(`${rule}/Allow`))).toEqual([404, "404013"])
      expect((yield* remove(`${rule}/Deny`)).status).toBe(204)
      expect((yield* request(permissions)).text).not.toContain("granteeCapabilities")
    }
  })
)

it.scoped("a permission rule of a user precedes the rules of groups", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request, put, remove } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [everybody = ""] = ids(yield* request("groups"), "group")
    const [workbook = ""] = ids(yield* vera.request("workbooks"), "workbook")
    const permissions = `workbooks/${workbook}/permissions`
    expect((yield* request(permissions)).text).toContain(`<granteeCapabilities><group id="${everybody}"/>`)
    expect((yield* remove(`${permissions}/groups/${everybody}/Read/Allow`)).status).toBe(204)
    expect(errorOf(yield* vera.request(`workbooks/${workbook}`))).toEqual([404, "404006"])
    const grant = (grantee: string, mode: string) =>
      put(
        permissions,
        `<permissions><granteeCapabilities>${grantee}<capabilities><capability name="Read" mode="${mode}"/>` +
          "</capabilities></granteeCapabilities></permissions>"
      )
    yield* grant(`<group id="${everybody}"/>`, "Deny")
    yield* grant(`<user id="${vera.userId}"/>`, "Allow")
    expect((yield* vera.request(`workbooks/${workbook}`)).status).toBe(200)
  })
)
