import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Simulator } from "effect-tableau-simulator"
import { admin, attribute, code, credentials, demoToken, send, signIn, switchTo, viewer } from "./http.js"

const postSignIn = (url: string, attributes: Record<string, string>, site = "") =>
  send(`${url}/api/3.29/auth/signin`, { body: credentials(attributes, site) })

describe("signing in", () => {
  it.scoped("by personal access token, by password, and by a password full of XML", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const answer = yield* postSignIn(url, demoToken, "MarketingTeam")
      expect(answer.status).toBe(200)
      expect(answer.headers["content-type"]).toBe("application/xml;charset=utf-8")
      expect(attribute(answer.text, "site", "contentUrl")).toBe("MarketingTeam")
      expect(attribute(answer.text, "credentials", "estimatedTimeToExpiration")).toBe("04:00:00")
      yield* signIn(url, admin)
      yield* signIn(url, viewer)
      expect((yield* sessions).map(({ signedInBy, site, user }) => [user, site, signedInBy])).toEqual([
        ["admin", "MarketingTeam", "PersonalAccessToken"],
        ["admin", "", "Password"],
        ["viewer", "", "Password"]
      ])
    })
  )

  it.scoped("is refused alike for a wrong secret, an unknown site and a site that the user may not enter", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const answers = yield* Effect.all([
        postSignIn(url, { ...demoToken, personalAccessTokenSecret: "demo-secreT" }),
        postSignIn(url, { ...admin, password: "" }),
        postSignIn(url, { ...admin, name: "nobody" }),
        postSignIn(url, demoToken, "Nowhere"),
        postSignIn(url, viewer, "Finance")
      ])
      for (const answer of answers) expect([answer.status, code(answer)]).toEqual([401, "401001"])
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(yield* sessions).toEqual([])
    })
  )

  it.scoped("finds site and user whatever their case, and answers with the true one", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const answer = yield* postSignIn(url, { ...admin, name: "ADMIN" }, "marketingteam")
      expect(attribute(answer.text, "site", "contentUrl")).toBe("MarketingTeam")
      expect(yield* sessions).toMatchObject([{ user: "admin", site: "MarketingTeam" }])
    })
  )

  it.scoped("with the same personal access token, on whatever site, ends the first session", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const first = yield* signIn(url)
      yield* signIn(url, admin)
      const second = yield* signIn(url, demoToken, "Finance")
      const list = (session: typeof first) =>
        send(`${url}/api/3.29/sites/${session.siteId}/workbooks`, { token: session.token })
      expect(code(yield* list(first))).toBe("401002")
      expect((yield* list(second)).status).toBe(200)
      // A password's session is nobody else's business.
      expect(yield* sessions).toHaveLength(2)
    })
  )

  it.scoped("refuses what is not a sign-in", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make()
      const bodies = [
        "",
        "<tsRequest",
        "<tsRequest/>",
        "<other/>",
        credentials({}, ""),
        credentials({ ...admin, ...demoToken }, ""),
        '<tsRequest><credentials name="admin" password="admin-password"/></tsRequest>'
      ]
      for (const body of bodies) {
        const answer = yield* send(`${url}/api/3.29/auth/signin`, { method: "POST", body })
        expect([body, answer.status, code(answer)]).toEqual([body, 400, "400000"])
      }
      const get = yield* send(`${url}/api/3.29/auth/signin`)
      expect([get.status, code(get)]).toEqual([405, "405000"])
    })
  )
})

describe("a session", () => {
  it.scoped("is needed, must be alive, and is of one site", () =>
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

  it.scoped("ends with the sign-out", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const { token } = yield* signIn(url)
      const signOut = send(`${url}/api/3.29/auth/signout`, { method: "POST", token })
      const answer = yield* signOut
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([204, "", undefined])
      expect(yield* sessions).toEqual([])
      expect(code(yield* signOut)).toBe("401002")
    })
  )

  it.scoped("ends from outside", () =>
    Effect.gen(function* () {
      const { endSessions, url } = yield* Simulator.make()
      const { siteId, token } = yield* signIn(url)
      yield* endSessions
      expect(code(yield* send(`${url}/api/3.29/sites/${siteId}/workbooks`, { token }))).toBe("401002")
    })
  )

  it.scoped("ends when it is not used, and is kept alive by use", () =>
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

  it.scoped("ends after its lifetime, however much it is used", () =>
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
})

describe("switching sites", () => {
  it.scoped("gives a new token and ends the old", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const { token } = yield* signIn(url)
      const answer = yield* send(`${url}/api/3.29/auth/switchSite`, { body: switchTo("marketingteam"), token })
      expect(answer.status).toBe(200)
      expect(attribute(answer.text, "site", "contentUrl")).toBe("MarketingTeam")
      const newToken = attribute(answer.text, "credentials", "token")
      expect(newToken).not.toBe(token)
      const path = `${url}/api/3.29/sites/${attribute(answer.text, "site", "id")}/workbooks`
      expect((yield* send(path, { token: newToken })).status).toBe(200)
      expect(code(yield* send(path, { token }))).toBe("401002")
      expect(yield* sessions).toMatchObject([{ user: "admin", site: "MarketingTeam" }])
    })
  )

  it.scoped("is refused to where one is, to where one may not be, and to nowhere; the session goes on", () =>
    Effect.gen(function* () {
      const { sessions, url } = yield* Simulator.make()
      const { token } = yield* signIn(url, viewer)
      const switched = (site: string) =>
        Effect.map(send(`${url}/api/3.29/auth/switchSite`, { body: switchTo(site), token }), (answer) => [
          answer.status,
          code(answer)
        ])
      expect(yield* switched("")).toEqual([403, "403070"])
      expect(yield* switched("Finance")).toEqual([401, "401003"])
      expect(yield* switched("Nowhere")).toEqual([401, "401003"])
      expect(yield* sessions).toMatchObject([{ user: "viewer", site: "" }])
    })
  )
})

describe("Cloud", () => {
  it.scoped("has no Default site, and no switching", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator.make({ cloud: true })
      expect(code(yield* postSignIn(url, demoToken))).toBe("401001")
      const { token } = yield* signIn(url, demoToken, "MarketingTeam")
      const answer = yield* send(`${url}/api/3.30/auth/switchSite`, { body: switchTo("Finance"), token })
      expect([answer.status, code(answer)]).toEqual([403, "403069"])
    })
  )
})
