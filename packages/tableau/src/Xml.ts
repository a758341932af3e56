/**
 * Schemas of what Tableau's XML contains: models, scalars and lists. The models of this package are written with them,
 * and so are those of operations that you define yourself.
 *
 * @example
 * ```ts
 * import { Xml } from "effect-tableau"
 * import * as Schema from "effect/Schema"
 *
 * const webhook = Xml.struct(
 *   { id: Schema.String },
 *   {
 *     name: Schema.String,
 *     isEnabled: Xml.Flag,
 *     createdAt: Xml.Timestamp
 *   }
 * )
 *
 * interface Webhook extends Xml.TypeOf<typeof webhook> {}
 *
 * const Webhook: Xml.Model<Webhook, typeof webhook> = webhook
 * ```
 *
 * @since 0.1.0
 */
export { type Model, type Struct, struct, type TypeOf } from "./internal/xml/model.js"
export { Count, ElementText, Flag, Integer, list, listIn, repeated, Timestamp } from "./internal/xml/scalar.js"
