import * as Collection from "./collection.js"
import type { Row } from "./files.js"
import * as Ids from "./ids.js"
import type * as Model from "./model.js"
import type { StoredFile } from "./storage.js"

const kinds = {
  site: 1,
  user: 2,
  group: 3,
  project: 4,
  workbook: 5,
  view: 6,
  datasource: 7,
  flow: 8,
  job: 9,
  schedule: 10,
  task: 11,
  connection: 12
} as const

/** An id is known before its item is made, so that items can refer to each other by index. */
export const idOf = (kind: keyof typeof kinds, site: number, index: number): string =>
  Ids.encode({ kind: kinds[kind], site, index })

/** The collections of a site. */
interface Holdings {
  readonly users: Model.User
  readonly groups: Model.Group
  readonly projects: Model.Project
  readonly workbooks: Model.Workbook
  readonly views: Model.View
  readonly datasources: Model.Datasource
  readonly flows: Model.Flow
  readonly jobs: Model.Job
  readonly tasks: Model.ExtractRefreshTask
}

/** Facts about an item that are not part of it, so that making an item is fast. */
interface Relations {
  readonly viewIdsOf: (workbook: Model.Workbook) => ReadonlyArray<string>
  /** The data that a view shows. */
  readonly rowsOf: (view: Model.View) => ReadonlyArray<Row>
  readonly connectionsOf: (item: Model.Content) => ReadonlyArray<Model.Connection>
  readonly revisionCountOf: (item: Model.Content) => number
  readonly favoritesOf: (user: Model.User) => ReadonlyArray<Model.Favorite>
}

/** A revision that a client has published. */
interface Published {
  readonly file: StoredFile
  readonly extension: string
  readonly publishedAt: string
  readonly publisherId: string
}

/** The initial content of a site. */
export type SiteSource = { readonly [Name in keyof Holdings]: Collection.Source<Holdings[Name]> } & Relations & {
    readonly name: string
    /** `""` is the Default site. */
    readonly contentUrl: string
    /** The initial permission rules of an item (a project, a workbook and so on). */
    readonly rulesOf: (item: Model.Item) => ReadonlyArray<Model.Rule>
  }

/** The initial content of a server. */
export interface Source {
  readonly accounts: ReadonlyArray<Model.Account>
  readonly personalAccessTokens: ReadonlyArray<Model.PersonalAccessToken>
  readonly connectedApps: ReadonlyArray<Model.ConnectedApp>
  readonly unifiedAccess: ReadonlyArray<Model.UnifiedAccess>
  readonly schedules: Collection.Source<Model.Schedule>
  readonly sites: ReadonlyArray<SiteSource>
}

export type Site = { readonly [Name in keyof Holdings]: Collection.Collection<Holdings[Name]> } & Relations & {
    readonly id: string
    readonly name: string
    readonly contentUrl: string
    readonly rulesOf: (item: Model.Item) => ReadonlyArray<Model.Rule>
    readonly setRules: (item: Model.Item, rules: ReadonlyArray<Model.Rule>) => void
    readonly setViewIds: (workbook: Model.Item, ids: ReadonlyArray<string>) => void
    readonly setConnections: (item: Model.Item, connections: ReadonlyArray<Model.Connection>) => void
    /** The numbers of the revisions that were deleted. The list of revisions keeps them. */
    readonly removedRevisionsOf: (item: Model.Item) => ReadonlySet<number>
    readonly removeRevision: (item: Model.Item, revision: number) => void
    /** Adds a revision to an item, or its first one to a new item. */
    readonly publish: (item: Model.Content, published: Published, isNew: boolean) => void
    /** A revision by its number. Those of the initial content are generated, and are not here. */
    readonly publishedOf: (item: Model.Item, revision: number) => Published | undefined
    /** Forgets the published revisions of a deleted item. Returns their files. */
    readonly forget: (item: Model.Item) => ReadonlyArray<StoredFile>
    readonly newConnectionId: () => string
  }

/** The content of a server. Sessions are kept elsewhere. */
export interface World {
  /** By name in lower case. */
  readonly accounts: Map<string, Model.Account>
  readonly personalAccessTokens: ReadonlyArray<Model.PersonalAccessToken>
  readonly connectedApps: ReadonlyArray<Model.ConnectedApp>
  readonly unifiedAccess: ReadonlyArray<Model.UnifiedAccess>
  readonly schedules: Collection.Collection<Model.Schedule>
  readonly sites: ReadonlyArray<Site>
}

/** The connections of the initial content have smaller numbers. */
const firstNewConnection = 2 ** 30

const makeSite = (source: SiteSource, index: number, writes: Collection.Writes): Site => {
  const rules = new Map<string, ReadonlyArray<Model.Rule>>()
  const viewIds = new Map<string, ReadonlyArray<string>>()
  const connections = new Map<string, ReadonlyArray<Model.Connection>>()
  const removedRevisions = new Map<string, ReadonlySet<number>>()
  const removedRevisionsOf = (item: Model.Item) => removedRevisions.get(item.id) ?? new Set<number>()
  /** The published revisions of an item follow `before` generated ones. */
  const published = new Map<string, { readonly before: number; readonly revisions: ReadonlyArray<Published> }>()
  let connectionCount = 0
  return {
    id: idOf("site", 0, index),
    name: source.name,
    contentUrl: source.contentUrl,
    users: Collection.make(kinds.user, index, source.users, writes),
    groups: Collection.make(kinds.group, index, source.groups, writes),
    projects: Collection.make(kinds.project, index, source.projects, writes),
    workbooks: Collection.make(kinds.workbook, index, source.workbooks, writes),
    views: Collection.make(kinds.view, index, source.views, writes),
    datasources: Collection.make(kinds.datasource, index, source.datasources, writes),
    flows: Collection.make(kinds.flow, index, source.flows, writes),
    jobs: Collection.make(kinds.job, index, source.jobs, writes),
    tasks: Collection.make(kinds.task, index, source.tasks, writes),
    viewIdsOf: (workbook) => viewIds.get(workbook.id) ?? source.viewIdsOf(workbook),
    setViewIds: (workbook, ids) => viewIds.set(workbook.id, ids),
    rowsOf: source.rowsOf,
    connectionsOf: (item) => connections.get(item.id) ?? source.connectionsOf(item),
    setConnections: (item, changed) => connections.set(item.id, changed),
    removedRevisionsOf,
    removeRevision: (item, revision) => removedRevisions.set(item.id, new Set([...removedRevisionsOf(item), revision])),
    revisionCountOf: (item) => {
      const known = published.get(item.id)
      return known === undefined ? source.revisionCountOf(item) : known.before + known.revisions.length
    },
    publish: (item, revision, isNew) => {
      const { before, revisions } = published.get(item.id) ?? {
        before: isNew ? 0 : source.revisionCountOf(item),
        revisions: []
      }
      published.set(item.id, { before, revisions: [...revisions, revision] })
    },
    publishedOf: (item, revision) => {
      const known = published.get(item.id)
      return known?.revisions[revision - known.before - 1]
    },
    forget: (item) => {
      const files = published.get(item.id)?.revisions.map(({ file }) => file) ?? []
      published.delete(item.id)
      return files
    },
    newConnectionId: () => {
      connectionCount += 1
      return idOf("connection", index, firstNewConnection + connectionCount)
    },
    favoritesOf: source.favoritesOf,
    rulesOf: (item) => rules.get(item.id) ?? source.rulesOf(item),
    setRules: (item, changed) => rules.set(item.id, changed)
  }
}

export const make = (source: Source): World => {
  const writes = { count: 0 }
  return {
    accounts: new Map(source.accounts.map((account) => [account.name.toLowerCase(), account])),
    personalAccessTokens: source.personalAccessTokens,
    connectedApps: source.connectedApps,
    unifiedAccess: source.unifiedAccess,
    schedules: Collection.make(kinds.schedule, 0, source.schedules, writes),
    sites: source.sites.map((site, index) => makeSite(site, index, writes))
  }
}

/** The index of an item, from its id. */
export const indexOf = (item: { readonly id: string }): number => Ids.decode(item.id)?.index ?? 0

/** Compares names of sites, users, projects and groups as Tableau does: without regard to case. */
export const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

export const findSite = (world: World, contentUrl: string): Site | undefined =>
  world.sites.find((site) => same(site.contentUrl, contentUrl))

export const findAccount = (world: World, name: string): Model.Account | undefined =>
  world.accounts.get(name.toLowerCase())

export const findByName = <A extends Model.Item>(items: Collection.Collection<A>, name: string): A | undefined => {
  for (const item of items.items()) if (same(item.name, name)) return item
  return undefined
}

/** The item that another item refers to, if it refers to one. */
export const referred = <A>(items: Collection.Collection<A>, id: string | undefined): A | undefined =>
  id === undefined ? undefined : items.find(id)

export const isMember = (group: Model.Group, userId: string): boolean =>
  group.memberIds === "everybody" || group.memberIds.includes(userId)
