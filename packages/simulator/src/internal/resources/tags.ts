import * as Effect from "effect/Effect"
import { may } from "../content/access.js"
import type { Content } from "../content/model.js"
import type { Operation } from "../operations/table.js"
import { attribute, child, children } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { noContent, ok, type SessionCall } from "../session/call.js"
import { tagList } from "./content.js"
import type { Handler } from "./handler.js"
import { find, type Kind } from "./kind.js"

const findWritable = <A extends Content, Parameter extends string>(
  kind: Kind<A, Parameter>,
  call: SessionCall<Parameter>
): Effect.Effect<A, Errors.ErrorResponse> =>
  Effect.filterOrFail(
    find(kind, call),
    (item) => may(call.site, call.session.user, "Write", item),
    () => Errors.forbidden(`The user has no permission to change the tags of this ${kind.element}.`)
  )

/** The tags that a label adds: it is split at spaces and commas that are not in double quotes. */
const tagsOf = (label: string): ReadonlyArray<string> =>
  [...label.matchAll(/"([^"]*)"|([^\s,"]+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain)

/** Handlers for the tags of a kind of content: add and remove. */
export const forKind = <A extends Content, Parameter extends string>(kind: Kind<A, Parameter>) => {
  const add: Handler<Parameter> = (call) =>
    Effect.gen(function* () {
      const item = yield* findWritable(kind, call)
      const given = child(yield* call.payload, "tags")
      if (given === undefined) return yield* Errors.badRequest("The <tags> element is missing.")
      const labels = children(given, "tag").map((tag) => attribute(tag, "label") ?? "")
      if (labels.includes("")) return yield* Errors.badRequest("A <tag> has no label.")
      const added = labels.flatMap(tagsOf).filter((tag) => tag !== "")
      const tags = [...new Set([...item.tags, ...added])]
      kind.of(call.site).replace(item.id, { ...item, tags })
      return ok(tagList(tags))
    })

  const remove: Handler<Parameter | "tagName"> = (call) =>
    Effect.gen(function* () {
      const item = yield* findWritable(kind, call)
      const label = call.parameter("tagName")
      if (!item.tags.includes(label)) return yield* Errors.tagNotFound(`There is no tag '${label}'.`)
      kind.of(call.site).replace(item.id, { ...item, tags: item.tags.filter((tag) => tag !== label) })
      return noContent
    })

  return { add, remove }
}

/** The error response of tag operations at an API version that does not have them. */
export const unsupported: Readonly<Partial<Record<Operation, (detail: string) => Errors.ErrorResponse>>> = {
  addTagsToWorkbook: Errors.tagsNotSupported,
  deleteTagFromWorkbook: Errors.tagsNotSupported,
  addTagsToView: Errors.tagsNotSupported,
  deleteTagFromView: Errors.tagsNotSupported,
  addTagsToDataSource: Errors.tagsNotSupported,
  deleteTagFromDataSource: Errors.tagsNotSupported,
  addTagsToFlow: Errors.tagsNotSupported,
  deleteTagFromFlow: Errors.tagsNotSupported
}
