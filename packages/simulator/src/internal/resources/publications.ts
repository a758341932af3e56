import * as Effect from "effect/Effect"
import type { Datasource, Flow, View, Workbook } from "../content/model.js"
import type { Sheet } from "../content/packages.js"
import { itemReply } from "../lists/listing.js"
import { attribute, child, children } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import type { SessionCall } from "../session/call.js"
import { flag } from "./body.js"
import * as Datasources from "./datasources.js"
import * as Flows from "./flows.js"
import { handlers } from "./handler.js"
import * as Publish from "./publish.js"
import * as Workbooks from "./workbooks.js"

/** The sheets of the file that neither the file nor the request hides. */
const visibleSheets = ({ given, summary }: Publish.Publication): ReadonlyArray<Sheet> => {
  const hidden = new Set(
    children(child(given, "views"), "view")
      .filter((view) => attribute(view, "hidden")?.toLowerCase() === "true")
      .map((view) => attribute(view, "name"))
  )
  return summary.sheets.filter(({ name }) => !hidden.has(name))
}

/** The views of a workbook. A view of the same name keeps its id and its tags, and the others are removed. */
const setViews = ({ site }: SessionCall, workbook: Workbook, sheets: ReadonlyArray<Sheet>, isNew: boolean): void => {
  const before = isNew ? [] : site.viewIdsOf(workbook).flatMap((id) => site.views.find(id) ?? [])
  const urls = new Set<string>()
  const views = sheets.map(({ name, sheetType }) => {
    const known = before.find((view) => view.name === name)
    const viewUrlName = Publish.contentUrl(name, urls)
    urls.add(viewUrlName)
    const view: Omit<View, "id"> = {
      name,
      sheetType,
      viewUrlName,
      contentUrl: `${workbook.contentUrl}/sheets/${viewUrlName}`,
      workbookId: workbook.id,
      projectId: workbook.projectId,
      ownerId: workbook.ownerId,
      tags: known?.tags ?? [],
      createdAt: known?.createdAt ?? workbook.updatedAt,
      updatedAt: workbook.updatedAt,
      totalViewCount: known?.totalViewCount ?? 0
    }
    if (known === undefined) return site.views.add((id) => ({ id, ...view }))
    site.views.replace(known.id, { id: known.id, ...view })
    return known
  })
  const kept = new Set(views.map(({ id }) => id))
  for (const { id } of before) if (!kept.has(id)) site.views.remove(id)
  site.setViewIds(
    workbook,
    views.map(({ id }) => id)
  )
}

const urlsOf = function* (items: Iterable<{ readonly contentUrl: string }>) {
  for (const { contentUrl } of items) yield contentUrl
}

/** The part that all published items have. */
const place = <A extends Workbook | Datasource | Flow>(
  { session }: SessionCall,
  { given, name, project }: Publish.Publication,
  { existing, now }: Publish.Place<A>
) => ({
  name: existing?.name ?? name,
  description: attribute(given, "description") ?? existing?.description,
  projectId: project.id,
  ownerId: existing?.ownerId ?? session.user.id,
  tags: existing?.tags ?? [],
  createdAt: existing?.createdAt ?? now,
  updatedAt: now
})

const publishWorkbook = Publish.handler<Workbook>({
  element: "workbook",
  part: "tableau_workbook",
  typeParameter: "workbookType",
  types: ["twb", "twbx"],
  modes: ["overwrite"],
  job: "PublishWorkbook",
  items: (site) => site.workbooks,
  errors: {
    badFileName: Errors.badFileName("400020", "The file name does not end with .twb or .twbx."),
    badType: Errors.badFileName("400035", "workbookType must be twb or twbx."),
    twoFiles: Errors.badRequest("The request has a file and an uploadSessionId, or several files."),
    noPayload: Errors.badRequest("The request_payload has no <workbook>."),
    noName: Errors.badFileName("400035", "The name of the workbook is missing or too long."),
    failed: Errors.publishingError,
    exists: (name) => Errors.nameTaken("409012", `A workbook named '${name}' already exists in the project.`),
    notFound: Errors.workbookNotFound
  },
  check: ({ site }, publication) =>
    Effect.gen(function* () {
      const { given, summary } = publication
      const [user, group] = [attribute(given, "thumbnailsUserId"), attribute(given, "thumbnailsGroupId")]
      if (user !== undefined && group !== undefined) {
        return yield* Errors.badRequest("thumbnailsUserId and thumbnailsGroupId exclude each other.")
      }
      if (user !== undefined && site.users.find(user) === undefined) return yield* Errors.userNotFound
      if (group !== undefined && site.groups.find(group) === undefined) return yield* Errors.groupNotFound
      for (const name of ["showTabs", "encryptExtracts"]) yield* flag(given, name)
      if (summary.sheets.length > 0 && visibleSheets(publication).length === 0) {
        return yield* Errors.publishingError("At least one view must not be hidden.")
      }
    }),
  make: (call, publication, to) =>
    Effect.gen(function* () {
      const { given, name, source, summary } = publication
      const { workbooks } = call.site
      const { existing } = to
      const workbook: Omit<Workbook, "id"> = {
        ...place(call, publication, to),
        contentUrl: existing?.contentUrl ?? Publish.contentUrl(name, urlsOf(workbooks.items())),
        showTabs: (yield* flag(given, "showTabs")) ?? false,
        size: Publish.megabytes(source.file),
        hasExtracts: summary.hasExtracts,
        encryptExtracts: (yield* flag(given, "encryptExtracts")) ?? existing?.encryptExtracts,
        dataFreshnessPolicy: existing?.dataFreshnessPolicy
      }
      const item =
        existing === undefined ? workbooks.add((id) => ({ id, ...workbook })) : { id: existing.id, ...workbook }
      workbooks.replace(item.id, item)
      setViews(call, item, visibleSheets(publication), existing === undefined)
      return item
    }),
  describe: (call, workbook) => Workbooks.detail(call, workbook)
})

const datasourceTypes = ["hyper", "tds", "tdsx", "tde", "parquet"]

const isExtract = (type: string): boolean => !type.startsWith("tds")

const publishDataSource = Publish.handler<Datasource>({
  element: "datasource",
  part: "tableau_datasource",
  typeParameter: "datasourceType",
  types: datasourceTypes,
  modes: ["overwrite", "append", "replace"],
  job: "PublishDatasource",
  items: (site) => site.datasources,
  errors: {
    badFileName: Errors.badFileName("400010", `The file name must end with one of .${datasourceTypes.join(", .")}.`),
    badType: Errors.badFileName("400010", `datasourceType must be one of ${datasourceTypes.join(", ")}.`),
    twoFiles: Errors.badFileName("400010", "The request has a file and an uploadSessionId, or several files."),
    noPayload: Errors.malformedBody("The request_payload has no <datasource>."),
    noName: Errors.invalidParameter("The name of the data source is missing or too long."),
    failed: Errors.publishingError,
    exists: (name) => Errors.nameTaken("409015", `A data source named '${name}' already exists in the project.`),
    notFound: Errors.datasourceToChangeNotFound
  },
  check: (_, { given, mode, source }) =>
    Effect.gen(function* () {
      if (mode === "append" && !isExtract(source.type)) return yield* Errors.appendToNonExtract
      if (child(given, "connections") !== undefined && child(given, "connectionCredentials") !== undefined) {
        return yield* Errors.badRequest("<connections> and <connectionCredentials> exclude each other.")
      }
      for (const name of ["isCertified", "useRemoteQueryAgent", "encryptExtracts"]) yield* flag(given, name)
    }),
  make: (call, publication, to) =>
    Effect.gen(function* () {
      const { connections, given, mode, name, source, summary } = publication
      const { datasources } = call.site
      const { existing } = to
      const added = mode === "append" && existing !== undefined ? existing.size : 0
      const datasource: Omit<Datasource, "id"> = {
        ...place(call, publication, to),
        contentUrl: existing?.contentUrl ?? Publish.contentUrl(name, urlsOf(datasources.items())),
        type: isExtract(source.type) ? "hyper" : (connections[0]?.type ?? "federated"),
        size: Publish.megabytes(source.file) + added,
        hasExtracts: summary.hasExtracts,
        isCertified: (yield* flag(given, "isCertified")) ?? existing?.isCertified ?? false,
        certificationNote: attribute(given, "certificationNote") ?? existing?.certificationNote,
        encryptExtracts: (yield* flag(given, "encryptExtracts")) ?? existing?.encryptExtracts,
        useRemoteQueryAgent: (yield* flag(given, "useRemoteQueryAgent")) ?? existing?.useRemoteQueryAgent
      }
      if (existing === undefined) return datasources.add((id) => ({ id, ...datasource }))
      datasources.replace(existing.id, { id: existing.id, ...datasource })
      return { id: existing.id, ...datasource }
    }),
  describe: (call, datasource) => itemReply(Datasources.listing(call), datasource)
})

const publishFlow = Publish.handler<Flow>({
  element: "flow",
  part: "tableau_flow",
  typeParameter: "flowType",
  types: ["tfl", "tflx"],
  modes: ["overwrite"],
  job: undefined,
  items: (site) => site.flows,
  errors: {
    badFileName: Errors.badFileName("400086", "The file name does not end with .tfl or .tflx."),
    badType: Errors.badFileName("400086", "flowType must be tfl or tflx."),
    twoFiles: Errors.badFileName("400087", "The request has a file and an uploadSessionId, or several files."),
    noPayload: Errors.badFileName("400090", "The request_payload has no <flow>."),
    noName: Errors.badFileName("400089", "The name of the flow is missing or too long."),
    failed: (detail) => Errors.badFileName("400087", detail),
    exists: (name) => Errors.nameTaken("409041", `A flow named '${name}' already exists in the project.`),
    notFound: Errors.flowNotFound
  },
  make: (call, publication, to) =>
    Effect.sync(() => {
      const { flows } = call.site
      const { existing } = to
      const flow: Omit<Flow, "id"> = { ...place(call, publication, to), fileType: publication.source.type }
      if (existing === undefined) return flows.add((id) => ({ id, ...flow }))
      flows.replace(existing.id, { id: existing.id, ...flow })
      return { id: existing.id, ...flow }
    }),
  describe: (call, flow) => itemReply(Flows.listing(call), flow)
})

export const signedIn = handlers({ publishWorkbook, publishDataSource, publishFlow })
