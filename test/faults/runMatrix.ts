/** Runs a cell of the matrix over a socket, with a test clock that moves to the next time that something waits for. */
import { inspect, isDeepStrictEqual } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { TableauError, TableauSession } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { layerHttpClient } from "../support/httpClient.js"
import { io } from "../support/io.js"
import { tapWire } from "../support/wire.js"
import { contains, logbook, Own, onlyError, printed, type Result, spanbook, turn, watch } from "./cell.js"
import { deadline, type Outcome, outcome } from "./outcome.js"
import { elsewhere, type Scenario, secrets } from "./scenario.js"
import { type Row, secretOfRedirect } from "./table.js"

/** Longer than any delay before another attempt without Retry-After, in milliseconds. */
const backoff = 5000

/** Longer than the jitter after a Retry-After, in milliseconds. */
const spread = 2000

/** What the log must say about sessions that may be left on the server. */
const warningOf = ({ like, struck }: Scenario, { ends }: Outcome): string =>
  ends === "SessionEvicted"
    ? "the session was renewed twice and ended again"
    : struck === "switchSite"
      ? "The response to the switch of the site was lost"
      : like === "signIn"
        ? "The response to the sign-in was lost"
        : "Signing out failed"

/**
 * Moves the clock whenever something waits for an expected time: the timeout of a failing request after it was received,
 * the time of each Retry-After, and short ones: a late response, the delay before another attempt. The test clock also lists
 * fibers that no longer sleep, so that its first entry means nothing.
 */
const moveClock = (due: Outcome, struck: Effect.Effect<number>, over: Deferred.Deferred<void>) =>
  Effect.gen(function* () {
    let known = 0
    let receivedAt = 0
    let [timesOut, waits] = [false, false]
    while (!(yield* Deferred.isDone(over))) {
      yield* turn
      const count = yield* struck
      const now = yield* Clock.currentTimeMillis
      if (count > known) {
        known = count
        receivedAt = now
        timesOut = due.takes > backoff
        waits = due.waits > 0
      }
      const ends = [...(yield* TestClock.sleeps())]
      const delays = ends.map((end) => end - now)
      const short = delays.find((wait) => wait <= backoff)
      const until = receivedAt + due.waits
      const requested = waits ? ends.find((end) => end >= until && end <= until + spread) : undefined
      const timeout = Math.min(due.takes, deadline - now)
      const wait =
        short ??
        (requested === undefined ? undefined : requested - now) ??
        (timesOut && delays.includes(timeout) ? timeout : undefined)
      if (wait === undefined) continue
      // A request beside the failing one, such as the sign-out of the old token, receives its response first: its own timeout
      // is shorter.
      if (short === undefined) yield* io
      if (short === undefined && requested !== undefined) waits = false
      else if (short === undefined) timesOut = false
      yield* TestClock.adjust(wait)
    }
  })

const run = (row: Row, scenario: Scenario) => {
  const { book, layer } = logbook()
  const spans = spanbook()
  const due = outcome(row, scenario)
  const { always, cloud, request, seen, struck, when } = scenario
  return Effect.gen(function* () {
    const simulator = yield* Simulator.make({ workbooks: 5, cloud })
    const look = seen === undefined ? undefined : yield* watch(simulator)
    const happenings =
      seen === undefined || look === undefined ? Effect.succeed(0) : Effect.map(look(seen.path), seen.times)
    const others = (yield* simulator.sessions).length
    const sessions = Effect.map(simulator.sessions, (all) => all.length - others)
    let before = Number.POSITIVE_INFINITY
    const asked = Effect.map(simulator.count(struck), (count) => count - before)
    const strike = Effect.gen(function* () {
      before = yield* simulator.count(struck)
      const times = always ? Number.POSITIVE_INFINITY : 1
      yield* simulator.inject({ operation: struck, fault: row.fault(simulator.url), times })
    })

    const tokens = new Set<string>()
    const backend = Effect.map(
      HttpClient.HttpClient,
      tapWire(({ body, headers }) =>
        Effect.sync(() => {
          tokens.add(headers["x-tableau-auth"] ?? "")
          const sent = body._tag === "Uint8Array" ? Buffer.from(body.body).toString() : ""
          const [, jwt = ""] = /jwt="([^"]*)"/.exec(sent) ?? []
          tokens.add(jwt)
        })
      )
    )
    const over = yield* Deferred.make<void>()
    const proceed = yield* Deferred.make<void>()
    let opened = false
    const program = Effect.gen(function* () {
      if (when === "open") yield* strike
      const session = yield* TableauSession.make({
        server: simulator.url,
        credentials: scenario.credentials,
        ...(cloud ? { site: elsewhere } : {})
      })
      opened = true
      // The session stays open until the state of the server was read.
      const looked = Effect.zipRight(Deferred.succeed(over, undefined), Deferred.await(proceed))
      return yield* Effect.ensuring(
        Effect.provideService(scenario.run(when === "open" ? Effect.void : strike, simulator), TableauSession, session),
        when === "close" ? Effect.void : looked
      )
    }).pipe(
      Effect.scoped,
      Effect.ensuring(Deferred.succeed(over, undefined)),
      Effect.provideServiceEffect(HttpClient.HttpClient, backend)
    )

    const fiber = yield* Effect.fork(program)
    yield* moveClock(
      due,
      Effect.map(asked, (count) => Math.min(Math.max(0, count - request + 1), always ? count : 1)),
      over
    )
    yield* Deferred.await(over)
    const happened = yield* happenings
    yield* Deferred.succeed(proceed, undefined)
    const exit = yield* Fiber.await(fiber)
    const left = yield* sessions
    const elapsed = yield* Clock.currentTimeMillis
    const signOuts = yield* simulator.count("signOut")

    const wrong: Array<string> = []
    const check = (holds: boolean, otherwise: string) => {
      if (!holds) wrong.push(otherwise)
    }
    const error = onlyError(exit)
    const success = Exit.isSuccess(exit) || error instanceof Own
    const came = success ? "success" : (error?._tag ?? `not one error: ${printed(exit.cause)}`)
    check(came === due.ends, `it ended with ${came}, expected ${due.ends}`)
    if (Exit.isSuccess(exit)) {
      check(
        isDeepStrictEqual(exit.value, due.gives),
        `it returned ${inspect(exit.value)}, expected ${inspect(due.gives)}`
      )
    }
    if (when === "close")
      check(Exit.isSuccess(exit) === (scenario.gives !== undefined), "the result of the program was masked")
    if (error !== undefined && !(error instanceof Own)) {
      check(TableauError.isTableauError(error), `${error._tag} is not an error of this package`)
      const fields: Readonly<Record<string, unknown>> = { ...error }
      for (const [key, value] of Object.entries(due.fields ?? {})) {
        check(isDeepStrictEqual(fields[key], value), `${key} is ${inspect(fields[key])}, expected ${inspect(value)}`)
      }
      if (error.acted === "no") check(happened === 0, "it says that the server did nothing, but it did")
      if (error.acted === "yes" && seen !== undefined)
        check(happened > 0, "it says that the server acted, but it did not")
    }
    if (seen !== undefined) {
      check(happened === (due.does ? 1 : 0), `the server acted ${happened} times, expected ${due.does ? 1 : 0}`)
    }
    check(left === (due.leaves ? 1 : 0), `${left} sessions are left`)
    check(signOuts === (opened ? due.signOuts : 0), `${signOuts} sign-outs, expected ${due.signOuts}`)
    // A list that changes may have another number of pages.
    const count = yield* asked
    if (row.items === undefined) check(count === due.requests, `${count} requests, expected ${due.requests}`)
    const [shortest, most] = due.lasts
    // The clock may have moved to a time that nothing waits for any more.
    const longest = most + (always && due.retried ? backoff : 0)
    check(elapsed >= shortest && elapsed <= longest, `it took ${elapsed} ms, expected ${shortest} to ${longest}`)
    const lacking = book.warnings.filter((line) => line.includes("items were received"))
    const rest = book.warnings.filter((line) => !lacking.includes(line))
    check(
      lacking.length === (due.lacks ? 1 : 0) &&
        rest.length === due.warnings &&
        rest.every((line) => line.includes(warningOf(scenario, due))),
      `logged: ${book.warnings.join("; ") || "nothing"}`
    )
    const printedAll = `${book.text}${Exit.isFailure(exit) ? printed(exit.cause) : ""}${inspect(exit, { depth: Number.POSITIVE_INFINITY })}${spans.text()}`
    check(!contains(printedAll, [...secrets, secretOfRedirect, ...tokens]), "a secret is printed")
    check(tokens.size > 1 || !opened, "no token was seen")
    check(spans.count() > 0, "no span was seen")
    const acted = error !== undefined && "acted" in error ? ` (${error.acted})` : due.warns ? " (logged)" : ""
    return { came: `${success ? (due.retried ? "ok, again" : "ok") : came}${acted}`, wrong }
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(layerHttpClient, layer, spans.layer)))
}

/** A cell that does not end is wrong. */
export const runCell = (row: Row, scenario: Scenario): Effect.Effect<Result> =>
  run(row, scenario).pipe(
    Effect.orDie,
    Effect.provide(TestContext.TestContext),
    Effect.disconnect,
    Effect.timeoutTo({
      duration: "5 minutes",
      onSuccess: (result): Result => result,
      onTimeout: (): Result => ({ came: "no end", wrong: ["it did not end"] })
    })
  )
