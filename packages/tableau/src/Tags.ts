/**
 * Tags: the labels that workbooks, views, data sources and flows carry. The operations are those of the resources, such
 * as `Workbooks.addTags`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Endpoint from "./internal/operation/run.js"
import * as Leaf from "./internal/xml/scalar.js"
import { element } from "./internal/xml/writer.js"
import type { OperationError } from "./TableauError.js"
import type { TableauSession } from "./TableauSession.js"
import { type Model, struct } from "./Xml.js"

const tag = struct({ label: Schema.String }, {})

/**
 * @since 0.1.0
 * @category models
 */
export interface Tag extends Schema.Schema.Type<typeof tag> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Tag: Model<Tag, typeof tag> = tag

// ---- legacy, until the other resources have moved ----
interface Tagged {
  /** The module of the resource. */
  readonly name: string
  /** As in `/sites/{siteId}/workbooks`. */
  readonly path: string
  readonly since: string
  /** As in `tableau:workbook_tags:update`. */
  readonly scope: string
  readonly documentation: { readonly add: `https://${string}`; readonly delete: `https://${string}` }
}

/**
 * The operations on the tags of a resource.
 *
 * @internal
 */
export const operations = <Id extends string>({ documentation, name, path, scope, since }: Tagged) => {
  const addTags = Endpoint.make({
    name: `${name}.addTags`,
    method: "PUT",
    path: `/sites/{siteId}/${path}/{id}/tags` as const,
    since,
    scopes: [`tableau:${scope}_tags:update`],
    // A tag that is there already stays.
    idempotent: true,
    body: ({ labels }: { readonly labels: ReadonlyArray<string> }) =>
      element(
        "tags",
        {},
        labels.map((label) => element("tag", { label }))
      ),
    success: Schema.Struct({ tags: Leaf.list("tag", Tag) }),
    documentation: documentation.add
  })
  const deleteTag = Endpoint.makeEmpty({
    name: `${name}.deleteTag`,
    method: "DELETE",
    path: `/sites/{siteId}/${path}/{id}/tags/{label}` as const,
    since,
    scopes: [`tableau:${scope}_tags:delete`],
    documentation: documentation.delete
  })
  return {
    add: (id: Id, labels: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Tag>, OperationError, TableauSession> =>
      Effect.map(Endpoint.call(addTags, { id, labels }), ({ tags }) => tags),
    delete: (id: Id, label: string): Effect.Effect<void, OperationError, TableauSession> =>
      Endpoint.call(deleteTag, { id, label })
  }
}
