import * as Effect from "effect/Effect"
import { findAccount, type Site, same } from "../content/world.js"
import * as Field from "../lists/field.js"
import { answerItem, answerList, type Listing } from "../lists/listing.js"
import { element } from "../protocol/element.js"
import { forbidden, notOnCloud, siteNotFound } from "../protocol/errorResponse.js"
import { ok, signedIn } from "../session/call.js"
import { requireAdministrator } from "./administration.js"

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

const itemsOf = (sites: ReadonlyArray<Site>) => ({
  size: () => sites.length,
  at: (position: number) => sites[position]
})

const keys: Readonly<Record<string, (site: Site) => string>> = {
  name: ({ name }) => name,
  contentUrl: ({ contentUrl }) => contentUrl
}

export const routes = [
  signedIn({
    verb: "GET",
    path: "/sites",
    operation: "querySites",
    since: "2.0",
    scope: "tableau:sites:read",
    handle: (call) =>
      Effect.gen(function* () {
        if (call.info.cloud) return yield* notOnCloud("Sites query is unsupported for Tableau Cloud.")
        if (findAccount(call.world, call.session.user.name)?.serverAdministrator !== true) {
          return yield* forbidden("Only server administrators may list sites.")
        }
        return yield* answerList(call, listing, itemsOf(call.world.sites))
      })
  }),
  signedIn({
    verb: "GET",
    // Not `siteId`: it may be a name or a content URL.
    path: "/sites/{site}",
    operation: "querySite",
    since: "2.0",
    scope: "tableau:sites:read",
    handle: (call) =>
      Effect.gen(function* () {
        const wanted = call.parameter("site")
        const of = keys[call.query.get("key") ?? ""] ?? (({ id }: Site) => id)
        const site = call.world.sites.find((site) => same(of(site), wanted))
        if (site === undefined) return yield* siteNotFound
        if (site !== call.site) return yield* forbidden("The token was issued for another site.")
        yield* requireAdministrator(call, "see the settings of a site")
        return answerItem(listing, site)
      })
  }),
  signedIn({
    verb: "GET",
    path: "/sessions/current",
    operation: "getCurrentServerSession",
    since: "3.1",
    scope: undefined,
    handle: ({ session, site }) =>
      Effect.succeed(
        ok(
          element("session", {}, [
            element("site", { id: site.id, name: site.name, contentUrl: site.contentUrl }),
            element("user", { id: session.user.id, name: session.user.name })
          ])
        )
      )
  })
] as const
