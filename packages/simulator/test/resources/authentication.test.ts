import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Simulator } from "effect-tableau-simulator"
import { admin, attribute, code, credentials, demoToken, send, signIn, switchTo, viewer } from "../support/http.js"

const postSignIn = (url: string, attributes: Record<string, string>, site = "") =>
  send(`${url}/api/3.29/auth/signin`, { body: credentials(attributes, site) })

it.scoped("signIn starts a session for a personal access token and for passwords, also with XML characters", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const response = yield* postSignIn(url, demoToken, "MarketingTeam")
    expect(response.status).toBe(200)
    expect(response.headers["content-type"]).toBe("application/xml;charset=utf-8")
    expect(attribute(response.text, "site", "contentUrl")).toBe("MarketingTeam")
    expect(attribute(response.text, "credentials", "estimatedTimeToExpiration")).toBe("04:00:00")
    yield* signIn(url, admin)
    yield* signIn(url, viewer)
    expect((yield* sessions).map(({ signedInBy, site, user }) => [user, site, signedInBy])).toEqual([
      ["admin", "MarketingTeam", "PersonalAccessToken"],
      ["admin", "", "Password"],
      ["viewer", "", "Password"]
    ])
  })
)

it.scoped("signIn fails with the same 401001 for a wrong secret, an unknown site and a site without the user", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const responses = yield* Effect.all([
      postSignIn(url, { ...demoToken, personalAccessTokenSecret: "demo-secreT" }),
      postSignIn(url, { ...admin, password: "" }),
      postSignIn(url, { ...admin, name: "nobody" }),
      postSignIn(url, demoToken, "Nowhere"),
      postSignIn(url, viewer, "Finance")
    ])
    for (const response of responses) expect([response.status, code(response)]).toEqual([401, "401001"])
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1)
    expect(yield* sessions).toEqual([])
  })
)

it.scoped("signIn ignores the case of site and user and responds with the stored content URL", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const response = yield* postSignIn(url, { ...admin, name: "ADMIN" }, "marketingteam")
    expect(attribute(response.text, "site", "contentUrl")).toBe("MarketingTeam")
    expect(yield* sessions).toMatchObject([{ user: "admin", site: "MarketingTeam" }])
  })
)

it.scoped("signIn ends the previous session of the same personal access token on any site", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const first = yield* signIn(url)
    yield* signIn(url, admin)
    const second = yield* signIn(url, demoToken, "Finance")
    const list = (session: typeof first) =>
      send(`${url}/api/3.29/sites/${session.siteId}/workbooks`, { token: session.token })
    expect(code(yield* list(first))).toBe("401002")
    expect((yield* list(second)).status).toBe(200)
    // The session by password stays active.
    expect(yield* sessions).toHaveLength(2)
  })
)

it.scoped("signIn fails with 400000 for malformed or ambiguous credentials", () =>
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
      const response = yield* send(`${url}/api/3.29/auth/signin`, { method: "POST", body })
      expect([body, response.status, code(response)]).toEqual([body, 400, "400000"])
    }
    const get = yield* send(`${url}/api/3.29/auth/signin`)
    expect([get.status, code(get)]).toEqual([405, "405000"])
  })
)

it.scoped("switchSite returns a new token and invalidates the old one", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { token } = yield* signIn(url)
    const response = yield* send(`${url}/api/3.29/auth/switchSite`, { body: switchTo("marketingteam"), token })
    expect(response.status).toBe(200)
    expect(attribute(response.text, "site", "contentUrl")).toBe("MarketingTeam")
    const newToken = attribute(response.text, "credentials", "token")
    expect(newToken).not.toBe(token)
    const path = `${url}/api/3.29/sites/${attribute(response.text, "site", "id")}/workbooks`
    expect((yield* send(path, { token: newToken })).status).toBe(200)
    expect(code(yield* send(path, { token }))).toBe("401002")
    expect(yield* sessions).toMatchObject([{ user: "admin", site: "MarketingTeam" }])
  })
)

it.scoped("switchSite fails for the current, a forbidden and an unknown site and keeps the session", () =>
  Effect.gen(function* () {
    const { sessions, url } = yield* Simulator.make()
    const { token } = yield* signIn(url, viewer)
    const switched = (site: string) =>
      Effect.map(send(`${url}/api/3.29/auth/switchSite`, { body: switchTo(site), token }), (response) => [
        response.status,
        code(response)
      ])
    expect(yield* switched("")).toEqual([403, "403070"])
    expect(yield* switched("Finance")).toEqual([401, "401003"])
    expect(yield* switched("Nowhere")).toEqual([401, "401003"])
    expect(yield* sessions).toMatchObject([{ user: "viewer", site: "" }])
  })
)

it.scoped("signIn to the Default site and switchSite fail on Cloud", () =>
  Effect.gen(function* () {
    const { url } = yield* Simulator.make({ cloud: true })
    expect(code(yield* postSignIn(url, demoToken))).toBe("401001")
    const { token } = yield* signIn(url, demoToken, "MarketingTeam")
    const response = yield* send(`${url}/api/3.30/auth/switchSite`, { body: switchTo("Finance"), token })
    expect([response.status, code(response)]).toEqual([403, "403069"])
  })
)
