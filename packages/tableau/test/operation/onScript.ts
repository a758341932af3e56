import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { TableauSession } from "effect-tableau"
import { type Script, type ScriptedServerOptions, scriptedServer } from "../../../../test/support/scriptedServer.js"
import { admin } from "../../../../test/support/session.js"
import { isOfPlainHttp } from "../../../../test/support/warnings.js"

/** Runs an effect on a session with a scripted server; returns its exit, the requests and the warnings that were logged. */
export const onScript = <A, E>(
  effect: Effect.Effect<A, E, TableauSession>,
  script: Script,
  options: Partial<TableauSession.Options> = {},
  server: ScriptedServerOptions = {}
) =>
  Effect.gen(function* () {
    const { calls, url } = yield* scriptedServer(script, server)
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      const line = String(message)
      if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning) && !isOfPlainHttp(line)) logged.push(line)
    })
    const session = TableauSession.layer({ server: url, credentials: admin, retry: "never", ...options })
    const exit = yield* Effect.exit(effect).pipe(
      Effect.provide(session),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    return { calls, exit, logged: logged.filter((line) => !isOfPlainHttp(line)) }
  }).pipe(Effect.scoped)
