import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

/** The warnings that an effect logs. */
export const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const keep = Logger.make(({ logLevel, message }) => {
      if (logLevel.label === "WARN") lines.push(String(message))
    })
    yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, keep))
    return lines
  })
