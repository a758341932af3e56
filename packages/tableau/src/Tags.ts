/**
 * Tags: labels of workbooks, views, data sources and flows. The operations are those of the resources, such as
 * `Workbooks.addTags`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Xml from "./Xml.js"

const tag = Xml.struct({ label: Schema.String }, {})

/**
 * A tag.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tag extends Xml.TypeOf<typeof tag> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Tag: Xml.Model<Tag, typeof tag> = tag
