import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { type Answer, admin, attribute, code, send, signIn, viewer } from "./http.js"

/** Somebody who is signed in on a site, and asks for things below it. */
const visitor = (url: string, who: Readonly<Record<string, string>> = admin, site = "") =>
  Effect.map(signIn(url, who, site), ({ siteId, token, userId }) => {
    const ask = (path: string, options: Parameters<typeof send>[1] = {}) =>
      send(`${url}/api/3.29${path.startsWith("/") ? path : `/sites/${siteId}/${path}`}`, { token, ...options })
    return {
      siteId,
      token,
      userId,
      ask,
      post: (path: string, body: string) => ask(path, { method: "POST", body: `<tsRequest>${body}</tsRequest>` }),
      put: (path: string, body: string) => ask(path, { method: "PUT", body: `<tsRequest>${body}</tsRequest>` }),
      remove: (path: string) => ask(path, { method: "DELETE" })
    }
  })

const total = ({ text }: Answer) => Number(attribute(text, "pagination", "totalAvailable"))

const ids = ({ text }: Answer, element: string) =>
  [...text.matchAll(new RegExp(`<${element} id="([^"]*)"`, "g"))].map(([, id = ""]) => id)

const refusal = (answer: Answer) => [answer.status, code(answer)]

describe("content", () => {
  it.scoped("is listed and found again by id, kind by kind", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      for (const site of ["", "MarketingTeam", "Finance"]) {
        const { ask } = yield* visitor(url, admin, site)
        for (const [path, element, least] of [
          ["workbooks", "workbook", 101],
          ["views", "view", 101],
          ["datasources", "datasource", 5],
          ["flows", "flow", 5],
          ["projects", "project", 5],
          ["groups", "group", 2],
          ["users", "user", 5]
        ] as const) {
          const list = yield* ask(`${path}?pageSize=1000`)
          expect([path, list.status, total(list) >= least]).toEqual([path, 200, true])
          const all = ids(list, element)
          expect(new Set(all).size).toBe(total(list))
          if (path === "groups") continue
          const last = all.at(-1) ?? ""
          const one = yield* ask(`${path}/${last}`)
          const found = path === "projects" ? last : attribute(one.text, element, "id")
          expect(found).toBe(last)
        }
      }
    })
  )

  it.scoped("has workbooks with views, connections, and one that belongs nowhere", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask } = yield* visitor(url)
      const [superstore = "", , , loose = ""] = ids(yield* ask("workbooks"), "workbook")
      const { text } = yield* ask(`workbooks/${superstore}`)
      expect(text).toContain('<project id="')
      expect(text.match(/<view /g)).toHaveLength(2)
      expect((yield* ask(`workbooks/${loose}`)).text).not.toMatch(/<(project|owner) /)
      const views = yield* ask(`workbooks/${superstore}/views?includeUsageStatistics=true`)
      expect(views.text).toMatch(/<usage totalViewCount="\d+"\/>/)
      expect(ids(views, "view")).toEqual(ids(yield* ask(`workbooks/${superstore}`), "view"))
      expect(refusal(yield* ask("views?includeUsageStatistics=maybe"))).toEqual([400, "400008"])
      const connections = yield* ask(`workbooks/${superstore}/connections`)
      expect(connections.text).toMatch(/<connection id="[^"]+" type="sqlproxy"[^>]*><datasource id=/)
      for (const kind of ["datasource", "flow"]) {
        const [id = ""] = ids(yield* ask(`${kind}s`), kind)
        expect((yield* ask(`${kind}s/${id}/connections`)).text).toContain("<connection ")
      }
    })
  )

  it.scoped("has jobs, schedules and extract refresh tasks", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask } = yield* visitor(url)
      const jobs = yield* ask("jobs")
      for (const id of ids(jobs, "backgroundJob")) {
        const { text } = yield* ask(`jobs/${id}`)
        // Whoever waits for a job needs both or neither.
        expect(/ finishCode="[012]"/.test(text)).toBe(/ completedAt="2/.test(text))
      }
      const failed = yield* ask("jobs?filter=status:eq:Failed,title:has:work")
      expect(ids(failed, "backgroundJob").length).toBeGreaterThan(0)
      const schedules = yield* ask("/schedules")
      const [schedule = ""] = ids(schedules, "schedule")
      expect((yield* ask(`/schedules/${schedule}`)).text).toContain('<frequencyDetails start="06:00:00"><intervals>')
      const tasks = yield* ask("tasks/extractRefreshes")
      const [task = ""] = ids(tasks, "extractRefresh")
      expect(attribute((yield* ask(`tasks/extractRefreshes/${task}`)).text, "extractRefresh", "id")).toBe(task)
      expect(ids(yield* ask(`schedules/${schedule}/extracts`), "extract")).toContain(task)
      for (const [path, expected] of [
        ["jobs/x", "404018"],
        ["/schedules/x", "404023"],
        ["tasks/extractRefreshes/x", "404026"]
      ] as const) {
        expect(refusal(yield* ask(path))).toEqual([404, expected])
      }
    })
  )

  it.scoped("has revisions of workbooks and data sources, and favorites of users", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, userId } = yield* visitor(url)
      const vera = yield* visitor(url, viewer)
      for (const kind of ["workbook", "datasource"]) {
        const [, , third = ""] = ids(yield* ask(`${kind}s`), kind)
        const revisions = yield* ask(`${kind}s/${third}/revisions`)
        expect(total(revisions)).toBe(3)
        expect(
          [...revisions.text.matchAll(/revisionNumber="(\d)".*?current="(\w+)"/g)].map(([, ...all]) => all)
        ).toEqual([
          ["1", "false"],
          ["2", "false"],
          ["3", "true"]
        ])
        expect(revisions.text).toMatch(/<publisher id="[^"]+" name="admin"\/>/)
        expect((yield* ask(`${kind}s/${third}/revisions?pageSize=2&pageNumber=2`)).text).toContain('pageNumber="2"')
        expect((yield* ask(`${kind}s/x/revisions`)).status).toBe(404)
      }
      const favorites = yield* ask(`favorites/${userId}`)
      expect(total(favorites)).toBe(5)
      expect(favorites.text).toMatch(
        /<favorite label="My workbook" position="0" [^>]*><workbook id="[^"]+" name="Superstore"\/>/
      )
      expect(total(yield* ask(`favorites/${vera.userId}`))).toBe(5)
      expect((yield* vera.ask(`favorites/${vera.userId}`)).status).toBe(200)
      expect((yield* vera.ask(`favorites/${userId}`)).status).toBe(403)
      expect(refusal(yield* ask("favorites/x"))).toEqual([404, "404002"])
    })
  )

  it.scoped("has sites, for server administrators, and the current session", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, siteId } = yield* visitor(url, admin, "MarketingTeam")
      expect(total(yield* ask("/sites"))).toBe(3)
      for (const path of [siteId, "marketingteam?key=contentUrl", "Marketing%20Team?key=name"]) {
        expect(attribute((yield* ask(`/sites/${path}`)).text, "site", "contentUrl")).toBe("MarketingTeam")
      }
      expect((yield* ask("/sites/Finance?key=contentUrl")).status).toBe(403)
      expect(refusal(yield* ask("/sites/Nowhere?key=name"))).toEqual([404, "404000"])
      expect((yield* ask("/sessions/current")).text).toContain('name="admin"')
      const cloud = yield* Simulator.make({ cloud: true })
      const there = yield* visitor(cloud.url, admin, "Finance")
      expect(refusal(yield* there.ask("/sites"))).toEqual([403, "403069"])
    })
  )

  it.scoped("is not there before its API version", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { siteId, token } = yield* signIn(url)
      const at = (path: string, method = "GET") => Effect.map(send(`${url}/api/${path}`, { token, method }), refusal)
      expect(yield* at(`3.2/sites/${siteId}/flows`)).toEqual([404, "404001"])
      expect(yield* at(`3.3/sites/${siteId}/flows`)).toEqual([200, ""])
      // 3.10 is later than 3.3.
      expect(yield* at(`3.10/sites/${siteId}/flows`)).toEqual([200, ""])
      expect(yield* at(`2.5/sites/${siteId}/flows/x/tags/y`, "DELETE")).toEqual([404, "404008"])
      expect(yield* at("2.5/auth/switchSite", "POST")).toEqual([404, "404001"])
    })
  )
})

describe("lists", () => {
  const names = (answer: Answer) => [...answer.text.matchAll(/<workbook id="[^"]*" name="([^"]*)"/g)].map(([, n]) => n)

  it.scoped("are filtered by the operators of each field", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 50 })
      const { ask } = yield* visitor(url)
      const filtered = (filter: string) => Effect.map(ask(`workbooks?filter=${encodeURIComponent(filter)}`), names)
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
      // As the Python client writes dates.
      expect(yield* filtered("createdAt:lte:2024-01-02 09:00:00")).toEqual(["Superstore", "O'Brien, A &amp; B"])
      expect(yield* filtered("tags:eq:draft")).toHaveLength(16)
      expect(yield* filtered("tags:in:[draft,nothing]")).toHaveLength(16)
      expect(yield* filtered("projectName:eq:DEFAULT")).toHaveLength(10)
      expect(yield* filtered("ownerName:eq:陈伟,hasExtracts:eq:true")).toEqual([])
      expect(yield* filtered("hasExtracts:eq:TRUE,name:eq:Superstore")).toEqual(["Superstore"])
      expect(names(yield* ask("workbooks?filter=&pageSize=3"))).toHaveLength(3)
      expect(names(yield* ask("workbooks?filter=name:eq:Workbook+5"))).toEqual(["Workbook 5"])
    })
  )

  it.scoped("refuse filters that the real server refuses", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask } = yield* visitor(url)
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
        const answer = yield* ask(`workbooks?filter=${encodeURIComponent(filter)}`)
        expect([filter, ...refusal(answer)]).toEqual([filter, 400, "400000"])
      }
    })
  )

  it.scoped("are sorted by several keys in their order", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 8 })
      const { ask } = yield* visitor(url)
      const sorted = (sort: string) => Effect.map(ask(`workbooks?sort=${sort}`), names)
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
        expect(refusal(yield* ask(`workbooks?sort=${sort}`))).toEqual([400, "400000"])
      }
    })
  )

  it.scoped("filter, sort and page together", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 60 })
      const { ask } = yield* visitor(url)
      const answer = yield* ask("workbooks?filter=name:eq:Workbook*&sort=size:desc,name:asc&pageSize=20&pageNumber=3")
      expect(total(answer)).toBe(56)
      expect(names(answer)).toHaveLength(16)
      expect(refusal(yield* ask("workbooks?filter=name:eq:Workbook*&pageSize=20&pageNumber=4"))).toEqual([
        400,
        "400006"
      ])
    })
  )

  it.scoped("say what is asked for of each item", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 1 })
      const { ask } = yield* visitor(url)
      const item = (fields: string) =>
        Effect.map(ask(`workbooks?fields=${fields}`), ({ text }) => /<workbook .*(?=<\/workbooks>)/.exec(text)?.[0])
      expect(yield* item("name,owner.name")).toBe('<workbook name="Superstore"><owner name="admin"/></workbook>')
      expect(yield* item("workbook.size")).toBe('<workbook size="1"/>')
      expect(yield* item("_default_,sheetCount")).toMatch(/contentUrl="Superstore".* sheetCount="2"/)
      expect(yield* item("_all_")).toMatch(/ sheetCount="2".*<owner [^>]*email="admin@example.com"/)
      expect((yield* ask("workbooks")).text).not.toMatch(/sheetCount|email/)
      expect(refusal(yield* ask("workbooks?fields=shoeSize"))).toEqual([400, "400000"])
    })
  )

  it.scoped("come as JSON for who accepts it", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const signedIn = yield* send(`${url}/api/3.29/auth/signin`, {
        body: JSON.stringify({ credentials: { ...admin, site: { contentUrl: "" } } }),
        headers: { accept: "application/json", "content-type": "application/json" }
      })
      expect(signedIn.headers["content-type"]).toBe("application/json;charset=utf-8")
      const { credentials } = JSON.parse(signedIn.text)
      expect(credentials).toMatchObject({ token: expect.any(String), site: { contentUrl: "" } })
      const ask = (path: string) =>
        Effect.map(
          send(`${url}/api/3.29/${path}`, {
            token: credentials.token,
            headers: { accept: "application/json, text/plain", "content-type": "application/x-www-form-urlencoded" }
          }),
          ({ text }): unknown => JSON.parse(text)
        )
      const site = `sites/${credentials.site.id}`
      expect(yield* ask(`${site}/workbooks?pageSize=2`)).toMatchObject({
        pagination: { pageNumber: "1", pageSize: "2", totalAvailable: "120" },
        workbooks: {
          workbook: [
            { name: "Superstore", size: "1", showTabs: true, contentUrl: "Superstore", tags: {} },
            { tags: { tag: [{ label: "quarterly" }] } }
          ]
        }
      })
      expect(yield* ask(`${site}/workbooks?filter=name:eq:nothing`)).toMatchObject({ workbooks: {} })
      expect(yield* ask(`${site}/jobs?pageSize=1`)).toMatchObject({ backgroundJobs: { backgroundJob: [{}] } })
      expect(yield* ask(`${site}/tasks/extractRefreshes`)).toMatchObject({
        tasks: { task: expect.arrayContaining([{ extractRefresh: expect.objectContaining({ priority: "50" }) }]) }
      })
      expect(yield* ask("serverinfo")).toMatchObject({
        serverInfo: { productVersion: { value: "2026.2.0", build: expect.any(String) }, restApiVersion: "3.29" }
      })
      expect(yield* ask("nowhere")).toMatchObject({ error: { code: "404003" } })
    })
  )

  it.scoped("of a million are filtered, too", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 200_000 })
      const { ask } = yield* visitor(url)
      expect(total(yield* ask("workbooks?filter=name:eq:Workbook 19999*"))).toBe(11)
    })
  )
})

describe("changes", () => {
  it.scoped("of tags", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, put, remove } = yield* visitor(url)
      for (const kind of ["workbook", "view", "datasource", "flow"]) {
        const [id = ""] = ids(yield* ask(`${kind}s`), kind)
        const path = `${kind}s/${id}/tags`
        const added = yield* put(path, '<tags><tag label="a/b &amp; c"/><tag label="été"/></tags>')
        expect(added.text).toContain('<tags><tag label="a/b &amp; c"/><tag label="été"/></tags>')
        expect((yield* ask(`${kind}s/${id}`)).text).toContain('<tag label="été"/>')
        expect((yield* remove(`${path}/${encodeURIComponent("a/b & c")}`)).status).toBe(204)
        expect((yield* ask(`${kind}s/${id}`)).text).not.toContain("a/b")
        expect(refusal(yield* remove(`${path}/nothing`))).toEqual([404, "404007"])
        expect(refusal(yield* put(path, "<tags><tag/></tags>"))).toEqual([400, "400000"])
      }
    })
  )

  it.scoped("of projects", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ workbooks: 100 })
      const { ask, post, put, remove } = yield* visitor(url)
      const [defaultProject = "", sales = "", europe = ""] = ids(yield* ask("projects"), "project")
      const created = yield* post("projects", `<project name="Über" parentProjectId="${sales}"/>`)
      expect([created.status, attribute(created.text, "project", "parentProjectId")]).toEqual([201, sales])
      const id = attribute(created.text, "project", "id")
      expect(refusal(yield* post("projects", `<project name="über" parentProjectId="${sales}"/>`))).toEqual([
        409,
        "409006"
      ])
      expect(refusal(yield* post("projects", "<project/>"))).toEqual([400, "400000"])
      expect(refusal(yield* post("projects", '<project name="a" parentProjectId="x"/>'))).toEqual([404, "404005"])
      const updated = yield* put(`projects/${id}?publishSamples=False`, '<project name="New" parentProjectId=""/>')
      expect(attribute(updated.text, "project", "name")).toBe("New")
      expect(updated.text).not.toContain("parentProjectId")
      // This is how the Python client gets a project by id.
      expect(attribute((yield* put(`projects/${id}`, "<project/>")).text, "project", "name")).toBe("New")
      expect(refusal(yield* put(`projects/${sales}`, `<project parentProjectId="${europe}"/>`))).toEqual([
        400,
        "400000"
      ])
      expect(total(yield* ask(`projects?filter=parentProjectId:eq:${sales}`))).toBe(1)
      // What lies in a project goes with it, and so do the projects in it.
      expect((yield* remove(`projects/${sales}`)).status).toBe(204)
      expect(total(yield* ask("projects"))).toBe(3)
      expect(total(yield* ask("workbooks"))).toBe(41)
      expect(new Set(ids(yield* ask("workbooks"), "workbook")).size).toBe(41)
      expect(refusal(yield* remove(`projects/${sales}`))).toEqual([404, "404005"])
      expect(refusal(yield* remove(`projects/${defaultProject}`))).toEqual([403, "403003"])
    })
  )

  it.scoped("of groups and their users", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, post, put, remove, userId } = yield* visitor(url)
      const created = yield* post("groups", '<group name="Friends" minimumSiteRole="Viewer"/>')
      expect(created.status).toBe(201)
      const id = attribute(created.text, "group", "id")
      expect(refusal(yield* post("groups", '<group name="friends"/>'))).toEqual([409, "409009"])
      expect(refusal(yield* post("groups", '<group name="b" minimumSiteRole="King"/>'))).toEqual([400, "400013"])
      expect(refusal(yield* post("groups", '<group><import source="ActiveDirectory"/></group>'))).toEqual([
        403,
        "403011"
      ])
      expect(attribute((yield* put(`groups/${id}`, '<group name="Foes"/>')).text, "group", "name")).toBe("Foes")
      const added = yield* post(`groups/${id}/users`, `<user id="${userId}"/>`)
      expect(attribute(added.text, "user", "name")).toBe("admin")
      expect(refusal(yield* post(`groups/${id}/users`, `<user id="${userId}"/>`))).toEqual([409, "409011"])
      const [, other = "", third = ""] = ids(yield* ask("users"), "user")
      const users = `<users><user id="${other}"/><user id="${third}"/></users>`
      expect((yield* post(`groups/${id}/users`, users)).text).toContain("<users><user ")
      expect(ids(yield* ask(`groups/${id}/users?filter=name:eq:viewer`), "user")).toEqual([other])
      expect((yield* ask(`users/${userId}/groups`)).text).toContain('name="Foes"')
      expect((yield* put(`groups/${id}/users/remove`, users)).status).toBe(204)
      expect(total(yield* ask(`groups/${id}/users`))).toBe(1)
      expect((yield* remove(`groups/${id}/users/${userId}`)).status).toBe(204)
      expect(refusal(yield* remove(`groups/${id}/users/${userId}`))).toEqual([404, "404002"])
      expect((yield* remove(`groups/${id}`)).status).toBe(204)
      expect(refusal(yield* ask(`groups/${id}/users`))).toEqual([404, "404012"])
      const [everybody = ""] = ids(yield* ask("groups?filter=name:eq:All+Users"), "group")
      expect(total(yield* ask(`groups/${everybody}/users`))).toBe(total(yield* ask("users")))
      expect((yield* remove(`groups/${everybody}`)).status).toBe(403)
    })
  )

  it.scoped("of users", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, post, put, remove, userId } = yield* visitor(url)
      const added = yield* post("users", '<user name="Cassie" siteRole="Explorer" authSetting="ServerDefault"/>')
      expect(added.status).toBe(201)
      const id = attribute(added.text, "user", "id")
      expect(refusal(yield* post("users", '<user name="cassie" siteRole="Viewer"/>'))).toEqual([409, "409017"])
      expect(refusal(yield* post("users", '<user name="x" siteRole="King"/>'))).toEqual([400, "400013"])
      expect(refusal(yield* post("users", '<user name="x"/>'))).toEqual([400, "400000"])
      const changed = yield* put(`users/${id}`, '<user fullName="Cassie C." email="c@example.com" password="new"/>')
      expect(attribute(changed.text, "user", "fullName")).toBe("Cassie C.")
      expect(refusal(yield* put(`users/${id}`, '<user email="nonsense"/>'))).toEqual([400, "400000"])
      const cassie = yield* visitor(url, { name: "cassie", password: "new" })
      expect(attribute((yield* cassie.ask(`users/${id}`)).text, "user", "name")).toBe("Cassie")
      expect((yield* remove(`users/${id}`)).status).toBe(204)
      expect(code(yield* cassie.ask("workbooks"))).toBe("401002")
      expect(refusal(yield* ask(`users/${id}`))).toEqual([404, "404002"])
      expect((yield* post("users", '<user name="Cassie" siteRole="Explorer"/>')).status).toBe(201)
      // Who owns something stays, unless somebody else takes it.
      const [chen = ""] = ids(yield* ask("users?filter=name:eq:chen.wei"), "user")
      expect(refusal(yield* remove(`users/${chen}`))).toEqual([409, "409003"])
      const owned = total(yield* ask(`users/${chen}/workbooks?ownedBy=true`))
      const before = total(yield* ask(`users/${userId}/workbooks?ownedBy=true`))
      expect((yield* remove(`users/${chen}?mapAssetsTo=${userId}`)).status).toBe(204)
      expect(total(yield* ask(`users/${userId}/workbooks?ownedBy=true`))).toBe(before + owned)
    })
  )

  it.scoped("of permissions, which decide what is seen", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, put, remove } = yield* visitor(url)
      const vera = yield* visitor(url, viewer)
      for (const kind of ["workbook", "view", "datasource", "flow", "project"]) {
        const path = `${kind}s`
        const all = ids(yield* ask(path), kind)
        const visible = ids(yield* vera.ask(path), kind)
        const hidden = all.find((id) => !visible.includes(id)) ?? ""
        const permissions = `${path}/${hidden}/permissions`
        expect((yield* ask(permissions)).text).not.toContain("granteeCapabilities")
        const grant = (capability: string, mode: string) =>
          put(
            permissions,
            `<permissions><granteeCapabilities><user id="${vera.userId}"/><capabilities>` +
              `<capability name="${capability}" mode="${mode}"/></capabilities></granteeCapabilities></permissions>`
          )
        const granted = yield* grant("Read", "Allow")
        expect(granted.text).toMatch(`<user id="${vera.userId}"/><capabilities><capability name="Read" mode="Allow"/>`)
        expect(ids(yield* vera.ask(path), kind)).toContain(hidden)
        yield* grant("Read", "Deny")
        expect((yield* ask(permissions)).text.match(/<capability /g)).toHaveLength(1)
        expect(ids(yield* vera.ask(path), kind)).not.toContain(hidden)
        expect(refusal(yield* grant("Fly", "Allow"))).toEqual([400, "400009"])
        expect(refusal(yield* grant("Read", "Perhaps"))).toEqual([400, "400000"])
        const rule = `${permissions}/users/${vera.userId}/Read`
        expect(refusal(yield* remove(`${rule}/Allow`))).toEqual([404, "404013"])
        expect((yield* remove(`${rule}/Deny`)).status).toBe(204)
        expect((yield* ask(permissions)).text).not.toContain("granteeCapabilities")
      }
    })
  )

  it.scoped("of permissions of groups, after which a user's own count", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, put, remove } = yield* visitor(url)
      const vera = yield* visitor(url, viewer)
      const [everybody = ""] = ids(yield* ask("groups"), "group")
      const [workbook = ""] = ids(yield* vera.ask("workbooks"), "workbook")
      const permissions = `workbooks/${workbook}/permissions`
      expect((yield* ask(permissions)).text).toContain(`<granteeCapabilities><group id="${everybody}"/>`)
      expect((yield* remove(`${permissions}/groups/${everybody}/Read/Allow`)).status).toBe(204)
      expect(refusal(yield* vera.ask(`workbooks/${workbook}`))).toEqual([404, "404006"])
      const grant = (grantee: string, mode: string) =>
        put(
          permissions,
          `<permissions><granteeCapabilities>${grantee}<capabilities><capability name="Read" mode="${mode}"/>` +
            "</capabilities></granteeCapabilities></permissions>"
        )
      yield* grant(`<group id="${everybody}"/>`, "Deny")
      yield* grant(`<user id="${vera.userId}"/>`, "Allow")
      expect((yield* vera.ask(`workbooks/${workbook}`)).status).toBe(200)
    })
  )
})

describe("the viewer", () => {
  it.scoped("does not see what is hidden", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask } = yield* visitor(url)
      const vera = yield* visitor(url, viewer)
      for (const [path, element] of [
        ["projects", "project"],
        ["workbooks", "workbook"],
        ["views", "view"],
        ["datasources", "datasource"],
        ["flows", "flow"]
      ] as const) {
        const all = ids(yield* ask(`${path}?pageSize=1000`), element)
        const list = yield* vera.ask(`${path}?pageSize=1000`)
        const visible = ids(list, element)
        expect(visible.length).toBeGreaterThan(0)
        expect(visible.length).toBeLessThan(all.length)
        expect(total(list)).toBe(visible.length)
        const hidden = all.find((id) => !visible.includes(id)) ?? ""
        if (path !== "projects") expect((yield* vera.ask(`${path}/${hidden}`)).status).toBe(404)
      }
      const own = yield* vera.ask(`users/${vera.userId}/workbooks`)
      expect(total(own)).toBe(total(yield* vera.ask("workbooks")))
      const tasks = [yield* ask("tasks/extractRefreshes"), yield* vera.ask("tasks/extractRefreshes")]
      expect(tasks.map((answer) => ids(answer, "extractRefresh").length)).toEqual([6, 4])
    })
  )

  it.scoped("may not do what is for administrators", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { ask, post, put, remove, userId } = yield* visitor(url, viewer)
      const [project = ""] = ids(yield* ask("projects"), "project")
      const [workbook = ""] = ids(yield* ask("workbooks"), "workbook")
      const [someone = ""] = ids(yield* (yield* visitor(url)).ask("users"), "user")
      const answers = yield* Effect.all([
        ask("users"),
        ask(`users/${someone}`),
        ask(`users/${someone}/groups`),
        ask("groups"),
        ask("jobs"),
        ask("/sites"),
        post("users", '<user name="x" siteRole="Viewer"/>'),
        put(`users/${userId}`, '<user siteRole="Creator"/>'),
        remove(`users/${userId}`),
        post("groups", '<group name="x"/>'),
        post("projects", '<project name="x"/>'),
        put(`projects/${project}`, '<project name="x"/>'),
        remove(`projects/${project}`),
        put(`workbooks/${workbook}/tags`, '<tags><tag label="x"/></tags>'),
        ask(`workbooks/${workbook}/permissions`),
        put(`workbooks/${workbook}/permissions`, "<permissions/>")
      ])
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403))
      expect((yield* ask(`users/${userId}`)).status).toBe(200)
      expect((yield* ask(`users/${userId}/groups`)).status).toBe(200)
    })
  )
})
