/**
 * Work on Tableau that survives the process.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as TableauWorkflow from "./TableauWorkflow.js"
