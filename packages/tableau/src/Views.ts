/**
 * Views: the sheets, dashboards and stories of workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Download } from "./Download.js"
import { ViewId, type WorkbookId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Rendering from "./internal/operation/rendering.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import * as Operation from "./Operation.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import * as References from "./References.js"
import * as Response from "./Response.js"
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
  workbook: Schema.optional(References.WorkbookReference),
  project: Schema.optional(References.ProjectReference),
  location: Schema.optional(References.LocationReference),
  owner: Schema.optional(References.UserReference),
  usage: Schema.optional(Schema.Struct({ totalViewCount: Schema.optional(Leaf.Integer) })),
  dataAccelerationConfig: Schema.optional(
    Schema.Struct({
      accelerateNow: Schema.optional(Leaf.Flag),
      accelerationEnabled: Schema.optional(Leaf.Flag),
      accelerationStatus: Schema.optional(Schema.String),
      lastUpdatedAt: Schema.optional(Leaf.Timestamp)
    })
  ),
  tags: Schema.optional(Leaf.list("tag", Tags.Tag))
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
  readonly workbook?: References.WorkbookReference | undefined
  readonly project?: References.ProjectReference | undefined
  readonly location?: References.LocationReference | undefined
  readonly owner?: References.UserReference | undefined
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
  /** Absent where they were not asked for, as by `fields`: then nobody knows whether there are any. */
  readonly tags?: ReadonlyArray<Tags.Tag> | undefined
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
  /**
   * Whether each view shall say how often it was seen: by default it does not, but in a list with several conditions on
   * that.
   */
  readonly includeUsageStatistics?: boolean | undefined
}

/** Of several conditions on how often a view was seen some are checked as the views come: they have to say it. */
const isCounted = ({ filter = [], includeUsageStatistics }: ListOptions & UsageOptions) =>
  includeUsageStatistics ?? filter.filter(({ field }) => field === "hitsTotal").length > 1

/** What a server that has other things to do is not asked for. */
const usage = (options: UsageOptions | undefined) => ({
  includeUsageStatistics: options?.includeUsageStatistics === true ? "true" : undefined
})

const fields = {
  ...Fields.content<View>(),
  caption: Fields.text<View>(),
  contentUrl: Fields.text<View>(({ contentUrl }) => contentUrl),
  favoritesTotal: Fields.number<View>(({ favoritesTotal }) => favoritesTotal),
  hitsTotal: Fields.number<View>(({ usage }) => usage?.totalViewCount, { requestName: "usage" }),
  sheetNumber: Fields.number<View>(),
  sheetType: Fields.identifier<View>(({ sheetType }) => sheetType, { onlyIfRequested: true }),
  title: Fields.text<View>(),
  viewUrlName: Fields.text<View>(({ viewUrlName }) => viewUrlName),
  workbookDescription: Fields.text<View>(),
  workbookName: Fields.text<View>(({ workbook }) => workbook?.name, {
    requestName: "workbook.name",
    onlyIfRequested: true
  })
}

/**
 * How views are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.SelectableField<View>> {}

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

/**
 * What one filter or parameter of a view is set to. A comma or a backslash in it fails with `UnfilterableValue`, as does
 * an empty text: Tableau's documents know no way to send them.
 *
 * @since 0.1.0
 * @category models
 */
export type FilterValue = string | number | boolean

/**
 * What a view is to show.
 *
 * @since 0.1.0
 * @category models
 */
export interface RenderOptions {
  /**
   * By the name of a field, the value or the values that are shown: `{ Region: ["East", "West"] }`. Tableau passes over a
   * field that the view does not have, and shows everything.
   */
  readonly filters?: Readonly<Record<string, FilterValue | ReadonlyArray<FilterValue>>> | undefined
  /** The values of parameters, by their name. */
  readonly parameters?: Readonly<Record<string, FilterValue>> | undefined
  /** How old what Tableau has made before may be: whole minutes, at least one. By default what the server is set to. */
  readonly maxAge?: Duration.DurationInput | undefined
  /** Such as `de-DE`. */
  readonly language?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SizeOptions {
  /** In pixels, together with `vizHeight`. */
  readonly vizWidth?: number | undefined
  /** In pixels, together with `vizWidth`. */
  readonly vizHeight?: number | undefined
}

/**
 * What a picture of a view is to be like.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImageOptions extends RenderOptions, SizeOptions {
  /** By default `standard`. */
  readonly resolution?: "standard" | "high" | undefined
}

/**
 * What the server takes for paper where nothing is said, is its own matter.
 *
 * @since 0.1.0
 * @category models
 */
export interface PaperOptions {
  readonly type?:
    | "a3"
    | "a4"
    | "a5"
    | "b4"
    | "b5"
    | "executive"
    | "folio"
    | "ledger"
    | "legal"
    | "letter"
    | "note"
    | "quarto"
    | "tabloid"
    | "unspecified"
    | undefined
  readonly orientation?: "portrait" | "landscape" | undefined
}

/**
 * What a PDF of a view is to be like.
 *
 * @since 0.1.0
 * @category models
 */
export interface PdfOptions extends RenderOptions, SizeOptions, PaperOptions {}

const file = <const Format extends string>(name: string, format: Format, since: string, anchor: string) =>
  Endpoint.makeFile({
    name: `Views.${name}`,
    method: "GET",
    path: `/sites/{siteId}/views/{viewId}/${format}` as const,
    since,
    scopes: ["tableau:views:download"],
    query: ({ query }: { readonly query: Endpoint.QueryParameters }) => query,
    documentation: `https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#${anchor}`
  })

const queryViewPdf = file("pdf", "pdf", "2.8", "query_view_pdf")
const queryViewData = file("data", "data", "2.8", "query_view_data")
const downloadViewCrosstabExcel = file("crosstab", "crosstab/excel", "3.9", "download_view_crosstab_excel")

const queryViewPreviewImage = Endpoint.makeFile({
  name: "Views.previewImage",
  method: "GET",
  path: "/sites/{siteId}/workbooks/{workbookId}/views/{viewId}/previewImage",
  since: "2.0",
  scopes: ["tableau:content:read"],
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_preview_image"
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
  options: ListOptions & UsageOptions = {}
): Effect.Effect<Listing<View>, OperationError, TableauSession> =>
  Paging.queried(
    queryViewsForSite,
    {},
    ({ pagination, views }) => ({ pagination, items: views }),
    fields,
    "createdAt:asc",
    options,
    usage({ includeUsageStatistics: isCounted(options) })
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

/** Has a view made into a file. */
const render = (
  endpoint: typeof queryViewPdf | typeof queryViewData | typeof downloadViewCrosstabExcel,
  viewId: ViewId,
  options: PdfOptions,
  more?: Endpoint.QueryParameters
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Effect.flatMap(Rendering.query(endpoint.name, options, { language: options.language, ...more }), (query) =>
    Endpoint.download<string, { readonly viewId: ViewId; readonly query: Endpoint.QueryParameters }>(
      endpoint,
      { viewId, query },
      viewId
    )
  )

/**
 * A picture of a view, as PNG. A size of your own wants API version 3.23.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 *
 * const picture = (viewId: Ids.ViewId) =>
 *   Views.image(viewId, { resolution: "high", filters: { Region: ["East", "West"] } }).pipe(
 *     Download.toFile("sales.png")
 *   )
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_image
 * @since 0.1.0
 * @category operations
 */
export const image = Operation.make({
  name: "Views.image",
  request: "GET /sites/{siteId}/views/{viewId}/image",
  since: "2.5",
  scope: "tableau:views:download",
  input: (viewId: ViewId, options: ImageOptions = {}) => ({
    viewId,
    since: options.vizWidth === undefined ? undefined : "3.23",
    query: Rendering.parameters(options, {
      resolution: options.resolution === "high" ? "high" : undefined,
      language: options.language
    })
  }),
  response: Response.file
})

/**
 * A view as PDF.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_pdf
 * @since 0.1.0
 * @category operations
 */
export const pdf = (
  viewId: ViewId,
  options: PdfOptions = {}
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  render(queryViewPdf, viewId, options, { type: options.type, orientation: options.orientation })

/**
 * The data of a view, as CSV.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_data
 * @since 0.1.0
 * @category operations
 */
export const data = (
  viewId: ViewId,
  options: RenderOptions = {}
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> => render(queryViewData, viewId, options)

/**
 * The crosstab of a view, as a workbook of Excel.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_view_crosstab_excel
 * @since 0.1.0
 * @category operations
 */
export const crosstab = (
  viewId: ViewId,
  options: RenderOptions = {}
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  render(downloadViewCrosstabExcel, viewId, options)

/**
 * The small picture that stands for a view in lists, as PNG.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_preview_image
 * @since 0.1.0
 * @category operations
 */
export const previewImage = (
  workbookId: WorkbookId,
  viewId: ViewId
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Endpoint.download(queryViewPreviewImage, { workbookId, viewId }, viewId)

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
