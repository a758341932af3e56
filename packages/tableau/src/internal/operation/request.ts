/** From what `input` of an operation returns to a request that the session can send. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type { Filter } from "../../Filter.js"
import type { PageOptions } from "../../Query.js"
import type { Sort } from "../../Sort.js"
import { type BadRequest, UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type { ResponseReader } from "../http/exchange.js"
import { isPathSegment } from "../pathSegment.js"
import type { Call } from "../session/call.js"
import * as Body from "./requestBody.js"
import * as Spec from "./spec.js"

/** Arrays are joined by commas; `undefined` is omitted. */
export type Query = Readonly<Record<string, Body.Scalar | ReadonlyArray<string> | undefined>>

const InvalidInputId: unique symbol = Symbol.for("effect-tableau/InvalidInput")

/** Arguments that cannot be sent, and why. With a field the error is `UnfilterableValue`, else `BadRequest`. */
export interface InvalidInput {
  readonly [InvalidInputId]: string
  readonly field: string | undefined
}

export const invalidInput = (detail: string, field?: string): InvalidInput => ({ [InvalidInputId]: detail, field })

/** The options of any list, whatever its fields. */
export interface AnyListOptions extends PageOptions {
  readonly filter?: ReadonlyArray<Filter> | undefined
  readonly sort?: ReadonlyArray<Sort> | undefined
  readonly fields?: "all" | ReadonlyArray<string> | undefined
}

/** At most one kind of body. */
type OneBody<E, R> =
  | {
      /** The children of `<tsRequest>`. `{}` sends an empty `<tsRequest>`. */
      readonly xml?: Body.Xml | undefined
      readonly json?: undefined
      readonly multipart?: undefined
    }
  | {
      readonly xml?: undefined
      /** A JSON value, or the effect of `Schema.encode`. */
      readonly json?: Body.Json | undefined
      readonly multipart?: undefined
    }
  | {
      readonly xml?: undefined
      readonly json?: undefined
      /** The parts of a `multipart/mixed` body. */
      readonly multipart?: Body.Multipart<E, R> | undefined
    }

/** What a request has beside the parameters of its path. */
export type Parts<E = never, R = never> = {
  readonly query?: Query | InvalidInput | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Of a list: filter, sort, fields and paging. */
  readonly options?: AnyListOptions | undefined
  /** The API version that these arguments need, if it is not that of the operation. */
  readonly since?: string | undefined
  /** Whether the request may be repeated with these arguments, if that differs from the operation. */
  readonly idempotent?: boolean | undefined
} & OneBody<E, R>

/** What `input` returned. */
export type Input = Parts<unknown> | InvalidInput

/** An operation whose response has been decided. */
export interface Definition<A> {
  readonly spec: Spec.Spec
  readonly expected: ResponseReader<A>
  /** Whether one malformed item fails the call, because the others mean something else without it. */
  readonly failOnMalformedItem: boolean
}

export const isInvalidInput = (value: object): value is InvalidInput => InvalidInputId in value

/** The error of arguments that cannot be sent. */
export type ToError<E> = (operation: string, invalid: InvalidInput) => E

export const asBadRequest: ToError<BadRequest> = (operation, invalid) => badRequest(operation, invalid[InvalidInputId])

export const asUnfilterable: ToError<BadRequest | UnfilterableValue> = (operation, invalid) =>
  invalid.field === undefined
    ? asBadRequest(operation, invalid)
    : new UnfilterableValue({ operation, acted: "no", field: invalid.field, detail: invalid[InvalidInputId] })

/** Lone surrogates cannot be encoded as UTF-8. */
const encodingProblem = (name: string, value: string): string | undefined =>
  /\p{Surrogate}/u.test(value) ? `${name} is not well-formed Unicode.` : undefined

/** Why a value is not an id. */
export const idProblem = (name: string, value: string): string | undefined =>
  isPathSegment(value)
    ? encodingProblem(name, value)
    : `${name} is ${JSON.stringify(value.slice(0, 20))}, which is not an id.`

/** A parameter of a path, and what precedes it. */
interface Segment {
  readonly before: string
  readonly name: string
}

interface Template {
  readonly segments: ReadonlyArray<Segment>
  readonly rest: string
}

const templates = new WeakMap<Spec.Spec, Template>()

/** The parameters of a path except `{siteId}`, which the session fills in. They are found once for each operation. */
const templateOf = (spec: Spec.Spec): Template => {
  const known = templates.get(spec)
  if (known !== undefined) return known
  const segments: Array<Segment> = []
  let end = 0
  for (const { 0: placeholder, 1: name = "", index } of spec.path.matchAll(/\{(\w+)\}/g)) {
    if (name === "siteId") continue
    segments.push({ before: spec.path.slice(end, index), name })
    end = index + placeholder.length
  }
  const template = { segments, rest: spec.path.slice(end) }
  templates.set(spec, template)
  return template
}

/** The path with all parameters but `{siteId}`. */
const pathOf = (spec: Spec.Spec, input: object): Either.Either<string, BadRequest> => {
  const { rest, segments } = templateOf(spec)
  let path = ""
  for (const { before, name } of segments) {
    const given = Predicate.hasProperty(input, name) && Object.hasOwn(input, name) ? input[name] : undefined
    const problem =
      typeof given === "string" || typeof given === "number"
        ? (Body.scalarProblem(name, given) ?? idProblem(name, String(given)))
        : `${name} is missing.`
    if (problem !== undefined) return Either.left(badRequest(spec.name, problem))
    path += before + encodeURIComponent(String(given))
  }
  return Either.right(path + rest)
}

/** As every HttpClient spells a query: with `+` for a space. */
const formEncoded = (text: string): string =>
  /^[\w.*-]*$/.test(text) ? text : new URLSearchParams([["", text]]).toString().slice(1)

/** The query of a request, to append to its path. */
const searchOf = ({ name: operation, path }: Spec.Spec, query: Query): Either.Either<string, BadRequest> => {
  let search = ""
  // The request line may have fixed parameters of its own.
  const first = path.includes("?") ? "&" : "?"
  for (const [name, given] of Object.entries(query)) {
    if (given === undefined) continue
    const unsendable = Body.scalarProblem(name, given)
    if (unsendable !== undefined) return Either.left(badRequest(operation, unsendable))
    const value = Body.isScalar(given) ? Body.stringOf(given) : given.join(",")
    const problem = encodingProblem("The name of a parameter", name) ?? encodingProblem(name, value)
    if (problem !== undefined) return Either.left(badRequest(operation, problem))
    search += `${search === "" ? first : "&"}${formEncoded(name)}=${formEncoded(value)}`
  }
  return Either.right(search)
}

/** Headers that belong to the connection or the session. */
const reservedHeaders: ReadonlySet<string> = new Set([
  ...["accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "user-agent", "x-tableau-auth"]
])

/** Why headers cannot be sent. Values are left out of the message, because they may be secrets. */
const headersProblem = (headers: Parts["headers"] = {}): string | undefined => {
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return `${JSON.stringify(name.slice(0, 100))} is not the name of a header.`
    if (reservedHeaders.has(name.toLowerCase())) return `The session sets the header ${name} itself.`
    if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
      return `The header ${name} contains a character that HTTP does not allow.`
  }
  return undefined
}

const bodyOf = (operation: string, { json, multipart, xml }: Parts<unknown>): Effect.Effect<Body.Body, BadRequest> => {
  if (xml !== undefined) return Body.xml(operation, xml)
  if (json !== undefined) return Body.json(operation, json)
  return multipart === undefined ? Either.right(Body.none) : Body.multipart(operation, multipart)
}

/** One random key for all attempts of a call. */
const idempotencyHeaders = (name: string): Effect.Effect<Readonly<Record<string, string>>> =>
  Effect.map(Effect.replicateEffect(Random.nextIntBetween(0, 2 ** 32), 4), (numbers) => ({
    [name]: numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
  }))

/** Prepares a request. Invalid input fails here, before anything is sent. */
export const prepare = <A, E>(
  { expected, spec }: Definition<A>,
  input: Input,
  toError: ToError<E>
): Effect.Effect<Call<A>, BadRequest | E> => {
  if (isInvalidInput(input)) return Either.left(toError(spec.name, input))
  const { query = {} } = input
  if (isInvalidInput(query)) return Either.left(toError(spec.name, query))
  const path = pathOf(spec, input)
  if (Either.isLeft(path)) return Either.left(path.left)
  const search = searchOf(spec, query)
  if (Either.isLeft(search)) return Either.left(search.left)
  const problem = headersProblem(input.headers)
  if (problem !== undefined) return Either.left(badRequest(spec.name, problem))
  const isComplete = Spec.isComplete(spec)
  const call = ({ content, replayable }: Body.Body, headers: Call<A>["headers"]): Call<A> => ({
    operation: spec.name,
    method: spec.method,
    readOnly: spec.readOnly,
    path: (apiVersion, siteId) => {
      const filled = path.right.replace("{siteId}", () => encodeURIComponent(siteId))
      return `${isComplete ? "" : `/api/${apiVersion}`}${filled}${search.right}`
    },
    body: content,
    headers,
    scopes: spec.scopes === "none" ? [] : spec.scopes,
    idempotent: input.idempotent ?? spec.idempotent,
    replayable,
    budget: spec.budget,
    expected,
    unsupported: Spec.unsupported(spec, input.since)
  })
  const body = bodyOf(spec.name, input)
  return spec.idempotencyKey === undefined
    ? Effect.map(body, (body) => call(body, input.headers))
    : Effect.zipWith(body, idempotencyHeaders(spec.idempotencyKey), (body, key) =>
        call(body, { ...key, ...input.headers })
      )
}

/** The value of the last id in the path. It names a file for which the server sends no name. */
export const lastId = ({ path }: Spec.Spec, input: Input): string => {
  const name = [...path.matchAll(/\{(\w*id)\}/gi)].at(-1)?.[1] ?? ""
  const value = Object.entries<unknown>({ ...input }).find(([key]) => key === name)?.[1]
  return typeof value === "string" ? value : "file"
}
