/**
 * Permissions: who may and who must not do what with a project, workbook, view, data source or flow. The operations are
 * those of the resources, such as `Workbooks.permissions`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type GroupId, type GroupSetId, ProjectId, type UserId } from "./Ids.js"

import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import { type Element, element } from "./internal/xml/writer.js"
import * as References from "./References.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const capability = Schema.Struct({
  name: Schema.String,
  mode: Schema.String
})

/**
 * One thing that is allowed or denied.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capability {
  /** Such as `Read`, `Write` or `ExportData`: what there is depends on the kind of content. */
  readonly name: string
  /** `Allow` or `Deny`. */
  readonly mode: string
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface CapabilityEncoded extends Schema.Struct.Encoded<(typeof capability)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Capability: Schema.Schema<Capability, CapabilityEncoded> = capability

const granteeCapabilities = Schema.Struct({
  user: Schema.optional(References.UserReference),
  group: Schema.optional(References.GroupReference),
  groupSet: Schema.optional(References.GroupSetReference),
  capabilities: Leaf.list("capability", Capability)
})

/**
 * What is allowed and denied to a user, to the members of a group, or to those of the groups in a set.
 *
 * @since 0.1.0
 * @category models
 */
export interface GranteeCapabilities {
  readonly user?: References.UserReference | undefined
  readonly group?: References.GroupReference | undefined
  readonly groupSet?: References.GroupSetReference | undefined
  readonly capabilities: ReadonlyArray<Capability>
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface GranteeCapabilitiesEncoded extends Schema.Struct.Encoded<(typeof granteeCapabilities)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const GranteeCapabilities: Schema.Schema<GranteeCapabilities, GranteeCapabilitiesEncoded> = granteeCapabilities

const subject = Schema.Struct({
  id: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String),
  owner: Schema.optional(References.UserReference)
})

/**
 * What is said of that which permissions are for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subject {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly owner?: References.UserReference | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubjectEncoded extends Schema.Struct.Encoded<(typeof subject)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Subject: Schema.Schema<Subject, SubjectEncoded> = subject

const struct = Schema.Struct({
  parent: Schema.optional(Schema.Struct({ id: Schema.optional(ProjectId), type: Schema.optional(Schema.String) })),
  project: Schema.optional(Subject),
  workbook: Schema.optional(Subject),
  view: Schema.optional(Subject),
  datasource: Schema.optional(Subject),
  flow: Schema.optional(Subject),
  granteeCapabilities: Leaf.repeated(GranteeCapabilities)
})

/**
 * The permissions of something, as they were given: what a user may do in the end is up to the roles and groups, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Permissions {
  /** The project whose locked permissions these are. Absent where the content has its own. */
  readonly parent?: { readonly id?: ProjectId | undefined; readonly type?: string | undefined } | undefined
  /** What the permissions are for: one of these is there. */
  readonly project?: Subject | undefined
  readonly workbook?: Subject | undefined
  readonly view?: Subject | undefined
  readonly datasource?: Subject | undefined
  readonly flow?: Subject | undefined
  readonly granteeCapabilities: ReadonlyArray<GranteeCapabilities>
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface PermissionsEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Permissions: Schema.Schema<Permissions, PermissionsEncoded> = struct

/**
 * Whom permissions are given to, or taken from.
 *
 * @since 0.1.0
 * @category models
 */
export type Grantee =
  | { readonly user: { readonly id: UserId } }
  | { readonly group: { readonly id: GroupId } }
  | { readonly groupSet: { readonly id: GroupSetId } }

/**
 * Permissions to give.
 *
 * @example
 * ```ts
 * import { type Ids, type Permissions, Workbooks } from "effect-tableau"
 *
 * const mayRead = (group: Ids.GroupId): Permissions.Grant => ({
 *   group: { id: group },
 *   capabilities: [
 *     { name: "Read", mode: "Allow" },
 *     { name: "ExportData", mode: "Deny" }
 *   ]
 * })
 *
 * const share = (workbook: Ids.WorkbookId, group: Ids.GroupId) => Workbooks.addPermissions(workbook, [mayRead(group)])
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Grant = Grantee & { readonly capabilities: ReadonlyArray<Capability> }

const whom = (grantee: Grantee): readonly ["user" | "group" | "groupSet", string] =>
  "user" in grantee
    ? ["user", grantee.user.id]
    : "group" in grantee
      ? ["group", grantee.group.id]
      : ["groupSet", grantee.groupSet.id]

const writeGrant = (grant: Grant): Element => {
  const [kind, id] = whom(grant)
  return element("granteeCapabilities", {}, [
    element(kind, { id }),
    element(
      "capabilities",
      {},
      grant.capabilities.map(({ mode, name }) => element("capability", { name, mode }))
    )
  ])
}

interface Permitted {
  /** The module of the resource. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  readonly since: string
  readonly documentation: {
    readonly query: `https://${string}`
    readonly add: `https://${string}`
    readonly delete: `https://${string}`
  }
}

/**
 * The operations on the permissions of a resource.
 *
 * @internal
 */
export const operations = <Id extends string>({ documentation, name, path, since }: Permitted) => {
  const success = Schema.Struct({ permissions: Permissions })
  const queryPermissions = Endpoint.make({
    name: `${name}.permissions`,
    method: "GET",
    path: `/sites/{siteId}/${path}/{id}/permissions` as const,
    since,
    scopes: ["tableau:permissions:read"],
    success,
    // Half of the rules are other rules.
    indivisible: true,
    documentation: documentation.query
  })
  const addPermissions = Endpoint.make({
    name: `${name}.addPermissions`,
    method: "PUT",
    path: `/sites/{siteId}/${path}/{id}/permissions` as const,
    since,
    scopes: ["tableau:permissions:update"],
    // What was given already stays as it is.
    idempotent: true,
    body: ({ grants }: { readonly grants: ReadonlyArray<Grant> }) => element("permissions", {}, grants.map(writeGrant)),
    success,
    indivisible: true,
    documentation: documentation.add
  })
  const deletePermission = Endpoint.makeEmpty({
    name: `${name}.deletePermission`,
    method: "DELETE",
    path: `/sites/{siteId}/${path}/{id}/permissions/{grantees}/{granteeId}/{capability}/{mode}` as const,
    since,
    scopes: ["tableau:permissions:delete"],
    documentation: documentation.delete
  })
  return {
    query: (id: Id): Effect.Effect<Permissions, OperationError, TableauSession> =>
      Effect.map(Endpoint.call(queryPermissions, { id }), ({ permissions }) => permissions),
    add: (id: Id, grants: ReadonlyArray<Grant>): Effect.Effect<Permissions, OperationError, TableauSession> =>
      Effect.map(Endpoint.call(addPermissions, { id, grants }), ({ permissions }) => permissions),
    delete: (
      id: Id,
      grantee: Grantee,
      { mode, name }: Capability
    ): Effect.Effect<void, OperationError, TableauSession> => {
      const [kind, granteeId] = whom(grantee)
      return Endpoint.call(deletePermission, { id, grantees: `${kind}s`, granteeId, capability: name, mode })
    }
  }
}
