/**
 * Views: the sheets, dashboards and stories of workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ViewId, type WorkbookId } from "./Ids.js"
import * as Endpoint from "./internal/endpoint.js"
import * as Leaf from "./internal/leaf.js"
import * as Paging from "./internal/paging.js"
import * as Fields from "./internal/query.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Tags from "./Tags.js"

const struct = Schema.Struct({
  id: ViewId,
  name: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String),
  viewUrlName: Schema.optional(Schema.String),
  sheetType: Schema.optional(Schema.String),
  hidden: Schema.optional(Leaf.Flag),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  favoritesTotal: Schema.optional(Leaf.Integer),
  recentlyViewed: Schema.optional(Leaf.Flag),
  workbook: Schema.optional(References.Workbook),
  project: Schema.optional(References.Project),
  location: Schema.optional(References.Location),
  owner: Schema.optional(References.User),
  usage: Schema.optional(Schema.Struct({ totalViewCount: Schema.optional(Leaf.Integer) })),
  dataAccelerationConfig: Schema.optional(
    Schema.Struct({
      accelerateNow: Schema.optional(Leaf.Flag),
      accelerationEnabled: Schema.optional(Leaf.Flag),
      accelerationStatus: Schema.optional(Schema.String),
      lastUpdatedAt: Schema.optional(Leaf.Timestamp)
    })
  ),
  tags: Leaf.list("tag", Tags.Tag)
})

/**
 * A view. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly id: ViewId
  readonly name?: string | undefined
  /** What stands for the view in addresses, with that of its workbook. */
  readonly contentUrl?: string | undefined
  readonly viewUrlName?: string | undefined
  /** `dashboard`, `worksheet` or `story`. */
  readonly sheetType?: string | undefined
  readonly hidden?: boolean | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly favoritesTotal?: number | undefined
  readonly recentlyViewed?: boolean | undefined
  /** Absent where the workbook was asked for. */
  readonly workbook?: References.Workbook | undefined
  readonly project?: References.Project | undefined
  readonly location?: References.Location | undefined
  readonly owner?: References.User | undefined
  /** There when it was asked for. */
  readonly usage?: { readonly totalViewCount?: number | undefined } | undefined
  readonly dataAccelerationConfig?:
    | {
        readonly accelerateNow?: boolean | undefined
        readonly accelerationEnabled?: boolean | undefined
        readonly accelerationStatus?: string | undefined
        readonly lastUpdatedAt?: DateTime.Utc | undefined
      }
    | undefined
  readonly tags: ReadonlyArray<Tags.Tag>
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ViewEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const View: Schema.Schema<View, ViewEncoded> = struct

/**
 * @since 0.1.0
 * @category models
 */
export interface UsageOptions {
  /** Whether each view shall say how often it was seen: by default it does not. */
  readonly includeUsageStatistics?: boolean | undefined
}

/** What a server that has other things to do is not asked for. */
const usage = (options: UsageOptions | undefined) => ({
  includeUsageStatistics: options?.includeUsageStatistics === true ? "true" : undefined
})

const fields = {
  ...Fields.content<View>(),
  caption: Fields.text<View>(),
  contentUrl: Fields.text<View>(({ contentUrl }) => contentUrl),
  favoritesTotal: Fields.number<View>(({ favoritesTotal }) => favoritesTotal),
  hitsTotal: Fields.number<View>(({ usage }) => usage?.totalViewCount, { part: "usage" }),
  sheetNumber: Fields.number<View>(),
  sheetType: Fields.word<View>(({ sheetType }) => sheetType, { seldom: true }),
  title: Fields.text<View>(),
  viewUrlName: Fields.text<View>(({ viewUrlName }) => viewUrlName),
  workbookDescription: Fields.text<View>(),
  workbookName: Fields.text<View>(({ workbook }) => workbook?.name, { part: "workbook.name", seldom: true })
}

/**
 * How views are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.PartOf<View>> {}

const queryViewsForSite = Endpoint.make({
  name: "Views.list",
  method: "GET",
  path: "/sites/{siteId}/views",
  since: "2.2",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, views: Leaf.list("view", View) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_site"
})

const queryViewsForWorkbook = Endpoint.make({
  name: "Views.listForWorkbook",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}/views",
  since: "2.0",
  scopes: ["tableau:content:read"],
  query: ({ options }: { readonly options: UsageOptions | undefined }) => usage(options),
  success: Schema.Struct({ views: Leaf.list("view", View) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_workbook"
})

const getView = Endpoint.make({
  name: "Views.get",
  method: "GET",
  path: "/sites/{siteId}/views/{viewId}",
  since: "3.0",
  scopes: ["tableau:content:read"],
  query: ({ options }: { readonly options: UsageOptions | undefined }) => usage(options),
  success: Schema.Struct({ view: View }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#get_view"
})

const tags = Tags.operations<ViewId>({
  name: "Views",
  path: "views",
  since: "2.0",
  scope: "view",
  documentation: {
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_view",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_view"
  }
})

const grants = Permissions.operations<ViewId>({
  name: "Views",
  path: "views",
  since: "3.2",
  documentation: {
    query:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_view_permissions",
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_view_permissions",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_view_permission"
  }
})

/**
 * The views on the session's site that the user may see: how many there are, and a stream of them all. The first page
 * has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A view that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_site
 * @since 0.1.0
 * @category operations
 */
export const list = (
  options?: ListOptions & UsageOptions
): Effect.Effect<Listing<View>, OperationError, TableauSession> =>
  Paging.queried(
    queryViewsForSite,
    {},
    ({ pagination, views }) => ({ pagination, items: views }),
    fields,
    "createdAt:asc",
    options,
    usage(options)
  )

/**
 * The views of a workbook, in one answer.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_workbook
 * @since 0.1.0
 * @category operations
 */
export const listForWorkbook = (
  workbookId: WorkbookId,
  options?: UsageOptions
): Effect.Effect<ReadonlyArray<View>, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryViewsForWorkbook, { workbookId, options }), ({ views }) => views)

/**
 * One view by its id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#get_view
 * @since 0.1.0
 * @category operations
 */
export const get = (viewId: ViewId, options?: UsageOptions): Effect.Effect<View, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(getView, { viewId, options }), ({ view }) => view)

/**
 * Adds tags to a view, and gives all that it has then.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_view
 * @since 0.1.0
 * @category operations
 */
export const addTags = (
  viewId: ViewId,
  labels: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Tags.Tag>, OperationError, TableauSession> => tags.add(viewId, labels)

/**
 * Takes a tag from a view. `NotFound` when it has none of that label.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_view
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = (viewId: ViewId, label: string): Effect.Effect<void, OperationError, TableauSession> =>
  tags.delete(viewId, label)

/**
 * The permissions that were given for a view.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_view_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = (viewId: ViewId): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> =>
  grants.query(viewId)

/**
 * Allows and denies things to users and groups, and gives the permissions of the view as they are then. What was given
 * before stays; of two modes of one capability the new one holds.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_view_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = (
  viewId: ViewId,
  given: ReadonlyArray<Permissions.Grant>
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.add(viewId, given)

/**
 * Takes one capability back from a user or a group. `NotFound` when it was not given in this mode.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_view_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = (
  viewId: ViewId,
  grantee: Permissions.Grantee,
  capability: Permissions.Capability
): Effect.Effect<void, OperationError, TableauSession> => grants.delete(viewId, grantee, capability)
