import * as Effect from "effect/Effect"
import type { Datasource } from "../content/model.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import { datasourceNotFound, readForbidden } from "../protocol/errorResponse.js"
import { type SignedInCall, signedIn } from "../session/call.js"
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
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

const kind: Kind<Datasource, "datasourceId"> = {
  segment: "datasources",
  parameter: "datasourceId",
  element: "datasource",
  since: "2.0",
  of: (site) => site.datasources,
  notFound: datasourceNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Connect", "Delete", "ExportXml", "ExtractRefresh", "Read", "SaveAs"],
    ...["VizqlDataApiAccess", "Write"]
  ]
}

const listing = ({ origin, site }: SignedInCall): Listing<Datasource> => {
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

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/datasources",
    operation: "queryDataSources",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => answerList(call, listing(call), call.site.datasources, visibleTo(call))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/datasources/{datasourceId}",
    operation: "queryDataSource",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => Effect.map(find(kind, call), (datasource) => answerItem(listing(call), datasource))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/datasources/{datasourceId}/connections",
    operation: "queryDataSourceConnections",
    since: "2.0",
    scope: "tableau:content:read",
    handle: (call) => Effect.map(find(kind, call), (datasource) => answerConnections(call, datasource))
  }),
  ...Revisions.contentRoutes(kind, {
    download: { operation: "downloadDataSource", since: "2.0" },
    downloadRevision: "downloadDataSourceRevision",
    scope: "tableau:datasources:download",
    forbidden: readForbidden("403028"),
    file: ({ hasExtracts, name, size }, revision, extract) => ({
      name,
      extension: "tdsx",
      part: "tableau_datasource",
      description: "datasource",
      revision,
      megabytes: size,
      data: hasExtracts && extract ? "Data/Extracts/sales.hyper" : undefined
    })
  }),
  Revisions.route(kind, "getDataSourceRevisions"),
  ...Tags.routes(kind, { add: "addTagsToDataSource", remove: "deleteTagFromDataSource" }),
  ...Permissions.routes(kind, {
    query: "queryDataSourcePermissions",
    add: "addDataSourcePermissions",
    deleteForUser: "deleteDataSourcePermissionForUser",
    deleteForGroup: "deleteDataSourcePermissionForGroup"
  })
] as const
