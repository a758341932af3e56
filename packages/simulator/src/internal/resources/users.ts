import * as Effect from "effect/Effect"
import { isAdministrator } from "../content/access.js"
import type { Collection } from "../content/collection.js"
import type { User } from "../content/model.js"
import { findAccount, findByName, isMember, type Site, type World } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, type Listing, listReply } from "../lists/listing.js"
import { attribute, type Element, element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { created, noContent, type SessionCall } from "../session/call.js"
import { required, requiredAttribute, siteRole } from "./body.js"
import { forAdministrators, handlers } from "./handler.js"

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
    name: Field.searchableName(({ name }) => name),
    friendlyName: Field.searchableName(({ fullName }) => fullName),
    siteRole: Field.text(({ siteRole }) => siteRole),
    lastLogin: Field.date(({ lastLogin }) => lastLogin),
    isLocal: Field.flag(() => true)
  }
}

/** A user that the caller may see: administrators see all users, others only themselves. */
const find = ({ parameter, session, site }: SessionCall<"userId">): Effect.Effect<User, Errors.ErrorResponse> =>
  Effect.suspend(() => {
    const id = parameter("userId")
    if (!isAdministrator(session.user) && id !== session.user.id) return Effect.fail(Errors.queryUserForbidden)
    const user = site.users.find(id)
    return user === undefined ? Effect.fail(Errors.userNotFound) : Effect.succeed(user)
  })

const change = (before: User, given: Element): Effect.Effect<User, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const email = attribute(given, "email") ?? before.email
    if (email !== undefined && email !== "" && !email.includes("@")) {
      return yield* Errors.badRequest("The email attribute does not contain a valid email address.")
    }
    return {
      ...before,
      fullName: attribute(given, "fullName") ?? before.fullName,
      email,
      siteRole: (yield* siteRole(given, "siteRole")) ?? before.siteRole,
      authSetting: attribute(given, "authSetting") ?? before.authSetting
    }
  })

/** Accounts belong to the server: each user of a site has one, and its password is valid on every site. */
const saveAccount = (world: World, user: User, password: string | undefined): void => {
  const account = findAccount(world, user.name)
  world.accounts.set(user.name.toLowerCase(), {
    name: account?.name ?? user.name,
    password: password ?? account?.password,
    serverAdministrator: user.siteRole === "ServerAdministrator" || (account?.serverAdministrator ?? false)
  })
}

/** Changes the owner of a user's content, if there is a new owner. Returns whether the user owned any content. */
const reassign = (site: Site, from: string, to: string | undefined): boolean => {
  let owned = false
  const reassignAll = <A extends { readonly id: string; readonly ownerId: string | undefined }>(
    items: Collection<A>
  ) => {
    for (const item of items.items()) {
      if (item.ownerId !== from) continue
      owned = true
      if (to === undefined) return
      items.replace(item.id, { ...item, ownerId: to })
    }
  }
  reassignAll(site.projects)
  reassignAll(site.workbooks)
  reassignAll(site.views)
  reassignAll(site.datasources)
  reassignAll(site.flows)
  return owned
}

const leaveGroups = (site: Site, user: User): void => {
  for (const group of site.groups.items()) {
    if (group.memberIds === "everybody" || !group.memberIds.includes(user.id)) continue
    site.groups.replace(group.id, { ...group, memberIds: group.memberIds.filter((id) => id !== user.id) })
  }
}

export const signedIn = handlers({
  getUsersOnSite: forAdministrators("list users", (call) => listReply(call, listing, call.site.users)),
  queryUserOnSite: (call) => Effect.map(find(call), (user) => itemReply(listing, user)),
  addUserToSite: forAdministrators("add users", (call) =>
    Effect.gen(function* () {
      const given = yield* required(call, "user")
      const name = yield* requiredAttribute(given, "name")
      yield* requiredAttribute(given, "siteRole")
      if (findByName(call.site.users, name) !== undefined) return yield* Errors.userExists
      const blank = { id: "", name, fullName: name, email: undefined, siteRole: "Unlicensed", lastLogin: undefined }
      const user = yield* change({ ...blank, authSetting: undefined }, given)
      saveAccount(call.world, user, undefined)
      const added = call.site.users.add((id) => ({ ...user, id }))
      return created(...itemReply(listing, added).content)
    })
  ),
  updateUser: forAdministrators("change users", (call) =>
    Effect.gen(function* () {
      const before = yield* find(call)
      const given = yield* required(call, "user")
      const after = yield* change(before, given)
      if (before.id === call.session.user.id && after.siteRole !== before.siteRole) {
        return yield* Errors.forbidden("Users cannot change tnewOwner own site role.")
      }
      saveAccount(call.world, after, attribute(given, "password"))
      call.site.users.replace(after.id, after)
      return itemReply(listing, after)
    })
  ),
  removeUserFromSite: forAdministrators("remove users", (call) =>
    Effect.gen(function* () {
      const user = yield* find(call)
      const newOwner = call.query.get("mapAssetsTo") ?? undefined
      if (newOwner !== undefined && call.site.users.find(newOwner) === undefined) return yield* Errors.userNotFound
      if (reassign(call.site, user.id, newOwner) && newOwner === undefined) return yield* Errors.userOwnsContent
      leaveGroups(call.site, user)
      call.site.users.remove(user.id)
      yield* call.sessions.endOf(user)
      return noContent
    })
  ),
  getUsersInGroup: forAdministrators("see the users of a group", (call) =>
    Effect.gen(function* () {
      const group = call.site.groups.find(call.parameter("groupId")) ?? (yield* Errors.groupNotFound)
      return yield* listReply(call, listing, call.site.users, (user) => isMember(group, user.id))
    })
  )
})
