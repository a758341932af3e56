import * as Effect from "effect/Effect"
import { element } from "./element.js"
import { find, type Kind, pathOf } from "./kind.js"
import { answerList, type Listing } from "./listing.js"
import type { Content } from "./model.js"
import { signedIn } from "./route.js"
import { referred, type Site } from "./world.js"

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
