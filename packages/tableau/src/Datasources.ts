/**
 * Published data sources.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Connections from "./Connections.js"
import type { Download } from "./Download.js"
import { DatasourceId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing, PageOptions } from "./Query.js"
import * as References from "./References.js"
import * as Revisions from "./Revisions.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Tags from "./Tags.js"

const struct = Schema.Struct({
  id: DatasourceId,
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String),
  webpageUrl: Schema.optional(Schema.String),
  type: Schema.optional(Schema.String),
  size: Schema.optional(Leaf.Integer),
  databaseName: Schema.optional(Schema.String),
  serverName: Schema.optional(Schema.String),
  hasExtracts: Schema.optional(Leaf.Flag),
  encryptExtracts: Schema.optional(Schema.String),
  hasAlert: Schema.optional(Leaf.Flag),
  hasSemanticLayerConnection: Schema.optional(Leaf.Flag),
  isCertified: Schema.optional(Leaf.Flag),
  certificationNote: Schema.optional(Schema.String),
  isPublished: Schema.optional(Leaf.Flag),
  useRemoteQueryAgent: Schema.optional(Leaf.Flag),
  connectedWorkbooksCount: Schema.optional(Leaf.Integer),
  favoritesTotal: Schema.optional(Leaf.Integer),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  parentType: Schema.optional(Schema.String),
  parentDataSourceUrls: Schema.optional(Leaf.repeated(Schema.String)),
  askData: Schema.optional(Schema.Struct({ enablement: Schema.optional(Schema.String) })),
  project: Schema.optional(References.ProjectReference),
  location: Schema.optional(References.LocationReference),
  owner: Schema.optional(References.UserReference),
  tags: Schema.optional(Leaf.list("tag", Tags.Tag))
})

/**
 * A published data source. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Datasource {
  readonly id: DatasourceId
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** What stands for the data source in addresses. */
  readonly contentUrl?: string | undefined
  readonly webpageUrl?: string | undefined
  /** The kind of its connection, such as `sqlserver` or `hyper`. */
  readonly type?: string | undefined
  /** In megabytes. */
  readonly size?: number | undefined
  readonly databaseName?: string | undefined
  readonly serverName?: string | undefined
  readonly hasExtracts?: boolean | undefined
  /** A text: servers write more than true and false here. */
  readonly encryptExtracts?: string | undefined
  readonly hasAlert?: boolean | undefined
  readonly hasSemanticLayerConnection?: boolean | undefined
  readonly isCertified?: boolean | undefined
  readonly certificationNote?: string | undefined
  readonly isPublished?: boolean | undefined
  /** Whether it is refreshed by Tableau Bridge. */
  readonly useRemoteQueryAgent?: boolean | undefined
  readonly connectedWorkbooksCount?: number | undefined
  readonly favoritesTotal?: number | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly parentType?: string | undefined
  readonly parentDataSourceUrls?: ReadonlyArray<string> | undefined
  readonly askData?: { readonly enablement?: string | undefined } | undefined
  readonly project?: References.ProjectReference | undefined
  readonly location?: References.LocationReference | undefined
  readonly owner?: References.UserReference | undefined
  /** Absent where they were not asked for, as by `fields`: then nobody knows whether there are any. */
  readonly tags?: ReadonlyArray<Tags.Tag> | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatasourceEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Datasource: Schema.Schema<Datasource, DatasourceEncoded> = struct

const fields = {
  ...Fields.content<Datasource>(),
  authenticationType: Fields.text<Datasource>(),
  connectedWorkbookType: Fields.text<Datasource>(),
  connectionTo: Fields.text<Datasource>(),
  connectionType: Fields.text<Datasource>(),
  contentUrl: Fields.text<Datasource>(({ contentUrl }) => contentUrl),
  databaseName: Fields.identifier<Datasource>(({ databaseName }) => databaseName, { onlyIfRequested: true }),
  databaseUserName: Fields.text<Datasource>(),
  description: Fields.text<Datasource>(({ description }) => description),
  favoritesTotal: Fields.number<Datasource>(({ favoritesTotal }) => favoritesTotal, { onlyIfRequested: true }),
  hasAlert: Fields.flag<Datasource>(({ hasAlert }) => hasAlert, { onlyIfRequested: true }),
  hasEmbeddedPassword: Fields.flag<Datasource>(),
  hasExtracts: Fields.flag<Datasource>(({ hasExtracts }) => hasExtracts),
  isCertified: Fields.flag<Datasource>(({ isCertified }) => isCertified),
  isConnectable: Fields.flag<Datasource>(),
  isDefaultPort: Fields.flag<Datasource>(),
  isHierarchical: Fields.flag<Datasource>(),
  isPublished: Fields.flag<Datasource>(({ isPublished }) => isPublished, { onlyIfRequested: true }),
  serverName: Fields.identifier<Datasource>(({ serverName }) => serverName, { onlyIfRequested: true }),
  serverPort: Fields.text<Datasource>(),
  size: Fields.number<Datasource>(({ size }) => size),
  tableName: Fields.text<Datasource>(),
  type: Fields.identifier<Datasource>(({ type }) => type)
}

/**
 * How data sources are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.SelectableField<Datasource>> {}

const queryDatasources = Endpoint.make({
  name: "Datasources.list",
  method: "GET",
  path: "/sites/{siteId}/datasources",
  since: "2.0",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, datasources: Leaf.list("datasource", Datasource) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_sources"
})

const queryDatasource = Endpoint.make({
  name: "Datasources.get",
  method: "GET",
  path: "/sites/{siteId}/datasources/{datasourceId}",
  since: "2.0",
  scopes: ["tableau:content:read"],
  success: Schema.Struct({ datasource: Datasource }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source"
})

const queryConnections = Connections.operation<DatasourceId>({
  name: "Datasources",
  path: "datasources",
  since: "2.3",
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source_connections"
})

const getRevisions = Revisions.operation<DatasourceId>({
  name: "Datasources",
  path: "datasources",
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_data_source_revisions"
})

const contents = Revisions.downloads<DatasourceId>({
  name: "Datasources",
  path: "datasources",
  documentation: {
    download:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#download_data_source",
    downloadRevision:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_data_source_revision"
  }
})

const tags = Tags.operations<DatasourceId>({
  name: "Datasources",
  path: "datasources",
  since: "2.0",
  scope: "datasource",
  documentation: {
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#add_tags_to_data_source",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#delete_tag_from_data_source"
  }
})

const grants = Permissions.operations<DatasourceId>({
  name: "Datasources",
  path: "datasources",
  since: "2.0",
  documentation: {
    query:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_data_source_permissions",
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_data_source_permissions",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_data_source_permission"
  }
})

/**
 * The published data sources on the session's site that the user may see: how many there are, and a stream of them all.
 * The first page has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A data source that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_sources
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<Datasource>, OperationError, TableauSession> =>
  Paging.queried(
    queryDatasources,
    {},
    ({ pagination, datasources }) => ({ pagination, items: datasources }),
    fields,
    "createdAt:asc",
    options
  )

/**
 * One published data source by its id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source
 * @since 0.1.0
 * @category operations
 */
export const get = (datasourceId: DatasourceId): Effect.Effect<Datasource, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryDatasource, { datasourceId }), ({ datasource }) => datasource)

/**
 * How a data source reaches its data: all its connections.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#query_data_source_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = (
  datasourceId: DatasourceId
): Effect.Effect<ReadonlyArray<Connections.Connection>, OperationError, TableauSession> =>
  queryConnections(datasourceId)

/**
 * The revisions of a data source that the site keeps, the oldest first.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_data_source_revisions
 * @since 0.1.0
 * @category operations
 */
export const revisions = (
  datasourceId: DatasourceId,
  options?: PageOptions
): Effect.Effect<Listing<Revisions.Revision>, OperationError, TableauSession> => getRevisions(datasourceId, options)

/**
 * A data source as it was published, or as it is now on the server.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#download_data_source
 * @since 0.1.0
 * @category operations
 */
export const download = (
  datasourceId: DatasourceId,
  options?: Revisions.DownloadOptions
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> => contents.download(datasourceId, options)

/**
 * An earlier state of a data source, by the number of its revision.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_data_source_revision
 * @since 0.1.0
 * @category operations
 */
export const downloadRevision = (
  datasourceId: DatasourceId,
  revisionNumber: number,
  options?: Revisions.DownloadOptions
): Effect.Effect<Download, OperationError, TableauSession | Scope.Scope> =>
  contents.downloadRevision(datasourceId, revisionNumber, options)

/**
 * Adds tags to a data source, and gives all that it has then.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#add_tags_to_data_source
 * @since 0.1.0
 * @category operations
 */
export const addTags = (
  datasourceId: DatasourceId,
  labels: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Tags.Tag>, OperationError, TableauSession> => tags.add(datasourceId, labels)

/**
 * Takes a tag from a data source. `NotFound` when it has none of that label.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_data_sources.htm#delete_tag_from_data_source
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = (
  datasourceId: DatasourceId,
  label: string
): Effect.Effect<void, OperationError, TableauSession> => tags.delete(datasourceId, label)

/**
 * The permissions that were given for a data source.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_data_source_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = (
  datasourceId: DatasourceId
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.query(datasourceId)

/**
 * Allows and denies things to users and groups, and gives the permissions of the data source as they are then. What was
 * given before stays; of two modes of one capability the new one holds.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_data_source_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = (
  datasourceId: DatasourceId,
  given: ReadonlyArray<Permissions.Grant>
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.add(datasourceId, given)

/**
 * Takes one capability back from a user or a group. `NotFound` when it was not given in this mode.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_data_source_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = (
  datasourceId: DatasourceId,
  grantee: Permissions.Grantee,
  capability: Permissions.Capability
): Effect.Effect<void, OperationError, TableauSession> => grants.delete(datasourceId, grantee, capability)
