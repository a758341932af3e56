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

/** The project that only administrators see, and what lies in it. */
const restricted = 4

/** Workbooks that a careless client trips over; the rest are numbered. */
const named = ["Superstore", "O'Brien, A & B", "Été 売上", "Loose Ends"]
const loose = named.indexOf("Loose Ends")

const tags = ["quarterly", "draft", "売上", "a/b & c"]

const workbookName = (index: number): string => named[index] ?? `Workbook ${index + 1}`

const workbookUrl = (index: number): string => named[index]?.replaceAll(/[^\p{L}\p{N}]/gu, "") ?? `Workbook${index + 1}`

const viewsOfEach = [
  { name: "Overview", sheetType: "dashboard" },
  { name: "Details", sheetType: "worksheet" }
]

const regions = ["East", "West", "Été 売上", "A+B & C=D"]
const shipModes = ["First Class", "Same Day", "50% off", 'the "slow" one']

/** What every view of the demo content shows: a row for each region, ship mode and year. */
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

const makeSite = (
  site: number,
  name: string,
  siteUrl: string,
  users: typeof people,
  workbookCount: number
): World.SiteSource => {
  const id = (kind: Parameters<typeof World.idOf>[0], index: number) => World.idOf(kind, site, index)
  const projectIds = projects.map((_, index) => id("project", index))
  const userIds = users.map((_, index) => id("user", index))
  const ownerOf = (index: number) => userIds[index % 4 === 1 ? users.length - 2 : admin]
  const content = (index: number, name: string) => ({
    name,
    projectId: index === loose ? undefined : projectIds[index % projectIds.length],
    ownerId: index === loose ? undefined : ownerOf(index),
    tags: tags.slice(0, index % 3),
    createdAt: date(index % 300),
    updatedAt: date((index % 300) + 30)
  })
  const connection = (index: number, type: string, datasourceId?: string): Model.Connection => ({
    id: id("connection", index),
    type,
    serverAddress: `${type}.example.com`,
    serverPort: 5432,
    userName: "reader",
    embedPassword: index % 2 === 0,
    datasourceId
  })

  // What is spread comes last in these: the other way round it takes V8 fifty times as long.
  const workbook = (index: number): Omit<Model.Workbook, "id"> => ({
    contentUrl: workbookUrl(index),
    description: index % 3 === 0 ? `What ${workbookName(index)} shows` : undefined,
    showTabs: index % 2 === 0,
    size: 1 + (index % 40),
    hasExtracts: index % 4 === 0,
    ...content(index, workbookName(index))
  })
  const view = (index: number): Omit<Model.View, "id"> => {
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
  }
  const datasource = (index: number): Omit<Model.Datasource, "id"> => ({
    contentUrl: `Datasource${index + 1}`,
    description: index % 2 === 0 ? "Nightly copy of the warehouse" : undefined,
    type: index % 2 === 0 ? "postgres" : "hyper",
    size: 10 + index,
    hasExtracts: index % 2 === 1,
    isCertified: index % 3 === 0,
    ...content(index === loose ? 0 : index, `Data source ${index + 1}`)
  })
  const flow = (index: number): Omit<Model.Flow, "id"> => ({
    description: index % 2 === 0 ? "Cleans the raw orders" : undefined,
    fileType: "tflx",
    ...content(index === loose ? 0 : index, `Flow ${index + 1}`)
  })
  const statuses = ["Success", "Failed", "Cancelled", "InProgress", "Pending"]
  const job = (index: number): Omit<Model.Job, "id"> => {
    const status = statuses[index % statuses.length] ?? "Success"
    const started = status !== "Pending"
    const ended = started && status !== "InProgress"
    return {
      status,
      jobType: "refresh_extracts",
      title: workbookName(index),
      subtitle: "Workbook",
      priority: 50,
      progress: ended ? 100 : started ? 40 : 0,
      notes: `${status} as told`,
      createdAt: date(400 + index),
      startedAt: started ? date(400 + index) : undefined,
      endedAt: ended ? date(401 + index) : undefined,
      workbookId: id("workbook", index)
    }
  }
  const group = (index: number): Omit<Model.Group, "id"> => ({
    name: ["All Users", "Analysts", "Board"][index] ?? `Group ${index + 1}`,
    minimumSiteRole: index === 1 ? "Explorer" : undefined,
    memberIds: index === 0 ? "everybody" : users.slice(index, index + 2).map((_, user) => id("user", index + user))
  })
  const project = (index: number): Omit<Model.Project, "id"> => {
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
  const task = (index: number): Omit<Model.ExtractRefreshTask, "id"> => ({
    priority: 50,
    incremental: index % 2 === 1,
    scheduleId: World.idOf("schedule", 0, index % 2),
    workbookId: index % 3 === 2 ? undefined : id("workbook", index),
    datasourceId: index % 3 === 2 ? id("datasource", index) : undefined
  })

  const hidden = id("project", restricted)
  const everybody = { kind: "group", id: id("group", 0) } as const
  const shared = ["Read", "Filter", "ViewComments", "AddComment", "ExportImage", "ExportData"].map(
    (capability): Model.Rule => ({ grantee: everybody, capability, mode: "Allow" })
  )
  return {
    name,
    contentUrl: siteUrl,
    users: fromArray(users),
    groups: sourceOf(3, group),
    projects: sourceOf(projects.length, project),
    workbooks: sourceOf(workbookCount, workbook),
    views: sourceOf(workbookCount * viewsOfEach.length, view),
    datasources: sourceOf(12, datasource),
    flows: sourceOf(6, flow),
    jobs: sourceOf(Math.min(10, workbookCount), job),
    tasks: sourceOf(Math.min(6, workbookCount), task),
    viewIdsOf: (workbook) => {
      const first = World.indexOf(workbook) * viewsOfEach.length
      return viewsOfEach.map((_, view) => id("view", first + view))
    },
    rowsOf: () => rows,
    connectionsOf: (item) => {
      const index = World.indexOf(item)
      return "showTabs" in item
        ? [connection(3 * index, "sqlproxy", id("datasource", index % 12))]
        : [connection(3 * index + ("fileType" in item ? 1 : 2), "postgres")]
    },
    revisionCountOf: (item) => 1 + (World.indexOf(item) % 3),
    favoritesOf: (user) =>
      (["workbook", "view", "datasource", "flow", "project"] as const).map((kind, position) => ({
        kind,
        id: id(kind, World.indexOf(user)),
        label: `My ${kind}`,
        position,
        addedAt: date(500 + position)
      })),
    rulesOf: (item) =>
      item.id === hidden || ("projectId" in item && (item.projectId === hidden || item.projectId === undefined))
        ? []
        : shared
  }
}

const schedules = [
  { name: "Weekday early mornings", type: "Extract", frequency: "Weekly", weekDays: ["Monday", "Friday"] },
  { name: "End of the day", type: "Extract", frequency: "Daily", weekDays: [] },
  { name: "Monday morning", type: "Subscription", frequency: "Weekly", weekDays: ["Monday"] }
]

/** The content that everybody starts with. Always the same for the same number of workbooks. */
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
