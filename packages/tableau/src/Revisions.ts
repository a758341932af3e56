/**
 * Revisions: the earlier states of workbooks and data sources that a site keeps. The operations are those of the
 * resources, such as `Workbooks.revisions`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Download } from "./Download.js"
import { badRequest } from "./internal/badRequest.js"
import * as Paging from "./internal/operation/paging.js"

import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type { Listing, PageOptions } from "./Query.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  revisionNumber: Schema.optional(Leaf.Integer),
  publishedAt: Schema.optional(Leaf.Timestamp),
  publisher: Schema.optional(References.UserReference),
  current: Schema.optional(Leaf.Flag),
  deleted: Schema.optional(Leaf.Flag),
  sizeInBytes: Schema.optional(Leaf.Integer)
})

/**
 * A revision. It has a number where other things have an id.
 *
 * @since 0.1.0
 * @category models
 */
export interface Revision {
  /** Counted from 1; the current one has the highest. */
  readonly revisionNumber?: number | undefined
  readonly publishedAt?: DateTime.Utc | undefined
  readonly publisher?: References.UserReference | undefined
  readonly current?: boolean | undefined
  readonly deleted?: boolean | undefined
  readonly sizeInBytes?: number | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface RevisionEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Revision: Schema.Schema<Revision, RevisionEncoded> = struct

interface Revised {
  /** The module of the resource. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  readonly documentation: `https://${string}`
}

/**
 * Asking for the revisions of a resource.
 *
 * @internal
 */
export const operation = <Id extends string>({ documentation, name, path }: Revised) => {
  const getRevisions = Endpoint.make({
    name: `${name}.revisions`,
    method: "GET",
    path: `/sites/{siteId}/${path}/{id}/revisions` as const,
    since: "2.3",
    scopes: ["tableau:content:read"],
    query: Paging.pageQuery,
    success: Schema.Struct({ pagination: Paging.Pagination, revisions: Leaf.list("revision", Revision) }),
    documentation
  })
  return (id: Id, options?: PageOptions): Effect.Effect<Listing<Revision>, OperationError, TableauSession> =>
    Paging.listing(getRevisions, { id }, ({ pagination, revisions }) => ({ pagination, items: revisions }), options)
}

/**
 * How content is to be downloaded.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadOptions {
  /** By default true. Without its extract, content is small, and has no data of its own. */
  readonly includeExtract?: boolean | undefined
}

interface Downloadable {
  /** The module of the resource. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  readonly documentation: {
    readonly download: `https://${string}`
    readonly downloadRevision: `https://${string}`
  }
}

/**
 * Downloading a resource as it is, and as it was.
 *
 * @internal
 */
export const downloads = <Id extends string>({ documentation, name, path }: Downloadable) => {
  const shared = {
    method: "GET",
    scopes: [`tableau:${path}:download`],
    // As Tableau's own clients write it.
    query: ({ options }: { readonly options: DownloadOptions }) => ({
      includeExtract: options.includeExtract === false ? "False" : undefined
    })
  } as const
  const download = Endpoint.makeFile({
    ...shared,
    name: `${name}.download`,
    path: `/sites/{siteId}/${path}/{id}/content` as const,
    since: "2.0",
    documentation: documentation.download
  })
  const downloadRevision = Endpoint.makeFile({
    ...shared,
    name: `${name}.downloadRevision`,
    path: `/sites/{siteId}/${path}/{id}/revisions/{revisionNumber}/content` as const,
    since: "2.3",
    documentation: documentation.downloadRevision
  })
  type Downloading = Effect.Effect<Download, OperationError, TableauSession | Scope.Scope>
  return {
    download: (id: Id, options: DownloadOptions = {}): Downloading => Endpoint.download(download, { id, options }, id),
    downloadRevision: (id: Id, revisionNumber: number, options: DownloadOptions = {}): Downloading =>
      Number.isSafeInteger(revisionNumber) && revisionNumber >= 1
        ? Endpoint.download(downloadRevision, { id, revisionNumber: String(revisionNumber), options }, id)
        : Effect.fail(badRequest(downloadRevision.name, `${revisionNumber} is no revision: they are counted from 1.`))
  }
}
