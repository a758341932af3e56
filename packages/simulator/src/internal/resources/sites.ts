import * as Effect from "effect/Effect"
import { findAccount, type Site, same } from "../content/world.js"
import * as Field from "../lists/field.js"
import { itemReply, itemsOf, type Listing, listReply } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import * as Errors from "../protocol/errorResponse.js"
import { ok } from "../session/call.js"
import { handlers, requireAdministrator } from "./handler.js"

const listing: Listing<Site> = {
  item: "site",
  list: "sites",
  describe: (site) =>
    element(
      "site",
      {
        id: site.id,
        name: site.name,
        contentUrl: site.contentUrl,
        adminMode: "ContentAndUsers",
        state: "Active",
        disableSubscriptions: false,
        revisionHistoryEnabled: true,
        revisionLimit: 25
      },
      []
    ),
  parts: {
    usual: [
      ...["id", "name", "contentUrl", "adminMode", "state", "disableSubscriptions", "revisionHistoryEnabled"],
      "revisionLimit"
    ],
    extra: []
  },
  fields: { name: Field.name(({ name }) => name), contentUrl: Field.name(({ contentUrl }) => contentUrl) }
}

/** The values of the query parameter `key`: how the path names the site. Without it, by id. */
const keys: Readonly<Record<string, (site: Site) => string>> = {
  name: ({ name }) => name,
  contentUrl: ({ contentUrl }) => contentUrl
}

export const signedIn = handlers({
  querySites: (call) =>
    Effect.gen(function* () {
      if (findAccount(call.world, call.session.user.name)?.serverAdministrator !== true) {
        return yield* Errors.forbidden("Only server administrators may list sites.")
      }
      return yield* listReply(call, listing, itemsOf(call.world.sites))
    }),
  querySite: (call) =>
    Effect.gen(function* () {
      const wanted = call.parameter("site")
      const of = keys[call.query.get("key") ?? ""] ?? (({ id }: Site) => id)
      const site = call.world.sites.find((site) => same(of(site), wanted))
      if (site === undefined) return yield* Errors.siteNotFound
      if (site !== call.site) return yield* Errors.forbidden("The token was issued for another site.")
      yield* requireAdministrator(call, "see the settings of a site")
      return itemReply(listing, site)
    }),
  getCurrentServerSession: ({ session, site }) =>
    Effect.succeed(
      ok(
        element("session", {}, [
          element("site", { id: site.id, name: site.name, contentUrl: site.contentUrl }),
          element("user", { id: session.user.id, name: session.user.name })
        ])
      )
    )
})
