/**
 * Connections of workbooks, data sources and flows to their data. The operations are those of the resources, such as
 * `Workbooks.connections`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ConnectionId } from "./Ids.js"
import * as References from "./References.js"
import * as Xml from "./Xml.js"

const connection = Xml.struct(
  {},
  {
    id: ConnectionId,
    /** The kind of database or file, such as `sqlserver`; `sqlproxy` is a published data source. */
    type: Schema.String,
    /** The connection class, as it is named in Tableau's files. */
    dbClass: Schema.String,
    serverAddress: Schema.String,
    serverPort: Xml.Integer,
    /** The account with which Tableau signs in to the database. */
    userName: Schema.String,
    /** Whether the password is stored with the content. Tableau never sends the password itself. */
    embedPassword: Xml.Flag,
    /** How Tableau signs in to the database, such as `oauth`. The values depend on the connector. */
    authenticationType: Schema.String,
    queryTaggingEnabled: Xml.Flag,
    useOAuthManagedKeychain: Xml.Flag,
    scope: Schema.String,
    filename: Schema.String,
    googleSheetId: Schema.String,
    instanceUrl: Schema.String,
    oauthConfigId: Schema.String,
    /** The data source that the connection belongs to. */
    datasource: References.DatasourceReference
  }
)

/**
 * A connection. It says whether a password is embedded, and never what it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection extends Xml.TypeOf<typeof connection> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Connection: Xml.Model<Connection, typeof connection> = connection
