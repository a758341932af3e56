import * as Effect from "effect/Effect"
import type { Datasource } from "../content/model.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, type SessionCall } from "../session/call.js"
import { handlers } from "./handler.js"
import {
  belongingParts,
  belongings,
  connectionsReply,
  contentFields,
  find,
  type Kind,
  requireCapability,
  visibleTo,
  webpage
} from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

const kind: Kind<Datasource, "datasourceId"> = {
  parameter: "datasourceId",
  element: "datasource",
  of: (site) => site.datasources,
  notFound: Errors.datasourceNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Connect", "Delete", "ExportXml", "ExtractRefresh", "Read", "SaveAs"],
    ...["VizqlDataApiAccess", "Write"]
  ]
}

const listing = ({ origin, site }: SessionCall): Listing<Datasource> => {
  const belongingsOf = belongings(site)
  return {
    item: "datasource",
    list: "datasources",
    describe: (datasource) => {
      const { owner, project, tags } = belongingsOf(datasource)
      return element(
        "datasource",
        {
          id: datasource.id,
          name: datasource.name,
          description: datasource.description,
          contentUrl: datasource.contentUrl,
          webpageUrl: webpage(origin, site, `datasources/${datasource.id}`),
          type: datasource.type,
          size: datasource.size,
          createdAt: datasource.createdAt,
          updatedAt: datasource.updatedAt,
          encryptExtracts: false,
          hasExtracts: datasource.hasExtracts,
          isCertified: datasource.isCertified,
          useRemoteQueryAgent: false,
          isPublished: true
        },
        [project, owner, tags]
      )
    },
    parts: {
      usual: [
        ...["id", "name", "description", "contentUrl", "webpageUrl", "type", "size", "createdAt", "updatedAt"],
        ...["encryptExtracts", "hasExtracts", "isCertified", "useRemoteQueryAgent", ...belongingParts.usual]
      ],
      extra: ["isPublished", ...belongingParts.extra]
    },
    fields: {
      ...contentFields(site),
      contentUrl: Field.text(({ contentUrl }) => contentUrl),
      description: Field.text(({ description }) => description),
      type: Field.text(({ type }) => type),
      connectionType: Field.text((datasource) => site.connectionsOf(datasource)[0]?.type),
      serverName: Field.text((datasource) => site.connectionsOf(datasource)[0]?.serverAddress),
      hasExtracts: Field.flag(({ hasExtracts }) => hasExtracts),
      isCertified: Field.flag(({ isCertified }) => isCertified),
      size: Field.number(({ size }) => size)
    }
  }
}

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
  queryDataSources: (call) => listReply(call, listing(call), call.site.datasources, visibleTo(call)),
  queryDataSource: (call) => Effect.map(find(kind, call), (datasource) => itemReply(listing(call), datasource)),
  deleteDataSource: (call) =>
    Effect.gen(function* () {
      const datasource = yield* find(kind, call)
      yield* requireCapability(call, "Delete", datasource)
      call.site.datasources.remove(datasource.id)
      return noContent
    }),
  queryDataSourceConnections: (call) =>
    Effect.map(find(kind, call), (datasource) => connectionsReply(call, datasource)),
  downloadDataSource: revisions.download,
  downloadDataSourceRevision: revisions.downloadRevision,
  getDataSourceRevisions: revisions.list,
  addTagsToDataSource: tags.add,
  deleteTagFromDataSource: tags.remove,
  queryDataSourcePermissions: permissions.query,
  addDataSourcePermissions: permissions.add,
  deleteDataSourcePermissionForUser: permissions.deleteForUser,
  deleteDataSourcePermissionForGroup: permissions.deleteForGroup
})
