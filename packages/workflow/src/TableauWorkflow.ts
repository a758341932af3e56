/**
 * Work on Tableau that survives the process: refresh and wait, publish and wait, and the backup of a project, as workflows of
 * `@effect/workflow`.
 *
 * A workflow runs on any `WorkflowEngine`: in memory for tests, and on `@effect/cluster` with a database. If the process is
 * killed, another process with the same database goes on. No credentials are in payloads, results, or the database.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Workflow from "@effect/workflow/Workflow"
import type * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type Connections, Ids, Jobs, Recipes, TableauError, type TableauSession, Upload } from "effect-tableau"
import { FileUnavailable, OutcomeUnknown, WrongSite } from "./internal/errors.js"

export { FileUnavailable, OutcomeUnknown, WrongSite } from "./internal/errors.js"

/** What all payloads have. */
const shared = {
  /** The content URL of the site: `""` is the Default site. The session of each process must be on this site. */
  site: Schema.String,
  /** Two executions with the same key, site and content are one: use the date of a nightly refresh. */
  key: Schema.String
}

const refreshing = {
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
export const RefreshError = Schema.Union(TableauError.schema, Jobs.JobError, OutcomeUnknown, WrongSite)

/**
 * @since 0.1.0
 * @category errors
 */
export type RefreshError = Schema.Schema.Type<typeof RefreshError>

/** Keys of strings that may have any characters. */
const keyOf = (...parts: ReadonlyArray<string | undefined>): string => JSON.stringify(parts)

/**
 * Refreshes the extracts of a workbook, and waits until they are refreshed.
 *
 * At most one refresh is started, in whatever activity a process is killed. A refresh that is queued or runs is joined. To find
 * a job after a process was killed, the user must be an administrator of the site; otherwise the workflow fails with
 * `OutcomeUnknown`, and so it does if it cannot be known whether a refresh was started.
 *
 * @example
 * ```ts
 * import { Ids } from "effect-tableau"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 *
 * const nightly = TableauWorkflow.refreshWorkbook.execute({
 *   site: "MarketingTeam",
 *   id: Ids.WorkbookId.make("1f951daf-4061-451a-9df1-69a8062664f2"),
 *   key: "2026-11-28"
 * })
 * ```
 *
 * @since 0.1.0
 * @category workflows
 */
export const refreshWorkbook = Workflow.make({
  name: "effect-tableau/refreshWorkbook",
  payload: { ...refreshing, id: Ids.WorkbookId },
  success: Refreshed,
  error: RefreshError,
  idempotencyKey: ({ id, key, site }) => keyOf(site, id, key)
})

/**
 * Refreshes the extract of a data source, and waits until it is refreshed: like `refreshWorkbook`.
 *
 * @since 0.1.0
 * @category workflows
 */
export const refreshDatasource = Workflow.make({
  name: "effect-tableau/refreshDatasource",
  payload: { ...refreshing, id: Ids.DatasourceId },
  success: Refreshed,
  error: RefreshError,
  idempotencyKey: ({ id, key, site }) => keyOf(site, id, key)
})

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

const published = {
  name: Schema.optional(Schema.String),
  projectId: Schema.optional(Ids.ProjectId),
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  webpageUrl: Schema.optional(Schema.String),
  /** The job that published it. Absent if the server published it within the request. */
  job: Schema.optional(Ids.JobId),
  /**
   * `started`: the workflow has published it. `found`: a process was killed, or a response lost, and this content or its job
   * has appeared since: it is most likely that of the workflow.
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
  OutcomeUnknown,
  WrongSite,
  FileUnavailable,
  Upload.FileChanged
)

/**
 * @since 0.1.0
 * @category errors
 */
export type PublishError = Schema.Schema.Type<typeof PublishError>

/**
 * Publishes a workbook from a file, and waits until the server has published it. The upload is a step of its own: a process
 * that is killed after it does not upload again. The credentials of connections come from the option `credentials` of `layer`.
 *
 * @example
 * ```ts
 * import { TableauWorkflow } from "effect-tableau-workflow"
 *
 * const publish = TableauWorkflow.publishWorkbook.execute({
 *   site: "MarketingTeam",
 *   path: "/srv/shared/sales.twbx",
 *   mode: "overwrite",
 *   key: "2026-11-28"
 * })
 * ```
 *
 * @since 0.1.0
 * @category workflows
 */
export const publishWorkbook = Workflow.make({
  name: "effect-tableau/publishWorkbook",
  payload: {
    ...publishing,
    /** `create` fails if a workbook of this name exists in the project, `overwrite` replaces it. By default `create`. */
    mode: Schema.optional(Schema.Literal("create", "overwrite")),
    showTabs: Schema.optional(Schema.Boolean),
    hiddenViews: Schema.optional(Schema.Array(Schema.String)),
    skipConnectionCheck: Schema.optional(Schema.Boolean)
  },
  success: Schema.Struct({ id: Ids.WorkbookId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, name, path, projectId, site }) => keyOf(site, projectId, name, path, key)
})

/**
 * Publishes a data source from a file: like `publishWorkbook`.
 *
 * @since 0.1.0
 * @category workflows
 */
export const publishDatasource = Workflow.make({
  name: "effect-tableau/publishDatasource",
  payload: {
    ...publishing,
    /** As of `Datasources.publish`. By default `create`. */
    mode: Schema.optional(Schema.Literal("create", "overwrite", "append", "replace")),
    useRemoteQueryAgent: Schema.optional(Schema.Boolean),
    isCertified: Schema.optional(Schema.Boolean),
    certificationNote: Schema.optional(Schema.String)
  },
  success: Schema.Struct({ id: Ids.DatasourceId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, name, path, projectId, site }) => keyOf(site, projectId, name, path, key)
})

/**
 * Publishes a flow from a file: like `publishWorkbook`. Servers publish flows within the request, without a job.
 *
 * @since 0.1.0
 * @category workflows
 */
export const publishFlow = Workflow.make({
  name: "effect-tableau/publishFlow",
  payload: { ...publishing, mode: Schema.optional(Schema.Literal("create", "overwrite")) },
  success: Schema.Struct({ id: Ids.FlowId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, name, path, projectId, site }) => keyOf(site, projectId, name, path, key)
})

const item = {
  type: Schema.Literal("workbook", "datasource", "flow"),
  id: Schema.String,
  name: Schema.String
}

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
  failed: Schema.Array(Schema.Struct({ ...item, message: Schema.String })),
  /** Items of an earlier backup that are no longer in the project. */
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

/**
 * Downloads the content of a project into a folder, as `Recipes.backupProject` does. If a process is killed, the next one keeps
 * the files that are complete. The folder must be on storage that all processes share.
 *
 * @example
 * ```ts
 * import { Ids } from "effect-tableau"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 *
 * const backup = TableauWorkflow.backupProject.execute({
 *   site: "MarketingTeam",
 *   project: Ids.ProjectId.make("9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"),
 *   folder: "/srv/backup/marketing",
 *   nested: true,
 *   key: "2026-11-28"
 * })
 * ```
 *
 * @since 0.1.0
 * @category workflows
 */
export const backupProject = Workflow.make({
  name: "effect-tableau/backupProject",
  payload: {
    ...shared,
    project: Ids.ProjectId,
    folder: Schema.String,
    /** Whether the projects below the project are backed up too. By default false. */
    nested: Schema.optional(Schema.Boolean),
    /** Whether extracts are part of the files. By default true. */
    includeExtract: Schema.optional(Schema.Boolean)
  },
  success: BackedUp,
  error: BackupError,
  idempotencyKey: ({ folder, key, project, site }) => keyOf(site, project, folder, key)
})

/**
 * The payload of a publication.
 *
 * @since 0.1.0
 * @category models
 */
export type Publication =
  | ({ readonly type: "workbook" } & Workflow.Workflow.Payload<typeof publishWorkbook>)
  | ({ readonly type: "datasource" } & Workflow.Workflow.Payload<typeof publishDatasource>)
  | ({ readonly type: "flow" } & Workflow.Workflow.Payload<typeof publishFlow>)

/**
 * How Tableau signs in to the databases of what is published.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublicationCredentials {
  /** The credentials of each connection. */
  readonly connections?: ReadonlyArray<Connections.ConnectionCredentials> | undefined
  /** The credentials of all connections, instead of `connections`. Not for flows. */
  readonly credentials?: Connections.Credentials | undefined
}

/**
 * When to look again at what takes long. Each look is some rows in the database, and the workflow reads all of its rows again
 * at each look: so looks become rarer.
 *
 * @since 0.1.0
 * @category options
 */
export interface Pace {
  /** The first wait. By default 10 seconds. */
  readonly first?: Duration.DurationInput | undefined
  /** How much longer each further wait is. By default 1.25. */
  readonly factor?: number | undefined
  /** The longest wait. By default 10 minutes. A job of an hour is polled about 20 times by default, one of a day about 160 times. */
  readonly longest?: Duration.DurationInput | undefined
}

/**
 * How the workflows run. They are options of the process: a payload does not have them.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * The credentials of the connections of what is published, by the payload. They are read each time that they are needed, and
   * never stored. By default none.
   */
  readonly credentials?: ((publication: Publication) => Effect.Effect<PublicationCredentials>) | undefined
  readonly pace?: Pace | undefined
  /**
   * How long a new job or new content may be missing from the lists of the server. Before something is started again, a
   * workflow looks for it for so long. By default 2 minutes.
   */
  readonly listDelay?: Duration.DurationInput | undefined
  /**
   * How long a workflow waits for a job, and for a server that cannot be reached. By default 1 day. The waits are added: time
   * in which no process runs does not count.
   */
  readonly deadline?: Duration.DurationInput | undefined
}

/**
 * Registers all workflows with the engine. Processes that run the workflows of one database use the same options.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  _options: Options = {}
): Layer.Layer<never, never, WorkflowEngine.WorkflowEngine | TableauSession | FileSystem.FileSystem | Path.Path> =>
  Layer.empty
