/** Runs a cell of the table over a socket, with a test clock. */
import { inspect, isDeepStrictEqual } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
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
import { layerHttpClient } from "../support/httpClient.js"
import { tapWire } from "../support/wire.js"
import { contains, logbook, Own, onlyError, printed, type Result, times, turn, watch } from "./cell.js"
import { type Column, type Row, secretOfRedirect } from "./table.js"

/** Something that users do. The next request after `strike` fails. */
interface Scenario {
  readonly operation: Simulator.Operation
  readonly run: (strike: Effect.Effect<void>) => Effect.Effect<unknown, TableauError.TableauError | Own, TableauSession>
  /** Which of the requests fails. */
  readonly request: number
  /** The result of a success. */
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

/** Moves the clock until the client times out. The error says after which time. */
const untilOver = (over: Deferred.Deferred<void>) =>
  Effect.gen(function* () {
    while (!(yield* Deferred.isDone(over))) {
      yield* TestClock.adjust("2 minutes")
      // Headers, or the end of a cancelled request, may still be in flight.
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
        // Retries have their own tests.
        retry: "never"
      })
      opened = true
      // The session stays open until the state of the server was read.
      const inspected = Effect.zipRight(Deferred.succeed(over, undefined), Deferred.await(proceed))
      return yield* Effect.ensuring(
        Effect.provideService(run(strike), TableauSession, session),
        column === "signOut" ? Effect.void : inspected
      )
    }).pipe(
      Effect.scoped,
      Effect.ensuring(Deferred.succeed(over, undefined)),
      Effect.provideServiceEffect(HttpClient.HttpClient, backend)
    )

    const fiber = yield* Effect.fork(program)
    const givesUp = due.ends === "TimedOut" || due.warns
    if (row.time !== undefined && (row.time !== "timeout" || givesUp)) {
      yield* simulator.awaitSeen(operation, before + request)
      yield* row.time === "timeout" ? untilOver(over) : TestClock.adjust(row.time)
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
    check(came === due.ends, `it ended with ${came}, expected ${due.ends}`)
    if (Exit.isSuccess(exit))
      check(exit.value === gives, `it returned ${inspect(exit.value)}, expected ${inspect(gives)}`)
    if (column === "signOut")
      check(Exit.isSuccess(exit) === (gives !== undefined), "the result of the program was masked")
    if (error !== undefined && !(error instanceof Own)) {
      check(TableauError.isTableauError(error), `${error._tag} is not an error of this package`)
      const fields: Readonly<Record<string, unknown>> = { ...error }
      for (const [key, value] of Object.entries(due.fields ?? {})) {
        check(isDeepStrictEqual(fields[key], value), `${key} is ${inspect(fields[key])}, expected ${inspect(value)}`)
      }
      if (error.acted === "no") check(!happened, "it says that the server did nothing, but it did")
      if (error.acted === "yes") check(happened, "it says that the server acted, but it did not")
    }
    const resent = due.resent ? 1 : 0
    if (column !== "list") {
      check(happened === (row.acts.includes(column) || resent > 0), `the server ${happened ? "acted" : "did not act"}`)
    }
    check(count.projects === (column === "write" && happened ? 1 : 0), `${count.projects} projects were made`)
    check(left === (due.leaves ? 1 : 0), `${left} sessions are left`)
    check(count.signOut === (opened ? 1 + resent : 0), `${count.signOut} sign-outs`)
    const requests = request + (row.again.includes(column) ? 1 : 0) + resent
    if (column !== "list" || came !== "success") check(count.struck === requests, `${count.struck} requests`)
    const warning = warningOf[column] ?? ""
    const lacks = column === "list" && row.items !== undefined && Number(gives) < workbooks
    check(
      book.warnings.length === (due.warns || lacks ? 1 : 0) && book.warnings.every((line) => line.includes(warning)),
      `logged: ${book.warnings.join("; ") || "nothing"}`
    )
    const printedAll = `${book.text}${Exit.isFailure(exit) ? printed(exit.cause) : ""}`
    check(!contains(printedAll, [tokenValue, secretOfRedirect, ...tokens]), "a secret is printed")
    check(tokens.size > 1 || !opened, "no token was seen")
    const acted = error !== undefined && "acted" in error ? ` (${error.acted})` : due.warns ? " (logged)" : ""
    return { came: `${came === "success" ? "ok" : came}${acted}`, wrong }
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(layerHttpClient, layer)))
}

/** A cell is wrong if one of its scenarios is. */
export const runCell = (row: Row, column: Column): Effect.Effect<Result> =>
  Effect.forEach(scenarios(column, row), (scenario) => runScenario(row, column, scenario)).pipe(
    Effect.map((results) => ({
      came: [...new Set(results.map(({ came }) => came))].join(" / "),
      wrong: [...new Set(results.flatMap(({ wrong }) => wrong))]
    })),
    Effect.orDie
  )
