import type * as Schema from "effect/Schema"
import { type Ids, Operation, Response } from "effect-tableau"

export interface Query {
  readonly fields: ReadonlyArray<{
    readonly fieldCaption: string
    readonly function?: string
    readonly fieldAlias?: string
  }>
  readonly filters?: ReadonlyArray<object>
}

/** Queries a published data source: its rows, as the server sends them. */
export const query = Operation.generic(
  {
    name: "VizqlData.query",
    request: "POST /api/v1/vizql-data-service/query-datasource",
    since: "3.25",
    scope: "tableau:viz_data_service:read",
    readOnly: true
  },
  (send) =>
    <A, I>(datasourceId: Ids.DatasourceId, query: Query, row: Schema.Schema<A, I>) =>
      send(
        { json: { datasource: { datasourceLuid: datasourceId }, query, options: { returnFormat: "OBJECTS" } } },
        Response.rows("data", row)
      )
)
