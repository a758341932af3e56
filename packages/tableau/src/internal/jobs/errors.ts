/** How a job ended, if not with success. The public module is `Jobs.ts`. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { formatMessage, jobFields } from "../errors/fields.js"
import { Job } from "../models/job.js"

const fields = {
  ...jobFields,
  /** As the server reported it last. Its strings are without secrets and control characters, and limited in length. */
  job: Schema.suspend(() => Job.json)
}

/** The id of a job, its type, and the name of its content. */
const describe = (job: Job): string => {
  const { datasource, workbook } = { ...job.extractCreationJob, ...job.extractRefreshJob }
  const name = workbook?.name ?? datasource?.name ?? job.runFlowJobType?.flow?.name
  const details = [job.type, name === undefined ? undefined : JSON.stringify(name)].filter((text) => text !== undefined)
  return details.length === 0 ? `job ${job.id}` : `job ${job.id} (${details.join(" of ")})`
}

/**
 * The job ended with a failure. `notes` says why, in the server's words.
 *
 * @since 0.1.0
 * @category errors
 */
export class JobFailed extends Schema.TaggedError<JobFailed>("effect-tableau/JobFailed")("JobFailed", {
  ...fields,
  /** What the server says about the failure. Empty if it says nothing. */
  notes: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return formatMessage(this, `${describe(this.job)} failed`, this.notes.join(" "))
  }
}

/**
 * The job was cancelled, by a user or by the server.
 *
 * @since 0.1.0
 * @category errors
 */
export class JobCancelled extends Schema.TaggedError<JobCancelled>("effect-tableau/JobCancelled")("JobCancelled", {
  ...fields,
  notes: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return formatMessage(this, `${describe(this.job)} was cancelled`, this.notes.join(" "))
  }
}

const shown = (time: Duration.Duration): string => {
  const millis = Math.round(Duration.toMillis(time))
  return millis < 1000 ? `${millis} milliseconds` : `${Math.round(millis / 100) / 10} seconds`
}

/**
 * The job had not ended when the deadline passed, or when the schedule of the polls ended. It still runs on the server, or
 * waits there: `Jobs.await` can wait for it again, and `Jobs.cancel` cancels it.
 *
 * @since 0.1.0
 * @category errors
 */
export class JobTimedOut extends Schema.TaggedError<JobTimedOut>("effect-tableau/JobTimedOut")("JobTimedOut", {
  ...fields,
  /** For how long the job was awaited. */
  after: Schema.DurationFromMillis,
  /** The message of the error of the last poll, if that failed. */
  lastError: Schema.optional(Schema.String)
}) {
  override get message(): string {
    return formatMessage(
      this,
      `${describe(this.job)} had not ended after ${shown(this.after)}`,
      this.lastError === undefined
        ? "It still runs on the server, or waits there: await it again with more time, or cancel it with `Jobs.cancel`."
        : `It may still run on the server. The last poll failed: ${this.lastError}`
    )
  }
}

/**
 * The Schema of the errors of a job that did not end with success.
 *
 * @since 0.1.0
 * @category schemas
 */
export const JobError = Schema.Union(JobFailed, JobCancelled, JobTimedOut)

/**
 * The errors of a job that did not end with success.
 *
 * @since 0.1.0
 * @category errors
 */
export type JobError = JobFailed | JobCancelled | JobTimedOut
