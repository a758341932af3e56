import * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Projects, TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { listening } from "../../../../test/support/listening.js"
import {
  errorResponse,
  holdRequests,
  keyOf,
  scriptedServer,
  xmlDocument
} from "../../../../test/support/scriptedServer.js"
import { admin, demoToken, open, operations, server, viewer } from "../../../../test/support/session.js"
import { page, signInDocument, workbooks } from "../../../../test/support/xml.js"
import * as Retry from "../../src/internal/session/retry.js"

/** Lets sockets make progress. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Waits until a fiber sleeps for at most `limit`. Returns for how long it sleeps. */
const asleepFor = (limit: Duration.DurationInput, least: Duration.DurationInput = 0) =>
  Effect.gen(function* () {
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const [first] = [...(yield* TestClock.sleeps())]
        .map((until) => until - now)
        .filter((left) => left >= Duration.toMillis(least))
        .sort((a, b) => a - b)
      if (first !== undefined && first <= Duration.toMillis(limit)) return first
      yield* turn
    }
  })

/** The same, and moves the clock past it. Timeouts of requests in flight are longer, or shorter than `least`. */
const sleepOver = (limit: Duration.DurationInput, least?: Duration.DurationInput) =>
  Effect.tap(asleepFor(limit, least), TestClock.adjust)

const running = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isNone)

const list = "queryWorkbooksForSite"

const count = Effect.map(Workbooks.list(), ({ totalAvailable }) => totalAvailable)

/** Opens a session with the default retries. */
const opened = (retry: TableauSession.RetryOptions | "never" = {}, given: Partial<TableauSession.Options> = {}) =>
  open({ ...given, retry })

const on = (session: TableauSession.Service) => Effect.provideService(TableauSession, session)

const failed = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.flip(Fiber.join(fiber))

const signedIn = xmlDocument(signInDocument())
const noWorkbooks = xmlDocument(page({ total: 0 }, workbooks([])))
const rateLimited = {
  ...errorResponse(429, "429000"),
  headers: { "content-type": "application/xml", "retry-after": "30" }
}

/** A clock whose time of day can be set, as on a machine. Its monotonic time does not change. */
const wallClock = Effect.clockWith((clock) => {
  let off = 0
  const unsafeCurrentTimeMillis = () => clock.unsafeCurrentTimeMillis() + off
  const wall: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    sleep: (duration) => clock.sleep(duration),
    unsafeCurrentTimeMillis,
    currentTimeMillis: Effect.sync(unsafeCurrentTimeMillis),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos
  }
  const set = (milliseconds: number) => {
    off += milliseconds
  }
  return Effect.succeed({ by: Effect.withClock(wall), set })
})

/** A session on a server that holds each request after the sign-in until the test responds to it. */
const heldSession = Effect.gen(function* () {
  const { handler, next, waiting } = yield* holdRequests
  const { url } = yield* scriptedServer({
    "POST /auth/signin": handler,
    "POST /auth/switchSite": handler,
    [keyOf(Workbooks.list)]: handler
  })
  const opening = yield* Effect.forkScoped(TableauSession.make({ server: url, credentials: admin }))
  yield* (yield* next("/signin"))(signedIn)
  return { session: yield* Fiber.join(opening), next, waiting }
})

describe("a read-only request", () => {
  const passing: ReadonlyArray<readonly [string, Fault.Fault]> = [
    ["408", Fault.status(408)],
    ["429 without Retry-After", Fault.status(429)],
    ["502 of a gateway", Fault.status(502, { body: "html" })],
    ["503", Fault.status(503)],
    ["504 without a body", Fault.status(504, { body: "empty" })],
    ["a reset", Fault.reset()],
    ["a truncated response", Fault.truncate(200)]
  ]
  for (const [what, fault] of passing) {
    it.scoped(`a read-only request is repeated after ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const session = yield* opened()
        yield* simulator.inject({ operation: list, fault })
        const fiber = yield* Effect.fork(on(session)(count))
        const slept = yield* sleepOver("1 second")
        expect(slept).toBeGreaterThanOrEqual(400)
        expect(slept).toBeLessThanOrEqual(600)
        expect(yield* Fiber.join(fiber)).toBe(120)
        expect(yield* simulator.count(list)).toBe(2)
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("a read-only request is repeated after a timeout, which each attempt has for itself", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ requestTimeout: "20 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.hang(), times: 2 })
      const fiber = yield* Effect.fork(on(session)(count))
      for (const times of [1, 2]) {
        yield* simulator.awaitSeen(list, times)
        yield* TestClock.adjust("20 seconds")
        yield* sleepOver("2 seconds")
      }
      expect(yield* Fiber.join(fiber)).toBe(120)
      expect(yield* simulator.count(list)).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a read-only request is repeated three times with doubled delays, then fails with the last error", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      yield* simulator.inject({ operation: list, fault: Fault.status(502), times: 3 })
      yield* simulator.inject({ operation: list, fault: Fault.status(504) })
      const fiber = yield* Effect.fork(on(session)(count))
      for (const expected of [500, 1000, 2000]) {
        const slept = yield* sleepOver("3 seconds")
        expect(slept).toBeGreaterThanOrEqual(expected * 0.8)
        expect(slept).toBeLessThanOrEqual(expected * 1.2)
      }
      expect(yield* failed(fiber)).toMatchObject({ _tag: "ServerFault", status: 504, operation: "Workbooks.list" })
      expect(yield* simulator.count(list)).toBe(4)
    }).pipe(Effect.provide(server()))
  )

  for (const [what, fault, tag] of [
    ["500", Fault.status(500), "ServerFault"],
    ["404", Fault.status(404, { code: "404006" }), "NotFound"],
    ["a login page", Fault.loginPage, "UnexpectedResponse"],
    ["a redirect", Fault.redirect(302, "https://login.example.com/"), "RedirectRefused"]
  ] as const) {
    it.scoped(`a read-only request is not repeated after ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const session = yield* opened()
        yield* simulator.inject({ operation: list, fault })
        expect(yield* Effect.flip(on(session)(count))).toMatchObject({ _tag: tag })
        expect(yield* simulator.count(list)).toBe(1)
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("opening a session is retried while no program listens on the port", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(listening(Http.createServer()))
      const url = `http://127.0.0.1:${port}`
      const fiber = yield* Effect.fork(
        TableauSession.make({ server: url, credentials: demoToken }).pipe(
          Effect.flatMap((session) => on(session)(count)),
          Effect.scoped
        )
      )
      expect(yield* sleepOver("1 second")).toBeLessThanOrEqual(600)
      yield* Effect.iterate(0, {
        while: (slept) => slept < 800,
        body: () => Effect.map(TestClock.sleeps(), (sleeps) => Math.max(0, ...sleeps))
      })
      yield* Simulator.make({ port })
      yield* sleepOver("3 seconds")
      expect(yield* Fiber.join(fiber)).toBe(120)
    }).pipe(Effect.provide(server()))
  )
})

describe("the retry policy", () => {
  const policy: Retry.Policy = {
    schedule: Schedule.recurs(1),
    requestTimeout: Duration.seconds(1),
    deadline: Duration.seconds(10),
    retryAfterLimit: Duration.seconds(1)
  }
  const operation = "Things.get"
  const lost = { operation, server: "https://tableau.example.com", acted: "no" } as const

  type Failure = TableauError.TableauError | Retry.SessionFailure<TableauError.TableauError>

  const attempts = (failure: Failure, traits: Partial<Retry.RequestTraits> = {}) =>
    Effect.gen(function* () {
      let sent = 0
      const all: Retry.RequestTraits = { operation, readOnly: true, idempotent: true, replayable: true, ...traits }
      yield* Effect.flip(
        Retry.retrying(policy, Retry.makePause(), all, () => {
          sent += 1
          return Effect.fail(failure)
        })
      )
      return sent
    })

  it.effect("a Retry-After counts from the response, although several requests fail with it later", () =>
    Effect.gen(function* () {
      const pause = Retry.makePause()
      const longer = { ...policy, retryAfterLimit: Duration.minutes(1) }
      const error = new TableauError.RateLimited({ operation, acted: "no", retryAfter: Duration.seconds(30) })
      expect(yield* Retry.applyRetryAfter(pause, longer, error)).toBe(true)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Retry.applyRetryAfter(pause, longer, error)).toBe(true)
      expect(yield* Retry.remaining(pause)).toBe(20_000)
    })
  )

  for (const [what, error, sent] of [
    [
      "a temporary failure of DNS",
      new TableauError.ConnectionFailed({ ...lost, reason: "Dns", nodeCode: "EAI_AGAIN" }),
      2
    ],
    [
      "a host name that does not exist",
      new TableauError.ConnectionFailed({ ...lost, reason: "Dns", nodeCode: "ENOTFOUND" }),
      1
    ],
    [
      "a proxy that requires a password",
      new TableauError.ConnectionFailed({ ...lost, reason: "ProxyAuthentication" }),
      1
    ],
    ["a proxy that refuses the host", new TableauError.ConnectionFailed({ ...lost, reason: "ProxyRefused" }), 1],
    ["a proxy that cannot reach the host", new TableauError.ConnectionFailed({ ...lost, reason: "ProxyGateway" }), 2],
    [
      "an expired certificate",
      new TableauError.TlsFailed({ ...lost, reason: "Expired", nodeCode: "CERT_HAS_EXPIRED" }),
      1
    ]
  ] as const) {
    it.effect(`a request is ${sent === 1 ? "not repeated" : "repeated"} after ${what}`, () =>
      Effect.gen(function* () {
        expect(yield* attempts(error)).toBe(sent)
        expect(yield* attempts(error, { readOnly: false, idempotent: false })).toBe(sent)
        expect(yield* attempts(error, { replayable: false })).toBe(1)
      })
    )
  }

  const unavailable = new TableauError.ServerFault({ operation, acted: "unknown", status: 503 })

  it.effect("a failed sign-in is not repeated: it has had retries of its own", () =>
    Effect.gen(function* () {
      const failure = new Retry.SessionFailure("signIn", unavailable)
      expect(yield* attempts(failure)).toBe(1)
      expect(yield* attempts(failure, { readOnly: false, idempotent: false })).toBe(1)
    })
  )

  it.effect("a failed switch of the site is repeated, also for a request that is not idempotent", () =>
    Effect.gen(function* () {
      const failure = new Retry.SessionFailure("switchSite", unavailable)
      expect(yield* attempts(failure)).toBe(2)
      expect(yield* attempts(failure, { readOnly: false, idempotent: false })).toBe(2)
      expect(yield* attempts(failure, { replayable: false })).toBe(1)
    })
  )

  it.effect("the operation in an error does not decide about retries", () =>
    Effect.gen(function* () {
      for (const name of [operation, "TableauSession.signIn", "TableauSession.switchSite"]) {
        const error = new TableauError.ServerFault({ ...unavailable, operation: name })
        expect(yield* attempts(error)).toBe(2)
        expect(yield* attempts(error, { readOnly: false, idempotent: false })).toBe(1)
      }
    })
  )
})

describe("a request that changes data", () => {
  for (const [what, fault] of [
    ["503 before the server acted", Fault.status(503)],
    ["503 after the server acted", Fault.status(503, { when: "after" })],
    ["a reset before the server acted", Fault.reset()],
    ["a reset after the server acted", Fault.reset({ when: "after" })],
    ["502 of a gateway", Fault.status(502, { body: "html", when: "after" })],
    ["408", Fault.status(408, { when: "after" })]
  ] as const) {
    it.scoped(`a request that changes data is not repeated after ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const session = yield* opened()
        yield* simulator.inject({ operation: "createProject", fault })
        const error = yield* Effect.flip(on(session)(Projects.create({ name: "Once" })))
        expect(error.acted).toBe("unknown")
        expect(yield* simulator.count("createProject")).toBe(1)
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("a request that changes data is not repeated after a timeout", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ requestTimeout: "20 seconds" })
      yield* simulator.inject({ operation: "createProject", fault: Fault.hang({ when: "after" }) })
      const fiber = yield* Effect.fork(on(session)(Projects.create({ name: "Once" })))
      yield* simulator.awaitSeen("createProject")
      yield* TestClock.adjust("20 seconds")
      expect(yield* failed(fiber)).toMatchObject({ _tag: "TimedOut", acted: "unknown" })
      expect(yield* simulator.count("createProject")).toBe(1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a request that changes data is repeated after 429, and the server acts once", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const before = (yield* on(session)(Projects.list())).totalAvailable
      yield* simulator.inject({ operation: "createProject", fault: Fault.status(429) })
      const fiber = yield* Effect.fork(on(session)(Projects.create({ name: "Once" })))
      yield* sleepOver("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ name: "Once" })
      expect(yield* simulator.count("createProject")).toBe(2)
      expect((yield* on(session)(Projects.list())).totalAvailable).toBe(before + 1)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a request that changes data is sent once after a switch of the site that was retried", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      yield* simulator.inject({ operation: "switchSite", fault: Fault.status(503), times: 2 })
      const elsewhere = session.withSite("Finance")
      const fiber = yield* Effect.fork(on(elsewhere)(Projects.create({ name: "Once" })))
      yield* sleepOver("1 second")
      yield* sleepOver("2 seconds")
      yield* Fiber.join(fiber)
      expect(yield* simulator.count("switchSite")).toBe(3)
      expect(yield* simulator.count("createProject")).toBe(1)
    }).pipe(Effect.provide(server()))
  )
})

describe("opening a session", () => {
  it.scoped("opening a session requests the API version again after 503", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "serverInfo", fault: Fault.status(503) })
      const fiber = yield* Effect.forkScoped(opened())
      yield* sleepOver("1 second")
      yield* Fiber.join(fiber)
      expect(yield* operations).toEqual(["serverInfo", "serverInfo", "signIn"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("opening a session signs in again after 429", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.inject({ operation: "signIn", fault: Fault.rateLimited("5 seconds") })
      const fiber = yield* Effect.fork(Effect.scoped(opened()))
      yield* sleepOver("1 second")
      yield* sleepOver("6 seconds")
      yield* Fiber.join(fiber)
      expect(yield* operations).toEqual(["serverInfo", "signIn", "signIn", "signOut"])
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  for (const [what, fault, tag] of [
    ["503, after which the server may have created a session", Fault.status(503), "ServerFault"],
    ["a reset", Fault.reset(), "ConnectionFailed"],
    ["401001, because repeated failures can lock an account", Fault.status(401, { code: "401001" }), "SignInFailed"]
  ] as const) {
    it.scoped(`opening a session does not repeat the sign-in after ${what}`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation: "signIn", fault })
        expect(yield* Effect.flip(opened())).toMatchObject({ _tag: tag })
        expect(yield* simulator.count("signIn")).toBe(1)
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("a late response to the sign-in within its timeout leaves no session on the server", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const latch = yield* Effect.makeLatch()
      yield* simulator.inject({ operation: "signIn", fault: Fault.hold(latch.await, { when: "after" }) })
      const retry = { requestTimeout: "5 seconds", deadline: "10 seconds" } as const
      const fiber = yield* Effect.fork(
        Effect.scoped(opened(retry, { credentials: admin, requestTimeout: "30 seconds" }))
      )
      yield* simulator.awaitSeen("signIn")
      yield* TestClock.adjust("4 seconds")
      yield* latch.open
      yield* Effect.exit(Fiber.join(fiber))
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("opening a shared session on another site repeats the switch after 503", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        yield* opened()
        yield* simulator.inject({ operation: "switchSite", fault: Fault.status(503) })
        const fiber = yield* Effect.forkScoped(opened({}, { site: "Finance" }))
        yield* sleepOver("1 second")
        yield* Fiber.join(fiber)
      })
      yield* Effect.scoped(program)
      expect(yield* simulator.count("switchSite")).toBe(2)
      expect(yield* simulator.count("signIn")).toBe(1)
    }).pipe(Effect.provide(server()))
  )
})

describe("Retry-After", () => {
  for (const [what, retryAfter] of [
    ["seconds", Duration.seconds(30)],
    ["a date", new Date(30_000)]
  ] as const) {
    it.scoped(`Retry-After in ${what} pauses all requests of the session for that time`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        const session = yield* opened()
        yield* simulator.inject({ operation: list, fault: Fault.rateLimited(retryAfter) })
        const told = yield* Effect.fork(on(session)(count))
        yield* sleepOver("1 second")
        const others = yield* Effect.fork(
          Effect.all(
            [
              ...Array.from({ length: 10 }, () => on(session)(count)),
              on(session.withSite("Finance"))(count),
              on(session)(Effect.asVoid(Projects.create({ name: "Later" })))
            ],
            { concurrency: "unbounded", discard: true }
          )
        )
        yield* TestClock.setTime(29_999)
        yield* turn
        expect(yield* operations).toEqual(["serverInfo", "signIn", list])
        yield* TestClock.setTime(31_000)
        yield* Fiber.join(told)
        yield* Fiber.join(others)
        expect(yield* simulator.count(list)).toBe(13)
        expect(yield* simulator.count("createProject")).toBe(1)
        expect(yield* Clock.currentTimeMillis).toBe(31_000)
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("Retry-After does not pause other sessions", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const other = yield* opened({}, { credentials: viewer })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("30 seconds") })
      const told = yield* Effect.fork(on(session)(count))
      yield* sleepOver("1 second")
      expect(yield* on(other)(count)).toBeGreaterThan(0)
      yield* Fiber.interrupt(told)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a repeated Retry-After extends the pause and costs waiting requests no attempt", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.recurs(1) })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("10 seconds") })
      const told = yield* Effect.fork(on(session)(count))
      yield* asleepFor("11 seconds")
      const others = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 100 }, () => on(session)(count)),
          { concurrency: "unbounded", discard: true }
        )
      )
      yield* TestClock.setTime(9000)
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("20 seconds") })
      // The first requests after the pause. Jitter keeps their number small.
      yield* sleepOver("2 seconds")
      yield* simulator.awaitSeen(list, 2)
      yield* sleepOver("2 seconds")
      const seen = yield* simulator.count(list)
      expect(seen).toBeLessThan(20)
      yield* TestClock.setTime(60_000)
      yield* Effect.exit(Fiber.join(told))
      yield* Fiber.join(others)
      expect(yield* simulator.count(list)).toBeLessThanOrEqual(103)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After longer than retryAfterLimit fails at once with RateLimited, and pauses nothing", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ retryAfterLimit: "10 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("11 seconds") })
      const error = yield* Effect.flip(on(session)(count))
      expect(error).toMatchObject({ _tag: "RateLimited", retryAfter: Duration.seconds(11), acted: "no", status: 429 })
      expect(yield* on(session)(count)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After longer than a minute fails at once by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("61 seconds") })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(61)
      })
      // A number with too many digits is a long wait, not an absent header.
      const headers = { "retry-after": "9".repeat(400) }
      yield* simulator.inject({ operation: list, fault: Fault.status(429, { headers }) })
      const told = { _tag: "RateLimited", retryAfter: Duration.millis(Number.MAX_SAFE_INTEGER) }
      expect(yield* Effect.flip(on(session)(count))).toMatchObject(told)
      // An invalid date is ignored, also if `Date` parses it as a year.
      yield* simulator.inject({ operation: list, fault: Fault.status(429, { headers: { "retry-after": "abc 2090" } }) })
      const { retryAfter } = yield* Effect.flip(on(session)(TableauSession.withRetry("never")(count))).pipe(
        Effect.filterOrDieMessage((error) => error._tag === "RateLimited", "no RateLimited")
      )
      expect(retryAfter).toBeUndefined()
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a Retry-After beyond the deadline fails at once, and waiting requests are not sent", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ deadline: "30 seconds", requestTimeout: "20 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("40 seconds") })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({ _tag: "RateLimited", status: 429 })
      const error = yield* Effect.flip(on(session)(count))
      expect(error).toMatchObject({
        _tag: "RateLimited",
        retryAfter: Duration.seconds(40),
        acted: "no",
        operation: "Workbooks.list"
      })
      expect(error.message).toContain("not sent")
      const patient = yield* count.pipe(TableauSession.withRetry({ deadline: "1 minute" }), on(session), Effect.fork)
      yield* turn
      expect(yield* simulator.count(list)).toBe(1)
      yield* TestClock.adjust("41 seconds")
      expect(yield* Fiber.join(patient)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("pauses and timeouts do not change when the time of day is set", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { by, set } = yield* wallClock
      const session = yield* by(opened({ requestTimeout: "20 seconds" }))
      for (const hour of [-3_600_000, 3_600_000]) {
        const before = yield* simulator.count(list)
        yield* simulator.inject({ operation: list, fault: Fault.hang() })
        const late = yield* Effect.fork(by(on(session)(count)))
        yield* simulator.awaitSeen(list, before + 1)
        set(hour)
        yield* TestClock.adjust("20 seconds")
        yield* sleepOver("2 seconds")
        expect(yield* Fiber.join(late)).toBe(120)

        yield* simulator.inject({ operation: list, fault: Fault.rateLimited("30 seconds") })
        const limited = yield* Effect.fork(by(on(session)(count)))
        yield* sleepOver("2 seconds")
        // After that it waits for the end of the pause.
        const slept = yield* asleepFor("32 seconds", "21 seconds")
        set(hour)
        yield* TestClock.adjust(slept)
        expect(yield* Fiber.join(limited)).toBe(120)
      }
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a pause also applies to a request that waits for a renewal", () =>
    Effect.gen(function* () {
      const { next, session, waiting } = yield* heldSession
      const first = yield* Effect.fork(on(session)(count))
      const respondToFirst = yield* next("/workbooks")
      const second = yield* Effect.fork(on(session)(count))
      yield* (yield* next("/workbooks"))(errorResponse(401, "401002"))
      const respondToSignIn = yield* next("/signin")
      // The first request receives Retry-After while the second one renews the session.
      yield* respondToFirst(rateLimited)
      yield* sleepOver("1 second")
      yield* respondToSignIn(signedIn)
      const asleep = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return Chunk.filter(yield* TestClock.sleeps(), (until) => until - now < 31_000).length
      })
      while ((yield* asleep) < 2 && (yield* waiting) === 0) yield* turn
      expect(yield* waiting).toBe(0)
      yield* TestClock.adjust("31 seconds")
      yield* (yield* next("/workbooks"))(noWorkbooks)
      yield* (yield* next("/workbooks"))(noWorkbooks)
      expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([0, 0])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a pause also applies to a switch of the site that a request waits for", () =>
    Effect.gen(function* () {
      const { next, session, waiting } = yield* heldSession
      const first = yield* Effect.fork(on(session)(count))
      const respondToFirst = yield* next("/workbooks")
      const second = yield* Effect.fork(on(session.withSite("Finance"))(count))
      yield* turn
      yield* respondToFirst(rateLimited)
      const asleep = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return Chunk.filter(yield* TestClock.sleeps(), (until) => until - now < 31_000).length
      })
      // Both wait for delays of their own: neither has been sent.
      while ((yield* asleep) < 2 && (yield* waiting) === 0) yield* turn
      yield* TestClock.adjust("29 seconds")
      yield* turn
      expect(yield* waiting).toBe(0)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("2 seconds")
      yield* (yield* next("/switchSite"))(xmlDocument(signInDocument({ contentUrl: "Finance" })))
      yield* (yield* next("/workbooks"))(noWorkbooks)
      expect(yield* Fiber.join(second)).toBe(0)
    }).pipe(Effect.provide(server()))
  )
})

describe("retry options", () => {
  it.scoped("a schedule in the options replaces the default schedule", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.intersect(Schedule.spaced("10 seconds"), Schedule.recurs(4))
      const session = yield* opened({ schedule })
      yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 5 })
      const fiber = yield* Effect.fork(on(session)(count))
      for (let times = 0; times < 4; times++) expect(yield* sleepOver("11 seconds")).toBe(10_000)
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(5)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a schedule receives the error", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.recurWhile<TableauError.TableauError>(({ _tag }) => _tag === "RateLimited")
      const session = yield* opened({ schedule })
      yield* simulator.inject({ operation: list, fault: Fault.status(429) })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(on(session)(count))
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(2)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("withRetry replaces the options of the session, also for all pages of a stream", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const { items } = yield* Workbooks.list({ pageSize: 60 }).pipe(
        TableauSession.withRetry({ schedule: Schedule.spaced("20 seconds") }),
        on(session)
      )
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(Stream.runCount(items))
      expect(yield* sleepOver("21 seconds")).toBe(20_000)
      expect(yield* Fiber.join(fiber)).toBe(120)
      expect(yield* simulator.count(list)).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped('withRetry("never") disables retries, also for all pages of a stream', () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened()
      const never = TableauSession.withRetry("never")
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(on(session)(never(count)))).toMatchObject({ status: 503 })
      const { items } = yield* on(session)(never(Workbooks.list({ pageSize: 60 })))
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(Stream.runCount(items))).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(3)
    }).pipe(Effect.provide(server()))
  )

  it.scoped('withRetry enables retries in a session with retry: "never"', () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened("never")
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* count.pipe(TableauSession.withRetry({}), on(session), Effect.fork)
      yield* sleepOver("1 second")
      expect(yield* Fiber.join(fiber)).toBe(120)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("withRetry sets the timeout of the attempts", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened("never")
      yield* simulator.inject({ operation: list, fault: Fault.hang() })
      const fiber = yield* count.pipe(
        TableauSession.withRetry({ requestTimeout: "3 seconds", schedule: Schedule.stop }),
        on(session),
        Effect.fork
      )
      yield* simulator.awaitSeen(list)
      yield* TestClock.adjust("3 seconds")
      expect(yield* failed(fiber)).toMatchObject({ _tag: "TimedOut", after: 3000 })
    }).pipe(Effect.provide(server()))
  )
})

describe("the deadline", () => {
  it.scoped("the deadline interrupts an attempt", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ requestTimeout: "20 seconds", deadline: "30 seconds" })
      yield* simulator.inject({ operation: list, fault: Fault.hang(), times: 2 })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* simulator.awaitSeen(list)
      yield* TestClock.adjust("20 seconds")
      yield* sleepOver("1 second")
      yield* simulator.awaitSeen(list, 2)
      yield* TestClock.setTime(29_999)
      expect(yield* running(fiber)).toBe(true)
      yield* TestClock.setTime(30_000)
      const error = yield* failed(fiber)
      expect(error).toMatchObject({ _tag: "TimedOut", after: 30_000, acted: "no", operation: "Workbooks.list" })
      expect(error.message).toContain("deadline")
    }).pipe(Effect.provide(server()))
  )

  it.scoped("a call fails at once with its last error if the next delay would pass the deadline", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.spaced("10 minutes") })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      expect(yield* Effect.flip(on(session)(count))).toMatchObject({ _tag: "ServerFault", status: 503 })
      expect(yield* Clock.currentTimeMillis).toBe(0)
    }).pipe(Effect.provide(server()))
  )

  it.scoped("the deadline interrupts a schedule whose step does not end", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const schedule = Schedule.tapInput(Schedule.forever, () => Effect.never)
      const session = yield* opened({ schedule, deadline: "3 minutes" })
      yield* simulator.inject({ operation: list, fault: Fault.status(503) })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* sleepOver("3 minutes", "150 seconds")
      expect(yield* failed(fiber)).toMatchObject({ _tag: "ServerFault", status: 503 })
    }).pipe(Effect.provide(server()))
  )

  it.scoped("the deadline is five minutes by default", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ schedule: Schedule.spaced("1 minute") })
      yield* simulator.inject({ operation: list, fault: Fault.status(503), times: 10 })
      const fiber = yield* Effect.fork(on(session)(count))
      for (let times = 0; times < 4; times++) yield* sleepOver("1 minute")
      expect(yield* failed(fiber)).toMatchObject({ status: 503 })
      expect(yield* simulator.count(list)).toBe(5)
    }).pipe(Effect.provide(server()))
  )
})

describe("an interruption while no request is in flight", () => {
  const cases: ReadonlyArray<readonly [string, Fault.Fault]> = [
    ["between two attempts", Fault.status(429)],
    ["during a pause for Retry-After", Fault.rateLimited("30 seconds")]
  ]
  for (const [what, fault] of cases) {
    it.effect(`an interruption ${what} ends the program at once, and the session signs out`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation: list, fault })
        const fiber = yield* Effect.fork(
          Effect.scoped(
            Effect.flatMap(opened({ schedule: Schedule.spaced("40 seconds") }), (session) => on(session)(count))
          )
        )
        yield* asleepFor("40 seconds")
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(yield* operations).toEqual(["serverInfo", "signIn", list, "signOut"])
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(server()))
    )

    it.effect(`an interruption ${what} of the sign-in ends the program at once, and leaves no session`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.inject({ operation: "signIn", fault })
        const fiber = yield* Effect.fork(Effect.scoped(opened({ schedule: Schedule.spaced("40 seconds") })))
        yield* asleepFor("40 seconds")
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
        expect(yield* operations).toEqual(["serverInfo", "signIn"])
        // The token can be used again.
        expect(yield* Effect.scoped(Effect.flatMap(opened(), (session) => on(session)(count)))).toBe(120)
        expect(yield* simulator.sessions).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.effect("an interruption during a renewal ends the program at once, and leaves no session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const program = Effect.gen(function* () {
        const session = yield* opened({ schedule: Schedule.spaced("40 seconds") })
        yield* simulator.endSessions
        yield* simulator.inject({ operation: "signIn", fault: Fault.status(429) })
        return yield* on(session)(count)
      })
      const fiber = yield* Effect.fork(Effect.scoped(program))
      yield* asleepFor("40 seconds")
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      expect(yield* simulator.count("signIn")).toBe(2)
      expect(yield* simulator.sessions).toEqual([])
    }).pipe(Effect.provide(server()))
  )
})

describe("invalid timeouts", () => {
  const invalid: ReadonlyArray<readonly [string, Partial<TableauSession.Options>, string]> = [
    ["a deadline shorter than one attempt", { retry: { deadline: "1 minute" } }, "`deadline`, 1m, is shorter"],
    [
      "a deadline shorter than requestTimeout",
      { requestTimeout: "10 seconds", retry: { deadline: "9 seconds" } },
      "10s (`requestTimeout`)"
    ],
    ["NaN as requestTimeout", { requestTimeout: Number.NaN }, "`requestTimeout` is"],
    ["a negative requestTimeout", { retry: { requestTimeout: -1 } }, "`requestTimeout` is"],
    ["a negative deadline in words", { retry: { deadline: "-5 minutes" as "5 minutes" } }, "`deadline` is"],
    ["a string that is not a duration", { retry: { retryAfterLimit: "soon" as "1 second" } }, "`retryAfterLimit` is"],
    ["a negative retryAfterLimit", { retry: { retryAfterLimit: -5 } }, "`retryAfterLimit` is"],
    ["a negative signInTimeout", { signInTimeout: -5n }, "`signInTimeout` is"],
    ["a negative signOutTimeout", { signOutTimeout: [-1, 0] }, "`signOutTimeout` is"]
  ]
  for (const [what, given, message] of invalid) {
    it.scoped(`${what} is rejected before a request`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(open({ retry: {}, ...given }))
        expect(error).toMatchObject({ _tag: "BadRequest", acted: "no", operation: "TableauSession.open" })
        expect(error.message).toContain(message)
        expect(yield* operations).toEqual([])
      }).pipe(Effect.provide(server()))
    )
  }

  it.scoped("an invalid timeout of withRetry is rejected before a request", () =>
    Effect.gen(function* () {
      const session = yield* opened()
      const error = yield* count.pipe(TableauSession.withRetry({ deadline: "1 second" }), on(session), Effect.flip)
      expect(error).toMatchObject({ _tag: "BadRequest", operation: "TableauSession.withRetry" })
      expect(yield* operations).toEqual(["serverInfo", "signIn"])
    }).pipe(Effect.provide(server()))
  )

  it.scoped("an infinite timeout is accepted", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const session = yield* opened({ deadline: Duration.infinity, retryAfterLimit: Duration.infinity })
      yield* simulator.inject({ operation: list, fault: Fault.rateLimited("10 hours") })
      const fiber = yield* Effect.fork(on(session)(count))
      yield* sleepOver("1 second")
      // No longer than that: the session would be renewed before its next use, and a sign-in has a timeout.
      yield* sleepOver("11 hours", "9 hours")
      expect(yield* Fiber.join(fiber)).toBe(120)
    }).pipe(Effect.provide(server()))
  )
})
