import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Operation, Response, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, open, operations, server, session } from "../../../../test/support/session.js"
import { element, serverInfoDocument, tsResponse } from "../../../../test/support/xml.js"
import { connection, secureServer } from "./sessions.js"

/** An operation that requires an API version. */
const since = (version: string) =>
  Operation.make({
    name: "Test.get",
    request: "GET /sites/{siteId}/workbooks",
    since: version,
    scope: "none",
    input: () => ({}),
    response: Response.empty
  })

describe("the API version", () => {
  it.effect("the API version is the server's own by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { apiVersion } = yield* Effect.provide(Effect.zipLeft(connection, Workbooks.list()), session())
      expect(apiVersion).toBe("3.21")
      const [probe, ...others] = (yield* simulator.requests).map(({ path }) => path)
      expect(probe).toBe("/api/2.4/serverinfo")
      expect(others.length).toBe(3)
      for (const path of others) expect(path).toMatch(/^\/api\/3\.21\//)
    }).pipe(Effect.provide(server({ apiVersion: "3.21" })))
  )

  it.effect("a pinned API version is used without a request for the server's own", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.zipLeft(connection, Workbooks.list())
      const { apiVersion } = yield* Effect.provide(program, session({ apiVersion: "3.19" }))
      expect(apiVersion).toBe("3.19")
      expect(yield* operations).toEqual(["signIn", "queryWorkbooksForSite", "signOut"])
      for (const { path } of yield* simulator.requests) expect(path).toMatch(/^\/api\/3\.19\//)
    }).pipe(Effect.provide(secureServer()))
  )

  it.effect("over plain http a redirect is found before the sign-in although the API version is pinned", () =>
    Effect.gen(function* () {
      const { redirectUrl = "", requests, url } = yield* Simulator
      const error = yield* Effect.flip(open({ server: redirectUrl, apiVersion: "3.19" }))
      expect(error).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: url })
      expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect" }])
    }).pipe(Effect.scoped, Effect.provide(secureServer({ redirectFrom: 0 })))
  )

  for (const apiVersion of ["3", "v3.29", "3.29.1", ""]) {
    it.effect(`the API version ${JSON.stringify(apiVersion)} is rejected before a request`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(open({ apiVersion }))).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(yield* operations).toEqual([])
      }).pipe(Effect.scoped, Effect.provide(server()))
    )
  }

  it.effect("a server that does not report its API version fails with UnexpectedResponse", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      for (const body of [tsResponse(element("serverInfo")), serverInfoDocument({ restApiVersion: "latest" })]) {
        yield* simulator.inject({ operation: "serverInfo", fault: Fault.raw({ body }) })
        expect(yield* Effect.flip(open())).toMatchObject({ _tag: "UnexpectedResponse", acted: "no" })
      }
      expect(yield* operations).toEqual(["serverInfo", "serverInfo"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a token is not sent to a server whose API version has no personal access tokens", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open())
      expect(error).toMatchObject({ _tag: "VersionUnsupported", required: "3.6", actual: "3.5", acted: "no" })
      expect(yield* operations).toEqual(["serverInfo"])
      yield* open({ credentials: admin })
      expect(yield* operations).toEqual(["serverInfo", "serverInfo", "signIn"])
    }).pipe(Effect.scoped, Effect.provide(server({ apiVersion: "3.5" })))
  )

  it.effect("an operation fails with VersionUnsupported on an older server: versions are compared as numbers", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* since("3.9")()
        yield* since("3.10")()
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
        for (const required of ["3.11", "4.0", "10.1"]) {
          expect(yield* Effect.flip(since(required)())).toMatchObject({
            _tag: "VersionUnsupported",
            operation: "Test.get",
            category: "request",
            required,
            actual: "3.10",
            acted: "no"
          })
        }
        expect(yield* simulator.count("queryWorkbooksForSite")).toBe(2)
      })
      yield* Effect.provide(program, session())
    }).pipe(Effect.provide(server({ apiVersion: "3.10" })))
  )
})
