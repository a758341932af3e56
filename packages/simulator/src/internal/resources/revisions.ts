import * as Effect from "effect/Effect"
import * as Files from "../content/files.js"
import type { Content } from "../content/model.js"
import { referred, type Site } from "../content/world.js"
import { answerList, type Listing } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import { type Refusal, revisionNotFound } from "../protocol/errorResponse.js"
import type { Scope } from "../protocol/scope.js"
import { type SignedInCall, signedIn } from "../session/call.js"
import * as Exports from "./exports.js"
import { find, type Kind, pathOf } from "./kind.js"

interface Revision {
  readonly number: number
  readonly of: number
  readonly item: Content
}

const listing = (site: Site): Listing<Revision> => ({
  item: "revision",
  list: "revisions",
  describe: ({ item, number, of }) => {
    const publisher = referred(site.users, item.ownerId)
    return element(
      "revision",
      {
        revisionNumber: number,
        publishedAt: number === 1 ? item.createdAt : item.updatedAt,
        deleted: false,
        current: number === of,
        sizeInBytes: 1000 * number
      },
      [publisher && element("publisher", { id: publisher.id, name: publisher.name })]
    )
  },
  parts: { usual: ["revisionNumber", "publishedAt", "deleted", "current", "sizeInBytes", "publisher"], extra: [] },
  fields: {}
})

/** Asking for the revisions of a kind of content, the oldest first. */
export const route = <A extends Content, const Operation extends string>(kind: Kind<A>, operation: Operation) => {
  const path: string = `${pathOf(kind)}/revisions`
  return signedIn({
    verb: "GET",
    path,
    operation,
    since: "2.3",
    scope: "tableau:content:read",
    handle: (call) =>
      Effect.flatMap(find(kind, call), (item) => {
        const of = call.site.revisionCountOf(item)
        const revisions = Array.from({ length: of }, (_, index) => ({ number: index + 1, of, item }))
        const all = { size: () => of, at: (position: number) => revisions[position] }
        return answerList(call, listing(call.site), all)
      })
  })
}

/** Downloading a kind of content as it is now, and as it was. */
export const contentRoutes = <
  A extends Content,
  const Operation extends string,
  const RevisionOperation extends string
>(
  kind: Kind<A>,
  options: {
    readonly download: { readonly operation: Operation; readonly since: string }
    readonly downloadRevision: RevisionOperation
    readonly scope: Scope
    readonly forbidden: Refusal
    readonly file: (item: A, revision: number, extract: boolean) => Parameters<typeof Files.content>[0]
  }
) => {
  const answer = (call: SignedInCall<string>, revisionOf: (current: number) => number) =>
    Effect.gen(function* () {
      const item = yield* find(kind, call)
      yield* Exports.require(call, "ExportXml", item, options.forbidden)
      const current = call.site.revisionCountOf(item)
      const revision = revisionOf(current)
      if (!(revision >= 1 && revision <= current)) return yield* revisionNotFound
      return Exports.answerFile(Files.content(options.file(item, revision, !Exports.withoutExtract(call.query))))
    })
  const path: string = `${pathOf(kind)}/content`
  const revisionPath: string = `${pathOf(kind)}/revisions/{revisionNumber}/content`
  return [
    signedIn({
      verb: "GET",
      path,
      operation: options.download.operation,
      since: options.download.since,
      scope: options.scope,
      handle: (call) => answer(call, (current) => current)
    }),
    signedIn({
      verb: "GET",
      path: revisionPath,
      operation: options.downloadRevision,
      since: "2.3",
      scope: options.scope,
      handle: (call) => answer(call, () => Number(call.parameter("revisionNumber")))
    })
  ] as const
}
