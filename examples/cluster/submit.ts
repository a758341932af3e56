/** What a program for each night does: it submits the refresh of all content, which the workers carry out. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Datasources, Filter, type Ids, Workbooks } from "effect-tableau"
import { TableauWorkflow } from "effect-tableau-workflow"

export type Content =
  | { readonly type: "workbook"; readonly id: Ids.WorkbookId; readonly name: string }
  | { readonly type: "datasource"; readonly id: Ids.DatasourceId; readonly name: string }

/** All workbooks and data sources of the site that have extracts. */
export const content = Effect.gen(function* () {
  const withExtracts = { filter: [Filter.eq("hasExtracts", true)] }
  const workbooks = Stream.map(
    Workbooks.stream(withExtracts),
    ({ id, name = id }): Content => ({ type: "workbook", id, name })
  )
  const datasources = Stream.map(
    Datasources.stream(withExtracts),
    ({ id, name = id }): Content => ({ type: "datasource", id, name })
  )
  return Array.from(yield* Stream.runCollect(Stream.concat(datasources, workbooks)))
})

/**
 * Submits a refresh and waits for its end. It is in the database at once: this process can end meanwhile. The same key,
 * such as the date of the night, is the same refresh: submitted again, it returns the result that there is.
 */
export const refresh = (content: Content, key: string) => {
  const shared = { site: "", key }
  return content.type === "workbook"
    ? TableauWorkflow.refreshWorkbook.execute({ ...shared, id: content.id })
    : TableauWorkflow.refreshDatasource.execute({ ...shared, id: content.id })
}
