import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, errorOf, ids, viewer } from "../support/http.js"

const grant = (user: string, ...capabilities: ReadonlyArray<string>) =>
  `<permissions><granteeCapabilities><user id="${user}"/><capabilities>` +
  capabilities.map((name) => `<capability name="${name}" mode="Allow"/>`).join("") +
  "</capabilities></granteeCapabilities></permissions>"

const kinds = [
  { kind: "workbook", write: "403027", project: "403025", owner: "403027", taken: "409012", notFound: "404006" },
  { kind: "datasource", write: "403032", project: "403030", owner: "403027", taken: "409015", notFound: "404004" },
  { kind: "flow", write: "403103", project: "403030", owner: "403098", taken: "409041", notFound: "404027" }
]

for (const { kind, notFound, owner, project, taken, write } of kinds) {
  it.scoped(`a ${kind} is renamed, moved and given to another owner`, () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      yield* TestClock.setTime(Date.UTC(2026, 0, 31))
      const { put, request, userId } = yield* client(url)
      const [id = "", second = ""] = ids(yield* request(`${kind}s`), kind)
      const [defaultProject = "", sales = ""] = ids(yield* request("projects"), "project")
      const [, other = ""] = ids(yield* request("users"), "user")
      const path = `${kind}s/${id}`
      const read = Effect.map(request(path), ({ text }) => text)
      const before = attribute(yield* read, kind, "updatedAt")
      // An empty element changes nothing.
      expect((yield* put(path, `<${kind}/>`)).status).toBe(200)
      expect(attribute(yield* read, kind, "updatedAt")).toBe(before)
      const renamed = yield* put(path, `<${kind} name="Été &amp; &lt;b&gt;"><project id="${sales}"/></${kind}>`)
      expect([renamed.status, attribute(renamed.text, kind, "name")]).toEqual([200, "Été &amp; &lt;b&gt;"])
      expect(yield* read).toContain(`<project id="${sales}"`)
      expect(attribute(yield* read, kind, "updatedAt")).toBe("2026-01-31T00:00:00Z")
      const given = yield* put(path, `<${kind}><owner id="${kind === "flow" ? userId : other}"/></${kind}>`)
      expect(attribute(given.text, "owner", "id")).toBe(kind === "flow" ? userId : other)
      if (kind === "flow")
        expect(errorOf(yield* put(path, `<flow><owner id="${other}"/></flow>`))).toEqual([403, owner])
      // The name is free elsewhere, but not in the project of an item that has it.
      yield* put(`${kind}s/${second}`, `<${kind} name="été &amp; &lt;B>"><project id="${defaultProject}"/></${kind}>`)
      expect(errorOf(yield* put(path, `<${kind}><project id="${defaultProject}"/></${kind}>`))).toEqual([409, taken])
      expect(errorOf(yield* put(path, `<${kind} name=""/>`))).toEqual([400, "400008"])
      expect(errorOf(yield* put(path, `<${kind} name="${"x".repeat(256)}"/>`))).toEqual([400, "400008"])
      expect(errorOf(yield* put(path, `<${kind}><project id="x"/></${kind}>`))).toEqual([404, "404005"])
      expect(errorOf(yield* put(path, `<${kind}><owner id="x"/></${kind}>`))).toEqual([404, "404002"])
      expect(errorOf(yield* put(`${kind}s/x`, `<${kind}/>`))).toEqual([404, notFound])
      expect(errorOf(yield* put(path, "<other/>"))).toEqual([400, "400000"])
    })
  )

  it.scoped(`a user without permissions changes neither a ${kind} nor its project and owner`, () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { put, request } = yield* client(url)
      const vera = yield* client(url, viewer)
      const [id = ""] = ids(yield* vera.request(`${kind}s`), kind)
      const [, sales = ""] = ids(yield* request("projects"), "project")
      const path = `${kind}s/${id}`
      const change = (inner: string) => vera.put(path, `<${kind} name="New">${inner}</${kind}>`)
      expect(errorOf(yield* change(""))).toEqual([403, write])
      yield* put(`${path}/permissions`, grant(vera.userId, "Write"))
      expect((yield* change("")).status).toBe(200)
      expect(errorOf(yield* change(`<project id="${sales}"/>`))).toEqual([403, project])
      expect(errorOf(yield* change(`<owner id="${vera.userId}"/>`))).toEqual([403, owner])
      yield* put(`projects/${sales}/permissions`, grant(vera.userId, "Write"))
      expect((yield* change(`<project id="${sales}"/>`)).status).toBe(200)
    })
  )

  it.scoped(`connections of a ${kind} are changed, one or several at once, without showing a password`, () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const { put, request } = yield* client(url)
      const vera = yield* client(url, viewer)
      const [id = ""] = ids(yield* vera.request(`${kind}s`), kind)
      const path = `${kind}s/${id}/connections`
      const [connection = ""] = ids(yield* request(path), "connection")
      const values = 'serverAddress="db" serverPort="1433" userName="u" password="secret" embedPassword="true"'
      const changed = yield* put(`${path}/${connection}`, `<connection ${values} authenticationType="oauth"/>`)
      expect(changed.status).toBe(200)
      expect(changed.text).toContain(' serverAddress="db" serverPort="1433" userName="u" embedPassword="true"')
      expect(changed.text).not.toContain("secret")
      expect((yield* request(path)).text).toMatch(
        / serverAddress="db" .*embedPassword="true" authenticationType="oauth"/
      )
      const bodies =
        kind === "flow"
          ? [`<connections><connection id="${connection}" userName="v"/></connections>`]
          : [
              `<connectionLuids><connectionLuid>${connection}</connectionLuid></connectionLuids><connection userName="v"/>`,
              `<connectionLUIDs><connectionLUID>${connection}</connectionLUID></connectionLUIDs><connection userName="v"/>`
            ]
      for (const body of bodies) {
        yield* put(`${path}/${connection}`, '<connection userName="u"/>')
        const several = yield* put(path, body)
        expect([several.status, attribute(several.text, "connection", "userName")]).toEqual([200, "v"])
        expect((yield* request(path)).text).toContain(' serverAddress="db" serverPort="1433" userName="v"')
        expect(errorOf(yield* put(path, body.replace(connection, "x")))).toEqual([404, "404020"])
      }
      const empty = '<connections/><connectionLuids/><connection userName="v"/>'
      expect(errorOf(yield* put(path, empty))).toEqual([400, "400000"])
      expect(errorOf(yield* put(`${path}/${connection}`, "<connection/>"))).toEqual([400, "400000"])
      expect(errorOf(yield* put(`${path}/${connection}`, '<connection serverPort="many"/>'))).toEqual([400, "400000"])
      expect(errorOf(yield* put(`${path}/${connection}`, '<connection embedPassword="1"/>'))).toEqual([400, "400008"])
      expect(errorOf(yield* put(`${path}/x`, '<connection userName="v"/>'))).toEqual([404, "404020"])
      const forbidden = { workbook: "403029", datasource: "403023", flow: "403103" }[kind]
      expect(errorOf(yield* vera.put(`${path}/${connection}`, '<connection userName="v"/>'))).toEqual([403, forbidden])
    })
  )
}

it.scoped("a workbook keeps its description, tabs, encryption and freshness", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { put, request } = yield* client(url)
    const [id = ""] = ids(yield* request("workbooks"), "workbook")
    const [view = ""] = ids(yield* request(`workbooks/${id}/views`), "view")
    const [, sales = ""] = ids(yield* request("projects"), "project")
    const change = (attributes: string, inner = "") =>
      put(`workbooks/${id}`, `<workbook ${attributes}>${inner}</workbook>`)
    yield* change('description="d" showTabs="false" encryptExtracts="true" recentlyViewed="true"')
    const every =
      '<dataFreshnessPolicy option="FreshEvery"><freshEverySchedule frequency="Hours" value="5"/></dataFreshnessPolicy>'
    expect((yield* change("", every)).text).toContain(every)
    const { text } = yield* request(`workbooks/${id}`)
    expect(text).toMatch(/ description="d".* showTabs="false".* encryptExtracts="true"/)
    expect(text).toContain(every)
    const weekly =
      '<dataFreshnessPolicy option="FreshAt">\n<freshAtSchedule frequency="Week" time="09:30:00" timezone="UTC">' +
      '<intervals>\n<interval weekDay="Monday"/>\n</intervals></freshAtSchedule></dataFreshnessPolicy>'
    yield* change("", weekly)
    const json = yield* request(`workbooks/${id}`, { headers: { accept: "application/json" } })
    expect(JSON.parse(json.text).workbook.dataFreshnessPolicy).toEqual({
      option: "FreshAt",
      freshAtSchedule: {
        frequency: "Week",
        time: "09:30:00",
        timezone: "UTC",
        intervals: { interval: [{ weekDay: "Monday" }] }
      }
    })
    // The views of a workbook move with it.
    yield* change("", `<project id="${sales}"/>`)
    expect((yield* request(`views/${view}`)).text).toContain(`<project id="${sales}"`)
    expect(errorOf(yield* change('recentlyViewed="false"'))).toEqual([400, "400008"])
    expect(errorOf(yield* change('showTabs="perhaps"'))).toEqual([400, "400008"])
    expect(errorOf(yield* change("", '<dataFreshnessPolicy option="FreshEvery"/>'))).toEqual([400, "400000"])
    expect(errorOf(yield* change("", '<dataFreshnessPolicy option="Stale"/>'))).toEqual([400, "400000"])
  })
)

it.scoped("a data source is certified by administrators and project leaders, and can use Tableau Bridge", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { put, post, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const found = yield* vera.request("datasources?filter=isCertified:eq:false,hasExtracts:eq:true")
    const path = `datasources/${ids(found, "datasource")[0]}`
    yield* put(`${path}/permissions`, grant(vera.userId, "Write"))
    const certify = '<datasource isCertified="true" certificationNote="good" useRemoteQueryAgent="true"/>'
    expect(errorOf(yield* vera.put(path, certify))).toEqual([403, "403141"])
    // Tableau's Python client always sends the attribute.
    expect((yield* vera.put(path, '<datasource isCertified="false" description="d"/>')).status).toBe(200)
    expect((yield* put(path, certify)).text).toContain('isCertified="true" certificationNote="good"')
    const job = attribute((yield* post(`${path}/refresh`, "")).text, "job", "id")
    yield* TestClock.adjust("500 millis")
    expect(attribute((yield* request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
    yield* TestClock.adjust("500 millis")
    expect(attribute((yield* request(`jobs/${job}`)).text, "job", "finishCode")).toBe("3")
  })
)

it.scoped("a flow is given to any user by the operation for owners", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const [id = ""] = ids(yield* vera.request("flows"), "flow")
    const give = (to: string, by = request) => by(`flows/${id}/owner/${to}`, { method: "PUT" })
    expect(errorOf(yield* give(vera.userId, vera.request))).toEqual([403, "403187"])
    expect(errorOf(yield* give("x"))).toEqual([404, "404061"])
    const given = yield* give(vera.userId)
    expect([given.status, given.text]).toEqual([200, ""])
    expect((yield* request(`flows/${id}`)).text).toContain(`<owner id="${vera.userId}"`)
  })
)
