import * as Effect from "effect/Effect"
import { element, list } from "./element.js"
import * as Field from "./field.js"
import { belongingParts, belongings, contentFields, find, type Kind, visibleTo } from "./kind.js"
import { answerItem, answerList, type Listing } from "./listing.js"
import type { View } from "./model.js"
import * as Permissions from "./permissions.js"
import { invalidParameter, type Refusal, viewNotFound } from "./refusal.js"
import { ok, type SignedInCall, signedIn } from "./route.js"
import * as Tags from "./tags.js"
import * as Workbooks from "./workbooks.js"
import { referred } from "./world.js"

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
