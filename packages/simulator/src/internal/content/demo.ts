import * as Dates from "../protocol/dates.js"
import { fromArray, type Source } from "./collection.js"
import type { Row } from "./files.js"
import type * as Model from "./model.js"
import * as World from "./world.js"

const firstDay = Date.UTC(2024, 0, 1, 9)
const day = 24 * 60 * 60 * 1000
const dates = Array.from({ length: 1001 }, (_, days) => Dates.write(firstDay + days * day))
const date = (days: number): string => dates[days] ?? ""

const person = (name: string, fullName: string, siteRole: string) => ({
  name,
  fullName,
  email: `${name}@example.com`,
  siteRole,
  authSetting: "ServerDefault",
  lastLogin: siteRole === "Unlicensed" ? undefined : date(400)
})

/** The index of the administrator among the people. */
const admin = 0

const people = [
  person("admin", "Ada Admin", "ServerAdministrator"),
  person("viewer", "Vera Viewer", "Viewer"),
  person("amara.okafor", "Amara Okafor", "Creator"),
  person("bjorn.aas", "Bjørn Ås", "ExplorerCanPublish"),
  person("chen.wei", "陈伟", "Explorer"),
  person("retired", "Rita Retired", "Unlicensed")
]

const projects: ReadonlyArray<{ readonly name: string; readonly parent?: number }> = [
  { name: "default" },
  { name: "Sales" },
  { name: "Europe", parent: 1 },
  { name: "Nordics", parent: 2 },
  { name: "Board only" }
]

/** The index of the project that only administrators see. */
const restricted = 4

/** Names with characters that need escaping. The other workbooks are numbered. */
const named = ["Superstore", "O'Brien, A & B", "Été 売上", "Loose Ends"]

/** The index of the workbook without project and owner. */
const loose = named.indexOf("Loose Ends")

const tags = ["quarterly", "draft", "売上", "a/b & c"]

const workbookName = (index: number): string => named[index] ?? `Workbook ${index + 1}`

const workbookUrl = (index: number): string => named[index]?.replaceAll(/[^\p{L}\p{N}]/gu, "") ?? `Workbook${index + 1}`

/** The views that each workbook has. */
const viewsOfEach = [
  { name: "Overview", sheetType: "dashboard" },
  { name: "Details", sheetType: "worksheet" }
]

const regions = ["East", "West", "Été 売上", "A+B & C=D"]
const shipModes = ["First Class", "Same Day", "50% off", 'the "slow" one']

/** The data of every view: a row for each region, ship mode and year. */
export const rows: ReadonlyArray<Row> = regions.flatMap((region, first) =>
  shipModes.flatMap((shipMode, second) =>
    ["2024", "2025"].map((year, third) => ({
      Region: region,
      "Ship Mode": shipMode,
      Year: year,
      Sales: String(1000 * (first + 1) + 100 * second + third)
    }))
  )
)

const sourceOf = <A>(count: number, make: (index: number) => A): Source<A & { readonly id: string }> => ({
  count,
  make: (index, id) => ({ id, ...make(index) })
})

type IdOf = (kind: Parameters<typeof World.idOf>[0], index: number) => string

type New<A> = Omit<A, "id">

/** Makes workbooks, views, data sources and flows. */
const makeContent = (id: IdOf, userCount: number) => {
  // These ids occur in every item.
  const projectIds = projects.map((_, index) => id("project", index))
  const ownerIds = Array.from({ length: userCount }, (_, index) => id("user", index))
  const ownerOf = (index: number) => ownerIds[index % 4 === 1 ? userCount - 2 : admin]
  const content = (index: number, name: string) => ({
    name,
    projectId: index === loose ? undefined : projectIds[index % projectIds.length],
    ownerId: index === loose ? undefined : ownerOf(index),
    tags: tags.slice(0, index % 3),
    createdAt: date(index % 300),
    updatedAt: date((index % 300) + 30)
  })
  // In the objects below the spread is the last property: as the first one it takes V8 fifty times as long.
  return {
    workbook: (index: number): New<Model.Workbook> => ({
      contentUrl: workbookUrl(index),
      description: index % 3 === 0 ? `What ${workbookName(index)} shows` : undefined,
      showTabs: index % 2 === 0,
      size: 1 + (index % 40),
      hasExtracts: index % 4 === 0,
      ...content(index, workbookName(index))
    }),
    view: (index: number): New<Model.View> => {
      const { name, sheetType } = viewsOfEach[index % viewsOfEach.length] ?? { name: "Story", sheetType: "story" }
      const parent = Math.floor(index / viewsOfEach.length)
      return {
        contentUrl: `${workbookUrl(parent)}/sheets/${name}`,
        viewUrlName: name,
        workbookId: id("workbook", parent),
        sheetType,
        totalViewCount: (index * 7) % 100,
        ...content(parent, name)
      }
    },
    datasource: (index: number): New<Model.Datasource> => ({
      contentUrl: `Datasource${index + 1}`,
      description: index % 2 === 0 ? "Nightly copy of the warehouse" : undefined,
      type: index % 2 === 0 ? "postgres" : "hyper",
      size: 10 + index,
      hasExtracts: index % 2 === 1,
      isCertified: index % 3 === 0,
      ...content(index === loose ? 0 : index, `Data source ${index + 1}`)
    }),
    flow: (index: number): New<Model.Flow> => ({
      description: index % 2 === 0 ? "Cleans the raw orders" : undefined,
      fileType: "tflx",
      ...content(index === loose ? 0 : index, `Flow ${index + 1}`)
    })
  }
}

const makeConnections =
  (id: IdOf): World.SiteSource["connectionsOf"] =>
  (item) => {
    const index = World.indexOf(item)
    const connection = (number: number, type: string, datasourceId?: string): Model.Connection => ({
      id: id("connection", number),
      type,
      serverAddress: `${type}.example.com`,
      serverPort: 5432,
      userName: "reader",
      embedPassword: number % 2 === 0,
      datasourceId
    })
    return "showTabs" in item
      ? [connection(3 * index, "sqlproxy", id("datasource", index % 12))]
      : [connection(3 * index + ("fileType" in item ? 1 : 2), "postgres")]
  }

const makeGroup =
  (id: IdOf, userCount: number) =>
  (index: number): New<Model.Group> => ({
    name: ["All Users", "Analysts", "Board"][index] ?? `Group ${index + 1}`,
    minimumSiteRole: index === 1 ? "Explorer" : undefined,
    memberIds:
      index === 0 ? "everybody" : [index, index + 1].filter((user) => user < userCount).map((user) => id("user", user))
  })

const makeProject =
  (id: IdOf) =>
  (index: number): New<Model.Project> => {
    const { name = "", parent = undefined } = projects[index] ?? {}
    return {
      name,
      description: index === 0 ? "The default project that was automatically created by Tableau." : "",
      parentId: parent === undefined ? undefined : id("project", parent),
      ownerId: id("user", admin),
      contentPermissions: index === restricted ? "LockedToProject" : "ManagedByOwner",
      createdAt: date(0),
      updatedAt: date(index)
    }
  }

const jobStatuses = ["Success", "Failed", "Cancelled", "InProgress", "Pending"] as const

const makeJob =
  (id: IdOf) =>
  (index: number): New<Model.Job> => {
    const position = index % jobStatuses.length
    const status = jobStatuses[position] ?? "Success"
    const started = status !== "Pending"
    const ended = started && status !== "InProgress"
    return {
      status,
      type: "RefreshExtract",
      jobType: "refresh_extracts",
      title: workbookName(index),
      subtitle: "Workbook",
      priority: 50,
      progress: ended ? 100 : started ? 40 : 0,
      finishCode: ended ? position : undefined,
      notes: `${status} as told`,
      createdAt: date(400 + index),
      startedAt: started ? date(400 + index) : undefined,
      endedAt: ended ? date(401 + index) : undefined,
      content: { kind: "workbook", id: id("workbook", index) }
    }
  }

/** Each task is of content that has an extract. */
const makeTask =
  (id: IdOf, workbookCount: number) =>
  (index: number): New<Model.ExtractRefreshTask> => {
    const workbook = 4 * index
    const isOfWorkbook = index % 3 !== 2 && workbook < workbookCount
    return {
      priority: 50,
      incremental: index % 2 === 1,
      scheduleId: World.idOf("schedule", 0, index % 2),
      workbookId: isOfWorkbook ? id("workbook", workbook) : undefined,
      datasourceId: isOfWorkbook ? undefined : id("datasource", 2 * index + 1)
    }
  }

const makeFavorites =
  (id: IdOf): World.SiteSource["favoritesOf"] =>
  (user) =>
    (["workbook", "view", "datasource", "flow", "project"] as const).map((kind, position) => ({
      kind,
      id: id(kind, World.indexOf(user)),
      label: `My ${kind}`,
      position,
      addedAt: date(500 + position)
    }))

/** All users may see all content, except that of the restricted project and that without a project. */
const makeRules = (id: IdOf): World.SiteSource["rulesOf"] => {
  const hidden = id("project", restricted)
  const everybody = { kind: "group", id: id("group", 0) } as const
  const shared = ["Read", "Filter", "ViewComments", "AddComment", "ExportImage", "ExportData"].map(
    (capability): Model.Rule => ({ grantee: everybody, capability, mode: "Allow" })
  )
  return (item) =>
    item.id === hidden || ("projectId" in item && (item.projectId === hidden || item.projectId === undefined))
      ? []
      : shared
}

const makeSite = (
  site: number,
  name: string,
  contentUrl: string,
  users: typeof people,
  workbookCount: number
): World.SiteSource => {
  const id: IdOf = (kind, index) => World.idOf(kind, site, index)
  const { datasource, flow, view, workbook } = makeContent(id, users.length)
  return {
    name,
    contentUrl,
    users: fromArray(users),
    groups: sourceOf(3, makeGroup(id, users.length)),
    projects: sourceOf(projects.length, makeProject(id)),
    workbooks: sourceOf(workbookCount, workbook),
    views: sourceOf(workbookCount * viewsOfEach.length, view),
    datasources: sourceOf(12, datasource),
    flows: sourceOf(6, flow),
    jobs: sourceOf(Math.min(10, workbookCount), makeJob(id)),
    tasks: sourceOf(Math.min(6, workbookCount), makeTask(id, workbookCount)),
    viewIdsOf: (workbook) => {
      const first = World.indexOf(workbook) * viewsOfEach.length
      return viewsOfEach.map((_, view) => id("view", first + view))
    },
    rowsOf: () => rows,
    connectionsOf: makeConnections(id),
    revisionCountOf: (item) => 1 + (World.indexOf(item) % 3),
    favoritesOf: makeFavorites(id),
    rulesOf: makeRules(id)
  }
}

const schedules = [
  { name: "Weekday early mornings", type: "Extract", frequency: "Weekly", weekDays: ["Monday", "Friday"] },
  { name: "End of the day", type: "Extract", frequency: "Daily", weekDays: [] },
  { name: "Monday morning", type: "Subscription", frequency: "Weekly", weekDays: ["Monday"] }
]

/** The demo content. It is always the same for the same number of workbooks. */
export const source = (workbooksOnDefault: number): World.Source => ({
  accounts: [
    { name: "admin", password: "admin-password", serverAdministrator: true },
    { name: "viewer", password: `p@ss"w&rd<é`, serverAdministrator: false }
  ],
  personalAccessTokens: [{ name: "demo-token", secret: "demo-secret", user: "admin" }],
  connectedApps: [{ clientId: "demo-client", secretId: "demo-key", secretValue: "demo-secret-value-0123456789abcdef" }],
  unifiedAccess: [],
  schedules: fromArray(
    schedules.map((schedule) => ({
      ...schedule,
      state: "Active",
      priority: 50,
      executionOrder: "Parallel",
      start: "06:00:00",
      createdAt: date(0),
      updatedAt: date(1),
      nextRunAt: date(1000)
    }))
  ),
  sites: [
    makeSite(0, "Default", "", people, workbooksOnDefault),
    makeSite(1, "Marketing Team", "MarketingTeam", people, 120),
    makeSite(
      2,
      "Finance",
      "Finance",
      people.filter(({ name }) => name !== "viewer"),
      120
    )
  ]
})
