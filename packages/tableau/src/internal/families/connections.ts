import { Connection, type ConnectionChanges, type FlowConnectionChanges } from "../../Connections.js"
import type { ConnectionId } from "../../Ids.js"
import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import * as Xml from "../../Xml.js"
import type { Resource } from "./resource.js"

export const list = <Id extends string>({ name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.connections`,
    request: `GET /sites/{siteId}/${path}/{id}/connections` as const,
    since,
    scope: "tableau:content:read",
    input: (id: Id) => ({ id }),
    response: Response.items("connections", "connection", Connection)
  })

/** The facts that differ between the resources. */
interface Facts {
  readonly since: string
  readonly scope: `tableau:${string}:update`
  /** The first API version in which `authenticationType` can be changed. */
  readonly authenticationTypeSince: string
}

/** Attributes in one order, whatever the order of the properties is; others are not sent. */
export const attributesOf = (changes: ConnectionChanges) => ({
  serverAddress: changes.serverAddress,
  serverPort: changes.serverPort,
  authenticationType: changes.authenticationType,
  userName: changes.userName,
  password: changes.password,
  embedPassword: changes.embedPassword,
  queryTaggingEnabled: changes.queryTaggingEnabled
})

/** Why changes cannot be sent: servers refuse a connection without any attribute. */
export const problemOf = (
  connectionIds: ReadonlyArray<ConnectionId>,
  changes: ConnectionChanges
): string | undefined => {
  if (connectionIds.length === 0) return "There is no connection to change: give at least one id."
  return Object.values(attributesOf(changes)).every((value) => value === undefined)
    ? "There is no change: give at least one property of the connection."
    : undefined
}

export const update = <Id extends string, Changes extends FlowConnectionChanges = ConnectionChanges>(
  { name, path }: Resource<Id>,
  { authenticationTypeSince, scope, since }: Facts
) =>
  Operation.make({
    name: `${name}.updateConnection`,
    request: `PUT /sites/{siteId}/${path}/{id}/connections/{connectionId}` as const,
    since,
    scope,
    idempotent: true,
    input: (id: Id, connectionId: ConnectionId, changes: Changes) => {
      const problem = problemOf([connectionId], changes)
      return problem === undefined
        ? {
            id,
            connectionId,
            since: changes.authenticationType === undefined ? undefined : authenticationTypeSince,
            xml: { connection: attributesOf(changes) }
          }
        : Operation.invalidInput(problem)
    },
    response: Response.element("connection", Connection)
  })

/** Tableau documents one `<connection>`, and its Python client expects all of them in `<connections>`. */
const updated = Response.map(
  Response.elements(
    Xml.struct({}, { connection: Xml.repeated(Connection), connections: Xml.list("connection", Connection) })
  ),
  ({ connection, connections }) => connections ?? connection
)

export const updateSeveral = <Id extends string>({ name, path }: Resource<Id>, scope: `tableau:${string}:update`) =>
  Operation.make({
    name: `${name}.updateConnections`,
    request: `PUT /sites/{siteId}/${path}/{id}/connections` as const,
    since: "3.27",
    scope,
    idempotent: true,
    input: (id: Id, connectionIds: ReadonlyArray<ConnectionId>, changes: ConnectionChanges) => {
      const problem = problemOf(connectionIds, changes)
      return problem === undefined
        ? { id, xml: { connectionLuids: { connectionLuid: connectionIds }, connection: attributesOf(changes) } }
        : Operation.invalidInput(problem)
    },
    response: updated
  })
