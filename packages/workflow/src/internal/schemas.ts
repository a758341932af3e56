/** What workflows take, return and fail with. The public module is `TableauWorkflow.ts`. */
import * as Schema from "effect/Schema"
import { Ids, Jobs, Recipes, TableauError, Upload } from "effect-tableau"
import { CredentialsUnavailable, FileUnavailable, JobNotFollowed, OutcomeUnknown, WrongSite } from "./errors.js"

/** What all payloads have. */
export const shared = {
  /** The content URL of the site: `""` is the Default site. The session of each process must be on this site. */
  site: Schema.String,
  /** Executions with the same key, site, content and mode are one: use the date of a nightly refresh. */
  key: Schema.String
}

export const refreshing = {
  ...shared,
  /** Whether only new rows are added. By default false. */
  incremental: Schema.optional(Schema.Boolean)
}

/**
 * A refresh that has succeeded.
 *
 * @since 0.1.0
 * @category models
 */
export const Refreshed = Schema.Struct({
  job: Ids.JobId,
  /**
   * `started`: the workflow has started the job. `joined`: the job was queued or ran before. `found`: a process was killed,
   * or a response lost, and this job was created since: it is most likely the job of the workflow.
   */
  start: Schema.Literal("started", "joined", "found"),
  createdAt: Schema.optional(Schema.DateTimeUtc),
  completedAt: Schema.optional(Schema.DateTimeUtc),
  /** What the server says about the result. */
  notes: Schema.Array(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Refreshed extends Schema.Schema.Type<typeof Refreshed> {}

/**
 * The errors of a refresh.
 *
 * @since 0.1.0
 * @category errors
 */
export const RefreshError = Schema.Union(TableauError.schema, Jobs.JobError, JobNotFollowed, OutcomeUnknown, WrongSite)

/**
 * @since 0.1.0
 * @category errors
 */
export type RefreshError = Schema.Schema.Type<typeof RefreshError>

const publishing = {
  ...shared,
  /** The path of the file, on storage that all processes share. */
  path: Schema.String,
  /** By default the name of the file without its ending. */
  name: Schema.optional(Schema.String),
  /** By default the default project of the site. */
  projectId: Schema.optional(Ids.ProjectId),
  description: Schema.optional(Schema.String)
}

export const workbookPublication = {
  ...publishing,
  /** `create` fails if a workbook of this name exists in the project, `overwrite` replaces it. By default `create`. */
  mode: Schema.optional(Schema.Literal("create", "overwrite")),
  showTabs: Schema.optional(Schema.Boolean),
  hiddenViews: Schema.optional(Schema.Array(Schema.String)),
  skipConnectionCheck: Schema.optional(Schema.Boolean)
}

export const datasourcePublication = {
  ...publishing,
  /** As of `Datasources.publish`. By default `create`. */
  mode: Schema.optional(Schema.Literal("create", "overwrite", "append", "replace")),
  useRemoteQueryAgent: Schema.optional(Schema.Boolean),
  isCertified: Schema.optional(Schema.Boolean),
  certificationNote: Schema.optional(Schema.String)
}

export const flowPublication = { ...publishing, mode: Schema.optional(Schema.Literal("create", "overwrite")) }

export const published = {
  name: Schema.optional(Schema.String),
  projectId: Schema.optional(Ids.ProjectId),
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  webpageUrl: Schema.optional(Schema.String),
  /** The job that published it. Absent if the server published it within the request, and if it was `found`. */
  job: Schema.optional(Ids.JobId),
  /**
   * `started`: the workflow has published it. `found`: a process was killed, or a response lost, and this user has published
   * the content since: it is most likely the publication of the workflow.
   */
  start: Schema.Literal("started", "found")
}

/**
 * The errors of a publication.
 *
 * @since 0.1.0
 * @category errors
 */
export const PublishError = Schema.Union(
  TableauError.schema,
  Jobs.JobError,
  JobNotFollowed,
  OutcomeUnknown,
  WrongSite,
  CredentialsUnavailable,
  FileUnavailable,
  Upload.FileChanged
)

/**
 * @since 0.1.0
 * @category errors
 */
export type PublishError = Schema.Schema.Type<typeof PublishError>

/**
 * A backup that has ended. The manifest in the folder has all items.
 *
 * @since 0.1.0
 * @category models
 */
export const BackedUp = Schema.Struct({
  folder: Schema.String,
  /** How many items were downloaded. */
  downloaded: Schema.Int,
  /** How many files were complete and current, also by an earlier attempt of this workflow. */
  kept: Schema.Int,
  /** Items that could not be downloaded: they do not fail the others. */
  failed: Schema.Array(
    Schema.Struct({
      type: Schema.Literal("workbook", "datasource", "flow"),
      id: Schema.String,
      name: Schema.String,
      message: Schema.String
    })
  ),
  /** How many items of an earlier backup are no longer in the project. */
  absent: Schema.Int
})

/**
 * @since 0.1.0
 * @category models
 */
export interface BackedUp extends Schema.Schema.Type<typeof BackedUp> {}

/**
 * The errors of a backup.
 *
 * @since 0.1.0
 * @category errors
 */
export const BackupError = Schema.Union(TableauError.schema, Recipes.BackupInvalid, FileUnavailable, WrongSite)

/**
 * @since 0.1.0
 * @category errors
 */
export type BackupError = Schema.Schema.Type<typeof BackupError>
