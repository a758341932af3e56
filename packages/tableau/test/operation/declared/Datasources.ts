import { type Ids, Jobs, Operation, Response } from "effect-tableau"

export interface HyperAction {
  readonly action: "insert" | "update" | "upsert" | "replace" | "delete"
  readonly "source-table"?: string
  readonly "target-table": string
  readonly condition?: object
}

/** Changes the rows of a data source that is live to a Hyper file. A call that is sent twice is done once. */
export const updateHyperData = Operation.make({
  name: "Datasources.updateHyperData",
  request: "PATCH /sites/{siteId}/datasources/{datasourceId}/data",
  since: "3.12",
  scope: "tableau:hyper_data:update",
  idempotencyKey: "RequestID",
  input: (datasourceId: Ids.DatasourceId, actions: ReadonlyArray<HyperAction>, uploadSessionId?: string) => ({
    datasourceId,
    query: { uploadSessionId },
    json: { actions }
  }),
  response: Response.element("job", Jobs.Job)
})
