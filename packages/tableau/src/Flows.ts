/**
 * Flows of Tableau Prep.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm
 * @since 0.1.0
 */
import type { ConnectionCredentials, FlowConnectionChanges } from "./Connections.js"
import { Connection } from "./Connections.js"
import type { ConnectionId, FlowId, ProjectId, UserId } from "./Ids.js"
import * as Connections from "./internal/families/connections.js"
import * as Permissions from "./internal/families/permissions.js"
import * as Publish from "./internal/families/publish.js"
import * as Resource from "./internal/families/resource.js"
import * as Tags from "./internal/families/tags.js"
import { Flow, filterFields } from "./internal/models/flow.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"

export { Flow } from "./internal/models/flow.js"

const flows = Resource.make<FlowId>({ name: "Flows", path: "flows", element: "flow" })

/**
 * How to list flows.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, never> {}

/**
 * Lists the flows on the site that the signed-in user can see.
 *
 * @example
 * ```ts
 * import { Filter, Flows } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items, totalAvailable } = yield* Flows.list({ filter: [Filter.eq("projectName", "Finance")] })
 *   yield* Console.log(`${totalAvailable} flows`)
 *   yield* Stream.runForEach(items, ({ name }) => Console.log(name))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flows_for_a_site
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Flows.list",
  request: "GET /sites/{siteId}/flows",
  since: "3.3",
  scope: "tableau:content:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("flows", "flow", Flow, { fields: filterFields, order: "createdAt:asc" })
})

/**
 * The flows on the site that the signed-in user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns one flow.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Flows.get",
  request: "GET /sites/{siteId}/flows/{flowId}",
  since: "3.3",
  scope: "tableau:content:read",
  input: (flowId: FlowId) => ({ flowId }),
  response: Response.element("flow", Flow)
})

/**
 * How a flow is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishOptions extends Publish.Options {
  /** `create` fails if a flow of this name exists in the project, `overwrite` replaces it. By default `create`. */
  readonly mode?: "create" | "overwrite" | undefined
  /** The credentials of each connection. */
  readonly connections?: ReadonlyArray<ConnectionCredentials> | undefined
}

/**
 * Publishes a flow from a file (.tfl or .tflx) and returns it. A file of more than 32 MiB, or of unknown size, is uploaded in
 * blocks first. If `acted` of an error is `"unknown"`, look for the flow before you publish it again.
 *
 * @example
 * ```ts
 * import { Flows, type Ids } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const publish = (projectId: Ids.ProjectId) =>
 *   Effect.flatMap(TableauNode.file("orders.tflx"), (file) => Flows.publish(file, { projectId, mode: "overwrite" }))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#publish_flow
 * @since 0.1.0
 * @category operations
 */
export const publish = Publish.publishWithoutJob({
  resource: flows,
  since: "3.3",
  types: ["tfl", "tflx"],
  modes: ["create", "overwrite"],
  model: Flow,
  content: (name: string, options: PublishOptions = {}) => ({
    mode: options.mode,
    payload: {
      flow: { name, description: options.description, project: Publish.reference(options.projectId) },
      // Beside the flow, as Tableau documents it.
      connections: Publish.connectionsOf(options.connections)
    }
  })
})

/**
 * What to change in a flow. What is left out stays as it is.
 *
 * @since 0.1.0
 * @category options
 */
export interface Changes {
  /** Moves the flow to this project. */
  readonly projectId?: ProjectId | undefined
  /** Gives the flow to this user, who must be the signed-in one; `updateOwner` gives it to any. For administrators. */
  readonly ownerId?: UserId | undefined
}

/**
 * Changes a flow, and returns it. Without a change it fails with `BadRequest`.
 *
 * @example
 * ```ts
 * import { Flows, type Ids } from "effect-tableau"
 *
 * const move = (flowId: Ids.FlowId, projectId: Ids.ProjectId) => Flows.update(flowId, { projectId })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#update_flow
 * @since 0.1.0
 * @category operations
 */
export const update = Operation.make({
  name: "Flows.update",
  request: "PUT /sites/{siteId}/flows/{flowId}",
  since: "3.3",
  scope: "tableau:flows:update",
  idempotent: true,
  input: (flowId: FlowId, changes: Changes) => ({
    flowId,
    ...Publish.changes(
      "flow",
      { project: Publish.reference(changes.projectId), owner: Publish.reference(changes.ownerId) },
      { projectId: changes.projectId, ownerId: changes.ownerId }
    )
  }),
  response: Response.element("flow", Flow)
})

/**
 * Gives a flow to a user, with the linked tasks that run it.
 *
 * @example
 * ```ts
 * import { Flows, type Ids } from "effect-tableau"
 *
 * const give = (flowId: Ids.FlowId, ownerId: Ids.UserId) => Flows.updateOwner(flowId, ownerId)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#update_flow_owner
 * @since 0.1.0
 * @category operations
 */
export const updateOwner = Operation.make({
  name: "Flows.updateOwner",
  request: "PUT /sites/{siteId}/flows/{flowId}/owner/{ownerId}",
  since: "3.27",
  scope: "tableau:flows:update",
  idempotent: true,
  input: (flowId: FlowId, ownerId: UserId) => ({ flowId, ownerId }),
  response: Response.empty
})

/**
 * Deletes a flow with its tasks, runs and connections. Fails with `NotFound` when there is no such flow.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_flow
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Flows.delete",
  request: "DELETE /sites/{siteId}/flows/{flowId}",
  since: "3.3",
  scope: "tableau:flows:delete",
  input: (flowId: FlowId) => ({ flowId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Downloads a flow (.tfl or .tflx).
 *
 * @example
 * ```ts
 * import { Download, Flows, type Ids } from "effect-tableau"
 *
 * const save = (flowId: Ids.FlowId) => Flows.download(flowId).pipe(Download.toFile("orders.tflx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#download_flow
 * @since 0.1.0
 * @category operations
 */
export const download = Operation.make({
  name: "Flows.download",
  request: "GET /sites/{siteId}/flows/{flowId}/content",
  since: "3.3",
  scope: "tableau:flows:download",
  input: (flowId: FlowId) => ({ flowId }),
  response: Response.file
})

/**
 * Lists the connections of a flow to its data, in one response.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = Connections.list(flows, "3.3")

/**
 * Changes a connection of a flow to its data, for input or output.
 *
 * @example
 * ```ts
 * import { Flows, type Ids } from "effect-tableau"
 * import type * as Redacted from "effect/Redacted"
 *
 * const sign = (flowId: Ids.FlowId, connectionId: Ids.ConnectionId, password: Redacted.Redacted) =>
 *   Flows.updateConnection(flowId, connectionId, { userName: "tableau", password, embedPassword: true })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#update_flow_connection
 * @since 0.1.0
 * @category operations
 */
export const updateConnection = Connections.update<FlowId, FlowConnectionChanges>(flows, {
  since: "3.3",
  scope: "tableau:flow_connections:update",
  authenticationTypeSince: "3.28"
})

/**
 * Changes several connections of a flow in the same way, and returns them.
 *
 * @example
 * ```ts
 * import { Flows, type Ids } from "effect-tableau"
 *
 * const move = (flowId: Ids.FlowId, connectionIds: ReadonlyArray<Ids.ConnectionId>) =>
 *   Flows.updateConnections(flowId, connectionIds, { serverAddress: "db.example.com" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#update_flow_connections
 * @since 0.1.0
 * @category operations
 */
export const updateConnections = Operation.make({
  name: "Flows.updateConnections",
  request: "PUT /sites/{siteId}/flows/{flowId}/connections",
  since: "3.28",
  scope: "tableau:flow_connections:update",
  idempotent: true,
  input: (flowId: FlowId, connectionIds: ReadonlyArray<ConnectionId>, changes: FlowConnectionChanges) => {
    const problem = Connections.problemOf(connectionIds, changes)
    // Unlike those of workbooks and data sources, the request repeats the changes for each connection.
    const connection = connectionIds.map((id) => ({ id, ...Connections.attributesOf(changes) }))
    return problem === undefined ? { flowId, xml: { connections: { connection } } } : Operation.invalidInput(problem)
  },
  response: Response.items("connections", "connection", Connection)
})

/**
 * Adds tags to a flow and returns all of its tags.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_tags_to_flow
 * @since 0.1.0
 * @category operations
 */
export const addTags = Tags.add(flows, "3.3")

/**
 * Removes a tag from a flow. Fails with `NotFound` when the flow does not have it.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_tag_from_flow
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = Tags.remove(flows, "3.3")

/**
 * Returns the permission rules of a flow.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#query_flow_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = Permissions.query(flows, "3.3")

/**
 * Adds permission rules to a flow and returns all of its rules. Existing rules stay; a new mode replaces the old mode
 * of the same capability.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#add_flow_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = Permissions.add(flows, "3.3")

/**
 * Removes one permission rule from a flow. Fails with `NotFound` when there is no such rule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm#delete_flow_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = Permissions.remove(flows, "3.3")
