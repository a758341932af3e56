import * as Operation from "../../Operation.js"
import * as Response from "../../Response.js"
import { Tag } from "../../Tags.js"
import type { Resource } from "./resource.js"

/** Servers split labels at spaces and commas that are not in double quotes, and remove these quotes. */
const quoted = (label: string): string => (/[\s\p{Z},]/u.test(label) ? `"${label}"` : label)

/** Why labels cannot be sent. */
const problemOf = (labels: ReadonlyArray<string>): string | undefined => {
  if (labels.includes("")) return "A tag has no label."
  const label = labels.find((label) => label.includes('"'))
  return label === undefined
    ? undefined
    : `The tag ${JSON.stringify(label.slice(0, 100))} has a double quote: servers remove it, and it cannot be escaped.`
}

export const add = <Id extends string>({ element, name, path }: Resource<Id>, since: string) =>
  Operation.make({
    name: `${name}.addTags`,
    request: `PUT /sites/{siteId}/${path}/{id}/tags` as const,
    since,
    scope: `tableau:${element}_tags:update`,
    // A tag that the content already has stays.
    idempotent: true,
    input: (id: Id, labels: ReadonlyArray<string>) => {
      const problem = problemOf(labels)
      return problem === undefined
        ? { id, xml: { tags: { tag: labels.map((label) => ({ label: quoted(label) })) } } }
        : Operation.invalidInput(problem)
    },
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
