/**
 * What many programs do with several operations: publish and refresh, copy, back up and restore, replace credentials.
 *
 * Each recipe makes a plan from reads, and then carries it out. Its `dryRun`, with the same arguments, returns the plan:
 * nothing is changed, neither on a server nor on the disk. A recipe ends on the site where it began, also if another fiber
 * switches the session meanwhile. `Operation.scopes` knows the JWT scopes that a recipe needs.
 *
 * @since 0.1.0
 */
import * as Datasources from "./Datasources.js"
import * as Flows from "./Flows.js"
import * as Backup from "./internal/recipes/backup.js"
import * as Content from "./internal/recipes/content.js"
import * as Copy from "./internal/recipes/copy.js"
import * as Credentials from "./internal/recipes/credentials.js"
import * as Publish from "./internal/recipes/publish.js"
import * as Restore from "./internal/recipes/restore.js"
import * as Jobs from "./Jobs.js"
import * as Operation from "./Operation.js"
import * as Projects from "./Projects.js"
import * as Workbooks from "./Workbooks.js"

export type {
  BackupOptions,
  BackupPlan,
  BackupPlanItem,
  BackupResult,
  BackupResultItem
} from "./internal/recipes/backup.js"
export type {
  ConnectionPassword,
  CopiedConnection,
  CredentialsOutcome,
  Database
} from "./internal/recipes/connections.js"
export type { ContentItem, ContentOptions, ContentType } from "./internal/recipes/content.js"
export type { Copied, CopyOptions, CopyPlan } from "./internal/recipes/copy.js"
export type {
  CredentialsPlan,
  CredentialsResult,
  FoundConnection,
  NewCredentials,
  ReplacedConnection,
  UnreadableItem
} from "./internal/recipes/credentials.js"
export { BackupDamaged, BackupInvalid, CopyIncomplete, SourceChanged } from "./internal/recipes/errors.js"
export type {
  PublishAndRefreshDatasourceOptions,
  PublishAndRefreshWorkbookOptions,
  PublishPlan,
  RefreshAndWaitOptions
} from "./internal/recipes/publish.js"
export type {
  RestoreItemError,
  RestoreOptions,
  RestorePlan,
  RestorePlanItem,
  RestoreResult,
  RestoreResultItem
} from "./internal/recipes/restore.js"

/**
 * Publishes a workbook, refreshes its extracts and waits until they are refreshed. Returns the workbook and the job.
 *
 * The `operation` of an error says which step failed: after a failure of `Workbooks.refresh` or `Jobs.await` the workbook is
 * published. A refresh that is queued or runs is joined; if it began before the workbook was published, it is awaited and
 * another one follows. `onInterrupt: "cancel"` cancels only a refresh that this call has started.
 *
 * @example
 * ```ts
 * import { Recipes } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const file = yield* TableauNode.file("sales.twbx")
 *   const { job, workbook } = yield* Recipes.publishAndRefreshWorkbook(file, {
 *     mode: "overwrite",
 *     await: { deadline: "2 hours", onInterrupt: "cancel" }
 *   })
 *   return [workbook.id, job.completedAt]
 * })
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const publishAndRefreshWorkbook = Operation.composite(
  [Projects.list, Workbooks.publish, Workbooks.refreshOrJoin, Jobs.await],
  Publish.publishAndRefreshWorkbook
)

/**
 * Publishes a data source, refreshes its extract and waits until it is refreshed: like `publishAndRefreshWorkbook`.
 *
 * @example
 * ```ts
 * import { Recipes } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const file = yield* TableauNode.file("orders.tdsx")
 *   const { datasource } = yield* Recipes.publishAndRefreshDatasource(file, { mode: "overwrite", asJob: true })
 *   return datasource.id
 * })
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const publishAndRefreshDatasource = Operation.composite(
  [Projects.list, Datasources.publish, Datasources.refreshOrJoin, Jobs.await],
  Publish.publishAndRefreshDatasource
)

/**
 * Copies a workbook with its tags and connections to another site or server. `to` is a session of its own, or
 * `from.withSite("…")`. The download is the upload: no file is written, and memory holds a block for each that is in flight.
 * If the download breaks off, the copy begins again, at most twice.
 *
 * Passwords cannot be read from a server, so `passwords` has them; the result says which connections still need one.
 * Workbooks keep the names of the published data sources that they use: copy these first. Permissions and schedules are not
 * copied. If the tags cannot be added, this fails with `CopyIncomplete`, which has the id of the copy.
 *
 * @example
 * ```ts
 * import { type Ids, Recipes, TableauSession } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import type * as Redacted from "effect/Redacted"
 *
 * const promote = (workbookId: Ids.WorkbookId, password: Redacted.Redacted) =>
 *   Effect.gen(function* () {
 *     const from = yield* TableauSession
 *     const { connections, copy } = yield* Recipes.copyWorkbook(workbookId, {
 *       from,
 *       to: from.withSite("Production"),
 *       mode: "overwrite",
 *       passwords: [{ serverAddress: "db.example.com", password }]
 *     })
 *     const missing = connections.filter(({ credentials }) => credentials === "missing")
 *     yield* Console.log(`${copy.name}: ${missing.length} connections have no password`)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const copyWorkbook = Operation.composite(
  [
    Projects.list,
    Workbooks.list,
    Workbooks.get,
    Workbooks.connections,
    Workbooks.download,
    Workbooks.publish,
    Workbooks.addTags
  ],
  Copy.make<Workbooks.Workbook, Workbooks.Workbook["id"]>("Recipes.copyWorkbook", Content.workbooks)
)

/**
 * Copies a data source with its tags and connections to another site or server: like `copyWorkbook`.
 *
 * @example
 * ```ts
 * import { type Ids, Recipes, type TableauSession } from "effect-tableau"
 *
 * const copy = (id: Ids.DatasourceId, from: TableauSession.Service, to: TableauSession.Service) =>
 *   Recipes.copyDatasource(id, { from, to, includeExtract: false })
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const copyDatasource = Operation.composite(
  [
    Projects.list,
    Datasources.list,
    Datasources.get,
    Datasources.connections,
    Datasources.download,
    Datasources.publish,
    Datasources.addTags
  ],
  Copy.make<Datasources.Datasource, Datasources.Datasource["id"]>("Recipes.copyDatasource", Content.datasources)
)

/**
 * Downloads the workbooks, data sources and flows of a project into a folder, with a manifest (`backup.json`).
 *
 * A run that was interrupted, in whatever way, goes on: files that are complete, by size and hash, and current, by the time of
 * the last change on the server, are kept. An item is downloaded again if its file was completed less than a minute after its
 * last change: timestamps have whole seconds. While a backup runs, and after it was killed, `backup.json.journal` has the items
 * that are complete since it began.
 *
 * Files are named by ids, so names of any characters, equal names, and names that differ only in case do not collide. Content
 * that is no longer in the project stays in the folder; it is reported as `absent`, and not restored. An item that cannot be
 * downloaded is reported, and does not fail the others.
 *
 * Fails with `BackupInvalid` if the folder has the backup of another project, or a manifest that cannot be read.
 *
 * @example
 * ```ts
 * import { type Ids, Recipes } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const failures = (projectId: Ids.ProjectId) =>
 *   Effect.map(Recipes.backupProject(projectId, { directory: "backup/sales", nested: true }), ({ items }) =>
 *     items.filter(({ outcome }) => outcome === "failed")
 *   )
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const backupProject = Operation.composite(
  [
    Projects.list,
    Workbooks.list,
    Workbooks.connections,
    Workbooks.download,
    Datasources.list,
    Datasources.connections,
    Datasources.download,
    Flows.list,
    Flows.connections,
    Flows.download
  ],
  Backup.backupProject
)

/**
 * Publishes a backup into a project, on the same server or another one. Projects that were below the project are created
 * below it if they do not exist. Data sources are published before workbooks, with tags and the passwords that are given.
 *
 * Each file is compared with the manifest before it is sent, and while it is sent. What was published is recorded in the
 * folder: a run that was interrupted, or in which items failed, goes on, and makes no second copy. After a run without a
 * failure, mode `overwrite` replaces everything again, and mode `create` publishes what is no longer there.
 *
 * An item whose publication was interrupted may be on the server. Mode `overwrite` publishes it again. Mode `create` adds its
 * tags if content of this name has the bytes of the backup; else it is reported as `exists`, as it may be other content. An item
 * that cannot be published is reported, and does not fail the others.
 *
 * `passwords` are sent with what is published. Items that are kept have the credentials that they were published with:
 * `replaceCredentials` changes them.
 *
 * Fails with `BackupInvalid`, before anything is sent, if the folder has no manifest, one that cannot be read, or one that has
 * an item twice or projects that are not below the project.
 *
 * @example
 * ```ts
 * import { type Ids, Recipes } from "effect-tableau"
 *
 * const restore = (projectId: Ids.ProjectId) =>
 *   Recipes.restoreProject(projectId, { directory: "backup/sales", mode: "overwrite", asJob: true })
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const restoreProject = Operation.composite(
  [
    Projects.list,
    Projects.create,
    Workbooks.list,
    Workbooks.get,
    Workbooks.download,
    Workbooks.publish,
    Workbooks.addTags,
    Datasources.list,
    Datasources.get,
    Datasources.download,
    Datasources.publish,
    Datasources.addTags,
    Flows.list,
    Flows.get,
    Flows.download,
    Flows.publish,
    Flows.addTags
  ],
  Restore.restoreProject
)

/**
 * Replaces the credentials of all connections to a database, over the workbooks, data sources and flows of the site. The
 * result has each connection, with whether it was changed, and the content whose connections cannot be read. Connections to
 * published data sources have no credentials of their own, and are skipped.
 *
 * @example
 * ```ts
 * import { Recipes } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import type * as Redacted from "effect/Redacted"
 *
 * const rotate = (password: Redacted.Redacted) =>
 *   Effect.map(
 *     Recipes.replaceCredentials({ serverAddress: "db.example.com", userName: "tableau" }, { password }),
 *     ({ connections, unreadable }) => [...connections.filter(({ outcome }) => outcome === "failed"), ...unreadable]
 *   )
 * ```
 *
 * @since 0.1.0
 * @category recipes
 */
export const replaceCredentials = Operation.composite(
  [
    Workbooks.list,
    Workbooks.connections,
    Workbooks.updateConnection,
    Datasources.list,
    Datasources.connections,
    Datasources.updateConnection,
    Flows.list,
    Flows.connections,
    Flows.updateConnection
  ],
  Credentials.replaceCredentials
)
