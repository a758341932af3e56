/** Publishes content, refreshes its extracts, and waits until they are refreshed. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Datasources from "../../Datasources.js"
import * as Jobs from "../../Jobs.js"
import type { CallError, ListError, UploadMismatch } from "../../TableauError.js"
import type { TableauSession } from "../../TableauSession.js"
import type * as Upload from "../../Upload.js"
import * as Workbooks from "../../Workbooks.js"
import * as DatasourceRequests from "../families/datasourceRequests.js"
import * as Publish from "../families/publish.js"
import * as Refresh from "../families/refresh.js"
import * as WorkbookRequests from "../families/workbookRequests.js"
import { asBadRequest } from "../operation/request.js"
import { checkOptions } from "../upload/engine.js"
import { onOneSite } from "../upload/timing.js"
import { datasources, existing, type Kind, type Model, workbooks } from "./content.js"
import type * as Recipe from "./recipe.js"

/**
 * How published content is refreshed.
 *
 * @since 0.1.0
 * @category options
 */
export interface RefreshAndWaitOptions {
  /** Whether only new rows are added to extracts. By default false. */
  readonly incremental?: boolean | undefined
  /** How the refresh is awaited. */
  readonly await?: Jobs.AwaitOptions | undefined
}

/**
 * How a workbook is published and refreshed.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishAndRefreshWorkbookOptions extends Workbooks.PublishOptions, RefreshAndWaitOptions {}

/**
 * How a data source is published and refreshed.
 *
 * @since 0.1.0
 * @category options
 */
export interface PublishAndRefreshDatasourceOptions extends Datasources.PublishOptions, RefreshAndWaitOptions {}

/**
 * What would be published and refreshed.
 *
 * @since 0.1.0
 * @category models
 */
export interface PublishPlan {
  readonly name: string
  /** The mode of the options; `refuse` if content of this name exists and the mode is `create`. */
  readonly action: "create" | "overwrite" | "append" | "replace" | "refuse"
  /** The id of what has the name in the project. */
  readonly existingId: string | undefined
  /** In bytes, if it is known. */
  readonly size: number | undefined
  readonly refresh: "full" | "incremental"
}

/** What would be published and refreshed, or the error of what cannot be sent. */
const planned = <O extends Publish.Options & Publish.JobOptions & RefreshAndWaitOptions>(
  operation: string,
  kind: Kind,
  publication: Parameters<typeof Publish.planOfFile<O>>[0],
  file: Upload.File<unknown, unknown>,
  options: O & { readonly mode?: "create" | "overwrite" | "append" | "replace" | undefined }
): Effect.Effect<PublishPlan, ListError, TableauSession> =>
  Effect.gen(function* () {
    const { asJob = false, mode = "create", projectId } = options
    const plan = Publish.planOfFile(publication, file, options, asJob !== false)
    if (!("target" in plan)) return yield* asBadRequest(operation, plan)
    yield* checkOptions(operation, options.upload ?? {})
    const { name } = plan.target
    const found = yield* existing(operation, kind, name, projectId)
    return {
      name,
      action: found === undefined ? (mode === "overwrite" ? "create" : mode) : mode === "create" ? "refuse" : mode,
      existingId: found?.id,
      size: file.size,
      refresh: options.incremental === true ? "incremental" : "full"
    }
  })

/** A refresh that began before the content was published has not read what was published. */
const isEarlier = ({ createdAt }: Jobs.Job, { updatedAt }: Model): boolean =>
  createdAt !== undefined && updatedAt !== undefined && DateTime.lessThan(createdAt, updatedAt)

/** A refresh that this call has started, or another one that is queued or runs. */
const started = (
  start: Effect.Effect<Jobs.Job, CallError, TableauSession>,
  target: Effect.Effect<Refresh.Target, CallError, TableauSession>
) =>
  Effect.suspend(() => {
    let isOwn = false
    const own = Effect.tap(start, () =>
      Effect.sync(() => {
        isOwn = true
      })
    )
    return Effect.map(Refresh.join(own, target), (job) => ({ job, isOwn }))
  })

const refreshed = (
  content: Model,
  refresh: ReturnType<typeof started>,
  { await: awaiting }: RefreshAndWaitOptions
): Effect.Effect<Jobs.Job, CallError | Jobs.JobError, TableauSession> =>
  Effect.gen(function* () {
    const { isOwn, job } = yield* refresh
    if (isOwn) return yield* Jobs.await(job, awaiting)
    // What has started it still waits for it.
    const ended = Jobs.await(job, { ...awaiting, onInterrupt: "leave" })
    if (!isEarlier(job, content)) return yield* ended
    // How it ends does not matter: only that the server accepts the next one.
    yield* Effect.catchTags(ended, { JobFailed: () => Effect.void, JobCancelled: () => Effect.void })
    const next = yield* refresh
    return yield* Jobs.await(next.job, next.isOwn ? awaiting : { ...awaiting, onInterrupt: "leave" })
  })

type DryRun<O> = Recipe.DryRun<
  [file: Upload.File<unknown, unknown>, options?: O],
  PublishPlan,
  ListError,
  TableauSession
>

type Failure<E> = CallError | UploadMismatch | Jobs.JobError | E

const workbookOperation = "Recipes.publishAndRefreshWorkbook"

const workbookDryRun: DryRun<PublishAndRefreshWorkbookOptions> = {
  dryRun: (file, options = {}) =>
    onOneSite(planned(workbookOperation, workbooks, WorkbookRequests.publication, file, options)).pipe(
      Effect.withSpan(`${workbookOperation}.dryRun`)
    )
}

export const publishAndRefreshWorkbook = Object.assign(
  <E = never, R = never>(
    file: Upload.File<E, R>,
    options: PublishAndRefreshWorkbookOptions = {}
  ): Effect.Effect<{ readonly workbook: Workbooks.Workbook; readonly job: Jobs.Job }, Failure<E>, TableauSession | R> =>
    Effect.gen(function* () {
      const workbook = yield* Workbooks.publish(file, options)
      const { connections, credentials, incremental } = options
      const target = Refresh.targetOf(workbook.id, Workbooks.get(workbook.id))
      const refresh = started(Workbooks.refresh(workbook.id, { incremental }), target)
      const job = yield* Publish.withoutSecrets({ connections, credentials })(refreshed(workbook, refresh, options))
      return { workbook, job }
    }).pipe(onOneSite, Effect.withSpan(workbookOperation)),
  workbookDryRun
)

const datasourceOperation = "Recipes.publishAndRefreshDatasource"

const datasourceDryRun: DryRun<PublishAndRefreshDatasourceOptions> = {
  dryRun: (file, options = {}) =>
    onOneSite(planned(datasourceOperation, datasources, DatasourceRequests.publication, file, options)).pipe(
      Effect.withSpan(`${datasourceOperation}.dryRun`)
    )
}

export const publishAndRefreshDatasource = Object.assign(
  <E = never, R = never>(
    file: Upload.File<E, R>,
    options: PublishAndRefreshDatasourceOptions = {}
  ): Effect.Effect<
    { readonly datasource: Datasources.Datasource; readonly job: Jobs.Job },
    Failure<E>,
    TableauSession | R
  > =>
    Effect.gen(function* () {
      const datasource = yield* Datasources.publish(file, options)
      const { connections, credentials, incremental } = options
      const target = Refresh.targetOf(datasource.id, Datasources.get(datasource.id))
      const refresh = started(Datasources.refresh(datasource.id, { incremental }), target)
      const job = yield* Publish.withoutSecrets({ connections, credentials })(refreshed(datasource, refresh, options))
      return { datasource, job }
    }).pipe(onOneSite, Effect.withSpan(datasourceOperation)),
  datasourceDryRun
)
