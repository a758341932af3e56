import * as Effect from "effect/Effect"
import type { Group } from "../content/model.js"
import { findByName, isMember, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { attribute, child, children, type Element, element, list } from "../protocol/element.js"
import {
  alreadyMember,
  badRequest,
  forbidden,
  groupExists,
  groupNotFound,
  noActiveDirectory,
  type Refusal,
  userNotFound
} from "../protocol/errorResponse.js"
import { created, noContent, ok, type SignedInCall, signedIn } from "../session/call.js"
import { requireAdministrator, required, requiredAttribute, siteRole } from "./administration.js"
import * as Users from "./users.js"

const listing = (site: Site): Listing<Group> => {
  const count = ({ memberIds }: Group) => (memberIds === "everybody" ? site.users.size() : memberIds.length)
  return {
    item: "group",
    list: "groups",
    describe: (group) =>
      element(
        "group",
        { id: group.id, name: group.name, minimumSiteRole: group.minimumSiteRole, userCount: count(group) },
        [element("domain", { name: "local" })]
      ),
    parts: { usual: ["id", "name", "minimumSiteRole", "domain"], extra: ["userCount"] },
    fields: {
      name: Field.name(({ name }) => name),
      domainName: Field.name(() => "local"),
      isLocal: Field.flag(() => true),
      minimumSiteRole: Field.text(({ minimumSiteRole }) => minimumSiteRole),
      userCount: Field.number(count)
    }
  }
}

const find = ({ parameter, site }: SignedInCall<"groupId">): Effect.Effect<Group, Refusal> =>
  Effect.suspend(() => {
    const group = site.groups.find(parameter("groupId"))
    return group === undefined ? Effect.fail(groupNotFound) : Effect.succeed(group)
  })

const members = (group: Group): Effect.Effect<ReadonlyArray<string>, Refusal> =>
  group.memberIds === "everybody"
    ? Effect.fail(forbidden("The group of all users cannot be changed."))
    : Effect.succeed(group.memberIds)

/** The users of a body: one, or since 3.21 several. */
const givenUsers = (payload: Element): ReadonlyArray<Element> => [
  ...children(payload, "user"),
  ...children(child(payload, "users"), "user")
]

const requireUsers = (call: SignedInCall) =>
  Effect.gen(function* () {
    const given = givenUsers(yield* call.payload)
    if (given.length === 0) return yield* badRequest("The <user> element is missing.")
    return yield* Effect.forEach(given, (user) => {
      const found = call.site.users.find(attribute(user, "id") ?? "")
      return found === undefined ? Effect.fail(userNotFound) : Effect.succeed(found)
    })
  })

const setMembers = (site: Site, group: Group, memberIds: ReadonlyArray<string>): void =>
  site.groups.replace(group.id, { ...group, memberIds })

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/groups",
    operation: "queryGroups",
    since: "2.0",
    scope: "tableau:groups:read",
    handle: (call) =>
      Effect.zipRight(requireAdministrator(call, "list groups"), answerList(call, listing(call.site), call.site.groups))
  }),
  signedIn({
    verb: "POST",
    path: "/sites/{siteId}/groups",
    operation: "createGroup",
    since: "2.0",
    scope: "tableau:groups:create",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "create groups")
        const given = yield* required(call, "group")
        if (child(given, "import") !== undefined) return yield* noActiveDirectory
        const name = yield* requiredAttribute(given, "name")
        if (findByName(call.site.groups, name) !== undefined) return yield* groupExists(`There is a group '${name}'.`)
        const minimumSiteRole = yield* siteRole(given, "minimumSiteRole")
        const group = call.site.groups.add((id) => ({ id, name, minimumSiteRole, memberIds: [] }))
        return created(...answerItem(listing(call.site), group).content)
      })
  }),
  signedIn({
    verb: "PUT",
    path: "/sites/{siteId}/groups/{groupId}",
    operation: "updateGroup",
    since: "2.0",
    scope: "tableau:groups:update",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "change groups")
        const before = yield* find(call)
        const given = yield* required(call, "group")
        if (child(given, "import") !== undefined) return yield* noActiveDirectory
        const name = attribute(given, "name") ?? before.name
        const other = findByName(call.site.groups, name)
        if (other !== undefined && other.id !== before.id) return yield* groupExists(`There is a group '${name}'.`)
        const minimumSiteRole = (yield* siteRole(given, "minimumSiteRole")) ?? before.minimumSiteRole
        const after = { ...before, name, minimumSiteRole }
        call.site.groups.replace(after.id, after)
        return answerItem(listing(call.site), after)
      })
  }),
  signedIn({
    verb: "DELETE",
    path: "/sites/{siteId}/groups/{groupId}",
    operation: "deleteGroup",
    since: "2.0",
    scope: "tableau:groups:delete",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "delete groups")
        const group = yield* find(call)
        yield* members(group)
        call.site.groups.remove(group.id)
        return noContent
      })
  }),
  signedIn({
    verb: "POST",
    path: "/sites/{siteId}/groups/{groupId}/users",
    operation: "addUserToGroup",
    since: "2.0",
    scope: "tableau:groups:update",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "change groups")
        const group = yield* find(call)
        const before = yield* members(group)
        const users = yield* requireUsers(call)
        if (users.some(({ id }) => before.includes(id))) return yield* alreadyMember
        setMembers(call.site, group, [...before, ...users.map(({ id }) => id)])
        const added = users.flatMap((user) => answerItem(Users.listing, user).content)
        // Who sends one user gets one, who sends a list gets a list.
        if (child(yield* call.payload, "users") === undefined) return ok(...added)
        return ok(
          element("pagination", { pageNumber: 1, pageSize: 100, totalAvailable: added.length }),
          list("users", added)
        )
      })
  }),
  signedIn({
    verb: "PUT",
    path: "/sites/{siteId}/groups/{groupId}/users/remove",
    operation: "removeUsersFromGroup",
    since: "3.21",
    scope: "tableau:groups:update",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "change groups")
        const group = yield* find(call)
        const before = yield* members(group)
        const gone = new Set((yield* requireUsers(call)).map(({ id }) => id))
        setMembers(
          call.site,
          group,
          before.filter((id) => !gone.has(id))
        )
        return noContent
      })
  }),
  signedIn({
    verb: "DELETE",
    path: "/sites/{siteId}/groups/{groupId}/users/{userId}",
    operation: "removeUserFromGroup",
    since: "2.0",
    scope: "tableau:groups:update",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "change groups")
        const group = yield* find(call)
        const before = yield* members(group)
        const id = call.parameter("userId")
        if (!before.includes(id)) return yield* userNotFound
        setMembers(
          call.site,
          group,
          before.filter((member) => member !== id)
        )
        return noContent
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/users/{userId}/groups",
    operation: "getGroupsForAUser",
    since: "3.7",
    scope: "tableau:users:read",
    handle: (call) =>
      Effect.gen(function* () {
        const id = call.parameter("userId")
        if (id !== call.session.user.id) yield* requireAdministrator(call, "see the groups of other users")
        if (call.site.users.find(id) === undefined) return yield* userNotFound
        return yield* answerList(call, listing(call.site), call.site.groups, (group) => isMember(group, id))
      })
  })
] as const
