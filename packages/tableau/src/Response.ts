/**
 * What an operation returns, and how it is read from the response.
 *
 * @since 0.2.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Download } from "./Download.js"
import { nothing } from "./internal/http/errorResponse.js"
import * as File from "./internal/http/fileResponse.js"
import * as Json from "./internal/http/jsonResponse.js"
import { kept } from "./internal/http/scopes.js"
import { type Expected, text } from "./internal/http/transport.js"
import * as Parts from "./internal/operation/input.js"
import type * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import { type Read, reader } from "./internal/xml/reader.js"
import * as Leaf from "./internal/xml/scalar.js"
import type { Listing } from "./Query.js"
import {
  type CallError,
  type ListError,
  QueryFailed,
  type QueryProblem,
  type TableauError,
  UnexpectedResponse,
  type UnfilterableValue
} from "./TableauError.js"
import { TableauSession } from "./TableauSession.js"

const TypeId: unique symbol = Symbol.for("effect-tableau/Response")

/**
 * How the response of an operation becomes `Out`: what calling the operation returns, an `Effect` or a `Stream`.
 *
 * @since 0.2.0
 * @category models
 */
export interface Response<out Out> {
  readonly [TypeId]: (spec: Parts.Spec) => (input: Parts.Input) => Out
}

/**
 * A response that is read as a whole.
 *
 * @since 0.2.0
 * @category models
 */
export interface Value<out A, out E = CallError> extends Response<Effect.Effect<A, E, TableauSession>> {
  readonly [ExpectedId]: (operation: string) => Expected<A>
  readonly indivisible: boolean
}

const ExpectedId: unique symbol = Symbol.for("effect-tableau/Response/Expected")

/** @internal */
export const bind = <Out>(response: Response<Out>, spec: Parts.Spec): ((input: Parts.Input) => Out) =>
  response[TypeId](spec)

/**
 * What `map` knows of a response beside its value.
 *
 * @since 0.2.0
 * @category models
 */
export interface Head {
  readonly status: number
  /** The last segment of the `Location` header: the id of what was made. */
  readonly locationId: string | undefined
}

const value = <A>(expected: (operation: string) => Expected<A>, indivisible = false): Value<A> => ({
  indivisible,
  [ExpectedId]: expected,
  [TypeId]: (spec) => {
    const endpoint = Endpoint.of(spec, expected(spec.name), indivisible)
    return (input) =>
      Effect.flatMap(Parts.callErrors(Parts.resolve(spec, input)), (parts) => Endpoint.call(endpoint, parts))
  }
})

/** What is below `<tsResponse>`, and what of it is wanted. */
const xml =
  <D, I, A>(schema: Schema.Schema<D, I>, take: (document: D) => A | undefined, what: string) =>
  (operation: string): Expected<A> => {
    const read = reader(operation, schema)
    return text((given) =>
      Either.flatMap(read(given), ({ malformed, value }): Either.Either<Read<A>, string> => {
        const taken = take(value)
        return taken === undefined ? Either.left(`there is no <${what}>`) : Either.right({ value: taken, malformed })
      })
    )
  }

/**
 * Nothing.
 *
 * @since 0.2.0
 * @category constructors
 */
export const empty: Value<void> = value(() => text(nothing))

/**
 * One element below `<tsResponse>`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const element = <A, I>(
  name: string,
  schema: Schema.Schema<A, I>,
  options?: {
    /** Fail if any part of it cannot be read, where half of it would be a wrong answer. */
    readonly whole?: boolean
  }
): Value<A> =>
  value(
    xml(Schema.Struct({ [name]: schema }), (document) => document[name], name),
    options?.whole
  )

/**
 * All that is below `<tsResponse>`, as a struct of elements.
 *
 * @since 0.2.0
 * @category constructors
 */
export const elements = <A, I>(schema: Schema.Schema<A, I>): Value<A> =>
  value(xml(schema, (document) => document, "tsResponse"))

/**
 * All items of a list, in one response.
 *
 * @since 0.2.0
 * @category constructors
 */
export const items = <A, I>(list: string, item: string, schema: Schema.Schema<A, I>): Value<ReadonlyArray<A>> =>
  element(list, Leaf.list(item, schema))

/**
 * A list in pages. With `fields` it can be filtered and sorted.
 *
 * @since 0.2.0
 * @category constructors
 */
export const page = <A, I>(
  list: string,
  item: string,
  schema: Schema.Schema<A, I>,
  options: {
    readonly fields?: Fields.Fields<A>
    readonly order?: string
    /** Whether a response without `<pagination>` is the whole list. By default it is an error. */
    readonly isPaginationOptional?: boolean
  } = {}
): Response<Effect.Effect<Listing<A>, ListError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const endpoint = Endpoint.of(
      spec,
      xml(
        Schema.Struct({
          pagination: options.isPaginationOptional ? Schema.optional(Paging.Pagination) : Paging.Pagination,
          items: Leaf.listIn(list, item, schema)
        }),
        (document): Paging.Answered<A> => document,
        list
      )(spec.name)
    )
    return (input) =>
      Effect.flatMap(Parts.resolve(spec, input), (parts) =>
        Paging.list(endpoint, { ...parts, options: Parts.optionsOf(input) }, options)
      )
  }
})

/**
 * A file.
 *
 * @since 0.2.0
 * @category constructors
 */
export const file: Response<Effect.Effect<Download, CallError | UnfilterableValue, TableauSession | Scope.Scope>> = {
  [TypeId]: (spec) => {
    const endpoint = Endpoint.of(spec, File.expected)
    return (input) =>
      Effect.flatMap(Parts.resolve(spec, input), (parts) =>
        Endpoint.download(endpoint, parts, Parts.lastParameter(spec, input))
      )
  }
}

/**
 * A JSON document.
 *
 * @since 0.2.0
 * @category constructors
 */
export const json = <A, I>(schema: Schema.Schema<A, I>): Value<A> => value(() => Json.document(schema))

/**
 * One member of a JSON document.
 *
 * @since 0.2.0
 * @category constructors
 */
export const member = <A, I>(name: string, schema: Schema.Schema<A, I>): Value<A> =>
  map(json(Schema.Record({ key: Schema.Literal(name), value: schema })), (document) => document[name] as A)

/**
 * A list of a JSON service: `items` are its members, and `next` is the query of the next page.
 *
 * @since 0.2.0
 * @category constructors
 */
export const pages = <Page, I, A>(
  schema: Schema.Schema<Page, I>,
  options: {
    readonly items: (page: Page) => ReadonlyArray<A>
    readonly next: (page: Page) => Parts.Query | undefined
    readonly total?: (page: Page) => number | undefined
  }
): Response<Effect.Effect<Listing<A>, ListError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const endpoint = Endpoint.of(spec, Json.document(schema))
    return (input) =>
      Effect.gen(function* () {
        const parts = yield* Parts.resolve(spec, input)
        const view = yield* TableauSession
        // The stream stays on the site where the list began.
        const session = view.withSite(yield* view.contentUrl)
        const fetch = (query: Endpoint.QueryParameters = {}) =>
          Effect.map(
            Endpoint.callOn(session, endpoint, { ...parts, query: { ...parts.query, ...query } }),
            ({ value }) => value
          )
        const first = yield* fetch()
        let unread: Page | undefined = first
        const items = Stream.paginateChunkEffect(undefined as Endpoint.QueryParameters | undefined, (query) =>
          Effect.suspend(() => {
            const page = query === undefined ? unread : undefined
            unread = undefined
            return page === undefined ? fetch(query) : Effect.succeed(page)
          }).pipe(
            Effect.map((page) => {
              const next = options.next(page)
              return [
                Chunk.unsafeFromArray([...options.items(page)]),
                next === undefined ? Option.none() : Option.some(Parts.written(next))
              ] as const
            })
          )
        )
        return { totalAvailable: options.total?.(first) ?? options.items(first).length, items }
      })
  }
})

/**
 * Data of the Metadata API, and what it says about its completeness.
 *
 * @since 0.2.0
 * @category models
 */
export interface Answer<A> {
  readonly data: A
  /** Empty where the data is complete. */
  readonly warnings: ReadonlyArray<QueryProblem>
}

const Problem = Schema.Struct({
  message: Schema.String,
  path: Schema.optional(Schema.NullOr(Schema.Array(Schema.Union(Schema.String, Schema.Number)))),
  extensions: Schema.optional(
    Schema.NullOr(Schema.Struct({ code: Schema.optional(Schema.String), severity: Schema.optional(Schema.String) }))
  )
})

/**
 * The answer to a GraphQL query: data with warnings, or `QueryFailed` where there is no data.
 *
 * @since 0.2.0
 * @category constructors
 */
export const graphql = <A, I>(
  data: Schema.Schema<A, I>
): Response<Effect.Effect<Answer<A>, CallError | QueryFailed, TableauSession>> => {
  const inner = json(
    Schema.Struct({
      data: Schema.optional(Schema.NullOr(data)),
      errors: Schema.optional(Schema.NullOr(Schema.Array(Problem)))
    })
  )
  return {
    [TypeId]: (spec) => {
      const run = bind(inner, spec)
      return (input) =>
        Effect.flatMap(run(input), ({ data, errors }) => {
          const problems = (errors ?? []).map(
            ({ extensions, message, path }): QueryProblem => ({
              message,
              code: extensions?.code,
              severity: extensions?.severity,
              path: path ?? undefined
            })
          )
          return data === undefined || data === null
            ? new QueryFailed({ operation: spec.name, acted: "no", problems })
            : Effect.succeed({ data, warnings: problems })
        })
    }
  }
}

/**
 * The elements of an array in a JSON document, one by one as they arrive. The server sends as fast as they are taken.
 *
 * @since 0.2.0
 * @category constructors
 */
export const rows = <A, I>(
  name: string,
  schema: Schema.Schema<A, I>
): Response<Stream.Stream<A, CallError, TableauSession>> => ({
  [TypeId]: (spec) => {
    const endpoint = Endpoint.of(spec, Json.rows(name, schema))
    return (input) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          const parts = yield* Parts.callErrors(Parts.resolve(spec, input))
          const session = yield* TableauSession
          const around = yield* Effect.scope
          return yield* kept(around, (scope) => Endpoint.start(session, endpoint, parts, scope))
        })
      )
  }
})

/**
 * Changes the value of a response. `undefined` means that it is not the expected response.
 *
 * @since 0.2.0
 * @category mapping
 */
export const map = <A, B>(response: Value<A>, f: (value: A, head: Head) => B | undefined): Value<B> =>
  value((operation) => {
    const expected = response[ExpectedId](operation)
    return {
      ...expected,
      receive: (pending) =>
        Effect.flatMap(expected.receive(pending), ({ malformed, value }) => {
          const { location, status } = pending.head
          const result = f(value, { status, locationId: location?.split("/").at(-1) })
          return result === undefined
            ? new UnexpectedResponse({ operation, status, acted: "unknown", kind: "Malformed" })
            : Effect.succeed({ value: result, malformed })
        })
    }
  }, response.indivisible)

/** Whether it is a response, for tables. */
export const isResponse = (value: unknown): value is Response<unknown> => Predicate.hasProperty(value, TypeId)

export type { TableauError }
