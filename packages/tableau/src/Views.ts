/**
 * Views: the sheets, dashboards and stories of workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { ViewId, WorkbookId } from "./Ids.js"
import * as Permissions from "./internal/families/permissions.js"
import * as Resource from "./internal/families/resource.js"
import * as Tags from "./internal/families/tags.js"
import { filterFields, View } from "./internal/models/view.js"
import * as Rendering from "./internal/operation/rendering.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"

export { View } from "./internal/models/view.js"

const views = Resource.make<ViewId>({ name: "Views", path: "views", element: "view" })

/**
 * Whether views include how often they were opened.
 *
 * @since 0.1.0
 * @category options
 */
export interface UsageOptions {
  /**
   * Whether each view includes `usage`, which costs the server more. By default only a list with several conditions on
   * `hitsTotal` requests it, because all but one of them are checked on the views that are received.
   */
  readonly includeUsageStatistics?: boolean | undefined
}

/**
 * How to list views.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions
  extends Query.ListOptions<typeof filterFields, Query.SelectableField<View>>,
    UsageOptions {}

/** The parameter is omitted, not `false`, where usage is not wanted. */
const usageQuery = (options: UsageOptions | undefined) => ({
  includeUsageStatistics: options?.includeUsageStatistics === true ? true : undefined
})

const needsUsage = ({ filter = [] }: ListOptions): boolean =>
  filter.filter(({ field }) => field === "hitsTotal").length > 1

/**
 * A value of a filter or a parameter of a view: any string but the empty one, with which the call fails with
 * `UnfilterableValue`, because servers ignore such a filter and show everything. The same holds for a filter without values.
 *
 * @since 0.1.0
 * @category options
 */
export type FilterValue = string | number | boolean

/**
 * What a rendered view shows.
 *
 * @since 0.1.0
 * @category options
 */
export interface RenderOptions {
  /**
   * The values to show, by the name of the field: `{ Region: ["East", "West"] }`. Tableau ignores a field that the view
   * does not have, and then shows everything.
   */
  readonly filters?: Readonly<Record<string, FilterValue | ReadonlyArray<FilterValue>>> | undefined
  /** The values of parameters, by their names. */
  readonly parameters?: Readonly<Record<string, FilterValue>> | undefined
  /**
   * The maximum age of a cached rendering that the server may return: whole minutes, at least one. By default the
   * server decides.
   */
  readonly maxAge?: Duration.DurationInput | undefined
  /** The language of the rendering, such as `de-DE`. */
  readonly language?: string | undefined
}

/**
 * The size of a rendered view.
 *
 * @since 0.1.0
 * @category options
 */
export interface SizeOptions {
  /** In pixels. Requires `vizHeight`. */
  readonly vizWidth?: number | undefined
  /** In pixels. Requires `vizWidth`. */
  readonly vizHeight?: number | undefined
}

/**
 * How to render a view as an image.
 *
 * @since 0.1.0
 * @category options
 */
export interface ImageOptions extends RenderOptions, SizeOptions {
  /** `high` has more pixels. By default `standard`. */
  readonly resolution?: "standard" | "high" | undefined
}

/**
 * Paper size and orientation. By default the server decides.
 *
 * @since 0.1.0
 * @category options
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
 * How to render a view as a PDF.
 *
 * @since 0.1.0
 * @category options
 */
export interface PdfOptions extends RenderOptions, SizeOptions, PaperOptions {}

/**
 * Lists the views on the site that the signed-in user can see.
 *
 * @example
 * ```ts
 * import { Filter, Views } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items, totalAvailable } = yield* Views.list({ filter: [Filter.eq("sheetType", "dashboard")] })
 *   yield* Console.log(`${totalAvailable} dashboards`)
 *   yield* Stream.runForEach(items, ({ contentUrl }) => Console.log(contentUrl))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_site
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Views.list",
  request: "GET /sites/{siteId}/views",
  since: "2.2",
  scope: "tableau:content:read",
  input: (options: ListOptions = {}) => ({
    options,
    query: usageQuery({ includeUsageStatistics: options.includeUsageStatistics ?? needsUsage(options) })
  }),
  response: Response.page("views", "view", View, { fields: filterFields, order: "createdAt:asc" })
})

/**
 * The views on the site that the signed-in user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Lists the views of a workbook, in one response.
 *
 * @example
 * ```ts
 * import { type Ids, Views } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const unused = (workbookId: Ids.WorkbookId) =>
 *   Effect.map(Views.listForWorkbook(workbookId, { includeUsageStatistics: true }), (views) =>
 *     views.filter(({ usage }) => usage?.totalViewCount === 0)
 *   )
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_views_for_workbook
 * @since 0.1.0
 * @category operations
 */
export const listForWorkbook = Operation.make({
  name: "Views.listForWorkbook",
  request: "GET /sites/{siteId}/workbooks/{workbookId}/views",
  since: "2.0",
  scope: "tableau:content:read",
  input: (workbookId: WorkbookId, options?: UsageOptions) => ({ workbookId, query: usageQuery(options) }),
  response: Response.items("views", "view", View)
})

/**
 * Returns one view.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#get_view
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Views.get",
  request: "GET /sites/{siteId}/views/{viewId}",
  since: "3.0",
  scope: "tableau:content:read",
  input: (viewId: ViewId, options?: UsageOptions) => ({ viewId, query: usageQuery(options) }),
  response: Response.element("view", View)
})

/**
 * Deletes a view from its workbook. A workbook is deleted with its last view. Fails with `NotFound` when there is no such
 * view.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_view
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Views.delete",
  request: "DELETE /sites/{siteId}/views/{viewId}",
  since: "3.27",
  scope: "tableau:views:delete",
  input: (viewId: ViewId) => ({ viewId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Renders a view as a PNG image. `vizWidth` and `vizHeight` need API version 3.23.
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
  budget: "exports",
  input: (viewId: ViewId, options: ImageOptions = {}) => ({
    viewId,
    since: options.vizWidth === undefined ? undefined : "3.23",
    query: Rendering.parameters(options, { resolution: options.resolution === "high" ? "high" : undefined })
  }),
  response: Response.rendering
})

/**
 * Renders a view as a PDF.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 *
 * const print = (viewId: Ids.ViewId) =>
 *   Views.pdf(viewId, { type: "a4", orientation: "landscape" }).pipe(Download.toFile("sales.pdf"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_pdf
 * @since 0.1.0
 * @category operations
 */
export const pdf = Operation.make({
  name: "Views.pdf",
  request: "GET /sites/{siteId}/views/{viewId}/pdf",
  since: "2.8",
  scope: "tableau:views:download",
  budget: "exports",
  input: (viewId: ViewId, options: PdfOptions = {}) => ({
    viewId,
    query: Rendering.parameters(options, { type: options.type, orientation: options.orientation })
  }),
  response: Response.rendering
})

/**
 * Downloads the data of a view as CSV.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 * import * as Stream from "effect/Stream"
 *
 * const lines = (viewId: Ids.ViewId) =>
 *   Download.stream(Views.data(viewId, { maxAge: "5 minutes" })).pipe(Stream.decodeText(), Stream.splitLines)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_data
 * @since 0.1.0
 * @category operations
 */
export const data = Operation.make({
  name: "Views.data",
  request: "GET /sites/{siteId}/views/{viewId}/data",
  since: "2.8",
  scope: "tableau:views:download",
  budget: "exports",
  input: (viewId: ViewId, options: RenderOptions = {}) => ({ viewId, query: Rendering.parameters(options) }),
  response: Response.rendering
})

/**
 * Downloads the crosstab of a view as an Excel workbook.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 *
 * const crosstab = (viewId: Ids.ViewId) =>
 *   Views.crosstab(viewId, { parameters: { "Top N": 10 } }).pipe(Download.toFile("sales.xlsx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_view_crosstab_excel
 * @since 0.1.0
 * @category operations
 */
export const crosstab = Operation.make({
  name: "Views.crosstab",
  request: "GET /sites/{siteId}/views/{viewId}/crosstab/excel",
  since: "3.9",
  scope: "tableau:views:download",
  budget: "exports",
  input: (viewId: ViewId, options: RenderOptions = {}) => ({ viewId, query: Rendering.parameters(options) }),
  response: Response.rendering
})

/**
 * Downloads the thumbnail of a view, as PNG.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Views } from "effect-tableau"
 *
 * const thumbnail = (workbookId: Ids.WorkbookId, viewId: Ids.ViewId) =>
 *   Views.previewImage(workbookId, viewId).pipe(Download.toFile("sales.png"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_view_preview_image
 * @since 0.1.0
 * @category operations
 */
export const previewImage = Operation.make({
  name: "Views.previewImage",
  request: "GET /sites/{siteId}/workbooks/{workbookId}/views/{viewId}/previewImage",
  since: "2.0",
  scope: "tableau:content:read",
  input: (workbookId: WorkbookId, viewId: ViewId) => ({ workbookId, viewId }),
  response: Response.file
})

/**
 * Adds tags to a view and returns all of its tags.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_view
 * @since 0.1.0
 * @category operations
 */
export const addTags = Tags.add(views, "2.0")

/**
 * Removes a tag from a view. Fails with `NotFound` when the view does not have it.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_view
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = Tags.remove(views, "2.0")

/**
 * Returns the permission rules of a view.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_view_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = Permissions.query(views, "3.2")

/**
 * Adds permission rules to a view and returns all of its rules. Existing rules stay; a new mode replaces the old mode
 * of the same capability.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_view_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = Permissions.add(views, "3.2")

/**
 * Removes one permission rule from a view. Fails with `NotFound` when there is no such rule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_view_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = Permissions.remove(views, "3.2")
