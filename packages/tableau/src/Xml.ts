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
 * @example
 * ```ts
 * import { Workbooks } from "effect-tableau"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * // Every model has a Schema of its JSON form: { id: "6d13…", size: 1, createdAt: "2024-06-01T10:00:00.000Z", … }
 * const toJson = Schema.encode(Workbooks.Workbook.json)
 *
 * const program = Effect.gen(function* () {
 *   const { items } = yield* Workbooks.list()
 *   return items.pipe(Stream.mapEffect(toJson))
 * })
 * ```
 *
 * @since 0.1.0
 */
export type { Json } from "./internal/xml/jsonForm.js"
export { type Model, type Struct, struct, type TypeOf } from "./internal/xml/model.js"
export { Count, ElementText, Flag, Integer, list, listIn, repeated, Timestamp } from "./internal/xml/scalar.js"
