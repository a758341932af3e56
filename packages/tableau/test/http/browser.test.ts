/** What a page in a browser reads when `fetch` fails: browsers give the same error for CORS and for no connection. */
import { createServer } from "node:net"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { listening } from "../../../../test/support/listening.js"
import { demoToken } from "../../../../test/support/session.js"

/** An address at which nothing listens any more. */
const unusedUrl = Effect.scoped(Effect.map(listening(createServer()), (port) => `http://127.0.0.1:${port}`))

const page = "https://reports.example.org"

/** `fetch` as a browser does it for a page of another origin: a response is read only if the server allows the page. */
const browserFetch =
  (message: string): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), origin: page }
    }).catch(() => undefined)
    const allowed = response?.headers.get("access-control-allow-origin")
    if (response === undefined || (allowed !== "*" && allowed !== page)) throw new TypeError(message)
    return response
  }

const inBrowser = (message: string) =>
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, browserFetch(message)))

const list = (server: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* TableauSession.make({ server, credentials: demoToken, retry: "never" })
      return yield* Effect.provideService(Workbooks.list(), TableauSession, session)
    })
  )

const messages = [
  ["Chromium", "Failed to fetch"],
  ["Firefox", "NetworkError when attempting to fetch resource."],
  ["Safari", "Load failed"]
] as const

for (const [browser, message] of messages) {
  it.scoped(`a server that does not allow the page fails in ${browser} with both causes, CORS first`, () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const error = yield* Effect.flip(list(url))
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "BrowserFetch" })
      expect(error.message).toMatch(/\(CORS\).*cannot be reached/)
    }).pipe(Effect.provide(inBrowser(message)))
  )

  it.effect(`a server that does not run fails in ${browser} with both causes, CORS first`, () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(list(yield* unusedUrl))
      expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "BrowserFetch" })
      expect(error.message).toMatch(/\(CORS\).*cannot be reached/)
    }).pipe(Effect.provide(inBrowser(message)))
  )
}

it.scoped("a server that allows the page lists workbooks", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cors: true, workbooks: 3 })
    expect((yield* list(url)).totalAvailable).toBe(3)
  }).pipe(Effect.provide(inBrowser("Failed to fetch")))
)

it.effect("outside of a browser a refused connection names no CORS", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(list(yield* unusedUrl))
    expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "Refused" })
    expect(error.message).not.toContain("CORS")
  }).pipe(Effect.provide(FetchHttpClient.layer))
)
