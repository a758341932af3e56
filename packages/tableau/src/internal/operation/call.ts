/** Runs operations on a session: one span around each, and one log line for each malformed item. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Download } from "../../Download.js"
import type { PageOptions } from "../../Query.js"
import { type CallError, MissingScope, NotFound, UnexpectedResponse } from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import { fieldsOf } from "../errors/fields.js"
import { emptyReader } from "../http/emptyResponse.js"
import { describedItems } from "../http/errorResponse.js"
import * as FileName from "../http/fileName.js"
import type * as File from "../http/fileResponse.js"
import { scopedUntilClose } from "../http/scopes.js"
import * as Jwt from "../jwt.js"
import * as Telemetry from "../telemetry.js"
import type { MalformedItem, Read } from "../xml/reader.js"
import { asBadRequest, type Definition, type Input, lastId, prepare, type ToError } from "./request.js"
import type { Spec } from "./spec.js"

/** A server whose deployment is not certain receives also the operations that it may not have. */
const explained =
  ({ deployment }: Spec) =>
  <E>(error: E): E | NotFound =>
    error instanceof NotFound && error.code === "404001"
      ? new NotFound({
          ...fieldsOf(error),
          hint: `Only Tableau ${deployment} has this operation: this server may be a Tableau ${deployment === "Cloud" ? "Server" : "Cloud"}.`
        })
      : error

const run = <A, E>(
  session: TableauSession.Service,
  definition: Definition<A>,
  input: Input,
  toError: ToError<E>,
  scope?: Scope.Scope
): Effect.Effect<Read<A>, CallError | E> => {
  const read = Effect.flatMap(prepare(definition, input, toError), (call) => session.run(call, scope))
  return definition.spec.deployment === undefined ? read : Effect.mapError(read, explained(definition.spec))
}

const spanOptions = (session: TableauSession.Service, { method, path }: Spec) => ({
  kind: "client" as const,
  attributes: {
    "http.request.method": method,
    "url.template": path,
    "server.address": session.server
  },
  captureStackTrace: false
})

/** Runs an operation. `complete` is part of its span: what it fails with is an error of the operation. */
export const callOn = <A, B, E, E2>(
  session: TableauSession.Service,
  definition: Definition<A>,
  input: Input,
  toError: ToError<E>,
  complete: (read: Read<A>) => Effect.Effect<B, E2>
): Effect.Effect<B, CallError | E | E2> =>
  Telemetry.inSpan(
    definition.spec.name,
    spanOptions(session, definition.spec),
    Effect.suspend(() => Effect.flatMap(run(session, definition, input, toError), complete))
  )

/** Describes a malformed item, or an element without a value that cannot be read. Items are counted from 1. */
const describe = ({ element, id, index, problem }: MalformedItem, pageNumber?: number): string => {
  const page = pageNumber === undefined ? "" : ` of page ${pageNumber}`
  const position = index === undefined ? "" : `item ${index + 1}${page}, `
  const identity = id === undefined ? "" : ` id=${JSON.stringify(id.slice(0, 100))}`
  return `${position}<${element}${identity}>: ${problem}`
}

/** Logs the items of a response that were left out, and those with values that are absent because they cannot be read. */
const logMalformed = (
  operation: string,
  malformed: ReadonlyArray<MalformedItem>,
  pageNumber?: number
): Effect.Effect<void> => {
  if (malformed.length === 0) return Effect.void
  // A response in which all items are malformed has one cause: more lines would say the same.
  const more = malformed.length - describedItems
  const lines = malformed
    .slice(0, describedItems)
    .map((item) => `${operation}: ${item.isKept ? "a value is absent in" : "left out"} ${describe(item, pageNumber)}`)
  if (more > 0) lines.push(`${operation}: ${more} more items of the same response cannot be read, or not completely.`)
  return Effect.forEach(lines, (line) => Effect.logWarning(line), { discard: true })
}

/** A page whose malformed items have been logged. */
export interface Checked<A> {
  readonly value: A
  /** The number of items that were left out. */
  readonly leftOut: number
}

/** Logs the malformed items of a page, or fails because of them if the options of the list say so. */
export const checkMalformed =
  (operation: string, { malformedItems = "skip" }: PageOptions, pageNumber?: number) =>
  <A>({ malformed, value }: Read<A>): Effect.Effect<Checked<A>, UnexpectedResponse> => {
    const [item] = malformed
    if (item === undefined) return Effect.succeed({ value, leftOut: 0 })
    if (malformedItems === "fail") {
      const without = item.isKept ? "without the value" : "without it"
      const detail = `It is ${describe(item, pageNumber)}. With malformedItems: "skip" the list continues ${without}.`
      return new UnexpectedResponse({ operation, acted: "no", kind: "MalformedItem", detail })
    }
    const leftOut = malformed.filter(({ index, isKept }) => index !== undefined && !isKept).length
    return Effect.as(logMalformed(operation, malformed, pageNumber), { value, leftOut })
  }

/** Logs malformed items, or fails because of them. */
const withoutMalformed =
  <A>({ failOnMalformedItem, spec }: Definition<A>) =>
  ({ malformed, value }: Read<A>): Effect.Effect<A, UnexpectedResponse> => {
    const [item] = malformed
    if (item === undefined) return Effect.succeed(value)
    return failOnMalformedItem
      ? new UnexpectedResponse({
          operation: spec.name,
          acted: spec.readOnly ? "no" : "yes",
          kind: "MalformedItem",
          detail: `It is ${describe(item)}`
        })
      : Effect.as(logMalformed(spec.name, malformed), value)
  }

/** Runs an operation on the session in the context. */
export const call = <A>(definition: Definition<A>, input: Input): Effect.Effect<A, CallError, TableauSession> => {
  const complete = withoutMalformed(definition)
  return Effect.flatMap(TableauSession, (session) => callOn(session, definition, input, asBadRequest, complete))
}

/** Fails as this request would before it is sent, or because the JWT of the session lacks its scope. Sends nothing. */
export const check = (spec: Spec, input: Input): Effect.Effect<void, CallError, TableauSession> =>
  Effect.gen(function* () {
    const session = yield* TableauSession
    const definition = { spec, expected: emptyReader, failOnMalformedItem: false }
    const { scopes, unsupported } = yield* prepare(definition, input, asBadRequest)
    const connection = yield* session.connection
    const error = unsupported?.(connection)
    if (error !== undefined) return yield* error
    const scope = connection.scopes && Jwt.missingScope(connection.scopes, scopes)
    if (scope !== undefined) return yield* new MissingScope({ operation: spec.name, acted: "no", scope })
  })

/** Like `call`, with an error of the value itself. */
export const callWith = <A, B, E>(
  definition: Definition<A>,
  input: Input,
  f: (value: A) => Effect.Effect<B, E>
): Effect.Effect<B, CallError | E, TableauSession> =>
  Effect.flatMap(TableauSession, (session) => callOn(session, definition, input, asBadRequest, ({ value }) => f(value)))

/** Starts a response that continues until the scope closes. Its span ends with the scope. */
export const start = <A, E>(
  session: TableauSession.Service,
  definition: Definition<A>,
  input: Input,
  toError: ToError<E>,
  scope: Scope.Scope
): Effect.Effect<A, CallError | E> =>
  Effect.map(run(session, definition, input, toError, scope), ({ value }) => value).pipe(
    Telemetry.withErrorTypeScoped,
    Effect.withSpanScoped(definition.spec.name, spanOptions(session, definition.spec)),
    Scope.extend(scope)
  )

/**
 * Starts a download. Request and span end with the content, at the latest with the scope. If the response has no file name,
 * the file is named after its id.
 */
export const download = <E>(
  definition: Definition<File.IncomingFile>,
  input: Input,
  toError: ToError<E>
): Effect.Effect<Download, CallError | E, TableauSession | Scope.Scope> =>
  Effect.flatMap(TableauSession, (session) =>
    Effect.scopeWith((around) =>
      scopedUntilClose(around, (scope) =>
        Effect.map(
          start(session, definition, input, toError, scope),
          ({ content, contentType, disposition, size }): Download => ({
            fileName: FileName.from(disposition) ?? FileName.fallback(lastId(definition.spec, input), contentType),
            contentType,
            size,
            content: content((exit) => Scope.close(scope, exit))
          })
        )
      )
    )
  )
