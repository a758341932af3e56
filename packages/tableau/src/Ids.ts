/**
 * Branded ids: the id of a workbook cannot be passed where that of a site is expected. The format of ids is not checked,
 * because Tableau does not guarantee one.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Schema from "effect/Schema"

/**
 * The LUID of a site.
 *
 * @example
 * ```ts
 * import { Ids } from "effect-tableau"
 *
 * const site: Ids.SiteId = Ids.SiteId.make("9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d")
 * ```
 *
 * @since 0.1.0
 * @category ids
 */
export const SiteId = Schema.String.pipe(Schema.brand("effect-tableau/SiteId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type SiteId = string & Brand.Brand<"effect-tableau/SiteId">

/**
 * The LUID of a user on one site. The same person has a different one on each site.
 *
 * @since 0.1.0
 * @category ids
 */
export const UserId = Schema.String.pipe(Schema.brand("effect-tableau/UserId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type UserId = string & Brand.Brand<"effect-tableau/UserId">

/**
 * The LUID of a project.
 *
 * @since 0.1.0
 * @category ids
 */
export const ProjectId = Schema.String.pipe(Schema.brand("effect-tableau/ProjectId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type ProjectId = string & Brand.Brand<"effect-tableau/ProjectId">

/**
 * The LUID of a workbook.
 *
 * @example
 * ```ts
 * import { Ids, Workbooks } from "effect-tableau"
 *
 * const superstore = Workbooks.get(Ids.WorkbookId.make("6d13b0ca-043d-4d42-8c9d-3f3313ea3a00"))
 * ```
 *
 * @since 0.1.0
 * @category ids
 */
export const WorkbookId = Schema.String.pipe(Schema.brand("effect-tableau/WorkbookId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type WorkbookId = string & Brand.Brand<"effect-tableau/WorkbookId">

/**
 * The LUID of a view.
 *
 * @since 0.1.0
 * @category ids
 */
export const ViewId = Schema.String.pipe(Schema.brand("effect-tableau/ViewId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type ViewId = string & Brand.Brand<"effect-tableau/ViewId">

/**
 * The LUID of a data source.
 *
 * @since 0.1.0
 * @category ids
 */
export const DatasourceId = Schema.String.pipe(Schema.brand("effect-tableau/DatasourceId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type DatasourceId = string & Brand.Brand<"effect-tableau/DatasourceId">

/**
 * The LUID of a flow.
 *
 * @since 0.1.0
 * @category ids
 */
export const FlowId = Schema.String.pipe(Schema.brand("effect-tableau/FlowId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type FlowId = string & Brand.Brand<"effect-tableau/FlowId">

/**
 * The LUID of a group.
 *
 * @since 0.1.0
 * @category ids
 */
export const GroupId = Schema.String.pipe(Schema.brand("effect-tableau/GroupId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type GroupId = string & Brand.Brand<"effect-tableau/GroupId">

/**
 * The LUID of a group set.
 *
 * @since 0.1.0
 * @category ids
 */
export const GroupSetId = Schema.String.pipe(Schema.brand("effect-tableau/GroupSetId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type GroupSetId = string & Brand.Brand<"effect-tableau/GroupSetId">

/**
 * The LUID of a connection between content and its data.
 *
 * @since 0.1.0
 * @category ids
 */
export const ConnectionId = Schema.String.pipe(Schema.brand("effect-tableau/ConnectionId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type ConnectionId = string & Brand.Brand<"effect-tableau/ConnectionId">

/**
 * The LUID of a job.
 *
 * @since 0.1.0
 * @category ids
 */
export const JobId = Schema.String.pipe(Schema.brand("effect-tableau/JobId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type JobId = string & Brand.Brand<"effect-tableau/JobId">

/**
 * The LUID of a schedule. Schedules belong to the server, not to a site.
 *
 * @since 0.1.0
 * @category ids
 */
export const ScheduleId = Schema.String.pipe(Schema.brand("effect-tableau/ScheduleId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type ScheduleId = string & Brand.Brand<"effect-tableau/ScheduleId">

/**
 * The LUID of an extract refresh task.
 *
 * @since 0.1.0
 * @category ids
 */
export const TaskId = Schema.String.pipe(Schema.brand("effect-tableau/TaskId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type TaskId = string & Brand.Brand<"effect-tableau/TaskId">

/**
 * The id of an upload session, in which the server keeps the blocks of a file until a publication uses it. It belongs to one
 * site.
 *
 * @since 0.1.0
 * @category ids
 */
export const UploadSessionId = Schema.String.pipe(Schema.brand("effect-tableau/UploadSessionId"))

/**
 * @since 0.1.0
 * @category ids
 */
export type UploadSessionId = string & Brand.Brand<"effect-tableau/UploadSessionId">
