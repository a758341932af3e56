import type * as Effect from "effect/Effect"
import type { File } from "../content/files.js"
import type { Site, World } from "../content/world.js"
import type { Element } from "../protocol/element.js"
import type { Refusal } from "../protocol/errorResponse.js"
import type { Scope } from "../protocol/scope.js"
import type { SpentJwts } from "./identity.js"
import type { Session, Sessions } from "./sessions.js"

/** What the server says of itself. */
export interface ServerInfo {
  readonly apiVersion: string
  readonly productVersion: string
  readonly build: string
  readonly cloud: boolean
}

/** A request of a known operation, taken apart. */
export interface Call<Name extends string = never> {
  readonly world: World
  readonly sessions: Sessions
  readonly spentJwts: SpentJwts
  readonly info: ServerInfo
  /** Scheme, host and port, as the client called the server. */
  readonly origin: string
  readonly parameter: (name: Name) => string
  readonly query: URLSearchParams
  /** By how many items the lists of this answer have moved, since the page before: see `Fault.shiftItems`. */
  readonly shift: number
  /** The request's body, read only when a handler asks. */
  readonly payload: Effect.Effect<Element, Refusal>
}

/** A request with a live token. */
export interface SignedInCall<Name extends string = never> extends Call<Name> {
  readonly session: Session
  readonly site: Site
}

export interface Reply {
  readonly status: number
  readonly content: ReadonlyArray<Element>
  /** In the place of the content. */
  readonly file?: File | undefined
  /** The session that the request brought about, for the log. */
  readonly session?: Session | undefined
}

export const ok = (...content: ReadonlyArray<Element>): Reply => ({ status: 200, content })

export const created = (...content: ReadonlyArray<Element>): Reply => ({ status: 201, content })

export const noContent: Reply = { status: 204, content: [] }

export type Verb = "GET" | "POST" | "PUT" | "DELETE"

interface Description<Operation extends string, Path extends string> {
  readonly verb: Verb
  /** Below `/api/{version}`. */
  readonly path: Path
  /** Tableau's name of the method. */
  readonly operation: Operation
  /** The first API version that has it. */
  readonly since: string
}

type Handler<C> = (call: C) => Effect.Effect<Reply, Refusal>

export interface OpenRoute<Operation extends string = string> extends Description<Operation, string> {
  readonly access: "open"
  readonly handle: Handler<Call<string>>
}

export interface SignedInRoute<Operation extends string = string> extends Description<Operation, string> {
  readonly access: "signedIn"
  /** What the JWT must grant of a session that was signed in by one; nothing limits other sessions. */
  readonly scope: Scope | undefined
  readonly handle: Handler<SignedInCall<string>>
}

export type Route<Operation extends string = string> = OpenRoute<Operation> | SignedInRoute<Operation>

/** `/sites/{siteId}/workbooks/{workbookId}` gives `"siteId" | "workbookId"`. */
type Parameters<Path extends string> = string extends Path
  ? string
  : Path extends `${string}{${infer Name}}${infer Rest}`
    ? Name | Parameters<Rest>
    : never

/** Answered without credentials. */
export const open = <const Operation extends string, const Path extends string>(
  route: Description<Operation, Path> & { readonly handle: Handler<Call<Parameters<Path>>> }
): OpenRoute<Operation> => ({ ...route, access: "open" })

/** Needs a live token, and one of the site that the path names. */
export const signedIn = <const Operation extends string, const Path extends string>(
  route: Description<Operation, Path> & {
    readonly scope: Scope | undefined
    readonly handle: Handler<SignedInCall<Parameters<Path>>>
  }
): SignedInRoute<Operation> => ({ ...route, access: "signedIn" })
