/** Classifies a response by status, first bytes and error code before it is parsed. */
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
  ServerFault,
  SessionExpired,
  UnexpectedResponse,
  UnknownCode
} from "../../TableauError.js"
import * as Chunks from "../xml/chunks.js"
import { type MalformedItem, make, type Read, type Reader, reader } from "../xml/reader.js"
import {
  type BufferedResponse,
  type ErrorResponse,
  isJsonService,
  type RequestContext,
  type ResponseHead,
  reported,
  uncertainActed
} from "./exchange.js"
import { type ErrorDetails, embeddedError, errorDetails } from "./jsonError.js"
import * as JsonText from "./jsonText.js"
import * as Redirect from "./redirect.js"
import { codeLimit, detailLimit, idLimit } from "./serverText.js"

const readXmlError = reader(
  "error",
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.optional(Schema.String),
      summary: Schema.optional(Schema.String),
      detail: Schema.optional(Schema.String)
    })
  })
)

/** Must stay at the end of the pattern: anything after it causes catastrophic backtracking. */
const prolog = /^(?:\s|<\?[^>]*>|<!--[\s\S]*?-->)*/

/** Returns the text from its root element, or its doctype, on. */
export const skipProlog = (text: string): string => text.slice(prolog.exec(text)?.[0].length)

export const isHtml = (text: string): boolean => /^<(?:!doctype\s+)?html/i.test(skipProlog(text))

/** Enough characters to recognize what a response is. */
const sniffedChars = 2000

export type Kind = UnexpectedResponse["kind"]

/** Recognizes what is not XML by its start. */
const foreignKind = (start: string, contentType: string): Kind | undefined => {
  if (start === "") return "Empty"
  if (isHtml(start) || (contentType.includes("html") && !/<tsresponse/i.test(start))) return "Html"
  if (start.startsWith("{") || start.startsWith("[")) return "Json"
  return start.startsWith("<") ? undefined : "Malformed"
}

export const kindOf = ({ contentType, text }: BufferedResponse): Kind | undefined =>
  foreignKind(Chunks.firstNonBlank(text).slice(0, sniffedChars), contentType)

const readAnyDocument = reader("anything", Schema.Struct({ error: Schema.optional(Schema.Struct({})) }))

/** Accepts no body, or any `<tsResponse>` that is not an error. */
export const emptyResponse: Reader<void> = make(() => {
  const document = readAnyDocument.begin()
  let isBlank = true
  return {
    write: (chunk) => {
      isBlank &&= chunk.trimStart() === ""
      return document.write(chunk)
    },
    end: () =>
      isBlank
        ? Either.right({ value: undefined, malformed: [] })
        : Either.flatMap(document.end(), ({ malformed, value }) =>
            value.error === undefined
              ? Either.right({ value: undefined, malformed })
              : Either.left("it is an error response")
          )
  }
})

/** More than any error document of Tableau. Reading a larger one would block the event loop. */
const maxErrorChunks = 32

const readError = (text: Chunks.TextChunks) =>
  text.length > maxErrorChunks ? Either.left("it is too large") : readXmlError(text)

/** All three forms of HTTP dates begin with the day of the week; `Date` accepts much else. */
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

/** Status codes with an error class of their own, beside all from 500 to 599. */
const knownStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 408, 409, 413, 429])
const isKnown = (status: number): boolean => knownStatuses.has(status) || (status >= 500 && status < 600)

/**
 * The status that decides the error class. The response's own status has priority over the one in the code, as 409004
 * is sent with 400, and 409087 with 403. The code decides if the status is not a known error, such as 200. 405000 has
 * the same meaning with any status.
 */
const decisiveStatus = (status: number, code = ""): number => {
  if (code === "405000") return 405
  const statusInCode = Number(code.slice(0, 3))
  return !isKnown(status) && isKnown(statusInCode) ? statusInCode : status
}

/** The error of an error response. Only status and code decide, because summary and detail are in the server's language. */
export const errorOf = (
  request: RequestContext,
  head: ResponseHead,
  details: ErrorDetails,
  now: number
): ErrorResponse => {
  const { sanitize } = request
  const { status } = head
  const code = sanitize(details.code, codeLimit)
  const decisive = decisiveStatus(status, code)
  // After 408 or 5xx the server may have acted.
  const acted: Acted = decisive >= 400 && decisive < 500 && decisive !== 408 ? "no" : uncertainActed(request)
  const fields = {
    ...reported(request, head),
    acted,
    code,
    summary: sanitize(details.summary, detailLimit),
    detail: sanitize(details.detail, detailLimit)
  }
  switch (decisive) {
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
      return new RateLimited({ ...fields, retryAfter: retryAfterOf(head.retryAfter, now) })
    default:
      return isKnown(decisive) ? new ServerFault(fields) : new UnknownCode(fields)
  }
}

/** The error of a response that cannot be read. The detail may quote the response. */
export const unexpected = (
  request: RequestContext,
  head: ResponseHead,
  kind: Kind,
  detail?: string
): UnexpectedResponse =>
  new UnexpectedResponse({
    ...reported(request, head),
    acted: uncertainActed(request),
    kind,
    detail: request.sanitize(detail, detailLimit)
  })

/** The error of a compressed response, which was not requested. */
export const compressed = (request: RequestContext, head: ResponseHead, encoding: string): UnexpectedResponse =>
  unexpected(
    request,
    head,
    "Other",
    `The response is compressed (${request.sanitize(encoding, codeLimit) ?? "unknown"}), which was not requested: a server or proxy must not compress it.`
  )

/** The error of an error status without an error body of Tableau. */
const foreignError = (request: RequestContext, head: ResponseHead, kind: Kind, now: number): ErrorResponse => {
  const { status } = head
  return status === 405 || status === 408 || status === 429 || status >= 500
    ? errorOf(request, head, {}, now)
    : unexpected(request, head, kind)
}

/** The details in a JSON error body. Outside of the JSON services only one with a code is Tableau's. */
const jsonDetails = (request: RequestContext, { text }: BufferedResponse): ErrorDetails | undefined => {
  const details = Option.flatMapNullable(Either.getRight(JsonText.parse(text.join(""))), errorDetails)
  return Option.getOrUndefined(
    Option.filter(details, ({ code }) => code !== undefined || isJsonService(request.url.pathname))
  )
}

/**
 * The error of a response whose status is not a success, in whichever form its body is. Pulse also sends its code in a
 * header.
 */
export const errorOfStatus = (
  request: RequestContext,
  response: BufferedResponse,
  now: number,
  codeInHeader?: string
): ErrorResponse => {
  if (Redirect.isRedirect(response.status)) return Redirect.redirectError(request, response)
  const kind = kindOf(response)
  if (kind === "Json" || (kind === "Empty" && codeInHeader !== undefined)) {
    const details = kind === "Json" ? jsonDetails(request, response) : {}
    return details === undefined
      ? foreignError(request, response, kind, now)
      : errorOf(request, response, { ...details, code: details.code ?? codeInHeader }, now)
  }
  if (kind !== undefined) return foreignError(request, response, kind, now)
  return Either.match(readError(response.text), {
    onLeft: () => foreignError(request, response, "Malformed", now),
    onRight: ({ value }) => errorOf(request, response, value.error, now)
  })
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Tableau can send an error with status 200. A list may be absent: its reader would take the error for an empty list. */
const xmlErrorInSuccess = ({ text }: BufferedResponse): ErrorDetails | undefined => {
  const start = Chunks.firstNonBlank(text).slice(0, sniffedChars)
  if (!(start.includes("error") && /<(?:[\w.-]+:)?error[\s>]/.test(start))) return undefined
  const error = readError(text)
  return Either.isRight(error) ? error.right.value.error : undefined
}

/** The error of a response that has a success status, and is not XML. */
const errorOfForeignSuccess = (
  request: RequestContext,
  response: BufferedResponse,
  kind: Kind,
  now: number
): ErrorResponse => {
  if (kind !== "Json") return unexpected(request, response, kind)
  const details = Option.flatMapNullable(Either.getRight(JsonText.parse(response.text.join(""))), embeddedError)
  return Option.match(details, {
    onNone: () => unexpected(request, response, kind),
    onSome: (details) => errorOf(request, response, details, now)
  })
}

/** The error that a response is by its status, its first bytes, or its only element. */
export const errorIn = (
  request: RequestContext,
  response: BufferedResponse,
  now: number
): ErrorResponse | undefined => {
  if (!isSuccess(response.status)) return errorOfStatus(request, response, now)
  const kind = kindOf(response)
  if (kind !== undefined && kind !== "Empty") return errorOfForeignSuccess(request, response, kind, now)
  const error = xmlErrorInSuccess(response)
  return error === undefined ? undefined : errorOf(request, response, error, now)
}

/** The error of a response that its reader rejects. */
export const errorOfProblem = (
  request: RequestContext,
  response: BufferedResponse,
  problem: string
): UnexpectedResponse =>
  kindOf(response) === "Empty"
    ? unexpected(request, response, "Empty")
    : unexpected(request, response, "Malformed", problem)

/** Of so many malformed items of a response the log says which they are. All others are only counted. */
export const describedItems = 10

/** Removes secrets from what warnings say of a response. */
export const sanitizeRead =
  ({ sanitize }: RequestContext) =>
  <A>(read: Read<A>): Read<A> => {
    if (read.malformed.length === 0) return read
    const malformed = read.malformed.map(
      (item, index): MalformedItem => ({
        ...item,
        // The keys of a JSON document can be the server's data.
        element: sanitize(item.element, idLimit) ?? "item",
        id: index < describedItems ? sanitize(item.id, idLimit) : undefined,
        problem: index < describedItems ? (sanitize(item.problem, idLimit) ?? "it cannot be read") : ""
      })
    )
    return { value: read.value, malformed }
  }

/** Reads an XML response, or returns the error that it is. What is said of malformed items is not sanitized. */
export const classify = <A>(
  request: RequestContext,
  response: BufferedResponse,
  read: Reader<A>,
  now: number
): Either.Either<Read<A>, ErrorResponse> => {
  const error = errorIn(request, response, now)
  return error === undefined
    ? Either.mapLeft(read(response.text), (problem) => errorOfProblem(request, response, problem))
    : Either.left(error)
}
