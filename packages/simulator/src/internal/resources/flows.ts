import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Flow } from "../content/model.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { fileReply, type SessionCall } from "../session/call.js"
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
import * as Tags from "./tags.js"

const kind: Kind<Flow, "flowId"> = {
  parameter: "flowId",
  element: "flow",
  of: (site) => site.flows,
  notFound: Errors.flowNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Delete", "Execute", "ExportXml", "Read", "WebAuthoringForFlows"],
    "Write"
  ]
}

const listing = ({ origin, site }: SessionCall): Listing<Flow> => {
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

const tags = Tags.forKind(kind)
const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryFlowsForSite: (call) => listReply(call, listing(call), call.site.flows, visibleTo(call)),
  queryFlow: (call) => Effect.map(find(kind, call), (flow) => itemReply(listing(call), flow)),
  queryFlowConnections: (call) => Effect.map(find(kind, call), (flow) => connectionsReply(call, flow)),
  downloadFlow: (call) =>
    Effect.gen(function* () {
      const flow = yield* find(kind, call)
      yield* requireCapability(call, "ExportXml", flow, Errors.readForbidden("403097"))
      return fileReply(
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
    }),
  addTagsToFlow: tags.add,
  deleteTagFromFlow: tags.remove,
  queryFlowPermissions: permissions.query,
  addFlowPermissions: permissions.add,
  deleteFlowPermissionsForUser: permissions.deleteForUser,
  deleteFlowPermissionsForGroup: permissions.deleteForGroup
})
