import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { View } from "../content/model.js"
import { referred } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { fileReply, ok, type SessionCall } from "../session/call.js"
import { belongingParts, belongings, contentFields } from "./content.js"
import * as Exports from "./exports.js"
import { type Handler, handlers } from "./handler.js"
import { find, type Kind, requireCapability, visibleTo } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Tags from "./tags.js"
import * as Workbooks from "./workbooks.js"

export const kind: Kind<View, "viewId"> = {
  parameter: "viewId",
  element: "view",
  of: (site) => site.views,
  notFound: Errors.viewNotFound,
  capabilities: [
    ...["AddComment", "ChangePermissions", "Delete", "ExportData", "ExportImage", "ExportXml", "Filter", "Read"],
    ...["ShareView", "ViewComments", "ViewUnderlyingData", "WebAuthoring", "Write"]
  ]
}

const listing = ({ query, site }: SessionCall): Effect.Effect<Listing<View>, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const statistics = (query.get("includeUsageStatistics") ?? "false").toLowerCase()
    if (statistics !== "true" && statistics !== "false") {
      return yield* Errors.invalidParameter("includeUsageStatistics is true or false.")
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

interface Export {
  readonly query: URLSearchParams
  readonly view: View
  /** All rows of the view. */
  readonly all: ReadonlyArray<Files.Row>
  /** The rows that pass the filters of the request. */
  readonly rows: ReadonlyArray<Files.Row>
}

/** Renders a view as a file. */
const exported =
  (options: {
    readonly capability: string
    readonly notFound?: Errors.ErrorResponse
    readonly forbidden?: Errors.ErrorResponse
    readonly make: (source: Export) => Files.File
  }): Handler<"viewId"> =>
  (call) =>
    Effect.gen(function* () {
      const view = yield* find({ ...kind, notFound: options.notFound ?? kind.notFound }, call)
      yield* requireCapability(call, options.capability, view, options.forbidden)
      yield* Exports.validate(call.query)
      const all = call.site.rowsOf(view)
      const rows = Exports.filterRows(call.query, all)
      return fileReply(options.make({ query: call.query, view, all, rows }))
    })

const tags = Tags.forKind(kind)
const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryViewsForSite: (call) =>
    Effect.flatMap(listing(call), (listing) => listReply(call, listing, call.site.views, visibleTo(call))),
  getView: (call) => Effect.zipWith(listing(call), find(kind, call), (listing, view) => itemReply(listing, view)),
  queryViewsForWorkbook: (call) =>
    Effect.gen(function* () {
      const workbook = yield* find(Workbooks.kind, call)
      const { describe } = yield* listing(call)
      return ok(list("views", Workbooks.viewsOf(call, workbook).map(describe)))
    }),
  queryViewImage: exported({
    capability: "ExportImage",
    make: ({ query }) => Files.png(...Exports.imageSize(query))
  }),
  queryViewPDF: exported({
    capability: "ExportImage",
    notFound: Errors.viewUnavailable("400080"),
    forbidden: Errors.readForbidden("403032"),
    make: ({ query, rows, view }) =>
      Files.pdf(view.name, [view.name, ...rows.map((row) => Object.values(row).join("  "))], Exports.paperSize(query))
  }),
  queryViewData: exported({
    capability: "ExportData",
    notFound: Errors.viewUnavailable("400080"),
    forbidden: Errors.readForbidden("403032"),
    make: ({ all, rows }) => Files.csv(all, rows)
  }),
  downloadViewCrosstabExcel: exported({
    capability: "ExportData",
    notFound: Errors.viewUnavailable("400130"),
    make: ({ all, rows, view }) => Files.xlsx(view.name, all, rows)
  }),
  queryViewPreviewImage: (call) =>
    Effect.gen(function* () {
      const workbook = yield* find(Workbooks.kind, call)
      const view = yield* find(kind, call)
      return view.workbookId === workbook.id ? fileReply(Files.png(...Exports.previewSize)) : yield* Errors.viewNotFound
    }),
  addTagsToView: tags.add,
  deleteTagFromView: tags.remove,
  queryViewPermissions: permissions.query,
  addViewPermissions: permissions.add,
  deleteViewPermissionForUser: permissions.deleteForUser,
  deleteViewPermissionForGroup: permissions.deleteForGroup
})
