/**
 * The ids that Tableau gives to things. Each is a text of its own kind, so that a workbook's id is not taken for a
 * site's. What an id looks like is Tableau's business: none is checked against a pattern.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Schema from "effect/Schema"

/**
 * A site's LUID.
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
 * A user's LUID on one site: the same person has another one on each site.
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
 * A project's LUID.
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
 * A workbook's LUID.
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
 * A view's LUID.
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
 * A data source's LUID.
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
 * A flow's LUID.
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
 * A group's LUID.
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
 * A group set's LUID.
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
 * The LUID of a connection to data, as content has them.
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
 * A job's LUID.
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
 * A schedule's LUID: schedules are the server's, not a site's.
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
