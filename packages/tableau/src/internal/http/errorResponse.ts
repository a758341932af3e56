/**
 * Status, first bytes and code: what an answer is, before anybody parses it as what was asked for.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  type Acted,
  BadRequest,
  Conflict,
  Forbidden,
  MethodNotAllowed,
  NotFound,
  RateLimited,
  type RedirectRefused,
  ServerFault,
  SessionExpired,
  UnexpectedResponse,
  UnknownCode
} from "../../TableauError.js"
import * as Chunks from "../xml/chunks.js"
import { type Reader, reader } from "../xml/reader.js"
import { type Answer, type Asked, actedAtMost } from "./exchange.js"
import * as Redirect from "./redirect.js"

export type Refused =
  | BadRequest
  | Conflict
  | Forbidden
  | MethodNotAllowed
  | NotFound
  | RateLimited
  | RedirectRefused
  | ServerFault
  | SessionExpired
  | UnexpectedResponse
  | UnknownCode

const readError = reader(
  "error",
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.optional(Schema.String),
      summary: Schema.optional(Schema.String),
      detail: Schema.optional(Schema.String)
    })
  })
)

/** Nothing follows it in the pattern: what did would have it try each way to part the comments, without end. */
const prolog = /^(?:\s|<\?[^>]*>|<!--[\s\S]*?-->)*/

/** A text from its root, or its doctype, on. */
export const fromRoot = (text: string): string => text.slice(prolog.exec(text)?.[0].length)

/** Whether what begins like this is a web page. */
export const isPage = (text: string): boolean => /^<(?:!doctype\s+)?html/i.test(fromRoot(text))

/** As much of an answer as tells what it is. */
const beginning = ({ text }: Answer): string => Chunks.firstNonBlank(text).slice(0, 2000)

const kindOf = (start: string, contentType: string): UnexpectedResponse["kind"] | undefined => {
  if (start === "") return "Empty"
  if (isPage(start) || (contentType.includes("html") && !/<tsresponse/i.test(start))) return "Html"
  if (start.startsWith("{") || start.startsWith("[")) return "Json"
  return start.startsWith("<") ? undefined : "Malformed"
}

const readAnything = reader("anything", Schema.Struct({}))

/** For an answer that has nothing to say: no body, or one of Tableau's that is no refusal. */
export const nothing: Reader<void> = (text) => {
  if (Chunks.firstNonBlank(text) === "") return Either.right({ value: undefined, malformed: [] })
  return Either.isRight(readError(text))
    ? Either.left("it is a refusal")
    : Either.map(readAnything(text), ({ malformed }) => ({ value: undefined, malformed }))
}

/** All three forms of HTTP's dates begin with the day of the week; `Date` reads much else as one. */
const httpDate = /^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i

/** Reads `Retry-After`, which is in seconds or a date. */
const retryAfterOf = (header: string | undefined, now: number): Duration.Duration | undefined => {
  if (header === undefined) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Duration.millis(Math.min(Number(header) * 1000, Number.MAX_SAFE_INTEGER))
  if (!httpDate.test(header)) return undefined
  return Option.getOrUndefined(
    Option.map(DateTime.make(new Date(header)), (date) => Duration.millis(DateTime.toEpochMillis(date) - now))
  )
}

/** What the server said: all of it, up to a bound that Tableau's own texts do not reach. */
const excerpt = (text: string | undefined, bound: number): string | undefined => text && Chunks.excerpt(text, bound)

interface Said {
  readonly code?: string | undefined
  readonly summary?: string | undefined
  readonly detail?: string | undefined
}

/** Statuses whose meaning is known; those from 500 on are too. */
const known: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 408, 409, 413, 429])
const isKnown = (status: number): boolean => known.has(status) || (status >= 500 && status < 600)

/**
 * The status that tells what a refusal is: its own, whatever its code begins with (409004 comes with 400, 409087 with
 * 403), but 405000 means the same with any. A status that tells nothing, such as 200, leaves it to the code.
 */
const meaningOf = (status: number, code = ""): number => {
  if (code === "405000") return 405
  const told = Number(code.slice(0, 3))
  return !isKnown(status) && isKnown(told) ? told : status
}

/** Tableau's own refusal, never by its texts: they come in the server's language. */
export const refusal = (asked: Asked, answer: Answer, said: Said, now: number): Refused => {
  const { status } = answer
  const code = excerpt(said.code, 100)
  const meaning = meaningOf(status, code)
  // At 408 and from 500 on the server may have been at it.
  const acted: Acted = meaning >= 400 && meaning < 500 && meaning !== 408 ? "no" : actedAtMost(asked)
  const fields = {
    operation: asked.operation,
    status,
    acted,
    code,
    summary: excerpt(said.summary, 4000),
    detail: excerpt(said.detail, 4000)
  }
  switch (meaning) {
    case 400:
    case 413:
      return new BadRequest(fields)
    case 401:
      return new SessionExpired(fields)
    case 403:
      return new Forbidden(fields)
    case 404:
      return new NotFound(fields)
    case 405:
      return new MethodNotAllowed(fields)
    case 409:
      return new Conflict(fields)
    case 429:
      return new RateLimited({ ...fields, retryAfter: retryAfterOf(answer.retryAfter, now) })
    default:
      return isKnown(meaning) ? new ServerFault(fields) : new UnknownCode(fields)
  }
}

/** An answer with a status of failure that does not carry Tableau's XML. */
export const foreign = (asked: Asked, answer: Answer, kind: UnexpectedResponse["kind"], now: number): Refused => {
  const { status } = answer
  return status === 405 || status === 408 || status === 429 || status >= 500
    ? refusal(asked, answer, {}, now)
    : new UnexpectedResponse({ operation: asked.operation, status, acted: actedAtMost(asked), kind })
}

/** The answer's model, and the items of it that could not be read; or the error that it is. */
export const classify = <A>(asked: Asked, answer: Answer, read: Reader<A>, now: number) => {
  const refuse = (error: Refused) => Either.left(error)
  if (Redirect.isRedirect(answer.status)) return refuse(Redirect.refused(asked, answer))
  const start = beginning(answer)
  const kind = kindOf(start, answer.contentType)
  const ok = answer.status >= 200 && answer.status < 300
  if (ok) {
    const fields = {
      operation: asked.operation,
      status: answer.status,
      acted: actedAtMost(asked)
    }
    if (kind !== undefined && kind !== "Empty") return refuse(new UnexpectedResponse({ ...fields, kind }))
    // A list may be absent from an answer: to its reader a refusal under 200 looks like an empty one.
    const perhaps = start.includes("error") && /<(?:[\w.-]+:)?error[\s>]/.test(start)
    const error = perhaps ? readError(answer.text) : undefined
    if (error !== undefined && Either.isRight(error))
      return refuse(refusal(asked, answer, error.right.value.error, now))
    return Either.mapLeft(
      read(answer.text),
      (problem): Refused =>
        new UnexpectedResponse({
          ...fields,
          ...(kind === "Empty" ? { kind } : { kind: "Malformed", detail: problem })
        })
    )
  }
  if (kind !== undefined) return refuse(foreign(asked, answer, kind, now))
  return refuse(
    Either.match(readError(answer.text), {
      onLeft: () => foreign(asked, answer, "Malformed", now),
      onRight: ({ value }) => refusal(asked, answer, value.error, now)
    })
  )
}
