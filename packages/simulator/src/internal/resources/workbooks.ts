import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { User, View, Workbook } from "../content/model.js"
import { referred } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { escape } from "../protocol/xml.js"
import { fileReply, noContent, type Reply, type SessionCall } from "../session/call.js"
import * as Content from "./content.js"
import * as Exports from "./exports.js"
import { type Handler, handlers } from "./handler.js"
import { find, type Kind, requireCapability, visibleTo } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

export const kind: Kind<Workbook, "workbookId"> = {
  parameter: "workbookId",
  element: "workbook",
  of: (site) => site.workbooks,
  notFound: Errors.workbookNotFound,
  capabilities: [
    ...["AddComment", "ChangeHierarchy", "ChangePermissions", "Delete", "ExportData", "ExportImage", "ExportXml"],
    ...["ExtractRefresh", "Filter", "Read", "RunExplainData", "ShareView", "ViewComments", "ViewUnderlyingData"],
    ...["WebAuthoring", "Write"]
  ]
}

export const listing = (call: SessionCall): Listing<Workbook> =>
  Content.contentListing(call, "workbook", {
    page: "/views",
    attributes: (workbook) => ({
      contentUrl: workbook.contentUrl,
      showTabs: workbook.showTabs,
      size: workbook.size,
      encryptExtracts: workbook.encryptExtracts ?? false,
      defaultViewId: call.site.viewIdsOf(workbook)[0],
      sheetCount: call.site.viewIdsOf(workbook).length,
      hasExtracts: workbook.hasExtracts
    }),
    parts: {
      usual: ["contentUrl", "showTabs", "size", "encryptExtracts", "defaultViewId"],
      extra: ["sheetCount", "hasExtracts"]
    },
    fields: {
      contentUrl: Field.text(({ contentUrl }) => contentUrl),
      displayTabs: Field.flag(({ showTabs }) => showTabs),
      hasExtracts: Field.flag(({ hasExtracts }) => hasExtracts),
      sheetCount: Field.number((workbook) => call.site.viewIdsOf(workbook).length),
      size: Field.number(({ size }) => size)
    }
  })

/** The policy of a workbook, if a request has set one. */
export const freshness = ({ dataFreshnessPolicy }: Workbook) =>
  dataFreshnessPolicy === undefined ? [] : [dataFreshnessPolicy]

/** The views of a workbook. */
export const viewsOf = ({ site }: SessionCall, workbook: Workbook) =>
  site.viewIdsOf(workbook).flatMap((id) => {
    const view = referred(site.views, id)
    return view === undefined ? [] : [view]
  })

/** A single workbook with its views. */
export const detail = (call: SessionCall, workbook: Workbook): Reply => {
  const views = viewsOf(call, workbook).map(({ contentUrl, createdAt, id, name, tags, updatedAt, viewUrlName }) =>
    element("view", { id, name, contentUrl, createdAt, updatedAt, viewUrlName }, [Content.tagList(tags)])
  )
  return itemReply(listing(call), workbook, list("views", views), ...freshness(workbook))
}

/** The workbooks that a user may see, or with `ownedBy` those that the user owns. */
const belongsTo = (call: SessionCall, user: User) => {
  const others = visibleTo({ ...call, session: { ...call.session, user } })
  const owned = call.query.get("ownedBy")?.toLowerCase() === "true"
  return owned ? ({ ownerId }: Workbook) => ownerId === user.id : others
}

/** Renders a workbook as a file. */
const exported =
  (make: (call: SessionCall, workbook: Workbook) => Files.File): Handler<"workbookId"> =>
  (call) =>
    Effect.gen(function* () {
      const workbook = yield* find(kind, call)
      yield* requireCapability(call, "ExportImage", workbook)
      yield* Exports.validate(call.query)
      return fileReply(make(call, workbook))
    })

/** The views of a workbook in its file, so that they are the same after it is published elsewhere. */
const sheetsOf = (call: SessionCall, workbook: Workbook): string => {
  const named = (item: string, isOne: (view: View) => boolean, type = "") =>
    viewsOf(call, workbook)
      .filter(isOne)
      .map(({ name }) => `<${item} name="${escape(name)}"${type}/>`)
      .join("")
  const worksheets = named("worksheet", ({ sheetType }) => sheetType === "worksheet")
  const dashboards = named("dashboard", ({ sheetType }) => sheetType === "dashboard")
  const stories = named("dashboard", ({ sheetType }) => sheetType === "story", ' type="storyboard"')
  const windows = named("window", () => true)
  return (
    `<worksheets>${worksheets}</worksheets><dashboards>${dashboards}${stories}</dashboards>` +
    `<windows>${windows}</windows>`
  )
}

const content = Content.forKind(kind, listing)
const revisions = Revisions.forKind(kind, {
  forbidden: Errors.readForbidden("403019"),
  file: (workbook, revision, extract, call) => ({
    name: workbook.name,
    extension: "twbx",
    part: "tableau_workbook",
    description: "workbook",
    inner: sheetsOf(call, workbook),
    revision,
    megabytes: workbook.size,
    data: !workbook.hasExtracts ? "Data/sales.csv" : extract ? "Data/Extracts/sales.hyper" : undefined
  })
})
const tags = Tags.forKind(kind)
const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryWorkbooksForSite: content.list,
  queryWorkbook: (call) => Effect.map(find(kind, call), (workbook) => detail(call, workbook)),
  deleteWorkbook: (call) =>
    Effect.gen(function* () {
      const workbook = yield* find(kind, call)
      yield* requireCapability(call, "Delete", workbook)
      for (const view of viewsOf(call, workbook)) call.site.views.remove(view.id)
      call.site.workbooks.remove(workbook.id)
      yield* Revisions.discard(call, workbook)
      return noContent
    }),
  queryWorkbookConnections: content.connections,
  queryWorkbooksForUser: (call) =>
    Effect.suspend(() => {
      const user = call.site.users.find(call.parameter("userId"))
      return user === undefined
        ? Effect.fail(Errors.userNotFound)
        : listReply(call, listing(call), call.site.workbooks, belongsTo(call, user))
    }),
  queryWorkbookPreviewImage: (call) => Effect.as(find(kind, call), fileReply(Files.png(...Exports.previewSize))),
  downloadWorkbookPDF: exported((call, workbook) =>
    Files.pdf(
      workbook.name,
      [workbook.name, ...viewsOf(call, workbook).map(({ name }) => name)],
      Exports.paperSize(call.query)
    )
  ),
  downloadWorkbookPowerpoint: exported((_, workbook) => Files.pptx(workbook.name)),
  downloadWorkbook: revisions.download,
  downloadWorkbookRevision: revisions.downloadRevision,
  getWorkbookRevisions: revisions.list,
  removeWorkbookRevision: revisions.remove,
  addTagsToWorkbook: tags.add,
  deleteTagFromWorkbook: tags.remove,
  queryWorkbookPermissions: permissions.query,
  addWorkbookPermissions: permissions.add,
  deleteWorkbookPermissionForUser: permissions.deleteForUser,
  deleteWorkbookPermissionForGroup: permissions.deleteForGroup
})
