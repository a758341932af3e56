/**
 * Workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Connections from "./Connections.js"
import type { Download } from "./Download.js"
import { GroupId, UserId, ViewId, WorkbookId } from "./Ids.js"
import * as Endpoint from "./internal/endpoint.js"
import * as Leaf from "./internal/leaf.js"
import * as Paging from "./internal/paging.js"
import * as Fields from "./internal/query.js"
import * as Rendering from "./internal/rendering.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing, PageOptions } from "./Query.js"
import * as References from "./References.js"
import * as Revisions from "./Revisions.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Tags from "./Tags.js"
import * as Views from "./Views.js"

const dataFreshnessPolicy = Schema.Struct({
  option: Schema.optional(Schema.String),
  freshEverySchedule: Schema.optional(
    Schema.Struct({ frequency: Schema.optional(Schema.String), value: Schema.optional(Leaf.Integer) })
  ),
  freshAtSchedule: Schema.optional(
    Schema.Struct({
      frequency: Schema.optional(Schema.String),
      time: Schema.optional(Schema.String),
      timezone: Schema.optional(Schema.String),
      intervals: Schema.optional(
        Leaf.list(
          "interval",
          Schema.Struct({ weekDay: Schema.optional(Schema.String), monthDay: Schema.optional(Schema.String) })
        )
      )
    })
  )
})

/**
 * How old the data of a workbook may be before Tableau asks for it anew.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataFreshnessPolicy {
  /** `AlwaysLive`, `FreshAt`, `FreshEvery` or `SiteDefault`. */
  readonly option?: string | undefined
  readonly freshEverySchedule?:
    | { readonly frequency?: string | undefined; readonly value?: number | undefined }
    | undefined
  readonly freshAtSchedule?:
    | {
        readonly frequency?: string | undefined
        readonly time?: string | undefined
        readonly timezone?: string | undefined
        readonly intervals?:
          | ReadonlyArray<{ readonly weekDay?: string | undefined; readonly monthDay?: string | undefined }>
          | undefined
      }
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataFreshnessPolicyEncoded extends Schema.Struct.Encoded<(typeof dataFreshnessPolicy)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const DataFreshnessPolicy: Schema.Schema<DataFreshnessPolicy, DataFreshnessPolicyEncoded> = dataFreshnessPolicy

const struct = Schema.Struct({
  id: WorkbookId,
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String),
  primaryContentUrl: Schema.optional(Schema.String),
  webpageUrl: Schema.optional(Schema.String),
  shareDescription: Schema.optional(Schema.String),
  showTabs: Schema.optional(Leaf.Flag),
  size: Schema.optional(Leaf.Integer),
  sheetCount: Schema.optional(Leaf.Integer),
  hasExtracts: Schema.optional(Leaf.Flag),
  encryptExtracts: Schema.optional(Schema.String),
  recentlyViewed: Schema.optional(Leaf.Flag),
  defaultViewId: Schema.optional(ViewId),
  thumbnailsUserId: Schema.optional(UserId),
  thumbnailsGroupId: Schema.optional(GroupId),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  lastPublishedAt: Schema.optional(Leaf.Timestamp),
  project: Schema.optional(References.Project),
  location: Schema.optional(References.Location),
  owner: Schema.optional(References.User),
  dataAccelerationConfig: Schema.optional(
    Schema.Struct({
      accelerateNow: Schema.optional(Leaf.Flag),
      accelerationEnabled: Schema.optional(Leaf.Flag),
      accelerationStatus: Schema.optional(Schema.String),
      lastUpdatedAt: Schema.optional(Leaf.Timestamp)
    })
  ),
  dataFreshnessPolicy: Schema.optional(DataFreshnessPolicy),
  views: Schema.optional(Leaf.list("view", Views.View)),
  tags: Schema.optional(Leaf.list("tag", Tags.Tag))
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
  readonly primaryContentUrl?: string | undefined
  readonly webpageUrl?: string | undefined
  readonly shareDescription?: string | undefined
  readonly showTabs?: boolean | undefined
  /** In megabytes. */
  readonly size?: number | undefined
  readonly sheetCount?: number | undefined
  readonly hasExtracts?: boolean | undefined
  /** A text: servers write more than true and false here. */
  readonly encryptExtracts?: string | undefined
  readonly recentlyViewed?: boolean | undefined
  readonly defaultViewId?: ViewId | undefined
  /** Whose eyes the thumbnails are made for, if a user's. */
  readonly thumbnailsUserId?: UserId | undefined
  /** The same, if a group's. */
  readonly thumbnailsGroupId?: GroupId | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly lastPublishedAt?: DateTime.Utc | undefined
  /** Absent for a workbook in somebody's Personal Space. */
  readonly project?: References.Project | undefined
  /** The project or the Personal Space that it lies in. */
  readonly location?: References.Location | undefined
  readonly owner?: References.User | undefined
  readonly dataAccelerationConfig?:
    | {
        readonly accelerateNow?: boolean | undefined
        readonly accelerationEnabled?: boolean | undefined
        readonly accelerationStatus?: string | undefined
        readonly lastUpdatedAt?: DateTime.Utc | undefined
      }
    | undefined
  /** How old the data may be that people see. */
  readonly dataFreshnessPolicy?: DataFreshnessPolicy | undefined
  /** There when one workbook was asked for; `Views.listForWorkbook` has more of each. */
  readonly views?: ReadonlyArray<Views.View> | undefined
  /** Absent where they were not asked for, as by `fields`: then nobody knows whether there are any. */
  readonly tags?: ReadonlyArray<Tags.Tag> | undefined
}

/**
 * As Tableau writes it: everything is a text.
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

/**
 * @since 0.1.0
 * @category models
 */
export interface OwnedOptions {
  /** Whether only those shall be listed that the user owns: by default all that the user may see are. */
  readonly ownedBy?: boolean | undefined
}

const fields = {
  ...Fields.content<Workbook>(),
  contentUrl: Fields.text<Workbook>(({ contentUrl }) => contentUrl),
  displayTabs: Fields.flag<Workbook>(({ showTabs }) => showTabs, { part: "showTabs" }),
  favoritesTotal: Fields.number<Workbook>(),
  hasAlerts: Fields.flag<Workbook>(),
  hasExtracts: Fields.flag<Workbook>(({ hasExtracts }) => hasExtracts, { seldom: true }),
  sheetCount: Fields.number<Workbook>(({ sheetCount }) => sheetCount, { seldom: true }),
  size: Fields.number<Workbook>(({ size }) => size),
  subscriptionsTotal: Fields.number<Workbook>()
}

/**
 * How workbooks are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.PartOf<Workbook>> {}

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

const queryWorkbooksForUser = Endpoint.make({
  name: "Workbooks.listForUser",
  method: "GET",
  path: "/sites/{siteId}/users/{userId}/workbooks",
  since: "2.0",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, workbooks: Leaf.list("workbook", Workbook) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_user"
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

const queryConnections = Connections.operation<WorkbookId>({
  name: "Workbooks",
  path: "workbooks",
  since: "2.0",
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections"
})

const getRevisions = Revisions.operation<WorkbookId>({
  name: "Workbooks",
  path: "workbooks",
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_workbook_revisions"
})

const contents = Revisions.downloads<WorkbookId>({
  name: "Workbooks",
  path: "workbooks",
  documentation: {
    download:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook",
    downloadRevision:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_workbook_revision"
  }
})

const queryWorkbookPreviewImage = Endpoint.makeFile({
  name: "Workbooks.previewImage",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}/previewImage",
  since: "2.0",
  scopes: ["tableau:content:read"],
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_preview_image"
})

const downloadWorkbookPdf = Endpoint.makeFile({
  name: "Workbooks.pdf",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}/pdf",
  since: "3.4",
  scopes: ["tableau:views:download"],
  query: ({ query }: { readonly query: Endpoint.QueryParameters }) => query,
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_pdf"
})

const downloadWorkbookPowerpoint = Endpoint.makeFile({
  name: "Workbooks.powerpoint",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}/powerpoint",
  since: "3.8",
  scopes: ["tableau:views:download"],
  query: ({ query }: { readonly query: Endpoint.QueryParameters }) => query,
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_powerpoint"
})

const tags = Tags.operations<WorkbookId>({
  name: "Workbooks",
  path: "workbooks",
  since: "2.0",
  scope: "workbook",
  documentation: {
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_workbook",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_workbook"
  }
})

const grants = Permissions.operations<WorkbookId>({
  name: "Workbooks",
  path: "workbooks",
  since: "2.0",
  documentation: {
    query:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_workbook_permissions",
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_workbook_permissions",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_workbook_permission"
  }
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
export const list = (options?: ListOptions): Effect.Effect<Listing<Workbook>, OperationError, TableauSession> =>
  Paging.queried(
    queryWorkbooksForSite,
    {},
    ({ pagination, workbooks }) => ({ pagination, items: workbooks }),
    fields,
    "createdAt:asc",
    options
  )

/**
 * The workbooks that a user may see, or only those that the user owns. The first page has come when this returns; the
 * stream asks for each further page once, and stays on the site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_user
 * @since 0.1.0
 * @category operations
 */
export const listForUser = (
  userId: UserId,
  options?: PageOptions & OwnedOptions
): Effect.Effect<Listing<Workbook>, OperationError, TableauSession> =>
  Paging.listing(
    queryWorkbooksForUser,
    { userId },
    ({ pagination, workbooks }) => ({ pagination, items: workbooks }),
    options,
    { ownedBy: options?.ownedBy === true ? "true" : undefined }
  )

/**
 * One workbook by its id, with its views. An id comes from a list, or from a text by `Ids.WorkbookId.make("…")`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook
 * @since 0.1.0
 * @category operations
 */
export const get = (workbookId: WorkbookId): Effect.Effect<Workbook, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryWorkbook, { workbookId }), ({ workbook }) => workbook)

/**
 * How a workbook reaches its data: all its connections.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = (
  workbookId: WorkbookId
): Effect.Effect<ReadonlyArray<Connections.Connection>, OperationError, TableauSession> => queryConnections(workbookId)

/**
 * The revisions of a workbook that the site keeps, the oldest first.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_workbook_revisions
 * @since 0.1.0
 * @category operations
 */
export const revisions = (
  workbookId: WorkbookId,
  options?: PageOptions
): Effect.Effect<Listing<Revisions.Revision>, OperationError, TableauSession> => getRevisions(workbookId, options)

/**
 * A workbook as it was published, or as it is now on the server.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook
 * @since 0.1.0
 * @category operations
 */
export const download = (
  workbookId: WorkbookId,
  options?: Revisions.DownloadOptions
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> => contents.download(workbookId, options)

/**
 * An earlier state of a workbook, by the number of its revision.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_workbook_revision
 * @since 0.1.0
 * @category operations
 */
export const downloadRevision = (
  workbookId: WorkbookId,
  revisionNumber: number,
  options?: Revisions.DownloadOptions
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  contents.downloadRevision(workbookId, revisionNumber, options)

/**
 * All views of a workbook as one PDF.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_pdf
 * @since 0.1.0
 * @category operations
 */
export const pdf = (
  workbookId: WorkbookId,
  { maxAge, orientation, type }: Views.PaperOptions & Pick<Views.RenderOptions, "maxAge"> = {}
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Effect.flatMap(Rendering.query(downloadWorkbookPdf.name, { maxAge }, { type, orientation }), (query) =>
    Endpoint.download(downloadWorkbookPdf, { workbookId, query }, workbookId)
  )

/**
 * All views of a workbook as pictures in a presentation of PowerPoint.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_powerpoint
 * @since 0.1.0
 * @category operations
 */
export const powerpoint = (
  workbookId: WorkbookId,
  { maxAge }: Pick<Views.RenderOptions, "maxAge"> = {}
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Effect.flatMap(Rendering.query(downloadWorkbookPowerpoint.name, { maxAge }), (query) =>
    Endpoint.download(downloadWorkbookPowerpoint, { workbookId, query }, workbookId)
  )

/**
 * The small picture that stands for a workbook in lists, as PNG.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_preview_image
 * @since 0.1.0
 * @category operations
 */
export const previewImage = (
  workbookId: WorkbookId
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Endpoint.download(queryWorkbookPreviewImage, { workbookId }, workbookId)

/**
 * Adds tags to a workbook, and gives all that it has then.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_workbook
 * @since 0.1.0
 * @category operations
 */
export const addTags = (
  workbookId: WorkbookId,
  labels: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Tags.Tag>, OperationError, TableauSession> => tags.add(workbookId, labels)

/**
 * Takes a tag from a workbook. `NotFound` when it has none of that label.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_workbook
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = (workbookId: WorkbookId, label: string): Effect.Effect<void, OperationError, TableauSession> =>
  tags.delete(workbookId, label)

/**
 * The permissions that were given for a workbook.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_workbook_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = (
  workbookId: WorkbookId
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.query(workbookId)

/**
 * Allows and denies things to users and groups, and gives the permissions of the workbook as they are then. What was
 * given before stays; of two modes of one capability the new one holds.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_workbook_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = (
  workbookId: WorkbookId,
  given: ReadonlyArray<Permissions.Grant>
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.add(workbookId, given)

/**
 * Takes one capability back from a user or a group. `NotFound` when it was not given in this mode.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_workbook_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = (
  workbookId: WorkbookId,
  grantee: Permissions.Grantee,
  capability: Permissions.Capability
): Effect.Effect<void, OperationError, TableauSession> => grants.delete(workbookId, grantee, capability)
