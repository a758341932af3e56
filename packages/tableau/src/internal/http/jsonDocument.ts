/** JSON responses that are read as a whole. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { schemaProblem } from "../schemaProblem.js"
import type { Read } from "../xml/reader.js"
import { encodingOf } from "./body.js"
import {
  compressed,
  errorIn,
  errorOf,
  errorOfProblem,
  errorOfStatus,
  isHtml,
  isSuccess,
  unexpected
} from "./errorResponse.js"
import type { BufferedReader, ErrorResponse, ExchangeError, IncomingResponse } from "./exchange.js"
import { type ErrorDetails, embeddedError } from "./jsonError.js"
import * as JsonText from "./jsonText.js"

export const accept = { accept: "application/json" }

/** Decodes a parsed document, or says what is wrong with it. */
export const decoderOf = <A, I>(schema: Schema.Schema<A, I>): ((body: unknown) => Either.Either<A, string>) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (body) =>
    Either.flatMap(
      // The decoder of a recursive schema overflows the stack if the document is nested deeply.
      Either.try({
        try: () => Either.mapLeft(decode(body), schemaProblem),
        catch: () => "It cannot be decoded: it may be nested too deeply."
      }),
      (result) => result
    )
}

/** The error of a JSON response whose status is not a success. */
export const errorOfResponse = (response: IncomingResponse): Effect.Effect<never, ExchangeError> =>
  Effect.flatMap(response.text, (text) => {
    const { head, header, now, request } = response
    return Effect.fail(errorOfStatus(request, { ...head, text }, now(), header("validation_code")))
  })

/** The error of a response that is XML or a web page instead of JSON. */
export const errorOfMarkup = ({ head, request }: IncomingResponse, text: string, now: number): ErrorResponse => {
  const response = { ...head, text: [text] }
  return errorIn(request, response, now) ?? errorOfProblem(request, response, "It is not JSON.")
}

/** Whether the start of a response, without leading white space, is XML or a web page. */
export const isMarkup = ({ head }: IncomingResponse, start: string): boolean =>
  start.startsWith("<") || (/html/i.test(head.contentType) && start !== "") || isHtml(start)

/** Options of a JSON document. */
export interface DocumentOptions {
  /** Reads the error that a service reports with status 200. By default the forms that Tableau's services share. */
  readonly errorIn?: ((body: unknown) => ErrorDetails | undefined) | undefined
}

/** Decodes a parsed document, as a whole or item by item. */
type Decoder<A> = (body: unknown) => Either.Either<Read<A>, string>

/** Reads a JSON document, or returns the error that the response is. An empty body is decoded as `undefined`. */
export const document = <A, I>(schema: Schema.Schema<A, I>, options?: DocumentOptions): BufferedReader<A> => {
  const decode = decoderOf(schema)
  return documentBy((body) => Either.map(decode(body), (value) => ({ value, malformed: [] })), options)
}

/** The same with a decoder. */
export const documentBy = <A>(
  decode: Decoder<A>,
  { errorIn = embeddedError }: DocumentOptions = {}
): BufferedReader<A> => {
  const read = (response: IncomingResponse, bytes: Uint8Array, now: number): Either.Either<Read<A>, ErrorResponse> =>
    Either.gen(function* () {
      const { head, header, request } = response
      const encoding = encodingOf(header)
      const malformed = (problem: string) =>
        encoding === undefined ? unexpected(request, head, "Malformed", problem) : compressed(request, head, encoding)
      const text = yield* Either.mapLeft(JsonText.decode(bytes), malformed)
      const start = text.trimStart()
      if (isMarkup(response, start)) return yield* Either.left(errorOfMarkup(response, text, now))
      const isEmpty = start === ""
      const body = isEmpty ? undefined : yield* Either.mapLeft(JsonText.parse(text), malformed)
      const details = errorIn(body)
      if (details !== undefined) return yield* Either.left(errorOf(request, head, details, now))
      return yield* Either.mapLeft(decode(body), (problem) =>
        isEmpty ? unexpected(request, head, "Empty") : unexpected(request, head, "Malformed", problem)
      )
    })

  return {
    accept,
    streaming: false,
    receive: (response) =>
      isSuccess(response.head.status)
        ? Effect.flatMap(response.bytes, (bytes) => read(response, bytes, response.now()))
        : errorOfResponse(response)
  }
}
