/**
 * Signs in, prints every workbook of the site while the pages arrive, and signs out, also on Ctrl-C and for `| head`.
 *
 * It uses the server TABLEAU_SERVER_URL. Without one it starts a simulator in another process, passes its own arguments
 * on (`npm run quickstart -- --workbooks 5`), and at the end prints how many sessions are left there.
 */
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Credentials, TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

// A terminal signals npm and this program, and npm repeats the signal: the second one must not end the program while it
// signs out.
process.on("SIGINT", constVoid).on("SIGTERM", constVoid)

const printWorkbooks = Effect.gen(function* () {
  const { items, totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site:`)
  yield* Stream.runForEach(items, ({ id, name }) => Console.log(`${id} ${name ?? ""}`))
})

class SimulatorFailed extends Data.TaggedError("SimulatorFailed")<{ readonly message: string }> {}

/** Runs until the scope closes, in a process group of its own: Ctrl-C in a terminal does not end it early. */
const startSimulator = Effect.gen(function* () {
  const program = fileURLToPath(new URL("../packages/simulator/src/main.ts", import.meta.url))
  const simulator = yield* Command.make(
    process.execPath,
    ...["--import", "tsx", program, "--port", "0"],
    ...process.argv.slice(2)
  ).pipe(Command.stderr("inherit"), Command.start)
  const url = yield* simulator.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filterMap((line) => Option.fromNullable(/^listening on (\S+)$/.exec(line)?.[1])),
    Stream.runHead
  )
  return yield* Option.match(url, {
    onNone: () => new SimulatorFailed({ message: "The simulator ended before it was listening." }),
    onSome: Effect.succeed
  })
})

const Sessions = Schema.Struct({ sessions: Schema.Array(Schema.Unknown) })

const printSessionsLeft = (simulator: string) =>
  HttpClient.get(`${simulator}/simulator/sessions`).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Sessions)),
    Effect.flatMap(({ sessions }) => Console.log(`Sessions left on the server: ${sessions.length}`)),
    Effect.orDie
  )

const onSimulator = Effect.scoped(
  Effect.gen(function* () {
    const server = yield* startSimulator
    const credentials = Credentials.personalAccessToken({ name: "demo-token", value: Redacted.make("demo-secret") })
    yield* printWorkbooks.pipe(
      Effect.provide(TableauSession.layer({ server, credentials })),
      // The session would warn that the simulator has no TLS.
      Logger.withMinimumLogLevel(LogLevel.Error),
      Effect.ensuring(printSessionsLeft(server))
    )
  })
)

const onServer = Effect.provide(printWorkbooks, TableauSession.layerConfig())

const program = Effect.gen(function* () {
  const server = yield* Config.option(Config.nonEmptyString("TABLEAU_SERVER_URL"))
  yield* Option.isSome(server) ? onServer : onSimulator
})

program.pipe(
  Effect.provide([TableauNode.layerHttpClient(), NodeContext.layer]),
  // Prints the list only, without the log of the sign-in.
  Logger.withMinimumLogLevel(LogLevel.Warning),
  TableauNode.runMain
)
