/**
 * The users of a site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { GroupId, UserId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const user = Xml.struct(
  { id: UserId },
  {
    /** The name that the user signs in with: an email address on Tableau Cloud. */
    name: Schema.String,
    fullName: Schema.String,
    email: Schema.String,
    /** For example `Creator`, `Viewer` or `SiteAdministratorExplorer`. */
    siteRole: Schema.String,
    /** How the user signs in, for example `ServerDefault` or `SAML`. */
    authSetting: Schema.String,
    /** Absent for a user who has never signed in. */
    lastLogin: Xml.Timestamp,
    /** The user's id at the external authentication service. */
    externalAuthUserId: Schema.String,
    language: Schema.String,
    locale: Schema.String,
    /** `local`, or the domain that the user is imported from. */
    domain: Xml.struct({}, { id: Schema.String, name: Schema.String, shortName: Schema.String }),
    /** The authentication configuration of the site that the user signs in with, on Tableau Cloud. */
    idpConfigurationId: Schema.String,
    idpConfigurationName: Schema.String,
    /** The identity pool that the user signs in with, on Tableau Server. */
    identityPoolName: Schema.String,
    identityPoolUuid: Schema.String,
    identityUuid: Schema.String,
    role: Schema.String,
    contentAdmin: Xml.Flag,
    publish: Xml.Flag,
    ownsContent: Xml.Flag,
    suppressGettingStarted: Xml.Flag,
    groups: Xml.list("group", Xml.struct({}, { id: GroupId, name: Schema.String, minimumSiteRole: Schema.String }))
  }
)

/**
 * A user of a site. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface User extends Xml.TypeOf<typeof user> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const User: Xml.Model<User, typeof user> = user

const filterFields = {
  friendlyName: Fields.text<User>(({ fullName }) => fullName, {
    requestName: "fullName",
    onlyIfRequested: true,
    hasLike: true
  }),
  isLocal: Fields.flag<User>(),
  lastLogin: Fields.date<User>(({ lastLogin }) => lastLogin),
  luid: Fields.identifier<User>(({ id }) => id, { requestName: "id" }),
  name: Fields.identifier<User>(({ name }) => name, { hasLike: true }),
  siteRole: Fields.identifier<User>(({ siteRole }) => siteRole)
}

/**
 * How to list users.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<User>> {}

/**
 * Lists the users on the site. For administrators.
 *
 * @example
 * ```ts
 * import { Filter, Users } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const viewers = Effect.gen(function* () {
 *   const { items } = yield* Users.list({ filter: [Filter.eq("siteRole", "Viewer")] })
 *   return yield* Stream.runCollect(items)
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_on_site
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Users.list",
  request: "GET /sites/{siteId}/users",
  since: "2.0",
  scope: "tableau:users:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("users", "user", User, { fields: filterFields, order: "name:asc" })
})

/**
 * The users on the site, as a stream. For administrators.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Lists the users in a group. For administrators.
 *
 * @example
 * ```ts
 * import { type Ids, Users } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 *
 * const countMembers = (groupId: Ids.GroupId) =>
 *   Effect.map(Users.listInGroup(groupId), ({ totalAvailable }) => totalAvailable)
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_in_group
 * @since 0.1.0
 * @category operations
 */
export const listInGroup = Operation.make({
  name: "Users.listInGroup",
  request: "GET /sites/{siteId}/groups/{groupId}/users",
  since: "2.0",
  scope: "tableau:groups:read",
  input: (groupId: GroupId, options?: Query.PageOptions) => ({ groupId, options }),
  response: Response.page("users", "user", User)
})

/**
 * The users in a group, as a stream. For administrators.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamInGroup = Operation.stream(listInGroup)

/**
 * Returns one user of the site. Users can request themselves, administrators any user.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_user_on_site
 * @since 0.1.0
 * @category operations
 */
export const get = Operation.make({
  name: "Users.get",
  request: "GET /sites/{siteId}/users/{userId}",
  since: "2.0",
  scope: "tableau:users:read",
  input: (userId: UserId) => ({ userId }),
  response: Response.element("user", User)
})
