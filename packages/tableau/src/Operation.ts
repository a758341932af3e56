/**
 * Operations of Tableau's APIs as values: each is a function, and has the facts of its request.
 *
 * Use this module to find out which JWT scopes a program needs, whether a server has an operation, or to declare an
 * operation that this package lacks. A declared operation has the session, renewal, retries, errors and telemetry of the
 * operations of this package.
 *
 * @example
 * ```ts
 * import { Operation, Response, Xml } from "effect-tableau"
 * import * as Schema from "effect/Schema"
 *
 * const webhook = Xml.struct({ id: Schema.String }, { name: Schema.String, isEnabled: Xml.Flag })
 *
 * export const getWebhook = Operation.make({
 *   name: "getWebhook",
 *   request: "GET /sites/{siteId}/webhooks/{webhookId}",
 *   since: "3.6",
 *   scope: "tableau:webhooks:read",
 *   input: (webhookId: string) => ({ webhookId }),
 *   response: Response.element("webhook", webhook)
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Jwt from "./internal/jwt.js"
import * as Request from "./internal/operation/request.js"
import * as Specs from "./internal/operation/spec.js"
import { TypeId } from "./internal/uploadFile.js"
import type { Listing } from "./Query.js"
import * as Response from "./Response.js"
import type { OpenError, SessionClosed } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Upload from "./Upload.js"

/**
 * The facts of an operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Spec extends Specs.Spec {}

// A function type, not a call signature in the interface: editors would open that as a second definition of each call.
type Call<Args extends ReadonlyArray<unknown>, Out> = (...args: Args) => Out

/**
 * An operation: call it with its arguments.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<Args extends ReadonlyArray<unknown>, Out> extends Call<Args, Out> {
  readonly spec: Spec
}

/**
 * An operation of any type.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly spec: Spec
}

/**
 * A function that calls several operations, such as `Workbooks.refreshOrJoin`: `scopes` and `isAvailable` use the facts of
 * all of them. If it is an operation itself, such as `Workbooks.publish`, then some arguments need the others, and
 * `isAvailable` does not use their facts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Composite {
  readonly operations: ReadonlyArray<Any | Composite>
}

/**
 * What a request consists of: the placeholders of the path, and what else is sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Input<Line extends string, E = never, R = never> = Specs.PathParameters<Line> & Request.Parts<E, R>

/**
 * Arguments that cannot be sent: see `invalidInput`.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvalidInput extends Request.InvalidInput {}

/**
 * The query parameters of a request. Arrays are joined by commas, and `undefined` is omitted.
 *
 * @since 0.1.0
 * @category models
 */
export type Query = Request.Query

/**
 * The facts that a declaration states.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facts<Line extends Specs.RequestLine> extends Specs.Facts<Line> {}

type Placeholders<Line extends string> = keyof Specs.PathParameters<Line> & string

/** The keys of every member of a union. */
type KeyOf<I> = I extends unknown ? keyof I & string : never

/** The placeholders that some result of `input` lacks. */
type Missing<Line extends string, I> = I extends Request.InvalidInput ? never : Exclude<Placeholders<Line>, keyof I>

type Misplaced<Line extends string, I> = Exclude<KeyOf<I>, keyof Input<Line> | keyof Request.InvalidInput>

/**
 * `unknown` if `input` may return `I`, else the mistake. The compiler would not report a misspelled part by itself, and
 * reports others without the name of the part.
 */
type Checked<Line extends string, I> = Specs.RequestLine extends Line
  ? unknown // Nothing was inferred: the compiler reports another property, which is missing or wrong.
  : unknown extends I
    ? "a parameter of input has no type, or another property is missing or wrong"
    : [Misplaced<Line, I>] extends [never]
      ? [Missing<Line, I>] extends [never]
        ? [I] extends [Input<Line> | Request.InvalidInput]
          ? unknown
          : (...args: never) => Input<Line> | Request.InvalidInput
        : `${Missing<Line, I>} is missing: the path has this placeholder`
      : `${Misplaced<Line, I>} is not a placeholder of the path and not a part of a request`

/**
 * Says that arguments cannot be sent. `input` returns the result instead of a request, and the call fails with
 * `BadRequest` before anything is sent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const invalidInput = (detail: string): InvalidInput => Request.invalidInput(detail)

/**
 * Declares an operation: its facts, how arguments become a request, and what the response is.
 *
 * `input` is a plain function of named and typed parameters. It returns an object with each placeholder of the path, and:
 *
 * - `query`: parameters; arrays are joined by commas, `undefined` is omitted
 * - `xml`: the children of `<tsRequest>`. A scalar is an attribute, an object a child element, an array several elements
 *   of one name, a scalar in an array an element with text. `{}` sends an empty `<tsRequest>`
 * - `json`: a JSON value, or the effect of `Schema.encode`
 * - `multipart`: the parts of a `multipart/mixed` body, files by `Upload`
 * - `headers`: further headers
 * - `options`: the options of a list (`Query.PageOptions`)
 * - `since`, `idempotent`: facts that depend on the arguments
 *
 * At most one of `xml`, `json` and `multipart` is given. A `Redacted` value is sent, and its body is hidden from
 * `transformClient`. If arguments cannot be sent, `input` returns `invalidInput(…)`.
 *
 * @example
 * ```ts
 * import { Ids, Operation, type Query, Response, Xml } from "effect-tableau"
 * import * as Schema from "effect/Schema"
 *
 * const alert = Xml.struct({ id: Schema.String }, { subject: Schema.String, createdAt: Xml.Timestamp })
 *
 * export const listAlerts = Operation.make({
 *   name: "listAlerts",
 *   request: "GET /sites/{siteId}/dataAlerts",
 *   since: "3.2",
 *   scope: "tableau:data_driven_alerts:read",
 *   input: (owner?: Ids.UserId, options?: Query.PageOptions) => ({
 *     options,
 *     query: { filter: owner && `ownerId:eq:${owner}` }
 *   }),
 *   response: Response.page("dataAlerts", "dataAlert", alert)
 * })
 *
 * export const streamAlerts = Operation.stream(listAlerts)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Line extends Specs.RequestLine,
  // `never`: with `unknown`, a parameter without a type, such as `all = false`, would be `unknown`.
  F extends (...args: never) => unknown,
  Out
>(
  definition: Facts<Line> & {
    /** From the arguments of the operation to its request. Name and type each parameter. */
    readonly input: F & Checked<Line, ReturnType<F>>
    /** What the operation returns. */
    readonly response: Response.Response<Out>
  }
): Operation<Parameters<F>, Out> => {
  const spec = Specs.make(definition)
  // `F` is a function of exactly its own parameters, which the constraint with `never` hides.
  const input = definition.input as unknown as (...args: Parameters<F>) => Request.Input
  let run: ((input: Request.Input) => Out) | undefined
  return Object.assign(
    (...args: Parameters<F>): Out => {
      // The decoder is derived at the first call: importing hundreds of operations costs nothing.
      run ??= Response.bind(definition.response, spec)
      return run(input(...args))
    },
    { spec }
  )
}

/**
 * Sends a request of a generic operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Send<Line extends Specs.RequestLine> {
  <Out>(input: Input<Line> | Request.InvalidInput, response: Response.Response<Out>): Out
  <A, E0, R0, E, R>(
    input: Input<Line, E, R>,
    response: Response.Response<Effect.Effect<A, E0, R0>>
  ): Effect.Effect<A, E0 | E, R0 | R>
}

/**
 * Fails with the error of an uploaded file instead of the transport error that it causes.
 */
const withFileErrors = <A, E0, R0, E, R>(
  input: Request.Parts<E, R>,
  run: (input: Request.Parts<unknown>) => Effect.Effect<A, E0, R0>
): Effect.Effect<A, E0 | E, R0 | R> =>
  Effect.contextWithEffect((context: Context.Context<R>) => {
    let failure: Cause.Cause<E> | undefined
    const watched = (part: NonNullable<Request.Parts<E, R>["multipart"]>[string]) => {
      if (part === undefined || !Upload.isFile<E, R>(part)) return part
      const { bytes } = part[TypeId]
      // What is in memory cannot fail.
      if (bytes !== undefined) return Upload.bytes(part.name, bytes)
      return Upload.file({
        ...part,
        content: Stream.suspend(() => {
          // A retry reads the file again: only its last failure counts.
          failure = undefined
          return Stream.provideContext(part.content, context)
        }).pipe(
          Stream.tapErrorCause((cause) =>
            Effect.sync(() => {
              failure = cause
            })
          )
        )
      })
    }
    const { multipart, ...rest } = input
    const parts = Object.fromEntries(Object.entries(multipart ?? {}).map(([name, part]) => [name, watched(part)]))
    return Effect.catchAllCause(run({ ...rest, multipart: parts, xml: undefined, json: undefined }), (cause) =>
      Effect.failCause<E0 | E>(failure ?? cause)
    )
  })

/**
 * Declares an operation whose type depends on its arguments: on a Schema, or on a file that is sent. Its decoder is derived
 * at each call.
 *
 * @example
 * ```ts
 * import { Operation, Response } from "effect-tableau"
 * import type * as Schema from "effect/Schema"
 *
 * const query = Operation.generic(
 *   { name: "query", request: "POST /api/metadata/graphql", since: "3.5", scope: "tableau:content:read", readOnly: true },
 *   (send) =>
 *     <A, I>(document: string, data: Schema.Schema<A, I>) =>
 *       send({ json: { query: document } }, Response.graphql(data))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const generic = <const Line extends Specs.RequestLine, F extends (...args: never) => unknown>(
  facts: Facts<Line>,
  call: (send: Send<Line>) => F
): F & Any => {
  const spec = Specs.make(facts)
  const send = <A, E0, R0, E, R>(
    input: Request.Parts<E, R>,
    response: Response.Response<Effect.Effect<A, E0, R0>>
  ): Effect.Effect<A, E0 | E, R0 | R> => {
    const run = Response.bind(response, spec)
    return input.multipart === undefined ? run({ ...input, multipart: undefined }) : withFileErrors(input, run)
  }
  // One implementation serves both signatures of `Send`, which TypeScript cannot relate to each other.
  return Object.assign(call(send as Send<Line>), { spec })
}

/**
 * A list operation as a stream of its items. It shares the facts of the list.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stream = <Args extends ReadonlyArray<unknown>, A, E, R>(
  list: Operation<Args, Effect.Effect<Listing<A>, E, R>>
): Operation<Args, Stream.Stream<A, E | Stream.Stream.Error<Listing<A>["items"]>, R>> =>
  Object.assign((...args: Args) => Stream.unwrap(Effect.map(list(...args), ({ items }) => items)), { spec: list.spec })

/**
 * Declares which operations a function calls, so that `scopes` knows all that it needs.
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Operation, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshAndWait = Operation.composite([Workbooks.refresh, Jobs.await], (workbookId: Ids.WorkbookId) =>
 *   Effect.flatMap(Workbooks.refresh(workbookId), (job) => Jobs.await(job))
 * )
 *
 * // ["tableau:tasks:run", "tableau:jobs:read", "tableau:jobs:update"]
 * const scopes = Operation.scopes(refreshAndWait)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const composite = <F extends (...args: never) => unknown>(
  operations: ReadonlyArray<Any | Composite>,
  call: F
): F & Composite => Object.assign(call, { operations })

const allSpecs = ({ operations = [], spec }: Partial<Any & Composite>): ReadonlyArray<Spec> => [
  ...(spec === undefined ? [] : [spec]),
  ...operations.flatMap(allSpecs)
]

/** Without those that only some arguments need: an operation that may call others has a `spec` of its own. */
const necessarySpecs = ({ operations = [], spec }: Partial<Any & Composite>): ReadonlyArray<Spec> =>
  spec === undefined ? operations.flatMap(necessarySpecs) : [spec]

/**
 * Whether a value is an operation.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOperation = (value: unknown): value is Any =>
  typeof value === "function" && "spec" in value && Specs.isSpec(value.spec)

/**
 * The JWT scopes that operations need: what a connected app must grant, and what `Credentials.connectedApp` requests. An
 * operation with scope `"none"` adds nothing: no JWT can call it.
 *
 * @example
 * ```ts
 * import { Operation, Views, Workbooks } from "effect-tableau"
 *
 * // ["tableau:content:read", "tableau:views:download"]
 * const scopes = Operation.scopes(Workbooks.list, Views.image)
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const scopes = (...operations: ReadonlyArray<Any | Composite>): ReadonlyArray<string> => [
  ...new Set(operations.flatMap(allSpecs).flatMap(({ scopes }) => (scopes === "none" ? [] : scopes)))
]

/**
 * Whether a session can call an operation: the server has it in its API version and deployment, and the JWT of the
 * session grants its scopes. Without a JWT, scopes do not matter. A deployment that is not certain counts as both. A lazy
 * session signs in.
 *
 * @example
 * ```ts
 * import { Operation, TableauSession, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const hasPowerPoint = Effect.flatMap(TableauSession, (session) =>
 *   Operation.isAvailable(Workbooks.powerpoint, session)
 * )
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const isAvailable = (
  operation: Any | Composite,
  session: TableauSession.Service
): Effect.Effect<boolean, OpenError | SessionClosed> =>
  Effect.map(session.connection, (connection) =>
    necessarySpecs(operation).every(
      (spec) =>
        Specs.unsupported(spec)(connection) === undefined &&
        (connection.scopes === undefined ||
          spec.scopes === "none" ||
          Jwt.missingScope(connection.scopes, spec.scopes) === undefined)
    )
  )
