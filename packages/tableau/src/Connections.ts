/**
 * Connections of workbooks, data sources and flows to their data. The operations are those of the resources, such as
 * `Workbooks.connections`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
 * @since 0.1.0
 */
import type * as Redacted from "effect/Redacted"
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

/**
 * How Tableau signs in to a database. They are necessary each time that content is published, also if its file has
 * credentials of its own.
 *
 * @since 0.1.0
 * @category options
 */
export interface Credentials {
  /** The account, or the client id of two-legged OAuth. */
  readonly name: string
  /** The password, or the client secret of two-legged OAuth. Not needed with `oAuth: true`. */
  readonly password?: Redacted.Redacted | undefined
  /** Whether the password is stored with the content. By default false: users are asked for it. */
  readonly embed?: boolean | undefined
  /** Whether `name` is the account of an OAuth connection that its owner has saved on the server. */
  readonly oAuth?: boolean | undefined
}

/**
 * The credentials of one connection of a file that is published. The connection is found by its address.
 *
 * @since 0.1.0
 * @category options
 */
export interface ConnectionCredentials {
  /** As it is written in the file. */
  readonly serverAddress: string
  readonly serverPort?: number | undefined
  readonly credentials?: Credentials | undefined
}

/**
 * What to change in a connection of a flow. At least one property is necessary; the others stay as they are.
 *
 * @since 0.1.0
 * @category options
 */
export interface FlowConnectionChanges {
  readonly serverAddress?: string | undefined
  readonly serverPort?: number | undefined
  readonly userName?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** Whether the password is stored with the content. */
  readonly embedPassword?: boolean | undefined
  /**
   * How Tableau signs in to the database, in the connector's words, such as `auth-user-pass`, `oauth` or `auth-keypair`. It
   * needs API version 3.27, for flows 3.28.
   */
  readonly authenticationType?: string | undefined
}

/**
 * What to change in a connection of a workbook or a data source. At least one property is necessary; the others stay as
 * they are.
 *
 * @since 0.1.0
 * @category options
 */
export interface ConnectionChanges extends FlowConnectionChanges {
  /** For administrators. */
  readonly queryTaggingEnabled?: boolean | undefined
}
