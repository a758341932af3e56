/**
 * A program for the tests of processes: lists the workbooks of the server in its environment under the runner in RUNNER.
 * After the list it switches to the site in SWITCH_TO. On SIGUSR2 it ends itself in the way in ENDING. SIGN_IN_TIMEOUT,
 * REQUEST_TIMEOUT and SIGN_OUT_TIMEOUT are options of its session.
 */
import { EventEmitter } from "node:events"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const endings: Readonly<Record<string, () => unknown>> = {
  exception: () => {
    throw new TypeError("not caught")
  },
  "exceptions again and again": () => {
    setInterval(() => {
      throw new RangeError("not caught again")
    }, 1)
  },
  "exception of a library": () => JSON.parse("{"),
  "exception that is no error": () => {
    throw { reason: "no error" }
  },
  rejection: () => void Promise.reject(new Error("not handled")),
  "rejection with a string": () => void Promise.reject("no error"),
  "error event": () =>
    new EventEmitter().emit("error", Object.assign(new Error("not listened to"), { code: "E_OTHER" })),
  "output to stdout": () => setInterval(() => process.stdout.write("a line\n"), 1),
  "output to stderr": () => setInterval(() => process.stderr.write("a line\n"), 1),
  "exception with a listener": () => {
    process.on("uncaughtException", () => process.exit(process.listenerCount("uncaughtException")))
    throw new Error("not caught")
  },
  "hangup with a listener": () => {
    process.on("SIGHUP", () => process.exit(9)).kill(process.pid, "SIGHUP")
  }
}

process.on("SIGUSR2", () => setTimeout(() => endings[process.env["ENDING"] ?? ""]?.(), 1))

const program = Effect.gen(function* () {
  const { items } = yield* Workbooks.list({ pageSize: 10 })
  yield* Stream.runForEach(items, ({ name = "" }) => Console.log(name))
  const { SWITCH_TO: site } = process.env
  if (site !== undefined) yield* TableauSession.switchSite(site)
  yield* Console.log("That was all.")
})

const duration = (name: string) => Config.withDefault(Config.duration(name), undefined)

const timeouts = Config.all({
  requestTimeout: duration("REQUEST_TIMEOUT"),
  signInTimeout: duration("SIGN_IN_TIMEOUT"),
  signOutTimeout: duration("SIGN_OUT_TIMEOUT")
})

const Session = TableauSession.layerConfig(
  Config.map(Config.all([TableauSession.environment, timeouts]), ([options, timeouts]) => ({ ...options, ...timeouts }))
)

program.pipe(
  Effect.provide(Session),
  Effect.provide(TableauNode.layerHttpClient()),
  process.env["RUNNER"] === "plain" ? NodeRuntime.runMain : TableauNode.runMain
)
