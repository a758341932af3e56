/**
 * What an operation returns, and how it is decoded from the response.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Download } from "./Download.js"
import { emptyReader } from "./internal/http/emptyResponse.js"
import { unexpected } from "./internal/http/errorResponse.js"
import type { BufferedReader, IncomingResponse } from "./internal/http/exchange.js"
import * as File from "./internal/http/fileResponse.js"
import * as JsonDocument from "./internal/http/jsonDocument.js"
import { itemsDecoderOf } from "./internal/http/jsonItems.js"
import * as JsonRows from "./internal/http/jsonRows.js"
import { scopedUntilClose } from "./internal/http/scopes.js"
import { codeLimit, idLimit, type Sanitizer } from "./internal/http/serverText.js"
import { xmlReader } from "./internal/http/xmlResponse.js"
import * as Call from "./internal/operation/call.js"
import * as CursorPages from "./internal/operation/cursorPages.js"
import type * as ListQuery from "./internal/operation/listQuery.js"
import * as NumberedPages from "./internal/operation/numberedPages.js"
import * as Request from "./internal/operation/request.js"
import type { Spec } from "./internal/operation/spec.js"
import { LazySchema } from "./internal/xml/lazySchema.js"
import * as Reader from "./internal/xml/reader.js"
import type { Listing } from "./Query.js"
import {
  type CallError,
  type ListError,
  QueryFailed,
  type QueryProblem,
  type UnfilterableValue
} from "./TableauError.js"
import { TableauSession } from "./TableauSession.js"
import * as Xml from "./Xml.js"

const TypeId: unique symbol = Symbol.for("effect-tableau/Response")

const ExpectedId: unique symbol = Symbol.for("effect-tableau/Response/Expected")

/**
 * How the response of an operation becomes `Out`: what calling the operation returns, an `Effect` or a `Stream`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response<out Out> {
  readonly [TypeId]: (spec: Spec) => (input: Request.Input) => Out
}

/**
 * A response that is decoded as a whole, into an `Effect` of one value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Value<out A, out E = CallError> extends Response<Effect.Effect<A, E, TableauSession>> {
  readonly [ExpectedId]: (operation: string) => BufferedReader<A>
  readonly failOnMalformedItem: boolean
}

/**
 * What `map` knows of a response beside its value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Head {
  readonly status: number
  /** The `Location` header. */
  readonly location: string | undefined
  /** The last segment of the path in the `Location` header: the id of what was created. Absent if that is not an id. */
  readonly locationId: string | undefined
  /** When the server sent the response, by its own clock in whole seconds. Absent if the header `Date` is not a date. */
  readonly date: DateTime.Utc | undefined
  /** @internal Removes from strings of the response what must not be in errors. */
  readonly sanitize: Sanitizer
}

/** @internal */
export const bind = <Out>(response: Response<Out>, spec: Spec): ((input: Request.Input) => Out) =>
  response[TypeId](spec)

/** The last segment of the path of a URL, decoded. */
const lastSegment = (url: string): string | undefined => {
  const [path = ""] = url.split(/[?#]/)
  const [segment = ""] = path
    .split("/")
    .filter((part) => part !== "")
    .slice(-1)
  return Option.getOrUndefined(
    Option.filter(decodeSegment(segment), (id) => id.trim() !== "" && !/^\.{1,2}$|[/\\\p{Cc}]/u.test(id))
  )
}

const decodeSegment = Option.liftThrowable(decodeURIComponent)

/** Derives the reader of a response. A Schema that it cannot follow is a defect of the effect, not an exception. */
const derived = <A, B, E>(
  expected: () => BufferedReader<A>,
  run: (expected: BufferedReader<A>) => (input: Request.Input) => Effect.Effect<B, E, TableauSession>
): ((input: Request.Input) => Effect.Effect<B, E, TableauSession>) =>
  Either.match(Either.try(expected), {
    onLeft: (error) => () => Effect.die(error),
    onRight: run
  })

const value = <A>(expected: (operation: string) => BufferedReader<A>, failOnMalformedItem = false): Value<A> => ({
  failOnMalformedItem,
  [ExpectedId]: expected,
  [TypeId]: (spec) =>
    derived(
      () => expected(spec.name),
      (expected) => {
        const definition = { spec, expected, failOnMalformedItem }
        return (input) => Call.call(definition, input)
      }
    )
})

/**
 * Reads what is inside `<tsResponse>`, and takes from it what the operation returns. Here and below, a Schema of a response
 * is a function, because a program that imports hundreds of operations calls few of them.
 */
const xml =
  <D, I, A>(schema: () => Schema.Schema<D, I>, take: (document: D) => A | undefined, element: string) =>
  (operation: string): BufferedReader<A> => {
    const read = Reader.reader(operation, schema())
    return xmlReader(
      Reader.flatMap(read, (document) => Either.fromNullable(take(document), () => `there is no <${element}>`))
    )
  }

/**
 * No content. A body is accepted if it is not an error.
 *
 * @since 0.1.0
 * @category xml
 */
export const empty: Value<void> = value(() => emptyReader)

/**
 * One element inside `<tsResponse>`.
 *
 * @example
 * ```ts
 * import { Operation, Response, Xml } from "effect-tableau"
 * import * as Schema from "effect/Schema"
 *
 * const getWebhook = Operation.make({
 *   name: "getWebhook",
 *   request: "GET /sites/{siteId}/webhooks/{webhookId}",
 *   since: "3.6",
 *   scope: "tableau:webhooks:read",
 *   input: (webhookId: string) => ({ webhookId }),
 *   response: Response.element("webhook", Xml.struct({ id: Schema.String }, { name: Schema.String }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category xml
 */
export const element = <A, I>(
  name: string,
  schema: Schema.Schema<A, I>,
  options?: {
    /**
     * Whether one value that cannot be read fails the call, because the others mean something else without it. By default
     * false: the value is absent, or its item is dropped, and a warning is logged.
     */
    readonly failOnMalformedItem?: boolean
  }
): Value<A> =>
  value(
    xml(
      () => Schema.Struct({ [name]: schema }),
      (document) => document[name],
      name
    ),
    options?.failOnMalformedItem
  )

/**
 * Several elements inside `<tsResponse>`, as a struct.
 *
 * @since 0.1.0
 * @category xml
 */
export const elements = <A, I>(schema: Schema.Schema<A, I>): Value<A> =>
  value(
    xml(
      () => schema,
      (document) => document,
      "tsResponse"
    )
  )

/**
 * All items of a list that is not paged.
 *
 * @since 0.1.0
 * @category xml
 */
export const items = <A, I>(list: string, item: string, schema: Schema.Schema<A, I>): Value<ReadonlyArray<A>> =>
  element(list, Xml.list(item, schema))

/**
 * A paged list. `input` returns the list options as `options`. With `fields` the list can be filtered and sorted.
 *
 * @since 0.1.0
 * @category xml
 */
export const page = <A, I>(
  list: string,
  item: string,
  schema: Schema.Schema<A, I>,
  options: {
    readonly fields?: ListQuery.Fields<A>
    /** The default sort, such as `createdAt:asc`. */
    readonly order?: string
    /** Whether a response without `<pagination>` is the whole list. By default it is an error. */
    readonly isPaginationOptional?: boolean
  } = {}
): Response<Effect.Effect<Listing<A>, ListError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const { Pagination } = NumberedPages
    const schemaOfPage = () =>
      Schema.Struct({
        pagination: options.isPaginationOptional === true ? Schema.optional(Pagination) : Pagination,
        items: Xml.listIn(list, item, schema)
      })
    return derived(
      () => xml(schemaOfPage, (page): NumberedPages.PageResponse<A> => page, list)(spec.name),
      (expected) => (input) => NumberedPages.list({ spec, expected, failOnMalformedItem: false }, input, options)
    )
  }
})

const download =
  <E>(toError: Request.ToError<E>) =>
  (spec: Spec) => {
    const definition = { spec, expected: File.fileReader, failOnMalformedItem: false }
    return (input: Request.Input) => Call.download(definition, input, toError)
  }

/**
 * A file.
 *
 * @since 0.1.0
 * @category files
 */
export const file: Response<Effect.Effect<Download, CallError, TableauSession | Scope.Scope>> = {
  [TypeId]: download(Request.asBadRequest)
}

/**
 * A file that Tableau renders with the filters of the request.
 *
 * @since 0.1.0
 * @category files
 */
export const rendering: Response<Effect.Effect<Download, CallError | UnfilterableValue, TableauSession | Scope.Scope>> =
  { [TypeId]: download(Request.asUnfilterable) }

const jsonOf = <A, I>(schema: () => Schema.Schema<A, I>): Value<A> => value(() => JsonDocument.document(schema()))

/**
 * A JSON document.
 *
 * @since 0.1.0
 * @category json
 */
export const json = <A, I>(schema: Schema.Schema<A, I>): Value<A> => jsonOf(() => schema)

/**
 * One member of a JSON document.
 *
 * @since 0.1.0
 * @category json
 */
export const member = <A, I>(name: string, schema: Schema.Schema<A, I>): Value<A> =>
  map(
    jsonOf(() => Schema.Struct({ [name]: schema })),
    (document) => document[name]
  )

/**
 * A list of a JSON service. Pages are requested one after another, so `prefetchPages` has no effect. Inside an item, which is
 * an element of any array of the page, a value that the Schema rejects is absent if it is optional, and a warning is logged;
 * otherwise the item is dropped. Outside of items it fails the list.
 *
 * @since 0.1.0
 * @category json
 */
export const pages = <Page, I, A>(
  schema: Schema.Schema<Page, I>,
  options: {
    /** The items of a page. */
    readonly items: (page: Page) => ReadonlyArray<A>
    /** The query parameters of the next page, or `undefined` after the last one. */
    readonly next: (page: Page) => Request.Query | undefined
    /** The number of items of the whole list, if the response says it. */
    readonly total?: (page: Page) => number | undefined
  }
): Response<Effect.Effect<Listing<A>, ListError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const expected = JsonDocument.documentBy(itemsDecoderOf(schema))
    const definition = { spec, expected, failOnMalformedItem: false }
    return (input) => CursorPages.list(definition, input, options)
  }
})

/**
 * The result of a GraphQL query.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueryResult<A> {
  readonly data: A
  /** Empty if the data is complete. */
  readonly warnings: ReadonlyArray<QueryProblem>
}

const Problem = new LazySchema(() =>
  Schema.Struct({
    message: Schema.String,
    path: Schema.optional(Schema.NullOr(Schema.Array(Schema.Union(Schema.String, Schema.Number)))),
    extensions: Schema.optional(
      Schema.NullOr(
        Schema.Struct({
          code: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
          severity: Schema.optional(Schema.String)
        })
      )
    )
  })
)

const maxProblems = 20
const maxMessageLength = 1000
const maxPath = 50

/**
 * The response of a GraphQL query: data with warnings. Fails with `QueryFailed` if there is no data.
 *
 * @since 0.1.0
 * @category json
 */
export const graphql = <A, I>(
  data: Schema.Schema<A, I>
): Response<Effect.Effect<QueryResult<A>, CallError | QueryFailed, TableauSession>> => {
  const { [ExpectedId]: documentOf } = jsonOf(() =>
    Schema.Struct({
      data: Schema.optional(Schema.NullOr(data)),
      errors: Schema.optional(Schema.NullOr(Schema.Array(Problem)))
    })
  )
  return {
    [TypeId]: (spec) => {
      const document = documentOf(spec.name)
      const receive = (response: IncomingResponse) =>
        Effect.map(document.receive(response), ({ malformed, value: { data, errors } }) => {
          const { sanitize } = response.request
          const problems = (errors ?? []).slice(0, maxProblems).map(
            ({ extensions, message, path }): QueryProblem => ({
              message: sanitize(message, maxMessageLength) ?? "",
              code: extensions?.code === undefined ? undefined : sanitize(String(extensions.code), codeLimit),
              severity: sanitize(extensions?.severity, codeLimit),
              path: path
                ?.slice(0, maxPath)
                .map((key) => (typeof key === "number" ? key : (sanitize(key, idLimit) ?? "")))
            })
          )
          return { malformed, value: { data, problems } }
        })
      const definition = { spec, expected: { ...document, receive }, failOnMalformedItem: false }
      return (input) =>
        Call.callWith(definition, input, ({ data, problems }) =>
          data === undefined || data === null
            ? new QueryFailed({ operation: spec.name, acted: spec.readOnly ? "no" : "unknown", problems })
            : Effect.succeed({ data, warnings: problems })
        )
    }
  }
}

/**
 * The elements of an array in a JSON document, one by one while they are received. The server is read as fast as the
 * stream is consumed.
 *
 * @since 0.1.0
 * @category json
 */
export const rows = <A, I>(
  name: string,
  schema: Schema.Schema<A, I>
): Response<Stream.Stream<A, CallError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const definition = { spec, expected: JsonRows.rows(name, schema), failOnMalformedItem: false }
    return (input) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          const session = yield* TableauSession
          const around = yield* Effect.scope
          return yield* scopedUntilClose(around, (scope) =>
            Call.start(session, definition, input, Request.asBadRequest, scope)
          )
        })
      )
  }
})

/**
 * Changes the value of a response. If `f` returns `undefined`, the call fails with `UnexpectedResponse`.
 *
 * @since 0.1.0
 * @category mapping
 */
export const map = <A, B>(response: Value<A>, f: (value: A, head: Head) => B | undefined): Value<B> =>
  value((operation) => {
    const expected = response[ExpectedId](operation)
    return {
      ...expected,
      receive: (response) =>
        Effect.flatMap(expected.receive(response), ({ malformed, value }) => {
          const { date, location, status } = response.head
          const mapped = f(value, {
            sanitize: response.request.sanitize,
            status,
            date: date === undefined ? undefined : Option.getOrUndefined(DateTime.make(new Date(date))),
            location,
            locationId: location === undefined ? undefined : lastSegment(location)
          })
          return mapped === undefined
            ? unexpected(response.request, response.head, "Malformed")
            : Effect.succeed({ value: mapped, malformed })
        })
    }
  }, response.failOnMalformedItem)
