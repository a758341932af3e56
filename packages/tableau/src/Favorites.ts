/**
 * Favorites: what a user has marked.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_favorites.htm
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Datasources from "./Datasources.js"
import * as Flows from "./Flows.js"
import type { UserId } from "./Ids.js"
import * as Paging from "./internal/operation/paging.js"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import * as Projects from "./Projects.js"
import type { Listing, PageOptions } from "./Query.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import * as Views from "./Views.js"
import * as Workbooks from "./Workbooks.js"

const struct = Schema.Struct({
  label: Schema.optional(Schema.String),
  position: Schema.optional(Leaf.Integer),
  addedAt: Schema.optional(Leaf.Timestamp),
  parentProjectName: Schema.optional(Schema.String),
  targetOwnerName: Schema.optional(Schema.String),
  workbook: Schema.optional(Workbooks.Workbook),
  view: Schema.optional(Views.View),
  datasource: Schema.optional(Datasources.Datasource),
  flow: Schema.optional(Flows.Flow),
  project: Schema.optional(Projects.Project),
  metric: Schema.optional(Schema.Struct({ id: Schema.optional(Schema.String), name: Schema.optional(Schema.String) })),
  collection: Schema.optional(
    Schema.Struct({ id: Schema.optional(Schema.String), name: Schema.optional(Schema.String) })
  )
})

/**
 * A favorite of a user's: it has no id of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Favorite {
  /** What the user calls it. */
  readonly label?: string | undefined
  readonly position?: number | undefined
  readonly addedAt?: DateTime.Utc | undefined
  readonly parentProjectName?: string | undefined
  readonly targetOwnerName?: string | undefined
  /** What it is: one of these. */
  readonly workbook?: Workbooks.Workbook | undefined
  readonly view?: Views.View | undefined
  readonly datasource?: Datasources.Datasource | undefined
  readonly flow?: Flows.Flow | undefined
  readonly project?: Projects.Project | undefined
  readonly metric?: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined
  readonly collection?: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined
}

/**
 * As Tableau writes it: everything is a text.
 *
 * @since 0.1.0
 * @category models
 */
export interface FavoriteEncoded extends Schema.Struct.Encoded<(typeof struct)["fields"]> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Favorite: Schema.Schema<Favorite, FavoriteEncoded> = struct

const getFavoritesForUser = Endpoint.make({
  name: "Favorites.list",
  method: "GET",
  path: "/sites/{siteId}/favorites/{userId}",
  since: "2.5",
  scopes: ["tableau:favorites:read"],
  query: Paging.pageQuery,
  success: Schema.Struct({
    pagination: Schema.optional(Paging.Pagination),
    favorites: Leaf.list("favorite", Favorite)
  }),
  documentation:
    "https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_favorites.htm#get_favorites_for_user"
})

/**
 * The favorites of a user. Everybody may ask for their own, administrators for all. The first page has come when this
 * returns; the stream asks for each further page once, and stays on the site.
 *
 * A favorite that cannot be read is left out, with a warning in the log.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_favorites.htm#get_favorites_for_user
 * @since 0.1.0
 * @category operations
 */
export const list = (
  userId: UserId,
  options?: PageOptions
): Effect.Effect<Listing<Favorite>, OperationError, TableauSession> =>
  Paging.listing(
    getFavoritesForUser,
    { userId },
    ({ pagination, favorites }) => ({ pagination, items: favorites }),
    options
  )
