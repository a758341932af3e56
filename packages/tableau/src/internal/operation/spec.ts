/** The facts of an operation, and whether a server has it. */
import * as Predicate from "effect/Predicate"
import type { Budget } from "../../RateLimiter.js"
import { DeploymentUnsupported, Forbidden, VersionUnsupported } from "../../TableauError.js"
import * as ApiVersion from "../apiVersion.js"
import type { Deployment } from "../deployment.js"
import type { Method } from "../http/exchange.js"
import type { Call } from "../session/call.js"
import type { Connection } from "../session/connection.js"

/** Method and path, such as `GET /sites/{siteId}/workbooks`. */
export type RequestLine = `${Method} /${string}`

/** The names between braces. */
type Placeholder<Line extends string> = Line extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

/** The values that `input` must return for a path. The session fills in `siteId`. */
export type PathParameters<Line extends string> = {
  readonly [Name in Exclude<Placeholder<Line>, "siteId">]: string | number
}

/** The scope of a connected app's JWT. */
type Scope = `tableau:${string}:${string}`

/** The facts that a declaration states. */
export interface Facts<Line extends RequestLine> {
  /** The name in spans, metrics and errors. In this package it is module and export. */
  readonly name: string
  /**
   * Method and path, as in Tableau's reference. A path that begins with `/api/` is complete, any other follows
   * `/api/{version}`. The session fills in `{siteId}`; `input` returns all other placeholders.
   */
  readonly request: Line
  /** The first REST API version that has the operation. */
  readonly since: string
  /** The first REST API version without it. */
  readonly until?: string
  /** Where it exists, if not on both. */
  readonly deployment?: Deployment
  /** The JWT scopes that it needs. `"none"` if a session that signed in with a JWT cannot call it. */
  readonly scope: Scope | ReadonlyArray<Scope> | "none"
  /** Whether the server changes nothing. By default true for GET only. */
  readonly readOnly?: boolean
  /** Whether the request may be repeated when it is unknown whether the server acted on it. By default `readOnly`. */
  readonly idempotent?: boolean
  /**
   * A header by which the server recognizes a repeated request. Each call sends a random value, the same for all of its
   * attempts, and is idempotent.
   */
  readonly idempotencyKey?: string
  /** What a request takes of the session's rate limiter beside `calls`. */
  readonly budget?: Exclude<Budget, "calls">
}

const TypeId: unique symbol = Symbol.for("effect-tableau/Operation")

/** The facts of an operation, with defaults filled in. */
export interface Spec {
  readonly [TypeId]: typeof TypeId
  /** Module and export, such as `Workbooks.get`. */
  readonly name: string
  readonly method: Method
  /** With placeholders. A path that begins with `/api/` is complete, any other follows `/api/{version}`. */
  readonly path: string
  /** The first REST API version that has the operation. */
  readonly since: string
  /** The first REST API version without it. */
  readonly until: string | undefined
  /** Where it exists, if not on both. */
  readonly deployment: Deployment | undefined
  /** The JWT scopes that it needs, or `"none"` if a session that signed in with a JWT cannot call it. */
  readonly scopes: ReadonlyArray<string> | "none"
  /** Whether the server changes nothing. */
  readonly readOnly: boolean
  /** Whether the request may be repeated when it is unknown whether the server acted on it. */
  readonly idempotent: boolean
  /** The header by which the server recognizes a repeated request. */
  readonly idempotencyKey: string | undefined
  /** What a request takes of the session's rate limiter beside `calls`. */
  readonly budget: Exclude<Budget, "calls"> | undefined
}

const methods: ReadonlyArray<Method> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

export const make = (facts: Facts<RequestLine>): Spec => {
  const space = facts.request.indexOf(" ")
  const method = methods.find((name) => name === facts.request.slice(0, space)) ?? "GET"
  const { readOnly = method === "GET" } = facts
  return {
    [TypeId]: TypeId,
    name: facts.name,
    method,
    path: facts.request.slice(space + 1),
    since: facts.since,
    until: facts.until,
    deployment: facts.deployment,
    scopes: facts.scope === "none" ? "none" : [facts.scope].flat(),
    readOnly,
    idempotent: facts.idempotent ?? (readOnly || facts.idempotencyKey !== undefined),
    idempotencyKey: facts.idempotencyKey,
    budget: facts.budget
  }
}

export const isSpec = (value: unknown): value is Spec => Predicate.hasProperty(value, TypeId)

/** `/api/-`, `/api/v1` and the like: the path of a service with versions of its own. */
export const isComplete = ({ path }: Spec): boolean => path.startsWith("/api/")

/** The error if a server does not have the operation, or never for this session. `since` depends on the arguments. */
export const unsupported =
  ({ deployment: required, name, scopes, since: sinceFact, until }: Spec, since = sinceFact) =>
  ({
    apiVersion,
    deployment,
    deploymentIsCertain,
    scopes: granted
  }: Connection): ReturnType<NonNullable<Call<unknown>["unsupported"]>> => {
    const fields = { operation: name, acted: "no" as const }
    if (required !== undefined && deploymentIsCertain && required !== deployment) {
      return new DeploymentUnsupported({ ...fields, required, actual: deployment })
    }
    const isRemoved = until !== undefined && ApiVersion.includes(apiVersion, until)
    if (isRemoved || !ApiVersion.includes(apiVersion, since)) {
      return new VersionUnsupported({
        ...fields,
        required: since,
        actual: apiVersion,
        removed: isRemoved ? until : undefined
      })
    }
    return scopes === "none" && granted !== undefined
      ? new Forbidden({
          ...fields,
          detail: "No JWT scope allows this operation: sign in with a personal access token or a password."
        })
      : undefined
  }
