import * as Effect from "effect/Effect"
import type { Datasource } from "../content/model.js"
import * as Field from "../lists/field.js"
import type { Listing } from "../lists/listing.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, type SessionCall } from "../session/call.js"
import * as Content from "./content.js"
import { handlers } from "./handler.js"
import { find, type Kind, requireCapability } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

export const kind: Kind<Datasource, "datasourceId"> = {
  parameter: "datasourceId",
  element: "datasource",
  of: (site) => site.datasources,
  notFound: Errors.datasourceNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Connect", "Delete", "ExportXml", "ExtractRefresh", "Read", "SaveAs"],
    ...["VizqlDataApiAccess", "Write"]
  ]
}

export const listing = (call: SessionCall): Listing<Datasource> =>
  Content.contentListing(call, "datasource", {
    attributes: (datasource) => ({
      contentUrl: datasource.contentUrl,
      type: datasource.type,
      size: datasource.size,
      encryptExtracts: datasource.encryptExtracts ?? false,
      hasExtracts: datasource.hasExtracts,
      isCertified: datasource.isCertified,
      certificationNote: datasource.certificationNote,
      useRemoteQueryAgent: datasource.useRemoteQueryAgent ?? false,
      isPublished: true
    }),
    parts: {
      usual: [
        ...["contentUrl", "type", "size", "encryptExtracts", "hasExtracts", "isCertified", "certificationNote"],
        "useRemoteQueryAgent"
      ],
      extra: ["isPublished"]
    },
    fields: {
      contentUrl: Field.text(({ contentUrl }) => contentUrl),
      description: Field.text(({ description }) => description),
      type: Field.text(({ type }) => type),
      connectionType: Field.text((datasource) => call.site.connectionsOf(datasource)[0]?.type),
      serverName: Field.text((datasource) => call.site.connectionsOf(datasource)[0]?.serverAddress),
      hasExtracts: Field.flag(({ hasExtracts }) => hasExtracts),
      isCertified: Field.flag(({ isCertified }) => isCertified),
      size: Field.number(({ size }) => size)
    }
  })

const content = Content.forKind(kind, listing)
const revisions = Revisions.forKind(kind, {
  forbidden: Errors.readForbidden("403028"),
  file: ({ hasExtracts, name, size }, revision, extract) => ({
    name,
    extension: "tdsx",
    part: "tableau_datasource",
    description: "datasource",
    revision,
    megabytes: size,
    data: hasExtracts && extract ? "Data/Extracts/sales.hyper" : undefined
  })
})
const tags = Tags.forKind(kind)
const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryDataSources: content.list,
  queryDataSource: content.get,
  deleteDataSource: (call) =>
    Effect.gen(function* () {
      const datasource = yield* find(kind, call)
      yield* requireCapability(call, "Delete", datasource)
      call.site.datasources.remove(datasource.id)
      yield* Revisions.discard(call, datasource)
      return noContent
    }),
  queryDataSourceConnections: content.connections,
  downloadDataSource: revisions.download,
  downloadDataSourceRevision: revisions.downloadRevision,
  getDataSourceRevisions: revisions.list,
  removeDataSourceRevision: revisions.remove,
  addTagsToDataSource: tags.add,
  deleteTagFromDataSource: tags.remove,
  queryDataSourcePermissions: permissions.query,
  addDataSourcePermissions: permissions.add,
  deleteDataSourcePermissionForUser: permissions.deleteForUser,
  deleteDataSourcePermissionForGroup: permissions.deleteForGroup
})
