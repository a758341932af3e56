import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, Projects, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, open, server } from "../../../../test/support/session.js"
import { collecting, immediateRetries, list, logging, measuring, on, summaryOf } from "./observing.js"

describe("spans", () => {
  it.effect("the span of a call has the operation, the site and the status, and no query", () => {
    const { spans, tracing } = collecting()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const session = yield* open({ ...immediateRetries, site: "MarketingTeam" })
        yield* simulator.inject({ operation: list, fault: Fault.status(503) })
        yield* on(session)(Workbooks.list({ pageSize: 7 }))
      })
      yield* Effect.scoped(program)
      const attributes = (operation: string, status: number, resend = 0) => ({
        "tableau.operation": operation,
        "tableau.site": "MarketingTeam",
        "http.request.resend_count": resend,
        "http.response.status_code": status,
        ...(status === 503 ? { "error.type": "ServerFault" } : {})
      })
      const attempt = (operation: string, parent: string | undefined, status: number, resend = 0) => ({
        name: `${operation} attempt`,
        parent,
        kind: "client",
        attributes: attributes(operation, status, resend),
        events: [],
        succeeded: status < 400
      })
      const { url } = simulator
      expect(spans.map(summaryOf)).toEqual([
        {
          name: "TableauSession.open",
          parent: undefined,
          kind: "client",
          attributes: { "server.address": url },
          events: [],
          succeeded: true
        },
        attempt("TableauSession.open", "TableauSession.open", 200),
        attempt("TableauSession.signIn", "TableauSession.open", 200),
        {
          name: "Workbooks.list",
          parent: undefined,
          kind: "client",
          attributes: {
            "http.request.method": "GET",
            "url.template": "/sites/{siteId}/workbooks",
            "server.address": url
          },
          events: [["retry", { "http.request.resend_count": 1, "error.type": "ServerFault" }]],
          succeeded: true
        },
        attempt("Workbooks.list", "Workbooks.list", 503),
        attempt("Workbooks.list", "Workbooks.list", 200, 1),
        attempt("TableauSession.signOut", "TableauSession.open", 204)
      ])
      expect(JSON.stringify(spans.map(summaryOf))).not.toMatch(/pageSize|demo-secret|demo-token/)
    }).pipe(Effect.provide(server()), Effect.provide(tracing))
  })

  it.effect("each request has the span of one attempt, also for renewals and switches of the site", () => {
    const { spans, tracing } = collecting()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          yield* simulator.endSessions
          yield* on(session)(Workbooks.list())
          yield* on(session.withSite("Finance"))(Workbooks.list())
          yield* session.switchSite("MarketingTeam")
        })
      )
      const attempts = spans
        .filter(({ name }) => name.endsWith(" attempt"))
        .map(({ attributes, name, parent }) => [
          parent,
          name,
          attributes.get("tableau.site"),
          attributes.get("http.response.status_code"),
          attributes.get("http.request.resend_count")
        ])
      expect(attempts).toEqual([
        ["TableauSession.open", "TableauSession.open attempt", "", 200, 0],
        ["TableauSession.open", "TableauSession.signIn attempt", "", 200, 0],
        ["Workbooks.list", "Workbooks.list attempt", "", 401, 0],
        ["Workbooks.list", "TableauSession.signIn attempt", "", 200, 0],
        ["Workbooks.list", "Workbooks.list attempt", "", 200, 1],
        ["Workbooks.list", "TableauSession.switchSite attempt", "Finance", 200, 0],
        ["Workbooks.list", "Workbooks.list attempt", "Finance", 200, 0],
        ["TableauSession.switchSite", "TableauSession.switchSite attempt", "MarketingTeam", 200, 0],
        ["TableauSession.open", "TableauSession.signOut attempt", "MarketingTeam", 204, 0]
      ])
      expect((yield* simulator.requests).length).toBe(attempts.length)
      for (const { exit, name } of spans) expect(exit, `${name} has ended`).toBeDefined()
    }).pipe(Effect.provide(server()), Effect.provide(tracing))
  })

  it.effect("the spans of a download end with its content", () =>
    Effect.gen(function* () {
      const { spans, tracing } = collecting()
      const ended = () =>
        spans
          .filter(({ name }) => name.startsWith("Workbooks.download"))
          .map(({ exit, name }) => [name, exit === undefined ? undefined : exit._tag])
      yield* Effect.gen(function* () {
        const { items } = yield* Workbooks.list({ pageSize: 1 })
        const { id } = yield* Effect.flatten(Stream.runHead(items))
        const changes = yield* measuring
        const { content } = yield* Workbooks.download(id)
        expect(ended()).toEqual([
          ["Workbooks.download", undefined],
          ["Workbooks.download attempt", undefined]
        ])
        yield* Stream.runDrain(content)
        expect(ended()).toEqual([
          ["Workbooks.download", "Success"],
          ["Workbooks.download attempt", "Success"]
        ])
        const downloads = "tableau_requests operation=Workbooks.download outcome"
        expect(yield* changes).toMatchObject({ [`${downloads}=Success`]: 1 })

        spans.length = 0
        yield* (yield* Simulator).inject({ operation: "downloadWorkbook", fault: Fault.truncate(100) })
        yield* Effect.flip(Effect.flatMap(Workbooks.download(id), ({ content }) => Stream.runDrain(content)))
        expect(ended()).toEqual([
          ["Workbooks.download", "Failure"],
          ["Workbooks.download attempt", "Failure"]
        ])
        for (const { attributes } of spans.filter(({ name }) => name.startsWith("Workbooks.download"))) {
          expect(attributes.get("error.type")).toBe("ConnectionFailed")
        }
        expect(yield* changes).toMatchObject({ [`${downloads}=Success`]: 1, [`${downloads}=ConnectionFailed`]: 1 })
      }).pipe(
        Effect.provideServiceEffect(TableauSession, open({ credentials: admin })),
        Effect.scoped,
        Effect.provide(tracing)
      )
    }).pipe(Effect.provide(server()))
  )

  it.effect("the span of an attempt ends when the request is interrupted or times out", () => {
    const { spans, tracing } = collecting()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ requestTimeout: "10 seconds" })
          yield* simulator.inject({ operation: list, fault: Fault.hang(), times: 2 })
          const first = yield* Effect.fork(on(session)(Workbooks.list()))
          yield* simulator.awaitSeen(list)
          yield* Fiber.interrupt(first)
          const second = yield* Effect.fork(on(session)(Workbooks.list()))
          yield* simulator.awaitSeen(list, 2)
          yield* TestClock.adjust("10 seconds")
          yield* Effect.exit(Fiber.join(second))
        })
      )
      const exits = spans.filter(({ name }) => name === "Workbooks.list attempt").map(({ exit }) => exit)
      expect(exits.map((exit) => exit !== undefined && Exit.isInterrupted(exit))).toEqual([true, false])
      expect(exits[1]).toMatchObject({ cause: { error: { _tag: "TimedOut" } } })
    }).pipe(Effect.provide(server()), Effect.provide(tracing))
  })

  it.effect(
    "spans have error.type when the call or the attempt fails, and none when it succeeds or is interrupted",
    () => {
      const { spans, tracing } = collecting()
      return Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* Effect.scoped(
          Effect.gen(function* () {
            const session = yield* open()
            yield* on(session)(Workbooks.list())
            yield* simulator.inject({ operation: list, fault: Fault.status(404, { code: "404006" }) })
            yield* Effect.exit(on(session)(Workbooks.list()))
            yield* simulator.inject({ operation: list, fault: Fault.hang() })
            const fiber = yield* Effect.fork(on(session)(Workbooks.list()))
            yield* simulator.awaitSeen(list, 3)
            yield* Fiber.interrupt(fiber)
          })
        )
        const types = (span: string) =>
          spans.filter(({ name }) => name === span).map(({ attributes }) => attributes.get("error.type"))
        expect(types("Workbooks.list")).toEqual([undefined, "NotFound", undefined])
        expect(types("Workbooks.list attempt")).toEqual([undefined, "NotFound", undefined])
      }).pipe(Effect.provide(server()), Effect.provide(tracing))
    }
  )

  it.effect("spans and log lines never contain a secret", () => {
    const { spans, tracing } = collecting()
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      const wrong = Credentials.password({ username: "admin", password: Redacted.make("wrong-password") })
      yield* Effect.exit(Effect.scoped(open({ ...immediateRetries, credentials: wrong })))
      yield* simulator.inject({ operation: "signOut", fault: Fault.status(500) })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ ...immediateRetries, credentials: admin })
          yield* simulator.endSessions
          yield* on(session)(Workbooks.list())
          yield* Effect.exit(on(session)(Projects.create({ name: "secret-project" })))
        })
      )
      const attempts = spans.filter(({ name }) => name.endsWith(" attempt"))
      for (const { exit } of attempts) {
        if (exit !== undefined && Exit.isSuccess(exit)) expect(exit.value).toBeUndefined()
      }
      const failures = spans.map(({ exit }) => exit).filter((exit) => exit !== undefined && Exit.isFailure(exit))
      const all = [JSON.stringify([spans.map(summaryOf), failures]), ...lines].join("\n")
      expect(all).toContain("SignInFailed")
      expect(all).not.toMatch(/wrong-password|admin-password|secret-project/)
    }).pipe(Effect.provide(server()), Effect.provide(tracing), Effect.provide(layer))
  })
})
