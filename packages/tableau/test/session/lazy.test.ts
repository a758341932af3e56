import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import { layerHttpClient } from "../../../../test/support/httpClient.js"
import {
  errorResponse,
  holdRequests,
  keyOf,
  type Script,
  scriptedServer,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { page, signInDocument, workbooks } from "../../../../test/support/xml.js"

const signIn = "POST /auth/signin"
const signOut = "POST /auth/signout"
const list = { [keyOf(Workbooks.list)]: xmlDocument(page({ total: 1 }, workbooks(["a"]))) }
const signedIn = xmlDocument(signInDocument())

const test = (name: string, body: () => Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>) =>
  it.effect(name, () => Effect.provide(Effect.scoped(body()), layerHttpClient))

/** A lazy session on a scripted server, with a scope that the test closes. */
const lazySession = (script: Script = {}, options: Partial<TableauSession.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* scriptedServer({ ...list, ...script })
    const scope = yield* Scope.make()
    const session = yield* TableauSession.make({
      server: server.url,
      credentials: admin,
      retry: "never",
      lazy: true,
      ...options
    }).pipe(Scope.extend(scope))
    const call = Effect.provideService(Workbooks.list(), TableauSession, session)
    return { ...server, session, call, close: Scope.close(scope, Exit.void) }
  })

describe("a lazy session", () => {
  test("a lazy session that is never used sends nothing, also at its end", () =>
    Effect.gen(function* () {
      const { close, requests } = yield* lazySession()
      yield* close
      expect(requests).toEqual([])
    }))

  test("a lazy session can be acquired while the server is unavailable, and its calls fail with ConnectionFailed", () =>
    Effect.gen(function* () {
      const session = yield* TableauSession.make({
        // A port of the loopback interface on which no program listens.
        server: "http://127.0.0.1:1",
        credentials: admin,
        retry: "never",
        lazy: true
      })
      const error = yield* Effect.flip(Effect.provideService(Workbooks.list(), TableauSession, session))
      expect(error).toMatchObject({ _tag: "ConnectionFailed", operation: "TableauSession.open" })
    }))

  test("a lazy session signs in at its first call, and signs out at its end", () =>
    Effect.gen(function* () {
      const { call, close, requests } = yield* lazySession()
      yield* call
      yield* call
      yield* close
      expect(requests.map(({ path }) => path.replace(/^.*\/sites/, "/sites"))).toEqual([
        "/api/2.4/serverinfo",
        "/api/3.29/auth/signin",
        "/sites/s/workbooks",
        "/sites/s/workbooks",
        "/api/3.29/auth/signout"
      ])
    }))

  test("a lazy session signs in once for concurrent first calls", () =>
    Effect.gen(function* () {
      const { call, calls, count } = yield* lazySession()
      yield* Effect.all(
        Array.from({ length: 20 }, () => call),
        { concurrency: "unbounded" }
      )
      expect([count(signIn), calls.length]).toEqual([1, 20])
    }))

  test("a failed sign-in of a lazy session fails the waiting calls, and the next call tries again", () =>
    Effect.gen(function* () {
      const held = yield* holdRequests
      const { call, close, count } = yield* lazySession({ [signIn]: held.handler })
      const first = yield* Effect.fork(Effect.all([Effect.flip(call), Effect.flip(call)], { concurrency: 2 }))
      const respond = yield* held.next("/auth/signin")
      yield* respond(errorResponse(503, "503000"))
      for (const error of yield* Fiber.join(first)) {
        expect(error).toMatchObject({ _tag: "ServerFault", operation: "TableauSession.signIn", status: 503 })
      }
      expect(count(signIn)).toBe(1)
      const second = yield* Effect.fork(call)
      const respondAgain = yield* held.next("/auth/signin")
      yield* respondAgain(signedIn)
      expect((yield* Fiber.join(second)).totalAvailable).toBe(1)
      yield* close
      expect([count(signIn), count(signOut)]).toEqual([2, 1])
    }))

  test("a refused sign-in of a lazy session is not repeated, so that it cannot lock the account", () =>
    Effect.gen(function* () {
      const { call, close, count } = yield* lazySession({ [signIn]: errorResponse(401, "401001") })
      for (const _ of [1, 2]) expect(yield* Effect.flip(call)).toMatchObject({ _tag: "SignInFailed" })
      yield* close
      expect([count(signIn), count(signOut)]).toEqual([1, 0])
    }))

  test("a lazy session whose sign-in fails with 401 but does not refuse the credentials signs in at the next call", () =>
    Effect.gen(function* () {
      const { call, close, count } = yield* lazySession({ [signIn]: [errorResponse(401, "401002"), signedIn] })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "SignInFailed", code: "401002" })
      expect((yield* call).totalAvailable).toBe(1)
      yield* close
      expect([count(signIn), count(signOut)]).toEqual([2, 1])
    }))

  test("a lazy session continues its sign-in when the call that began it is interrupted", () =>
    Effect.gen(function* () {
      const held = yield* holdRequests
      const { call, close, count } = yield* lazySession({ [signIn]: held.handler })
      const first = yield* Effect.fork(call)
      const respond = yield* held.next("/auth/signin")
      const second = yield* Effect.fork(call)
      yield* Fiber.interrupt(first)
      yield* respond(signedIn)
      expect((yield* Fiber.join(second)).totalAvailable).toBe(1)
      yield* close
      expect([count(signIn), count(signOut)]).toEqual([1, 1])
    }))

  test("a lazy session that is released during its sign-in waits for the token and signs out", () =>
    Effect.gen(function* () {
      const held = yield* holdRequests
      const { call, close, calls, count } = yield* lazySession({ [signIn]: held.handler })
      const waiting = yield* Effect.fork(Effect.either(call))
      const respond = yield* held.next("/auth/signin")
      const closing = yield* Effect.fork(close)
      yield* Effect.yieldNow()
      yield* respond(signedIn)
      yield* Fiber.join(closing)
      expect(yield* Fiber.join(waiting)).toMatchObject(
        Either.left({ _tag: "SessionClosed", operation: "Workbooks.list" })
      )
      expect([count(signIn), count(signOut), calls.length]).toEqual([1, 1, 0])
    }))

  test("a lazy session that signed out before its first call fails with SessionClosed, and sends nothing", () =>
    Effect.gen(function* () {
      const { call, close, requests, session } = yield* lazySession()
      yield* session.signOut
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "SessionClosed", operation: "Workbooks.list" })
      expect(yield* Effect.flip(session.connection)).toMatchObject({ _tag: "SessionClosed" })
      yield* close
      expect(requests).toEqual([])
    }))

  test("invalid options of a lazy session fail when it is acquired", () =>
    Effect.gen(function* () {
      const credentials = Credentials.personalAccessToken({ name: "nightly", value: Redacted.make("") })
      const error = yield* Effect.flip(lazySession({}, { credentials }))
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.open" })
    }))

  test("a lazy session signs in for its connection, its current site, and a switch of the site", () =>
    Effect.gen(function* () {
      for (const use of [
        (session: TableauSession.Service) => session.connection,
        (session: TableauSession.Service) => session.current,
        (session: TableauSession.Service) => session.switchSite("Finance")
      ]) {
        const { close, count, session } = yield* lazySession()
        yield* use(session)
        yield* close
        expect([count(signIn), count(signOut)]).toEqual([1, 1])
      }
    }))

  test("a lazy session with an API version that is too old fails at its first call without a sign-in", () =>
    Effect.gen(function* () {
      const { call, calls, count } = yield* lazySession({}, { apiVersion: "1.0" })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "VersionUnsupported", actual: "1.0" })
      expect([count(signIn), calls.length]).toEqual([0, 0])
    }))
})
