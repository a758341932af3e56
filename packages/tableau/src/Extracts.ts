/**
 * Extracts of workbooks and data sources, and their encryption. `Workbooks.refresh` and `Datasources.refresh` refresh
 * extracts.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm
 * @since 0.1.0
 */
import type { DatasourceId, WorkbookId } from "./Ids.js"
import * as Refresh from "./internal/families/refresh.js"
import { Job } from "./internal/models/job.js"
import * as Operation from "./Operation.js"
import * as Response from "./Response.js"

export type { FindRefreshOptions, RefreshSearch } from "./internal/families/refresh.js"

/**
 * Which of the data sources that are embedded in a workbook.
 *
 * @since 0.1.0
 * @category options
 */
export interface EmbeddedDatasources {
  /** By default all. */
  readonly datasourceIds?: ReadonlyArray<DatasourceId> | undefined
}

/**
 * How an extract is created.
 *
 * @since 0.1.0
 * @category options
 */
export interface CreateOptions {
  /** Whether the extract is encrypted. By default false; a site that enforces encryption encrypts all the same. */
  readonly encrypt?: boolean | undefined
}

const datasources = (ids: ReadonlyArray<DatasourceId> | undefined) =>
  ids === undefined
    ? { datasources: { includeAll: true } }
    : { datasources: { includeAll: false, datasource: ids.map((id) => ({ id })) } }

const noDatasource = "`datasourceIds` is empty: leave it out for all data sources."

/**
 * Creates extracts of the data sources that are embedded in a workbook, and returns the job that does it: pass it to
 * `Jobs.await`. Some servers cannot report this job by its id, but by another one that the job contains.
 *
 * @example
 * ```ts
 * import { Extracts, type Ids, Jobs } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const extracted = (id: Ids.WorkbookId) =>
 *   Effect.flatMap(Extracts.createForWorkbook(id, { encrypt: true }), (job) => Jobs.await(job))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#create_extracts_for_workbook
 * @since 0.1.0
 * @category operations
 */
export const createForWorkbook = Operation.make({
  name: "Extracts.createForWorkbook",
  request: "POST /sites/{siteId}/workbooks/{workbookId}/createExtract",
  since: "3.5",
  scope: "tableau:extracts:create",
  input: (workbookId: WorkbookId, options: CreateOptions & EmbeddedDatasources = {}) =>
    options.datasourceIds?.length === 0
      ? Operation.invalidInput(noDatasource)
      : { workbookId, query: { encrypt: options.encrypt }, xml: datasources(options.datasourceIds) },
  response: Response.element("job", Job)
})

/**
 * Creates the extract of a data source, and returns the job that does it: pass it to `Jobs.await`. Some servers cannot
 * report this job by its id, but by another one that the job contains.
 *
 * @example
 * ```ts
 * import { Extracts, type Ids, Jobs } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const extracted = (id: Ids.DatasourceId) =>
 *   Effect.flatMap(Extracts.createForDatasource(id), (job) => Jobs.await(job))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#create_extract_for_datasource
 * @since 0.1.0
 * @category operations
 */
export const createForDatasource = Operation.make({
  name: "Extracts.createForDatasource",
  request: "POST /sites/{siteId}/datasources/{datasourceId}/createExtract",
  since: "3.5",
  scope: "tableau:extracts:create",
  // Tableau's own clients send an empty body, too.
  input: (datasourceId: DatasourceId, options: CreateOptions = {}) => ({
    datasourceId,
    query: { encrypt: options.encrypt },
    xml: {}
  }),
  response: Response.element("job", Job)
})

/**
 * Deletes extracts of data sources that are embedded in a workbook, which then reads from the databases. The server works
 * on it in the background, and there is nothing to wait for: it names no job.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#delete_extracts_from_workbook
 * @since 0.1.0
 * @category operations
 */
export const deleteForWorkbook = Operation.make({
  name: "Extracts.deleteForWorkbook",
  request: "POST /sites/{siteId}/workbooks/{workbookId}/deleteExtract",
  since: "3.5",
  scope: "tableau:extracts:delete",
  input: (workbookId: WorkbookId, options: EmbeddedDatasources = {}) =>
    options.datasourceIds?.length === 0
      ? Operation.invalidInput(noDatasource)
      : { workbookId, xml: datasources(options.datasourceIds) },
  response: Response.empty
})

/**
 * Deletes the extract of a data source, which then reads from its database. The server works on it in the background, and
 * there is nothing to wait for: it names no job.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#delete_extract_from_datasource
 * @since 0.1.0
 * @category operations
 */
export const deleteForDatasource = Operation.make({
  name: "Extracts.deleteForDatasource",
  request: "POST /sites/{siteId}/datasources/{datasourceId}/deleteExtract",
  since: "3.5",
  scope: "tableau:extracts:delete",
  input: (datasourceId: DatasourceId) => ({ datasourceId, xml: {} }),
  response: Response.empty
})

/**
 * Encrypts all extracts of the site. For administrators of the server. The server works on it in the background, and there
 * is nothing to wait for: it names no job.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#encrypt_extracts_in_site
 * @since 0.1.0
 * @category operations
 */
export const encrypt = Operation.make({
  name: "Extracts.encrypt",
  request: "POST /sites/{siteId}/encrypt-extracts",
  since: "3.5",
  deployment: "Server",
  scope: "tableau:extract_encryption:create",
  input: () => ({}),
  response: Response.empty
})

/**
 * Decrypts all extracts of the site. For administrators of the server. The server works on it in the background, and there
 * is nothing to wait for: it names no job.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#decrypt_extracts_in_site
 * @since 0.1.0
 * @category operations
 */
export const decrypt = Operation.make({
  name: "Extracts.decrypt",
  request: "POST /sites/{siteId}/decrypt-extracts",
  since: "3.5",
  deployment: "Server",
  scope: "tableau:extract_encryption:delete",
  input: () => ({}),
  response: Response.empty
})

/**
 * Encrypts all encrypted extracts of the site with a new key. For administrators of the server. The server works on it in
 * the background, and there is nothing to wait for: it names no job.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_extract_and_encryption.htm#reencrypt_extracts_in_site
 * @since 0.1.0
 * @category operations
 */
export const reencrypt = Operation.make({
  name: "Extracts.reencrypt",
  request: "POST /sites/{siteId}/reencrypt-extracts",
  since: "3.5",
  deployment: "Server",
  scope: "tableau:extract_encryption:update",
  input: () => ({}),
  response: Response.empty
})

/**
 * Finds the job of a refresh of a workbook or a data source in the list of jobs, which takes an administrator: others fail
 * with `Forbidden`. Without a job in the result, the list has none: it may lag behind, and `isComplete` says whether all of it
 * was read.
 *
 * @example
 * ```ts
 * import { Extracts, type Ids } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const isRefreshing = (id: Ids.WorkbookId) => Effect.map(Extracts.findRefresh(id), ({ job }) => job !== undefined)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const findRefresh = Refresh.findRefresh
