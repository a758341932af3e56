import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { admin, code, send, signIn } from "../support/http.js"

it.scoped("requests fail without a token, with an unknown token and with the token of another site", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make()
    const session = yield* signIn(url)
    const elsewhere = yield* signIn(url, admin, "Finance")
    const path = `${url}/api/3.29/sites/${session.siteId}/workbooks`
    expect(code(yield* send(path))).toBe("401000")
    expect(code(yield* send(path, { token: "nonsense" }))).toBe("401002")
    const refused = yield* send(path, { token: elsewhere.token })
    expect([refused.status, code(refused)]).toEqual([403, "403004"])
    const unknown = yield* send(`${url}/api/3.29/sites/nowhere/workbooks`, { token: session.token })
    expect([unknown.status, code(unknown)]).toEqual([404, "404000"])
  })
)

it.scoped("signOut ends the session", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { token } = yield* signIn(url)
    const signOut = send(`${url}/api/3.29/auth/signout`, { method: "POST", token })
    const response = yield* signOut
    expect([response.status, response.text, response.headers["content-type"]]).toEqual([204, "", undefined])
    expect(yield* sessions).toEqual([])
    expect(code(yield* signOut)).toBe("401002")
  })
)

it.scoped("endSessions invalidates the tokens of all sessions", () =>
  Effect.gen(function* () {
    const { endSessions, url } = yield* Simulator.make()
    const { siteId, token } = yield* signIn(url)
    yield* endSessions
    expect(code(yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token }))).toBe("401002")
  })
)

it.scoped("a session ends after its idle limit, which each request restarts", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make({ idleLimit: "10 minutes" })
    const { siteId, token } = yield* signIn(url)
    const use = Effect.map(send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token }), ({ status }) => status)
    for (let times = 0; times < 3; times += 1) {
      yield* TestClock.adjust("9 minutes")
      expect(yield* use).toBe(200)
    }
    yield* TestClock.adjust("10 minutes")
    expect(yield* sessions).toEqual([])
    expect(yield* use).toBe(401)
  })
)

it.scoped("a session ends after its lifetime limit, even while it is used", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ lifetimeLimit: "30 minutes" })
    const { siteId, token } = yield* signIn(url)
    const use = Effect.map(send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token }), ({ status }) => status)
    yield* TestClock.adjust("29 minutes")
    expect(yield* use).toBe(200)
    yield* TestClock.adjust("1 minute")
    expect(yield* use).toBe(401)
  })
)
