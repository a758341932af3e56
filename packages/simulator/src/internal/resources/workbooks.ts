import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { User, Workbook } from "../content/model.js"
import { referred } from "../content/world.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { element, list } from "../protocol/element.js"
import { readForbidden, userNotFound, workbookNotFound } from "../protocol/errorResponse.js"
import { type SignedInCall, signedIn } from "../session/call.js"
import * as Exports from "./exports.js"
import {
  answerConnections,
  belongingParts,
  belongings,
  contentFields,
  find,
  type Kind,
  pathOf,
  visibleTo,
  webpage
} from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

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

const exported = <const Operation extends string>(
  format: string,
  operation: Operation,
  since: string,
  make: (call: SignedInCall, workbook: Workbook) => Files.File
) => {
  const path: string = `${pathOf(kind)}/${format}`
  return signedIn({
    verb: "GET",
    path,
    operation,
    since,
    scope: "tableau:views:download",
    handle: (call) =>
      Effect.gen(function* () {
        const workbook = yield* find(kind, call)
        yield* Exports.require(call, "ExportImage", workbook)
        yield* Exports.checked(call.query)
        return Exports.answerFile(make(call, workbook))
      })
  })
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
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/workbooks/{workbookId}/previewImage",
    operation: "queryWorkbookPreviewImage",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => Effect.as(find(kind, call), Exports.answerFile(Files.png(...Exports.previewSize)))
  }),
  exported("pdf", "downloadWorkbookPDF", "3.4", (call, workbook) =>
    Files.pdf(
      workbook.name,
      [workbook.name, ...viewsOf(call, workbook).map(({ name }) => name)],
      Exports.paperOf(call.query)
    )
  ),
  exported("powerpoint", "downloadWorkbookPowerpoint", "3.8", (_, workbook) => Files.pptx(workbook.name)),
  ...Revisions.contentRoutes(kind, {
    download: { operation: "downloadWorkbook", since: "2.0" },
    downloadRevision: "downloadWorkbookRevision",
    scope: "tableau:workbooks:download",
    forbidden: readForbidden("403019"),
    file: ({ hasExtracts, name, size }, revision, extract) => ({
      name,
      extension: "twbx",
      part: "tableau_workbook",
      description: "workbook",
      revision,
      megabytes: size,
      data: !hasExtracts ? "Data/sales.csv" : extract ? "Data/Extracts/sales.hyper" : undefined
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
