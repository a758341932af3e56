/**
 * Published data sources.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm
 * @since 0.1.0
 */
import type { DatasourceId } from "./Ids.js"
import * as Connections from "./internal/families/connections.js"
import * as Requests from "./internal/families/datasourceRequests.js"
import * as HyperData from "./internal/families/hyperData.js"
import * as Permissions from "./internal/families/permissions.js"
import * as Publish from "./internal/families/publish.js"
import * as Refresh from "./internal/families/refresh.js"
import * as Resource from "./internal/families/resource.js"
import * as Revisions from "./internal/families/revisions.js"
import * as Tags from "./internal/families/tags.js"
import { Datasource, filterFields } from "./internal/models/datasource.js"
import * as Operation from "./Operation.js"
import * as Projects from "./Projects.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"

export type { Changes, PublishAsJobOptions, PublishOptions } from "./internal/families/datasourceRequests.js"
export type {
  DataAction,
  DataCondition,
  DataConstant,
  UpdateDataOptions
} from "./internal/families/hyperData.js"
export type { RefreshOptions } from "./internal/families/refresh.js"
export { Datasource } from "./internal/models/datasource.js"

const datasources = Resource.make<DatasourceId>({ name: "Datasources", path: "datasources", element: "datasource" })

/**
 * How to list data sources.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions
  extends Query.ListOptions<typeof filterFields, Query.SelectableField<Omit<Datasource, "job">>> {}

/**
 * Lists the published data sources on the site that the signed-in user can see.
 *
 * @example
 * ```ts
 * import { Datasources, Filter } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items, totalAvailable } = yield* Datasources.list({ filter: [Filter.eq("isCertified", true)] })
 *   yield* Console.log(`${totalAvailable} certified data sources`)
 *   yield* Stream.runForEach(items, ({ name, type }) => Console.log(`${name}: ${type}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_sources
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Datasources.list",
  request: "GET /sites/{siteId}/datasources",
  since: "2.0",
  scope: "tableau:content:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("datasources", "datasource", Datasource, { fields: filterFields, order: "createdAt:asc" })
})

/**
 * The published data sources on the site that the signed-in user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns one published data source.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Datasources.get",
  request: "GET /sites/{siteId}/datasources/{datasourceId}",
  since: "2.0",
  scope: "tableau:content:read",
  input: (datasourceId: DatasourceId) => ({ datasourceId }),
  response: Response.element("datasource", Datasource)
})

/**
 * Publishes a data source from a file (.tds, .tdsx, .hyper, .parquet or .tde), adds to one or replaces it, and returns it. A
 * file of more than 32 MiB, or of unknown size, is uploaded in blocks first. If `acted` of an error is `"unknown"`, look for
 * the data source before you publish it again.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const append = (projectId: Ids.ProjectId) =>
 *   Effect.flatMap(TableauNode.file("today.hyper"), (file) =>
 *     Datasources.publish(file, { name: "Orders", projectId, mode: "append" })
 *   )
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#publish_data_source
 * @since 0.1.0
 * @category operations
 */
export const publish = Publish.publish(Requests.publishing(datasources), list, Projects.list)

/**
 * Publishes a data source in the background, and returns the job: `Jobs.await` waits for it. The job does not say which data
 * source it publishes; `publish` with `asJob` finds it.
 *
 * @example
 * ```ts
 * import { Datasources, type Upload } from "effect-tableau"
 *
 * const start = (file: Upload.File) => Datasources.publishAsJob(file, { name: "Orders", mode: "overwrite" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#publish_data_source
 * @since 0.1.0
 * @category operations
 */
export const publishAsJob = Publish.publishAsJob(Requests.publishing(datasources))

/**
 * Changes a data source, and returns it. Without a change it fails with `BadRequest`.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 *
 * const certify = (datasourceId: Ids.DatasourceId) =>
 *   Datasources.update(datasourceId, { isCertified: true, certificationNote: "Checked by finance" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_source
 * @since 0.1.0
 * @category operations
 */
export const update = Operation.make({
  name: "Datasources.update",
  request: "PUT /sites/{siteId}/datasources/{datasourceId}",
  since: "2.0",
  scope: "tableau:datasources:update",
  idempotent: true,
  input: (datasourceId: DatasourceId, changes: Requests.Changes) => ({ datasourceId, ...Requests.changing(changes) }),
  response: Response.element("datasource", Datasource)
})

/**
 * Deletes a data source. Workbooks that use it remain, without its data. Fails with `NotFound` when there is no such data
 * source.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#delete_data_source
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Datasources.delete",
  request: "DELETE /sites/{siteId}/datasources/{datasourceId}",
  since: "2.0",
  scope: "tableau:datasources:delete",
  input: (datasourceId: DatasourceId) => ({ datasourceId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Downloads a data source (.tdsx, .tds or .hyper).
 *
 * @example
 * ```ts
 * import { Datasources, Download, type Ids } from "effect-tableau"
 *
 * const save = (datasourceId: Ids.DatasourceId) =>
 *   Datasources.download(datasourceId, { includeExtract: false }).pipe(Download.toFile("sales.tdsx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#download_data_source
 * @since 0.1.0
 * @category operations
 */
export const download = Revisions.download(datasources)

/**
 * Lists the revisions of a data source that the site keeps, oldest first.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const count = (datasourceId: Ids.DatasourceId) =>
 *   Effect.map(Datasources.revisions(datasourceId), ({ totalAvailable }) => totalAvailable)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_data_source_revisions
 * @since 0.1.0
 * @category operations
 */
export const revisions = Revisions.list(datasources)

/**
 * The revisions of a data source that the site keeps, oldest first, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamRevisions = Operation.stream(revisions)

/**
 * Downloads one revision of a data source. Revisions are numbered from 1; for other numbers the call fails with
 * `BadRequest` and sends nothing.
 *
 * @example
 * ```ts
 * import { Datasources, Download, type Ids } from "effect-tableau"
 *
 * const first = (datasourceId: Ids.DatasourceId) =>
 *   Datasources.downloadRevision(datasourceId, 1).pipe(Download.toFile("first.tdsx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_data_source_revision
 * @since 0.1.0
 * @category operations
 */
export const downloadRevision = Revisions.downloadRevision(datasources)

/**
 * Deletes a revision of a data source, but not the current one. Its entry stays in the list.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#remove_data_source_revision
 * @since 0.1.0
 * @category operations
 */
export const deleteRevision = Revisions.remove(datasources)

/**
 * Lists the connections of a data source to its data, in one response.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = Connections.list(datasources, "2.3")

/**
 * Changes a connection of a data source to its data. The server changes all connections of the same type with it.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 * import type * as Redacted from "effect/Redacted"
 *
 * const sign = (datasourceId: Ids.DatasourceId, connectionId: Ids.ConnectionId, password: Redacted.Redacted) =>
 *   Datasources.updateConnection(datasourceId, connectionId, { userName: "tableau", password, embedPassword: true })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_source_connection
 * @since 0.1.0
 * @category operations
 */
export const updateConnection = Connections.update(datasources, {
  since: "2.3",
  scope: "tableau:datasources:update",
  authenticationTypeSince: "3.27"
})

/**
 * Changes several connections of a data source in the same way, and returns those that the server reports.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 *
 * const move = (datasourceId: Ids.DatasourceId, connectionIds: ReadonlyArray<Ids.ConnectionId>) =>
 *   Datasources.updateConnections(datasourceId, connectionIds, { serverAddress: "db.example.com", serverPort: 5432 })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_source_connections
 * @since 0.1.0
 * @category operations
 */
export const updateConnections = Connections.updateSeveral(datasources, "tableau:datasources:update")

/**
 * Adds tags to a data source and returns all of its tags.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#add_tags_to_data_source
 * @since 0.1.0
 * @category operations
 */
export const addTags = Tags.add(datasources, "2.0")

/**
 * Removes a tag from a data source. Fails with `NotFound` when the data source does not have it.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#delete_tag_from_data_source
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = Tags.remove(datasources, "2.0")

/**
 * Returns the permission rules of a data source.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_data_source_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = Permissions.query(datasources, "2.0")

/**
 * Adds permission rules to a data source and returns all of its rules. Existing rules stay; a new mode replaces the old
 * mode of the same capability.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_data_source_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = Permissions.add(datasources, "2.0")

/**
 * Removes one permission rule from a data source. Fails with `NotFound` when there is no such rule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_data_source_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = Permissions.remove(datasources, "2.0")

/**
 * Starts a refresh of the extracts of a data source, and returns its job: `Jobs.await` waits for it. Fails with `Conflict`
 * (409093) when a refresh is queued or runs. It is never started twice: when it is unknown whether the server has started
 * it, the error says so (`acted` is `"unknown"`).
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Datasources } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshAndWait = (id: Ids.DatasourceId) =>
 *   Effect.flatMap(Datasources.refresh(id), (job) => Jobs.await(job, { deadline: "2 hours" }))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_source_now
 * @since 0.1.0
 * @category operations
 */
export const refresh = Refresh.refresh(datasources)

/**
 * Like `refresh`; when a refresh of this data source is queued or runs already, it returns the job of that one. The server does
 * not say which job it is: it is searched in the list of jobs, which takes an administrator; others fail with `Forbidden`.
 * Fails with `Conflict` when no job fits in three attempts.
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Datasources } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshed = (id: Ids.DatasourceId) => Effect.flatMap(Datasources.refreshOrJoin(id), (job) => Jobs.await(job))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const refreshOrJoin = Refresh.refreshOrJoin(refresh, get)

/**
 * Changes the rows of a data source that is live to a Hyper file, and returns the job that does it: `Jobs.await` waits for
 * it. The source tables are in a Hyper file, which is uploaded first; servers accept 100 MB (10 MB before 2022.1). A call is
 * safe to repeat with the same `requestId`: the server ignores what it has received before. Fails with `Conflict` (409094)
 * when an update of the data source is queued or runs.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids, Jobs } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const updated = (id: Ids.DatasourceId) =>
 *   Effect.gen(function* () {
 *     const file = yield* TableauNode.file("orders.hyper")
 *     const job = yield* Datasources.updateData(id, {
 *       file,
 *       actions: [
 *         {
 *           action: "upsert",
 *           "source-table": "orders",
 *           "target-table": "orders",
 *           condition: { op: "eq", "source-col": "id", "target-col": "id" }
 *         }
 *       ]
 *     })
 *     return yield* Jobs.await(job)
 *   })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_in_hyper_data_source
 * @since 0.1.0
 * @category operations
 */
export const updateData = HyperData.update

/**
 * Like `updateData`, for a data source with several connections: it changes the rows behind one of them.
 *
 * @example
 * ```ts
 * import { Datasources, type Ids } from "effect-tableau"
 *
 * const withoutOldRows = (id: Ids.DatasourceId, connectionId: Ids.ConnectionId) =>
 *   Datasources.updateConnectionData(id, connectionId, {
 *     actions: [
 *       {
 *         action: "delete",
 *         "target-table": "orders",
 *         condition: { op: "lt", "target-col": "year", const: { type: "integer", v: 2020 } }
 *       }
 *     ]
 *   })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#update_data_in_hyper_connection
 * @since 0.1.0
 * @category operations
 */
export const updateConnectionData = HyperData.updateConnection
