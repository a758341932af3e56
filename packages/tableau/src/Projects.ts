/**
 * Projects: the folders that content lies in.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ProjectId, type UserId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import { element } from "./internal/xml/writer.js"
import * as Permissions from "./Permissions.js"
import type * as Query from "./Query.js"
import type { Listing } from "./Query.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: ProjectId,
  name: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  contentPermissions: Schema.optional(Schema.String),
  parentProjectId: Schema.optional(ProjectId),
  controllingPermissionsProjectId: Schema.optional(ProjectId),
  topLevelProject: Schema.optional(Leaf.Flag),
  writeable: Schema.optional(Leaf.Flag),
  favoritesTotal: Schema.optional(Leaf.Integer),
  createdAt: Schema.optional(Leaf.Timestamp),
  updatedAt: Schema.optional(Leaf.Timestamp),
  owner: Schema.optional(References.UserReference),
  contentsCounts: Schema.optional(
    Schema.Struct({
      projectCount: Schema.optional(Leaf.Integer),
      workbookCount: Schema.optional(Leaf.Integer),
      viewCount: Schema.optional(Leaf.Integer),
      datasourceCount: Schema.optional(Leaf.Integer)
    })
  )
})

/**
 * A project. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface Project {
  readonly id: ProjectId
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Who decides on the permissions of what lies in it: one of `ContentPermissions`, or what a later server knows. */
  readonly contentPermissions?: string | undefined
  /** Absent for a project at the top. */
  readonly parentProjectId?: ProjectId | undefined
  /** The project above it whose locked permissions hold here too. */
  readonly controllingPermissionsProjectId?: ProjectId | undefined
  readonly topLevelProject?: boolean | undefined
  readonly writeable?: boolean | undefined
  readonly favoritesTotal?: number | undefined
  readonly createdAt?: DateTime.Utc | undefined
  readonly updatedAt?: DateTime.Utc | undefined
  readonly owner?: References.UserReference | undefined
  /** How much lies in it; there when it was asked for. */
  readonly contentsCounts?:
    | {
        readonly projectCount?: number | undefined
        readonly workbookCount?: number | undefined
        readonly viewCount?: number | undefined
        readonly datasourceCount?: number | undefined
      }
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProjectEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Project: Schema.Schema<Project, ProjectEncoded> = struct

/**
 * Who decides on the permissions of the content: the project alone, the project but not for projects in it, or each
 * owner.
 *
 * @since 0.1.0
 * @category models
 */
export type ContentPermissions = "LockedToProject" | "LockedToProjectWithoutNested" | "ManagedByOwner"

/**
 * What a new project shall be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Create {
  /** Two projects in the same place cannot have the same name. */
  readonly name: string
  readonly description?: string | undefined
  /** By default the project is at the top. */
  readonly parentProjectId?: ProjectId | undefined
  /** By default `ManagedByOwner`. */
  readonly contentPermissions?: ContentPermissions | undefined
}

/**
 * What shall change of a project; what is left out stays as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Update {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** The project to move it into. */
  readonly parentProjectId?: ProjectId | undefined
  readonly contentPermissions?: ContentPermissions | undefined
  readonly ownerId?: UserId | undefined
}

const fields = {
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
 * How projects are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.SelectableField<Project>> {}

const queryProjects = Endpoint.make({
  name: "Projects.list",
  method: "GET",
  path: "/sites/{siteId}/projects",
  since: "2.0",
  scopes: ["tableau:content:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, projects: Leaf.list("project", Project) }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#query_projects"
})

const createProject = Endpoint.make({
  name: "Projects.create",
  method: "POST",
  path: "/sites/{siteId}/projects",
  since: "2.0",
  scopes: ["tableau:projects:create"],
  body: ({ contentPermissions, description, name, parentProjectId }: Create) =>
    element("project", { name, description, parentProjectId, contentPermissions }),
  success: Schema.Struct({ project: Project }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#create_project"
})

const updateProject = Endpoint.make({
  name: "Projects.update",
  method: "PUT",
  path: "/sites/{siteId}/projects/{projectId}",
  since: "2.0",
  scopes: ["tableau:projects:update"],
  body: ({ change }: { readonly change: Update }) => {
    const { contentPermissions, description, name, ownerId, parentProjectId } = change
    return element(
      "project",
      { name, description, parentProjectId, contentPermissions },
      ownerId === undefined ? [] : [element("owner", { id: ownerId })]
    )
  },
  success: Schema.Struct({ project: Project }),
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#update_project"
})

const deleteProject = Endpoint.makeEmpty({
  name: "Projects.delete",
  method: "DELETE",
  path: "/sites/{siteId}/projects/{projectId}",
  since: "2.0",
  scopes: ["tableau:projects:delete"],
  documentation: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#delete_project"
})

const grants = Permissions.operations<ProjectId>({
  name: "Projects",
  path: "projects",
  since: "2.0",
  documentation: {
    query:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_project_permissions",
    add: "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_project_permissions",
    delete:
      "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_project_permission"
  }
})

/**
 * The projects on the session's site that the user may see: how many there are, and a stream of them all, those that
 * lie in others too. The first page has come when this returns; the stream asks for each further page once, and stays
 * on the site.
 *
 * A project that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#query_projects
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<Project>, OperationError, TableauSession> =>
  Paging.queried(
    queryProjects,
    {},
    ({ pagination, projects }) => ({ pagination, items: projects }),
    fields,
    "createdAt:asc",
    options
  )

/**
 * Makes a project and gives it. `Conflict` when there is one of that name in the same place.
 *
 * It is sent once. An error whose `acted` is `"unknown"` may have made the project all the same: `list` tells.
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
export const create = (project: Create): Effect.Effect<Project, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(createProject, project), ({ project }) => project)

/**
 * Changes a project and gives it as it is then.
 *
 * @example
 * ```ts
 * import { type Ids, Projects } from "effect-tableau"
 *
 * const lock = (project: Ids.ProjectId) => Projects.update(project, { contentPermissions: "LockedToProject" })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#update_project
 * @since 0.1.0
 * @category operations
 */
export const update = (projectId: ProjectId, change: Update): Effect.Effect<Project, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(updateProject, { projectId, change }), ({ project }) => project)

const delete_ = (projectId: ProjectId): Effect.Effect<void, OperationError, TableauSession> =>
  Endpoint.call(deleteProject, { projectId })

export {
  /**
   * Deletes a project, **with everything that lies in it**: projects, workbooks, data sources and flows.
   *
   * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm#delete_project
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * The permissions that were given for a project.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#query_project_permissions
 * @since 0.1.0
 * @category operations
 */
export const permissions = (
  projectId: ProjectId
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.query(projectId)

/**
 * Allows and denies things to users and groups, and gives the permissions of the project as they are then. What was
 * given before stays; of two modes of one capability the new one holds.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#add_project_permissions
 * @since 0.1.0
 * @category operations
 */
export const addPermissions = (
  projectId: ProjectId,
  given: ReadonlyArray<Permissions.Grant>
): Effect.Effect<Permissions.Permissions, OperationError, TableauSession> => grants.add(projectId, given)

/**
 * Takes one capability back from a user or a group. `NotFound` when it was not given in this mode.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm#delete_project_permission
 * @since 0.1.0
 * @category operations
 */
export const deletePermission = (
  projectId: ProjectId,
  grantee: Permissions.Grantee,
  capability: Permissions.Capability
): Effect.Effect<void, OperationError, TableauSession> => grants.delete(projectId, grantee, capability)
