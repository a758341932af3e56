import * as Collection from "./collection.js"
import * as Ids from "./ids.js"
import type { Account, PersonalAccessToken, Project, User, Workbook } from "./model.js"

const kinds = { site: 1, user: 2, project: 3, workbook: 4 } as const

/** Known before the item is made, so that items can refer to each other by index. */
export const idOf = (kind: keyof typeof kinds, site: number, index: number): string =>
  Ids.encode({ kind: kinds[kind], site, index })

/** What a site begins with. */
export interface SiteSource {
  readonly name: string
  /** `""` is the Default site. */
  readonly contentUrl: string
  readonly users: Collection.Source<User>
  readonly projects: Collection.Source<Project>
  readonly workbooks: Collection.Source<Workbook>
}

/** What a server begins with. */
export interface Source {
  readonly accounts: ReadonlyArray<Account>
  readonly personalAccessTokens: ReadonlyArray<PersonalAccessToken>
  readonly sites: ReadonlyArray<SiteSource>
}

export interface Site {
  readonly id: string
  readonly name: string
  readonly contentUrl: string
  readonly users: Collection.Collection<User>
  readonly projects: Collection.Collection<Project>
  readonly workbooks: Collection.Collection<Workbook>
}

/** Everything that the server holds, sessions apart. */
export interface World {
  readonly accounts: ReadonlyArray<Account>
  readonly personalAccessTokens: ReadonlyArray<PersonalAccessToken>
  readonly sites: ReadonlyArray<Site>
}

export const make = (source: Source): World => ({
  accounts: source.accounts,
  personalAccessTokens: source.personalAccessTokens,
  sites: source.sites.map((site, index) => ({
    id: idOf("site", 0, index),
    name: site.name,
    contentUrl: site.contentUrl,
    users: Collection.make(kinds.user, index, site.users),
    projects: Collection.make(kinds.project, index, site.projects),
    workbooks: Collection.make(kinds.workbook, index, site.workbooks)
  }))
})

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

export const findSite = (world: World, contentUrl: string): Site | undefined =>
  world.sites.find((site) => same(site.contentUrl, contentUrl))

export const findAccount = (world: World, name: string): Account | undefined =>
  world.accounts.find((account) => same(account.name, name))

export const findUser = (site: Site, name: string): User | undefined => {
  for (const user of site.users.items()) if (same(user.name, name)) return user
  return undefined
}
