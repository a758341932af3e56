/**
 * References: the part of a user, a project, a workbook or another item that the server includes in an item related to
 * it, mostly id and name. The full item is returned by `get` of its module.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { DatasourceId, FlowId, GroupId, GroupSetId, ProjectId, UserId, ViewId, WorkbookId } from "./Ids.js"
import * as Xml from "./Xml.js"

const user = Xml.struct(
  {},
  {
    id: UserId,
    /** The name that the user signs in with. */
    name: Schema.String,
    fullName: Schema.String,
    email: Schema.String,
    /** For example `Creator` or `Viewer`. */
    siteRole: Schema.String,
    lastLogin: Xml.Timestamp
  }
)

/**
 * A user, for example the owner of a workbook. `Users.get` returns the full user.
 *
 * @since 0.1.0
 * @category models
 */
export interface UserReference extends Xml.TypeOf<typeof user> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const UserReference: Xml.Model<UserReference, typeof user> = user

const project = Xml.struct({}, { id: ProjectId, name: Schema.String, description: Schema.String })

/**
 * The project that contains an item. `Projects.get` returns the full project.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProjectReference extends Xml.TypeOf<typeof project> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProjectReference: Xml.Model<ProjectReference, typeof project> = project

const location = Xml.struct(
  {},
  {
    id: Schema.String,
    /** `Project` or `PersonalSpace`. */
    type: Schema.String,
    name: Schema.String
  }
)

/**
 * The project or the Personal Space that contains an item.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocationReference extends Xml.TypeOf<typeof location> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const LocationReference: Xml.Model<LocationReference, typeof location> = location

const workbook = Xml.struct({}, { id: WorkbookId, name: Schema.String, contentUrl: Schema.String })

/**
 * A workbook. `Workbooks.get` returns the full workbook.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkbookReference extends Xml.TypeOf<typeof workbook> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const WorkbookReference: Xml.Model<WorkbookReference, typeof workbook> = workbook

const view = Xml.struct({}, { id: ViewId, name: Schema.String, contentUrl: Schema.String })

/**
 * A view. `Views.get` returns the full view.
 *
 * @since 0.1.0
 * @category models
 */
export interface ViewReference extends Xml.TypeOf<typeof view> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const ViewReference: Xml.Model<ViewReference, typeof view> = view

const datasource = Xml.struct({}, { id: DatasourceId, name: Schema.String, contentUrl: Schema.String })

/**
 * A data source. `Datasources.get` returns the full data source.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatasourceReference extends Xml.TypeOf<typeof datasource> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const DatasourceReference: Xml.Model<DatasourceReference, typeof datasource> = datasource

const flow = Xml.struct({}, { id: FlowId, name: Schema.String })

/**
 * A flow. `Flows.get` returns the full flow.
 *
 * @since 0.1.0
 * @category models
 */
export interface FlowReference extends Xml.TypeOf<typeof flow> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const FlowReference: Xml.Model<FlowReference, typeof flow> = flow

const group = Xml.struct({}, { id: GroupId, name: Schema.String })

/**
 * A group. `Groups.list` returns full groups.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupReference extends Xml.TypeOf<typeof group> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const GroupReference: Xml.Model<GroupReference, typeof group> = group

const groupSet = Xml.struct({}, { id: GroupSetId, name: Schema.String })

/**
 * A group set.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupSetReference extends Xml.TypeOf<typeof groupSet> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const GroupSetReference: Xml.Model<GroupSetReference, typeof groupSet> = groupSet
