import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Content } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import { itemsOf, type Listing, listReply } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { fileReply, noContent, type SessionCall } from "../session/call.js"
import type { Handler } from "./handler.js"
import { find, type Kind, requireCapability } from "./kind.js"

interface Revision {
  readonly number: number
  readonly current: number
  readonly item: Content
}

const listing = (site: Site): Listing<Revision> => ({
  item: "revision",
  list: "revisions",
  describe: ({ current, item, number }) => {
    const publisher = referred(site.users, item.ownerId)
    return element(
      "revision",
      {
        revisionNumber: number,
        publishedAt: number === 1 ? item.createdAt : item.updatedAt,
        deleted: site.removedRevisionsOf(item).has(number),
        current: number === current,
        sizeInBytes: 1000 * number
      },
      [publisher && element("publisher", { id: publisher.id, name: publisher.name })]
    )
  },
  parts: { usual: ["revisionNumber", "publishedAt", "deleted", "current", "sizeInBytes", "publisher"], extra: [] },
  fields: {}
})

const exists = (site: Site, item: Content, revision: number, current: number): boolean =>
  revision >= 1 && revision <= current && !site.removedRevisionsOf(item).has(revision)

/** Whether a download contains the extract of the content. */
const includesExtract = (query: URLSearchParams): boolean => query.get("includeExtract")?.toLowerCase() !== "false"

/** Handlers for the revisions of a kind of content: list, oldest first, and download. */
export const forKind = <A extends Content, Parameter extends string>(
  kind: Kind<A, Parameter>,
  options: {
    readonly forbidden: Errors.ErrorResponse
    readonly file: (item: A, revision: number, extract: boolean) => Parameters<typeof Files.content>[0]
  }
) => {
  const list: Handler<Parameter> = (call) =>
    Effect.flatMap(find(kind, call), (item) => {
      const current = call.site.revisionCountOf(item)
      const revisions = Array.from({ length: current }, (_, index) => ({ number: index + 1, current, item }))
      return listReply(call, listing(call.site), itemsOf(revisions))
    })

  const downloadBy = (call: SessionCall<Parameter>, revisionOf: (current: number) => number) =>
    Effect.gen(function* () {
      const item = yield* find(kind, call)
      yield* requireCapability(call, "ExportXml", item, options.forbidden)
      const current = call.site.revisionCountOf(item)
      const revision = revisionOf(current)
      if (!exists(call.site, item, revision, current)) return yield* Errors.revisionNotFound
      return fileReply(Files.content(options.file(item, revision, includesExtract(call.query))))
    })

  const download: Handler<Parameter> = (call) => downloadBy(call, (current) => current)
  const downloadRevision: Handler<Parameter | "revisionNumber"> = (call) =>
    downloadBy(call, () => Number(call.parameter("revisionNumber")))

  const remove: Handler<Parameter | "revisionNumber"> = (call) =>
    Effect.gen(function* () {
      const item = yield* find(kind, call)
      for (const capability of ["Write", "ExportXml"]) yield* requireCapability(call, capability, item)
      const revision = Number(call.parameter("revisionNumber"))
      const current = call.site.revisionCountOf(item)
      if (!exists(call.site, item, revision, current)) return yield* Errors.revisionNotFound
      if (revision === current) return yield* Errors.currentRevision
      call.site.removeRevision(item, revision)
      return noContent
    })

  return { list, download, downloadRevision, remove }
}
