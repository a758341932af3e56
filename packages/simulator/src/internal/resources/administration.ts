import * as Effect from "effect/Effect"
import { isAdministrator } from "../content/access.js"
import { attribute, child, type Element } from "../protocol/element.js"
import { badRequest, forbidden, invalidSiteRole, type Refusal } from "../protocol/errorResponse.js"
import type { SignedInCall } from "../session/call.js"

/** Goes on for administrators of the site only. */
export const requireAdministrator = ({ session }: SignedInCall, what: string): Effect.Effect<void, Refusal> =>
  isAdministrator(session.user) ? Effect.void : Effect.fail(forbidden(`Only administrators may ${what}.`))

/** The element that the body must have. */
export const required = (call: SignedInCall, name: string): Effect.Effect<Element, Refusal> =>
  Effect.flatMap(call.payload, (root) => {
    const found = child(root, name)
    return found === undefined ? Effect.fail(badRequest(`The <${name}> element is missing.`)) : Effect.succeed(found)
  })

/** The attribute that an element must have, with something in it. */
export const requiredAttribute = (owner: Element, name: string): Effect.Effect<string, Refusal> => {
  const value = attribute(owner, name)?.trim() ?? ""
  return value === ""
    ? Effect.fail(badRequest(`The ${name} attribute of <${owner.name}> is missing or empty.`))
    : Effect.succeed(value)
}

const siteRoles = new Set([
  ...["Creator", "Explorer", "ExplorerCanPublish", "ServerAdministrator", "SiteAdministratorCreator"],
  ...["SiteAdministratorExplorer", "Unlicensed", "Viewer"]
])

/** The site role of that attribute, if it is there. */
export const siteRole = (owner: Element, name: string): Effect.Effect<string | undefined, Refusal> => {
  const role = attribute(owner, name)
  return role === undefined || siteRoles.has(role)
    ? Effect.succeed(role)
    : Effect.fail(invalidSiteRole(`The value of the ${name} attribute must be one of ${[...siteRoles].join(", ")}.`))
}
