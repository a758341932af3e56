import * as Schema from "effect/Schema"
import { Operation, Response } from "effect-tableau"

export const Definition = Schema.Struct({
  metadata: Schema.Struct({ id: Schema.String, name: Schema.String, description: Schema.optional(Schema.String) })
})

/** Updates a metric definition: members that are given replace those of the definition. */
export const updateDefinition = Operation.make({
  name: "Pulse.updateDefinition",
  request: "PATCH /api/-/pulse/definitions/{definitionId}",
  since: "3.21",
  deployment: "Cloud",
  scope: "tableau:insight_definitions:update",
  idempotent: true,
  input: (definitionId: string, change: { readonly name?: string; readonly description?: string }) => ({
    definitionId,
    json: { definition_id: definitionId, ...change }
  }),
  response: Response.member("definition", Definition)
})

export interface ListOptions {
  readonly pageSize?: number
  readonly metricId?: string
}

/** Lists the metric definitions of the site. */
export const listDefinitions = Operation.make({
  name: "Pulse.listDefinitions",
  request: "GET /api/-/pulse/definitions",
  since: "3.21",
  deployment: "Cloud",
  scope: "tableau:insight_definitions_metrics:read",
  input: (options: ListOptions = {}) => ({ query: { page_size: options.pageSize, metric_id: options.metricId } }),
  response: Response.pages(
    Schema.Struct({
      definitions: Schema.Array(Definition),
      next_page_token: Schema.optional(Schema.String),
      total_available: Schema.optional(Schema.Number)
    }),
    {
      items: ({ definitions }) => definitions,
      next: ({ next_page_token }) => (next_page_token ? { page_token: next_page_token } : undefined),
      total: ({ total_available }) => total_available
    }
  )
})
