/**
 * Flows of Tableau Prep.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Connections from "./Connections.js"
import type { Download } from "./Download.js"
import { FlowId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Tags from "./Tags.js"

const struct = Schema.Struct({
  id: FlowId,
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  webpageUrl: Schema.optional(Schema.String),
  fileType: Schema.optional(Schema.String),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  project: Schema.optional(References.ProjectReference),
  owner: Schema.optional(References.UserReference),
  parameters: Schema.optional(
    Leaf.list(
      "parameter",
      Schema.Struct({
        id: Schema.optional(Schema.String),
        name: Schema.optional(Schema.String),
        description: Schema.optional(Schema.String),
        type: Schema.optional(Schema.String),
        value: Schema.optional(Schema.String),
        isRequired: Schema.optional(Leaf.Flag)
      })
    )
  ),
  tags: Schema.optional(Leaf.list("tag", Tags.Tag))
})

/**
 * A flow. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flow {
  readonly id: FlowId
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly webpageUrl?: string | undefined
  /** `tfl`, or `tflx` with the files that it reads. */
  readonly fileType?: string | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly project?: References.ProjectReference | undefined
  readonly owner?: References.UserReference | undefined
  /** What may be given to a run. */
  readonly parameters?:
    | ReadonlyArray<{
        readonly id?: string | undefined
        readonly name?: string | undefined
        readonly description?: string | undefined
        readonly type?: string | undefined
        readonly value?: string | undefined
        readonly isRequired?: boolean | undefined
      }>
    | undefined
  /** Absent where they were not asked for, as by `fields`: then nobody knows whether there are any. */
  readonly tags?: ReadonlyArray<Tags.Tag> | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface FlowEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Flow: Schema.Schema<Flow, FlowEncoded> = struct

const fields = {
  ...Fields.content<Flow>(),
  projectId: Fields.identifier<Flow>(({ project }) => project?.id)
}

/**
 * How flows are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, never> {}

const queryFlowsForSite = Endpoint.make({
  name: "Flows.list",
  method: "GET",
  path: "/sites/{siteId}/flows",
  since: "3.3",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, flows: Leaf.list("flow", Flow) }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flows_for_a_site"
})

const queryFlow = Endpoint.make({
  name: "Flows.get",
  method: "GET",
  path: "/sites/{siteId}/flows/{flowId}",
  since: "3.3",
  scopes: ["tableau:content:read"],
  success: Schema.Struct({ flow: Flow }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow"
})

const queryConnections = Connections.operation<FlowId>({
  name: "Flows",
  path: "flows",
  since: "3.3",
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_connections"
})

const downloadFlow = Endpoint.makeFile({
  name: "Flows.download",
  method: "GET",
  path: "/sites/{siteId}/flows/{flowId}/content",
  since: "3.3",
  scopes: ["tableau:flows:download"],
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#download_flow"
})

const tags = Tags.operations<FlowId>({
  name: "Flows",
  path: "flows",
  since: "3.3",
  scope: "flow",
  documentation: {
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_tags_to_flow",
    delete: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_tag_from_flow"
  }
})

const grants = Permissions.operations<FlowId>({
  name: "Flows",
  path: "flows",
  since: "3.3",
  documentation: {
    query: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_permissions",
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_flow_permissions",
    delete: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_flow_permission"
  }
})

/**
 * The flows on the session's site that the user may see: how many there are, and a stream of them all. The first page
 * has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A flow that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flows_for_a_site
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<Flow>, OperationError, TableauSession> =>
  Paging.queried(
    queryFlowsForSite,
    {},
    ({ pagination, flows }) => ({ pagination, items: flows }),
    fields,
    "createdAt:asc",
    options
  )

/**
 * One flow by its id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow
 * @since 0.1.0
 * @category operations
 */
export const get = (flowId: FlowId): Effect.Effect<Flow, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryFlow, { flowId }), ({ flow }) => flow)

/**
 * How a flow reaches its data: all its connections.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = (
  flowId: FlowId
): Effect.Effect<ReadonlyArray<Connections.Connection>, OperationError, TableauSession> => queryConnections(flowId)

/**
 * A flow as it was published.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#download_flow
 * @since 0.1.0
 * @category operations
 */
export const download = (flowId: FlowId): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  Endpoint.download(downloadFlow, { flowId }, flowId)

/**
 * Adds tags to a flow, and gives all that it has then.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_tags_to_flow
 * @since 0.1.0
 * @category operations
 */
export const addTags = (
  flowId: FlowId,
  labels: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Tags.Tag>, OperationError, TableauSession> => tags.add(flowId, labels)

/**
 * Takes a tag from a flow. `NotFound` when it has none of that label.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_tag_from_flow
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = (flowId: FlowId, label: string): Effect.Effect<void, OperationError, TableauSession> =>
  tags.delete(flowId, label)

/**
 * The permissions that were given for a flow.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = (flowId: FlowId): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> =>
  grants.query(flowId)

/**
 * Allows and denies things to users and groups, and gives the permissions of the flow as they are then. What was given
 * before stays; of two modes of one capability the new one holds.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_flow_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = (
  flowId: FlowId,
  given: ReadonlyArray<Permissions.Grant>
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.add(flowId, given)

/**
 * Takes one capability back from a user or a group. `NotFound` when it was not given in this mode.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_flow_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = (
  flowId: FlowId,
  grantee: Permissions.Grantee,
  capability: Permissions.Capability
): Effect.Effect<void, OperationError, TableauSession> => grants.delete(flowId, grantee, capability)
