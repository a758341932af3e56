import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import { Tag } from "../../Tags.js"
import type { Resource } from "./resource.js"

export const add = <Id extends string>({ element, name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.addTags`,
    request: `PUT /sites/{siteId}/${path}/{id}/tags` as const,
    since,
    scope: `tableau:${element}_tags:update`,
    // A tag that the content already has stays.
    idempotent: true,
    input: (id: Id, labels: ReadonlyArray<string>) => ({
      id,
      xml: { tags: { tag: labels.map((label) => ({ label })) } }
    }),
    response: Response.items("tags", "tag", Tag)
  })

export const remove = <Id extends string>({ element, name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.deleteTag`,
    request: `DELETE /sites/{siteId}/${path}/{id}/tags/{label}` as const,
    since,
    scope: `tableau:${element}_tags:delete`,
    input: (id: Id, label: string) => ({ id, label }),
    response: Response.empty
  })
