import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { answer, answered, type Operation, page } from "./answered.js"

const one = (item: object) => ({ totalAvailable: 1, items: [item] })

/** What a server may say, and what each operation makes of it. */
const rows: ReadonlyArray<readonly [operation: Operation, body: string, result: unknown]> = [
  [
    "Sites.list",
    page('<sites><site id="1" contentUrl="" storageQuota="" guestAccessEnabled="True" tomorrow="1"/></sites>', 1),
    { totalAvailable: 1, items: [{ id: "1", contentUrl: "", guestAccessEnabled: true }] }
  ],
  [
    "Sites.get",
    answer(
      `<site id="1" name="A" userQuota="-1" revisionLimit="25" state="Resting"><usage numUsers="3" storage="7"/>
       <siteSettings key="a" value="1"/><news/><siteSettings key="b" value=""/></site>`
    ),
    {
      ...{ id: "1", name: "A", userQuota: -1, revisionLimit: 25, state: "Resting", usage: { numUsers: 3, storage: 7 } },
      siteSettings: [
        { key: "a", value: "1" },
        { key: "b", value: "" }
      ]
    }
  ],
  ["Sites.getByName", answer('<site id="1"/>'), { id: "1" }],
  ["Sites.getByContentUrl", answer('<site id="1"/>'), { id: "1" }],
  [
    "Projects.list",
    page(
      `<projects><project id="1" topLevelProject="TRUE" createdAt=""><owner id="u"/>
       <contentsCounts projectCount="1" workbookCount="2" viewCount="3" datasourceCount="4"/></project></projects>`,
      1
    ),
    {
      totalAvailable: 1,
      items: [
        {
          ...{ id: "1", topLevelProject: true, owner: { id: "u" } },
          contentsCounts: { projectCount: 1, workbookCount: 2, viewCount: 3, datasourceCount: 4 }
        }
      ]
    }
  ],
  [
    "Workbooks.get",
    answer(
      `<workbook id="1" showTabs="1" size="" encryptExtracts="unspecified" lastPublishedAt="2024-06-01T10:00:00+02:00">
       <location id="l" type="PersonalSpace" name="Ana's"/><owner/><tags><tag label="a"/></tags><views/>
       <dataFreshnessPolicy option="FreshAt"><freshAtSchedule frequency="Week" time="08:00:00" timezone="UTC">
       <intervals><interval weekDay="Monday"/></intervals></freshAtSchedule></dataFreshnessPolicy></workbook>`
    ),
    {
      ...{ id: "1", showTabs: true, encryptExtracts: "unspecified", lastPublishedAt: "2024-06-01T08:00:00.000Z" },
      ...{ location: { id: "l", type: "PersonalSpace", name: "Ana's" }, owner: {}, tags: [{ label: "a" }], views: [] },
      dataFreshnessPolicy: {
        option: "FreshAt",
        freshAtSchedule: {
          ...{ frequency: "Week", time: "08:00:00", timezone: "UTC" },
          intervals: [{ weekDay: "Monday" }]
        }
      }
    }
  ],
  // A list says nothing of views: they are unknown, not none.
  ["Workbooks.listForUser", page('<workbooks><workbook id="1"/></workbooks>', 1), one({ id: "1" })],
  ["Workbooks.list", page("<workbooks/>", 0), { totalAvailable: 0, items: [] }],
  [
    "Workbooks.connections",
    answer(
      `<connections><connection id="1" type="sqlserver" serverPort="" embedPassword="" userName="" useOAuthManagedKeychain="false"/>
       <connection type="sqlproxy" serverPort="443"><datasource id="d" name="D"/></connection></connections>`
    ),
    [
      { id: "1", type: "sqlserver", userName: "", useOAuthManagedKeychain: false },
      { type: "sqlproxy", serverPort: 443, datasource: { id: "d", name: "D" } }
    ]
  ],
  [
    "Workbooks.revisions",
    page(
      '<revisions><revision revisionNumber="1" publishedAt="" deleted="False"/><revision revisionNumber="2" current="true" sizeInBytes="5"><publisher id="u"/></revision></revisions>',
      2
    ),
    {
      totalAvailable: 2,
      items: [
        { revisionNumber: 1, deleted: false },
        { revisionNumber: 2, current: true, sizeInBytes: 5, publisher: { id: "u" } }
      ]
    }
  ],
  [
    "Workbooks.permissions",
    answer(
      `<permissions><parent type="Project" id="p"/><workbook id="1" name="W"><owner id="o"/></workbook>
       <granteeCapabilities><user id="u"/><capabilities><capability name="Fly" mode="Perhaps"/></capabilities></granteeCapabilities>
       <granteeCapabilities><group id="g"/><capabilities/></granteeCapabilities></permissions>`
    ),
    {
      parent: { type: "Project", id: "p" },
      workbook: { id: "1", name: "W", owner: { id: "o" } },
      granteeCapabilities: [
        { user: { id: "u" }, capabilities: [{ name: "Fly", mode: "Perhaps" }] },
        { group: { id: "g" }, capabilities: [] }
      ]
    }
  ],
  ["Projects.permissions", answer("<permissions/>"), { granteeCapabilities: [] }],
  ["Workbooks.addTags", answer("<tags/>"), []],
  [
    "Views.list",
    page(
      `<views><view id="1" hidden="false" sheetType="hologram"><usage totalViewCount="7"/><workbook id="w" name="W"/>
       <dataAccelerationConfig accelerationEnabled="true" lastUpdatedAt=""/></view><view id="2"/></views>`,
      2
    ),
    {
      totalAvailable: 2,
      items: [
        {
          ...{ id: "1", hidden: false, sheetType: "hologram", usage: { totalViewCount: 7 } },
          ...{ workbook: { id: "w", name: "W" }, dataAccelerationConfig: { accelerationEnabled: true } }
        },
        { id: "2" }
      ]
    }
  ],
  ["Views.listForWorkbook", answer(""), []],
  ["Views.get", answer('<view id="1" createdAt=""><tags/></view>'), { id: "1", tags: [] }],
  [
    "Datasources.get",
    answer(
      `<datasource id="1" isCertified="True" hasExtracts="" connectedWorkbooksCount="2"><askData enablement="Enabled"/>
       <parentDataSourceUrls>a</parentDataSourceUrls><parentDataSourceUrls>b</parentDataSourceUrls></datasource>`
    ),
    {
      ...{ id: "1", isCertified: true, connectedWorkbooksCount: 2, askData: { enablement: "Enabled" } },
      ...{ parentDataSourceUrls: ["a", "b"] }
    }
  ],
  ["Datasources.connections", answer("<connections/>"), []],
  [
    "Flows.get",
    answer(
      '<flow id="1" fileType="tflx"><parameters><parameter id="p" name="n" isRequired="true" value="v"/></parameters></flow>'
    ),
    { id: "1", fileType: "tflx", parameters: [{ id: "p", name: "n", isRequired: true, value: "v" }] }
  ],
  [
    "Users.list",
    page(
      `<users><user id="1" name="a" lastLogin="" siteRole="Emperor" externalAuthUserId=""><domain name="local"/>
       <groups><group id="g" name="G"/></groups></user></users>`,
      1
    ),
    one({
      ...{ id: "1", name: "a", siteRole: "Emperor", externalAuthUserId: "", domain: { name: "local" } },
      groups: [{ id: "g", name: "G" }]
    })
  ],
  ["Users.listInGroup", page("", 0), { totalAvailable: 0, items: [] }],
  [
    "Groups.list",
    page(
      `<groups><group id="1" name="G" userCount="3"><domain name="example.com"/>
       <import source="ActiveDirectory" siteRole="Viewer" grantLicenseMode="onSync"/></group></groups>`,
      1
    ),
    one({
      ...{ id: "1", name: "G", userCount: 3, domain: { name: "example.com" } },
      import: { source: "ActiveDirectory", siteRole: "Viewer", grantLicenseMode: "onSync" }
    })
  ],
  [
    "Jobs.list",
    page('<backgroundJobs><backgroundJob id="1" status="Dreaming" startedAt="" priority="50"/></backgroundJobs>', 1),
    one({ id: "1", status: "Dreaming", priority: 50 })
  ],
  [
    "Jobs.get",
    answer(
      `<job id="1" finishCode="1" completedAt=""><statusNotes>more<statusNote type="T" value="5" text="x"/></statusNotes>
       <extractRefreshJob><notes>it failed &amp; fell</notes><view id="v"/></extractRefreshJob>
       <runFlowJobType flowRunId="r"><flow id="f"/></runFlowJobType></job>`
    ),
    {
      ...{ id: "1", finishCode: 1, statusNotes: [{ type: "T", value: "5", text: "x" }] },
      extractRefreshJob: { notes: "it failed & fell", view: { id: "v" } },
      runFlowJobType: { flowRunId: "r", flow: { id: "f" } }
    }
  ],
  ["Schedules.list", page('<schedules><schedule id="1" nextRunAt=""/></schedules>', 1), one({ id: "1" })],
  [
    "Schedules.get",
    answer(
      `<schedule id="1"><frequencyDetails start="06:00:00"><intervals><interval hours="2"/><interval minutes="15"/>
       <interval monthDay="LastDay"/></intervals></frequencyDetails></schedule>`
    ),
    {
      id: "1",
      frequencyDetails: { start: "06:00:00", intervals: [{ hours: 2 }, { minutes: 15 }, { monthDay: "LastDay" }] }
    }
  ],
  [
    "Tasks.list",
    answer(
      `<tasks><task><extractRefresh id="1"/></task><task><extractRefresh id="2" consecutiveFailedCount="3" incremental="FALSE">
       <schedule frequency="Daily" nextRunAt=""><frequencyDetails start="01:00:00"/></schedule><view id="v"/></extractRefresh></task></tasks>`
    ),
    [
      { id: "1" },
      {
        ...{ id: "2", consecutiveFailedCount: 3, incremental: false, view: { id: "v" } },
        schedule: { frequency: "Daily", frequencyDetails: { start: "01:00:00" } }
      }
    ]
  ],
  ["Tasks.list", answer(""), []],
  [
    "Tasks.get",
    answer('<task><extractRefresh id="1"><workbook id="w"/></extractRefresh></task>'),
    { id: "1", workbook: { id: "w" } }
  ],
  [
    "Tasks.listForSchedule",
    page('<extracts><extract id="1" type="FullRefresh"/></extracts>', 1),
    one({ id: "1", type: "FullRefresh" })
  ],
  [
    "Tasks.listForSchedule",
    answer('<extracts><extract id="1" type="FullRefresh"/></extracts>'),
    one({ id: "1", type: "FullRefresh" })
  ],
  [
    "Favorites.list",
    page(
      `<favorites><favorite label="a" position="0" addedAt="2024-06-01T10:00:00Z"><workbook id="w"/></favorite>
       <favorite><metric id="m" name="M"/></favorite></favorites>`,
      2
    ),
    {
      totalAvailable: 2,
      items: [
        { label: "a", position: 0, addedAt: "2024-06-01T10:00:00.000Z", workbook: { id: "w" } },
        { metric: { id: "m", name: "M" } }
      ]
    }
  ],
  ["Favorites.list", answer("<favorites/>"), { totalAvailable: 0, items: [] }]
]

describe("what a server says", () => {
  it.effect.each([...rows])("is what %s gives", ([operation, body, result]) =>
    Effect.gen(function* () {
      expect(yield* answered(operation, body)).toMatchObject({ result, leftOut: [], error: undefined })
      expect((yield* answered(operation, body)).result).toEqual(result)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect.each([
    ["Sites.list", "sites", "site"],
    ["Projects.list", "projects", "project"],
    ["Workbooks.list", "workbooks", "workbook"],
    ["Views.list", "views", "view"],
    ["Datasources.list", "datasources", "datasource"],
    ["Flows.list", "flows", "flow"],
    ["Users.list", "users", "user"],
    ["Groups.list", "groups", "group"],
    ["Jobs.list", "backgroundJobs", "backgroundJob"],
    ["Schedules.list", "schedules", "schedule"]
  ] as const)("is in %s without the item that cannot be read, which is told", ([operation, list, item]) =>
    Effect.gen(function* () {
      const body = page(`<${list}><${item} id="1"/><${item} name="no id"/><${item} id="3"/></${list}>`, 3)
      const { leftOut, result } = yield* answered(operation, body)
      expect(result).toMatchObject({ totalAvailable: 3, items: [{ id: "1" }, { id: "3" }] })
      expect(leftOut).toEqual([`${operation}: left out item 2 of page 1, <${item}>: ${item} has no id`])
      // Nor is a list one that does not say how long it is.
      const { error } = yield* answered(operation, answer(`<${list}><${item} id="1"/></${list}>`))
      expect(error).toContain("tsResponse has no pagination")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("again and again, whatever page is asked for, comes to an end", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* answered(
        "Workbooks.list",
        page('<workbooks><workbook id="1"/></workbooks>', 250)
      )
      expect([requests, result]).toEqual([11, { totalAvailable: 250, items: [{ id: "1" }] }])
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("without ids comes to an end, too", () =>
    Effect.gen(function* () {
      const favorite = (id: string) => `<favorite label="a"><workbook id="${id}"/></favorite>`
      const body = page(`<favorites>${favorite("1")}${favorite("2")}</favorites>`, 1).replace('"100"', '"2"')
      const { requests, result } = yield* answered("Favorites.list", body)
      expect([requests, result]).toMatchObject([2, { items: [{ workbook: { id: "1" } }, { workbook: { id: "2" } }] }])
      // Of a kind that is not known there may be two that look the same.
      const unknown = page('<favorites><favorite label="a"/><favorite label="a"/></favorites>', 2)
      expect((yield* answered("Favorites.list", unknown)).result.items).toHaveLength(2)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("without pages is told too, where something is left out of it", () =>
    Effect.gen(function* () {
      const body = answer('<tasks><task><extractRefresh id="1"/></task><task><dataAcceleration id="2"/></task></tasks>')
      const tasks = yield* answered("Tasks.list", body)
      expect(tasks.result).toEqual([{ id: "1" }])
      expect(tasks.leftOut).toEqual(["Tasks.list: left out item 2, <task>: task has no extractRefresh"])
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect("of permissions is all of them or an error: some of the rules are other rules", () =>
    Effect.gen(function* () {
      const body = answer(
        `<permissions><granteeCapabilities><user id="u"/><capabilities><capability name="Read"/>
         <capability name="Write" mode="Allow"/></capabilities></granteeCapabilities></permissions>`
      )
      for (const operation of ["Flows.permissions", "Flows.addPermissions"] as const) {
        const { error, leftOut } = yield* answered(operation, body)
        expect(error).toContain(
          `${operation}: an item of the response cannot be read. It is item 1, <capability>: capability has no mode.`
        )
        expect(leftOut).toEqual([])
      }
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )
})

describe("what is sent", () => {
  it.effect.each(["Projects", "Workbooks", "Views", "Datasources", "Flows"] as const)("of permissions, to %s", (name) =>
    Effect.gen(function* () {
      const { request, sent } = yield* answered(`${name}.addPermissions`, answer("<permissions/>"))
      expect(request).toBe(`PUT /api/3.29/sites/s/${name.toLowerCase()}/x/permissions`)
      expect(sent).toBe(
        '<tsRequest><permissions><granteeCapabilities><user id="u" /><capabilities><capability name="Read" mode="Deny" />' +
          '<capability name="Write" mode="Allow" /></capabilities></granteeCapabilities><granteeCapabilities>' +
          '<groupSet id="s" /><capabilities><capability name="Read" mode="Deny" /></capabilities></granteeCapabilities>' +
          "</permissions></tsRequest>"
      )
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )

  it.effect.each(["Workbooks", "Views", "Datasources", "Flows"] as const)("of tags, to %s", (name) =>
    Effect.gen(function* () {
      const { request, sent } = yield* answered(`${name}.addTags`, answer('<tags><tag label="a"/></tags>'))
      expect(request).toBe(`PUT /api/3.29/sites/s/${name.toLowerCase()}/x/tags`)
      expect(sent).toBe('<tsRequest><tags><tag label="a" /></tags></tsRequest>')
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )
})
