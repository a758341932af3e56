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
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Ids, type Operation, type TableauSession } from "effect-tableau"
import { backup } from "./internal/backup.js"
import * as Content from "./internal/content.js"
import * as Operations from "./internal/operations.js"
import { type Options, type Publication, settingsOf } from "./internal/options.js"
import { publish } from "./internal/publish.js"
import * as Refreshing from "./internal/refresh.js"
import { Attempts, Run } from "./internal/run.js"
import {
  BackedUp,
  BackupError,
  datasourcePublication,
  flowPublication,
  PublishError,
  published,
  RefreshError,
  Refreshed,
  refreshing,
  shared,
  workbookPublication
} from "./internal/schemas.js"
import * as Submission from "./internal/submission.js"

export {
  CredentialsUnavailable,
  FileUnavailable,
  JobNotFollowed,
  OutcomeUnknown,
  WrongSite
} from "./internal/errors.js"
export type { Options, Pace, Publication, PublicationCredentials } from "./internal/options.js"
export { BackedUp, BackupError, PublishError, RefreshError, Refreshed } from "./internal/schemas.js"

const hasSite = Schema.is(Schema.Struct({ site: Schema.String }))

/** As in logs and errors. */
const shortName = (name: string): string => name.replace("effect-tableau/", "")

/**
 * Makes a workflow that says which operations it calls: `Operation.scopes` returns their scopes. Executed with a session on another
 * site it fails before it is stored; without waiting for its result it has no error, and so it is stored, and waits.
 */
const make = <
  const Name extends string,
  Payload extends Schema.Struct.Fields | Workflow.AnyStructSchema,
  Success extends Schema.Schema.Any,
  Error extends Schema.Schema.All
>(
  operations: Operation.Composite["operations"],
  options: {
    readonly name: Name
    readonly payload: Payload
    readonly success: Success
    readonly error: Error
    readonly idempotencyKey: (
      payload: Payload extends Schema.Struct.Fields ? Schema.Struct.Type<Payload> : Payload["Type"]
    ) => string
  }
) => {
  const workflow = Workflow.make(options)
  const { execute: stored } = workflow
  type Given = Parameters<typeof stored>[0]
  type Requirements = Effect.Effect.Context<ReturnType<typeof stored>>

  function execute<const Discard extends boolean = false>(
    payload: Given,
    how?: { readonly discard?: Discard }
  ): Effect.Effect<
    Discard extends true ? string : Success["Type"],
    Discard extends true ? never : Error["Type"],
    Requirements
  >
  function execute(
    payload: Given,
    how: { readonly discard?: boolean } = {}
  ): Effect.Effect<unknown, unknown, Requirements> {
    const execution = stored(payload, how)
    return how.discard === true || !hasSite(payload)
      ? execution
      : Effect.andThen(Submission.onSite(shortName(options.name), payload.site), execution)
  }
  Object.assign(workflow, { execute })
  return Object.assign(workflow, { operations })
}

/** Keys of strings that may have any characters. The case of content URLs does not matter. */
const keyOf = (site: string, ...parts: ReadonlyArray<string | boolean | undefined>): string =>
  JSON.stringify([site.toLowerCase(), ...parts])

/**
 * Refreshes the extracts of a workbook, and waits until they are refreshed.
 *
 * At most one refresh is started, in whatever activity a process is killed, if lists have new jobs within `listDelay`. A refresh
 * that is queued or runs is joined. To find a job after a process was killed, the user must be an administrator of the site;
 * otherwise the workflow fails with `OutcomeUnknown`, and so it does if it cannot be known whether a refresh was started.
 *
 * - `site`: the content URL of the site, `""` for the Default site. The session of each process must be on it.
 * - `id`: the workbook.
 * - `incremental`: whether only new rows are added. By default false.
 * - `key`: names this refresh, such as the date of a nightly one. The same `site`, `id`, `incremental` and `key` are the same
 *   execution: it is not started again, and its result is returned, also a failure. Another attempt takes another `key`.
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
export const refreshWorkbook = make(Operations.refreshWorkbook, {
  name: "effect-tableau/refreshWorkbook",
  payload: { ...refreshing, id: Ids.WorkbookId },
  success: Refreshed,
  error: RefreshError,
  idempotencyKey: ({ id, incremental = false, key, site }) => keyOf(site, id, incremental, key)
})

/**
 * Refreshes the extract of a data source, and waits until it is refreshed: like `refreshWorkbook`.
 *
 * @since 0.1.0
 * @category workflows
 */
export const refreshDatasource = make(Operations.refreshDatasource, {
  name: "effect-tableau/refreshDatasource",
  payload: { ...refreshing, id: Ids.DatasourceId },
  success: Refreshed,
  error: RefreshError,
  idempotencyKey: ({ id, incremental = false, key, site }) => keyOf(site, id, incremental, key)
})

/**
 * Publishes a workbook from a file, and waits until the server has published it. The upload is a step of its own: a process
 * that is killed after it does not upload again. The credentials of connections come from the option `credentials` of `layer`.
 *
 * - `site`: the content URL of the site, `""` for the Default site. The session of each process must be on it.
 * - `path`: the file. With several hosts it is an absolute path on storage that all of them share.
 * - `name`: by default the name of the file without its ending.
 * - `projectId`: by default the default project of the site.
 * - `mode`: `create`, the default, fails if the project has a workbook of this name; `overwrite` replaces it.
 * - `key`: names this publication, such as a version or a date. The same `site`, `projectId`, `name`, `path`, `mode` and `key` are
 *   the same execution: it does not publish again, and its result is returned, also a failure, whatever its other fields are.
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
export const publishWorkbook = make(Operations.publishWorkbook, {
  name: "effect-tableau/publishWorkbook",
  payload: workbookPublication,
  success: Schema.Struct({ id: Ids.WorkbookId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, mode = "create", name, path, projectId, site }) =>
    keyOf(site, projectId, name, path, mode, key)
})

/**
 * Publishes a data source from a file: like `publishWorkbook`.
 *
 * @since 0.1.0
 * @category workflows
 */
export const publishDatasource = make(Operations.publishDatasource, {
  name: "effect-tableau/publishDatasource",
  payload: datasourcePublication,
  success: Schema.Struct({ id: Ids.DatasourceId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, mode = "create", name, path, projectId, site }) =>
    keyOf(site, projectId, name, path, mode, key)
})

/**
 * Publishes a flow from a file: like `publishWorkbook`. Servers publish flows within the request, without a job.
 *
 * @since 0.1.0
 * @category workflows
 */
export const publishFlow = make(Operations.publishFlow, {
  name: "effect-tableau/publishFlow",
  payload: flowPublication,
  success: Schema.Struct({ id: Ids.FlowId, ...published }),
  error: PublishError,
  idempotencyKey: ({ key, mode = "create", name, path, projectId, site }) =>
    keyOf(site, projectId, name, path, mode, key)
})

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
export const backupProject = make(Operations.backupProject, {
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
 * Registers all workflows with the engine. Processes that run the workflows of one database have sessions on the same site, and
 * use the same options.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
 * import * as Layer from "effect/Layer"
 * import { TableauSession } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import { TableauWorkflow } from "effect-tableau-workflow"
 *
 * const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))
 *
 * const InMemory = TableauWorkflow.layer({ listDelay: "5 minutes" }).pipe(
 *   Layer.provideMerge(WorkflowEngine.layerMemory),
 *   Layer.provide([Session, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<never, never, WorkflowEngine.WorkflowEngine | TableauSession | FileSystem.FileSystem | Path.Path> => {
  const settings = settingsOf(options)
  const attempts = Attempts.make(settings)
  const runOf = (
    { name }: Workflow.Any,
    { key, site }: { readonly key: string; readonly site: string },
    subject: string
  ) => {
    const shown = `${JSON.stringify(subject)}, key ${JSON.stringify(key)}`
    return new Run(shortName(name), site, settings, attempts, shown)
  }
  const credentialsOf = (publication: Publication) =>
    Effect.suspend(() => options.credentials?.(publication) ?? Effect.succeed({}))
  return Layer.mergeAll(
    Layer.effectDiscard(Submission.remember),
    refreshWorkbook.toLayer((payload) =>
      Refreshing.refresh(
        runOf(refreshWorkbook, payload, payload.id),
        Refreshing.workbook(payload.id, payload.incremental)
      )
    ),
    refreshDatasource.toLayer((payload) =>
      Refreshing.refresh(
        runOf(refreshDatasource, payload, payload.id),
        Refreshing.datasource(payload.id, payload.incremental)
      )
    ),
    publishWorkbook.toLayer((payload) =>
      Effect.map(
        publish(
          runOf(publishWorkbook, payload, payload.path),
          Content.workbook(payload),
          credentialsOf({ type: "workbook", ...payload })
        ),
        (content) => ({ ...content, id: Ids.WorkbookId.make(content.id) })
      )
    ),
    publishDatasource.toLayer((payload) =>
      Effect.map(
        publish(
          runOf(publishDatasource, payload, payload.path),
          Content.datasource(payload),
          credentialsOf({ type: "datasource", ...payload })
        ),
        (content) => ({ ...content, id: Ids.DatasourceId.make(content.id) })
      )
    ),
    publishFlow.toLayer((payload) =>
      Effect.map(
        publish(
          runOf(publishFlow, payload, payload.path),
          Content.flow(payload),
          credentialsOf({ type: "flow", ...payload })
        ),
        (content) => ({ ...content, id: Ids.FlowId.make(content.id) })
      )
    ),
    backupProject.toLayer((payload) => backup(runOf(backupProject, payload, payload.project), payload))
  )
}
