/**
 * Projects: the folders of a site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ProjectId, type UserId } from "./Ids.js"
import * as Permissions from "./internal/families/permissions.js"
import * as Resource from "./internal/families/resource.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as References from "./References.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const project = Xml.struct(
  { id: ProjectId },
  {
    name: Schema.String,
    description: Schema.String,
    /** One of `ContentPermissions`, or a value that only newer servers have. */
    contentPermissions: Schema.String,
    /** Absent for a top-level project. */
    parentProjectId: ProjectId,
    /** The nearest project above whose locked permissions apply to this one. */
    controllingPermissionsProjectId: ProjectId,
    topLevelProject: Xml.Flag,
    writeable: Xml.Flag,
    favoritesTotal: Xml.Integer,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    owner: References.UserReference,
    /** The number of items in the project. Present only when the option `fields` requests it. */
    contentsCounts: Xml.struct(
      {},
      { projectCount: Xml.Integer, workbookCount: Xml.Integer, viewCount: Xml.Integer, datasourceCount: Xml.Integer }
    )
  }
)

/**
 * A project. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Project extends Xml.TypeOf<typeof project> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Project: Xml.Model<Project, typeof project> = project

/**
 * Who decides on the permissions of the content: the project, the project without those nested in it, or the owner of
 * each item.
 *
 * @since 0.1.0
 * @category models
 */
export type ContentPermissions = "LockedToProject" | "LockedToProjectWithoutNested" | "ManagedByOwner"

/**
 * The properties of a new project.
 *
 * @since 0.1.0
 * @category options
 */
export interface Create {
  /** Unique among the projects with the same parent. */
  readonly name: string
  readonly description?: string | undefined
  /** By default, the project is at the top level. */
  readonly parentProjectId?: ProjectId | undefined
  /** By default `ManagedByOwner`. */
  readonly contentPermissions?: ContentPermissions | undefined
}

/**
 * The properties of a project to change. Properties that are absent stay as they are.
 *
 * @since 0.1.0
 * @category options
 */
export interface Update {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Moves the project into this one. */
  readonly parentProjectId?: ProjectId | undefined
  readonly contentPermissions?: ContentPermissions | undefined
  readonly ownerId?: UserId | undefined
}

const projects = Resource.make<ProjectId>({ name: "Projects", path: "projects", element: "project" })

const filterFields = {
  createdAt: Fields.date<Project>(({ createdAt }) => createdAt),
  name: Fields.text<Project>(({ name }) => name),
  ownerDomain: Fields.text<Project>(),
  ownerEmail: Fields.text<Project>(),
  ownerName: Fields.text<Project>(),
  parentProjectId: Fields.identifier<Project>(({ parentProjectId }) => parentProjectId),
  topLevelProject: Fields.flag<Project>(({ parentProjectId }) => parentProjectId === undefined, {
    requestName: "parentProjectId"
  }),
  updatedAt: Fields.date<Project>(({ updatedAt }) => updatedAt)
}

/**
 * How to list projects.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<Project>> {}

/**
 * Lists the projects on the site that the signed-in user can see, also those in other projects.
 *
 * @example
 * ```ts
 * import { Filter, Projects } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const topLevel = Effect.gen(function* () {
 *   const { items } = yield* Projects.list({ filter: [Filter.eq("topLevelProject", true)] })
 *   return yield* Stream.runCollect(items)
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#query_projects
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Projects.list",
  request: "GET /sites/{siteId}/projects",
  since: "2.0",
  scope: "tableau:content:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("projects", "project", Project, { fields: filterFields, order: "createdAt:asc" })
})

/**
 * The projects on the site that the signed-in user can see, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Creates a project and returns it. Fails with `Conflict` when its parent already contains a project with this name.
 *
 * The request is not idempotent and therefore not sent again when its outcome is unknown: after an error whose `acted`
 * is `"unknown"`, `list` shows whether the project exists.
 *
 * @example
 * ```ts
 * import { Projects } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const sales = yield* Projects.create({ name: "Sales", contentPermissions: "LockedToProject" })
 *   yield* Projects.create({ name: "Forecasts", parentProjectId: sales.id })
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#create_project
 * @since 0.1.0
 * @category operations
 */
export const create = Operation.make({
  name: "Projects.create",
  request: "POST /sites/{siteId}/projects",
  since: "2.0",
  scope: "tableau:projects:create",
  input: (newProject: Create) => ({
    xml: {
      project: {
        name: newProject.name,
        description: newProject.description,
        parentProjectId: newProject.parentProjectId,
        contentPermissions: newProject.contentPermissions
      }
    }
  }),
  response: Response.element("project", Project)
})

/**
 * Changes a project and returns it.
 *
 * @example
 * ```ts
 * import { type Ids, Projects } from "effect-tableau"
 *
 * const lock = (projectId: Ids.ProjectId) => Projects.update(projectId, { contentPermissions: "LockedToProject" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#update_project
 * @since 0.1.0
 * @category operations
 */
export const update = Operation.make({
  name: "Projects.update",
  request: "PUT /sites/{siteId}/projects/{projectId}",
  since: "2.0",
  scope: "tableau:projects:update",
  input: (projectId: ProjectId, change: Update) => ({
    projectId,
    xml: {
      project: {
        name: change.name,
        description: change.description,
        parentProjectId: change.parentProjectId,
        contentPermissions: change.contentPermissions,
        owner: change.ownerId === undefined ? undefined : { id: change.ownerId }
      }
    }
  }),
  response: Response.element("project", Project)
})

/**
 * Deletes a project **and everything in it**: nested projects, workbooks, data sources and flows.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#delete_project
 * @since 0.1.0
 * @category operations
 */
const delete_ = Operation.make({
  name: "Projects.delete",
  request: "DELETE /sites/{siteId}/projects/{projectId}",
  since: "2.0",
  scope: "tableau:projects:delete",
  input: (projectId: ProjectId) => ({ projectId }),
  response: Response.empty
})

export { delete_ as delete }

/**
 * Returns the permission rules of a project.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_project_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = Permissions.query(projects, "2.0")

/**
 * Adds permission rules to a project and returns all of its rules. Existing rules stay; a new mode replaces the old mode
 * of the same capability.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_project_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = Permissions.add(projects, "2.0")

/**
 * Removes one permission rule from a project. Fails with `NotFound` when there is no such rule.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_project_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = Permissions.remove(projects, "2.0")
