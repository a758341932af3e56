/** What docs/DECISIONS.md says about servers and networks that do not behave as documented. */
import * as Net from "node:net"
import * as Cookies from "@effect/platform/Cookies"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Projects, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { listening } from "../../../../test/support/listening.js"
import { makeProxy } from "../../../../test/support/proxy.js"
import { keyOf, scriptedServer, xml } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { element, serverInfoDocument, signInDocument, tsResponse } from "../../../../test/support/xml.js"

const connect = (server: string, options: Partial<TableauSession.Options> = {}) =>
  TableauSession.make({ server, credentials: admin, retry: "never", ...options })

const page = (...workbooks: ReadonlyArray<string>) =>
  xml(
    element("pagination", { pageNumber: 1, pageSize: 100, totalAvailable: workbooks.length }),
    element("workbooks", {}, ...workbooks)
  )

it.scoped("a sign-in that is refused in JSON has the same error as one that is refused in XML", () =>
  Effect.gen(function* () {
    const error = { summary: "Signin Error", detail: "Error signing in to Tableau Server", code: "401001" }
    for (const [type, code, expected] of [
      ["application/json;charset=UTF-8", "401001", "SignInFailed"],
      // Gateways lose the type.
      ["text/plain", "401001", "SignInFailed"],
      [undefined, "401001", "SignInFailed"],
      ["application/json", "403004", "Forbidden"]
    ] as const) {
      const { url } = yield* scriptedServer({
        "POST /auth/signin": {
          status: Number(code.slice(0, 3)),
          headers: type === undefined ? {} : { "content-type": type },
          body: JSON.stringify({ error: { ...error, code } })
        }
      })
      const refused = yield* Effect.flip(connect(url))
      expect([type, refused]).toMatchObject([type, { _tag: expected, code, summary: error.summary }])
    }
  }).pipe(Effect.provide(layerHttpClient))
)

it.scoped("a project is created without a parent in the result when the response has none", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer({
      [keyOf(Projects.create)]: { ...xml(element("project", { id: "p2", name: "Leipzig" })), status: 201 }
    })
    const session = yield* connect(url)
    const parentProjectId = (yield* Projects.create({ name: "Offices" }).pipe(
      Effect.provideService(TableauSession, session)
    )).id
    const created = yield* Projects.create({ name: "Leipzig", parentProjectId }).pipe(
      Effect.provideService(TableauSession, session)
    )
    expect(created).toEqual({ id: "p2", name: "Leipzig" })
    expect(calls.at(-1)?.body).toContain('parentProjectId="p2"')
  }).pipe(Effect.provide(layerHttpClient))
)

it.scoped(
  "a load balancer's cookie comes back to it with a client that keeps cookies, and without one it does not",
  () =>
    Effect.gen(function* () {
      const balanced = { ...page(), headers: { ...page().headers, "set-cookie": ["NODE=b; Path=/; HttpOnly"] } }
      const { calls, url } = yield* scriptedServer({ [keyOf(Workbooks.list)]: balanced })
      const list = Effect.scoped(Workbooks.list())
      const cookies = yield* Ref.make(Cookies.empty)
      for (const options of [{}, { transformClient: HttpClient.withCookiesRef(cookies) }]) {
        const session = yield* connect(url, options)
        yield* list.pipe(Effect.andThen(list), Effect.provideService(TableauSession, session))
      }
      const lists = calls.filter(({ line }) => line.includes("/workbooks"))
      expect(lists.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined, undefined, "NODE=b"])
    }).pipe(Effect.provide(layerHttpClient))
)

/** Sends `100 Continue` before each response, although no request has asked for it. */
const continuing = Effect.gen(function* () {
  const server = Net.createServer((socket) => {
    let received = ""
    socket.on("error", () => socket.destroy())
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1")
      const [head = "", body] = received.split("\r\n\r\n")
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (body === undefined || body.length < length) return
      received = ""
      const document = head.includes("serverinfo")
        ? serverInfoDocument({})
        : head.includes("signin")
          ? signInDocument({})
          : tsResponse(
              element("pagination", { pageNumber: 1, pageSize: 100, totalAvailable: 7 }),
              element("workbooks", {})
            )
      socket.write(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n" +
          `Content-Length: ${Buffer.byteLength(document)}\r\n\r\n${document}`
      )
    })
  })
  return `http://127.0.0.1:${yield* listening(server)}`
})

it.scoped("a server that sends 100 Continue unasked is read by a client on node:http", () =>
  Effect.gen(function* () {
    const session = yield* connect(yield* continuing)
    const { totalAvailable } = yield* Workbooks.list().pipe(Effect.provideService(TableauSession, session))
    expect(totalAvailable).toBe(7)
  }).pipe(Effect.provide(NodeHttpClient.layer))
)

it.scoped("a server that sends 100 Continue unasked is ConnectionFailed with undici, within the timeout", () =>
  Effect.gen(function* () {
    const refused = yield* Effect.flip(connect(yield* continuing))
    expect(refused).toMatchObject({ _tag: "ConnectionFailed", acted: "no" })
  }).pipe(Effect.provide(TableauNode.layerHttpClient({ proxy: false })))
)

it.scoped("an http:// server is reached through the proxy by a tunnel to its own port", () =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({})
    const proxy = yield* makeProxy()
    const server = url.replace("127.0.0.1", "tableau.example.com")
    yield* connect(server).pipe(Effect.provide(TableauNode.layerHttpClient({ proxy: proxy.url })))
    expect(new Set(proxy.seen.tunnels)).toEqual(new Set([new URL(server).host]))
    // A proxy that opens tunnels to port 443 only.
    const strict = yield* makeProxy({ status: 403 })
    const refused = yield* Effect.flip(
      connect(server).pipe(Effect.provide(TableauNode.layerHttpClient({ proxy: strict.url })))
    )
    expect(refused).toMatchObject({ _tag: "ConnectionFailed", reason: "ProxyRefused" })
  })
)
