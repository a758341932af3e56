/** Makes a cell of the matrix happen, over a socket and by a test's clock that goes on as far as somebody waits. */
import { inspect, isDeepStrictEqual } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
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
import { tapWire } from "../support/wire.js"
import { logbook, Own, onlyError, printed, type Result, spanbook, tells, turn, watch } from "./cell.js"
import { deadline, type Outcome, outcome } from "./outcome.js"
import { type Scenario, secrets } from "./scenario.js"
import { type Row, secretOfRedirect } from "./table.js"

/** In milliseconds: what is waited for before another attempt, where the server says nothing, is shorter. */
const backoff = 5000

/** What comes to a wait that the server asks for, at most: not all come back at once. */
const spread = 2000

/** What the log has to say of what may be left on the server. */
const warningOf = ({ like, struck }: Scenario, { ends }: Outcome): string =>
  ends === "SessionEvicted"
    ? "the session was renewed twice and ended again"
    : struck === "switchSite"
      ? "The response to the switch of the site was lost"
      : like === "signIn"
        ? "The response to the sign-in was lost"
        : "Signing out failed"

/**
 * Has the clock go on whenever somebody waits for what is due: the bound of a struck request, once it got there; as
 * long as the server has asked to wait, after each of them; and what is short: a late answer, the wait before another
 * attempt. Whoever does not wait any more is still among the sleepers, so that the first of them tells nothing.
 */
const goOn = (due: Outcome, struck: Effect.Effect<number>, over: Deferred.Deferred<void>) =>
  Effect.gen(function* () {
    let known = 0
    let answered = 0
    let [bounded, told] = [false, false]
    while (!(yield* Deferred.isDone(over))) {
      yield* turn
      const count = yield* struck
      const now = yield* Clock.currentTimeMillis
      if (count > known) {
        known = count
        answered = now
        bounded = due.takes > backoff
        told = due.waits > 0
      }
      const ends = [...(yield* TestClock.sleeps())]
      const waits = ends.map((end) => end - now)
      const short = waits.find((wait) => wait <= backoff)
      const until = answered + due.waits
      const asked = told ? ends.find((end) => end >= until && end <= until + spread) : undefined
      const bound = Math.min(due.takes, deadline - now)
      const wait =
        short ??
        (asked === undefined ? undefined : asked - now) ??
        (bounded && waits.includes(bound) ? bound : undefined)
      if (wait === undefined) continue
      if (short === undefined && asked !== undefined) told = false
      else if (short === undefined) bounded = false
      yield* TestClock.adjust(wait)
    }
  })

const run = (row: Row, scenario: Scenario) => {
  const { book, layer } = logbook()
  const spans = spanbook()
  const due = outcome(row, scenario)
  const { always, request, seen, struck, when } = scenario
  return Effect.gen(function* () {
    const simulator = yield* Simulator.make({ workbooks: 5 })
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
      const session = yield* TableauSession.make({ server: simulator.url, credentials: scenario.credentials })
      opened = true
      // The session stays open until it was seen what the server has done.
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
    yield* goOn(
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
    check(came === due.ends, `${came} came, due is ${due.ends}`)
    if (Exit.isSuccess(exit)) {
      check(isDeepStrictEqual(exit.value, due.gives), `it gave ${inspect(exit.value)}, due is ${inspect(due.gives)}`)
    }
    if (when === "close") check(Exit.isSuccess(exit) === (scenario.gives !== undefined), "the own end was masked")
    if (error !== undefined && !(error instanceof Own)) {
      check(TableauError.isTableauError(error), `${error._tag} is no error of this package`)
      const fields: Readonly<Record<string, unknown>> = { ...error }
      for (const [key, value] of Object.entries(due.fields ?? {})) {
        check(isDeepStrictEqual(fields[key], value), `${key} is ${inspect(fields[key])}, due is ${inspect(value)}`)
      }
      if (error.acted === "no") check(happened === 0, "it says that the server did nothing, but it did")
      if (error.acted === "yes" && seen !== undefined)
        check(happened > 0, "it says that the server acted, but it did not")
    }
    if (seen !== undefined) {
      check(
        happened === (due.does ? 1 : 0),
        `the server did ${happened} times what was asked, due is ${due.does ? 1 : 0}`
      )
    }
    check(left === (due.leaves ? 1 : 0), `${left} sessions are left`)
    check(signOuts === (opened ? due.signOuts : 0), `it was signed out ${signOuts} times, due is ${due.signOuts}`)
    // How many pages there are is another question when items come and go.
    const count = yield* asked
    if (row.items === undefined)
      check(count === due.requests, `it was requested ${count} times, due is ${due.requests}`)
    const [shortest, most] = due.lasts
    // The clock may go on as far as somebody else has waited who waits no more.
    const longest = most + (always && due.retried ? backoff : 0)
    check(elapsed >= shortest && elapsed <= longest, `it took ${elapsed} ms, due is ${shortest} to ${longest}`)
    const lacking = book.warnings.filter((line) => line.includes("items were received"))
    const rest = book.warnings.filter((line) => !lacking.includes(line))
    check(
      lacking.length === (due.lacks ? 1 : 0) &&
        rest.length === due.warnings &&
        rest.every((line) => line.includes(warningOf(scenario, due))),
      `logged: ${book.warnings.join("; ") || "nothing"}`
    )
    const told = `${book.text}${Exit.isFailure(exit) ? printed(exit.cause) : ""}${inspect(exit, { depth: Number.POSITIVE_INFINITY })}${spans.text()}`
    check(!tells(told, [...secrets, secretOfRedirect, ...tokens]), "a secret is told")
    check(tokens.size > 1 || !opened, "no token was seen")
    check(spans.count() > 0, "no span was seen")
    const acted = error !== undefined && "acted" in error ? ` (${error.acted})` : due.warns ? " (logged)" : ""
    return { came: `${success ? (due.retried ? "ok, again" : "ok") : came}${acted}`, wrong }
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(NodeHttpClient.layerUndici, layer, spans.layer)))
}

/** A cell that never ends is wrong, and not waited for. */
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
