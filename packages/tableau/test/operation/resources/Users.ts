import { Ids, type Users } from "effect-tableau"
import { firstPage, one, paged, type SamplesOf, site } from "./sample.js"

export const samples: SamplesOf<typeof Users> = {
  list: {
    args: [],
    request: `GET ${site}/users?sort=name%3Aasc&${firstPage}`,
    response: paged(
      1,
      `<users><user id="u1" name="a" lastLogin="" siteRole="Emperor" externalAuthUserId=""><domain name="local"/>
       <groups><group id="g1" name="G"/></groups></user></users>`
    ),
    result: one({
      id: "u1",
      name: "a",
      siteRole: "Emperor",
      externalAuthUserId: "",
      domain: { name: "local" },
      groups: [{ id: "g1", name: "G" }]
    }),
    files: { user_get: 2 }
  },
  listInGroup: {
    args: [Ids.GroupId.make("g1")],
    request: `GET ${site}/groups/g1/users?${firstPage}`,
    response: paged(1, '<users><user id="u1" siteRole="Viewer"/></users>'),
    result: one({ id: "u1", siteRole: "Viewer" }),
    others: [[paged(0, ""), { totalAvailable: 0, items: [] }]],
    files: { group_populate_users: 1, group_users_added: 1 }
  },
  get: {
    args: [Ids.UserId.make("u1")],
    request: `GET ${site}/users/u1`,
    response: '<user id="u1" name="ana" lastLogin="2024-06-01T10:00:00Z"/>',
    result: { id: "u1", name: "ana", lastLogin: "2024-06-01T10:00:00.000Z" },
    files: { user_add: 1, group_add_user: 1 }
  }
}
