/** Responses that open another session than the requested one. The server is scripted: the simulator opens no such one. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Redacted from "effect/Redacted"
import { Credentials, Ids, Projects, TableauSession, Workbooks } from "effect-tableau"
import {
  errorResponse,
  type Script,
  type ScriptedRequest,
  scriptedServer,
  xml,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { server } from "../../../../test/support/session.js"
import { warnings } from "../../../../test/support/warnings.js"
import { element, type SignIn, signInDocument } from "../../../../test/support/xml.js"

const token = Credentials.personalAccessToken({ name: "reports", value: Redacted.make("value-of-the-token") })

const signedIn = (given: SignIn) => xmlDocument(signInDocument(given))

const tokenOf = ({ headers }: ScriptedRequest) => headers["x-tableau-auth"]

/** A server whose sign-in and switch respond like this. */
const onServer = (script: Script, given: Partial<TableauSession.Options> = {}) =>
  Effect.map(scriptedServer(script), (scripted) => ({
    ...scripted,
    open: TableauSession.make({ server: scripted.url, credentials: token, site: "Harbor", retry: "never", ...given }),
    /** The tokens that were signed out, in order. */
    signedOut: () => scripted.requests.filter(({ path }) => path.endsWith("/auth/signout")).map(tokenOf)
  }))

const unusable: ReadonlyArray<readonly [what: string, given: SignIn, signedOut: ReadonlyArray<string>]> = [
  ["an empty token", { token: "" }, []],
  ["a token of white space", { token: "  " }, []],
  ["a token with a line break", { token: "abc\nx-other: 1" }, []],
  ["a token that is not ASCII", { token: "токен" }, []],
  ["an empty id of the site", { token: "t-1", siteId: "" }, ["t-1"]],
  ["the id . of the site", { token: "t-1", siteId: "." }, ["t-1"]],
  ["the id .. of the site", { token: "t-1", siteId: ".." }, ["t-1"]],
  ["a blank id of the site", { token: "t-1", siteId: " " }, ["t-1"]],
  ["an id of the site with a bidirectional override", { token: "t-1", siteId: "a\u202eb" }, ["t-1"]],
  ["an id of the site of 100,000 characters", { token: "t-1", siteId: "9".repeat(100_000) }, ["t-1"]],
  ["the id .. of the user", { token: "t-1", userId: ".." }, ["t-1"]],
  ["an empty id of the user", { token: "t-1", userId: "" }, ["t-1"]]
]

describe("a sign-in", () => {
  for (const [what, given, expected] of unusable) {
    it.scoped(`a response with ${what} fails with UnexpectedResponse, and the session is signed out if it can be`, () =>
      Effect.gen(function* () {
        const { calls, open, signedOut } = yield* onServer({
          "POST /auth/signin": signedIn({ contentUrl: "Harbor", ...given })
        })
        const log = yield* warnings(
          Effect.gen(function* () {
            const error = yield* Effect.flip(open)
            expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Malformed", acted: "yes" })
            expect(error.message.length).toBeLessThan(500)
          })
        )
        expect(signedOut()).toEqual(expected)
        expect(log.some((line) => line.includes("a session may be left"))).toBe(expected.length === 0)
        expect(calls).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("a response for another user than the impersonated one fails with UserMismatch, and is signed out", () =>
    Effect.gen(function* () {
      const ana = Ids.UserId.make("6f3f0a52-ana")
      const { open, signedOut } = yield* onServer(
        { "POST /auth/signin": signedIn({ contentUrl: "Harbor", token: "t-admin", userId: "9e1d-admin" }) },
        { credentials: pipe(token, Credentials.impersonating(ana)) }
      )
      const error = yield* Effect.flip(open)
      expect(error).toMatchObject({ _tag: "UserMismatch", expected: ana, actual: "9e1d-admin", acted: "yes" })
      expect(error.message).toContain(`user ${ana} was to be impersonated, the server signed in user 9e1d-admin`)
      expect(signedOut()).toEqual(["t-admin"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a response for the impersonated user opens the session, in upper or lower case", () =>
    Effect.gen(function* () {
      const { open } = yield* onServer(
        { "POST /auth/signin": signedIn({ contentUrl: "Harbor", userId: "6F3F-A" }) },
        { credentials: pipe(token, Credentials.impersonating(Ids.UserId.make("6f3f-a"))) }
      )
      expect((yield* (yield* open).current).user.id).toBe("6F3F-A")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a response for another site has a short message, whatever the length of the content URL", () =>
    Effect.gen(function* () {
      const { open, signedOut } = yield* onServer({
        "POST /auth/signin": signedIn({ contentUrl: `Quay\u009b31m\u202e${"y".repeat(300_000)}`, token: "t-long" })
      })
      const error = yield* Effect.flip(open)
      expect(error).toMatchObject({ _tag: "SiteMismatch", expected: "Harbor" })
      expect(error.message.length).toBeLessThan(500)
      expect(error.message).not.toMatch(/[\u0080-\u009f\u202e]/)
      expect(signedOut()).toEqual(["t-long"])
    }).pipe(Effect.provide(server()))
  )
})

describe("a switch of the site", () => {
  const create = Projects.create({ name: "New" })

  const project = { "POST /sites/{siteId}/projects": xml(element("project", { id: "p", name: "New" })) }

  const switches: ReadonlyArray<readonly [what: string, given: SignIn, tag: string]> = [
    ["another site", { contentUrl: "Payroll", siteId: "id-payroll", token: "t-2" }, "SiteMismatch"],
    ["the Default site", { contentUrl: "", siteId: "id-default", token: "t-2" }, "SiteMismatch"],
    ["the site before", { contentUrl: "Harbor", siteId: "id-harbor", token: "t-2" }, "SiteMismatch"],
    ["a site with the id ..", { contentUrl: "Sandbox", siteId: "..", token: "t-2" }, "UnexpectedResponse"],
    ["a site without an id", { contentUrl: "Sandbox", siteId: "", token: "t-2" }, "UnexpectedResponse"],
    ["a user without an id", { contentUrl: "Sandbox", userId: "", token: "t-2" }, "UnexpectedResponse"]
  ]

  for (const [what, given, tag] of switches) {
    it.scoped(`a response for ${what} fails with ${tag}, is signed out, and nothing is written`, () =>
      Effect.gen(function* () {
        const { calls, open, signedOut } = yield* onServer({
          "POST /auth/signin": signedIn({ contentUrl: "Harbor", siteId: "id-harbor", token: "t-1" }),
          "POST /auth/switchSite": signedIn(given),
          ...project
        })
        const session = yield* open
        const error = yield* create.pipe(
          TableauSession.withSite("Sandbox"),
          Effect.provideService(TableauSession, session),
          Effect.flip
        )
        expect(error).toMatchObject({ _tag: tag, operation: "TableauSession.switchSite" })
        if (tag === "SiteMismatch") {
          expect(error).toMatchObject({ expected: "Sandbox", actual: given.contentUrl })
        }
        expect(signedOut()).toEqual(["t-2"])
        expect(calls).toEqual([])
        yield* session.signOut
        expect(signedOut()).toEqual(["t-2", "t-1"])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("a response without a content URL is for the same site as before if its id is", () =>
    Effect.gen(function* () {
      const { calls, open, signedOut } = yield* onServer({
        "POST /auth/signin": signedIn({ contentUrl: "Harbor", siteId: "id-harbor", token: "t-1" }),
        "POST /auth/switchSite": xml(
          element("credentials", { token: "t-2" }, element("site", { id: "id-harbor" }), element("user", { id: "u" }))
        )
      })
      const session = yield* open
      const error = yield* Effect.flip(session.switchSite("Sandbox"))
      expect(error).toMatchObject({ _tag: "SiteMismatch", expected: "Sandbox", actual: "Harbor" })
      expect(signedOut()).toEqual(["t-2"])
      expect(calls).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a site whose name differs by a letter that Unicode folds to ASCII is another site", () =>
    Effect.gen(function* () {
      const script = { "POST /auth/signin": signedIn({ contentUrl: "\u212api", siteId: "id-kpi", token: "t-1" }) }
      const { open, signedOut } = yield* onServer(script, { site: "kpi" })
      expect(yield* Effect.flip(open)).toMatchObject({ _tag: "SiteMismatch", expected: "kpi" })
      expect(signedOut()).toEqual(["t-1"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("403070 for another site than that of the token fails with SiteMismatch, and the token is signed out", () =>
    Effect.gen(function* () {
      const { calls, open, signedOut } = yield* onServer({
        "POST /auth/signin": signedIn({ contentUrl: "Harbor", siteId: "id-harbor", token: "t-1" }),
        "POST /auth/switchSite": errorResponse(403, "403070"),
        ...project
      })
      const session = yield* open
      const error = yield* create.pipe(
        TableauSession.withSite("Sandbox"),
        Effect.provideService(TableauSession, session),
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "SiteMismatch", expected: "Sandbox", actual: "Harbor" })
      expect(signedOut()).toEqual(["t-1"])
      expect(calls).toEqual([])
      yield* session.signOut
      expect(signedOut()).toEqual(["t-1"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("after 403070 for another site the session signs in again, and its next call succeeds", () =>
    Effect.gen(function* () {
      const ended = new Set<unknown>()
      let signIns = 0
      const { calls, open, signedOut } = yield* onServer({
        "POST /auth/signin": () => {
          signIns += 1
          return signedIn({ contentUrl: "Harbor", siteId: "id-harbor", token: `t-${signIns}` })
        },
        "POST /auth/switchSite": errorResponse(403, "403070"),
        "POST /auth/signout": (request) => {
          ended.add(tokenOf(request))
          return { status: 204 }
        },
        "GET /sites/{siteId}/workbooks/w": (request) =>
          ended.has(tokenOf(request)) ? errorResponse(401, "401002") : xml(element("workbook", { id: "w" }))
      })
      const session = yield* open
      yield* Effect.flip(session.switchSite("Sandbox"))
      const workbook = yield* Effect.provideService(Workbooks.get(Ids.WorkbookId.make("w")), TableauSession, session)
      expect(workbook.id).toBe("w")
      expect(calls.map(tokenOf)).toEqual(["t-1", "t-2"])
      yield* session.signOut
      expect(signedOut()).toEqual(["t-1", "t-2"])
    }).pipe(Effect.provide(server()))
  )
})
