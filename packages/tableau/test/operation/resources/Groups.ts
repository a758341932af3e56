import { type Groups, Ids } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

export const samples: SamplesOf<typeof Groups> = {
  list: {
    args: [],
    request: `GET ${site}/groups?sort=name%3Aasc&${firstPage}`,
    response: paged(
      1,
      `<groups><group id="g1" name="G" userCount="3"><domain name="example.com"/>
       <import source="ActiveDirectory" siteRole="Viewer" grantLicenseMode="onSync"/></group></groups>`
    ),
    result: one({
      id: "g1",
      name: "G",
      userCount: 3,
      domain: { name: "example.com" },
      import: { source: "ActiveDirectory", siteRole: "Viewer", grantLicenseMode: "onSync" }
    }),
    files: { group_get: 3 }
  },
  listForUser: {
    args: [Ids.UserId.make("u1")],
    request: `GET ${site}/users/u1/groups?${firstPage}`,
    response: paged(1, '<groups><group id="g1" name="All Users"/></groups>'),
    result: one({ id: "g1", name: "All Users" }),
    files: { user_populate_groups: 3 }
  }
}
