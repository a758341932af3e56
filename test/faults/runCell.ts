/** Makes a cell of the table happen, over a socket and by a test's clock. */
import { inspect, isDeepStrictEqual } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Credentials, Projects, TableauError, TableauSession, Workbooks } from "effect-tableau"
import { Simulator } from "effect-tableau-simulator"
import { tapWire } from "../support/wire.js"
import { logbook, Own, onlyError, printed, type Result, tells, times, turn, watch } from "./cell.js"
import { type Column, type Row, secretOfRedirect } from "./table.js"

/** One thing that is asked. What goes wrong is the next request after `strike`. */
interface Scenario {
  readonly operation: Simulator.Operation
  readonly run: (strike: Effect.Effect<void>) => Effect.Effect<unknown, TableauError.TableauError | Own, TableauSession>
  /** Which of the operation's requests is struck. */
  readonly request: number
  /** What a success has to give. */
  readonly gives: unknown
}

const workbooks = 5
const projectName = "Made under a fault"
const tokenValue = "demo-secret"

const list = Workbooks.list({ pageSize: 2 })

const scenarios = (column: Column, { items = [workbooks, workbooks] }: Row): ReadonlyArray<Scenario> => {
  switch (column) {
    case "signIn":
      return [{ operation: "signIn", run: () => Effect.void, request: 1, gives: undefined }]
    case "list":
      return [
        {
          operation: "queryWorkbooksForSite",
          run: (strike) => Effect.flatMap(Effect.zipRight(strike, list), ({ items }) => Stream.runCount(items)),
          request: 1,
          gives: items[0]
        },
        {
          operation: "queryWorkbooksForSite",
          run: (strike) => Effect.flatMap(Effect.zipLeft(list, strike), ({ items }) => Stream.runCount(items)),
          request: 2,
          gives: items[1]
        }
      ]
    case "write":
      return [
        {
          operation: "createProject",
          run: (strike) =>
            Effect.map(Effect.zipRight(strike, Projects.create({ name: projectName })), ({ name }) => name),
          request: 1,
          gives: projectName
        }
      ]
    case "signOut":
      return [
        { operation: "signOut", run: (strike) => Effect.as(strike, "a result"), request: 1, gives: "a result" },
        { operation: "signOut", run: (strike) => Effect.zipRight(strike, new Own()), request: 1, gives: undefined }
      ]
  }
}

const warningOf: Readonly<Partial<Record<Column, string>>> = {
  signIn: "The response to the sign-in was lost",
  list: "items were received",
  signOut: "Signing out failed"
}

/** Moves the clock until the client has given up. That its bound is the right one, the error says. */
const untilOver = (over: Deferred.Deferred<void>) =>
  Effect.gen(function* () {
    while (!(yield* Deferred.isDone(over))) {
      yield* TestClock.adjust("2 minutes")
      // Headers, or the end of a request that was given up, may still be on their way.
      yield* turn
    }
  })

const runScenario = (row: Row, column: Column, { gives, operation, request, run }: Scenario) => {
  const { book, layer } = logbook()
  return Effect.gen(function* () {
    const due = row.due[column]
    const simulator = yield* Simulator.make({ workbooks })
    const made =
      column === "write"
        ? Effect.map((yield* watch(simulator))("/projects?pageSize=1000"), times(`name="${projectName}"`))
        : Effect.succeed(0)
    const sessions = Effect.map(simulator.sessions, (all) => all.filter(({ signedInBy }) => signedInBy !== "Password"))
    const before = yield* simulator.count(operation)
    const strike = Effect.suspend(() => simulator.inject({ operation, fault: row.fault(simulator.url) }))

    const tokens = new Set<string>()
    const backend = Effect.map(
      HttpClient.HttpClient,
      tapWire(({ headers }) => Effect.sync(() => tokens.add(headers["x-tableau-auth"] ?? "")))
    )
    const over = yield* Deferred.make<void>()
    const proceed = yield* Deferred.make<void>()
    let opened = false
    const program = Effect.gen(function* () {
      if (column === "signIn") yield* strike
      const session = yield* TableauSession.make({
        server: simulator.url,
        credentials: Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make(tokenValue) }),
        // The first failure: what is tried again is the matter of other tests.
        retry: "never"
      })
      opened = true
      // The session stays open until it was seen what the server has done.
      const seen = Effect.zipRight(Deferred.succeed(over, undefined), Deferred.await(proceed))
      return yield* Effect.ensuring(
        Effect.provideService(run(strike), TableauSession, session),
        column === "signOut" ? Effect.void : seen
      )
    }).pipe(
      Effect.scoped,
      Effect.ensuring(Deferred.succeed(over, undefined)),
      Effect.provideServiceEffect(HttpClient.HttpClient, backend)
    )

    const fiber = yield* Effect.fork(program)
    const givesUp = due.ends === "TimedOut" || due.warns
    if (row.time !== undefined && (row.time !== "bound" || givesUp)) {
      yield* simulator.awaitSeen(operation, before + request)
      yield* row.time === "bound" ? untilOver(over) : TestClock.adjust(row.time)
    }
    yield* Deferred.await(over)
    const happened = {
      signIn: (yield* sessions).length > 0,
      list: false,
      write: (yield* made) > 0,
      signOut: (yield* sessions).length === 0
    }[column]
    yield* Deferred.succeed(proceed, undefined)
    const exit = yield* Fiber.await(fiber)
    const left = (yield* sessions).length
    const count = {
      struck: (yield* simulator.count(operation)) - before,
      signOut: yield* simulator.count("signOut"),
      projects: yield* made
    }

    const wrong: Array<string> = []
    const check = (holds: boolean, otherwise: string) => {
      if (!holds) wrong.push(otherwise)
    }
    const error = onlyError(exit)
    const came =
      Exit.isSuccess(exit) || error instanceof Own
        ? "success"
        : (error?._tag ?? `not one error: ${printed(exit.cause)}`)
    check(came === due.ends, `${came} came, due is ${due.ends}`)
    if (Exit.isSuccess(exit)) check(exit.value === gives, `it gave ${inspect(exit.value)}, due is ${inspect(gives)}`)
    if (column === "signOut") check(Exit.isSuccess(exit) === (gives !== undefined), "the program's own end was masked")
    if (error !== undefined && !(error instanceof Own)) {
      check(TableauError.isTableauError(error), `${error._tag} is no error of this package`)
      const fields: Readonly<Record<string, unknown>> = { ...error }
      for (const [key, value] of Object.entries(due.fields ?? {})) {
        check(isDeepStrictEqual(fields[key], value), `${key} is ${inspect(fields[key])}, due is ${inspect(value)}`)
      }
      if (error.acted === "no") check(!happened, "it says that the server did nothing, but it did")
      if (error.acted === "yes") check(happened, "it says that the server acted, but it did not")
    }
    if (column !== "list") {
      check(happened === row.acts.includes(column), `the server ${happened ? "did" : "did not do"} what was asked`)
    }
    check(count.projects === (column === "write" && happened ? 1 : 0), `${count.projects} projects were made`)
    check(left === (due.leaves ? 1 : 0), `${left} sessions are left`)
    check(count.signOut === (opened ? 1 : 0), `it was signed out ${count.signOut} times`)
    const asked = request + (row.again.includes(column) ? 1 : 0)
    if (column !== "list" || came !== "success") check(count.struck === asked, `it was asked ${count.struck} times`)
    const warning = warningOf[column] ?? ""
    const lacks = column === "list" && row.items !== undefined && Number(gives) < workbooks
    check(
      book.warnings.length === (due.warns || lacks ? 1 : 0) && book.warnings.every((line) => line.includes(warning)),
      `logged: ${book.warnings.join("; ") || "nothing"}`
    )
    const told = `${book.text}${Exit.isFailure(exit) ? printed(exit.cause) : ""}`
    check(!tells(told, [tokenValue, secretOfRedirect, ...tokens]), "a secret is told")
    check(tokens.size > 1 || !opened, "no token was seen")
    const acted = error !== undefined && "acted" in error ? ` (${error.acted})` : due.warns ? " (logged)" : ""
    return { came: `${came === "success" ? "ok" : came}${acted}`, wrong }
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeHttpClient.layerUndici, layer)))
}

/** Whatever is wrong in one of its scenarios is wrong with the cell. */
export const runCell = (row: Row, column: Column): Effect.Effect<Result> =>
  Effect.forEach(scenarios(column, row), (scenario) => runScenario(row, column, scenario)).pipe(
    Effect.map((results) => ({
      came: [...new Set(results.map(({ came }) => came))].join(" / "),
      wrong: [...new Set(results.flatMap(({ wrong }) => wrong))]
    })),
    Effect.orDie
  )
