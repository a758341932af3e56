import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { attribute, client, code, errorOf, viewer } from "../support/http.js"

const content = {
  users: [
    { name: "ana", password: "a", siteRole: "ServerAdministrator" },
    { name: "bo", password: "b", siteRole: "Creator" },
    { name: "cy", password: "c", siteRole: "Viewer" }
  ],
  sites: [
    {
      contentUrl: "Sales",
      workbooks: [{ name: "Live", owner: "bo" }],
      datasources: [{ name: "Fast", owner: "bo", hasExtracts: false }]
    }
  ]
}

const setting = Effect.gen(function* () {
  const simulator = yield* Simulator.make({ content })
  const of = (name: string, password: string) => client(simulator.url, { name, password }, "Sales")
  return { simulator, ana: yield* of("ana", "a"), bo: yield* of("bo", "b"), cy: yield* of("cy", "c") }
})

for (const { kind, all, deleted } of [
  { kind: "workbook", all: '<datasources includeAll="true"/>', deleted: 200 },
  { kind: "datasource", all: "", deleted: 204 }
]) {
  it.scoped(`the extract of a ${kind} is created by a job, encrypted, refreshed and deleted`, () =>
    Effect.gen(function* () {
      const { bo, cy } = yield* setting
      const id = attribute((yield* bo.request(`${kind}s`)).text, kind, "id")
      const read = Effect.map(bo.request(`${kind}s?fields=hasExtracts,encryptExtracts`), ({ text }) => [
        attribute(text, kind, "hasExtracts"),
        attribute(text, kind, "encryptExtracts")
      ])
      expect(errorOf(yield* cy.post(`${kind}s/${id}/createExtract`, all))).toEqual([409, "409067"])
      const created = yield* bo.post(`${kind}s/${id}/createExtract?encrypt=true`, all)
      expect([created.status, attribute(created.text, "job", "type")]).toEqual([200, "CreateExtract"])
      const job = attribute(created.text, "job", "id")
      expect(created.text).toContain(`<jobLuid>${job}</jobLuid>`)
      expect(errorOf(yield* bo.post(`${kind}s/${id}/createExtract`, all))).toEqual([409, "409077"])
      expect(yield* read).toEqual(["false", "false"])
      yield* TestClock.adjust("1 second")
      // The user who started a job sees it, without being an administrator. Others do not.
      expect(attribute((yield* bo.request(`jobs/${job}`)).text, "job", "finishCode")).toBe("0")
      expect(errorOf(yield* cy.request(`jobs/${job}`))).toEqual([403, "403004"])
      expect(yield* read).toEqual(["true", "true"])
      expect(errorOf(yield* bo.post(`${kind}s/${id}/createExtract`, all))).toEqual([409, "409068"])
      expect((yield* bo.post(`${kind}s/${id}/refresh`, "")).status).toBe(202)
      const gone = yield* bo.post(`${kind}s/${id}/deleteExtract`, all)
      expect([gone.status, gone.text]).toEqual([deleted, ""])
      expect(yield* read).toEqual(["false", "false"])
      expect(errorOf(yield* bo.post(`${kind}s/${id}/deleteExtract`, all))).toEqual([409, "409079"])
    })
  )
}

it.scoped("a workbook that is deleted while a job works on it fails the job", () =>
  Effect.gen(function* () {
    const { bo } = yield* setting
    const id = attribute((yield* bo.request("workbooks")).text, "workbook", "id")
    const started = yield* bo.post(`workbooks/${id}/createExtract`, '<datasources includeAll="true"/>')
    expect((yield* bo.remove(`workbooks/${id}`)).status).toBe(204)
    yield* TestClock.adjust("1 second")
    const { text } = yield* bo.request(`jobs/${attribute(started.text, "job", "id")}`)
    expect(attribute(text, "job", "finishCode")).toBe("1")
  })
)

it.scoped("the extracts of a site are encrypted and decrypted by server administrators", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const { post, request } = yield* client(url)
    const vera = yield* client(url, viewer)
    const encrypted = Effect.map(request("workbooks?filter=hasExtracts:eq:true"), ({ text }) => [
      ...new Set(Array.from(text.matchAll(/ encryptExtracts="(\w+)"/g), ([, value]) => value))
    ])
    for (const [action, value] of [
      ["encrypt", "true"],
      ["reencrypt", "true"],
      ["decrypt", "false"]
    ]) {
      expect(errorOf(yield* vera.post(`${action}-extracts`, ""))).toEqual([403, "403004"])
      const done = yield* post(`${action}-extracts`, "")
      expect([done.status, done.text]).toEqual([200, ""])
      expect(yield* encrypted).toEqual([value])
    }
  })
)

it.scoped("thumbnails are redrawn by a job, for the owner and administrators", () =>
  Effect.gen(function* () {
    const { bo, cy } = yield* setting
    const id = attribute((yield* bo.request("workbooks")).text, "workbook", "id")
    const path = `workbooks/${id}/refreshThumbnails`
    expect(errorOf(yield* cy.request(path, { method: "PUT" }))).toEqual([403, "403179"])
    const started = yield* bo.request(path, { method: "PUT" })
    expect([started.status, attribute(started.text, "job", "type")]).toEqual([202, "RefreshThumbnails"])
    expect(started.text).toMatch(`</jobLuid><workbook id="${id}" name="Live"/></thumbnailsRefreshJob>`)
  })
)

for (const [extractJobs, outer, inner] of [
  ["readable", "", ""],
  ["innerOnly", "400031", ""],
  ["listOnly", "400031", "400031"]
] as const) {
  it.scoped(`the job of a new extract is found as the option says: ${extractJobs}`, () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ content, extractJobs })
      const { post, request } = yield* client(url, { name: "ana", password: "a" }, "Sales")
      const id = attribute((yield* request("datasources")).text, "datasource", "id")
      const created = yield* post(`datasources/${id}/createExtract`, "")
      const outerId = attribute(created.text, "job", "id")
      const [, innerId = ""] = /<jobLuid>(.*)<\/jobLuid>/.exec(created.text) ?? []
      expect(innerId === outerId).toBe(extractJobs !== "innerOnly")
      expect(code(yield* request(`jobs/${outerId}`))).toBe(outer)
      expect(code(yield* request(`jobs/${innerId}`))).toBe(inner)
      expect((yield* request("jobs")).text).toContain(` id="${innerId}" status="Pending"`)
    })
  )
}
