import { Connection } from "../../Connections.js"
import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
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
