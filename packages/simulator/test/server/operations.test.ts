import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Simulator } from "effect-tableau-simulator"
import { facts, names, operations } from "../../src/internal/operations/table.js"
import { isSimulated } from "../../src/internal/resources/handlers.js"
import { resolve } from "../../src/internal/server/router.js"
import { client, errorOf, send, signIn } from "../support/http.js"

it("the router finds each operation of the table by its own request", () => {
  const resolved = names.map((name) => {
    const [verb = "", path = ""] = facts(name)[0].split(" ")
    const found = resolve(verb, `${path.startsWith("/api/") ? "" : "/api/3.29"}${path.replaceAll(/\{\w+\}/g, "a-1")}`)
    return found._tag === "Found" ? found.operation : found._tag
  })
  expect(resolved).toEqual(names)
})

it("the router distinguishes colons, literals and parameters within a path", () => {
  const operation = (verb: string, path: string) => {
    const found = resolve(verb, path)
    return found._tag === "Found" ? [found.operation, Object.fromEntries(found.parameters)] : found._tag
  }
  expect(operation("PUT", "/api/3.29/sites/s/tags:batchCreate")).toEqual(["batchAddTags", { siteId: "s" }])
  expect(operation("GET", "/api/-/pulse/metrics%3AbatchGet")).toEqual(["batchGetPulseMetricsByUrl", {}])
  expect(operation("GET", "/api/3.29/sites/s/flows/runs")).toEqual(["getFlowRuns", { siteId: "s" }])
  expect(operation("GET", "/api/3.29/sites/s/flows/x")).toEqual(["queryFlow", { siteId: "s", flowId: "x" }])
  expect(operation("GET", "/api/-/authn-service/identity-pools/")).toEqual(["listIdentityPools", {}])
  expect(operation("DELETE", "/api/3.29/sites/s/flows/runs")).toBe("WrongVerb")
  expect(operation("GET", "/api/-/nothing")).toBe("NotFound")
})

it("each operation of the table has a name of its own and a request of its own", () => {
  const requests = names.map((name) => facts(name)[0].replaceAll(/\{\w+\}/g, "{}"))
  expect(new Set(requests).size).toBe(Object.keys(operations).length)
})

it.scoped("an operation without handler gets 501 with its name, and a warning in the log", () =>
  Effect.gen(function* () {
    const warnings: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      warnings.push(`${logLevel.label} ${String(message)}`)
    })
    const { url } = yield* Simulator.make().pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    const { request } = yield* client(url)
    const response = yield* request("webhooks")
    expect(errorOf(response)).toEqual([501, "501000"])
    expect(response.headers["content-type"]).toContain("xml")
    expect(response.text).toContain("listWebhooksForSite")
    expect(warnings).toEqual(["WARN The simulator has no handler for listWebhooksForSite: the response is 501."])
    expect(isSimulated("listWebhooksForSite")).toBe(false)
  })
)

it.scoped("PATCH, DELETE with a body, and JSON services without handler get 501", () =>
  Effect.gen(function* () {
    const { requests, url } = yield* Simulator.make({ cloud: true })
    const { request, token } = yield* client(url, undefined, "Finance")
    const body = "<tsRequest><tagBatch/></tsRequest>"
    expect(errorOf(yield* request("tags:BatchDelete", { method: "DELETE", body }))).toEqual([501, "501000"])
    const headers = { "content-type": "application/json" }
    const patch = { method: "PATCH", body: '{"actions":[]}', headers }
    expect(errorOf(yield* request("settings/notifications", patch))).toEqual([501, "501000"])
    const service = yield* send(`${url}/api/-/pulse/definitions/x`, { ...patch, token })
    expect([service.status, service.headers["content-type"]]).toEqual([501, "application/json;charset=utf-8"])
    expect(JSON.parse(service.text)).toMatchObject({ error: { code: "501000" } })
    expect((yield* requests).map(({ operation }) => operation)).toEqual([
      ...["signIn", "batchDeleteTags", "updateUserNotificationPreferences", "updatePulseDefinition"]
    ])
  }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
)

it.scoped("services need a token like all operations, except those that need none", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    expect((yield* send(`${url}/api/-/search`)).status).toBe(401)
    expect((yield* send(`${url}/api/v1/vizql-data-service/simple-request`)).status).toBe(501)
    expect((yield* send(`${url}/api/-/nothing`)).status).toBe(404)
  }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
)

it.scoped("operations of the other deployment fail: 403069 on Cloud, 404001 on Server", () =>
  Effect.gen(function* () {
    const server = yield* Simulator.make()
    const { token } = yield* signIn(server.url)
    const pulse = yield* send(`${server.url}/api/-/pulse/definitions`, { token })
    expect([pulse.status, JSON.parse(pulse.text).error.code]).toEqual([404, "404001"])
    const cloud = yield* Simulator.make({ cloud: true })
    const { request } = yield* client(cloud.url, undefined, "Finance")
    expect(errorOf(yield* request("/schedules"))).toEqual([403, "403069"])
  })
)
