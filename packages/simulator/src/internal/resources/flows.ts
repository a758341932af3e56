import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Flow } from "../content/model.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import { flowNotFound, readForbidden } from "../protocol/errorResponse.js"
import { type SignedInCall, signedIn } from "../session/call.js"
import * as Exports from "./exports.js"
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
import * as Tags from "./tags.js"

const kind: Kind<Flow, "flowId"> = {
  segment: "flows",
  parameter: "flowId",
  element: "flow",
  since: "3.3",
  of: (site) => site.flows,
  notFound: flowNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Delete", "Execute", "ExportXml", "Read", "WebAuthoringForFlows"],
    "Write"
  ]
}

const listing = ({ origin, site }: SignedInCall): Listing<Flow> => {
  const belongingsOf = belongings(site)
  return {
    item: "flow",
    list: "flows",
    describe: (flow) => {
      const { owner, project, tags } = belongingsOf(flow)
      return element(
        "flow",
        {
          id: flow.id,
          name: flow.name,
          description: flow.description,
          webpageUrl: webpage(origin, site, `flows/${flow.id}`),
          fileType: flow.fileType,
          createdAt: flow.createdAt,
          updatedAt: flow.updatedAt
        },
        [project, owner, tags]
      )
    },
    parts: {
      usual: [
        ...["id", "name", "description", "webpageUrl", "fileType", "createdAt", "updatedAt", ...belongingParts.usual]
      ],
      extra: belongingParts.extra
    },
    fields: { ...contentFields(site), projectId: Field.text(({ projectId }) => projectId) }
  }
}

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/flows",
    operation: "queryFlowsForSite",
    since: "3.3",
    scope: "tableau:content:read",
    handle: (call) => answerList(call, listing(call), call.site.flows, visibleTo(call))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/flows/{flowId}",
    operation: "queryFlow",
    since: "3.3",
    scope: "tableau:content:read",
    handle: (call) => Effect.map(find(kind, call), (flow) => answerItem(listing(call), flow))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/flows/{flowId}/connections",
    operation: "queryFlowConnections",
    since: "3.3",
    scope: "tableau:content:read",
    handle: (call) => Effect.map(find(kind, call), (flow) => answerConnections(call, flow))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/flows/{flowId}/content",
    operation: "downloadFlow",
    since: "3.3",
    scope: "tableau:flows:download",
    handle: (call) =>
      Effect.gen(function* () {
        const flow = yield* find(kind, call)
        yield* Exports.require(call, "ExportXml", flow, readForbidden("403097"))
        return Exports.answerFile(
          Files.content({
            name: flow.name,
            extension: flow.fileType,
            part: "tableau_flow",
            description: "flow",
            revision: 1,
            megabytes: 1,
            data: undefined
          })
        )
      })
  }),
  ...Tags.routes(kind, { add: "addTagsToFlow", remove: "deleteTagFromFlow" }),
  ...Permissions.routes(kind, {
    query: "queryFlowPermissions",
    add: "addFlowPermissions",
    deleteForUser: "deleteFlowPermissionsForUser",
    deleteForGroup: "deleteFlowPermissionsForGroup"
  })
] as const
