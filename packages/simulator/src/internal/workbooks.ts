import * as Effect from "effect/Effect"
import { element, list } from "./element.js"
import * as Field from "./field.js"
import {
  answerConnections,
  belongingParts,
  belongings,
  contentFields,
  find,
  type Kind,
  visibleTo,
  webpage
} from "./kind.js"
import { answerItem, answerList, type Listing } from "./listing.js"
import type { User, Workbook } from "./model.js"
import * as Permissions from "./permissions.js"
import { userNotFound, workbookNotFound } from "./refusal.js"
import * as Revisions from "./revisions.js"
import { type SignedInCall, signedIn } from "./route.js"
import * as Tags from "./tags.js"
import { referred } from "./world.js"

export const kind: Kind<Workbook, "workbookId"> = {
  segment: "workbooks",
  parameter: "workbookId",
  element: "workbook",
  since: "2.0",
  of: (site) => site.workbooks,
  notFound: workbookNotFound,
  capabilities: [
    "AddComment",
    "ChangeHierarchy",
    "ChangePermissions",
    "Delete",
    "ExportData",
    "ExportImage",
    "ExportXml",
    "ExtractRefresh",
    "Filter",
    "Read",
    "RunExplainData",
    "ShareView",
    "ViewComments",
    "ViewUnderlyingData",
    "WebAuthoring",
    "Write"
  ]
}

const listing = ({ origin, site }: SignedInCall): Listing<Workbook> => {
  const belongingsOf = belongings(site)
  return {
    item: "workbook",
    list: "workbooks",
    describe: (workbook) => {
      const { owner, project, tags } = belongingsOf(workbook)
      return element(
        "workbook",
        {
          id: workbook.id,
          name: workbook.name,
          description: workbook.description,
          contentUrl: workbook.contentUrl,
          webpageUrl: webpage(origin, site, `workbooks/${workbook.id}/views`),
          showTabs: workbook.showTabs,
          size: workbook.size,
          createdAt: workbook.createdAt,
          updatedAt: workbook.updatedAt,
          encryptExtracts: false,
          defaultViewId: site.viewIdsOf(workbook)[0],
          sheetCount: site.viewIdsOf(workbook).length,
          hasExtracts: workbook.hasExtracts
        },
        [project, owner, tags]
      )
    },
    parts: {
      usual: [
        ...["id", "name", "description", "contentUrl", "webpageUrl", "showTabs", "size", "createdAt", "updatedAt"],
        ...["encryptExtracts", "defaultViewId", ...belongingParts.usual]
      ],
      extra: ["sheetCount", "hasExtracts", ...belongingParts.extra]
    },
    fields: {
      ...contentFields(site),
      contentUrl: Field.text(({ contentUrl }) => contentUrl),
      displayTabs: Field.flag(({ showTabs }) => showTabs),
      hasExtracts: Field.flag(({ hasExtracts }) => hasExtracts),
      sheetCount: Field.number((workbook) => site.viewIdsOf(workbook).length),
      size: Field.number(({ size }) => size)
    }
  }
}

/** The views of a workbook. */
export const viewsOf = ({ site }: SignedInCall, workbook: Workbook) =>
  site.viewIdsOf(workbook).flatMap((id) => {
    const view = referred(site.views, id)
    return view === undefined ? [] : [view]
  })

/** A user's workbooks: those that the user may see, or only the own ones. */
const belongsTo = (call: SignedInCall, user: User) => {
  const others = visibleTo({ ...call, session: { ...call.session, user } })
  const owned = call.query.get("ownedBy")?.toLowerCase() === "true"
  return owned ? ({ ownerId }: Workbook) => ownerId === user.id : others
}

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks",
    operation: "queryWorkbooksForSite",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => answerList(call, listing(call), call.site.workbooks, visibleTo(call))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}",
    operation: "queryWorkbook",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.map(find(kind, call), (workbook) => {
        const views = viewsOf(call, workbook).map(({ contentUrl, id, name, viewUrlName }) =>
          element("view", { id, name, contentUrl, viewUrlName })
        )
        return answerItem(listing(call), workbook, list("views", views))
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}/connections",
    operation: "queryWorkbookConnections",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => Effect.map(find(kind, call), (workbook) => answerConnections(call, workbook))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/users/{userId}/workbooks",
    operation: "queryWorkbooksForUser",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.suspend(() => {
        const user = call.site.users.find(call.parameter("userId"))
        return user === undefined
          ? Effect.fail(userNotFound)
          : answerList(call, listing(call), call.site.workbooks, belongsTo(call, user))
      })
  }),
  Revisions.route(kind, "getWorkbookRevisions"),
  ...Tags.routes(kind, { add: "addTagsToWorkbook", remove: "deleteTagFromWorkbook" }),
  ...Permissions.routes(kind, {
    query: "queryWorkbookPermissions",
    add: "addWorkbookPermissions",
    deleteForUser: "deleteWorkbookPermissionForUser",
    deleteForGroup: "deleteWorkbookPermissionForGroup"
  })
] as const
