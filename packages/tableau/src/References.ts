/**
 * What one thing says of another that it belongs to or is made of: mostly its id and its name. Who wants to know more
 * asks for the other one by its id.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { DatasourceId, FlowId, GroupId, GroupSetId, ProjectId, UserId, ViewId, WorkbookId } from "./Ids.js"
import * as Leaf from "./internal/xml/scalar.js"

const user = Schema.Struct({
  id: Schema.optional(UserId),
  name: Schema.optional(Schema.String),
  fullName: Schema.optional(Schema.String),
  email: Schema.optional(Schema.String),
  siteRole: Schema.optional(Schema.String),
  lastLogin: Schema.optional(Leaf.Timestamp)
})

/**
 * What is said of somebody, such as an owner.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly id?: UserId | undefined
  readonly name?: string | undefined
  readonly fullName?: string | undefined
  readonly email?: string | undefined
  readonly siteRole?: string | undefined
  readonly lastLogin?: DateTime.Utc | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface UserEncoded extends Schema.Struct.Encoded<(typeof user)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const User: Schema.Schema<User, UserEncoded> = user

const project = Schema.Struct({
  id: Schema.optional(ProjectId),
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String)
})

/**
 * What is said of the project that something lies in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Project {
  readonly id?: ProjectId | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ProjectEncoded extends Schema.Struct.Encoded<(typeof project)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Project: Schema.Schema<Project, ProjectEncoded> = project

const location = Schema.Struct({
  id: Schema.optional(Schema.String),
  type: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String)
})

/**
 * What is said of the project or the Personal Space that something lies in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Location {
  readonly id?: string | undefined
  /** `Project` or `PersonalSpace`. */
  readonly type?: string | undefined
  readonly name?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface LocationEncoded extends Schema.Struct.Encoded<(typeof location)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Location: Schema.Schema<Location, LocationEncoded> = location

const workbook = Schema.Struct({
  id: Schema.optional(WorkbookId),
  name: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String)
})

/**
 * What is said of a workbook.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workbook {
  readonly id?: WorkbookId | undefined
  readonly name?: string | undefined
  readonly contentUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WorkbookEncoded extends Schema.Struct.Encoded<(typeof workbook)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Workbook: Schema.Schema<Workbook, WorkbookEncoded> = workbook

const view = Schema.Struct({
  id: Schema.optional(ViewId),
  name: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String)
})

/**
 * What is said of a view.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly id?: ViewId | undefined
  readonly name?: string | undefined
  readonly contentUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ViewEncoded extends Schema.Struct.Encoded<(typeof view)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const View: Schema.Schema<View, ViewEncoded> = view

const datasource = Schema.Struct({
  id: Schema.optional(DatasourceId),
  name: Schema.optional(Schema.String),
  contentUrl: Schema.optional(Schema.String)
})

/**
 * What is said of a data source.
 *
 * @since 0.1.0
 * @category models
 */
export interface Datasource {
  readonly id?: DatasourceId | undefined
  readonly name?: string | undefined
  readonly contentUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface DatasourceEncoded extends Schema.Struct.Encoded<(typeof datasource)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Datasource: Schema.Schema<Datasource, DatasourceEncoded> = datasource

const flow = Schema.Struct({
  id: Schema.optional(FlowId),
  name: Schema.optional(Schema.String)
})

/**
 * What is said of a flow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flow {
  readonly id?: FlowId | undefined
  readonly name?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FlowEncoded extends Schema.Struct.Encoded<(typeof flow)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Flow: Schema.Schema<Flow, FlowEncoded> = flow

const group = Schema.Struct({
  id: Schema.optional(GroupId),
  name: Schema.optional(Schema.String)
})

/**
 * What is said of a group.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly id?: GroupId | undefined
  readonly name?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GroupEncoded extends Schema.Struct.Encoded<(typeof group)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Group: Schema.Schema<Group, GroupEncoded> = group

const groupSet = Schema.Struct({
  id: Schema.optional(GroupSetId),
  name: Schema.optional(Schema.String)
})

/**
 * What is said of a group set.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupSet {
  readonly id?: GroupSetId | undefined
  readonly name?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GroupSetEncoded extends Schema.Struct.Encoded<(typeof groupSet)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const GroupSet: Schema.Schema<GroupSet, GroupSetEncoded> = groupSet
