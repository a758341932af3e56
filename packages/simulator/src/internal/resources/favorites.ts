import * as Effect from "effect/Effect"
import { maySee } from "../content/access.js"
import type { Favorite, Item } from "../content/model.js"
import type { Site } from "../content/world.js"
import { itemsOf, type Listing, listReply } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { handlers, requireAdministrator } from "./handler.js"

const collections = {
  workbook: "workbooks",
  view: "views",
  datasource: "datasources",
  flow: "flows",
  project: "projects"
} as const

const itemOf = (site: Site, { id, kind }: Favorite): Item | undefined => site[collections[kind]].find(id)

const listing = (site: Site): Listing<Favorite> => ({
  item: "favorite",
  list: "favorites",
  describe: (favorite) => {
    const item = itemOf(site, favorite)
    return element("favorite", { label: favorite.label, position: favorite.position, addedAt: favorite.addedAt }, [
      item && element(favorite.kind, { id: item.id, name: item.name })
    ])
  },
  parts: { usual: ["label", "position", "addedAt", ...Object.keys(collections)], extra: [] },
  fields: {}
})

export const signedIn = handlers({
  getFavoritesForUser: (call) =>
    Effect.gen(function* () {
      const id = call.parameter("userId")
      if (id !== call.session.user.id) yield* requireAdministrator(call, "see the favorites of other users")
      const user = call.site.users.find(id) ?? (yield* Errors.userNotFound)
      // Items that are deleted, or that the user may not see, are left out.
      const favorites = call.site.favoritesOf(user).filter((favorite) => {
        const item = itemOf(call.site, favorite)
        return item !== undefined && maySee(call.site, call.session.user, item)
      })
      return yield* listReply(call, listing(call.site), itemsOf(favorites))
    })
})
