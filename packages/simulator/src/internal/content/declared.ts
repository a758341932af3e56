import * as Either from "effect/Either"
import type * as Content from "../../Content.js"
import { StartFailed } from "../../SimulatorError.js"
import { fromArray } from "./collection.js"
import * as Demo from "./demo.js"
import type * as Model from "./model.js"
import * as World from "./world.js"

const urlOf = (name: string): string => name.replaceAll(/[^\p{L}\p{N}]/gu, "")

const epoch = "2024-01-01T09:00:00Z"

const everything = ["Read", "Filter", "ViewComments", "AddComment", "ExportImage", "ExportData", "Connect"]

interface Named {
  readonly name: string
}

const has = (items: ReadonlyArray<Named>, name: string): boolean => items.some((item) => World.same(item.name, name))

/** Converts a declared site: names become ids. Unknown names are added to `problems`. */
const makeSite = (
  content: Content.Content,
  site: Content.Site,
  index: number,
  problems: Array<string>
): World.SiteSource => {
  const idIn = (kind: "project" | "user", items: ReadonlyArray<Named>) => (name: string | undefined) => {
    if (name === undefined) return undefined
    const found = items.findIndex((item) => World.same(item.name, name))
    if (found < 0) problems.push(`the site '${site.contentUrl}' has no ${kind} '${name}'`)
    return World.idOf(kind, index, found)
  }

  const users = content.users.filter(({ sites }) => sites?.some((url) => World.same(url, site.contentUrl)) ?? true)
  const projects: ReadonlyArray<Content.Project> = [{ name: "default" }, ...(site.projects ?? [])]
  const groups: ReadonlyArray<Content.Group> = [{ name: "All Users" }, ...(site.groups ?? [])]
  const workbooks = site.workbooks ?? []
  const userId = idIn("user", users)
  const projectId = idIn("project", projects)

  const itemOf = (item: Content.Item) => ({
    name: item.name,
    description: item.description,
    projectId: projectId(item.project ?? "default"),
    ownerId: userId(item.owner ?? users[0]?.name),
    tags: item.tags ?? [],
    createdAt: item.createdAt ?? epoch,
    updatedAt: item.updatedAt ?? item.createdAt ?? epoch
  })

  const viewsOf = workbooks.map(({ name, views }) =>
    (views ?? [name]).map((view) => (typeof view === "string" ? { name: view } : view))
  )
  const viewNames = viewsOf.map((views) => views.map(({ name }) => name))
  const shown = viewsOf.flat().map(({ rows }) => rows ?? Demo.rows)
  const firstView = viewNames.map((_, workbook) => viewNames.slice(0, workbook).flat().length)
  const views = workbooks.flatMap((workbook, position) =>
    (viewNames[position] ?? []).map((name) => ({
      ...itemOf(workbook),
      name,
      contentUrl: `${urlOf(workbook.name)}/sheets/${urlOf(name)}`,
      viewUrlName: urlOf(name),
      workbookId: World.idOf("workbook", index, position),
      sheetType: "worksheet",
      totalViewCount: 0
    }))
  )
  const restricted = new Set(projects.filter((project) => project.restricted).map(({ name }) => projectId(name)))
  const everybody = { kind: "group", id: World.idOf("group", index, 0) } as const
  const shared = everything.map((capability): Model.Rule => ({ grantee: everybody, capability, mode: "Allow" }))

  return {
    name: site.name ?? (site.contentUrl === "" ? "Default" : site.contentUrl),
    contentUrl: site.contentUrl,
    users: fromArray(
      users.map(({ email, fullName, name, siteRole }) => ({
        name,
        fullName: fullName ?? name,
        email,
        siteRole: siteRole ?? "Creator",
        authSetting: "ServerDefault",
        lastLogin: undefined
      }))
    ),
    groups: fromArray(
      groups.map(({ name, users = [] }, position) => ({
        name,
        minimumSiteRole: undefined,
        memberIds: position === 0 ? ("everybody" as const) : users.map((user) => userId(user) ?? "")
      }))
    ),
    projects: fromArray(
      projects.map(({ description, name, parent }) => ({
        name,
        description: description ?? "",
        parentId: projectId(parent),
        ownerId: userId(users[0]?.name),
        contentPermissions: "ManagedByOwner",
        createdAt: epoch,
        updatedAt: epoch
      }))
    ),
    workbooks: fromArray(
      workbooks.map((workbook) => ({
        ...itemOf(workbook),
        contentUrl: urlOf(workbook.name),
        showTabs: workbook.showTabs ?? false,
        size: workbook.size ?? 1,
        hasExtracts: workbook.hasExtracts ?? false
      }))
    ),
    views: fromArray(views),
    datasources: fromArray(
      (site.datasources ?? []).map((datasource) => ({
        ...itemOf(datasource),
        contentUrl: urlOf(datasource.name),
        type: "hyper",
        size: 1,
        hasExtracts: datasource.hasExtracts ?? true,
        isCertified: false
      }))
    ),
    flows: fromArray((site.flows ?? []).map((flow) => ({ ...itemOf(flow), fileType: "tflx" }))),
    jobs: fromArray<Omit<Model.Job, "id">>([]),
    tasks: fromArray<Omit<Model.ExtractRefreshTask, "id">>([]),
    viewIdsOf: (workbook) => {
      const position = World.indexOf(workbook)
      const first = firstView[position] ?? 0
      return (viewNames[position] ?? []).map((_, view) => World.idOf("view", index, first + view))
    },
    rowsOf: (view) => shown[World.indexOf(view)] ?? Demo.rows,
    connectionsOf: () => [],
    revisionCountOf: () => 1,
    favoritesOf: () => [],
    rulesOf: (item) =>
      restricted.has(item.id) || ("projectId" in item && restricted.has(String(item.projectId))) ? [] : shared
  }
}

/** Converts declared content to the initial content of a server. */
export const source = (content: Content.Content): Either.Either<World.Source, StartFailed> => {
  const problems: Array<string> = []
  const sites = content.sites.map((site, index) => makeSite(content, site, index, problems))
  for (const { name, user } of content.personalAccessTokens ?? []) {
    if (!has(content.users, user)) problems.push(`the token '${name}' belongs to an unknown user: '${user}'`)
  }
  for (const { name, sites = [] } of content.users) {
    for (const url of sites) {
      if (content.sites.some(({ contentUrl }) => World.same(contentUrl, url))) continue
      problems.push(`the user '${name}' is on an unknown site: '${url}'`)
    }
  }
  if (problems.length > 0) return Either.left(new StartFailed({ reason: `in its content, ${problems.join("; ")}` }))
  return Either.right({
    accounts: content.users.map(({ name, password, siteRole }) => ({
      name,
      password,
      serverAdministrator: siteRole === "ServerAdministrator"
    })),
    personalAccessTokens: content.personalAccessTokens ?? [],
    connectedApps: content.connectedApps ?? [],
    unifiedAccess: (content.unifiedAccess ?? []).map((trusted) => ({
      ...trusted,
      usernameClaim: trusted.usernameClaim ?? "email"
    })),
    schedules: fromArray<Omit<Model.Schedule, "id">>([]),
    sites
  })
}
