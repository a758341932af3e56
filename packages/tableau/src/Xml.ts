/**
 * Schemas for what XML responses hold: attributes, elements and lists.
 *
 * @since 0.2.0
 */
export { Count, ElementText, Flag, Integer, list, listIn, repeated, Timestamp } from "./internal/xml/scalar.js"
