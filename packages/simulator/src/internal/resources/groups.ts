import * as Effect from "effect/Effect"
import type { Group } from "../content/model.js"
import { findByName, isMember, type Site } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { attribute, child, children, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { type Call, created, noContent, ok, type SessionCall } from "../session/call.js"
import { required, requiredAttribute, siteRole } from "./body.js"
import { forAdministrators, handlers, requireAdministrator } from "./handler.js"
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
      name: Field.searchableName(({ name }) => name),
      domainName: Field.name(() => "local"),
      isLocal: Field.flag(() => true),
      minimumSiteRole: Field.text(({ minimumSiteRole }) => minimumSiteRole),
      userCount: Field.number(count)
    }
  }
}

const find = ({ parameter, site }: SessionCall<"groupId">) =>
  Effect.orElseFail(
    Effect.suspend(() => Effect.fromNullable(site.groups.find(parameter("groupId")))),
    () => Errors.groupNotFound
  )

const explicitMembers = ({ memberIds }: Group): Effect.Effect<ReadonlyArray<string>, Errors.ErrorResponse> =>
  memberIds === "everybody"
    ? Effect.fail(Errors.forbidden("The group of all users cannot be changed."))
    : Effect.succeed(memberIds)

const requireFreeName = (site: Site, name: string, self?: string) => {
  const other = findByName(site.groups, name)
  return other === undefined || other.id === self
    ? Effect.void
    : Effect.fail(Errors.groupExists(`There is a group '${name}'.`))
}

/** The `<group>` of the body. Import fails: the simulator has no Active Directory. */
const requiredGroup = (call: Call) =>
  Effect.filterOrFail(
    required(call, "group"),
    (given) => child(given, "import") === undefined,
    () => Errors.noActiveDirectory
  )

/** The users in the body: one, or since 3.21 a list. */
const requiredUsers = ({ payload, site }: SessionCall) =>
  Effect.gen(function* () {
    const root = yield* payload
    const given = [...children(root, "user"), ...children(child(root, "users"), "user")]
    if (given.length === 0) return yield* Errors.badRequest("The <user> element is missing.")
    return yield* Effect.forEach(given, (user) =>
      Effect.orElseFail(Effect.fromNullable(site.users.find(attribute(user, "id") ?? "")), () => Errors.userNotFound)
    )
  })

/** Changes the members of the group in the path, and returns what `change` returns beside the new members. */
const changeMembers = <A>(
  call: SessionCall<"groupId">,
  change: (
    before: ReadonlyArray<string>
  ) => Effect.Effect<readonly [after: ReadonlyArray<string>, result: A], Errors.ErrorResponse>
) =>
  Effect.gen(function* () {
    const group = yield* find(call)
    const [memberIds, result] = yield* change(yield* explicitMembers(group))
    call.site.groups.replace(group.id, { ...group, memberIds })
    return result
  })

export const signedIn = handlers({
  queryGroups: forAdministrators("list groups", (call) => listReply(call, listing(call.site), call.site.groups)),

  createGroup: forAdministrators("create groups", (call) =>
    Effect.gen(function* () {
      const given = yield* requiredGroup(call)
      const name = yield* requiredAttribute(given, "name")
      yield* requireFreeName(call.site, name)
      const minimumSiteRole = yield* siteRole(given, "minimumSiteRole")
      const group = call.site.groups.add((id) => ({ id, name, minimumSiteRole, memberIds: [] }))
      return created(...itemReply(listing(call.site), group).content)
    })
  ),

  updateGroup: forAdministrators("change groups", (call) =>
    Effect.gen(function* () {
      const before = yield* find(call)
      const given = yield* requiredGroup(call)
      const name = attribute(given, "name") ?? before.name
      yield* requireFreeName(call.site, name, before.id)
      const minimumSiteRole = (yield* siteRole(given, "minimumSiteRole")) ?? before.minimumSiteRole
      const after = { ...before, name, minimumSiteRole }
      call.site.groups.replace(after.id, after)
      return itemReply(listing(call.site), after)
    })
  ),

  deleteGroup: forAdministrators("delete groups", (call) =>
    Effect.gen(function* () {
      const group = yield* find(call)
      yield* explicitMembers(group)
      call.site.groups.remove(group.id)
      return noContent
    })
  ),

  addUserToGroup: forAdministrators("change groups", (call) =>
    Effect.gen(function* () {
      const users = yield* changeMembers(call, (before) =>
        Effect.gen(function* () {
          const users = yield* requiredUsers(call)
          if (users.some(({ id }) => before.includes(id))) return yield* Errors.alreadyMember
          return [[...before, ...users.map(({ id }) => id)], users] as const
        })
      )
      const added = users.flatMap((user) => itemReply(Users.listing, user).content)
      // The response to a single user is a single user, the response to a list is a list.
      if (child(yield* call.payload, "users") === undefined) return ok(...added)
      return ok(
        element("pagination", { pageNumber: 1, pageSize: 100, totalAvailable: added.length }),
        list("users", added)
      )
    })
  ),

  removeUsersFromGroup: forAdministrators("change groups", (call) =>
    changeMembers(call, (before) =>
      Effect.map(requiredUsers(call), (users) => {
        const removed = new Set(users.map(({ id }) => id))
        return [before.filter((id) => !removed.has(id)), noContent] as const
      })
    )
  ),

  removeUserFromGroup: forAdministrators("change groups", (call) =>
    changeMembers(call, (before) => {
      const id = call.parameter("userId")
      return before.includes(id)
        ? Effect.succeed([before.filter((member) => member !== id), noContent] as const)
        : Effect.fail(Errors.userNotFound)
    })
  ),

  getGroupsForAUser: (call) =>
    Effect.gen(function* () {
      const id = call.parameter("userId")
      if (id !== call.session.user.id) yield* requireAdministrator(call, "see the groups of other users")
      if (call.site.users.find(id) === undefined) return yield* Errors.userNotFound
      return yield* listReply(call, listing(call.site), call.site.groups, (group) => isMember(group, id))
    })
})
