import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Simulator } from "effect-tableau-simulator"
import { bundled, byToken, type Program, patience, startBundled } from "../../../../test/programs.js"
import { expectSignedOutOnce, operations } from "../../../../test/support/session.js"

const ending = "test/support/ending.ts"
const programOf = bundled([ending])
const list = "queryWorkbooksForSite"

type Runner = "plain" | "tableau"

/** Starts the program, and waits until it waits for its second page. */
const start = (runner: Runner, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    yield* simulator.inject({ operation: list, fault: Fault.hold(Effect.void) })
    yield* simulator.inject({ operation: list, fault: Fault.hang() })
    const program = yield* startBundled(yield* programOf(ending), { ...byToken(simulator), RUNNER: runner, ...env })
    yield* program.until(simulator.awaitSeen(list, 2))
    yield* program.printed("Superstore\n")
    return program
  })

/** The exit code or signal, and stderr. */
const ended = (program: Program) =>
  Effect.map(program.exit, (exit) => {
    expect(program.output()).not.toContain("That was all.")
    // Node marks the place of the `throw`. Where the process ends later, it marks the place of the error.
    const marked = program.errorOutput().replaceAll(/^ *\^+$/gm, "^")
    // A pipe that was closed fails in the first write or in its completion, by chance: their frames differ.
    return { exit, errorOutput: marked.includes("write EPIPE") ? marked.replaceAll(/^ +at .*\n/gm, "") : marked }
  })

const stop = (program: Program, how: (program: Program) => unknown) =>
  Effect.zipRight(
    Effect.sync(() => how(program)),
    ended(program)
  )

const end = (program: Program) => program.child.kill("SIGUSR2")

const withSimulator = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, Simulator.layer())

/** Ends one program under each runner in the same way; only the one under `TableauNode.runMain` signs out. */
const compare = (how: (program: Program) => unknown, env?: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const plain = yield* withSimulator(
      Effect.gen(function* () {
        const result = yield* stop(yield* start("plain", env), how)
        expect(yield* operations).not.toContain("signOut")
        return result
      })
    )
    const ours = yield* withSimulator(
      Effect.gen(function* () {
        const result = yield* stop(yield* start("tableau", env), how)
        yield* expectSignedOutOnce
        expect(yield* operations).toEqual(["serverInfo", "signIn", list, list, "signOut"])
        return result
      })
    )
    expect(ours).toEqual(plain)
    return ours
  })

describe.concurrent("a program under TableauNode.runMain", patience, () => {
  const endings = [
    ["exception", 1, /TypeError: not caught\n(.*\n)*Node\.js v/],
    ["exceptions again and again", 1, /RangeError: not caught again\n/],
    ["exception of a library", 1, /SyntaxError: /],
    ["rejection", 1, /Error: not handled\n/],
    ["rejection with a string", 1, /ERR_UNHANDLED_REJECTION/],
    ["error event", 1, /Error: not listened to\n(.*\n)*Emitted 'error' event at:\n.*ending(.*\n)*.*E_OTHER/]
  ] as const
  for (const [name, code, printed] of endings) {
    it.scoped(`a program signs out and ends with the exit code and stderr of Node after: ${name}`, () =>
      Effect.gen(function* () {
        const { errorOutput, exit } = yield* compare(end, { ENDING: name })
        expect(exit).toBe(code)
        expect(errorOutput).toMatch(printed)
      })
    )
  }

  it.scoped("a program signs out and ends with the exit code of Node after an exception that is no error", () =>
    withSimulator(
      Effect.gen(function* () {
        const program = yield* start("tableau", { ENDING: "exception that is no error" })
        const { errorOutput, exit } = yield* stop(program, end)
        expect(exit).toBe(1)
        expect(errorOutput).toMatch(/reason: 'no error'(.*\n)*Node\.js v/)
        yield* expectSignedOutOnce
      })
    )
  )

  it.scoped("a program signs out and ends by SIGHUP when its terminal is closed", () =>
    Effect.map(
      compare(({ child }) => child.kill("SIGHUP")),
      ({ exit }) => expect(exit).toBe("SIGHUP")
    )
  )

  for (const stream of ["stdout", "stderr"] as const) {
    it.scoped(`a program signs out and ends like under NodeRuntime.runMain when the reader of ${stream} is gone`, () =>
      Effect.gen(function* () {
        const close = (program: Program) => {
          program.child[stream]?.destroy()
          end(program)
        }
        const { errorOutput, exit } = yield* compare(close, { ENDING: `output to ${stream}` })
        expect(exit).toBe(1)
        if (stream === "stdout") {
          expect(errorOutput).toMatch(/Error: write EPIPE\n(.*\n)*Emitted 'error' event on Socket instance at:\n/)
        }
      })
    )
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scoped(`a program ends on ${signal} as under NodeRuntime.runMain`, () =>
      Effect.gen(function* () {
        const run = (runner: Runner) =>
          withSimulator(
            Effect.gen(function* () {
              const result = yield* stop(yield* start(runner), ({ child }) => child.kill(signal))
              yield* expectSignedOutOnce
              return result
            })
          )
        expect(yield* run("tableau")).toEqual(yield* run("plain"))
      })
    )
  }

  for (const [first, second] of [
    ["SIGINT", "SIGINT"],
    ["SIGHUP", "SIGTERM"],
    ["SIGTERM", "SIGHUP"]
  ] as const) {
    it.scoped(`a second signal ends the program at once: ${second} after ${first}`, () =>
      withSimulator(
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation: "signOut", fault: Fault.hang() })
          const program = yield* start("tableau", { SIGN_OUT_TIMEOUT: "1 hour" })
          program.child.kill(first)
          yield* program.until(simulator.awaitSeen("signOut"))
          program.child.kill(second)
          expect(yield* program.exit).toBe(second)
        })
      )
    )
  }

  for (const [name, how, exit] of [
    ["an exception", end, 1],
    ["SIGHUP", ({ child }: Program) => child.kill("SIGHUP"), "SIGHUP"]
  ] as const) {
    it.scoped(`a program ends within signOutTimeout after ${name} when the server does not respond`, () =>
      withSimulator(
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.inject({ operation: "signOut", fault: Fault.hang(), times: 9 })
          const program = yield* start("tableau", { ENDING: "exception", SIGN_OUT_TIMEOUT: "200 millis" })
          const result = yield* stop(program, how)
          expect(result.exit).toBe(exit)
          expect(yield* simulator.count("signOut")).toBeGreaterThan(0)
        })
      )
    )
  }

  it.scoped("a program with its own listener of uncaughtException is ended by that listener alone", () =>
    withSimulator(
      Effect.gen(function* () {
        const program = yield* start("tableau", { ENDING: "exception with a listener" })
        // The code is the number of listeners.
        expect((yield* stop(program, end)).exit).toBe(1)
        expect(yield* operations).not.toContain("signOut")
      })
    )
  )

  it.scoped("a program with its own listener of SIGHUP is ended by that listener alone", () =>
    withSimulator(
      Effect.gen(function* () {
        const program = yield* start("tableau", { ENDING: "hangup with a listener" })
        expect((yield* stop(program, end)).exit).toBe(9)
        expect(yield* operations).not.toContain("signOut")
      })
    )
  )
})
