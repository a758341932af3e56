/**
 * Tableau Server and Tableau Cloud from Effect: a scoped session, models decoded by Schema, errors as types.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Connections from "./Connections.js"

/**
 * @since 0.1.0
 */
export * as Credentials from "./Credentials.js"

/**
 * @since 0.1.0
 */
export * as Datasources from "./Datasources.js"

/**
 * @since 0.1.0
 */
export * as Download from "./Download.js"

/**
 * @since 0.1.0
 */
export * as Extracts from "./Extracts.js"

/**
 * @since 0.1.0
 */
export * as Favorites from "./Favorites.js"

/**
 * @since 0.1.0
 */
export * as FileUploads from "./FileUploads.js"

/**
 * @since 0.1.0
 */
export * as Filter from "./Filter.js"

/**
 * @since 0.1.0
 */
export * as Flows from "./Flows.js"

/**
 * @since 0.1.0
 */
export * as Groups from "./Groups.js"

/**
 * @since 0.1.0
 */
export * as Ids from "./Ids.js"

/**
 * @since 0.1.0
 */
export * as Jobs from "./Jobs.js"

/**
 * @since 0.1.0
 */
export * as Operation from "./Operation.js"
/**
 * @since 0.1.0
 */
export * as Permissions from "./Permissions.js"
/**
 * @since 0.1.0
 */
export * as Progress from "./Progress.js"
/**
 * @since 0.1.0
 */
export * as Projects from "./Projects.js"
/**
 * @since 0.1.0
 */
export * as Query from "./Query.js"
/**
 * @since 0.1.0
 */
export * as RateLimiter from "./RateLimiter.js"
/**
 * @since 0.1.0
 */
export * as Recipes from "./Recipes.js"
/**
 * @since 0.1.0
 */
export * as References from "./References.js"
/**
 * @since 0.1.0
 */
export * as Response from "./Response.js"
/**
 * @since 0.1.0
 */
export * as Revisions from "./Revisions.js"
/**
 * @since 0.1.0
 */
export * as Schedules from "./Schedules.js"
/**
 * @since 0.1.0
 */
export * as ServerInfo from "./ServerInfo.js"
/**
 * @since 0.1.0
 */
export * as SessionStore from "./SessionStore.js"
/**
 * @since 0.1.0
 */
export * as Sites from "./Sites.js"
/**
 * @since 0.1.0
 */
export * as Sort from "./Sort.js"
/**
 * @since 0.1.0
 */
export * as TableauError from "./TableauError.js"
/**
 * @since 0.1.0
 */
export { TableauSession } from "./TableauSession.js"
/**
 * @since 0.1.0
 */
export * as TableauUrl from "./TableauUrl.js"
/**
 * @since 0.1.0
 */
export * as Tags from "./Tags.js"
/**
 * @since 0.1.0
 */
export * as Tasks from "./Tasks.js"
/**
 * @since 0.1.0
 */
export * as Upload from "./Upload.js"
/**
 * @since 0.1.0
 */
export * as Users from "./Users.js"
/**
 * @since 0.1.0
 */
export * as Views from "./Views.js"
/**
 * @since 0.1.0
 */
export * as Workbooks from "./Workbooks.js"
/**
 * @since 0.1.0
 */
export * as Xml from "./Xml.js"
