/**
 * Workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ProjectId, UserId, ViewId, WorkbookId } from "./Ids.js"
import * as Endpoint from "./internal/endpoint.js"
import * as Leaf from "./internal/leaf.js"
import * as Paging from "./internal/paging.js"
import type { Listing, PageOptions } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: WorkbookId,
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String),
  webpageUrl: Schema.optional(Schema.String),
  showTabs: Schema.optional(Leaf.Flag),
  size: Schema.optional(Leaf.Integer),
  sheetCount: Schema.optional(Leaf.Integer),
  hasExtracts: Schema.optional(Leaf.Flag),
  encryptExtracts: Schema.optional(Schema.String),
  defaultViewId: Schema.optional(ViewId),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  lastPublishedAt: Schema.optional(Leaf.Timestamp),
  project: Schema.optional(Schema.Struct({ id: ProjectId, name: Schema.optional(Schema.String) })),
  location: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      type: Schema.optional(Schema.String),
      name: Schema.optional(Schema.String)
    })
  ),
  owner: Schema.optional(Schema.Struct({ id: UserId, name: Schema.optional(Schema.String) })),
  tags: Leaf.list("tag", Schema.Struct({ label: Schema.String }))
})

/**
 * A workbook. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workbook {
  readonly id: WorkbookId
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** What stands for the workbook in addresses. */
  readonly contentUrl?: string | undefined
  readonly webpageUrl?: string | undefined
  readonly showTabs?: boolean | undefined
  /** In megabytes. */
  readonly size?: number | undefined
  readonly sheetCount?: number | undefined
  readonly hasExtracts?: boolean | undefined
  /** A text: servers write more than true and false here. */
  readonly encryptExtracts?: string | undefined
  readonly defaultViewId?: ViewId | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly lastPublishedAt?: DateTime.Utc | undefined
  /** Absent for a workbook in somebody's Personal Space. */
  readonly project?: { readonly id: ProjectId; readonly name?: string | undefined } | undefined
  /** The project or the Personal Space that it lies in. */
  readonly location?:
    | { readonly id?: string | undefined; readonly type?: string | undefined; readonly name?: string | undefined }
    | undefined
  readonly owner?: { readonly id: UserId; readonly name?: string | undefined } | undefined
  readonly tags: ReadonlyArray<{ readonly label: string }>
}

/**
 * A workbook as Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkbookEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Workbook: Schema.Schema<Workbook, WorkbookEncoded> = struct

const queryWorkbooksForSite = Endpoint.make({
  name: "Workbooks.list",
  method: "GET",
  path: "/sites/{siteId}/workbooks",
  since: "2.0",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, workbooks: Leaf.list("workbook", Workbook) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_site"
})

const queryWorkbook = Endpoint.make({
  name: "Workbooks.get",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}",
  since: "2.0",
  scopes: ["tableau:content:read"],
  success: Schema.Struct({ workbook: Workbook }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook"
})

/**
 * The workbooks on the session's site that the user may see: how many there are, and a stream of them all. The first
 * page has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A workbook that cannot be read is left out, with a warning in the log.
 *
 * @example
 * ```ts
 * import { Workbooks } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items, totalAvailable } = yield* Workbooks.list()
 *   yield* Console.log(`There are ${totalAvailable} workbooks on site:`)
 *   yield* Stream.runForEach(items, ({ id, name }) => Console.log(`${id} ${name}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_site
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: PageOptions): Effect.Effect<Listing<Workbook>, OperationError, TableauSession> =>
  Paging.listing(queryWorkbooksForSite, {}, ({ pagination, workbooks }) => ({ pagination, items: workbooks }), options)

/**
 * One workbook by its id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook
 * @since 0.1.0
 * @category operations
 */
export const get = (workbookId: WorkbookId): Effect.Effect<Workbook, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryWorkbook, { workbookId }), ({ workbook }) => workbook)
