import type * as Schema from "effect/Schema"
import { Operation, Response } from "effect-tableau"

/** Runs a GraphQL query on the Metadata API. The data is decoded by the given schema. */
export const query = Operation.generic(
  {
    name: "Metadata.query",
    request: "POST /api/metadata/graphql",
    since: "3.5",
    scope: "tableau:content:read",
    readOnly: true
  },
  (send) =>
    <A, I>(document: string, data: Schema.Schema<A, I>, variables: Readonly<Record<string, unknown>> = {}) =>
      send({ json: { query: document, variables } }, Response.graphql(data))
)
