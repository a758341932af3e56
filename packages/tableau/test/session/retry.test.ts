import * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Projects, TableauError, TableauSession } from "effect-tableau"
import { Fault, Simulator } from "effect-tableau-simulator"
import { listening } from "../../../../test/support/listening.js"
import { admin, demoToken, operations, server } from "../../../../test/support/session.js"
import * as Retry from "../../src/internal/session/retry.js"
import { asleepFor, count, failed, list, on, opened, sleepOver } from "./retrying.js"

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
