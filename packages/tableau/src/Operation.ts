/**
 * Operations of Tableau's APIs as values: each is a function to call, and says what it requests.
 *
 * Use this module to list what an operation needs, or to define one that this package does not have.
 *
 * @example
 * ```ts
 * import { Operation, Views, Workbooks } from "effect-tableau"
 *
 * // ["tableau:content:read", "tableau:views:download"]
 * const scopes = Operation.scopes(Workbooks.list, Views.image)
 * ```
 *
 * @since 0.2.0
 */
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Parts from "./internal/operation/input.js"
import type { PathParameters } from "./internal/operation/run.js"
import type { Listing } from "./Query.js"
import * as Response from "./Response.js"
import * as Upload from "./Upload.js"

/**
 * What is known of an operation before it runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface Spec extends Parts.Spec {}

/**
 * An operation: call it with its arguments.
 *
 * @since 0.2.0
 * @category models
 */
export interface Operation<Args extends ReadonlyArray<unknown>, Out> {
  (...args: Args): Out
  readonly spec: Spec
}

/** An operation of any kind, as tables and tests see it. */
export interface Any {
  readonly spec: Spec
}

type RequestLine = `${Spec["method"]} /${string}`

type PathOf<Line extends string> = Line extends `${string} ${infer Path}` ? Path : never

type Scope = `tableau:${string}:${string}`

/**
 * What a request is made of: the path's placeholders, and what else is sent.
 *
 * @since 0.2.0
 * @category models
 */
export type Input<Line extends string, E = never, R = never> = PathParameters<PathOf<Line>> & Parts.Parts<E, R>

/**
 * The facts of an operation.
 *
 * @since 0.2.0
 * @category models
 */
export interface Facts<Line extends RequestLine> {
  /** Module and export: the name in spans, metrics and errors. */
  readonly name: string
  /**
   * Method and path, as Tableau's reference writes them. A path that begins with `/api/` is complete, any other follows
   * `/api/{version}`. The session fills in `{siteId}`.
   */
  readonly request: Line
  /** The first REST API version that has it. */
  readonly since: string
  /** The first REST API version that has it no longer. */
  readonly until?: string
  /** Where it exists, if not on both. */
  readonly deployment?: "Server" | "Cloud"
  /** The JWT scope that it needs; "none" where a JWT session may not call it. */
  readonly scope: Scope | ReadonlyArray<Scope> | "none"
  /** Whether the server changes nothing. By default that of GET. */
  readonly readOnly?: boolean
  /** Whether it may be sent again when it is not known whether the server acted. By default `readOnly`. */
  readonly idempotent?: boolean
  /** The header by which the server recognizes a request that is sent again. Makes it idempotent. */
  readonly idempotencyKey?: string
}

type Stray<Line extends string, I> = Exclude<
  I extends unknown ? keyof I : never,
  keyof Input<Line> | keyof Parts.Refusal
>

/** What `input` returns is no literal argument, so a compiler would pass over a misspelled part of it. */
type Exact<Line extends string, I> = [Stray<Line, I>] extends [never]
  ? unknown
  : string extends Stray<Line, I>
    ? { readonly input: "a placeholder is missing, a part has a wrong value, or a parameter has no type" }
    : { readonly input: `${Stray<Line, I> & string} is no placeholder of the path and no part of a request` }

const specOf = (facts: Facts<RequestLine>): Spec => {
  const at = facts.request.indexOf(" ")
  // The type of a request line has only these before the blank.
  const method = facts.request.slice(0, at) as Spec["method"]
  const { readOnly = method === "GET" } = facts
  return {
    name: facts.name,
    method,
    path: facts.request.slice(at + 1),
    since: facts.since,
    until: facts.until,
    deployment: facts.deployment,
    scopes: facts.scope === "none" ? [] : [facts.scope].flat(),
    readOnly,
    idempotent: facts.idempotent ?? (readOnly || facts.idempotencyKey !== undefined),
    idempotencyKey: facts.idempotencyKey
  }
}

/**
 * Arguments that cannot be sent: `input` returns this instead of a request, and the call fails with `BadRequest`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const refuse = (detail: string): Parts.Refusal => ({ refused: detail })

/**
 * Defines an operation: its facts, how its arguments become a request, and what the response is.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = <
  const Line extends RequestLine,
  // `never`: a parameter without a type, as `all = false`, would be `unknown` otherwise.
  F extends (...args: never) => Input<Line> | Parts.Refusal,
  Out
>(
  definition: Facts<Line> & {
    readonly input: F
    readonly response: Response.Response<Out>
  } & Exact<Line, ReturnType<F>>
): Operation<Parameters<F>, Out> => {
  const spec = specOf(definition)
  // A function's own parameters are those that it can be called with.
  const input = definition.input as unknown as (...args: Parameters<F>) => Input<Line> | Parts.Refusal
  let run: ((input: Parts.Input) => Out) | undefined
  return Object.assign(
    (...args: Parameters<F>): Out => {
      run ??= Response.bind(definition.response, spec)
      return run(input(...args))
    },
    { spec }
  )
}

/**
 * Sends a request of a generic operation.
 *
 * @since 0.2.0
 * @category models
 */
export interface Send<Line extends RequestLine> {
  <Out>(input: Input<Line> | Parts.Refusal, response: Response.Response<Out>): Out
  <A, E0, R0, E, R>(
    input: Input<Line, E, R>,
    response: Response.Response<Effect.Effect<A, E0, R0>>
  ): Effect.Effect<A, E0 | E, R0 | R>
}

/**
 * Defines an operation whose type depends on its arguments: on a Schema, or on a file that is sent.
 *
 * @since 0.2.0
 * @category constructors
 */
export const generic = <const Line extends RequestLine, F extends (...args: never) => unknown>(
  facts: Facts<Line>,
  call: (send: Send<Line>) => F
): F & Any => {
  const spec = specOf(facts)
  const send = <A, E0, R0, E, R>(
    input: Parts.Parts<E, R>,
    response: Response.Response<Effect.Effect<A, E0, R0>>
  ): Effect.Effect<A, E0 | E, R0 | R> | Stream.Stream<A, E0, R0> => {
    const run = Response.bind(response, spec)
    return input.multipart === undefined
      ? run({ ...input, multipart: undefined })
      : Effect.contextWithEffect((context: Context.Context<R>) => {
          let failure: Cause.Cause<E> | undefined
          const watched = (part: unknown) =>
            typeof part === "object" && part !== null && Upload.isFile<E, R>(part)
              ? Upload.file({
                  ...part,
                  content: Stream.provideContext(part.content, context).pipe(
                    Stream.tapErrorCause((cause) =>
                      Effect.sync(() => {
                        failure = cause
                      })
                    )
                  )
                })
              : part
          const multipart = Object.fromEntries(
            Object.entries(input.multipart ?? {}).map(([name, part]) => [name, watched(part)])
          ) as NonNullable<Parts.Parts<unknown>["multipart"]>
          return Effect.catchAllCause(run({ ...input, multipart }), (cause: Cause.Cause<E0>) =>
            Effect.failCause<E0 | E>(failure ?? cause)
          )
        })
  }
  return Object.assign(call(send as Send<Line>), { spec })
}

/**
 * A list operation as a stream of its items.
 *
 * @since 0.2.0
 * @category combinators
 */
export const stream = <Args extends ReadonlyArray<unknown>, A, E, R>(
  list: Operation<Args, Effect.Effect<Listing<A>, E, R>>
): Operation<Args, Stream.Stream<A, E | Stream.Stream.Error<Listing<A>["items"]>, R>> =>
  Object.assign((...args: Args) => Stream.unwrap(Effect.map(list(...args), ({ items }) => items)), { spec: list.spec })

/**
 * Whether a value is an operation.
 *
 * @since 0.2.0
 * @category guards
 */
export const isOperation = (value: unknown): value is Any => typeof value === "function" && "spec" in value

/**
 * The JWT scopes that operations need, for `Credentials.connectedApp`.
 *
 * @since 0.2.0
 * @category getters
 */
export const scopes = (...operations: ReadonlyArray<Any>): ReadonlyArray<string> => [
  ...new Set(operations.flatMap(({ spec }) => spec.scopes))
]
