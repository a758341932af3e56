/**
 * Flows of Tableau Prep.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_flow.htm
 * @since 0.1.0
 */
import type { FlowId } from "./Ids.js"
import * as Connections from "./internal/families/connections.js"
import * as Permissions from "./internal/families/permissions.js"
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
