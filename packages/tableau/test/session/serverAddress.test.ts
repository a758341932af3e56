import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import {
  admin,
  demoToken,
  expectSignedOutOnce,
  open,
  operations,
  server,
  session
} from "../../../../test/support/session.js"
import { allWarnings } from "../../../../test/support/warnings.js"
import { connection, secureServer } from "./sessions.js"

describe("an http address that the server redirects to https", () => {
  for (const [secret, credentials] of [
    ["token", demoToken],
    ["password", admin]
  ] as const) {
    it.effect(
      `opening a session fails with MethodNotAllowed and the https address, and the ${secret} is not sent`,
      () =>
        Effect.gen(function* () {
          const { redirectUrl = "", requests, url } = yield* Simulator
          const error = yield* Effect.flip(open({ server: redirectUrl, credentials }))
          expect(error).toMatchObject({
            _tag: "MethodNotAllowed",
            category: "request",
            code: "405000",
            suggestedUrl: url,
            acted: "no"
          })
          expect(error.message).toContain(url)
          expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect", status: 301 }])
          // The suggested address works.
          if (error._tag === "MethodNotAllowed") yield* open({ server: error.suggestedUrl ?? "", credentials })
          expect(yield* operations).toEqual(["serverInfo", "serverInfo", "signIn"])
        }).pipe(Effect.scoped, Effect.provide(secureServer({ redirectFrom: 0 })))
    )
  }

  it.effect("a redirect of the sign-in fails with MethodNotAllowed, and nothing else is sent", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const secure = simulator.url.replace("http:", "https:")
      yield* simulator.inject({ operation: "signIn", fault: Fault.redirect(301, secure, { keepPath: true }) })
      expect(yield* Effect.flip(open())).toMatchObject({ _tag: "MethodNotAllowed", suggestedUrl: secure })
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a redirect to another address fails with RedirectRefused", () =>
    Effect.gen(function* () {
      const { redirectUrl = "", requests, url } = yield* Simulator
      const error = yield* Effect.flip(open({ server: redirectUrl }))
      expect(error).toMatchObject({ _tag: "RedirectRefused", location: `${url}/api/2.4/serverinfo`, acted: "no" })
      expect(yield* requests).toMatchObject([{ operation: "serverInfo", listener: "redirect" }])
    }).pipe(Effect.scoped, Effect.provide(server({ redirectFrom: 0 })))
  )
})

describe("status 405 without a redirect", () => {
  for (const [form, fault] of [
    ["Tableau's XML", Fault.status(405, { code: "405000", summary: "Invalid request method" })],
    ["HTML", Fault.status(405, { body: "html" })],
    ["no body", Fault.status(405, { body: "empty" })],
    ["Tableau's code under status 404", Fault.status(404, { code: "405000" })]
  ] as const) {
    for (const operation of ["serverInfo", "signIn"] as const) {
      it.effect(
        `405 in response to ${operation} with ${form} is MethodNotAllowed, and its message names the causes`,
        () =>
          Effect.gen(function* () {
            const simulator = yield* Simulator
            yield* simulator.inject({ operation, fault })
            const error = yield* Effect.flip(open())
            expect(error).toMatchObject({ _tag: "MethodNotAllowed", category: "request", acted: "no" })
            expect("suggestedUrl" in error ? error.suggestedUrl : undefined).toBeUndefined()
            expect(error.message).toContain("https://")
            expect(error.message).toContain("pod")
            expect((yield* operations).at(-1)).toBe(operation)
            expect(yield* simulator.sessions).toEqual([])
          }).pipe(Effect.scoped, Effect.provide(server()))
      )
    }
  }
})

describe("Tableau Cloud", () => {
  const nobody = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.dieMessage("A request was sent."))
  )

  for (const [what, options, words] of [
    ["without a site", { server: "https://10ax.online.tableau.com" }, ["site"]],
    [
      "without a site and with deployment: Cloud",
      { server: "https://tableau.example.com", deployment: "Cloud" },
      ["site"]
    ],
    ["with a period at its end and without a site", { server: "https://10AX.online.tableau.com./" }, ["site"]],
    [
      "with a period at its end and over http",
      { server: "http://online.tableau.com.:8000", site: "s" },
      ["https://online.tableau.com.:8000"]
    ],
    ["over http", { server: "http://10ax.online.tableau.com", site: "s" }, ["https://10ax.online.tableau.com"]],
    [
      "over http and with deployment: Cloud",
      { server: "http://proxy.example.com", site: "s", deployment: "Cloud" },
      ["https://"]
    ]
  ] as const) {
    it.effect(`a session on Cloud ${what} is rejected before a request`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(TableauSession.make({ ...options, credentials: demoToken }))
        expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.open", acted: "no" })
        for (const word of words) expect(error.message).toContain(word)
      }).pipe(Effect.scoped, Effect.provide(nobody))
    )
  }

  it.effect("a host that only begins with online.tableau.com is not Cloud", () =>
    Effect.gen(function* () {
      const { deployment } = yield* (yield* open({ credentials: admin })).connection
      expect(deployment).toBe("Server")
      // A Server has a Default site, so the options are accepted and a request is sent.
      const exit = yield* Effect.exit(
        TableauSession.make({ server: "https://online.tableau.com.example.com", credentials: demoToken }).pipe(
          Effect.provide(nobody)
        )
      )
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("a session on Cloud signs in, lists, and signs out", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { apiVersion, deployment } = yield* connection
        expect([apiVersion, deployment]).toEqual(["3.30", "Cloud"])
        return yield* Workbooks.list()
      })
      const { totalAvailable } = yield* Effect.provide(program, session({ site: "Finance", deployment: "Cloud" }))
      expect(totalAvailable).toBeGreaterThan(0)
      yield* expectSignedOutOnce
    }).pipe(Effect.provide(secureServer({ cloud: true })))
  )
})

describe("plain http", () => {
  for (const [secret, given] of [
    ["token", { credentials: demoToken }],
    ["password", { credentials: admin }],
    ["token, and redirects are allowed", { credentials: demoToken, redirects: "upgrade" }],
    ["password, and the version is pinned", { credentials: admin, apiVersion: "3.20" }],
    ["token, for a lazy session", { credentials: demoToken, lazy: true }]
  ] as const) {
    it.effect(`a session over plain http logs one warning of the ${secret}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const lines = yield* allWarnings(
          Effect.provide(Effect.repeatN(Workbooks.list({ pageSize: 1 }), 2), session(given))
        )
        expect(lines).toHaveLength(1)
        expect(lines[0]).toContain(`${simulator.url} has no TLS`)
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a session that is redirected to https logs no warning, with requireTls, too", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      for (const requireTls of [false, true]) {
        const given = { server: simulator.redirectUrl ?? "", redirects: "upgrade", requireTls } as const
        expect(yield* allWarnings(Effect.provide(Workbooks.list(), session(given)))).toEqual([])
      }
      const overHttp = (yield* simulator.requests).filter(({ listener }) => listener === "redirect")
      expect(overHttp.map(({ operation }) => operation)).toEqual(["serverInfo", "serverInfo"])
    }).pipe(Effect.provide(secureServer({ redirectFrom: 0 })))
  )

  it.effect("requireTls with redirects sends no secret to a server that does not redirect", () =>
    Effect.gen(function* () {
      for (const apiVersion of [undefined, "3.20"]) {
        const error = yield* Effect.flip(open({ requireTls: true, redirects: "upgrade", apiVersion }))
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
        expect(error.message).toContain("requireTls")
      }
      expect(yield* operations).toEqual(["serverInfo", "serverInfo"])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )

  it.effect("requireTls rejects an http address before a request", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open({ requireTls: true }))
      expect(error).toMatchObject({ _tag: "BadRequest", acted: "no" })
      expect(error.message).toContain("requireTls")
      expect(yield* operations).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(server()))
  )
})
