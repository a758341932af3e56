import type { Scope } from "../protocol/scope.js"

type Verb = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** What a client needs for an operation, beside a token: the scope that a JWT session must have been granted. */
export type Access = Scope | "no scope" | "no token"

export type Deployment = "Server" | "Cloud"

/**
 * The facts of an operation: request, first API version, access, and the deployment if only one has it. A path that
 * begins with `/api/` is complete; any other follows `/api/{version}`.
 */
export type Facts = readonly [request: `${Verb} /${string}`, since: string, access: Access, deployment?: Deployment]

/** Operations by Tableau's names for them. */
export type Operations = Readonly<Record<string, Facts>>
