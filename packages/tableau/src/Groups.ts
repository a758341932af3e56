/**
 * The groups of a site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { GroupId, type UserId } from "./Ids.js"
import * as Endpoint from "./internal/endpoint.js"
import * as Leaf from "./internal/leaf.js"
import * as Paging from "./internal/paging.js"
import * as Fields from "./internal/query.js"
import type * as Query from "./Query.js"
import type { Listing, PageOptions } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"

const struct = Schema.Struct({
  id: GroupId,
  name: Schema.optional(Schema.String),
  userCount: Schema.optional(Leaf.Integer),
  minimumSiteRole: Schema.optional(Schema.String),
  externalUserEnabled: Schema.optional(Leaf.Flag),
  domain: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      name: Schema.optional(Schema.String),
      shortName: Schema.optional(Schema.String)
    })
  ),
  import: Schema.optional(
    Schema.Struct({
      source: Schema.optional(Schema.String),
      domainName: Schema.optional(Schema.String),
      siteRole: Schema.optional(Schema.String),
      grantLicenseMode: Schema.optional(Schema.String)
    })
  )
})

/**
 * A group of users. Only `id` is surely there: what the server leaves out, or does not know yet, is absent.
 * `Users.listInGroup` has its users.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly id: GroupId
  readonly name?: string | undefined
  readonly userCount?: number | undefined
  /** The site role that members get at least. */
  readonly minimumSiteRole?: string | undefined
  readonly externalUserEnabled?: boolean | undefined
  /** `local`, or where the group comes from. */
  readonly domain?:
    | { readonly id?: string | undefined; readonly name?: string | undefined; readonly shortName?: string | undefined }
    | undefined
  /** There for a group of Active Directory's. */
  readonly import?:
    | {
        readonly source?: string | undefined
        readonly domainName?: string | undefined
        readonly siteRole?: string | undefined
        readonly grantLicenseMode?: string | undefined
      }
    | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Group: Schema.Schema<Group, GroupEncoded> = struct

const fields = {
  domainName: Fields.word<Group>(({ domain }) => domain?.name, { part: "domain.name" }),
  domainNickname: Fields.text<Group>(),
  isLocal: Fields.flag<Group>(),
  minimumSiteRole: Fields.word<Group>(({ minimumSiteRole }) => minimumSiteRole),
  name: Fields.text<Group>(({ name }) => name),
  userCount: Fields.number<Group>(({ userCount }) => userCount, { seldom: true })
}

/**
 * How groups are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions extends Query.ListOptions<typeof fields, Query.PartOf<Group>> {}

const queryGroups = Endpoint.make({
  name: "Groups.list",
  method: "GET",
  path: "/sites/{siteId}/groups",
  since: "2.0",
  scopes: ["tableau:groups:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, groups: Leaf.list("group", Group) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_groups"
})

const getGroupsForUser = Endpoint.make({
  name: "Groups.listForUser",
  method: "GET",
  path: "/sites/{siteId}/users/{userId}/groups",
  since: "3.7",
  scopes: ["tableau:users:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({ pagination: Paging.Pagination, groups: Leaf.list("group", Group) }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_groups_for_a_user"
})

/**
 * The groups on the session's site, for administrators: how many there are, and a stream of them all. The first page
 * has come when this returns; the stream asks for each further page once, and stays on the site.
 *
 * A group that cannot be read is left out, with a warning in the log. Tableau has no way to ask for one group by its
 * id.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#query_groups
 * @since 0.1.0
 * @category operations
 */
export const list = (options?: ListOptions): Effect.Effect<Listing<Group>, OperationError, TableauSession> =>
  Paging.queried(
    queryGroups,
    {},
    ({ pagination, groups }) => ({ pagination, items: groups }),
    fields,
    "name:asc",
    options
  )

/**
 * The groups that a user is in. Everybody may ask for themselves, administrators for all. The first page has come when
 * this returns; the stream asks for each further page once, and stays on the site.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_users_and_groups.htm#get_groups_for_a_user
 * @since 0.1.0
 * @category operations
 */
export const listForUser = (
  userId: UserId,
  options?: PageOptions
): Effect.Effect<Listing<Group>, OperationError, TableauSession> =>
  Paging.listing(getGroupsForUser, { userId }, ({ pagination, groups }) => ({ pagination, items: groups }), options)
