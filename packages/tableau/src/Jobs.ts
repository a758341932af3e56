/**
 * Jobs: what the server does in the background, such as refreshing extracts.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ConnectionId, JobId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const backgroundJob = Schema.Struct({
  id: JobId,
  jobType: Schema.optional(Schema.String),
  status: Schema.optional(Schema.String),
  title: Schema.optional(Schema.String),
  subtitle: Schema.optional(Schema.String),
  priority: Schema.optional(Leaf.Integer),
  createdAt: Schema.optional(Leaf.Timestamp),
  startedAt: Schema.optional(Leaf.Timestamp),
  endedAt: Schema.optional(Leaf.Timestamp)
})

/**
 * A job as lists have it. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackgroundJob {
  readonly id: JobId
  /** Such as `refresh_extracts`. */
  readonly jobType?: string | undefined
  /** `Pending`, `InProgress`, `Success`, `Failed` or `Cancelled`. */
  readonly status?: string | undefined
  readonly title?: string | undefined
  readonly subtitle?: string | undefined
  /** From 1, which comes first, to 100. */
  readonly priority?: number | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly startedAt?: DateTime.Utc | undefined
  readonly endedAt?: DateTime.Utc | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackgroundJobEncoded extends Schema.Struct.Encoded<(typeof backgroundJob)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const BackgroundJob: Schema.Schema<BackgroundJob, BackgroundJobEncoded> = backgroundJob

const struct = Schema.Struct({
  id: JobId,
  type: Schema.optional(Schema.String),
  mode: Schema.optional(Schema.String),
  progress: Schema.optional(Leaf.Integer),
  finishCode: Schema.optional(Leaf.Integer),
  createdAt: Schema.optional(Leaf.Timestamp),
  startedAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  completedAt: Schema.optional(Leaf.Timestamp),
  statusNotes: Schema.optional(
    Leaf.list(
      "statusNote",
      Schema.Struct({
        type: Schema.optional(Schema.String),
        value: Schema.optional(Schema.String),
        text: Schema.optional(Schema.String)
      })
    )
  ),
  extractRefreshJob: Schema.optional(
    Schema.Struct({
      notes: Schema.optional(Schema.String),
      workbook: Schema.optional(References.WorkbookReference),
      datasource: Schema.optional(References.DatasourceReference),
      view: Schema.optional(References.ViewReference)
    })
  ),
  extractCreationJob: Schema.optional(
    Schema.Struct({
      notes: Schema.optional(Schema.String),
      jobLuid: Schema.optional(JobId),
      workbook: Schema.optional(References.WorkbookReference),
      datasource: Schema.optional(References.DatasourceReference)
    })
  ),
  updateUploadedFileJob: Schema.optional(
    Schema.Struct({
      notes: Schema.optional(Schema.String),
      connectionLuid: Schema.optional(ConnectionId),
      datasource: Schema.optional(References.DatasourceReference)
    })
  ),
  subscriptionJobType: Schema.optional(
    Schema.Struct({
      notes: Schema.optional(Schema.String),
      subscriptionId: Schema.optional(Schema.String),
      subscriptionSubject: Schema.optional(Schema.String)
    })
  ),
  runFlowJobType: Schema.optional(
    Schema.Struct({
      notes: Schema.optional(Schema.String),
      flowRunId: Schema.optional(Schema.String),
      flow: Schema.optional(References.FlowReference)
    })
  ),
  thumbnailsRefreshJob: Schema.optional(
    Schema.Struct({ jobLuid: Schema.optional(JobId), workbook: Schema.optional(References.WorkbookReference) })
  )
})

/**
 * A job as it is by itself, with what it works on: which of those is there depends on `type`. Only `id` is surely
 * there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly id: JobId
  /** Such as `RefreshExtract`. */
  readonly type?: string | undefined
  readonly mode?: string | undefined
  /** In percent. */
  readonly progress?: number | undefined
  /** Absent until the job has ended: 0 is success, 1 failure, 2 that it was cancelled. */
  readonly finishCode?: number | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly startedAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly completedAt?: DateTime.Utc | undefined
  readonly statusNotes?:
    | ReadonlyArray<{
        readonly type?: string | undefined
        readonly value?: string | undefined
        readonly text?: string | undefined
      }>
    | undefined
  readonly extractRefreshJob?:
    | {
        readonly notes?: string | undefined
        readonly workbook?: References.WorkbookReference | undefined
        readonly datasource?: References.DatasourceReference | undefined
        readonly view?: References.ViewReference | undefined
      }
    | undefined
  readonly extractCreationJob?:
    | {
        readonly notes?: string | undefined
        readonly jobLuid?: JobId | undefined
        readonly workbook?: References.WorkbookReference | undefined
        readonly datasource?: References.DatasourceReference | undefined
      }
    | undefined
  readonly updateUploadedFileJob?:
    | {
        readonly notes?: string | undefined
        readonly connectionLuid?: ConnectionId | undefined
        readonly datasource?: References.DatasourceReference | undefined
      }
    | undefined
  readonly subscriptionJobType?:
    | {
        readonly notes?: string | undefined
        readonly subscriptionId?: string | undefined
        readonly subscriptionSubject?: string | undefined
      }
    | undefined
  readonly runFlowJobType?:
    | {
        readonly notes?: string | undefined
        readonly flowRunId?: string | undefined
        readonly flow?: References.FlowReference | undefined
      }
    | undefined
  readonly thumbnailsRefreshJob?:
    | { readonly jobLuid?: JobId | undefined; readonly workbook?: References.WorkbookReference | undefined }
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Job: Schema.Schema<Job, JobEncoded> = struct

const fields = {
  args: Fields.searchable<BackgroundJob>(),
  completedAt: Fields.date<BackgroundJob>(({ endedAt }) => endedAt, { part: "endedAt" }),
  createdAt: Fields.date<BackgroundJob>(({ createdAt }) => createdAt),
  jobType: Fields.word<BackgroundJob>(({ jobType }) => jobType),
  notes: Fields.searchable<BackgroundJob>(),
  priority: Fields.number<BackgroundJob>(({ priority }) => priority),
  progress: Fields.number<BackgroundJob>(),
  startedAt: Fields.date<BackgroundJob>(({ startedAt }) => startedAt),
  status: Fields.word<BackgroundJob>(({ status }) => status),
  subtitle: Fields.searchable<BackgroundJob>(({ subtitle }) => subtitle, { seldom: true }),
  title: Fields.searchable<BackgroundJob>(({ title }) => title, { seldom: true })
}

/**
 * How jobs are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.PartOf<BackgroundJob>> {}

const queryJobs = Endpoint.make({
  name: "Jobs.list",
  method: "GET",
  path: "/sites/{siteId}/jobs",
  since: "3.1",
  scopes: ["tableau:jobs:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, backgroundJobs: Leaf.list("backgroundJob", BackgroundJob) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_jobs"
})

const queryJob = Endpoint.make({
  name: "Jobs.get",
  method: "GET",
  path: "/sites/{siteId}/jobs/{jobId}",
  since: "2.0",
  scopes: ["tableau:jobs:read"],
  success: Schema.Struct({ job: Job }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_job"
})

/**
 * The jobs of the session's site, for administrators: how many there are, and a stream of them all. The first page has
 * come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A job that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_jobs
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<BackgroundJob>, OperationError, TableauSession> =>
  Paging.queried(
    queryJobs,
    {},
    ({ pagination, backgroundJobs }) => ({ pagination, items: backgroundJobs }),
    fields,
    "createdAt:asc",
    options
  )

/**
 * One job by its id: how far it is, and how it ended.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_schedules.htm#query_job
 * @since 0.1.0
 * @category operations
 */
export const get = (jobId: JobId): Effect.Effect<Job, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryJob, { jobId }), ({ job }) => job)
