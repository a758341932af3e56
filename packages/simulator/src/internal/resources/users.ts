import * as Effect from "effect/Effect"
import { isAdministrator } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { Group, User } from "../content/model.js"
import { findAccount, findByName, isMember, type Site, type World } from "../content/world.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { attribute, type Element, element } from "../protocol/element.js"
import {
  badRequest,
  forbidden,
  groupNotFound,
  queryUserForbidden,
  type Refusal,
  userExists,
  userNotFound,
  userOwnsContent
} from "../protocol/errorResponse.js"
import { created, noContent, type SignedInCall, signedIn } from "../session/call.js"
import { requireAdministrator, required, requiredAttribute, siteRole } from "./administration.js"

export const listing: Listing<User> = {
  item: "user",
  list: "users",
  describe: (user) =>
    element(
      "user",
      {
        id: user.id,
        name: user.name,
        siteRole: user.siteRole,
        authSetting: user.authSetting,
        lastLogin: user.lastLogin,
        externalAuthUserId: "",
        fullName: user.fullName,
        email: user.email,
        locale: "en_US",
        language: "en"
      },
      [element("domain", { name: "local" })]
    ),
  parts: {
    usual: [
      ...["id", "name", "siteRole", "authSetting", "lastLogin", "externalAuthUserId", "fullName", "email", "domain"],
      ...["locale", "language"]
    ],
    extra: []
  },
  fields: {
    name: Field.name(({ name }) => name),
    friendlyName: Field.name(({ fullName }) => fullName),
    siteRole: Field.text(({ siteRole }) => siteRole),
    lastLogin: Field.date(({ lastLogin }) => lastLogin),
    isLocal: Field.flag(() => true)
  }
}

/** Users see themselves; only administrators see others. */
const find = ({ parameter, session, site }: SignedInCall<"userId">): Effect.Effect<User, Refusal> =>
  Effect.suspend(() => {
    const id = parameter("userId")
    if (!isAdministrator(session.user) && id !== session.user.id) return Effect.fail(queryUserForbidden)
    const user = site.users.find(id)
    return user === undefined ? Effect.fail(userNotFound) : Effect.succeed(user)
  })

const change = (before: User, given: Element): Effect.Effect<User, Refusal> =>
  Effect.gen(function* () {
    const email = attribute(given, "email") ?? before.email
    if (email !== undefined && email !== "" && !email.includes("@")) {
      return yield* badRequest("The email attribute does not contain a valid email address.")
    }
    return {
      ...before,
      fullName: attribute(given, "fullName") ?? before.fullName,
      email,
      siteRole: (yield* siteRole(given, "siteRole")) ?? before.siteRole,
      authSetting: attribute(given, "authSetting") ?? before.authSetting
    }
  })

/** Accounts are the server's: a user of a site needs one, and its password opens every site. */
const saveAccount = (world: World, user: User, password: string | undefined): void => {
  const account = findAccount(world, user.name)
  world.accounts.set(user.name.toLowerCase(), {
    name: account?.name ?? user.name,
    password: password ?? account?.password,
    serverAdministrator: user.siteRole === "ServerAdministrator" || (account?.serverAdministrator ?? false)
  })
}

/** Gives what somebody owns to somebody else; says whether it was anything. */
const reassign = (site: Site, from: string, to: string | undefined): boolean => {
  let owned = false
  const pass = <A extends { readonly id: string; readonly ownerId: string | undefined }>(items: Collection<A>) => {
    for (const item of items.items()) {
      if (item.ownerId !== from) continue
      owned = true
      if (to === undefined) return
      items.replace(item.id, { ...item, ownerId: to })
    }
  }
  pass(site.projects)
  pass(site.workbooks)
  pass(site.views)
  pass(site.datasources)
  pass(site.flows)
  return owned
}

const leaveGroups = (site: Site, user: User): void => {
  for (const group of site.groups.items()) {
    if (group.memberIds === "everybody" || !group.memberIds.includes(user.id)) continue
    site.groups.replace(group.id, { ...group, memberIds: group.memberIds.filter((id) => id !== user.id) })
  }
}

/** The members of a group that the caller may list. */
const requireGroup = (call: SignedInCall<"groupId">): Effect.Effect<Group, Refusal> =>
  Effect.gen(function* () {
    yield* requireAdministrator(call, "see the users of a group")
    return call.site.groups.find(call.parameter("groupId")) ?? (yield* groupNotFound)
  })

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/users",
    operation: "getUsersOnSite",
    since: "2.0",
    scope: "tableau:users:read",
    handle: (call) =>
      Effect.zipRight(requireAdministrator(call, "list users"), answerList(call, listing, call.site.users))
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/users/{userId}",
    operation: "queryUserOnSite",
    since: "2.0",
    scope: "tableau:users:read",
    handle: (call) => Effect.map(find(call), (user) => answerItem(listing, user))
  }),
  signedIn({
    verb: "POST",
    path: "/sites/{siteId}/users",
    operation: "addUserToSite",
    since: "2.0",
    scope: "tableau:users:create",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "add users")
        const given = yield* required(call, "user")
        const name = yield* requiredAttribute(given, "name")
        yield* requiredAttribute(given, "siteRole")
        if (findByName(call.site.users, name) !== undefined) return yield* userExists
        const blank = { id: "", name, fullName: name, email: undefined, siteRole: "Unlicensed", lastLogin: undefined }
        const user = yield* change({ ...blank, authSetting: undefined }, given)
        saveAccount(call.world, user, undefined)
        const added = call.site.users.add((id) => ({ ...user, id }))
        return created(...answerItem(listing, added).content)
      })
  }),
  signedIn({
    verb: "PUT",
    path: "/sites/{siteId}/users/{userId}",
    operation: "updateUser",
    since: "2.0",
    scope: "tableau:users:update",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "change users")
        const before = yield* find(call)
        const given = yield* required(call, "user")
        const after = yield* change(before, given)
        if (before.id === call.session.user.id && after.siteRole !== before.siteRole) {
          return yield* forbidden("Users cannot change their own site role.")
        }
        saveAccount(call.world, after, attribute(given, "password"))
        call.site.users.replace(after.id, after)
        return answerItem(listing, after)
      })
  }),
  signedIn({
    verb: "DELETE",
    path: "/sites/{siteId}/users/{userId}",
    operation: "removeUserFromSite",
    since: "2.0",
    scope: "tableau:users:delete",
    handle: (call) =>
      Effect.gen(function* () {
        yield* requireAdministrator(call, "remove users")
        const user = yield* find(call)
        const heir = call.query.get("mapAssetsTo") ?? undefined
        if (heir !== undefined && call.site.users.find(heir) === undefined) return yield* userNotFound
        if (reassign(call.site, user.id, heir) && heir === undefined) return yield* userOwnsContent
        leaveGroups(call.site, user)
        call.site.users.remove(user.id)
        yield* call.sessions.endOf(user)
        return noContent
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sites/{siteId}/groups/{groupId}/users",
    operation: "getUsersInGroup",
    since: "2.0",
    scope: "tableau:groups:read",
    handle: (call) =>
      Effect.flatMap(requireGroup(call), (group) =>
        answerList(call, listing, call.site.users, (user) => isMember(group, user.id))
      )
  })
] as const
