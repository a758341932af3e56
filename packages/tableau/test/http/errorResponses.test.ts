/** Error responses whose meaning depends on the request. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Credentials, Ids, TableauSession, Tasks, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import { errorResponse, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { demoToken, open, server, session } from "../../../../test/support/session.js"
import { isOfPlainHttp } from "../../../../test/support/warnings.js"

const inject = (operation: Simulator.Operation, fault: Fault.Fault) =>
  Effect.flatMap(Simulator, (simulator) => simulator.inject({ operation, fault }))

/** The lines that a program logs, without the warning of plain http. */
const logged = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const keep = Logger.map(Logger.logfmtLogger, (line) => {
      if (!isOfPlainHttp(line)) lines.push(line)
    })
    yield* Effect.provide(Effect.exit(program), Logger.replace(Logger.defaultLogger, keep))
    return lines.join("\n")
  })

describe("a list", () => {
  it.effect("a list fails with the error of a response with status 200, also where an absent list is empty", () =>
    Effect.gen(function* () {
      yield* inject("getExtractRefreshTasks", Fault.status(200, { code: "403004" }))
      expect(yield* Effect.flip(Tasks.list())).toMatchObject({ _tag: "Forbidden", status: 200, code: "403004" })
      const body = '<t:tsResponse xmlns:t="http://tableau.com/api"><t:error code="403004"/></t:tsResponse>'
      yield* inject("getExtractRefreshTasks", Fault.raw({ body }))
      expect(yield* Effect.flip(Tasks.list())).toMatchObject({ _tag: "Forbidden", status: 200, code: "403004" })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("a list fails at once when the response consists of comments", () =>
    Effect.gen(function* () {
      const malformed = { _tag: "UnexpectedResponse", kind: "Malformed" }
      for (const body of ["<!---->".repeat(500), `${"<!---->".repeat(500)}<tsResponse/>`, `${"<?x?>".repeat(500)}<x`]) {
        yield* inject("queryWorkbooksForSite", Fault.raw({ body }))
        expect(yield* Effect.flip(Workbooks.list()), body.slice(-20)).toMatchObject(malformed)
      }
      yield* inject("queryWorkbooksForSite", Fault.raw({ body: `${"<!---->".repeat(50)}<html>` }))
      expect(yield* Effect.flip(Workbooks.list())).toMatchObject({ ...malformed, kind: "Html" })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("a list ends after the items so far when it became shorter while it was read (400006)", () =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list({ pageSize: 50 })
      yield* inject("queryWorkbooksForSite", Fault.status(400, { code: "400006" }))
      expect(yield* Stream.runCount(items)).toBe(50)
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("a list fails with BadRequest when the server refuses a later page for another reason (400007)", () =>
    Effect.gen(function* () {
      const { items } = yield* Workbooks.list({ pageSize: 50 })
      yield* inject("queryWorkbooksForSite", Fault.status(400, { code: "400007" }))
      expect(yield* Effect.flip(Stream.runCount(items))).toMatchObject({ _tag: "BadRequest", code: "400007" })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("a list skips a malformed item, and logs which one and why", () =>
    Effect.gen(function* () {
      const body = `<tsResponse xmlns="http://tableau.com/api"><pagination pageNumber="1" pageSize="100" totalAvailable="3"/>
        <workbooks><workbook id="1"/><workbook name="no id"/><workbook id="3"/></workbooks></tsResponse>`
      yield* inject("queryWorkbooksForSite", Fault.raw({ body }))
      const found: Array<string> = []
      const text = yield* logged(
        Effect.gen(function* () {
          const { items } = yield* Workbooks.list()
          yield* Stream.runForEach(items, ({ id }) => Effect.sync(() => found.push(id)))
        })
      )
      expect(found).toEqual(["1", "3"])
      expect(text).toContain("level=WARN")
      expect(text).toContain("Workbooks.list: left out item 2 of page 1, <workbook>: workbook has no id")
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("switchSite", () => {
  it.effect(
    "switchSite fails with SiteMismatch when the session is said to be on a site that it is not on (403070)",
    () =>
      Effect.gen(function* () {
        yield* inject("switchSite", Fault.status(403, { code: "403070" }))
        const error = yield* Effect.flip(TableauSession.switchSite("Finance"))
        expect(error).toMatchObject({ _tag: "SiteMismatch", expected: "Finance", actual: "" })
      }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("switchSite fails with SiteSwitchUnavailable on Cloud (403069), and the session stays on its site", () =>
    Effect.gen(function* () {
      yield* inject("switchSite", Fault.status(403, { code: "403069" }))
      const error = yield* Effect.flip(TableauSession.switchSite("Finance"))
      expect(error).toMatchObject({ _tag: "SiteSwitchUnavailable", site: "Finance", code: "403069" })
      const { contentUrl, current } = yield* TableauSession
      expect(yield* contentUrl).toBe("")
      expect((yield* current).site.contentUrl).toBe("")
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )

  it.effect("switchSite fails with Forbidden for another reason (403004)", () =>
    Effect.gen(function* () {
      yield* inject("switchSite", Fault.status(403, { code: "403004" }))
      const error = yield* Effect.flip(TableauSession.switchSite("Finance"))
      expect(error).toMatchObject({ _tag: "Forbidden", code: "403004" })
    }).pipe(Effect.provide(session()), Effect.provide(server()))
  )
})

describe("status 404", () => {
  it.effect("signIn fails with NotFound when the user to impersonate is unknown (404002)", () =>
    Effect.gen(function* () {
      const credentials = pipe(
        demoToken,
        Credentials.impersonating(Ids.UserId.make("11111111-2222-3333-4444-555555555555"))
      )
      const error = yield* Effect.flip(Effect.scoped(open({ credentials })))
      expect(error).toMatchObject({ _tag: "NotFound", code: "404002", operation: "TableauSession.signIn" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("signIn with status 404 fails with BadRequest, and the message names the API version", () =>
    Effect.gen(function* () {
      const texts = { summary: "Resource Not Found", detail: "No." }
      yield* inject("signIn", Fault.status(404, { code: "404003", ...texts }))
      const error = yield* Effect.flip(Effect.scoped(open({ apiVersion: "3.99" })))
      expect(error).toMatchObject({ _tag: "BadRequest", status: 404, code: "404003", acted: "no", ...texts })
      expect(error.message).toContain(
        " (status 404, code 404003). Tableau said: Resource Not Found: No. There is no sign-in at this address. Does the server have REST API 3.99?"
      )
    }).pipe(Effect.provide(server()))
  )

  it.effect(
    "serverInfo with status 404 fails with BadRequest, and the message asks for the address of a Tableau Server",
    () =>
      Effect.gen(function* () {
        const texts = { summary: "Resource Not Found", detail: "No." }
        yield* inject("serverInfo", Fault.status(404, { code: "404000", ...texts }))
        const error = yield* Effect.flip(Effect.scoped(open()))
        expect(error).toMatchObject({ _tag: "BadRequest", status: 404, acted: "no", code: "404000", ...texts })
        expect(error.message).toContain(
          "Tableau said: Resource Not Found: No. There is no serverinfo at this address. Is this the address of a Tableau Server (10.1 or later)?"
        )
      }).pipe(Effect.provide(server()))
  )
})

it.effect("serverInfo, which needs no sign-in, fails with UnexpectedResponse for status 401", () =>
  Effect.gen(function* () {
    yield* inject("serverInfo", Fault.status(401))
    const error = yield* Effect.flip(Effect.scoped(open()))
    expect(error).toMatchObject({ _tag: "UnexpectedResponse", kind: "Other", status: 401 })
  }).pipe(Effect.provide(server()))
)

it.effect("an operation fails with BadRequest for status 413", () =>
  Effect.gen(function* () {
    yield* inject("queryWorkbooksForSite", Fault.status(413))
    expect(yield* Effect.flip(Workbooks.list())).toMatchObject({ _tag: "BadRequest", status: 413, acted: "no" })
  }).pipe(Effect.provide(session()), Effect.provide(server()))
)

describe("a session that may be left on the server", () => {
  it.effect("a lost response to the sign-in is logged, because its session stays on the server", () =>
    Effect.gen(function* () {
      yield* inject("signIn", Fault.reset({ when: "after" }))
      expect(yield* logged(Effect.scoped(open()))).toContain("The response to the sign-in was lost")
      const simulator = yield* Simulator
      expect(yield* simulator.sessions).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )

  it.effect("a failed sign-out is logged, unless the session has expired", () =>
    Effect.gen(function* () {
      yield* inject("signOut", Fault.status(500))
      expect(yield* logged(Effect.scoped(open()))).toContain("Signing out failed")
      yield* inject("signOut", Fault.endSession)
      expect(yield* logged(Effect.scoped(open()))).not.toContain("Signing out failed")
    }).pipe(Effect.provide(server()))
  )

  it.effect("a refused sign-in is not logged, because it leaves no session", () =>
    Effect.gen(function* () {
      expect(yield* logged(Effect.scoped(open({ site: "Nowhere" })))).toBe("")
    }).pipe(Effect.provide(server()))
  )
})

it.effect("the error of serverinfo that requires a sign-in has the code and the request id of the response", () =>
  Effect.gen(function* () {
    const { url } = yield* scriptedServer({
      "GET /serverinfo": { ...errorResponse(401, "401002"), headers: { "x-request-id": "r1" } }
    })
    const error = yield* Effect.flip(TableauSession.make({ server: url, credentials: demoToken, retry: "never" }))
    expect(error).toMatchObject({ _tag: "UnexpectedResponse", status: 401, code: "401002", requestId: "r1" })
  }).pipe(Effect.scoped, Effect.provide(layerHttpClient))
)
