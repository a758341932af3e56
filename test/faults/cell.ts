/** How every cell is observed: log, spans, the state of the server, secrets. */
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"
import type { TableauError } from "effect-tableau"
import type { Simulator } from "effect-tableau-simulator"
import { isOfPlainHttp } from "../support/warnings.js"

/** The outcome of a cell in a word, and its differences from the expected one. */
export interface Result {
  readonly came: string
  readonly wrong: ReadonlyArray<string>
}

/** An error of the program itself. */
export class Own extends Data.TaggedError("Own")<{}> {}

/** Lets sockets deliver events. */
export const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Reads the state of the server with a session of its own, signed in with a password. */
export const watch = (simulator: Simulator.Service) =>
  Effect.gen(function* () {
    const request = (path: string, init: RequestInit) =>
      Effect.promise(() => fetch(`${simulator.url}/api/3.29${path}`, init).then((response) => response.text()))
    const body =
      '<tsRequest><credentials name="admin" password="admin-password"><site contentUrl=""/></credentials></tsRequest>'
    const signedIn = yield* request("/auth/signin", { method: "POST", body })
    const [, token = ""] = /token="([^"]*)"/.exec(signedIn) ?? []
    const [, siteId = ""] = /<site id="([^"]*)"/.exec(signedIn) ?? []
    return (path: string) => request(`/sites/${siteId}${path}`, { headers: { "x-tableau-auth": token } })
  })

/** Counts the occurrences of a string. */
export const times = (part: string) => (text: string) => text.split(part).length - 1

/** Records the log: warnings and errors, and the text of all entries. */
export const logbook = () => {
  const warnings: Array<string> = []
  const book = { warnings, text: "" }
  const logger = Logger.make<unknown, void>((entry) => {
    const line = Logger.stringLogger.log(entry)
    // The test clock warns when the machine is slow, and each session over plain http.
    if (line.includes("test clock") || isOfPlainHttp(line)) return
    book.text += `${line}\n${Logger.jsonLogger.log(entry)}\n`
    if (LogLevel.greaterThanEqual(entry.logLevel, LogLevel.Warning)) book.warnings.push(line)
  })
  return { book, layer: Logger.replace(Logger.defaultLogger, logger) }
}

/** Records the spans as text. */
export const spanbook = () => {
  const spans: Array<Tracer.Span> = []
  const events: Array<unknown> = []
  const layer = Layer.unwrapEffect(
    Effect.map(Effect.tracer, (native) =>
      Layer.setTracer(
        Tracer.make({
          context: native.context,
          span: (...given) => {
            const span = native.span(...given)
            spans.push(span)
            const record = span.event
            span.event = (...event) => {
              events.push(event)
              record.apply(span, event)
            }
            return span
          }
        })
      )
    )
  )
  const text = () =>
    inspect([events, spans.map(({ attributes, name, status }) => [name, attributes, status])], {
      depth: Number.POSITIVE_INFINITY
    })
  return { count: () => spans.length, text, layer }
}

/** The forms of a secret in requests. */
const forms = (secret: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64")
]

/** Whether a string contains one of the secrets. */
export const contains = (text: string, secrets: Iterable<string>): boolean =>
  [...secrets].filter((secret) => secret !== "").some((secret) => forms(secret).some((form) => text.includes(form)))

export const printed = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return [
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(cause),
    String(error),
    Cause.pretty(cause)
  ].join("\n")
}

/** The error of an exit that failed with exactly one. */
export const onlyError = (exit: Exit.Exit<unknown, TableauError.TableauError | Own>) => {
  if (Exit.isSuccess(exit)) return undefined
  const { cause } = exit
  const [error, ...others] = Cause.failures(cause)
  const single = others.length === 0 && Chunk.isEmpty(Cause.defects(cause)) && !Cause.isInterrupted(cause)
  return single ? error : undefined
}
