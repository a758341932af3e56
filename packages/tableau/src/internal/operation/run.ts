/**
 * An endpoint is a value that reads like Tableau's reference page; one interpreter, `call`, runs them all.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Download } from "../../Download.js"
import {
  type BadRequest,
  type CallError,
  DeploymentUnsupported,
  UnexpectedResponse,
  type UnfilterableValue,
  VersionUnsupported
} from "../../TableauError.js"
import { TableauSession } from "../../TableauSession.js"
import * as ApiVersion from "../apiVersion.js"
import { badRequest } from "../badRequest.js"
import type { Content } from "../http/content.js"
import { nothing } from "../http/errorResponse.js"
import * as FileName from "../http/fileName.js"
import * as File from "../http/fileResponse.js"
import { kept } from "../http/scopes.js"
import { type Expected, text } from "../http/transport.js"
import type { Call } from "../session/call.js"
import { type MalformedItem, type Read, reader } from "../xml/reader.js"
import { type Element, write } from "../xml/writer.js"

/** The names between braces in a path template. */
type ParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterName<Rest>
  : never

/** What a caller gives: all parameters of the template but the site, which the session knows. */
export type PathParameters<Path extends string> = {
  readonly [Name in Exclude<ParameterName<Path>, "siteId">]: string | number
}

export type QueryParameters = Readonly<Record<string, string | number | undefined>>

export interface Endpoint<Path extends string, Input, A> {
  readonly name: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: Path
  /** The API version that it came with. */
  readonly since: string
  /** What a JWT must grant for it. */
  readonly scopes: ReadonlyArray<string>
  /** Whether it may be sent again although it is not known whether the server acted. */
  readonly idempotent: boolean
  /** Whether the server changes nothing. By default that of a GET. */
  readonly readOnly?: boolean | undefined
  readonly until?: string | undefined
  readonly deployment?: "Server" | "Cloud" | undefined
  /** What depends on the arguments. */
  readonly extras?: ((input: Input) => Extras) | undefined
  readonly query: ((input: Input) => QueryParameters) | undefined
  readonly body: ((input: Input) => Element | undefined) | undefined
  readonly expected: Expected<A>
  /** Whether its answer means something else when a part of it cannot be read: otherwise that is left out. */
  readonly indivisible: boolean
  /** Tableau's page on it. */
  readonly documentation: string
}

interface Definition<Path extends string, Input> {
  readonly name: string
  readonly method: Endpoint<Path, Input, unknown>["method"]
  readonly path: Path
  readonly since: string
  readonly scopes: ReadonlyArray<`tableau:${string}:${string}`>
  /** By default whether it only reads. */
  readonly idempotent?: boolean
  readonly query?: (input: Input) => QueryParameters
  readonly body?: (input: Input) => Element
  /** By default it is not. */
  readonly indivisible?: boolean
  readonly documentation: `https://${string}`
}

const answered = <Path extends string, Input, A>(
  definition: Definition<Path, Input>,
  expected: Expected<A>
): Endpoint<Path, Input, A> => ({
  name: definition.name,
  method: definition.method,
  path: definition.path,
  since: definition.since,
  scopes: definition.scopes,
  idempotent: definition.idempotent ?? definition.method === "GET",
  query: definition.query,
  body: definition.body,
  expected,
  indivisible: definition.indivisible ?? false,
  documentation: definition.documentation
})

/** Of a request of a new operation. */
export interface Extras {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly content?: Content | undefined
  readonly replayable?: boolean | undefined
  readonly since?: string | undefined
  readonly idempotent?: boolean | undefined
}

/** What an operation sends beside its path parameters. */
export interface Parts extends Extras {
  readonly query?:
    | QueryParameters
    | ((operation: string) => Either.Either<QueryParameters, BadRequest | UnfilterableValue>)
    | undefined
  readonly body?: Element | undefined
}

interface Spec {
  readonly name: string
  readonly method: Endpoint<string, unknown, unknown>["method"]
  readonly path: string
  readonly since: string
  readonly scopes: ReadonlyArray<string>
  readonly idempotent: boolean
  readonly readOnly: boolean
  readonly until: string | undefined
  readonly deployment: "Server" | "Cloud" | undefined
}

export const of = <A>(spec: Spec, expected: Expected<A>, indivisible = false): Endpoint<string, Parts, A> => ({
  ...spec,
  extras: (input) => input,
  query: ({ query }) => (typeof query === "function" ? {} : (query ?? {})),
  body: ({ body }) => body,
  expected,
  indivisible,
  documentation: ""
})

export const empty = text(nothing)
export const file = File.expected

/** Derives the reader of the answer, once: endpoints are made when their module loads. */
export const make = <Path extends string, A, I, Input = unknown>(
  definition: Definition<Path, Input> & { readonly success: Schema.Schema<A, I> }
): Endpoint<Path, Input, A> => answered(definition, text(reader(definition.name, definition.success)))

/** One whose answer has nothing to say. */
export const makeEmpty = <Path extends string, Input = unknown>(
  definition: Definition<Path, Input>
): Endpoint<Path, Input, void> => answered(definition, text(nothing))

/** One whose answer is a file. */
export const makeFile = <Path extends string, Input = unknown>(
  definition: Definition<Path, Input>
): Endpoint<Path, Input, File.Incoming> => answered(definition, File.expected)

/** Half a surrogate pair has no UTF-8. */
const unwritable = (name: string, value: string | number): string | undefined =>
  /\p{Surrogate}/u.test(String(value)) ? `${name} is not well-formed Unicode.` : undefined

/** An empty one would address the list; dots another path. */
const noId = (name: string, value: string): string | undefined =>
  value.trim() === "" || value === "." || value === ".."
    ? `${name} is ${JSON.stringify(value.slice(0, 20))}, which is no id.`
    : unwritable(name, value)

/** What a session needs to run an endpoint with an input; wrong input fails here, before anything is sent. */
export const prepare = <Path extends string, Input, A>(
  endpoint: Endpoint<Path, Input, A>,
  input: PathParameters<Path> & Input
): Either.Either<Call<A>, BadRequest> => {
  let path: string = endpoint.path
  for (const [name, given] of Object.entries<unknown>(input)) {
    if (!path.includes(`{${name}}`)) continue
    const value = String(given)
    const problem = noId(name, value)
    if (problem !== undefined) return Either.left(badRequest(endpoint.name, problem))
    path = path.replace(`{${name}}`, () => encodeURIComponent(value))
  }
  const search: Array<string> = []
  for (const [name, value] of Object.entries(endpoint.query?.(input) ?? {})) {
    if (value === undefined) continue
    const problem = unwritable("A name", name) ?? unwritable(name, value)
    if (problem !== undefined) return Either.left(badRequest(endpoint.name, problem))
    search.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  }
  const query = search.length === 0 ? "" : `?${search.join("&")}`
  const content = endpoint.body?.(input)
  const body = content === undefined ? undefined : write(endpoint.name, content)
  if (body !== undefined && Either.isLeft(body)) return Either.left(body.left)
  const extras = endpoint.extras?.(input) ?? {}
  // A path that begins with /api/ is complete; all others follow the version.
  const isComplete = path.startsWith("/api/")
  return Either.right({
    operation: endpoint.name,
    method: endpoint.method,
    readOnly: endpoint.readOnly ?? endpoint.method === "GET",
    path: (apiVersion: string, siteId: string) =>
      `${isComplete ? "" : `/api/${apiVersion}`}${path.replace("{siteId}", () => encodeURIComponent(siteId))}${query}`,
    body: extras.content ?? body?.right,
    headers: extras.headers,
    scopes: endpoint.scopes,
    idempotent: extras.idempotent ?? endpoint.idempotent,
    // Texts can be sent as often as it takes, and some streams cannot.
    replayable: extras.replayable ?? true,
    expected: endpoint.expected,
    unsupported: unsupported(endpoint, extras.since)
  })
}

/** Why a server cannot run an endpoint: its deployment, if that is certain, or its API version. */
export const unsupported =
  (
    {
      deployment: required,
      name,
      since,
      until
    }: Pick<Endpoint<string, never, unknown>, "name" | "since" | "until" | "deployment">,
    need = since
  ): NonNullable<Call<unknown>["unsupported"]> =>
  ({ apiVersion, deployment, deploymentIsCertain }) => {
    const fields = { operation: name, acted: "no" as const }
    if (required !== undefined && deploymentIsCertain && required !== deployment) {
      return new DeploymentUnsupported({ ...fields, required, actual: deployment })
    }
    const isOver = until !== undefined && ApiVersion.includes(apiVersion, until)
    if (!isOver && ApiVersion.includes(apiVersion, need)) return undefined
    const detail = isOver ? `It was removed with API version ${until}.` : undefined
    return new VersionUnsupported({ ...fields, detail, required: need, actual: apiVersion })
  }

const run = <Path extends string, Input, A>(
  session: TableauSession.Service,
  endpoint: Endpoint<Path, Input, A>,
  input: PathParameters<Path> & Input,
  scope?: Scope.Scope
): Effect.Effect<Read<A>, CallError> => Effect.flatMap(prepare(endpoint, input), (call) => session.run(call, scope))

const spanOf = (session: TableauSession.Service, endpoint: Endpoint<string, never, unknown>) => ({
  kind: "client" as const,
  attributes: {
    "http.request.method": endpoint.method,
    "url.template": endpoint.path,
    "server.address": session.server
  },
  captureStackTrace: false
})

/** Runs an endpoint on a session that is at hand. */
export const callOn = <Path extends string, Input, A>(
  session: TableauSession.Service,
  endpoint: Endpoint<Path, Input, A>,
  input: PathParameters<Path> & Input
): Effect.Effect<Read<A>, CallError> =>
  Effect.withSpan(
    Effect.suspend(() => run(session, endpoint, input)),
    endpoint.name,
    spanOf(session, endpoint)
  )

/** An item that could not be read, as people count. */
export const described = ({ element, id, index, problem }: MalformedItem, pageNumber?: number): string =>
  `item ${index + 1}${pageNumber === undefined ? "" : ` of page ${pageNumber}`}, <${element}${id === undefined ? "" : ` id=${JSON.stringify(id.slice(0, 100))}`}>: ${problem}`

/** Of one answer. A page where each item is malformed has one cause. */
const warnings = 10

/** What was left out of an answer is a warning in the log. */
export const tell = (
  operation: string,
  malformed: ReadonlyArray<MalformedItem>,
  pageNumber?: number
): Effect.Effect<void> => {
  const more = malformed.length - warnings
  return Effect.zipRight(
    Effect.forEach(
      malformed.slice(0, warnings),
      (item) => Effect.logWarning(`${operation}: left out ${described(item, pageNumber)}`),
      { discard: true }
    ),
    more > 0 ? Effect.logWarning(`${operation}: left out ${more} more items of the same answer.`) : Effect.void
  )
}

/** Runs an endpoint on the session in the context. */
export const call = <Path extends string, Input, A>(
  endpoint: Endpoint<Path, Input, A>,
  input: PathParameters<Path> & Input
): Effect.Effect<A, CallError, TableauSession> =>
  Effect.flatMap(TableauSession, (session) =>
    Effect.flatMap(callOn(session, endpoint, input), ({ malformed, value }) => {
      const [item] = malformed
      if (item === undefined || !endpoint.indivisible) return Effect.as(tell(endpoint.name, malformed), value)
      const acted = (endpoint.readOnly ?? endpoint.method === "GET") ? "no" : "yes"
      return new UnexpectedResponse({
        operation: endpoint.name,
        acted,
        kind: "MalformedItem",
        detail: `It is ${described(item)}`
      })
    })
  )

/** Has a response begin to arrive that goes on until the scope ends. */
export const start = <A>(
  session: TableauSession.Service,
  endpoint: Endpoint<string, Parts, A>,
  input: Parts,
  scope: Scope.Scope
): Effect.Effect<A, CallError> =>
  Effect.map(run(session, endpoint, input, scope), ({ value }) => value).pipe(
    Effect.withSpanScoped(endpoint.name, spanOf(session, endpoint)),
    Scope.extend(scope)
  )

/**
 * Has a file begin to arrive. Request and span end with its content, at the latest with the scope. It has the name
 * that the server gives it; one without gets that of what it is made of.
 */
export const download = <Path extends string, Input>(
  endpoint: Endpoint<Path, Input, File.Incoming>,
  input: PathParameters<Path> & Input,
  of: string
): Effect.Effect<Download, CallError, TableauSession | Scope.Scope> =>
  Effect.flatMap(TableauSession, (session) =>
    Effect.scopeWith((around) =>
      kept(around, (scope) =>
        Effect.map(run(session, endpoint, input, scope), ({ value: { content, contentType, disposition, size } }) => ({
          fileName: FileName.from(disposition) ?? FileName.made(of, contentType),
          contentType,
          size,
          content: Stream.ensuringWith(content, (exit) => Scope.close(scope, exit))
        })).pipe(Effect.withSpanScoped(endpoint.name, spanOf(session, endpoint)), Scope.extend(scope))
      )
    )
  )
