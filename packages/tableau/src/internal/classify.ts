/**
 * Status, first bytes and code: what an answer is, before anybody parses it as what was asked for.
 */
import * as DateTime from "effect/DateTime"
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
  RedirectRefused,
  ServerFault,
  SessionExpired,
  UnexpectedResponse,
  UnknownCode
} from "../TableauError.js"
import { type Reader, reader } from "./reader.js"

/** What was asked, as far as an error tells it. */
export interface Asked {
  readonly operation: string
  readonly url: URL
  /** Whether the request only reads: then the server did nothing, whatever it answered. */
  readonly reads: boolean
}

/** What is known when no answer of Tableau's own says more. */
export const actedAtMost = (asked: Asked): Acted => (asked.reads ? "no" : "unknown")

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  readonly contentType: string
  /** What the server's clock says. */
  readonly date: string | undefined
  readonly text: string
}

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

/** Where a redirect leads, without the query, which can hold a secret of a single sign-on. */
const target = (asked: Asked, location: string | undefined): URL | undefined => {
  const url = location === undefined || !URL.canParse(location, asked.url) ? undefined : new URL(location, asked.url)
  if (url !== undefined) {
    url.search = ""
    url.hash = ""
    url.username = ""
    url.password = ""
  }
  return url
}

const redirected = (asked: Asked, answer: Answer): MethodNotAllowed | RedirectRefused => {
  const to = target(asked, answer.location)
  const common = {
    operation: asked.operation,
    status: answer.status === 0 ? undefined : answer.status,
    acted: "no" as const
  }
  if (to === undefined) {
    return new RedirectRefused({
      ...common,
      reason: answer.status === 0 ? "a browser does not show where it leads" : "the server does not say where it leads"
    })
  }
  const same = to.hostname === asked.url.hostname || to.pathname === asked.url.pathname
  if (asked.url.protocol === "http:" && to.protocol === "https:" && same) {
    return new MethodNotAllowed({ ...common, code: "405000", suggestedUrl: to.origin })
  }
  const reason =
    to.protocol === "http:" && asked.url.protocol === "https:"
      ? "it leads from https to http"
      : to.origin === asked.url.origin
        ? "it leads to another path of the same server, such as a login page"
        : "it leads to another server"
  return new RedirectRefused({ ...common, location: to.href, reason })
}

const kindOf = (answer: Answer): UnexpectedResponse["kind"] | undefined => {
  const start = answer.text
    .slice(0, 1000)
    .replace(/^\uFEFF/, "")
    .trimStart()
    .toLowerCase()
  if (start === "") return "Empty"
  if (
    start.startsWith("<!doctype html") ||
    start.startsWith("<html") ||
    (answer.contentType.includes("html") && !start.includes("<tsresponse"))
  )
    return "Html"
  if (start.startsWith("{") || start.startsWith("[")) return "Json"
  return start.startsWith("<") ? undefined : "Malformed"
}

/** Milliseconds from a `Retry-After`, which is in seconds or a date. */
const waitOf = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  return Option.getOrUndefined(
    Option.map(DateTime.make(new Date(header)), (date) => Math.max(0, DateTime.toEpochMillis(date) - now))
  )
}

/** Tableau's own refusal, by its code where the code says more than the status. */
const refusal = (
  asked: Asked,
  answer: Answer,
  said: {
    readonly code?: string | undefined
    readonly summary?: string | undefined
    readonly detail?: string | undefined
  },
  now: number
): Refused => {
  const { status } = answer
  const acted: Acted = status < 500 ? "no" : actedAtMost(asked)
  const fields = { operation: asked.operation, status, acted, ...said }
  const code = said.code ?? ""
  if (status === 405 || code === "405000") return new MethodNotAllowed(fields)
  if (status === 401 || code.startsWith("401")) return new SessionExpired(fields)
  if (status === 429 || code.startsWith("429")) {
    return new RateLimited({ ...fields, acted: "no", retryAfter: waitOf(answer.retryAfter, now) })
  }
  if (status >= 500) return new ServerFault(fields)
  if (status === 409 || code.startsWith("409")) return new Conflict(fields)
  if (status === 404) return new NotFound(fields)
  if (status === 403) return new Forbidden(fields)
  return status === 400 || status === 413 ? new BadRequest(fields) : new UnknownCode(fields)
}

/** An answer with a status of failure that does not carry Tableau's XML. */
const foreign = (asked: Asked, answer: Answer, kind: UnexpectedResponse["kind"], now: number): Refused => {
  const { status } = answer
  return status === 405 || status === 429 || status >= 500
    ? refusal(asked, answer, {}, now)
    : new UnexpectedResponse({ operation: asked.operation, status, acted: actedAtMost(asked), kind })
}

const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400 && status !== 304)

/** The answer's model, and the items of it that could not be read; or the error that it is. */
export const classify = <A>(asked: Asked, answer: Answer, read: Reader<A>, now: number) => {
  const refuse = (error: Refused) => Either.left(error)
  if (isRedirect(answer.status)) return refuse(redirected(asked, answer))
  const kind = kindOf(answer)
  const ok = answer.status >= 200 && answer.status < 300
  if (ok) {
    const fields = {
      operation: asked.operation,
      status: answer.status,
      acted: actedAtMost(asked)
    }
    if (kind !== undefined) return refuse(new UnexpectedResponse({ ...fields, kind }))
    return Either.mapLeft(read(answer.text), (problem): Refused => {
      const error = readError(answer.text)
      return Either.isRight(error)
        ? refusal(asked, answer, error.right.value.error, now)
        : new UnexpectedResponse({ ...fields, kind: "Malformed", detail: problem })
    })
  }
  if (kind !== undefined) return refuse(foreign(asked, answer, kind, now))
  return refuse(
    Either.match(readError(answer.text), {
      onLeft: () => foreign(asked, answer, "Malformed", now),
      onRight: ({ value }) => refusal(asked, answer, value.error, now)
    })
  )
}
