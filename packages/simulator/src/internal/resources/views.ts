import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { View } from "../content/model.js"
import { referred } from "../content/world.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { element, list } from "../protocol/element.js"
import {
  invalidParameter,
  type Refusal,
  readForbidden,
  viewNotFound,
  viewUnavailable
} from "../protocol/errorResponse.js"
import { ok, type SignedInCall, signedIn } from "../session/call.js"
import * as Exports from "./exports.js"
import { belongingParts, belongings, contentFields, find, type Kind, visibleTo } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Tags from "./tags.js"
import * as Workbooks from "./workbooks.js"

const kind: Kind<View, "viewId"> = {
  segment: "views",
  parameter: "viewId",
  element: "view",
  since: "2.0",
  of: (site) => site.views,
  notFound: viewNotFound,
  capabilities: [
    ...["AddComment", "ChangePermissions", "Delete", "ExportData", "ExportImage", "ExportXml", "Filter", "Read"],
    ...["ShareView", "ViewComments", "ViewUnderlyingData", "WebAuthoring", "Write"]
  ]
}

const listing = ({ query, site }: SignedInCall): Effect.Effect<Listing<View>, Refusal> =>
  Effect.gen(function* () {
    const statistics = (query.get("includeUsageStatistics") ?? "false").toLowerCase()
    if (statistics !== "true" && statistics !== "false") {
      return yield* invalidParameter("includeUsageStatistics is true or false.")
    }
    const belongingsOf = belongings(site)
    return {
      item: "view",
      list: "views",
      describe: (view) => {
        const { owner, project, tags } = belongingsOf(view)
        return element(
          "view",
          {
            id: view.id,
            name: view.name,
            contentUrl: view.contentUrl,
            createdAt: view.createdAt,
            updatedAt: view.updatedAt,
            viewUrlName: view.viewUrlName,
            sheetType: view.sheetType
          },
          [
            element("workbook", { id: view.workbookId, name: referred(site.workbooks, view.workbookId)?.name }),
            owner,
            project,
            tags,
            statistics === "true" ? element("usage", { totalViewCount: view.totalViewCount }) : undefined
          ]
        )
      },
      parts: {
        usual: [
          ...["id", "name", "contentUrl", "createdAt", "updatedAt", "viewUrlName", "workbook.id", "usage"],
          ...belongingParts.usual
        ],
        extra: ["sheetType", "workbook.name", ...belongingParts.extra]
      },
      fields: {
        ...contentFields(site),
        contentUrl: Field.text(({ contentUrl }) => contentUrl),
        sheetType: Field.text(({ sheetType }) => sheetType),
        title: Field.name(({ name }) => name),
        viewUrlName: Field.text(({ viewUrlName }) => viewUrlName),
        workbookName: Field.name(({ workbookId }) => referred(site.workbooks, workbookId)?.name),
        hitsTotal: Field.number(({ totalViewCount }) => totalViewCount)
      }
    }
  })

/** What a request wants of a view. */
interface Wanted {
  readonly query: URLSearchParams
  readonly view: View
  /** What the view shows, and what of it the request lets through. */
  readonly all: ReadonlyArray<Files.Row>
  readonly rows: ReadonlyArray<Files.Row>
}

/** What a view shows, as a file. */
const exported = <const Operation extends string>(route: {
  readonly path: string
  readonly operation: Operation
  readonly since: string
  readonly capability: string
  readonly notFound?: Refusal
  readonly forbidden?: Refusal
  readonly make: (wanted: Wanted) => Files.File
}) =>
  signedIn({
    verb: "GET",
    path: route.path,
    operation: route.operation,
    since: route.since,
    scope: "tableau:views:download",
    handle: (call) =>
      Effect.gen(function* () {
        const view = yield* find({ ...kind, notFound: route.notFound ?? kind.notFound }, call)
        yield* Exports.require(call, route.capability, view, route.forbidden)
        yield* Exports.checked(call.query)
        const all = call.site.rowsOf(view)
        const rows = Exports.filtered(call.query, all)
        return Exports.answerFile(route.make({ query: call.query, view, all, rows }))
      })
  })

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/views",
    operation: "queryViewsForSite",
    since: "2.2",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.flatMap(listing(call), (listing) => answerList(call, listing, call.site.views, visibleTo(call)))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/views/{viewId}",
    operation: "getView",
    since: "3.0",
    scope: "tableau:content:read",
    handle: (call) => Effect.zipWith(listing(call), find(kind, call), (listing, view) => answerItem(listing, view))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}/views",
    operation: "queryViewsForWorkbook",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.gen(function* () {
        const workbook = yield* find(Workbooks.kind, call)
        const { describe } = yield* listing(call)
        return ok(list("views", Workbooks.viewsOf(call, workbook).map(describe)))
      })
  }),
  exported({
    path: "/sites/{siteId}/views/{viewId}/image",
    operation: "queryViewImage",
    since: "2.5",
    capability: "ExportImage",
    make: ({ query }) => Files.png(...Exports.sizeOf(query))
  }),
  exported({
    path: "/sites/{siteId}/views/{viewId}/pdf",
    operation: "queryViewPDF",
    since: "2.8",
    capability: "ExportImage",
    notFound: viewUnavailable("400080"),
    forbidden: readForbidden("403032"),
    make: ({ query, rows, view }) =>
      Files.pdf(view.name, [view.name, ...rows.map((row) => Object.values(row).join("  "))], Exports.paperOf(query))
  }),
  exported({
    path: "/sites/{siteId}/views/{viewId}/data",
    operation: "queryViewData",
    since: "2.8",
    capability: "ExportData",
    notFound: viewUnavailable("400080"),
    forbidden: readForbidden("403032"),
    make: ({ all, rows }) => Files.csv(all, rows)
  }),
  exported({
    path: "/sites/{siteId}/views/{viewId}/crosstab/excel",
    operation: "downloadViewCrosstabExcel",
    since: "3.9",
    capability: "ExportData",
    notFound: viewUnavailable("400130"),
    make: ({ all, rows, view }) => Files.xlsx(view.name, all, rows)
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}/views/{viewId}/previewImage",
    operation: "queryViewPreviewImage",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.gen(function* () {
        const workbook = yield* find(Workbooks.kind, call)
        const view = yield* find(kind, call)
        return view.workbookId === workbook.id
          ? Exports.answerFile(Files.png(...Exports.previewSize))
          : yield* viewNotFound
      })
  }),
  ...Tags.routes(kind, { add: "addTagsToView", remove: "deleteTagFromView" }),
  ...Permissions.routes(
    kind,
    {
      query: "queryViewPermissions",
      add: "addViewPermissions",
      deleteForUser: "deleteViewPermissionForUser",
      deleteForGroup: "deleteViewPermissionForGroup"
    },
    "3.2"
  )
] as const
