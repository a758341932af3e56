import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import type { Response } from "../../Fault.js"

/** What other processes can read under `/simulator/`, by name. */
export type Inspection = Readonly<Record<string, Effect.Effect<ReadonlyArray<unknown>>>>

/** The response to `GET /simulator/{name}`, as JSON. It is no request to Tableau and is not in the log. */
export const inspect = (request: IncomingMessage, inspection: Inspection): Effect.Effect<Response> | undefined => {
  const [, name = ""] = /^\/simulator\/(\w+)$/.exec(request.url ?? "") ?? []
  const read = request.method === "GET" && Object.hasOwn(inspection, name) ? inspection[name] : undefined
  if (read === undefined) return undefined
  return Effect.map(read, (found) => ({
    status: 200,
    headers: { "content-type": "application/json;charset=utf-8" },
    body: JSON.stringify({ [name]: found })
  }))
}
