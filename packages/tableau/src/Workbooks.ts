/**
 * Workbooks.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
 * @since 0.1.0
 */
import type { UserId, WorkbookId } from "./Ids.js"
import * as Connections from "./internal/families/connections.js"
import * as Permissions from "./internal/families/permissions.js"
import * as Publish from "./internal/families/publish.js"
import * as Refresh from "./internal/families/refresh.js"
import * as Resource from "./internal/families/resource.js"
import * as Revisions from "./internal/families/revisions.js"
import * as Tags from "./internal/families/tags.js"
import * as Requests from "./internal/families/workbookRequests.js"
import { Job } from "./internal/models/job.js"
import { filterFields, type ListForUserOptions, type ListOptions, Workbook } from "./internal/models/workbook.js"
import * as Rendering from "./internal/operation/rendering.js"
import * as Operation from "./Operation.js"
import * as Projects from "./Projects.js"
import * as Response from "./Response.js"
import type * as Views from "./Views.js"

export type { RefreshOptions } from "./internal/families/refresh.js"
export type {
  Changes,
  NewDataFreshnessPolicy,
  PublishAsJobOptions,
  PublishOptions
} from "./internal/families/workbookRequests.js"
export { DataFreshnessPolicy, type ListForUserOptions, type ListOptions, Workbook } from "./internal/models/workbook.js"

const workbooks = Resource.make<WorkbookId>({ name: "Workbooks", path: "workbooks", element: "workbook" })

/**
 * Lists the workbooks on the site that the signed-in user can see.
 *
 * @example
 * ```ts
 * import { Workbooks } from "effect-tableau"
 * import { Console, Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { items, totalAvailable } = yield* Workbooks.list()
 *   yield* Console.log(`There are ${totalAvailable} workbooks on site:`)
 *   yield* Stream.runForEach(items, ({ id, name }) => Console.log(`${id} ${name}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_site
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Workbooks.list",
  request: "GET /sites/{siteId}/workbooks",
  since: "2.0",
  scope: "tableau:content:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("workbooks", "workbook", Workbook, { fields: filterFields, order: "createdAt:asc" })
})

/**
 * The workbooks on the site that the signed-in user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Lists the workbooks that a user can see.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const ownedBy = (userId: Ids.UserId) =>
 *   Effect.map(Workbooks.listForUser(userId, { ownedBy: true }), ({ totalAvailable }) => totalAvailable)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbooks_for_user
 * @since 0.1.0
 * @category operations
 */
export const listForUser = Operation.make({
  name: "Workbooks.listForUser",
  request: "GET /sites/{siteId}/users/{userId}/workbooks",
  since: "2.0",
  scope: "tableau:content:read",
  input: (userId: UserId, options?: ListForUserOptions) => ({
    userId,
    options,
    query: { ownedBy: options?.ownedBy === true ? "true" : undefined }
  }),
  response: Response.page("workbooks", "workbook", Workbook)
})

/**
 * The workbooks that a user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamForUser = Operation.stream(listForUser)

/**
 * Returns one workbook, with its views.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Workbooks.get",
  request: "GET /sites/{siteId}/workbooks/{workbookId}",
  since: "2.0",
  scope: "tableau:content:read",
  input: (workbookId: WorkbookId) => ({ workbookId }),
  response: Response.element("workbook", Workbook)
})

/**
 * Publishes a workbook from a file (.twb or .twbx) and returns it. A file of more than 32 MiB, or of unknown size, is
 * uploaded in blocks first. If `acted` of an error is `"unknown"`, look for the workbook before you publish it again.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 * import * as TableauNode from "effect-tableau/node"
 * import * as Effect from "effect/Effect"
 *
 * const publish = (projectId: Ids.ProjectId) =>
 *   Effect.flatMap(TableauNode.file("sales.twbx"), (file) =>
 *     Workbooks.publish(file, { projectId, mode: "overwrite", asJob: true })
 *   )
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#publish_workbook
 * @since 0.1.0
 * @category operations
 */
export const publish = Publish.publish(Requests.publishing(workbooks), list, Projects.list)

/**
 * Publishes a workbook in the background, and returns the job: `Jobs.await` waits for it. The job does not say which
 * workbook it publishes; `publish` with `asJob` finds it.
 *
 * @example
 * ```ts
 * import { type Upload, Workbooks } from "effect-tableau"
 *
 * const start = (file: Upload.File) => Workbooks.publishAsJob(file, { name: "Sales", hiddenViews: ["Draft"] })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#publish_workbook
 * @since 0.1.0
 * @category operations
 */
export const publishAsJob = Publish.publishAsJob(Requests.publishing(workbooks))

/**
 * Changes a workbook, and returns it. Without a change it fails with `BadRequest`.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 *
 * const rename = (id: Ids.WorkbookId) => Workbooks.update(id, { name: "Sales 2026", description: "By region" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#update_workbook
 * @since 0.1.0
 * @category operations
 */
export const update = Operation.make({
  name: "Workbooks.update",
  request: "PUT /sites/{siteId}/workbooks/{workbookId}",
  since: "2.0",
  scope: "tableau:workbooks:update",
  idempotent: true,
  input: (workbookId: WorkbookId, changes: Requests.Changes) => ({ workbookId, ...Requests.changing(changes) }),
  response: Response.element("workbook", Workbook)
})

/**
 * Deletes a workbook with its views. Fails with `NotFound` when there is no such workbook.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_workbook
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Workbooks.delete",
  request: "DELETE /sites/{siteId}/workbooks/{workbookId}",
  since: "2.0",
  scope: "tableau:workbooks:delete",
  input: (workbookId: WorkbookId) => ({ workbookId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Renders all views of a workbook as one PDF.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const print = (workbookId: Ids.WorkbookId) =>
 *   Workbooks.pdf(workbookId, { type: "a4", orientation: "landscape" }).pipe(Download.toFile("sales.pdf"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_pdf
 * @since 0.1.0
 * @category operations
 */
export const pdf = Operation.make({
  name: "Workbooks.pdf",
  request: "GET /sites/{siteId}/workbooks/{workbookId}/pdf",
  since: "3.4",
  scope: "tableau:views:download",
  budget: "exports",
  input: (workbookId: WorkbookId, options: Views.PaperOptions & Pick<Views.RenderOptions, "maxAge"> = {}) => ({
    workbookId,
    query: Rendering.parameters({ maxAge: options.maxAge }, { type: options.type, orientation: options.orientation })
  }),
  response: Response.file
})

/**
 * Renders all views of a workbook as images in a PowerPoint presentation.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const slides = (workbookId: Ids.WorkbookId) => Workbooks.powerpoint(workbookId).pipe(Download.toFile("sales.pptx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook_powerpoint
 * @since 0.1.0
 * @category operations
 */
export const powerpoint = Operation.make({
  name: "Workbooks.powerpoint",
  request: "GET /sites/{siteId}/workbooks/{workbookId}/powerpoint",
  since: "3.8",
  scope: "tableau:views:download",
  budget: "exports",
  input: (workbookId: WorkbookId, options: Pick<Views.RenderOptions, "maxAge"> = {}) => ({
    workbookId,
    query: Rendering.parameters({ maxAge: options.maxAge })
  }),
  response: Response.file
})

/**
 * Downloads the thumbnail of a workbook, as PNG.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const thumbnail = (workbookId: Ids.WorkbookId) =>
 *   Workbooks.previewImage(workbookId).pipe(Download.toFile("sales.png"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_preview_image
 * @since 0.1.0
 * @category operations
 */
export const previewImage = Operation.make({
  name: "Workbooks.previewImage",
  request: "GET /sites/{siteId}/workbooks/{workbookId}/previewImage",
  since: "2.0",
  scope: "tableau:content:read",
  input: (workbookId: WorkbookId) => ({ workbookId }),
  response: Response.file
})

/**
 * Downloads a workbook (.twbx or .twb).
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const save = (workbookId: Ids.WorkbookId) =>
 *   Workbooks.download(workbookId, { includeExtract: false }).pipe(Download.toFile("sales.twbx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#download_workbook
 * @since 0.1.0
 * @category operations
 */
export const download = Revisions.download(workbooks)

/**
 * Lists the revisions of a workbook that the site keeps, oldest first.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const count = (workbookId: Ids.WorkbookId) =>
 *   Effect.map(Workbooks.revisions(workbookId), ({ totalAvailable }) => totalAvailable)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#get_workbook_revisions
 * @since 0.1.0
 * @category operations
 */
export const revisions = Revisions.list(workbooks)

/**
 * The revisions of a workbook that the site keeps, oldest first, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamRevisions = Operation.stream(revisions)

/**
 * Downloads one revision of a workbook. Revisions are numbered from 1; for other numbers the call fails with
 * `BadRequest` and sends nothing.
 *
 * @example
 * ```ts
 * import { Download, type Ids, Workbooks } from "effect-tableau"
 *
 * const first = (workbookId: Ids.WorkbookId) =>
 *   Workbooks.downloadRevision(workbookId, 1).pipe(Download.toFile("first.twbx"))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#download_workbook_revision
 * @since 0.1.0
 * @category operations
 */
export const downloadRevision = Revisions.downloadRevision(workbooks)

/**
 * Deletes a revision of a workbook, but not the current one. Its entry stays in the list.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_revisions.htm#remove_workbook_revision
 * @since 0.1.0
 * @category operations
 */
export const deleteRevision = Revisions.remove(workbooks)

/**
 * Lists the connections of a workbook to its data, in one response.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
 * @since 0.1.0
 * @category operations
 */
export const connections = Connections.list(workbooks, "2.0")

/**
 * Changes a connection of a workbook to its data. The server changes all connections of the same type with it.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 * import type * as Redacted from "effect/Redacted"
 *
 * const sign = (workbookId: Ids.WorkbookId, connectionId: Ids.ConnectionId, password: Redacted.Redacted) =>
 *   Workbooks.updateConnection(workbookId, connectionId, { userName: "tableau", password, embedPassword: true })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#update_workbook_connection
 * @since 0.1.0
 * @category operations
 */
export const updateConnection = Connections.update(workbooks, {
  since: "2.0",
  scope: "tableau:workbooks:update",
  authenticationTypeSince: "3.27"
})

/**
 * Changes several connections of a workbook in the same way, and returns those that the server reports.
 *
 * @example
 * ```ts
 * import { type Ids, Workbooks } from "effect-tableau"
 *
 * const move = (workbookId: Ids.WorkbookId, connectionIds: ReadonlyArray<Ids.ConnectionId>) =>
 *   Workbooks.updateConnections(workbookId, connectionIds, { serverAddress: "db.example.com", serverPort: 5432 })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#update_workbook_connections
 * @since 0.1.0
 * @category operations
 */
export const updateConnections = Connections.updateSeveral(workbooks, "tableau:workbooks:update")

/**
 * Starts a job that renders the thumbnails of a workbook and its views again: `Jobs.await` waits for it.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#refresh_workbook_thumbnails
 * @since 0.1.0
 * @category operations
 */
export const refreshThumbnails = Operation.make({
  name: "Workbooks.refreshThumbnails",
  request: "PUT /sites/{siteId}/workbooks/{workbookId}/refreshThumbnails",
  since: "3.27",
  scope: "tableau:tasks:run",
  input: (workbookId: WorkbookId) => ({ workbookId }),
  response: Response.element("job", Job)
})

/**
 * Adds tags to a workbook and returns all of its tags.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#add_tags_to_workbook
 * @since 0.1.0
 * @category operations
 */
export const addTags = Tags.add(workbooks, "2.0")

/**
 * Removes a tag from a workbook. Fails with `NotFound` when the workbook does not have it.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#delete_tag_from_workbook
 * @since 0.1.0
 * @category operations
 */
export const deleteTag = Tags.remove(workbooks, "2.0")

/**
 * Returns the permission rules of a workbook.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_workbook_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = Permissions.query(workbooks, "2.0")

/**
 * Adds permission rules to a workbook and returns all of its rules. Existing rules stay; a new mode replaces the old
 * mode of the same capability.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_workbook_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = Permissions.add(workbooks, "2.0")

/**
 * Removes one permission rule from a workbook. Fails with `NotFound` when there is no such rule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_workbook_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = Permissions.remove(workbooks, "2.0")

/**
 * Starts a refresh of the extracts of a workbook, and returns its job: `Jobs.await` waits for it. Fails with `Conflict`
 * (409093) when a refresh is queued or runs. It is never started twice: when it is unknown whether the server has started
 * it, the error says so (`acted` is `"unknown"`).
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshAndWait = (id: Ids.WorkbookId) =>
 *   Effect.flatMap(Workbooks.refresh(id), (job) => Jobs.await(job, { deadline: "2 hours" }))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#update_workbook_now
 * @since 0.1.0
 * @category operations
 */
export const refresh = Refresh.refresh(workbooks)

/**
 * Like `refresh`; when a refresh of this workbook is queued or runs already, it returns the job of that one. The server does
 * not say which job it is: it is searched in the list of jobs, which takes an administrator; others fail with `Forbidden`.
 * Fails with `Conflict` when no job fits in three attempts.
 *
 * @example
 * ```ts
 * import { type Ids, Jobs, Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const refreshed = (id: Ids.WorkbookId) => Effect.flatMap(Workbooks.refreshOrJoin(id), (job) => Jobs.await(job))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const refreshOrJoin = Refresh.refreshOrJoin(refresh, get)
