/**
 * Tableau Server and Tableau Cloud from Effect: a scoped session, models decoded by Schema, errors as types.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Credentials from "./Credentials.js"

/**
 * @since 0.1.0
 */
export * as Ids from "./Ids.js"

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
export * as ServerInfo from "./ServerInfo.js"

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
export * as Workbooks from "./Workbooks.js"
