/** The operations that each workflow calls: JWT scopes are made from them. */
import {
  Datasources,
  Extracts,
  FileUploads,
  Flows,
  Jobs,
  type Operation,
  Projects,
  Recipes,
  Workbooks
} from "effect-tableau"

type Operations = Operation.Composite["operations"]

/** Not `Jobs.await`, which may cancel jobs: workflows do not. */
const waiting: Operations = [Jobs.get, Jobs.list]

export const refreshWorkbook: Operations = [Workbooks.get, Workbooks.refresh, Extracts.findRefresh, ...waiting]

export const refreshDatasource: Operations = [Datasources.get, Datasources.refresh, Extracts.findRefresh, ...waiting]

const publishing: Operations = [Projects.list, FileUploads.upload, ...waiting]

export const publishWorkbook: Operations = [
  ...publishing,
  Workbooks.list,
  Workbooks.get,
  Workbooks.revisions,
  Workbooks.publishAsJob
]

export const publishDatasource: Operations = [
  ...publishing,
  Datasources.list,
  Datasources.get,
  Datasources.revisions,
  Datasources.publishAsJob
]

export const publishFlow: Operations = [Projects.list, FileUploads.upload, Flows.list, Flows.get, Flows.publish]

export const backupProject: Operations = [Recipes.backupProject]
