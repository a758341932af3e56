import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { Credentials, Projects, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { admin, demoToken, open, server } from "../../../test/support/session.js"

const list = "queryWorkbooksForSite"

interface Seen {
  readonly name: string
  readonly parent: string | undefined
  readonly kind: string
  readonly attributes: Map<string, unknown>
  readonly events: Array<readonly [name: string, attributes: Record<string, unknown> | undefined]>
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A Tracer that keeps all spans. */
const collecting = () => {
  const spans: Array<Seen> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const above = Option.getOrUndefined(parent)
      const seen: Seen = {
        name,
        parent: above?._tag === "Span" ? above.name : undefined,
        kind,
        attributes: new Map(),
        events: [],
        exit: undefined
      }
      spans.push(seen)
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length),
        traceId: "trace",
        parent,
        context,
        links: [...links],
        sampled: true,
        kind,
        status: { _tag: "Started", startTime },
        attributes: seen.attributes,
        attribute: (key, value) => {
          seen.attributes.set(key, value)
        },
        event: (event, _, attributes) => {
          seen.events.push([event, attributes])
        },
        addLinks: () => {},
        end: (_, exit) => {
          expect(seen.exit, `${name} ends once`).toBeUndefined()
          seen.exit = exit
        }
      }
    },
    context: (f) => f()
  })
  return { spans, tracing: Layer.setTracer(tracer) }
}

const summaryOf = ({ attributes, events, exit, kind, name, parent }: Seen) => ({
  name,
  parent,
  kind,
  attributes: Object.fromEntries(attributes),
  // Effect adds an event for each line of the log.
  events: events.filter(([event]) => event === "retry"),
  succeeded: exit !== undefined && Exit.isSuccess(exit)
})

/** Returns how much the metrics of this package have changed since: other tests run in the same process. */
const measuring = Effect.gen(function* () {
  const read = Effect.map(Metric.snapshot, (pairs) => {
    const values = new Map<string, number>()
    for (const { metricKey, metricState } of pairs) {
      if (!metricKey.name.startsWith("tableau_")) continue
      const tags = [...metricKey.tags].map(({ key, value }) => `${key}=${value}`).sort()
      const name = [metricKey.name, ...tags].join(" ")
      if (MetricState.isCounterState(metricState)) values.set(name, Number(metricState.count))
      if (MetricState.isGaugeState(metricState)) values.set(name, Number(metricState.value))
      if (MetricState.isHistogramState(metricState)) {
        values.set(`${name} count`, metricState.count)
        values.set(`${name} sum`, metricState.sum)
      }
    }
    return values
  })
  const before = yield* read
  return Effect.map(read, (now) => {
    const changed = [...now].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const)
    return Object.fromEntries(changed.filter(([, value]) => value !== 0))
  })
})

/** Collects the log lines of level INFO and above. */
const logging = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ cause, logLevel, message }) => {
    const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    lines.push(`${logLevel.label} ${text}${Cause.isEmpty(cause) ? "" : ` ${Cause.pretty(cause)}`}`)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

const on = (session: TableauSession.Service) => Effect.provideService(TableauSession, session)

/** Retries without a delay, so that no test has to move the clock. */
const immediateRetries = { retry: { schedule: Schedule.recurs(3) } }

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

describe("metrics", () => {
  it.effect("metrics count requests and their durations by operation and outcome", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const changes = yield* measuring
      const during = yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          yield* simulator.inject({ operation: list, fault: Fault.delay("3 seconds") })
          const fiber = yield* Effect.fork(on(session)(Workbooks.list()))
          yield* simulator.awaitSeen(list)
          yield* TestClock.adjust("3 seconds")
          const { items } = yield* Fiber.join(fiber)
          yield* Stream.runDrain(items)
          yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 2 })
          yield* on(session)(Workbooks.list())
          yield* simulator.endSessions
          yield* on(session)(TableauSession.withSite("Finance")(Workbooks.list()))
          yield* Effect.exit(on(session)(TableauSession.withSite("Nowhere")(Workbooks.list())))
          return yield* changes
        })
      )
      expect(during).toMatchObject({ tableau_sessions: 1 })
      const after = yield* changes
      const counted = Object.fromEntries(Object.entries(after).filter(([name]) => !name.includes("duration")))
      expect(counted).toEqual({
        "tableau_requests operation=TableauSession.open outcome=Success": 1,
        "tableau_requests operation=TableauSession.signIn outcome=Success": 2,
        "tableau_requests operation=TableauSession.signOut outcome=Success": 1,
        "tableau_requests operation=TableauSession.switchSite outcome=SessionExpired": 2,
        "tableau_requests operation=TableauSession.switchSite outcome=Success": 1,
        "tableau_requests operation=Workbooks.list outcome=ServerFault": 2,
        "tableau_requests operation=Workbooks.list outcome=Success": 4,
        "tableau_retries operation=Workbooks.list": 2,
        tableau_renewals: 1,
        tableau_site_switches: 1
      })
      const took = "tableau_request_duration operation=Workbooks.list outcome=Success time_unit=milliseconds"
      expect(after).toMatchObject({ [`${took} count`]: 4, [`${took} sum`]: 3000 })
      const sent = Object.entries(counted).filter(([name]) => name.startsWith("tableau_requests "))
      expect((yield* simulator.requests).length).toBe(sent.reduce((sum, [, times]) => sum + times, 0))
    }).pipe(Effect.provide(server()))
  )

  it.effect("the duration of a request does not include the wait for another site", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const changes = yield* measuring
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          const latch = yield* Effect.makeLatch()
          yield* simulator.inject({ operation: "switchSite", fault: Fault.hold(latch.await) })
          const fiber = yield* Effect.fork(on(session.withSite("Finance"))(Workbooks.list()))
          yield* simulator.awaitSeen("switchSite")
          yield* TestClock.adjust("9 seconds")
          yield* latch.open
          yield* Fiber.join(fiber)
        })
      )
      const sums = Object.entries(yield* changes).filter(([name]) => name.endsWith(" sum"))
      expect(sums).toEqual([
        [
          "tableau_request_duration operation=TableauSession.switchSite outcome=Success time_unit=milliseconds sum",
          9000
        ]
      ])
    }).pipe(Effect.provide(server()))
  )

  for (const [what, fault] of [
    ["succeeds", undefined],
    ["fails", Fault.status(500)]
  ] as const) {
    it.effect(`tableau_sessions counts no open session after a sign-out that ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const changes = yield* measuring
        if (fault !== undefined) yield* simulator.inject({ operation: "signOut", fault, times: 2 })
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* open({ credentials: demoToken })
            yield* open({ credentials: demoToken })
            expect(yield* changes).toMatchObject({ tableau_sessions: 1 })
            const session = yield* open({ credentials: admin })
            expect(yield* changes).toMatchObject({ tableau_sessions: 2 })
            yield* session.signOut
            expect(yield* changes).toMatchObject({ tableau_sessions: 1 })
          })
        )
        expect(yield* changes).not.toHaveProperty("tableau_sessions")
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(503) })
        yield* Effect.exit(Effect.scoped(open()))
        expect(yield* changes).not.toHaveProperty("tableau_sessions")
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("metrics have tags of low cardinality: operations and outcomes, no sites, ids or messages", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ site: "Finance" })
          yield* simulator.inject({ operation: list, fault: Fault.status(418, { code: "418001", summary: "Odd" }) })
          yield* Effect.exit(on(session)(Workbooks.list()))
        })
      )
      const pairs = (yield* Metric.snapshot).filter(({ metricKey }) => metricKey.name.startsWith("tableau_"))
      for (const { metricKey } of pairs) {
        for (const { key, value } of metricKey.tags) {
          expect(["operation", "outcome", "time_unit"]).toContain(key)
          expect(value).toMatch(/^[A-Za-z.]+$/)
        }
      }
    }).pipe(Effect.provide(server()))
  )
})

describe("the log", () => {
  it.effect("the log has one line for a sign-in and one for a renewal", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open({ site: "Finance" })
          yield* simulator.endSessions
          yield* Effect.all(
            Array.from({ length: 10 }, () => on(session)(Workbooks.list())),
            { concurrency: "unbounded" }
          )
        })
      )
      expect(lines).toEqual([
        `INFO Signed in to site "Finance" of ${simulator.url}.`,
        `INFO Renewed the session on ${simulator.url}: its token had expired.`
      ])
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has one line for an eviction, however many requests fail because of it", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open()
          for (const times of [1, 2]) {
            yield* simulator.endSessions
            yield* on(session)(Workbooks.list())
            expect(lines).toHaveLength(1 + times)
          }
          yield* simulator.endSessions
          for (let times = 0; times < 5; times++) {
            expect(yield* Effect.flip(on(session)(Workbooks.list()))).toMatchObject({ _tag: "SessionEvicted" })
          }
        })
      )
      const warnings = lines.filter((line) => !line.startsWith("INFO"))
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/^WARN .*a token of its own/)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has one line for a failed sign-out", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signOut", fault: Fault.status(500) })
      yield* Effect.scoped(open())
      expect(lines).toHaveLength(2)
      expect(lines[1]).toMatch(/^WARN Signing out failed/)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })

  it.effect("the log has no line for retries, which are events of the span and a metric", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Effect.scoped(
        Effect.gen(function* () {
          const session = yield* open(immediateRetries)
          yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 3 })
          yield* on(session)(Workbooks.list())
        })
      )
      expect(lines).toHaveLength(1)
    }).pipe(Effect.provide(server()), Effect.provide(layer))
  })
})
