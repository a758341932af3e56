import * as Redacted from "effect/Redacted"
import { Ids, type Workbooks } from "effect-tableau"
import * as Families from "./families.js"
import { file, fileResult, firstPage, multipart, one, paged, type SamplesOf, site, upload } from "./sample.js"

const id = Ids.WorkbookId.make("w1")
const content = { path: "workbooks", id }
const pdf = "application/pdf"
const powerpoint = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

const permissions = Families.permissions(content)
const tags = Families.tags(content)
const connections = Families.contentConnections(content)
const revisions = Families.revisions(content)

export const samples: SamplesOf<typeof Workbooks> = {
  list: {
    args: [{ fields: ["name", "size"] }],
    request: `GET ${site}/workbooks?sort=createdAt%3Aasc&fields=id%2Cname%2Csize&${firstPage}`,
    response: paged(1, '<workbooks><workbook id="w1" name="Sales" size="2"/></workbooks>'),
    result: one({ id: "w1", name: "Sales", size: 2 }),
    others: [[paged(0, "<workbooks/>"), { totalAvailable: 0, items: [] }]],
    files: {
      workbook_get: 2,
      workbook_get_empty: 0,
      workbook_get_page_1: 1,
      workbook_get_page_2: 1,
      workbook_get_page_3: 1,
      request_option_filter_equals: 2,
      request_option_filter_tags_in: 3
    }
  },
  listForUser: {
    args: [Ids.UserId.make("u1"), { ownedBy: true }],
    request: `GET ${site}/users/u1/workbooks?ownedBy=true&${firstPage}`,
    // The list does not contain the views: they are unknown, not an empty list.
    response: paged(1, '<workbooks><workbook id="w1"/></workbooks>'),
    result: one({ id: "w1" }),
    files: { user_populate_workbooks: 1 }
  },
  get: {
    args: [id],
    request: `GET ${site}/workbooks/w1`,
    response: `<workbook id="w1" showTabs="1" size="" encryptExtracts="unspecified" lastPublishedAt="2024-06-01T10:00:00+02:00">
      <location id="l" type="PersonalSpace" name="Ana's"/><owner/><tags><tag label="a"/></tags><views/>
      <dataFreshnessPolicy option="FreshAt"><freshAtSchedule frequency="Week" time="08:00:00" timezone="UTC">
      <intervals><interval weekDay="Monday"/></intervals></freshAtSchedule></dataFreshnessPolicy></workbook>`,
    result: {
      id: "w1",
      showTabs: true,
      encryptExtracts: "unspecified",
      lastPublishedAt: "2024-06-01T08:00:00.000Z",
      location: { id: "l", type: "PersonalSpace", name: "Ana's" },
      owner: {},
      tags: [{ label: "a" }],
      views: [],
      dataFreshnessPolicy: {
        option: "FreshAt",
        freshAtSchedule: {
          frequency: "Week",
          time: "08:00:00",
          timezone: "UTC",
          intervals: [{ weekDay: "Monday" }]
        }
      }
    },
    files: {
      workbook_get_by_id: 1,
      workbook_get_by_id_acceleration_status: 1
    }
  },
  pdf: {
    args: [id, { type: "a4", orientation: "landscape", maxAge: "5 minutes" }],
    request: `GET ${site}/workbooks/w1/pdf?type=a4&orientation=landscape&maxAge=5`,
    response: file(pdf, "Sales.pdf", "%PDF-1.4"),
    result: fileResult(pdf, "Sales.pdf", "%PDF-1.4")
  },
  powerpoint: {
    args: [id, { maxAge: "1 hour" }],
    request: `GET ${site}/workbooks/w1/powerpoint?maxAge=60`,
    response: file(powerpoint, "Sales.pptx", "PK..."),
    result: fileResult(powerpoint, "Sales.pptx", "PK...")
  },
  previewImage: {
    args: [id],
    request: `GET ${site}/workbooks/w1/previewImage`,
    // Without a name in the response, the file is named after the id.
    response: { headers: { "content-type": "image/png" }, body: "PNG" },
    result: fileResult("image/png", "w1.png", "PNG")
  },
  publish: {
    args: [
      upload("Umsätze 2026.TWBX", "PK..."),
      {
        projectId: Ids.ProjectId.make("00000000-0000-8000-8000-0000000000a1"),
        mode: "overwrite",
        showTabs: true,
        hiddenViews: ["Draft", "R & D"],
        thumbnailsUserId: Ids.UserId.make("00000000-0000-8000-8000-0000000000b1"),
        encryptExtracts: false,
        skipConnectionCheck: true,
        connections: [
          {
            serverAddress: "db",
            serverPort: 5432,
            credentials: { name: "ana", password: Redacted.make("p&w"), embed: true }
          },
          { serverAddress: "other", credentials: { name: "client", oAuth: true } }
        ]
      }
    ],
    request: `POST ${site}/workbooks?overwrite=true&skipConnectionCheck=true`,
    body: multipart(
      '<tsRequest><workbook name="Umsätze 2026" showTabs="true" thumbnailsUserId="00000000-0000-8000-8000-0000000000b1" ' +
        'encryptExtracts="false"><connections><connection serverAddress="db" serverPort="5432"><connectionCredentials ' +
        'name="ana" password="p&amp;w" embed="true" /></connection><connection serverAddress="other">' +
        '<connectionCredentials name="client" oAuth="true" /></connection></connections><project id="00000000-0000-8000-8000-0000000000a1" />' +
        '<views><view name="Draft" hidden="true" /><view name="R &amp; D" hidden="true" /></views></workbook></tsRequest>',
      { part: "tableau_workbook", name: "Umsätze 2026.TWBX", content: "PK..." }
    ),
    response:
      '<workbook id="w1" name="Umsätze 2026" size="1"><project id="p1"/><views><view id="v1"/></views></workbook>',
    result: { id: "w1", name: "Umsätze 2026", size: 1, project: { id: "p1" }, views: [{ id: "v1" }] },
    files: { workbook_publish: 1 }
  },
  publishAsJob: {
    args: [
      upload("sales.twb", "<workbook/>"),
      {
        name: "Sales",
        thumbnailsGroupId: Ids.GroupId.make("00000000-0000-8000-8000-0000000000c1"),
        credentials: { name: "ana", password: Redacted.make("secret") }
      }
    ],
    request: `POST ${site}/workbooks?asJob=true`,
    body: multipart(
      '<tsRequest><workbook name="Sales" thumbnailsGroupId="00000000-0000-8000-8000-0000000000c1"><connectionCredentials name="ana" password="secret" />' +
        "</workbook></tsRequest>",
      { part: "tableau_workbook", name: "sales.twb", content: "<workbook/>" }
    ),
    response: '<job id="j1" mode="Asynchronous" type="PublishWorkbook" progress="0" finishCode="1"/>',
    result: { id: "j1", mode: "Asynchronous", type: "PublishWorkbook", progress: 0, finishCode: 1 },
    files: { workbook_publish_async: 1 }
  },
  update: {
    args: [
      id,
      {
        name: "Sales & more",
        showTabs: false,
        recentlyViewed: true,
        encryptExtracts: true,
        projectId: Ids.ProjectId.make("p1"),
        ownerId: Ids.UserId.make("u1")
      }
    ],
    request: `PUT ${site}/workbooks/w1`,
    body:
      '<tsRequest><workbook name="Sales &amp; more" showTabs="false" recentlyViewed="true" encryptExtracts="true">' +
      '<project id="p1" /><owner id="u1" /></workbook></tsRequest>',
    response: '<workbook id="w1" name="Sales &amp; more" showTabs="false"/>',
    result: { id: "w1", name: "Sales & more", showTabs: false },
    files: {
      workbook_update: 1,
      workbook_update_acceleration_status: 1,
      workbook_update_data_freshness_policy: 1,
      workbook_update_data_freshness_policy2: 1,
      workbook_update_data_freshness_policy3: 1,
      workbook_update_data_freshness_policy4: 1,
      workbook_update_data_freshness_policy6: 1
    }
  },
  refreshThumbnails: {
    args: [id],
    request: `PUT ${site}/workbooks/w1/refreshThumbnails`,
    response: `<job id="j1" type="RefreshThumbnails"><thumbnailsRefreshJob><workbook id="w1" name="Sales"/>
      </thumbnailsRefreshJob></job>`,
    result: { id: "j1", type: "RefreshThumbnails", thumbnailsRefreshJob: { workbook: { id: "w1", name: "Sales" } } }
  },
  delete: {
    args: [id],
    request: `DELETE ${site}/workbooks/w1`,
    response: { status: 204 },
    result: undefined
  },
  ...Families.refresh({ path: "workbooks", id }),
  ...revisions,
  revisions: { ...revisions.revisions, files: { workbook_revision: 3 } },
  ...connections,
  connections: { ...connections.connections, files: { workbook_populate_connections: 1 } },
  updateConnections: { ...connections.updateConnections, files: { workbook_update_connections: 2 } },
  ...tags,
  addTags: { ...tags.addTags, files: { workbook_add_tags: 4 } },
  ...permissions,
  permissions: {
    ...permissions.permissions,
    others: [
      [
        '<permissions><workbook id="w1" name="W"><owner id="u1"/></workbook></permissions>',
        { workbook: { id: "w1", name: "W", owner: { id: "u1" } }, granteeCapabilities: [] }
      ]
    ],
    files: { workbook_populate_permissions: 1 }
  },
  addPermissions: { ...permissions.addPermissions, files: { workbook_update_permissions: 1 } }
}
