/** What `input` of an operation returns: from facts that a person writes to what is sent. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { BadRequest } from "../../TableauError.js"
import { UnfilterableValue } from "../../TableauError.js"
import { badRequest } from "../badRequest.js"
import type { AnyListOptions } from "./paging.js"
import * as Body from "./requestBody.js"
import type { QueryParameters, Parts as Resolved } from "./run.js"

export interface Spec {
  readonly name: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly since: string
  readonly until: string | undefined
  readonly deployment: "Server" | "Cloud" | undefined
  readonly scopes: ReadonlyArray<string>
  readonly readOnly: boolean
  readonly idempotent: boolean
  readonly idempotencyKey: string | undefined
}

/** Arrays are joined by commas; what is undefined is left out. */
export type Query = Readonly<Record<string, Body.Scalar | ReadonlyArray<string> | undefined>>

export interface Refusal {
  readonly refused: string
  readonly field?: string | undefined
}

export interface Parts<E = never, R = never> {
  readonly query?: Query | Refusal | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** The children of `<tsRequest>`; `{}` is the empty one. */
  readonly xml?: Body.Xml | undefined
  /** A JSON value, or the effect of `Schema.encode`. */
  readonly json?: Body.Json | undefined
  readonly multipart?: Body.Multipart<E, R> | undefined
  /** Of a list: filter, sort, fields and paging. */
  readonly options?: AnyListOptions | undefined
  /** The version that these arguments need, where it is not that of the operation. */
  readonly since?: string | undefined
  /** Whether the request may be repeated with these arguments, where it is not as for the operation. */
  readonly idempotent?: boolean | undefined
}

export type Input = Parts<unknown> | Refusal

export const isRefusal = (value: object): value is Refusal => "refused" in value && typeof value.refused === "string"

export const written = (query: Query): QueryParameters =>
  Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      value === undefined ? undefined : Array.isArray(value) ? value.join(",") : Body.textOf(value as Body.Scalar)
    ])
  )

const refuse = (operation: string, { field, refused }: Refusal) =>
  field === undefined
    ? badRequest(operation, refused)
    : new UnfilterableValue({ operation, acted: "no", field, detail: refused })

const bodyOf = (
  { name }: Spec,
  { json, multipart, xml }: Parts<unknown>
): Effect.Effect<Pick<Resolved, "content" | "replayable">, BadRequest> => {
  if (xml !== undefined) return Effect.map(Body.xml(name, xml), (content) => ({ content }))
  if (json !== undefined) return Effect.map(Body.json(name, json), (content) => ({ content }))
  return multipart === undefined ? Effect.succeed({}) : Body.multipart(name, multipart)
}

/** One key for all attempts of a call. */
const keyOf = ({ idempotencyKey }: Spec): Effect.Effect<Readonly<Record<string, string>>> =>
  idempotencyKey === undefined
    ? Effect.succeed({})
    : Effect.map(Effect.all([0, 1, 2, 3].map(() => Random.nextIntBetween(0, 2 ** 32))), (numbers) => ({
        [idempotencyKey]: numbers.map((number) => number.toString(16).padStart(8, "0")).join("")
      }))

export const resolve = (
  spec: Spec,
  input: Input
): Effect.Effect<Resolved & { readonly query?: QueryParameters }, BadRequest | UnfilterableValue> => {
  if (isRefusal(input)) return refuse(spec.name, input)
  const { json: _, multipart: __, options: ___, query = {}, xml: ____, ...rest } = input
  if (isRefusal(query)) return refuse(spec.name, query)
  return Effect.zipWith(bodyOf(spec, input), keyOf(spec), (body, key) => ({
    ...rest,
    ...body,
    headers: { ...key, ...input.headers },
    query: written(query)
  }))
}

/** For what has no filters. */
export const callErrors = <A, E>(effect: Effect.Effect<A, E | UnfilterableValue>): Effect.Effect<A, E | BadRequest> =>
  Effect.catchAll(
    effect,
    (error): Effect.Effect<never, E | BadRequest> =>
      error instanceof UnfilterableValue ? badRequest(error.operation, error.message) : Effect.fail(error)
  )

export const optionsOf = (input: Input): AnyListOptions | undefined => (isRefusal(input) ? undefined : input.options)

/** The last id in the path: what a file without a name is called after. */
export const lastParameter = ({ path }: Spec, input: Input): string => {
  const name = [...path.matchAll(/\{(\w*id)\}/gi)].at(-1)?.[1] ?? ""
  const value = Object.entries<unknown>({ ...input }).find(([key]) => key === name)?.[1]
  return typeof value === "string" ? value : "file"
}
