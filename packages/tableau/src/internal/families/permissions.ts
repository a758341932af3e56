import * as Operation from "../../Operation.js"
import { type Capability, type Grant, type Grantee, Permissions } from "../../Permissions.js"
import * as Response from "../../Response.js"
import type { Resource } from "./resource.js"

const granteeOf = (grantee: Grantee): readonly ["user" | "group" | "groupSet", string] => {
  if ("user" in grantee) return ["user", grantee.user.id]
  return "group" in grantee ? ["group", grantee.group.id] : ["groupSet", grantee.groupSet.id]
}

/** The body of a request that adds permission rules. */
const body = (grants: ReadonlyArray<Grant>) => ({
  permissions: {
    granteeCapabilities: grants.map((grant) => {
      const [kind, id] = granteeOf(grant)
      const capability = grant.capabilities.map(({ mode, name }) => ({ name, mode }))
      return { [kind]: { id }, capabilities: { capability } }
    })
  }
})

export const query = <Id extends string>({ name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.permissions`,
    request: `GET /sites/{siteId}/${path}/{id}/permissions` as const,
    since,
    scope: "tableau:permissions:read",
    input: (id: Id) => ({ id }),
    // A missing rule would change what the others mean.
    response: Response.element("permissions", Permissions, { failOnMalformedItem: true })
  })

export const add = <Id extends string>({ name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.addPermissions`,
    request: `PUT /sites/{siteId}/${path}/{id}/permissions` as const,
    since,
    scope: "tableau:permissions:update",
    // Rules that exist stay as they are.
    idempotent: true,
    input: (id: Id, grants: ReadonlyArray<Grant>) => ({ id, xml: body(grants) }),
    response: Response.element("permissions", Permissions, { failOnMalformedItem: true })
  })

export const remove = <Id extends string>({ name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.deletePermission`,
    request: `DELETE /sites/{siteId}/${path}/{id}/permissions/{grantees}/{granteeId}/{capability}/{mode}` as const,
    since,
    scope: "tableau:permissions:delete",
    input: (id: Id, grantee: Grantee, capability: Capability) => {
      const [kind, granteeId] = granteeOf(grantee)
      return { id, grantees: `${kind}s`, granteeId, capability: capability.name, mode: capability.mode }
    },
    response: Response.empty
  })
