import * as Effect from "effect/Effect"
import { may, subtree } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Content, Project } from "../content/model.js"
import { referred, type Site, same } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import * as Dates from "../protocol/dates.js"
import { attribute, child, type Element, element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { created, noContent, type SessionCall } from "../session/call.js"
import { required, requiredAttribute } from "./body.js"
import { forAdministrators, handlers, requireAdministrator } from "./handler.js"
import { find, type Kind, visibleTo } from "./kind.js"
import * as Permissions from "./permissions.js"
import * as Revisions from "./revisions.js"

const kind: Kind<Project, "projectId"> = {
  parameter: "projectId",
  element: "project",
  of: (site) => site.projects,
  notFound: Errors.projectNotFound,
  capabilities: ["ChangePermissions", "ProjectLeader", "Read", "Write"]
}

const contentPermissions = ["LockedToProject", "LockedToProjectWithoutNested", "ManagedByOwner"]

const listing = ({ session, site }: SessionCall): Listing<Project> => {
  const owner = (project: Project) => referred(site.users, project.ownerId)
  return {
    item: "project",
    list: "projects",
    describe: (project) => {
      const of = owner(project)
      return element(
        "project",
        {
          id: project.id,
          name: project.name,
          description: project.description,
          createdAt: project.createdAt,
          updatedAt: project.updatedAt,
          contentPermissions: project.contentPermissions,
          parentProjectId: project.parentId,
          topLevelProject: project.parentId === undefined,
          writeable: may(site, session.user, "Write", project)
        },
        [of && element("owner", { id: of.id, name: of.name, fullName: of.fullName, email: of.email })]
      )
    },
    parts: {
      usual: [
        ...["id", "name", "description", "createdAt", "updatedAt", "contentPermissions", "parentProjectId"],
        ...["owner.id"]
      ],
      extra: ["topLevelProject", "writeable", "owner.name", "owner.fullName", "owner.email"]
    },
    fields: {
      name: Field.name(({ name }) => name),
      createdAt: Field.date(({ createdAt }) => createdAt),
      updatedAt: Field.date(({ updatedAt }) => updatedAt),
      parentProjectId: Field.text(({ parentId }) => parentId),
      topLevelProject: Field.flag(({ parentId }) => parentId === undefined),
      ownerName: Field.name((project) => owner(project)?.fullName),
      ownerEmail: Field.name((project) => owner(project)?.email)
    }
  }
}

/** Applies the values of a request body to a project. Absent values stay unchanged. */
const change = (
  site: Site,
  before: Omit<Project, "id">,
  given: Element
): Effect.Effect<Omit<Project, "id">, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const parentId = attribute(given, "parentProjectId")
    // An empty parent moves a project to the top level.
    const parent = parentId === "" ? undefined : (parentId ?? before.parentId)
    if (parent !== undefined && site.projects.find(parent) === undefined) return yield* Errors.projectNotFound
    const permissions = attribute(given, "contentPermissions") ?? before.contentPermissions
    if (!contentPermissions.includes(permissions)) {
      return yield* Errors.badRequest(`contentPermissions must be one of ${contentPermissions.join(", ")}.`)
    }
    const ownerId = attribute(child(given, "owner"), "id") ?? before.ownerId
    if (ownerId !== undefined && site.users.find(ownerId) === undefined) return yield* Errors.userNotFound
    return {
      ...before,
      name: attribute(given, "name") ?? before.name,
      description: attribute(given, "description") ?? before.description,
      parentId: parent,
      contentPermissions: permissions,
      ownerId,
      updatedAt: yield* Dates.now
    }
  })

/** Names of projects are unique within their parent project. */
const requireFreeName = (site: Site, name: string, parentId: string | undefined, self?: string) =>
  Effect.suspend(() => {
    for (const project of site.projects.items()) {
      if (project.id !== self && project.parentId === parentId && same(project.name, name)) {
        return Effect.fail(Errors.projectExists(`A project named '${name}' already exists there.`))
      }
    }
    return Effect.void
  })

/** Removes projects with their content and its files. */
const removeContent = (call: SessionCall, projects: ReadonlySet<string>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { site } = call
    const removed: Array<Content> = []
    const clear = <A extends Content>(items: Collection<A>) => {
      for (const item of items.items()) {
        if (item.projectId === undefined || !projects.has(item.projectId)) continue
        items.remove(item.id)
        removed.push(item)
      }
    }
    clear(site.views)
    clear(site.workbooks)
    clear(site.datasources)
    clear(site.flows)
    for (const id of projects) site.projects.remove(id)
    return Effect.forEach(removed, (item) => Revisions.discard(call, item), { discard: true })
  })

const permissions = Permissions.forKind(kind)

export const signedIn = handlers({
  queryProjects: (call) => listReply(call, listing(call), call.site.projects, visibleTo(call)),
  createProject: forAdministrators("create projects", (call) =>
    Effect.gen(function* () {
      const given = yield* required(call, "project")
      const name = yield* requiredAttribute(given, "name")
      const createdAt = yield* Dates.now
      const blank = {
        name,
        description: "",
        parentId: undefined,
        ownerId: call.session.user.id,
        contentPermissions: "ManagedByOwner",
        createdAt,
        updatedAt: createdAt
      }
      const project = yield* change(call.site, blank, given)
      yield* requireFreeName(call.site, name, project.parentId)
      const added = call.site.projects.add((id) => ({ ...project, id }))
      return created(...itemReply(listing(call), added).content)
    })
  ),
  updateProject: (call) =>
    Effect.gen(function* () {
      const before = yield* find(kind, call)
      const { session, site } = call
      if (!may(site, session.user, "ProjectLeader", before)) {
        return yield* Errors.forbidden("The user has no permission to change this project.")
      }
      const after = { ...(yield* change(site, before, yield* required(call, "project"))), id: before.id }
      yield* requireFreeName(site, after.name, after.parentId, after.id)
      if (after.parentId !== undefined && subtree(site, before).has(after.parentId)) {
        return yield* Errors.badRequest("A project cannot lie in itself.")
      }
      site.projects.replace(after.id, after)
      return itemReply(listing(call), after)
    }),
  deleteProject: (call) =>
    Effect.gen(function* () {
      const project = yield* find(kind, call)
      yield* requireAdministrator(call, "delete projects")
      if (same(project.name, "default") && project.parentId === undefined) return yield* Errors.defaultProjectForbidden
      yield* removeContent(call, subtree(call.site, project))
      return noContent
    }),
  queryProjectPermissions: permissions.query,
  addProjectPermissions: permissions.add,
  deleteProjectPermissionForUser: permissions.deleteForUser,
  deleteProjectPermissionForGroup: permissions.deleteForGroup
})
