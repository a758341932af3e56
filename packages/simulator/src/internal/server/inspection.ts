import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import type { Answer } from "../../Fault.js"

/** What another process can ask for, under `/simulator/`, by name. */
export type Inspection = Readonly<Record<string, Effect.Effect<ReadonlyArray<unknown>>>>

/** The answer to `GET /simulator/{name}`: JSON. Such a request is no request to Tableau, and is not itself seen. */
export const inspect = (request: IncomingMessage, inspection: Inspection): Effect.Effect<Answer> | undefined => {
  const [, name = ""] = /^\/simulator\/(\w+)$/.exec(request.url ?? "") ?? []
  const asked = request.method === "GET" && Object.hasOwn(inspection, name) ? inspection[name] : undefined
  if (asked === undefined) return undefined
  return Effect.map(asked, (found) => ({
    status: 200,
    headers: { "content-type": "application/json;charset=utf-8" },
    body: JSON.stringify({ [name]: found })
  }))
}
