import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { File } from "../content/files.js"
import type { Storage, StoredFile } from "../content/storage.js"
import type { Site, World } from "../content/world.js"
import type { Jobs } from "../jobs/jobs.js"
import type { Element } from "../protocol/element.js"
import type { ErrorResponse } from "../protocol/errorResponse.js"
import type { ApiVersion } from "../protocol/version.js"
import type { Uploads } from "../uploads/uploads.js"
import type { SpentJwts } from "./identity.js"
import type { Session, Sessions } from "./sessions.js"

/** What the server reports about itself. */
export interface ServerInfo {
  readonly apiVersion: string
  readonly productVersion: string
  readonly build: string
  readonly cloud: boolean
}

/**
 * What `*` means in the value of a filter. Tableau's reference has wildcards with `like` only, for names of users and groups; people report
 * servers on which they work with the other operators, too.
 */
export type Asterisk = "wildcard" | "literal"

/** A file in a request body. */
export interface Attachment {
  /** The name of its part. */
  readonly name: string
  readonly fileName: string | undefined
  /** The number of bytes in the request. More than the limit are not in `file`. */
  readonly size: number
  readonly file: StoredFile
}

/** A request body of several parts. */
export interface Parts {
  /** The text of the `request_payload`. */
  readonly payload: string
  readonly attachments: ReadonlyArray<Attachment>
}

/** A request of a known operation, with the path parameters of that operation. */
export interface Call<Parameter extends string = never> {
  readonly world: World
  readonly sessions: Sessions
  readonly jobs: Jobs
  readonly spentJwts: SpentJwts
  readonly info: ServerInfo
  /** Scheme, host and port, as in the request's `Host` header. */
  readonly origin: string
  readonly parameter: (name: Parameter) => string
  readonly query: URLSearchParams
  /** A header of the request, by its name in lower case. */
  readonly header: (name: string) => string | undefined
  /** By how many items the lists of the response have shifted since the previous page: see `Fault.shiftItems`. */
  readonly shift: number
  readonly asterisk: Asterisk
  /** How long lists do not show a new item. */
  readonly listLag: Duration.Duration
  /** The request's body. It is read when a handler first needs it. */
  readonly payload: Effect.Effect<Element, ErrorResponse>
  /** Reads a body of several parts, with files up to a limit. Who reads it keeps or removes the files. */
  readonly parts: (limit: number) => Effect.Effect<Parts, ErrorResponse>
  readonly storage: Storage
  readonly uploads: Uploads
  /** The API version of the path. */
  readonly version: ApiVersion | undefined
}

/** A request with a valid token. */
export interface SessionCall<Parameter extends string = never> extends Call<Parameter> {
  readonly session: Session
  readonly site: Site
}

/** What a handler returns: the content of a response, not yet rendered as XML or JSON. */
export interface Reply {
  readonly status: number
  readonly content: ReadonlyArray<Element>
  /** The path of an item that the request has created. */
  readonly location?: string | undefined
  /** Sent instead of the content. */
  readonly file?: File | undefined
  /** The session that the request started, for the log. */
  readonly session?: Session | undefined
}

export const ok = (...content: ReadonlyArray<Element>): Reply => ({ status: 200, content })

export const created = (...content: ReadonlyArray<Element>): Reply => ({ status: 201, content })

export const accepted = (...content: ReadonlyArray<Element>): Reply => ({ status: 202, content })

export const noContent: Reply = { status: 204, content: [] }

export const fileReply = (file: File): Reply => ({ status: 200, content: [], file })
