/**
 * The users of a site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { GroupId, UserId } from "./Ids.js"
import * as Fields from "./internal/operation/listQuery.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import type * as Query from "./Query.js"
import type { Listing, PageOptions } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: UserId,
  name: Schema.optional(Schema.String),
  fullName: Schema.optional(Schema.String),
  email: Schema.optional(Schema.String),
  siteRole: Schema.optional(Schema.String),
  authSetting: Schema.optional(Schema.String),
  lastLogin: Schema.optional(Leaf.Timestamp),
  externalAuthUserId: Schema.optional(Schema.String),
  language: Schema.optional(Schema.String),
  locale: Schema.optional(Schema.String),
  domain: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      name: Schema.optional(Schema.String),
      shortName: Schema.optional(Schema.String)
    })
  ),
  idpConfigurationId: Schema.optional(Schema.String),
  idpConfigurationName: Schema.optional(Schema.String),
  identityPoolName: Schema.optional(Schema.String),
  identityPoolUuid: Schema.optional(Schema.String),
  identityUuid: Schema.optional(Schema.String),
  role: Schema.optional(Schema.String),
  contentAdmin: Schema.optional(Leaf.Flag),
  publish: Schema.optional(Leaf.Flag),
  ownsContent: Schema.optional(Leaf.Flag),
  suppressGettingStarted: Schema.optional(Leaf.Flag),
  groups: Schema.optional(
    Leaf.list(
      "group",
      Schema.Struct({
        id: Schema.optional(GroupId),
        name: Schema.optional(Schema.String),
        minimumSiteRole: Schema.optional(Schema.String)
      })
    )
  )
})

/**
 * A user of a site. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly id: UserId
  /** What the user signs in with: on Tableau Cloud a mail address. */
  readonly name?: string | undefined
  readonly fullName?: string | undefined
  readonly email?: string | undefined
  /** Such as `Creator`, `Viewer` or `SiteAdministratorExplorer`. */
  readonly siteRole?: string | undefined
  /** Such as `ServerDefault` or `SAML`. */
  readonly authSetting?: string | undefined
  /** Absent for somebody who has not been here yet. */
  readonly lastLogin?: DateTime.Utc | undefined
  readonly externalAuthUserId?: string | undefined
  readonly language?: string | undefined
  readonly locale?: string | undefined
  readonly domain?:
    | { readonly id?: string | undefined; readonly name?: string | undefined; readonly shortName?: string | undefined }
    | undefined
  readonly idpConfigurationId?: string | undefined
  readonly idpConfigurationName?: string | undefined
  readonly identityPoolName?: string | undefined
  readonly identityPoolUuid?: string | undefined
  readonly identityUuid?: string | undefined
  readonly role?: string | undefined
  readonly contentAdmin?: boolean | undefined
  readonly publish?: boolean | undefined
  readonly ownsContent?: boolean | undefined
  readonly suppressGettingStarted?: boolean | undefined
  readonly groups?:
    | ReadonlyArray<{
        readonly id?: GroupId | undefined
        readonly name?: string | undefined
        readonly minimumSiteRole?: string | undefined
      }>
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface UserEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const User: Schema.Schema<User, UserEncoded> = struct

const fields = {
  friendlyName: Fields.text<User>(({ fullName }) => fullName, { part: "fullName", seldom: true }),
  isLocal: Fields.flag<User>(),
  lastLogin: Fields.date<User>(({ lastLogin }) => lastLogin),
  luid: Fields.word<User>(({ id }) => id, { part: "id" }),
  name: Fields.word<User>(({ name }) => name),
  siteRole: Fields.word<User>(({ siteRole }) => siteRole)
}

/**
 * How users are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.PartOf<User>> {}

const getUsersOnSite = Endpoint.make({
  name: "Users.list",
  method: "GET",
  path: "/sites/{siteId}/users",
  since: "2.0",
  scopes: ["tableau:users:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, users: Leaf.list("user", User) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_on_site"
})

const getUsersInGroup = Endpoint.make({
  name: "Users.listInGroup",
  method: "GET",
  path: "/sites/{siteId}/groups/{groupId}/users",
  since: "2.0",
  scopes: ["tableau:groups:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, users: Leaf.list("user", User) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_in_group"
})

const queryUserOnSite = Endpoint.make({
  name: "Users.get",
  method: "GET",
  path: "/sites/{siteId}/users/{userId}",
  since: "2.0",
  scopes: ["tableau:users:read"],
  success: Schema.Struct({ user: User }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_user_on_site"
})

/**
 * The users on the session's site, for administrators: how many there are, and a stream of them all. The first page has
 * come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A user that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_on_site
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<User>, OperationError, TableauSession> =>
  Paging.queried(
    getUsersOnSite,
    {},
    ({ pagination, users }) => ({ pagination, items: users }),
    fields,
    "name:asc",
    options
  )

/**
 * The users in a group, for administrators. The first page has come when this returns; the stream asks for each further
 * page once, and stays on the site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_users_in_group
 * @since 0.1.0
 * @category operations
 */
export const listInGroup = (
  groupId: GroupId,
  options?: PageOptions
): Effect.Effect<Listing<User>, OperationError, TableauSession> =>
  Paging.listing(getUsersInGroup, { groupId }, ({ pagination, users }) => ({ pagination, items: users }), options)

/**
 * One user by the id on this site. Everybody may ask for themselves, administrators for all.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_user_on_site
 * @since 0.1.0
 * @category operations
 */
export const get = (userId: UserId): Effect.Effect<User, OperationError, TableauSession> =>
  Effect.map(Endpoint.call(queryUserOnSite, { userId }), ({ user }) => user)
