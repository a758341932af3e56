/** The models of jobs. The public module is `Jobs.ts`; they lie here because publishing and refreshing return jobs. */
import * as Schema from "effect/Schema"
import { ConnectionId, JobId } from "../../Ids.js"
import * as References from "../../References.js"
import * as Xml from "../../Xml.js"

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
     * 0 for success, 1 for failure, 2 for a cancelled job, and 3 for success by Tableau Bridge. Meaningful only when
     * `completedAt` is present: some servers send 0 or 1 before. `Jobs.await` decides for you.
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
