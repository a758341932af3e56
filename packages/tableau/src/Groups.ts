/**
 * The groups of a site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { GroupId, type UserId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Operation from "./Operation.js"
import type * as Query from "./Query.js"
import * as Response from "./Response.js"
import * as Xml from "./Xml.js"

const group = Xml.struct(
  { id: GroupId },
  {
    name: Schema.String,
    userCount: Xml.Integer,
    /** The minimum site role of the group's members. */
    minimumSiteRole: Schema.String,
    externalUserEnabled: Xml.Flag,
    /** `local`, or the domain that the group is imported from. */
    domain: Xml.struct({}, { id: Schema.String, name: Schema.String, shortName: Schema.String }),
    /** Present for groups imported from Active Directory. */
    import: Xml.struct(
      {},
      { source: Schema.String, domainName: Schema.String, siteRole: Schema.String, grantLicenseMode: Schema.String }
    )
  }
)

/**
 * A group of users. Only `id` is always present: the server omits what it does not know. `Users.listInGroup` returns
 * its users.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group extends Xml.TypeOf<typeof group> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Group: Xml.Model<Group, typeof group> = group

const filterFields = {
  domainName: Fields.identifier<Group>(({ domain }) => domain?.name, { requestName: "domain.name" }),
  domainNickname: Fields.text<Group>(),
  isLocal: Fields.flag<Group>(),
  minimumSiteRole: Fields.identifier<Group>(({ minimumSiteRole }) => minimumSiteRole),
  name: Fields.text<Group>(({ name }) => name, { hasLike: true }),
  userCount: Fields.number<Group>(({ userCount }) => userCount, { onlyIfRequested: true })
}

/**
 * How to list groups.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions extends Query.ListOptions<typeof filterFields, Query.SelectableField<Group>> {}

/**
 * Lists the groups on the site. For administrators.
 *
 * The REST API has no method that returns a single group.
 *
 * @example
 * ```ts
 * import { Groups } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const { items } = yield* Groups.list()
 *   yield* Stream.runForEach(items, ({ id, name }) => Console.log(`${id} ${name}`))
 * })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_groups
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Groups.list",
  request: "GET /sites/{siteId}/groups",
  since: "2.0",
  scope: "tableau:groups:read",
  input: (options?: ListOptions) => ({ options }),
  response: Response.page("groups", "group", Group, { fields: filterFields, order: "name:asc" })
})

/**
 * The groups on the site, as a stream. For administrators.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)

/**
 * Lists the groups that a user belongs to. Users can list their own groups, administrators those of any user.
 *
 * @example
 * ```ts
 * import { Groups, type Ids } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const groupsOf = (userId: Ids.UserId) =>
 *   Effect.flatMap(Groups.listForUser(userId), ({ items }) => Stream.runCollect(items))
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_groups_for_a_user
 * @since 0.1.0
 * @category operations
 */
export const listForUser = Operation.make({
  name: "Groups.listForUser",
  request: "GET /sites/{siteId}/users/{userId}/groups",
  since: "3.7",
  scope: "tableau:users:read",
  input: (userId: UserId, options?: Query.PageOptions) => ({ userId, options }),
  response: Response.page("groups", "group", Group)
})

/**
 * The groups that a user belongs to, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const streamForUser = Operation.stream(listForUser)
