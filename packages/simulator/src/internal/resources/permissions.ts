import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { Item, Rule } from "../content/model.js"
import type { Site } from "../content/world.js"
import { attribute, child, children, type Element, element, list } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, ok, type Reply, type SessionCall } from "../session/call.js"
import type { Handler } from "./handler.js"
import { find, type Kind } from "./kind.js"

const sameGrantee = (left: Rule["grantee"], right: Rule["grantee"]): boolean =>
  left.kind === right.kind && left.id === right.id

const permissionsReply = (site: Site, name: string, item: Item): Reply => {
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
      ...[...grantees.values()].map(describeGrantee)
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

const findGrantee = (
  site: Site,
  kind: "user" | "group",
  id: string
): Effect.Effect<Rule["grantee"], Errors.ErrorResponse> => {
  const found = kind === "user" ? site.users.find(id) : site.groups.find(id)
  if (found !== undefined) return Effect.succeed({ kind, id })
  return Effect.fail(kind === "user" ? Errors.userNotFound : Errors.groupNotFound)
}

const parseRules = (
  site: Site,
  capabilities: ReadonlyArray<string>,
  granteeCapabilities: Element
): Effect.Effect<ReadonlyArray<Rule>, Errors.ErrorResponse> =>
  Effect.gen(function* () {
    const grantee = child(granteeCapabilities, "user") ?? child(granteeCapabilities, "group")
    const given = children(child(granteeCapabilities, "capabilities"), "capability")
    if (grantee === undefined || given.length === 0) {
      return yield* Errors.badRequest("A <granteeCapabilities> is incomplete.")
    }
    const found = yield* findGrantee(site, grantee.name === "user" ? "user" : "group", attribute(grantee, "id") ?? "")
    return yield* Effect.forEach(given, (capability) => {
      const name = attribute(capability, "name") ?? ""
      const mode = attribute(capability, "mode")
      if (!capabilities.includes(name)) {
        return Effect.fail(Errors.invalidCapability(`There is no capability '${name}' here.`))
      }
      return mode === "Allow" || mode === "Deny"
        ? Effect.succeed<Rule>({ grantee: found, capability: name, mode })
        : Effect.fail(Errors.badRequest("The mode of a capability is Allow or Deny."))
    })
  })

const findAdministrable = <A extends Item, Parameter extends string>(
  kind: Kind<A, Parameter>,
  call: SessionCall<Parameter>
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.filterOrFail(
    find(kind, call),
    (item) => may(call.site, call.session.user, "ChangePermissions", item),
    () => Errors.forbidden(`The user has no permission to see or change the permissions of this ${kind.element}.`)
  )

type RuleParameter = "capabilityName" | "capabilityMode"

/** Handlers for the permissions of a kind of item: query, add and delete. */
export const forKind = <A extends Item, Parameter extends string>(kind: Kind<A, Parameter>) => {
  const query: Handler<Parameter> = (call) =>
    Effect.map(findAdministrable(kind, call), (item) => permissionsReply(call.site, kind.element, item))

  const add: Handler<Parameter> = (call) =>
    Effect.gen(function* () {
      const item = yield* findAdministrable(kind, call)
      const given = children(child(yield* call.payload, "permissions"), "granteeCapabilities")
      if (given.length === 0) return yield* Errors.badRequest("The <permissions> element is missing or empty.")
      const parsed = yield* Effect.forEach(given, (grantee) => parseRules(call.site, kind.capabilities, grantee))
      const added = parsed.flat()
      // A capability is either allowed or denied: an added rule replaces the rule of the other mode.
      const unchanged = call.site
        .rulesOf(item)
        .filter(
          (rule) =>
            !added.some((other) => other.capability === rule.capability && sameGrantee(other.grantee, rule.grantee))
        )
      call.site.setRules(item, [...unchanged, ...added])
      return permissionsReply(call.site, kind.element, item)
    })

  const remove = (call: SessionCall<Parameter | RuleParameter>, granteeKind: "user" | "group", granteeId: string) =>
    Effect.gen(function* () {
      const item = yield* findAdministrable(kind, call)
      const grantee = yield* findGrantee(call.site, granteeKind, granteeId)
      const rules = call.site.rulesOf(item)
      const remaining = rules.filter(
        (rule) =>
          !sameGrantee(rule.grantee, grantee) ||
          rule.capability !== call.parameter("capabilityName") ||
          rule.mode !== call.parameter("capabilityMode")
      )
      if (remaining.length === rules.length) {
        return yield* Errors.capabilityNotAssigned("The capability is not assigned.")
      }
      call.site.setRules(item, remaining)
      return noContent
    })
  const deleteForUser: Handler<Parameter | RuleParameter | "userId"> = (call) =>
    remove(call, "user", call.parameter("userId"))
  const deleteForGroup: Handler<Parameter | RuleParameter | "groupId"> = (call) =>
    remove(call, "group", call.parameter("groupId"))

  return { query, add, deleteForUser, deleteForGroup }
}
