/** All that a program prints. */
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"

/** All output of the program: log lines, spans, and the error printed in several ways. */
export const gather = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const spans: Array<Tracer.Span> = []
    const native = yield* Effect.tracer
    const tracer = Tracer.make({
      context: native.context,
      span: (...given) => {
        const span = native.span(...given)
        spans.push(span)
        return span
      }
    })
    const keep = (line: string) => {
      written.push(line)
    }
    const loggers = [Logger.jsonLogger, Logger.logfmtLogger, Logger.stringLogger].map((logger) =>
      Logger.add(Logger.map(logger, keep))
    )
    const exit = yield* program.pipe(
      Effect.withTracer(tracer),
      Effect.provide(
        Layer.mergeAll(Logger.remove(Logger.defaultLogger), Logger.minimumLogLevel(LogLevel.All), ...loggers)
      ),
      Effect.exit
    )
    for (const { attributes, name, status } of spans) keep(inspect([name, attributes, status], { depth: 20 }))
    const lines = written.length
    if (Exit.isFailure(exit)) {
      const error = Cause.squash(exit.cause)
      keep(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }))
      keep([String(error), JSON.stringify(error), Cause.pretty(exit.cause), JSON.stringify(exit)].join("\n"))
    }
    return { exit, lines, text: written.join("\n") }
  })
