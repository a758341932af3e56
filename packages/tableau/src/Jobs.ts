/**
 * Jobs: work that the server does in the background, for example to refresh an extract.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ConnectionId, JobId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as References from "./References.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const backgroundJob = Xml.struct(
  { id: JobId },
  {
    /** For example `refresh_extracts`. */
    jobType: Schema.String,
    /** `Pending`, `InProgress`, `Success`, `Failed` or `Cancelled`. */
    status: Schema.String,
    title: Schema.String,
    subtitle: Schema.String,
    /** From 1 to 100. The server runs jobs with a lower number first. */
    priority: Xml.Integer,
    createdAt: Xml.Timestamp,
    startedAt: Xml.Timestamp,
    endedAt: Xml.Timestamp
  }
)

/**
 * A job as `list` returns it: with other properties than the `Job` that `get` returns. Only `id` is always present: the
 * server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackgroundJob extends Xml.TypeOf<typeof backgroundJob> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const BackgroundJob: Xml.Model<BackgroundJob, typeof backgroundJob> = backgroundJob

const job = Xml.struct(
  { id: JobId },
  {
    /** For example `RefreshExtract`. */
    type: Schema.String,
    mode: Schema.String,
    /** In percent. */
    progress: Xml.Integer,
    /**
     * 0 for success, 1 for failure, 2 for a cancelled job. Meaningful only when `completedAt` is present: some servers
     * send 1 for a job that has not ended.
     */
    finishCode: Xml.Integer,
    createdAt: Xml.Timestamp,
    startedAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    /** Absent until the job has ended. */
    completedAt: Xml.Timestamp,
    /** Results in figures, for example how many users an import has added. */
    statusNotes: Xml.list(
      "statusNote",
      Xml.struct({}, { type: Schema.String, value: Schema.String, text: Schema.String })
    ),
    extractRefreshJob: Xml.struct(
      {},
      {
        notes: Schema.String,
        workbook: References.WorkbookReference,
        datasource: References.DatasourceReference,
        view: References.ViewReference
      }
    ),
    extractCreationJob: Xml.struct(
      {},
      {
        notes: Schema.String,
        jobLuid: JobId,
        workbook: References.WorkbookReference,
        datasource: References.DatasourceReference
      }
    ),
    updateUploadedFileJob: Xml.struct(
      {},
      { notes: Schema.String, connectionLuid: ConnectionId, datasource: References.DatasourceReference }
    ),
    subscriptionJobType: Xml.struct(
      {},
      { notes: Schema.String, subscriptionId: Schema.String, subscriptionSubject: Schema.String }
    ),
    runFlowJobType: Xml.struct({}, { notes: Schema.String, flowRunId: Schema.String, flow: References.FlowReference }),
    thumbnailsRefreshJob: Xml.struct({}, { jobLuid: JobId, workbook: References.WorkbookReference })
  }
)

/**
 * A job, with the content that it works on: `type` decides which of the nested objects is present. Only `id` is always
 * present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job extends Xml.TypeOf<typeof job> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Job: Xml.Model<Job, typeof job> = job

const filterFields = {
  args: Fields.searchable<BackgroundJob>(),
  completedAt: Fields.date<BackgroundJob>(({ endedAt }) => endedAt, { requestName: "endedAt" }),
  createdAt: Fields.date<BackgroundJob>(({ createdAt }) => createdAt),
  jobType: Fields.identifier<BackgroundJob>(({ jobType }) => jobType),
  notes: Fields.searchable<BackgroundJob>(),
  priority: Fields.number<BackgroundJob>(({ priority }) => priority),
  progress: Fields.number<BackgroundJob>(),
  startedAt: Fields.date<BackgroundJob>(({ startedAt }) => startedAt),
  status: Fields.identifier<BackgroundJob>(({ status }) => status),
  subtitle: Fields.searchable<BackgroundJob>(({ subtitle }) => subtitle, { onlyIfRequested: true }),
  title: Fields.searchable<BackgroundJob>(({ title }) => title, { onlyIfRequested: true })
}

/**
 * How to list jobs.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<BackgroundJob>> {}

/**
 * Lists the jobs of the site. For administrators.
 *
 * @example
 * ```ts
 * import { Filter, Jobs } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const failed = Effect.gen(function* () {
 *   const { items } = yield* Jobs.list({ filter: [Filter.eq("status", "Failed")] })
 *   return yield* Stream.runCollect(items)
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_jobs
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Jobs.list",
  request: "GET /sites/{siteId}/jobs",
  since: "3.1",
  scope: "tableau:jobs:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("backgroundJobs", "backgroundJob", BackgroundJob, {
    fields: filterFields,
    order: "createdAt:asc"
  })
})

/**
 * The jobs of the site, as a stream. For administrators.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Returns one job: its progress, and how it ended.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_job
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Jobs.get",
  request: "GET /sites/{siteId}/jobs/{jobId}",
  since: "2.0",
  scope: "tableau:jobs:read",
  input: (jobId: JobId) => ({ jobId }),
  response: Response.element("job", Job)
})
