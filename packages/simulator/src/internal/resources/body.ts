import * as Effect from "effect/Effect"
import { attribute, child, type Element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import type { Call } from "../session/call.js"

/** The element that the body must have. */
export const required = ({ payload }: Call, name: string): Effect.Effect<Element, Errors.ErrorResponse> =>
  Effect.flatMap(payload, (root) =>
    Effect.orElseFail(Effect.fromNullable(child(root, name)), () =>
      Errors.badRequest(`The <${name}> element is missing.`)
    )
  )

/** The value of an attribute that an element must have and that must not be blank. */
export const requiredAttribute = (owner: Element, name: string): Effect.Effect<string, Errors.ErrorResponse> => {
  const value = attribute(owner, name)?.trim() ?? ""
  return value === ""
    ? Effect.fail(Errors.badRequest(`The ${name} attribute of <${owner.name}> is missing or empty.`))
    : Effect.succeed(value)
}

/** The value of an attribute that is true or false, if the element has that attribute. */
export const flag = (owner: Element, name: string): Effect.Effect<boolean | undefined, Errors.ErrorResponse> => {
  const value = attribute(owner, name)?.toLowerCase()
  if (value === undefined) return Effect.succeed(undefined)
  return value === "true" || value === "false"
    ? Effect.succeed(value === "true")
    : Effect.fail(Errors.invalidParameter(`${name} is true or false.`))
}

const siteRoles = new Set([
  ...["Creator", "Explorer", "ExplorerCanPublish", "ServerAdministrator", "SiteAdministratorCreator"],
  ...["SiteAdministratorExplorer", "Unlicensed", "Viewer"]
])

/** The site role in an attribute, if the element has that attribute. */
export const siteRole = (owner: Element, name: string): Effect.Effect<string | undefined, Errors.ErrorResponse> => {
  const role = attribute(owner, name)
  return role === undefined || siteRoles.has(role)
    ? Effect.succeed(role)
    : Effect.fail(
        Errors.invalidSiteRole(`The value of the ${name} attribute must be one of ${[...siteRoles].join(", ")}.`)
      )
}
