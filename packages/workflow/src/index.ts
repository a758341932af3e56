/**
 * Work on Tableau that survives the process.
 *
 * @since 0.1.0
 */
export {}
