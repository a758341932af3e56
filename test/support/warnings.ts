import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

/** Whether a line is the warning of each session that opens over plain http, as most of our servers speak. */
export const isOfPlainHttp = (line: string): boolean => line.includes(" has no TLS, so ")

/** The warnings that an effect logs. */
export const allWarnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const keep = Logger.make(({ logLevel, message }) => {
      if (logLevel.label === "WARN") lines.push(String(message))
    })
    yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, keep))
    return lines
  })

/** The same without those of plain http. */
export const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(allWarnings(effect), (lines) => lines.filter((line) => !isOfPlainHttp(line)))
