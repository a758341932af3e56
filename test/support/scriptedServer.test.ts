import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Ids, TableauSession, Workbooks } from "effect-tableau"
import { errorResponse, holdRequests, keyOf, noContent, scriptedServer, xml } from "./scriptedServer.js"
import { admin, server as anySimulator } from "./session.js"
import { element, workbooks } from "./xml.js"

const fetchText = (url: string, method = "GET") =>
  Effect.promise(() =>
    fetch(url, { method }).then(async (response) => [response.status, await response.text()] as const)
  )

it.scoped("a session signs in to a scripted server, calls an operation by its template and signs out", () =>
  Effect.gen(function* () {
    const { calls, count, requests, url } = yield* scriptedServer({
      [keyOf(Workbooks.get)]: xml(element("workbook", { id: "w", name: 'a"<&' }))
    })
    const name = yield* Effect.scoped(
      Effect.gen(function* () {
        const session = yield* TableauSession.make({ server: url, credentials: admin, site: "Finance" })
        const workbook = Workbooks.get(Ids.WorkbookId.make("w"))
        return (yield* Effect.provideService(workbook, TableauSession, session)).name
      })
    )
    expect(name).toBe('a"<&')
    expect(calls.map(({ line }) => line)).toEqual(["GET /api/3.29/sites/s/workbooks/w"])
    expect(count("POST /auth/signout")).toBe(1)
    expect(requests).toHaveLength(4)
  }).pipe(Effect.provide(anySimulator()))
)

it.scoped("a key with a query is preferred, then the first, then the defaults, then *", () =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({
      "*": { body: "rest" },
      "/sites/{siteId}/views": { body: "views" },
      "/sites/{siteId}/views?pageNumber=2": { body: "second page" },
      "POST /sites/*": { body: "below" },
      "/api/-/pulse/{id}:generate": { body: "pulse" }
    })
    const body = (path: string, method?: string) => Effect.map(fetchText(`${url}${path}`, method), ([, text]) => text)
    expect(yield* body("/api/3.4/sites/s/views?pageSize=1&pageNumber=2")).toBe("second page")
    expect(yield* body("/api/3.4/sites/s/views?pageNumber=1")).toBe("views")
    expect(yield* body("/api/3.4/sites/s/views", "POST")).toBe("views")
    expect(yield* body("/api/3.4/sites/s/views/v", "POST")).toBe("below")
    expect(yield* body("/api/3.4/sites/s/views/v")).toBe("rest")
    expect(yield* body("/api/-/pulse/x:generate")).toBe("pulse")
    expect(yield* body("/api/2.4/serverinfo")).toContain("<restApiVersion>3.29<")
  })
)

it.scoped("several responses are sent in turn, and the last one from then on", () =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({ "/api/x": [errorResponse(503, "503000"), noContent] })
    const statuses = yield* Effect.replicateEffect(fetchText(`${url}/api/x`), 3)
    expect(statuses.map(([status]) => status)).toEqual([503, 204, 204])
    expect((yield* fetchText(`${url}/api/y`))[0]).toBe(404)
  })
)

it.scoped("a handler writes by itself, holds a request, or waits by the test's clock", () =>
  Effect.gen(function* () {
    const held = yield* holdRequests
    const { url } = yield* scriptedServer({
      "/api/raw": (request, raw) => raw.end(request.method),
      "/api/late": { delay: "1 hour", body: "late" },
      "/api/reset": { ending: "reset" },
      "*": held.handler
    })
    expect(yield* fetchText(`${url}/api/raw`, "PUT")).toEqual([200, "PUT"])
    const late = yield* Effect.fork(fetchText(`${url}/api/late`))
    while (Array.from(yield* TestClock.sleeps()).length === 0) yield* Effect.promise(() => new Promise(setImmediate))
    yield* TestClock.adjust("1 hour")
    expect(yield* Fiber.join(late)).toEqual([200, "late"])
    const reset = Effect.tryPromise(() => fetch(`${url}/api/reset`))
    expect(yield* Effect.flip(reset)).toBeDefined()
    const waiting = yield* Effect.fork(fetchText(`${url}/api/held`))
    const respond = yield* held.next("/held")
    yield* respond({ status: 418 })
    expect((yield* Fiber.join(waiting))[0]).toBe(418)
    expect(workbooks(["a"])).toBe('<workbooks><workbook id="a"/></workbooks>')
  })
)
