/**
 * A simulator of Tableau Server and Tableau Cloud on loopback, for tests and experiments.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Content from "./Content.js"

/**
 * @since 0.1.0
 */
export * as Fault from "./Fault.js"

/**
 * @since 0.1.0
 */
export { Simulator } from "./Simulator.js"

/**
 * @since 0.1.0
 */
export { StartFailed } from "./SimulatorError.js"
