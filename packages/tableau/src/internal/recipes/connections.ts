/** The credentials of connections: servers never send passwords, so callers give them. */
import type * as Redacted from "effect/Redacted"
import type { Connection, ConnectionCredentials } from "../../Connections.js"

/**
 * Connections to a database: those with this address, and with this port, user and type if they are given.
 *
 * @since 0.1.0
 * @category options
 */
export interface Database {
  /** Its case is not significant. */
  readonly serverAddress: string
  readonly serverPort?: number | undefined
  /** The account with which Tableau signs in to the database. */
  readonly userName?: string | undefined
  /** Such as `sqlserver`. */
  readonly type?: string | undefined
}

/**
 * The password for connections to a database.
 *
 * @since 0.1.0
 * @category options
 */
export interface ConnectionPassword extends Database {
  readonly password: Redacted.Redacted
  /** The account of the copy. By default that of the connection. */
  readonly newUserName?: string | undefined
  /** Whether the password is stored with the content. By default as it is in the connection. */
  readonly embed?: boolean | undefined
}

/**
 * The credentials that a copied connection has: `given` by the caller; `missing`, so that users are asked for them, or the
 * connection does not work; `notNeeded`, as for files; or those of a `publishedDatasource`, which must exist under the same
 * name on the site of the copy.
 *
 * @since 0.1.0
 * @category models
 */
export type CredentialsOutcome = "given" | "missing" | "notNeeded" | "publishedDatasource"

/**
 * A connection of content that is copied or restored.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopiedConnection
  extends Pick<Connection, "type" | "serverAddress" | "serverPort" | "userName" | "embedPassword"> {
  readonly credentials: CredentialsOutcome
}

/** The type of a connection to a published data source, which has the credentials. */
export const publishedDatasource = "sqlproxy"

type Known = Omit<CopiedConnection, "credentials">

export const matches = (connection: Known, { serverAddress, serverPort, type, userName }: Database): boolean =>
  connection.serverAddress?.toLowerCase() === serverAddress.toLowerCase() &&
  (serverPort === undefined || connection.serverPort === serverPort) &&
  (userName === undefined || connection.userName === userName) &&
  (type === undefined || connection.type === type)

/** The account, if there is a password for it. */
const accountOf = (connection: Known, password: ConnectionPassword | undefined): string | undefined =>
  password === undefined ? undefined : password.newUserName || connection.userName || undefined

const outcomeOf = (connection: Known, password: ConnectionPassword | undefined): CredentialsOutcome => {
  if (connection.type === publishedDatasource) return "publishedDatasource"
  if (accountOf(connection, password) !== undefined) return "given"
  return connection.embedPassword === true || (connection.userName ?? "") !== "" ? "missing" : "notNeeded"
}

/** What is sent with the content, and what is reported. */
export const withCredentials = (
  connections: ReadonlyArray<Known>,
  passwords: ReadonlyArray<ConnectionPassword> = []
): { readonly sent: ReadonlyArray<ConnectionCredentials>; readonly reported: ReadonlyArray<CopiedConnection> } => {
  const reported: Array<CopiedConnection> = []
  const sent = new Map<string, ConnectionCredentials>()
  for (const connection of connections) {
    const { embedPassword, serverAddress = "", serverPort, type, userName } = connection
    const password = passwords.find((password) => matches(connection, password))
    const outcome = outcomeOf(connection, password)
    reported.push({
      type,
      serverAddress: connection.serverAddress,
      serverPort,
      userName,
      embedPassword,
      credentials: outcome
    })
    const name = accountOf(connection, password)
    if (outcome !== "given" || password === undefined || name === undefined) continue
    // Several connections to one database with one account are one for Tableau. If one of them asks for the password, so do all.
    const key = JSON.stringify([serverAddress, serverPort, name])
    const isStored = embedPassword !== false && sent.get(key)?.credentials?.embed !== false
    const credentials = { name, password: password.password, embed: password.embed ?? isStored }
    sent.set(key, { serverAddress, serverPort, credentials })
  }
  return { sent: [...sent.values()], reported }
}
