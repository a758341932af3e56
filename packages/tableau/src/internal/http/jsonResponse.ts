/** Responses of the JSON services. */

import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { TreeFormatter } from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { UnexpectedResponse } from "../../TableauError.js"
import * as Chunks from "../xml/chunks.js"
import type { Read } from "../xml/reader.js"
import { classify, type Refused, refusal } from "./errorResponse.js"
import { type Asked, actedAtMost, type Head } from "./exchange.js"
import type { Expected, Pending, TransportFailure } from "./transport.js"

/** Text of any member that a service calls its code, and the same of what it says. */
const ErrorBody = Schema.Struct({
  error: Schema.optional(Schema.Unknown),
  code: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
  httpErrorCode: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
  errorCode: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
  message: Schema.optional(Schema.String),
  summary: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String)
})

const decodeErrorBody = Schema.decodeUnknownOption(ErrorBody)

const errorBody = (body: unknown) => Option.getOrUndefined(decodeErrorBody(body))

/** The four error bodies of Tableau's JSON services, as one: code, summary and detail. */
export const said = (body: unknown) => {
  const outer: typeof ErrorBody.Type = errorBody(body) ?? {}
  const inner: typeof ErrorBody.Type = errorBody(outer.error) ?? outer
  const code = inner.code ?? inner.errorCode ?? inner.httpErrorCode
  return {
    code: code === undefined ? undefined : String(code),
    summary: inner.summary,
    detail: inner.detail ?? inner.message
  }
}

export const accept = { accept: "application/json" }

const malformed = (asked: Asked, { status }: Head, detail: string) =>
  new UnexpectedResponse({
    operation: asked.operation,
    status,
    acted: actedAtMost(asked),
    kind: "Malformed",
    detail: Chunks.excerpt(detail, 1000)
  })

const parse = (text: string): Either.Either<unknown, string> =>
  Either.try({ try: () => JSON.parse(text), catch: (error) => String(error) })

/** The error of a response whose status is none of success, in whichever form it comes. */
export const refused = (pending: Pending): Effect.Effect<never, Refused | Effect.Effect.Error<Pending["text"]>> =>
  Effect.flatMap(pending.text, (parts) =>
    Effect.clockWith((clock) => {
      const { asked, head } = pending
      const now = clock.unsafeCurrentTimeMillis()
      const body = /^\s*\{/.test(Chunks.firstNonBlank(parts)) ? parse(parts.join("")) : Either.left("")
      if (Either.isLeft(body)) {
        const answer = classify<never>(asked, { ...head, text: parts }, () => Either.left("no error"), now)
        return Either.isLeft(answer) ? Effect.fail(answer.left) : Effect.fail(malformed(asked, head, "no error"))
      }
      const { code, ...rest } = said(body.right)
      // Pulse has its code in a header when the service is switched off.
      return Effect.fail(
        refusal(asked, { ...head, text: parts }, { ...rest, code: pending.header("validation_code") ?? code }, now)
      )
    })
  )

/** A JSON document as a whole. An empty one is read as `{}`. */
export const document = <A, I>(schema: Schema.Schema<A, I>): Expected<A> => {
  const decode = Schema.decodeUnknownEither(schema)
  return {
    accept,
    lasting: false,
    receive: (pending) => {
      const { asked, head } = pending
      if (head.status < 200 || head.status > 299) return refused(pending)
      return Effect.flatMap(pending.text, (text) =>
        Either.flatMap(
          Either.mapLeft(parse(text.join("") || "{}"), (problem) => malformed(asked, head, problem)),
          (body) =>
            Either.mapBoth(decode(body), {
              onLeft: (error) => malformed(asked, head, TreeFormatter.formatErrorSync(error)),
              onRight: (value): Read<A> => ({ value, malformed: [] })
            })
        )
      )
    }
  }
}

/** Characters of a JSON document in, the elements of one array of its root out, each as its own text. */
export const scanner = (member: string) => {
  let depth = 0
  let inString = false
  let escaped = false
  let key = ""
  let lastString = ""
  let start = -1
  let inside = false
  let pending = ""
  /** The document without the elements. */
  let outside = ""
  return {
    push: (text: string): Array<string> => {
      const found: Array<string> = []
      const whole = pending + text
      let begun = start
      let kept = inside ? -1 : 0
      for (let at = pending.length; at < whole.length; at++) {
        const character = whole[at]
        if (inString) {
          if (escaped) escaped = false
          else if (character === "\\") escaped = true
          else if (character === '"') inString = false
          else if (depth === 1) lastString += character
          continue
        }
        switch (character) {
          case '"':
            inString = true
            if (depth === 1) lastString = ""
            if (inside && depth === 2 && begun < 0) begun = at
            break
          case ":":
            if (depth === 1) key = lastString
            break
          case "{":
          case "[":
            if (inside && depth === 2 && begun < 0) begun = at
            depth += 1
            if (depth === 2 && key === member && character === "[") {
              inside = true
              outside += whole.slice(Math.max(kept, pending.length), at + 1)
              kept = -1
            }
            break
          case "}":
          case "]":
            depth -= 1
            if (inside && depth === 1) {
              if (begun >= 0) found.push(whole.slice(begun, at))
              begun = -1
              inside = false
              key = ""
              kept = at
            }
            break
          case ",":
            if (inside && depth === 2 && begun >= 0) {
              found.push(whole.slice(begun, at))
              begun = -1
            }
            break
          default:
            if (inside && depth === 2 && begun < 0 && !/\s/.test(character ?? "")) begun = at
        }
      }
      if (kept >= 0) outside += whole.slice(Math.max(kept, pending.length))
      pending = begun >= 0 ? whole.slice(begun) : ""
      start = begun >= 0 ? 0 : -1
      return found
    },
    /** Whether the document is over, and what else stood in it. */
    end: (): Either.Either<unknown, string> => (depth === 0 ? parse(outside) : Either.left("it ends in the middle"))
  }
}

/** The elements of one array of a document, as they arrive, and then the error that may follow them. */
export const rows = <A, I>(
  member: string,
  schema: Schema.Schema<A, I>
): Expected<Stream.Stream<A, TransportFailure>> => {
  const decode = Schema.decodeUnknownEither(Schema.parseJson(schema))
  return {
    accept,
    lasting: true,
    receive: (pending) => {
      const { asked, head } = pending
      if (head.status < 200 || head.status > 299) return refused(pending)
      const scan = scanner(member)
      const found = Stream.mapConcatEffect(Stream.decodeText(pending.bytes), (text) =>
        Effect.forEach(scan.push(text), (row) =>
          Either.mapLeft(decode(row), (error) => malformed(asked, head, TreeFormatter.formatErrorSync(error)))
        )
      )
      const end = Stream.unwrap(
        Effect.clockWith((clock) => {
          const rest = scan.end()
          if (Either.isLeft(rest)) return Effect.fail(malformed(asked, head, rest.left))
          const error = Predicate.hasProperty(rest.right, "error") ? rest.right.error : undefined
          return error === undefined || error === null
            ? Effect.succeed(Stream.empty)
            : Effect.fail(refusal(asked, { ...head, text: [] }, said(error), clock.unsafeCurrentTimeMillis()))
        })
      )
      return Effect.succeed({ value: Stream.concat(found, end), malformed: [] })
    }
  }
}
