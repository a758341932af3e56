/**
 * Favorites: the content that a user has marked.
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_favorites.htm
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Datasources from "./Datasources.js"
import * as Flows from "./Flows.js"
import type { UserId } from "./Ids.js"
import * as Operation from "./Operation.js"
import * as Projects from "./Projects.js"
import type { PageOptions } from "./Query.js"
import * as Response from "./Response.js"
import * as Views from "./Views.js"
import * as Workbooks from "./Workbooks.js"
import * as Xml from "./Xml.js"

const favorite = Xml.struct(
  {},
  {
    /** The name that the user gave it. */
    label: Schema.String,
    position: Xml.Integer,
    addedAt: Xml.Timestamp,
    parentProjectName: Schema.String,
    targetOwnerName: Schema.String,
    /** The marked content: one of these seven is present. */
    workbook: Workbooks.Workbook,
    view: Views.View,
    datasource: Datasources.Datasource,
    flow: Flows.Flow,
    project: Projects.Project,
    metric: Xml.struct({}, { id: Schema.String, name: Schema.String }),
    collection: Xml.struct({}, { id: Schema.String, name: Schema.String })
  }
)

/**
 * A favorite of a user. It has no id of its own.
 *
 * @since 0.1.0
 * @category models
 */
export interface Favorite extends Xml.TypeOf<typeof favorite> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Favorite: Xml.Model<Favorite, typeof favorite> = favorite

/**
 * Lists the favorites of a user. Users can list their own favorites, administrators those of any user.
 *
 * @example
 * ```ts
 * import { Favorites, type Ids } from "effect-tableau"
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const print = (userId: Ids.UserId) =>
 *   Effect.gen(function* () {
 *     const { items } = yield* Favorites.list(userId)
 *     yield* Stream.runForEach(items, ({ label }) => Console.log(label))
 *   })
 * ```
 *
 * @see https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_favorites.htm#get_favorites_for_user
 * @since 0.1.0
 * @category operations
 */
export const list = Operation.make({
  name: "Favorites.list",
  request: "GET /sites/{siteId}/favorites/{userId}",
  since: "2.5",
  scope: "tableau:favorites:read",
  input: (userId: UserId, options?: PageOptions) => ({ userId, options }),
  response: Response.page("favorites", "favorite", Favorite, { isPaginationOptional: true })
})

/**
 * The favorites of a user, as a stream.
 *
 * @since 0.1.0
 * @category operations
 */
export const stream = Operation.stream(list)
