import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Content } from "../content/model.js"
import { read } from "../content/storage.js"
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
    const published = site.publishedOf(item, number)
    const publisher = referred(site.users, published?.publisherId ?? item.ownerId)
    return element(
      "revision",
      {
        revisionNumber: number,
        publishedAt: published?.publishedAt ?? (number === 1 ? item.createdAt : item.updatedAt),
        deleted: site.removedRevisionsOf(item).has(number),
        current: number === current,
        sizeInBytes: published?.file.size ?? 1000 * number
      },
      [publisher && element("publisher", { id: publisher.id, name: publisher.name })]
    )
  },
  parts: { usual: ["revisionNumber", "publishedAt", "deleted", "current", "sizeInBytes", "publisher"], extra: [] },
  fields: {}
})

const exists = (site: Site, item: Content, revision: number, current: number): boolean =>
  revision >= 1 && revision <= current && !site.removedRevisionsOf(item).has(revision)

/** The bytes that a client has published, under the name of the item. */
export const published = (site: Site, item: Content, revision: number, part: string): Files.File | undefined => {
  const found = site.publishedOf(item, revision)
  return (
    found && {
      name: `${item.name}.${found.extension}`,
      part,
      contentType: "application/octet-stream",
      body: { size: found.file.size, chunks: () => read(found.file) }
    }
  )
}

/** Removes the files of an item that is deleted. */
export const discard = ({ site, storage }: SessionCall, item: Content): Effect.Effect<void> =>
  Effect.suspend(() => Effect.forEach(site.forget(item), storage.remove, { discard: true }))

/** Whether a download contains the extract of the content. */
const includesExtract = (query: URLSearchParams): boolean => query.get("includeExtract")?.toLowerCase() !== "false"

/** Handlers for the revisions of a kind of content: list, oldest first, and download. */
export const forKind = <A extends Content, Parameter extends string>(
  kind: Kind<A, Parameter>,
  options: {
    readonly forbidden: Errors.ErrorResponse
    readonly file: (
      item: A,
      revision: number,
      extract: boolean,
      call: SessionCall
    ) => Parameters<typeof Files.content>[0]
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
      const generated = options.file(item, revision, includesExtract(call.query), call)
      return fileReply(published(call.site, item, revision, generated.part) ?? Files.content(generated))
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
