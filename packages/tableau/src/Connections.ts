/**
 * Connections: how workbooks, data sources and flows reach their data. The operations are those of the resources, such
 * as `Workbooks.connections`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ConnectionId } from "./Ids.js"

import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: Schema.optional(ConnectionId),
  type: Schema.optional(Schema.String),
  dbClass: Schema.optional(Schema.String),
  serverAddress: Schema.optional(Schema.String),
  serverPort: Schema.optional(Leaf.Integer),
  userName: Schema.optional(Schema.String),
  embedPassword: Schema.optional(Leaf.Flag),
  authenticationType: Schema.optional(Schema.String),
  queryTaggingEnabled: Schema.optional(Leaf.Flag),
  useOAuthManagedKeychain: Schema.optional(Leaf.Flag),
  scope: Schema.optional(Schema.String),
  filename: Schema.optional(Schema.String),
  googleSheetId: Schema.optional(Schema.String),
  instanceUrl: Schema.optional(Schema.String),
  oauthConfigId: Schema.optional(Schema.String),
  datasource: Schema.optional(References.DatasourceReference)
})

/**
 * A connection. Passwords are never sent, only whether one is embedded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection {
  readonly id?: ConnectionId | undefined
  /** The kind of database or file, such as `sqlserver`; `sqlproxy` is a published data source. */
  readonly type?: string | undefined
  readonly dbClass?: string | undefined
  readonly serverAddress?: string | undefined
  readonly serverPort?: number | undefined
  readonly userName?: string | undefined
  readonly embedPassword?: boolean | undefined
  readonly authenticationType?: string | undefined
  readonly queryTaggingEnabled?: boolean | undefined
  readonly useOAuthManagedKeychain?: boolean | undefined
  readonly scope?: string | undefined
  readonly filename?: string | undefined
  readonly googleSheetId?: string | undefined
  readonly instanceUrl?: string | undefined
  readonly oauthConfigId?: string | undefined
  /** What has the connection. */
  readonly datasource?: References.DatasourceReference | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectionEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Connection: Schema.Schema<Connection, ConnectionEncoded> = struct

interface Connected {
  /** The module of the resource. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  readonly since: string
  readonly documentation: `https://${string}`
}

/**
 * Asking for the connections of a resource.
 *
 * @internal
 */
export const operation = <Id extends string>({ documentation, name, path, since }: Connected) => {
  const queryConnections = Endpoint.make({
    name: `${name}.connections`,
    method: "GET",
    path: `/sites/{siteId}/${path}/{id}/connections` as const,
    since,
    scopes: ["tableau:content:read"],
    success: Schema.Struct({ connections: Leaf.list("connection", Connection) }),
    documentation
  })
  return (id: Id): Effect.Effect<ReadonlyArray<Connection>, OperationError, TableauSession> =>
    Effect.map(Endpoint.call(queryConnections, { id }), ({ connections }) => connections)
}
