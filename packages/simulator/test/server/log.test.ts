import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import * as Log from "../../src/internal/server/log.js"
import { send, signIn } from "../support/http.js"

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl"

it.scoped("secrets in headers, queries and paths are not in the log, and other values are", () =>
  Effect.gen(function* () {
    const { requests, url } = yield* Simulator.make()
    const { siteId, token } = yield* signIn(url)
    const workbooks = `${url}/api/3.29/sites/${siteId}/workbooks`
    const secrets = {
      "x-credentials": "c1-hush",
      "x-session-id": "s2-hush",
      "x-amz-signature": "a3-hush",
      "x-goog-iap-jwt-assertion": "g4-hush",
      "x-api-key": "k5-hush",
      "proxy-authorization": "Basic aHVzaA==",
      "x-sid": "i6-hush",
      "x-signed-by": "y7-hush",
      "x-mode": `Bearer hush`,
      "x-trail": "Zq3vT8mN4kR1xW6yB9cD",
      referer: `http://localhost/?code=r8-hush`
    }
    yield* send(workbooks, {
      token,
      headers: { ...secrets, "x-department": "sales", "x-request-id": "0123456789abcdef0123" }
    })
    const parameters = [
      `token=q1-hush`,
      `X-Amz-Signature=q2-hush`,
      `access_token=q3-hush`,
      `%73ig=q4-hush`,
      `code=q5-hush`,
      `state=Zq3vT8mN4kR1xW6yB9cD`,
      `id_hint=${jwt}`,
      `filter=name:eq:${encodeURIComponent(token)}`,
      "pageSize=5",
      "filter=name:eq:Zq3vT8mN4kR1xW6yB9cD",
      "verbose=true"
    ]
    yield* send(`${workbooks}?${parameters.join("&")}`, { token })
    yield* send(`${url}/api/3.29/${jwt}/x;jsessionid=p1-hush`)
    yield* send(`${url}/api/3.29/${encodeURIComponent(token)}`)
    const seen = yield* requests
    const text = JSON.stringify(seen)
    expect(text).not.toContain("hush")
    expect(text).not.toContain(jwt)
    expect(text).not.toContain(token)
    expect(text).not.toContain(encodeURIComponent(token))
    const [, first, second, third] = seen
    expect(Object.keys(first?.headers ?? {}).sort()).toEqual([
      "connection",
      "host",
      "referer",
      "x-department",
      "x-request-id"
    ])
    expect(first?.headers).toMatchObject({ "x-department": "sales", "x-request-id": "0123456789abcdef0123" })
    expect(second?.query.split("&").slice(-4)).toEqual([
      "filter=redacted",
      "pageSize=5",
      "filter=name:eq:Zq3vT8mN4kR1xW6yB9cD",
      "verbose=true"
    ])
    expect(third?.path).toBe("/api/3.29/redacted/x;redacted")
    // Ids are no secrets.
    expect(first?.path).toBe(`/api/3.29/sites/${siteId}/workbooks`)
  })
)

it.effect("the log keeps the newest entries within its limit of bytes, and counts all", () =>
  Effect.gen(function* () {
    const log = Log.make<"signIn">()
    const path = "p".repeat(15_000)
    for (let number = 0; number < 4000; number++) {
      yield* log.arrived({
        operation: "signIn",
        method: "GET",
        path,
        query: String(number),
        headers: { "user-agent": "u".repeat(1000) },
        listener: "main",
        user: undefined,
        site: undefined,
        status: undefined
      })
    }
    const entries = yield* log.entries
    const size = entries.reduce((sum, { path }) => sum + 2 * path.length, 0)
    expect(size).toBeLessThan(33 * 1024 * 1024)
    expect(size).toBeGreaterThan(20 * 1024 * 1024)
    expect(entries.at(-1)?.query).toBe("3999")
    expect(entries[0]?.query).toBe(String(4000 - entries.length))
    expect(yield* log.count("signIn")).toBe(4000)
  })
)
