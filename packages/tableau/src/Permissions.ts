/**
 * Permissions: what users and groups may do with a project, a workbook, a view, a data source or a flow. The operations
 * are those of the resources, such as `Workbooks.permissions`.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_permissions.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type GroupId, type GroupSetId, ProjectId, type UserId } from "./Ids.js"
import * as References from "./References.js"
import * as Xml from "./Xml.js"

const capability = Xml.struct(
  {
    /** Such as `Read`, `Write` or `ExportData`. Each kind of content has its own capabilities. */
    name: Schema.String,
    /** `Allow` or `Deny`. */
    mode: Schema.String
  },
  {}
)

/**
 * One capability, allowed or denied.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capability extends Xml.TypeOf<typeof capability> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Capability: Xml.Model<Capability, typeof capability> = capability

const granteeCapabilities = Xml.struct(
  { capabilities: Xml.list("capability", Capability) },
  {
    user: References.UserReference,
    group: References.GroupReference,
    groupSet: References.GroupSetReference
  }
)

/**
 * A permission rule: what a user, the members of a group, or the members of the groups in a set may do. One of `user`,
 * `group` and `groupSet` is present.
 *
 * @since 0.1.0
 * @category models
 */
export interface GranteeCapabilities extends Xml.TypeOf<typeof granteeCapabilities> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const GranteeCapabilities: Xml.Model<GranteeCapabilities, typeof granteeCapabilities> = granteeCapabilities

const subject = Xml.struct({}, { id: Schema.String, name: Schema.String, owner: References.UserReference })

/**
 * The content that permissions apply to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subject extends Xml.TypeOf<typeof subject> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Subject: Xml.Model<Subject, typeof subject> = subject

const permissions = Xml.struct(
  { granteeCapabilities: Xml.repeated(GranteeCapabilities) },
  {
    /** The project whose locked permissions apply. Absent where the content has permissions of its own. */
    parent: Xml.struct({}, { id: ProjectId, type: Schema.String }),
    project: Subject,
    workbook: Subject,
    view: Subject,
    datasource: Subject,
    flow: Subject
  }
)

/**
 * The permission rules of a project or of content. What a user can do in the end also depends on the site role, on
 * ownership and on the user's groups. One of `project`, `workbook`, `view`, `datasource` and `flow` is present.
 *
 * @since 0.1.0
 * @category models
 */
export interface Permissions extends Xml.TypeOf<typeof permissions> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Permissions: Xml.Model<Permissions, typeof permissions> = permissions

/**
 * The user, group or group set that a permission rule is for.
 *
 * @since 0.1.0
 * @category models
 */
export type Grantee =
  | { readonly user: { readonly id: UserId } }
  | { readonly group: { readonly id: GroupId } }
  | { readonly groupSet: { readonly id: GroupSetId } }

/**
 * A permission rule to add.
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
