import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Simulator } from "effect-tableau-simulator"
import { demoToken, send, signIn } from "../support/http.js"

it.scoped("simulator.requests lists operation, user, site and status in order, without secrets", () =>
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

it.scoped("simulator.awaitSeen waits until the number of requests has arrived", () =>
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

it.scoped("sessions and requests can be read over HTTP", () =>
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
