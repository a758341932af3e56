import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { Item, Rule } from "../content/model.js"
import type { Site } from "../content/world.js"
import { attribute, child, children, type Element, element, list } from "../protocol/element.js"
import {
  badRequest,
  capabilityNotAssigned,
  forbidden,
  groupNotFound,
  invalidCapability,
  type Refusal,
  userNotFound
} from "../protocol/errorResponse.js"
import { noContent, ok, type Reply, type SignedInCall, signedIn } from "../session/call.js"
import { find, type Kind, pathOf } from "./kind.js"

const sameGrantee = (left: Rule["grantee"], right: Rule["grantee"]): boolean =>
  left.kind === right.kind && left.id === right.id

const describe = (site: Site, name: string, item: Item): Reply => {
  const grantees = new Map<string, Array<Rule>>()
  for (const rule of site.rulesOf(item)) {
    const key = `${rule.grantee.kind}/${rule.grantee.id}`
    grantees.set(key, [...(grantees.get(key) ?? []), rule])
  }
  const owner = "ownerId" in item && typeof item.ownerId === "string" ? item.ownerId : undefined
  return ok(
    element("permissions", {}, [
      element(name, { id: item.id, name: item.name }, [
        owner === undefined ? undefined : element("owner", { id: owner })
      ]),
      ...[...grantees.values()].map((rules) => describeGrantee(rules))
    ])
  )
}

const describeGrantee = (rules: ReadonlyArray<Rule>): Element => ({
  ...element("granteeCapabilities", {}, [
    ...rules.slice(0, 1).map(({ grantee }) => element(grantee.kind, { id: grantee.id })),
    list(
      "capabilities",
      rules.map(({ capability, mode }) => element("capability", { name: capability, mode }))
    )
  ]),
  repeated: true
})

const findGrantee = (site: Site, kind: "user" | "group", id: string): Effect.Effect<Rule["grantee"], Refusal> => {
  const found = kind === "user" ? site.users.find(id) : site.groups.find(id)
  if (found !== undefined) return Effect.succeed({ kind, id })
  return Effect.fail(kind === "user" ? userNotFound : groupNotFound)
}

const parseRules = (
  site: Site,
  capabilities: ReadonlyArray<string>,
  grantee: Element
): Effect.Effect<ReadonlyArray<Rule>, Refusal> =>
  Effect.gen(function* () {
    const who = child(grantee, "user") ?? child(grantee, "group")
    const given = children(child(grantee, "capabilities"), "capability")
    if (who === undefined || given.length === 0) return yield* badRequest("A <granteeCapabilities> is incomplete.")
    const found = yield* findGrantee(site, who.name === "user" ? "user" : "group", attribute(who, "id") ?? "")
    return yield* Effect.forEach(given, (capability) => {
      const name = attribute(capability, "name") ?? ""
      const mode = attribute(capability, "mode")
      if (!capabilities.includes(name)) return Effect.fail(invalidCapability(`There is no capability '${name}' here.`))
      return mode === "Allow" || mode === "Deny"
        ? Effect.succeed<Rule>({ grantee: found, capability: name, mode })
        : Effect.fail(badRequest("The mode of a capability is Allow or Deny."))
    })
  })

const findAdministrable = <A extends Item>(kind: Kind<A>, call: SignedInCall<string>): Effect.Effect<A, Refusal> =>
  Effect.filterOrFail(
    find(kind, call),
    (item) => may(call.site, call.session.user, "ChangePermissions", item),
    () => forbidden(`The user has no permission to see or change the permissions of this ${kind.element}.`)
  )

/** Asking for, adding and deleting the permissions of a kind of item. */
export const routes = <
  A extends Item,
  const Query extends string,
  const Add extends string,
  const ForUser extends string,
  const ForGroup extends string
>(
  kind: Kind<A>,
  operations: {
    readonly query: Query
    readonly add: Add
    readonly deleteForUser: ForUser
    readonly deleteForGroup: ForGroup
  },
  since = kind.since
) => {
  const path: string = `${pathOf(kind)}/permissions`
  const remove = <const Operation extends string>(operation: Operation, grantees: "user" | "group") => {
    const pathOfRule: string = `${path}/${grantees}s/{${grantees}Id}/{capabilityName}/{capabilityMode}`
    return signedIn({
      verb: "DELETE",
      path: pathOfRule,
      operation,
      since,
      scope: "tableau:permissions:delete",
      handle: (call) =>
        Effect.gen(function* () {
          const item = yield* findAdministrable(kind, call)
          const grantee = yield* findGrantee(call.site, grantees, call.parameter(`${grantees}Id`))
          const rules = call.site.rulesOf(item)
          const left = rules.filter(
            (rule) =>
              !sameGrantee(rule.grantee, grantee) ||
              rule.capability !== call.parameter("capabilityName") ||
              rule.mode !== call.parameter("capabilityMode")
          )
          if (left.length === rules.length) return yield* capabilityNotAssigned("The capability is not assigned.")
          call.site.setRules(item, left)
          return noContent
        })
    })
  }
  return [
    signedIn({
      verb: "GET",
      path,
      operation: operations.query,
      since,
      scope: "tableau:permissions:read",
      handle: (call) => Effect.map(findAdministrable(kind, call), (item) => describe(call.site, kind.element, item))
    }),
    signedIn({
      verb: "PUT",
      path,
      operation: operations.add,
      since,
      scope: "tableau:permissions:update",
      handle: (call) =>
        Effect.gen(function* () {
          const item = yield* findAdministrable(kind, call)
          const given = children(child(yield* call.payload, "permissions"), "granteeCapabilities")
          if (given.length === 0) return yield* badRequest("The <permissions> element is missing or empty.")
          const parsed = yield* Effect.forEach(given, (grantee) => parseRules(call.site, kind.capabilities, grantee))
          const added = parsed.flat()
          // A capability is allowed or denied, never both: what is added last holds.
          const kept = call.site
            .rulesOf(item)
            .filter(
              (rule) =>
                !added.some((other) => other.capability === rule.capability && sameGrantee(other.grantee, rule.grantee))
            )
          call.site.setRules(item, [...kept, ...added])
          return describe(call.site, kind.element, item)
        })
    }),
    remove(operations.deleteForUser, "user"),
    remove(operations.deleteForGroup, "group")
  ] as const
}
