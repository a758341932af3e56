import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Flow } from "../content/model.js"
import * as Field from "../lists/field.js"
import type { Listing } from "../lists/listing.js"
import * as Errors from "../protocol/errorResponse.js"
import { fileReply, type SessionCall } from "../session/call.js"
import * as Content from "./content.js"
import { handlers } from "./handler.js"
import { find, type Kind, requireCapability } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"
import * as Tags from "./tags.js"

export const kind: Kind<Flow, "flowId"> = {
  parameter: "flowId",
  element: "flow",
  of: (site) => site.flows,
  notFound: Errors.flowNotFound,
  capabilities: [
    ...["ChangeHierarchy", "ChangePermissions", "Delete", "Execute", "ExportXml", "Read", "WebAuthoringForFlows"],
    "Write"
  ]
}

export const listing = (call: SessionCall): Listing<Flow> =>
  Content.contentListing(call, "flow", {
    attributes: (flow) => ({ fileType: flow.fileType }),
    parts: {
      usual: ["fileType"],
      extra: []
    },
    fields: { projectId: Field.text(({ projectId }) => projectId) }
  })

const content = Content.forKind(kind, listing)
const tags = Tags.forKind(kind)
const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryFlowsForSite: content.list,
  queryFlow: content.get,
  queryFlowConnections: content.connections,
  downloadFlow: (call) =>
    Effect.gen(function* () {
      const flow = yield* find(kind, call)
      yield* requireCapability(call, "ExportXml", flow, Errors.readForbidden("403097"))
      const part = "tableau_flow"
      const published = Revisions.published(call.site, flow, call.site.revisionCountOf(flow), part)
      return fileReply(
        published ??
          Files.content({
            name: flow.name,
            extension: flow.fileType,
            part,
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
