import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { Content } from "../content/model.js"
import { attribute, child, children } from "../protocol/element.js"
import { badRequest, forbidden, type Refusal, tagNotFound } from "../protocol/errorResponse.js"
import { noContent, ok, type SignedInCall, signedIn } from "../session/call.js"
import { find, type Kind, pathOf, tagList } from "./kind.js"

const findWritable = <A extends Content>(kind: Kind<A>, call: SignedInCall<string>): Effect.Effect<A, Refusal> =>
  Effect.filterOrFail(
    find(kind, call),
    (item) => may(call.site, call.session.user, "Write", item),
    () => forbidden(`The user has no permission to change the tags of this ${kind.element}.`)
  )

/** Adding and removing the tags of a kind of content. */
export const routes = <A extends Content, const Add extends string, const Remove extends string>(
  kind: Kind<A>,
  operations: { readonly add: Add; readonly remove: Remove }
) => {
  const path: string = `${pathOf(kind)}/tags`
  const pathOfTag: string = `${path}/{tagName}`
  return [
    signedIn({
      verb: "PUT",
      path,
      operation: operations.add,
      since: kind.since,
      scope: `tableau:${kind.element}_tags:update`,
      handle: (call) =>
        Effect.gen(function* () {
          const item = yield* findWritable(kind, call)
          const given = child(yield* call.payload, "tags")
          if (given === undefined) return yield* badRequest("The <tags> element is missing.")
          const labels = children(given, "tag").map((tag) => attribute(tag, "label") ?? "")
          if (labels.includes("")) return yield* badRequest("A <tag> has no label.")
          const tags = [...new Set([...item.tags, ...labels])]
          kind.of(call.site).replace(item.id, { ...item, tags })
          return ok(tagList(tags))
        })
    }),
    signedIn({
      verb: "DELETE",
      path: pathOfTag,
      operation: operations.remove,
      since: kind.since,
      scope: `tableau:${kind.element}_tags:delete`,
      handle: (call) =>
        Effect.gen(function* () {
          const item = yield* findWritable(kind, call)
          const label = call.parameter("tagName")
          if (!item.tags.includes(label)) return yield* tagNotFound(`There is no tag '${label}'.`)
          kind.of(call.site).replace(item.id, { ...item, tags: item.tags.filter((tag) => tag !== label) })
          return noContent
        })
    })
  ] as const
}
