import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { Connection, Content } from "../content/model.js"
import { attribute, child, children, type Element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok, type Reply, type SessionCall } from "../session/call.js"
import { flag, required } from "./body.js"
import { describeConnection } from "./content.js"
import * as Datasources from "./datasources.js"
import * as Flows from "./flows.js"
import { handlers } from "./handler.js"
import { find, type Kind } from "./kind.js"
import * as Workbooks from "./workbooks.js"

/** Applies the values of a request to a connection. Absent values stay unchanged. */
const change = (given: Element): Effect.Effect<(before: Connection) => Connection, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const port = attribute(given, "serverPort")
    if (port !== undefined && port !== "" && !/^\d{1,5}$/.test(port)) {
      return yield* Errors.badRequest("serverPort is a number.")
    }
    const embedPassword = yield* flag(given, "embedPassword")
    const queryTaggingEnabled = yield* flag(given, "queryTaggingEnabled")
    return (before) => ({
      ...before,
      serverAddress: attribute(given, "serverAddress") ?? before.serverAddress,
      serverPort: port === undefined || port === "" ? before.serverPort : Number(port),
      userName: attribute(given, "userName") ?? before.userName,
      embedPassword: embedPassword ?? before.embedPassword,
      authenticationType: attribute(given, "authenticationType") ?? before.authenticationType,
      queryTaggingEnabled: queryTaggingEnabled ?? before.queryTaggingEnabled
    })
  })

/** Changes some connections of an item, and with each the others of its type. Returns the connections by id. */
const apply = (
  { site }: SessionCall,
  item: Content,
  changes: ReadonlyMap<string, (before: Connection) => Connection>
): Effect.Effect<ReadonlyMap<string, Connection>, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const before = site.connectionsOf(item)
    const byType = new Map<string, (before: Connection) => Connection>()
    for (const [id, change] of changes) {
      const connection = before.find((known) => known.id === id)
      if (connection === undefined) return Effect.fail(Errors.connectionNotFound)
      byType.set(connection.type, change)
    }
    const after = before.map((connection) => {
      const change = changes.get(connection.id) ?? byType.get(connection.type)
      return change === undefined ? connection : change(connection)
    })
    site.setConnections(item, after)
    return Effect.succeed(new Map(after.map((connection) => [connection.id, connection])))
  })

const described = (
  { site }: SessionCall,
  connections: ReadonlyMap<string, Connection>,
  ids: ReadonlyArray<string>
): ReadonlyArray<Element> =>
  ids.flatMap((id) => {
    const connection = connections.get(id)
    return connection === undefined ? [] : [describeConnection(site, connection)]
  })

/** Handlers that change one connection, or several with the same values. */
const forKind = <A extends Content, Parameter extends string>(
  kind: Kind<A, Parameter>,
  forbidden: Errors.ErrorResponse
) => {
  const findWritable = (call: SessionCall<Parameter>) =>
    Effect.filterOrFail(
      find(kind, call),
      (item) => may(call.site, call.session.user, "Write", item),
      () => forbidden
    )

  const one = (call: SessionCall<Parameter | "connectionId">): Effect.Effect<Reply, Errors.ErrorResponse> =>
    Effect.gen(function* () {
      const item = yield* findWritable(call)
      const given = yield* required(call, "connection")
      if (Object.keys(given.attributes).length === 0)
        return yield* Errors.badRequest("The <connection> changes nothing.")
      const id = call.parameter("connectionId")
      const changed = yield* apply(call, item, new Map([[id, yield* change(given)]]))
      return ok(...described(call, changed, [id]))
    })

  const several = (call: SessionCall<Parameter>): Effect.Effect<Reply, Errors.ErrorResponse> =>
    Effect.gen(function* () {
      const item = yield* findWritable(call)
      const root = yield* call.payload
      const given = yield* required(call, "connection")
      // Tableau's reference and its Python client spell the list differently.
      const luids = [
        ...children(child(root, "connectionLuids"), "connectionLuid"),
        ...children(child(root, "connectionLUIDs"), "connectionLUID")
      ]
      const ids = luids.map(({ text }) => text.trim())
      if (ids.length === 0) return yield* Errors.badRequest("The <connectionLuids> are missing or empty.")
      const changeEach = yield* change(given)
      const changed = yield* apply(call, item, new Map(ids.map((id) => [id, changeEach])))
      return ok(list("connections", described(call, changed, ids)))
    })

  return { findWritable, one, several }
}

const workbooks = forKind(Workbooks.kind, Errors.connectionForbidden("403029"))
const datasources = forKind(Datasources.kind, Errors.connectionForbidden("403023"))
const flows = forKind(Flows.kind, Errors.connectionForbidden("403103"))

export const signedIn = handlers({
  updateWorkbookConnection: workbooks.one,
  updateWorkbookConnections: workbooks.several,
  updateDataSourceConnection: datasources.one,
  updateDataSourceConnections: datasources.several,
  updateFlowConnection: flows.one,
  // Each connection of a flow has values of its own.
  updateFlowConnections: (call) =>
    Effect.gen(function* () {
      const flow = yield* flows.findWritable(call)
      const given = children(yield* required(call, "connections"), "connection")
      if (given.length === 0) return yield* Errors.badRequest("The <connections> are empty.")
      const changes = new Map<string, (before: Connection) => Connection>()
      for (const connection of given) changes.set(attribute(connection, "id") ?? "", yield* change(connection))
      const changed = yield* apply(call, flow, changes)
      return ok(list("connections", described(call, changed, [...changes.keys()])))
    })
})
