/** Errors that only workflows have. The public module is `TableauWorkflow.ts`. */
import * as Schema from "effect/Schema"
import { Ids, TableauError } from "effect-tableau"

/** The error is stored as the result, so it is read again after its cause has been corrected. */
const another = "This execution has ended, and keeps this result: after the correction, take another `key`."

/**
 * It cannot be known whether the server acted: a process was killed, or a response lost, and what the server shows since then
 * allows both. Nothing was sent again. `detail` says what was seen, and `advice` what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>("effect-tableau-workflow/OutcomeUnknown")(
  "OutcomeUnknown",
  {
    acted: Schema.tag("unknown"),
    /** Such as `refreshWorkbook`. */
    workflow: Schema.String,
    detail: Schema.String,
    advice: Schema.String
  }
) {
  override get message(): string {
    return `${this.workflow}: it is unknown whether the server acted. ${this.detail} ${this.advice}`
  }
}

/**
 * The session of the process is on another site or server than the workflow, so nothing was sent there. `execute` fails with it
 * before it stores anything, if the process runs workflows itself. A workflow that is stored waits instead, until its deadline.
 * Processes that share a database run workflows of each other: give each site a database of its own.
 *
 * @since 0.1.0
 * @category errors
 */
export class WrongSite extends Schema.TaggedError<WrongSite>("effect-tableau-workflow/WrongSite")("WrongSite", {
  workflow: Schema.String,
  /** The content URL of the site of the payload, or the server where the workflow began and the id of the site there. */
  expected: Schema.String,
  /** That of the session. */
  actual: Schema.String,
  /** Whether it is the result of an execution, which keeps it. If not, this call stored nothing. */
  isStored: Schema.Boolean
}) {
  /** The message without what to do about the execution. */
  get reason(): string {
    return `${this.workflow}: the workflow is for ${JSON.stringify(this.expected)}, and the session of this process is on ${JSON.stringify(this.actual)}. Nothing was sent there. Give the process a session on the site of the workflow (TABLEAU_SITE). Processes that share a database need sessions on one site: give each site a database of its own.`
  }

  override get message(): string {
    return this.isStored
      ? `${this.reason} ${another}`
      : `${this.reason} This call stored nothing. An execution with this key that was stored before goes on.`
  }
}

/**
 * The server has started the job, and the workflow cannot follow it: `error` says why, such as a user who may not read it. Do not
 * start it again: await it with `Jobs.await(job)`.
 *
 * @since 0.1.0
 * @category errors
 */
export class JobNotFollowed extends Schema.TaggedError<JobNotFollowed>("effect-tableau-workflow/JobNotFollowed")(
  "JobNotFollowed",
  {
    acted: Schema.tag("yes"),
    workflow: Schema.String,
    job: Ids.JobId,
    error: Schema.Union(TableauError.schema, WrongSite)
  }
) {
  override get message(): string {
    return `${this.workflow}: the server has started job ${this.job}, and the workflow cannot follow it. ${reasonOf(this.error)} Another \`key\` would start it again: await the job with \`Jobs.await\`.`
  }
}

/**
 * The option `credentials` failed until the deadline, so nothing was published. The error that it failed with is not stored, as
 * it may hold a secret: only its name is.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsUnavailable extends Schema.TaggedError<CredentialsUnavailable>(
  "effect-tableau-workflow/CredentialsUnavailable"
)("CredentialsUnavailable", {
  workflow: Schema.String,
  /** The `_tag` or the name of the error, and `TimeoutException` if it did not respond. */
  failure: Schema.String
}) {
  /** The message without what to do about the execution. */
  get reason(): string {
    return `${this.workflow}: the option \`credentials\` failed with ${this.failure}. Nothing was published. Check where it reads the credentials.`
  }

  override get message(): string {
    return `${this.reason} ${another}`
  }
}

/** Without what to do about an execution that has ended. */
export const reasonOf = (error: { readonly message: string; readonly reason?: string }): string =>
  error.reason ?? error.message

/**
 * A file or folder cannot be read or written. Files must be on storage that all processes share.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileUnavailable extends Schema.TaggedError<FileUnavailable>("effect-tableau-workflow/FileUnavailable")(
  "FileUnavailable",
  { path: Schema.String, detail: Schema.String }
) {
  override get message(): string {
    return `${this.path}: ${this.detail} The path must lead to it in each process that runs workflows. ${another}`
  }
}
