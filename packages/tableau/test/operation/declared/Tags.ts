import * as Schema from "effect/Schema"
import { Operation, Response, Tags, Xml } from "effect-tableau"

export interface TaggedContent {
  readonly id: string
  readonly contentType: "Database" | "Table" | "Column" | "Datasource" | "Workbook" | "Flow" | "View"
}

const batch = (labels: ReadonlyArray<string>, contents: ReadonlyArray<TaggedContent>) => ({
  tagBatch: { tags: { tag: labels.map((label) => ({ label })) }, contents: { content: contents } }
})

/** Adds tags to many items. */
export const addToMany = Operation.make({
  name: "Tags.addToMany",
  request: "PUT /sites/{siteId}/tags:batchCreate",
  since: "3.9",
  scope: "tableau:tags:batch_create",
  idempotent: true,
  input: (labels: ReadonlyArray<string>, contents: ReadonlyArray<TaggedContent>) => ({ xml: batch(labels, contents) }),
  response: Response.element("tagBatch", Schema.Struct({ tags: Xml.list("tag", Tags.Tag) }))
})

/** Removes tags from many items. */
export const removeFromMany = Operation.make({
  name: "Tags.removeFromMany",
  request: "DELETE /sites/{siteId}/tags:BatchDelete",
  since: "3.9",
  scope: "tableau:tags:batch_delete",
  input: (labels: ReadonlyArray<string>, contents: ReadonlyArray<TaggedContent>) => ({ xml: batch(labels, contents) }),
  response: Response.empty
})
