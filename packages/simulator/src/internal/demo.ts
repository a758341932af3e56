import type { Source } from "./collection.js"
import type { Project, User, Workbook } from "./model.js"
import * as World from "./world.js"

const people: ReadonlyArray<Omit<User, "id">> = [
  { name: "admin", fullName: "Ada Admin", email: "admin@example.com", siteRole: "ServerAdministrator" },
  { name: "viewer", fullName: "Vera Viewer", email: "viewer@example.com", siteRole: "Viewer" },
  { name: "amara.okafor", fullName: "Amara Okafor", email: "amara.okafor@example.com", siteRole: "Creator" },
  { name: "bjorn.aas", fullName: "Bjørn Ås", email: "bjorn.aas@example.com", siteRole: "ExplorerCanPublish" },
  { name: "chen.wei", fullName: "陈伟", email: "chen.wei@example.com", siteRole: "Explorer" },
  { name: "retired", fullName: "Rita Retired", email: "retired@example.com", siteRole: "Unlicensed" }
]

const projects = ["default", "Sales", "Europe", "Operations", "Archive"]

/** Workbooks that a careless client trips over; the rest are numbered. */
const named = ["Superstore", "O'Brien, A & B", "Été 売上", "Loose Ends"]
const withoutProject = named.indexOf("Loose Ends")

const tags = ["quarterly", "draft", "売上", "a/b & c"]

const firstDay = Date.UTC(2024, 0, 1, 9)
const day = 24 * 60 * 60 * 1000

/** Tableau's dates are whole seconds in UTC. */
const date = (days: number): string => new Date(firstDay + days * day).toISOString().replace(".000Z", "Z")

const sourceOf = <A>(items: ReadonlyArray<A>): Source<A & { id: string }> => ({
  count: items.length,
  make: (index, id) => ({ ...Object.assign({}, items[index]), id })
})

const workbooks = (site: number, count: number): Source<Workbook> => ({
  count,
  make: (index, id) => {
    const name = named[index] ?? `Workbook ${index + 1}`
    const loose = index === withoutProject
    return {
      id,
      name,
      contentUrl: name.replaceAll(/[^\p{L}\p{N}]/gu, ""),
      description: index % 3 === 0 ? `What ${name} shows` : undefined,
      projectId: loose ? undefined : World.idOf("project", site, index % projects.length),
      ownerId: loose ? undefined : World.idOf("user", site, 0),
      showTabs: index % 2 === 0,
      size: 1 + (index % 40),
      tags: tags.slice(0, index % 3),
      createdAt: date(index % 300),
      updatedAt: date((index % 300) + 30)
    }
  }
})

/** The content that everybody starts with. Always the same for the same number of workbooks. */
export const source = (workbooksOnDefault: number): World.Source => {
  const site = (
    index: number,
    name: string,
    contentUrl: string,
    users: ReadonlyArray<Omit<User, "id">>,
    count: number
  ): World.SiteSource => ({
    name,
    contentUrl,
    users: sourceOf<Omit<User, "id">>(users),
    projects: sourceOf<Omit<Project, "id">>(projects.map((name) => ({ name }))),
    workbooks: workbooks(index, count)
  })
  return {
    accounts: [
      { name: "admin", password: "admin-password", serverAdministrator: true },
      { name: "viewer", password: `p@ss"w&rd<é`, serverAdministrator: false }
    ],
    personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", account: "admin" }],
    sites: [
      site(0, "Default", "", people, workbooksOnDefault),
      site(1, "Marketing Team", "MarketingTeam", people, 120),
      site(
        2,
        "Finance",
        "Finance",
        people.filter(({ name }) => name !== "viewer"),
        120
      )
    ]
  }
}
